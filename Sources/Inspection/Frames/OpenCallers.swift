import Processor

/// The callers by the calls that are open, innermost first: also where code has no frame pointers and no debug information, in prologues and behind
/// epilogues, across interrupts, rings and switches of stacks.
package struct OpenCallers {
    package let frames: [FramePlace]

    /// Bytes in which a function's caller is looked for before what was called last is believed, which may have been on another stack. Where nothing was called
    /// before, another stack may begin soon.
    private static let nearby: UInt64 = 1024, adjacent: UInt64 = 256
    private static let deepest = 128

    /// None in code of 16 bits.
    package init(_ view: MachineView, _ calls: OpenCalls) {
        guard view.isProtected, !view.isVirtual8086 else {
            frames = []
            return
        }
        var frames: [FramePlace] = []
        var seen: Set<UInt64> = []
        let search = Search(view: view, calls: calls)
        var key = search.outward(from: view.cpu.keyOfCall(at: view.stackPointer), last: view.cpu.lastCall)
        while frames.count < Self.deepest, let place = key, seen.insert(place).inserted {
            guard let call = search.open(place), !call.isRoot else { break }
            frames.append(FramePlace(view.linear(of: call.returnAddress, in: view.state.cs), isExact: call.isInterrupt))
            key =
                call.isInterrupt
                ? search.nearest(from: call.outer, Self.nearby) : search.outward(from: place &+ 4, last: call.outer)
        }
        self.frames = frames
    }

    private struct Search {
        let view: MachineView
        let calls: OpenCalls

        /// The call that is open next to a place, or next to that of the last one before.
        func outward(from key: UInt64, last: UInt64) -> UInt64? {
            nearest(from: key, last == 0 ? OpenCallers.adjacent : OpenCallers.nearby) ?? nearest(from: last, OpenCallers.nearby)
        }

        /// The first call that is open from a place on upward.
        func nearest(from key: UInt64, _ bytes: UInt64) -> UInt64? {
            guard key != 0 else { return nil }
            return stride(from: 0, to: bytes, by: 4).first { open(key &+ $0) != nil }.map { key &+ $0 }
        }

        /// The call of a name, if memory still holds its return address; where no page is, nobody knows better.
        func open(_ key: UInt64) -> OpenCall? {
            guard let call = calls[key] else { return nil }
            let place = view.linear(of: OpenCalls.pointer(key), in: view.state.ss)
            guard let word = view.linear(place, 4) else { return call }
            return word == call.returnAddress & 0xFFFF_FFFF ? call : nil
        }
    }
}
