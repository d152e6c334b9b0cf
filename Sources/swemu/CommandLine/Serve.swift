import ArgumentParser
import Formats
import Session
import Web

/// `swemu serve`: a machine under the debugger, in a browser.
struct Serve: ParsableCommand, StatusCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a machine in a browser: see it, step it, pull it back in time.",
        discussion: """
            Prints the address of a page; open it in a browser of this host. The page shows screen and consoles, code, registers, stack, memory \
            and what each instruction did and why, and every command of `swemu debug` can be typed there. The machine runs as soon as the first \
            page is open; with --stopped it stands before its first instruction.

            Everything `swemu run` accepts for the machine is accepted here. What the guest writes to its disks is kept in memory and forgotten, so \
            that one can go back in time; --write-through lets it write to the image. Idle time passes as the host's clock does.

            The address contains a secret: whoever has it controls the machine, and through the debugger's commands reads and writes files as you \
            do. docs/browser.md says more.

            Examples:
              swemu serve disk.img
              swemu serve --kernel kernel.elf --stopped
              swemu serve disk.img --listen 8086
            """)

    @OptionGroup var machine: Run

    @Option(
        help: ArgumentHelp(
            "Where the page is: PORT (this host alone), HOST:PORT; otherwise any free port of this host.", valueName: "where"))
    var listen = WebAddress()
    @Flag(help: "Let the guest write to its images; then there is no way back in time.")
    var writeThrough = false

    func validate() throws {
        try machine.requireDebuggable()
        if machine.connections.monitors.usesStandardOutput {
            throw ValidationError("standard output tells the page's address; send the monitor to unix:PATH")
        }
    }

    func run() throws -> Int32 {
        #if Web
            let plan = try machine.plan
            let session = try DebugSession(plan.underDebugger(writesThrough: writeThrough))
            session.host.listenToHost()
            let server = try Self.server(at: listen)
            return WebSession(session, server.mailbox, title: plan.title, stopped: plan.stopped).serve {
                server.close()
            }
        #else
            throw Self.missing
        #endif
    }

    /// Serves a lesson until the user of this host ends it. How its tasks went.
    static func lesson(_ lesson: WebLesson, at address: WebAddress) throws -> [LessonResult] {
        #if Web
            let server = try server(at: address)
            let pages = WebSession(lesson.machine.session, server.mailbox, title: lesson.title, stopped: true, lesson: lesson)
            _ = pages.serve { server.close() }
            return pages.lesson?.report ?? []
        #else
            throw missing
        #endif
    }

    #if Web
        /// A server that has told its address.
        private static func server(at listen: WebAddress) throws -> WebServer {
            let server: WebServer
            do throws(WebServer.Refusal) {
                server = try WebServer(
                    host: listen.host, port: listen.port, token: Admission.makeToken(), isOpen: !listen.isLoopback)
            } catch {
                throw UserError(
                    .outputFile, "cannot listen (\(error))", "\(listen.host):\(listen.port)",
                    remedy: "use an address of this host and a free port")
            }
            if !listen.isLoopback {
                complain(
                    "swemu: others than this host may come to \(listen.host); whoever knows the address below controls the machine, unencrypted"
                )
            }
            try StandardOutput.write(line: "swemu: the page is \(server.address)")
            return server
        }
    #else
        private static let missing = UserError(
            .usage,
            line: "this swemu was built without its page; build it with SwiftNIO: swift build -c release --traits Web")
    #endif

    func run() throws { _ = try run() as Int32 }
}

/// An address to serve the page at.
struct WebAddress: ExpressibleByArgument, Equatable {
    var host = "127.0.0.1"
    /// 0 is any that is free.
    var port: UInt16 = 0

    init() {}

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":") else {
            guard let port = UInt16(argument) else { return nil }
            self.port = port
            return
        }
        guard let port = UInt16(argument[argument.index(after: colon)...]), colon > argument.startIndex else { return nil }
        var host = String(argument[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        (self.host, self.port) = (host, port)
    }

    var isLoopback: Bool { host.hasPrefix("127.") || host == "localhost" || host == "::1" }
    var defaultValueDescription: String { "127.0.0.1:0" }
}
