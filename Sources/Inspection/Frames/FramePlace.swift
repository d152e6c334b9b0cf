import Executables

/// The place of a frame in its code. Of a caller that is not where it goes on: its call may be the last instruction of a line, or of its function.
public struct FramePlace: Hashable, Sendable {
    /// Linear address of its next instruction: of the innermost frame and of one that an interrupt came to, otherwise the one behind its call.
    public let address: UInt64
    /// Nothing of its own called the next frame inward: that is the handler of an interrupt, or there is none.
    public let isExact: Bool

    package init(_ address: UInt64, isExact: Bool) { (self.address, self.isExact) = (address, isExact) }

    /// A word on the stack: behind a CALL it is a caller's place.
    public init(stacked value: UInt64, _ view: MachineView) { self.init(value, isExact: !Backtrace.isBehindCall(view, value)) }

    /// An address in the instruction that is under way, by which its function and its line are found.
    public var instruction: UInt64 { isExact ? address : address &- 1 }
}

extension SourceMap {
    /// "kmain+0x1c (kernel.c:42)": the distance is that of where it goes on, function and line are those of what is under way.
    public func describe(_ frame: FramePlace) -> String? { describe(frame.address, inside: frame.instruction) }
}
