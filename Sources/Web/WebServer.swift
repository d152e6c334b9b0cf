#if Web
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import NIOWebSocket
    import Synchronization

    /// Serves the page and its sockets on an address of this host. It runs on a thread of its own; what clients say waits in the mailbox for whoever
    /// drives the machine.
    public final class WebServer: Sendable {
        /// The reason why there is no server: the host's words.
        public struct Refusal: Error, CustomStringConvertible {
            public let description: String
        }

        /// Bytes of a message from a client at most.
        static let longestMessage = 1 << 16
        /// Connections at once at most; more wait in the host's queue.
        private static let mostConnections = 512
        /// Seconds in which a connection has to ask for something.
        static let patience: Int64 = 10

        private let group: MultiThreadedEventLoopGroup
        private let channel: any Channel
        /// Messages to and from the pages that are open.
        public let mailbox: Mailbox
        private let token: String

        /// Listens on `host`, where port 0 is any that is free.
        public init(host: String, port: UInt16, token: String, isOpen: Bool) throws(Refusal) {
            let mailbox = Mailbox()
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let admission = Admission(token: token, isOpen: isOpen)
            let connections = Connections()
            let bootstrap = ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 64)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.maxMessagesPerRead, value: 1)
                .childChannelInitializer { channel in
                    let hasRoom = connections.enter(atMost: Self.mostConnections)
                    channel.closeFuture.whenComplete { _ in connections.leave() }
                    guard hasRoom else { return channel.close() }
                    return Self.configure(channel, admission, mailbox)
                }
            do {
                channel = try bootstrap.bind(host: host, port: Int(port)).wait()
            } catch {
                try? group.syncShutdownGracefully()
                throw Refusal(description: (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)")
            }
            (self.group, self.mailbox, self.token) = (group, mailbox, token)
            admission.listens(on: host, port: self.port)
        }

        /// The port at which it listens.
        public var port: UInt16 { UInt16(clamping: channel.localAddress?.port ?? 0) }

        /// The address to open in a browser.
        public var address: String {
            let host = channel.localAddress?.ipAddress ?? "127.0.0.1"
            let name = ["0.0.0.0", "::"].contains(host) ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
            return "http://\(name):\(port)/\(token)/"
        }

        /// Ends all connections.
        public func close() {
            mailbox.closeAll()
            try? channel.close().wait()
            try? group.syncShutdownGracefully()
        }

        /// Makes a server's end of a connection of `channel`.
        static func configure(_ channel: any Channel, _ admission: Admission, _ mailbox: Mailbox) -> EventLoopFuture<Void> {
            let upgrader = NIOWebSocketServerUpgrader(
                maxFrameSize: longestMessage, automaticErrorHandling: true,
                shouldUpgrade: { channel, head in
                    let isWelcome = admission.admits(socket: head.uri, host: head.headers["host"], origin: head.headers["origin"])
                    return channel.eventLoop.makeSucceededFuture(isWelcome && mailbox.hasRoom ? HTTPHeaders() : nil)
                },
                upgradePipelineHandler: { channel, _ in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOWebSocketFrameAggregator(
                                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 64, maxAccumulatedFrameSize: longestMessage))
                        try channel.pipeline.syncOperations.addHandler(SocketHandler(mailbox))
                    }
                })
            return channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                    withPipeliningAssistance: false,
                    withServerUpgrade: (
                        upgraders: [upgrader],
                        completionHandler: { $0.pipeline.removeHandler(name: FileHandler.name, promise: nil) }
                    ),
                    withErrorHandling: true)
                try channel.pipeline.syncOperations.addHandler(FileHandler(admission), name: FileHandler.name)
            }
        }
    }

    /// Counts what is open.
    private final class Connections: Sendable {
        private let count = Mutex(0)

        func enter(atMost limit: Int) -> Bool {
            count.withLock { count in
                count += 1
                return count <= limit
            }
        }

        func leave() { count.withLock { $0 -= 1 } }
    }
#endif
