import Board
import Processor

extension HostSession {
    /// Says where debuggers find the machine.
    static func invite(_ gdb: GDBHost?, _ editor: DAPLink?, isStopped: Bool) {
        let head = "swemu: \(isStopped ? "stopped at the first instruction; " : "")"
        if let editor { complain("\(head)an editor attaches to \(editor.place)") }
        if let gdb, !gdb.link.isForOne { complain("\(head)in gdb: \(gdb.link.invitation)") }
    }

    /// Serves an editor in the middle of a run while it is there, and waits for one where the machine shall not start without it. An ending, if the run
    /// is over. Nothing of the editor stays behind: its breakpoints go, the machine comes to its present and goes on.
    func serveEditor(_ chores: HostChores) -> Ending? {
        guard let editor else { return nil }
        if let ending = awaitDebugger(chores, editor.connect, editor.descriptors) { return ending }
        guard editor.connect() else { return nil }
        let listener = pc.input.onDelivery
        let session = DebugSession(self, chores)
        let timeline = plan.tracing.wantsInstructions ? nil : session.commands.timeline
        session.debugger.runMachine = { [unowned self] _, tick in runForDebugger(until: tick, timeline) }
        let server = DAPServer(editor, running: session)
        _ = server.serve()
        editor.hangUp()
        pc.stop(at: StopConditions())
        if let timeline, timeline.isInPast { timeline.go(to: timeline.latest) }
        pc.focus = nil
        past.isNow = { false }
        pc.input.onDelivery = listener
        checks?.onFinding = nil
        return server.ending
    }
}
