import ArgumentParser
import Session

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

    var plan: MonitorPlan {
        var plan = MonitorPlan()
        (plan.monitor, plan.qmp) = (monitor, qmp)
        return plan
    }
}
