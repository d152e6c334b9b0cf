#if Web
    import NIOCore
    import NIOWebSocket
    import Synchronization

    #if canImport(Glibc)
        import Glibc
    #else
        import Darwin
    #endif

    /// The host's pipe(2), whose name a property has below.
    private func makePipe(_ ends: UnsafeMutablePointer<Int32>) { _ = pipe(ends) }

    /// Messages between clients and the thread that drives the machine. Both directions are bounded: who sends too fast, or reads too slowly, is let go.
    public final class Mailbox: Sendable {
        /// An act of a client.
        public enum Event: Sendable {
            case opened(client: Int)
            case message(client: Int, [UInt8])
            case closed(client: Int)
        }

        /// Clients at once at most.
        private static let mostClients = 8
        /// Messages of a client that wait at most.
        private static let mostWaiting = 256
        /// Bytes that wait for a client from which on it gets no pictures, and from which on it is let go.
        private static let crowded = 1 << 20, lost = 1 << 25

        private struct Client {
            let channel: any Channel
            /// Messages from it that nobody has taken.
            var waiting = 0
            /// Bytes for it that the host has not taken.
            var unsent = 0
        }

        private struct State {
            var clients: [Int: Client] = [:]
            var last = 0
            var events: [Event] = []
        }

        private let state = Mutex(State())
        private let pipe: (read: Int32, write: Int32)

        init() {
            var ends: [Int32] = [-1, -1]
            makePipe(&ends)
            for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
            pipe = (ends[0], ends[1])
        }

        deinit {
            close(pipe.read)
            close(pipe.write)
        }

        /// Can be read when something has come.
        public var descriptor: Int32 { pipe.read }

        var hasRoom: Bool { state.withLock { $0.clients.count < Self.mostClients } }

        /// Takes what has come since the last time.
        public func take() -> [Event] {
            var bytes = [UInt8](repeating: 0, count: 64)
            while read(pipe.read, &bytes, bytes.count) > 0 {}
            return state.withLock { state in
                for number in Array(state.clients.keys) { state.clients[number]?.waiting = 0 }
                defer { state.events = [] }
                return state.events
            }
        }

        /// Sends a text to a client, if it is still there.
        public func send(_ text: String, to number: Int) { send(Array(text.utf8), .text, to: number) }

        /// Sends bytes.
        public func send(_ bytes: [UInt8], to number: Int) { send(bytes, .binary, to: number) }

        /// Tells whether a client has read enough to get another picture.
        public func isReady(_ number: Int) -> Bool {
            state.withLock { $0.clients[number].map { $0.unsent < Self.crowded } ?? false }
        }

        private func send(_ bytes: [UInt8], _ opcode: WebSocketOpcode, to number: Int) {
            let channel = state.withLock { state -> (any Channel)? in
                guard let client = state.clients[number] else { return nil }
                state.clients[number]?.unsent += bytes.count
                return client.channel
            }
            guard let channel else { return }
            guard !state.withLock({ ($0.clients[number]?.unsent ?? 0) > Self.lost }) else { return channel.close(promise: nil) }
            let frame = WebSocketFrame(fin: true, opcode: opcode, data: channel.allocator.buffer(bytes: bytes))
            channel.writeAndFlush(frame).whenComplete { [self] _ in
                state.withLock { $0.clients[number]?.unsent -= bytes.count }
            }
        }

        // MARK: For the handlers

        func enter(_ channel: any Channel) -> Int {
            let number = state.withLock { state in
                state.last += 1
                state.clients[state.last] = Client(channel: channel)
                state.events.append(.opened(client: state.last))
                return state.last
            }
            wake()
            return number
        }

        /// False where the client has said more than anybody can have meant.
        func put(_ message: [UInt8], from number: Int) -> Bool {
            let isTaken = state.withLock { state in
                guard let client = state.clients[number], client.waiting < Self.mostWaiting else { return false }
                state.clients[number]?.waiting += 1
                state.events.append(.message(client: number, message))
                return true
            }
            wake()
            return isTaken
        }

        func leave(_ number: Int) {
            state.withLock { state in
                guard state.clients.removeValue(forKey: number) != nil else { return }
                state.events.append(.closed(client: number))
            }
            wake()
        }

        func closeAll() {
            for client in state.withLock({ Array($0.clients.values) }) { client.channel.close(promise: nil) }
        }

        private func wake() { _ = write(pipe.write, [1], 1) }
    }
#endif
