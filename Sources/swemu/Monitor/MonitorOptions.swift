import ArgumentParser

/// The address of a monitor.
enum MonitorAddress: ExpressibleByArgument, Equatable {
    /// Behind Ctrl-A c on COM1's standard input and output.
    case serial
    case link(GDBAddress)

    init?(argument: String) {
        if argument == "serial" {
            self = .serial
        } else if let address = GDBAddress(argument: argument) {
            self = .link(address)
        } else {
            return nil
        }
    }

    static let allValueStrings = ["stdio", "serial", "unix:PATH", "tcp:HOST:PORT"]
}

/// QEMU's monitor and its machine protocol.
struct MonitorOptions: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A monitor with QEMU's words: stdio, unix:PATH, tcp:HOST:PORT, or serial: behind Ctrl-A c on --serial stdio.",
            valueName: "where"))
    var monitor: [MonitorAddress] = []
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("QEMU's machine protocol, QMP: unix:PATH, tcp:HOST:PORT or stdio.", valueName: "where"))
    var qmp: [GDBAddress] = []

    /// Monitors at most.
    private static let most = 16

    func validate() throws {
        if monitor.count + qmp.count > Self.most { throw ValidationError("there are \(Self.most) monitors at most") }
        if monitor.filter({ $0 == .link(.stdio) }).count + qmp.filter({ $0 == .stdio }).count > 1 {
            throw ValidationError("standard output can take one of --monitor and --qmp; send the other to unix:PATH")
        }
    }

    var isPresent: Bool { !monitor.isEmpty || !qmp.isEmpty }
    var usesStandardOutput: Bool { monitor.contains(.link(.stdio)) || qmp.contains(.stdio) }

    func servers(_ host: HostSession) throws -> [MonitorServer] {
        let links: [GDBAddress] = monitor.compactMap { if case .link(let address) = $0 { address } else { nil } }
        return try links.map { try MonitorServer(host, $0, .people) } + qmp.map { try MonitorServer(host, $0, .machines) }
    }
}

extension HostSession {
    /// Tells the machines' protocol of what happened.
    func tellMonitors(_ event: String, _ data: JSON = .object([])) {
        for monitor in monitors { monitor.tell(event, data) }
    }
}
