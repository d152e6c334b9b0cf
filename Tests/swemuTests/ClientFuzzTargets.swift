import Wiring

@testable import Formats
@testable import Session
@testable import swemu

#if Web
    import NIOCore
    import NIOEmbedded
    @testable import Web
#endif

/// Servers with a client that says what it likes, before a machine that ends soon.
extension FileFuzzTarget {
    static let clients: [FileFuzzTarget] = [
        // A message a line; what begins like a message's head is sent as it is.
        FileFuzzTarget(name: "dap") { bytes in
            withKernel { machine in
                let isRaw = bytes.starts(with: Array("Content".utf8))
                let launch = JSON.object([
                    ("type", .text("request")), ("seq", .number(1)), ("command", .text("launch")),
                    ("arguments", .object([("args", .list(machine.map { .text($0) }))])),
                ])
                let lines = bytes.split(separator: 0x0A).prefix(mostLines).map(Array.init)
                let messages = [Array(launch.line.utf8)] + lines + [Array(#"{"type":"request","command":"disconnect"}"#.utf8)]
                let framed = messages.flatMap { Array("Content-Length: \($0.count)\r\n\r\n".utf8) + $0 }
                talk(isRaw ? bytes : framed, hangingUp: isRaw) { address in
                    let server = DAPServer(DAPLink(try GDBLink(address)), readLaunch: DAPLaunch.read)
                    return {
                        if server.link.connect() { _ = server.serve() }
                    }
                }
            }
        },
        // QEMU's protocol for machines, or its monitor for people.
        FileFuzzTarget(name: "monitor") { bytes in
            withKernel { machine in
                guard let run = try? Run.parse(machine), let session = try? HostSession(run.plan) else { return }
                talk(Array(bytes.prefix(1 << 14)), hangingUp: false) { address in
                    let server = try MonitorServer(session, address, bytes.first == UInt8(ascii: "{") ? .machines : .people)
                    return {
                        for _ in 0..<16 {
                            server.serve()
                            _ = session.pc.run(until: session.pc.clock.now &+ 500)
                        }
                    }
                }
            }
        },
    ]

    #if Web
        static let pages: [FileFuzzTarget] = [
            // A page's messages, a line each.
            FileFuzzTarget(name: "page") { bytes in
                withKernel { machine in
                    guard let run = try? Run.parse(machine),
                        let session = try? DebugSession(run.plan.underDebugger(writesThrough: false))
                    else { return }
                    let (mailbox, channel) = (Mailbox(), EmbeddedChannel())
                    // Its pipeline and it hold each other until it is closed.
                    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
                    let client = mailbox.enter(channel)
                    for line in bytes.split(separator: 0x0A).prefix(mostLines) { _ = mailbox.put(Array(line), from: client) }
                    _ = mailbox.put(Array(#"{"command":"quit"}"#.utf8), from: client)
                    _ = WebSession(session, mailbox, title: "kernel", stopped: true).serve {}
                }
            },
            // What comes over a connection, in two pieces: requests, and frames of a socket behind its upgrade.
            FileFuzzTarget(name: "web") { bytes in
                let (mailbox, channel, admission) = (Mailbox(), EmbeddedChannel(), Admission(token: "1", isOpen: false))
                admission.listens(on: "127.0.0.1", port: 80)
                _ = WebServer.configure(channel, admission, mailbox)
                guard let address = try? SocketAddress(ipAddress: "127.0.0.1", port: 80) else { return }
                channel.connect(to: address, promise: nil)
                for piece in [bytes.prefix(bytes.count / 2), bytes.dropFirst(bytes.count / 2)] {
                    _ = try? channel.writeInbound(channel.allocator.buffer(bytes: piece))
                    channel.embeddedEventLoop.run()
                    _ = mailbox.take()
                    while let answer = try? channel.readOutbound(as: ByteBuffer.self) { _ = answer.readableBytes }
                }
                _ = try? channel.finish(acceptAlreadyClosed: true)
            },
        ]
    #else
        static let pages: [FileFuzzTarget] = []
    #endif

    /// Messages that one client says. A server's queue has room for them and for the last word.
    private static let mostLines = 60

    /// The options of a machine with a kernel that counts, calls and prints, at 100000h.
    private static func withKernel(_ body: ([String]) -> Void) {
        // mov esp, 200000h; mov eax, 0; inc eax; push eax; call to the last but one; pop eax; jmp to inc; out 0E9h, al; ret
        let code: [UInt8] = [
            0xBC, 0, 0, 0x20, 0, 0xB8, 0, 0, 0, 0, 0x40, 0x50, 0xE8, 3, 0, 0, 0, 0x58, 0xEB, 0xF6, 0xE6, 0xE9, 0xC3,
        ]
        withFile(code) { path in
            body([
                "--kernel", path, "--kernel-format", "flat", "--load-address", "0x100000", "--memory", "4", "--serial", "null",
                "--headless", "--max-instructions", "100000",
            ])
        }
    }

    /// Connects to the server that `start` makes, says `bytes`, and lets it serve.
    private static func talk(_ bytes: [UInt8], hangingUp: Bool, _ start: (GDBAddress) throws -> () -> Void) {
        let path = "/dev/shm/swemu-fuzz-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        guard let serve = try? start(.unix(path)), let client = try? UnixSocket.connect(path) else { return }
        defer { close(client) }
        _ = OutputDescriptor(client).writeAll(bytes)
        if hangingUp { shutdown(client, Int32(SHUT_WR)) }
        serve()
    }
}
