import Executables
import Processor

/// The callers, as addresses. Where no frame leads outward and symbols are known, what looks like a return address on the stack.
package struct Backtrace {
    /// Innermost first.
    package let frames: [FramePlace]

    /// `deepest` is the number of frames after which the chain is not followed any more.
    package init(_ view: MachineView, sources: SourceMap?, deepest: Int = 24) {
        let callers = CallStack(view, sources: sources, deepest: deepest + 1).frames.dropFirst().map(\.site)
        let isFlat = view.isProtected && !view.isVirtual8086 && (view.is64Bit || view.state.ss.isBig)
        frames = callers.isEmpty && isFlat && sources != nil ? Self.scan(view, sources) : callers
    }

    private static func scan(_ view: MachineView, _ sources: SourceMap?) -> [FramePlace] {
        let word = view.stackWord
        return (0..<256 as Range<UInt64>).compactMap { index -> FramePlace? in
            guard let value = view.linear((view.linearSP &+ word &* index) & view.linearMask, Int(word)),
                sources?.isCode(value) ?? false,
                isBehindCall(view, value)
            else { return nil }
            return FramePlace(value, isExact: false)
        }.prefix(8).map { $0 }
    }

    /// Tells whether a CALL ends right before `address`: E8 rel32, or FF /2 of two to seven bytes.
    package static func isBehindCall(_ view: MachineView, _ address: UInt64) -> Bool {
        guard address >= 7, case let bytes = view.bytes(at: address &- 7, count: 7), bytes.count == 7 else { return false }
        if bytes[2] == 0xE8 { return true }
        return [0, 1, 3, 4, 5].contains { bytes[$0] == 0xFF && bytes[$0 + 1] >> 3 & 7 == 2 }
    }
}
