import Board
import Processor
import X86

/// Sentences for a stack that is none, has run out, or has grown over something else.
extension Advisor {
    /// nil while the stack of the first cause takes what is pushed, and has taken nothing else's place.
    /// `isUsed`: what failed has used the stack, so one that was never set up is the reason.
    func stackTrouble(isUsed: Bool) -> String? {
        guard view.isProtected, !view.isVirtual8086 else { return nil }
        if isAtFault, let lost = lostFrame { return lost }
        let isStuck = !takesPush(top &- 4)
        if let recursion = Recursion(view, top: top),
            isStuck && isUsed || overgrown(recursion.extent.lowerBound...max(recursion.extent.upperBound, top)) != nil
        {
            return words(recursion, isStuck)
        }
        if let table = stackOnPageTables { return table }
        if isStuck, !isUsed { return nil }
        if isStuck { return limitOfStack ?? noStack ?? usedUp }
        if let table = overgrown(usedStack) {
            return
                "The stack (ESP \(h(pointer))) has grown over \(table) and has overwritten it: make the stack larger, or move one of them"
        }
        return nil
    }

    /// The part of the stack that was used lately, from its lowest address to the highest.
    private var usedStack: ClosedRange<UInt64> {
        guard let range = moments?.stackRange, range.contains(top), range.upperBound - range.lowerBound < 64 << 20 else {
            return top...top
        }
        return range
    }

    /// Whether RAM takes what is pushed to a linear address.
    private func takesPush(_ address: UInt64) -> Bool {
        let address = address & 0xFFFF_FFFF
        let offset = (address &- view.state.ss.base) & 0xFFFF_FFFF
        guard isInStackSegment(offset) else { return false }
        let walk = PageWalk(view, linear: address, writes: true, user: view.state.cpl == 3)
        return walk.refusal == nil && walk.physical.map { view.isRAM(physical: $0) } ?? false
    }

    private func isInStackSegment(_ offset: UInt64) -> Bool {
        let ss = view.state.ss
        // Of a stack that was left only the selector is known.
        guard isAtFault else { return true }
        guard ss.isPresent, ss.isWritable else { return false }
        // Expand-down: SDM Vol. 3A, section 3.4.5.1.
        return !ss.isCode && ss.type & 4 != 0
            ? offset > UInt64(ss.limit) && offset <= (ss.isBig ? 0xFFFF_FFFF : 0xFFFF) : offset &+ 3 <= UInt64(ss.limit)
    }

    /// Whether the stack was one when a branch was taken.
    func hadStack(at branch: Branch) -> Bool {
        guard takesPush(branch.stack &- 4), overgrown(branch.stack...branch.stack) == nil else { return false }
        guard let recursion = Recursion(view, top: branch.stack) else { return true }
        return overgrown(min(branch.stack, recursion.extent.lowerBound)...max(branch.stack, recursion.extent.upperBound)) == nil
    }

    // MARK: Never a stack

    /// ESP has nothing below it and nothing above it: nobody has made it point to a stack.
    private var noStack: String? {
        let isNull = top == 0 || top >= 0xFFFF_F000
        let load = moments?.stackLoad.flatMap { max($0.new, top) &- min($0.new, top) < 0x1000 ? $0 : nil }
        guard isNull || !hasStackAbove(top) || load != nil && !isAtEdge(top) else { return nil }
        let origin = load.map { $0.isDelivery ? "" : ". It got that value at \(name($0.place.rip, $0.base)) (\($0.text))" } ?? ""
        let what = view.isPaged ? "no page is mapped" : "no RAM is"
        return
            "The stack pointer ESP is \(h(pointer)), and \(what) below it: point it to the end of memory of your own first\(origin)"
    }

    /// Whether the page at `top`, or one that a function's variables may reach over, is a stack's.
    private func hasStackAbove(_ top: UInt64) -> Bool {
        if let recent = moments?.stackRange, recent.contains(top), recent.upperBound > top, takesPush(recent.upperBound) {
            return true
        }
        return (0...16 as ClosedRange<UInt64>).contains { takesPush((top &+ $0 << 12) | 0xFFC) }
    }

    /// Whether `top` is where a mapped page begins, or less than one below.
    private func isAtEdge(_ top: UInt64) -> Bool { takesPush(top) || takesPush(top &+ 0x1000) }

    private var limitOfStack: String? {
        let ss = view.state.ss
        guard !isInStackSegment((pointer &- 4) & (ss.isBig ? 0xFFFF_FFFF : 0xFFFF)), ss.isPresent, ss.isWritable else { return nil }
        return
            "The stack pointer ESP \(h(pointer)) is outside of the stack segment: SS is \(h(ss.selector)), limit \(h(UInt64(ss.limit)))"
    }

    // MARK: Used up

    private var usedUp: String {
        let walk = PageWalk(view, linear: (top &- 4) & 0xFFFF_FFFF, writes: true)
        let why = walk.words.map { "; \($0)" } ?? "; no RAM is below it"
        let used = usedStack
        let size = used.upperBound - used.lowerBound
        let much = size >= 0x1000 ? ". The last functions took \(size) bytes of it" : ""
        return "The stack has run out of its pages: \(at(rip))\(text(rip)) had ESP \(h(pointer))\(why)\(much)"
    }

    private func words(_ recursion: Recursion, _ isStuck: Bool) -> String {
        let from = callBefore(recursion.returnAddress)
        let bytes = recursion.stride > 0 ? " of \(recursion.stride) bytes" : ""
        let range = recursion.extent.lowerBound...max(recursion.extent.upperBound, top)
        let end =
            overgrown(range).map { "has grown over \($0)" }
            ?? (isStuck ? "has run out of its pages" : "has grown beyond its memory")
        return
            "Endless recursion: the call at \(from) comes back to itself; \(recursion.count) frames\(bytes) are on the stack, which \(end) (ESP \(h(pointer)))"
    }

    /// Where the CALL is that ends at a return address.
    func callBefore(_ address: UInt64) -> String {
        let base = view.state.cs.base
        let call = (2...7 as ClosedRange<UInt64>).lazy.compactMap { length -> Disassembly.Line? in
            guard let line = view.line(at: address &- length, base: base), UInt64(line.bytes.count) == length,
                [.call, .callIndirect].contains(line.instruction?.operation)
            else { return nil }
            return line
        }
        guard let line = call.first(where: { $0.bytes[0] == 0xE8 }) ?? call.first else {
            return "the instruction before \(at(address))"
        }
        return "\(name(line.address, base)) (\(line.text))"
    }

    // MARK: Over something else

    /// The table or code that a range of the stack lies over.
    private func overgrown(_ range: ClosedRange<UInt64>) -> String? {
        let s = view.state
        // A descriptor table of the least size is loaded by nobody, and the interrupt table of real mode is none.
        let tables: [(String, UInt64, UInt64)] = [
            ("the IDT", s.idtr.base, view.hasRealModeIDT ? 0 : UInt64(s.idtr.limit)),
            ("the GDT", s.gdtr.base, UInt64(s.gdtr.limit)),
            ("the TSS", s.tr.base, s.tr.selector & 0xFFFC == 0 ? 0 : 103),
        ]
        for (name, base, limit) in tables where limit > 0 {
            if range.lowerBound <= base &+ limit, base < max(range.upperBound, range.lowerBound &+ 1) {
                return "\(name) at \(h(base))"
            }
        }
        if range.lowerBound < range.upperBound, range.lowerBound <= code &+ 8, code < range.upperBound {
            return "the code at \(h(code))"
        }
        return nil
    }

    /// ESP lies in a page directory or page table that is in use.
    private var stackOnPageTables: String? {
        guard view.isPaged, !view.state.cr4.contains(.PAE) else { return nil }
        let directory = view.state.cr3 & 0xFFFF_F000
        let used = usedStack
        let pages = Set(
            [top, top &- 4, used.lowerBound].flatMap {
                [$0 & 0xFFFF_F000, (PageWalk(view, linear: $0).physical ?? $0) & 0xFFFF_F000]
            })
        if pages.contains(directory) {
            return
                "The stack (ESP \(h(pointer))) is inside the page directory at \(h(directory)) and has overwritten it: move one of them"
        }
        for index in 0..<1024 as Range<UInt64> {
            let entry = view.physical(directory &+ 4 &* index, 4)
            if entry & 0x81 == 1, pages.contains(entry & 0xFFFF_F000) {
                return
                    "The stack (ESP \(h(pointer))) is inside the page table at \(h(entry & 0xFFFF_F000)) and has overwritten it: move one of them"
            }
        }
        return nil
    }

    // MARK: A frame that went nowhere

    /// A frame that the processor pushed to where no RAM is: IRET finds something else there.
    private var lostFrame: String? {
        guard let record = view.cpu.history.recent.last, record.isProtected, case .stack(let linear, _) = record.frame,
            case let walk = PageWalk(view, linear: linear), let physical = walk.physical, !view.isRAM(physical: physical)
        else { return nil }
        let what = record.delivery.source == .exception ? record.delivery.fault.name : "vector \(record.delivery.fault.vector)"
        let lost =
            "the frame of \(what), which came at \(name(record.delivery.rip, record.delivery.csBase)), was pushed to \(h(linear)), where no RAM is"
        guard record.delivery.cpl > record.handlerCPL else {
            return "The stack pointer ESP is \(h(record.rsp & 0xFFFF_FFFF)), and no RAM is below it: \(lost)"
        }
        return
            "The TSS's ESP0 is \(h(ringZeroPointer ?? 0)), which is no stack: \(lost). Set ESP0 to the end of a stack of ring 0's own"
    }

    /// ESP0 of the current TSS.
    private var ringZeroPointer: UInt64? {
        let tr = view.state.tr
        guard tr.selector & 0xFFFC != 0 else { return nil }
        return tr.type & 8 != 0 ? view.linear((tr.base &+ 4) & 0xFFFF_FFFF, 4) : view.linear((tr.base &+ 2) & 0xFFFF_FFFF, 2)
    }
}
