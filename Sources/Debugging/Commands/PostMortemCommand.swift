import Board
import Explanations
import Inspection

/// The post-mortem of the machine as it stands, for dialogues.
extension CommandSession {
    static let postMortem = Command(
        "post-mortem", "po", ["why", "pm"],
        what: "say why the machine died, or how it came to be here: the first cause, callers, the last branches",
        example: "post-mortem",
        .looking
    ) { session, _ in for line in session.postMortem.lines { session.put(line) } }

    /// The post-mortem of the machine as it stands.
    public var postMortem: PostMortem {
        let cause: PostMortem.Cause =
            switch pc.ending {
            case .tripleFault: .tripleFault
            case .deadHalt: .deadHalt
            case .reset: pc.observed.failedDeliveries.isEmpty ? .reset : .tripleFault
            case .powerOff, .exit, .debugExit: .exit
            case nil: .stopped
            }
        return PostMortem(pc, cause: cause, sources: debugger.sources, past: timeline.map { Rerun($0) })
    }

    /// Tells what a machine that has just died has to say at once.
    func lastWords(_ report: StopReport) -> [String] {
        switch report.cause {
        case .ended(.tripleFault), .ended(.deadHalt):
            return postMortem.summary + ["`post-mortem` has callers, branches and registers, too"]
        case .ended(.reset) where !pc.observed.failedDeliveries.isEmpty: return postMortem.summary
        default: return []
        }
    }
}
