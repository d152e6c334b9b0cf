extension Debugger {
    /// Linear addresses of the frames, innermost first: the next instruction, then behind each call.
    public var frames: [UInt64] { [view.linearIP] + Backtrace(view, sources: sources).frames }
}

extension CommandSession {
    /// Why the machine stopped, in words; nothing after an ordinary step.
    public func reason(for report: StopReport) -> [String] { StopWords(report, self).reason }
}
