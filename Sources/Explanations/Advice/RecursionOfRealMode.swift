import Inspection
import Processor

/// A function that calls itself without end in real mode, where no limit of the stack stops it.
extension Advisor {
    /// Times that the same words follow each other from the top of the stack up, before they are taken for a recursion's frames.
    private static let leastFrames = 512
    /// Words of a frame at most.
    private static let largestFrame = 16

    /// The sentence for it; nil where the stack looks otherwise.
    var recursionOfRealMode: String? {
        guard !view.isProtected else { return nil }
        // Interrupts and whatever ran over the ruins may have pushed much since: the whole segment is looked at, from SP up.
        let (base, top) = (view.state.ss.base, view.stackPointer)
        let words = (0..<0x8000 as Range<UInt64>).map { view.physical(base &+ (top &+ 2 &* $0) & 0xFFFF, 2) }
        for size in 1...Self.largestFrame {
            var start = 0
            for index in 0..<words.count - size {
                guard words[index] == words[index + size] else {
                    start = index + 1
                    continue
                }
                // A return address leads to what was the program; memory that was filled holds nothing else.
                guard index + 1 - start == size * (Self.leastFrames - 2),
                    let back = words[start..<start + size].first(where: { $0 != 0 && isProgram($0) })
                else { continue }
                let place = "\(hexDigits(UInt64(view.state.ss.selector), 4)):\(hexDigits((top &+ 2 &* UInt64(start)) & 0xFFFF, 4))"
                return
                    "A function calls itself without end: the return address \(h(back, 4)) lies on the stack at least \(Self.leastFrames) times, every \(2 * size) bytes up from "
                    + "\(place). In real mode nothing stops that: SP goes through 0, and what is pushed lies over the "
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
