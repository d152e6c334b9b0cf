import ArgumentParser
import Session

/// `swemu dap`: a debug adapter for editors.
struct DAP: ParsableCommand, StatusCommand {
    static let configuration = CommandConfiguration(
        commandName: "dap",
        abstract: "Debug from an editor: speak the Debug Adapter Protocol.",
        discussion: """
            An editor starts this and speaks with it over standard input and output, or over the socket that --listen names. Its launch request \
            has the options of `swemu debug` as a list called args; program is a disk image, kernel, append, symbols, memory, cpu, machine and \
            cdrom are options by their names, stopOnEntry stops before the first instruction. docs/editors.md has lines for VS Code, Neovim \
            and Emacs.

            Examples:
              swemu dap
              swemu dap --listen tcp::4711
            """)

    @Option(
        help: ArgumentHelp(
            "Where the editor finds us: stdio, tcp::4711 (this host alone), tcp:HOST:PORT, unix:PATH.", valueName: "where"))
    var listen: GDBAddress = .stdio

    func run() throws -> Int32 {
        Signals.install()
        let link = DAPLink(try GDBLink(listen))
        if listen != .stdio { complain("swemu: the editor connects to \(link.invitation)") }
        while !link.connect() {
            waitForInput(link.descriptors, milliseconds: 1000)
            if Signals.pending != nil { return ExitStatus.signal.rawValue }
        }
        return DAPServer(link, readLaunch: DAPLaunch.read).serve()
    }

    func run() throws { _ = try run() as Int32 }
}
