import Executables
import Inspection

extension Debugger {
    /// The places of the frames, innermost first: the next instruction, then behind each call.
    public var frames: [FramePlace] { [FramePlace(view.linearIP, isExact: true)] + Backtrace(view, sources: sources).frames }

    /// The frames with their functions, innermost first; inlined ones apart. Where no frame leads outward, only the innermost.
    public var sourceFrames: [SourceFrame] {
        let stack = CallStack(view, sources: sources).frames
        return (stack.isEmpty ? [CallFrame(view, sources: sources)] : stack).flatMap(SourceFrame.all)
    }

    /// The frame that names of variables are looked up in.
    public var selectedFrame: SourceFrame {
        guard selectedFrameNumber > 0, case let frames = sourceFrames, frames.indices.contains(selectedFrameNumber) else {
            return SourceFrame.all(of: CallFrame(view, sources: sources))[0]
        }
        return frames[selectedFrameNumber]
    }

    /// Looks up names in frame `number` until the machine moves. Throws where there is none.
    public func select(frame number: Int) throws(DebuggerError) {
        let count = sourceFrames.count
        guard (0..<count).contains(number) else {
            throw DebuggerError(
                "there \(count == 1 ? "is one frame" : "are \(count) frames"), counted from 0; `backtrace` shows them")
        }
        selectedFrameNumber = number
    }
}

extension CommandSession {
    /// Tells why the machine stopped, in words; nothing after an ordinary step.
    public func reason(for report: StopReport) -> [String] { StopDescription(report, self).reason }
}
