import Inspection
import Processor

/// A function that calls itself without end in real mode, where no limit of the stack stops it.
extension Advisor {
    /// Times that the same words follow each other from the top of the stack up, before they are taken for a recursion's frames.
    private static let leastFrames = 512
    /// Words of a frame at most, and words above the frames that may be something else.
    private static let largestFrame = 16, pushed = 32

    /// The sentence for it; nil where the stack looks otherwise.
    var recursionOfRealMode: String? {
        guard !view.isProtected else { return nil }
        let (base, top) = (view.state.ss.base, view.stackPointer)
        func word(_ index: Int) -> UInt64 { view.physical(base &+ (top &+ 2 &* UInt64(index)) & 0xFFFF, 2) }
        let words = (0..<Self.largestFrame * Self.leastFrames + Self.pushed).map(word)
        for size in 1...Self.largestFrame {
            // What an interrupt has pushed may lie above the frames that are looked for.
            for start in 0..<Self.pushed
            where (start..<start + size * (Self.leastFrames - 2)).allSatisfy({ words[$0] == words[$0 + size] }) {
                // A return address leads to what was the program; memory that was filled holds nothing else.
                let frame = words[start..<start + size]
                guard let back = frame.first(where: { $0 != 0 && isProgram($0) }) else { continue }
                return
                    "A function calls itself without end: the return address \(h(back, 4)) lies on the stack at least \(Self.leastFrames) times, every \(2 * size) bytes up from SS:SP = "
                    + "\(hexDigits(UInt64(view.state.ss.selector), 4)):\(hexDigits(top, 4)). In real mode nothing stops that: SP goes through 0, and what is pushed lies over the "
                    + "whole segment, over the interrupt table, data and the code itself"
            }
        }
        return nil
    }

    /// Tells whether an offset is one that code near what runs, or a boot sector, returns to.
    private func isProgram(_ offset: UInt64) -> Bool {
        (0x7C03..<0x7E00).contains(offset) || Backtrace.isBehindCall(view, view.state.cs.base &+ offset)
    }
}
