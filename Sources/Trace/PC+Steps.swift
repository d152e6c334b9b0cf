import Board

extension PC {
    /// For a run in steps of one instruction, as logs make it: passes the idle time that a step has come to, and answers what ends the run, if that does.
    func goOn(after pause: Pause, until limit: UInt64, skipsIdleTime: Bool) -> Pause? {
        switch pause {
        case .limit: return nil
        case .idle(let next) where skipsIdleTime && next != .max:
            skip(to: min(next, limit))
            return nil
        default: return pause
        }
    }
}
