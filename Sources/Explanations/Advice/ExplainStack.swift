import Board
import Inspection
import Processor
import X86

/// Sentences for a stack that is none, has run out, or has grown over something else.
extension Advisor {
    /// nil while the stack of the first cause takes what is pushed, and has taken nothing else's place.
    /// `isUsed`: what failed has used the stack, so one that was never set up is the reason.
    func stackTrouble(isUsed: Bool) -> String? {
        guard view.isProtected, !view.isVirtual8086 else { return nil }
        if isAtFault, let lost = lostFrame(of: view.cpu.history.recent.suffix(1)) { return lost }
        let isStuck = !takesPush(top &- view.stackWord)
        if let narrow = narrowStack, isStuck ? isUsed : overgrown(usedStack) != nil { return narrow }
        if let recursion = Recursion(view, top: top, moments: moments),
            isStuck && isUsed || overgrown(range(of: recursion), code: callee(recursion)) != nil
        {
            return words(recursion, isStuck)
        }
        if let table = stackOnPageTables { return recursion(into: table) ?? table }
        if isStuck, !isUsed { return nil }
        if isStuck { return limitOfStack ?? recursionOverPageTables ?? noStack ?? usedUp }
        if let table = overgrown(usedStack) {
            return
                "The stack (\(view.nameOfSP) \(h(pointer))) has grown over \(table) and has overwritten it: make the stack larger, or move one of them"
        }
        return nil
    }

    /// The part of the stack that was used lately, from its lowest address to the highest.
    var usedStack: ClosedRange<UInt64> {
        guard let range = moments?.stackRange, range.contains(top), range.upperBound - range.lowerBound < 64 << 20 else {
            return top...top
        }
        return range
    }

    /// 32-bit code with a stack of 16 bits, whose ESP is meant to count as a whole. SDM Vol. 3A, section 3.4.5.1.
    private var narrowStack: String? {
        let ss = view.state.ss
        guard isAtFault, view.codeSize == .bits32, ss.isUsable, !ss.isBig, view.state.rsp & 0xFFFF_0000 != 0 else { return nil }
        let limit = ss.limit == 0 ? ", and its limit is 0: such a segment does for 64-bit code alone" : ""
        return
            "SS is \(h(ss.selector)), whose descriptor has B (bit 54) clear: of ESP \(h(view.state.rsp & 0xFFFF_FFFF)) SP \(h(view.state.rsp & 0xFFFF, 4)) alone counts, and the stack is at \(h(view.linearSP))\(limit)"
    }

    /// Tells whether RAM takes what is pushed to a linear address.
    private func takesPush(_ address: UInt64) -> Bool {
        let address = address & view.linearMask
        if view.state.operatingMode.isIA32e {
            guard AddressSpace.isCanonical(address) else { return false }
        } else {
            guard isInStackSegment((address &- view.state.ss.base) & 0xFFFF_FFFF) else { return false }
        }
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

    /// Tells whether the stack was one when a branch was taken.
    func hadStack(at branch: Branch) -> Bool {
        guard takesPush(branch.stack &- 4), overgrown(branch.stack...branch.stack) == nil else { return false }
        guard let recursion = Recursion(view, top: branch.stack, moments: moments) else { return true }
        return overgrown(
            min(branch.stack, recursion.extent.lowerBound)...max(branch.stack, recursion.extent.upperBound),
            code: callee(recursion)) == nil
    }

    // MARK: Never a stack

    /// ESP has nothing below it and nothing above it: nobody has made it point to a stack.
    private var noStack: String? {
        // It was one while it was mapped.
        guard removal == nil else { return nil }
        let isNull = top == 0 || top >= view.linearMask & ~0xFFF
        let load = moments?.stackLoad.flatMap { max($0.new, top) &- min($0.new, top) < 0x1000 ? $0 : nil }
        guard isNull || !hasStackAbove(top) || load != nil && !isAtEdge(top) else { return nil }
        let origin = load.map(origin) ?? ""
        if let words = tooMuchRoom ?? stackOfSYSCALL ?? stackLeftBehind { return words }
        let what = view.isPaged ? "no page is mapped" : "no RAM is"
        if view.state.operatingMode.isIA32e, !AddressSpace.isCanonical(top) {
            return
                "The stack pointer \(view.nameOfSP) is \(h(pointer)), which is not canonical (bits 63 to 47 have to be equal)\(origin)"
        }
        return
            "The stack pointer \(view.nameOfSP) is \(h(pointer)), and \(what) below it: point it to the end of memory of your own first\(origin)"
    }

    /// A function whose variables the stack has no room for.
    private var tooMuchRoom: String? {
        guard let room = moments?.reservation, (room.old &- top) & view.linearMask <= room.bytes &+ 0x1000,
            takesPush(room.old &- 16)
        else { return nil }
        return
            "\(words(room)), where \(view.isPaged ? "no page is mapped" : "no RAM is"): what is that large belongs elsewhere (static, or allocated), or the stack is too small"
    }

    /// "The function at … makes room for 2400020 bytes …".
    private func words(_ room: LastMoments.Reservation) -> String {
        "\(name(room.place.rip, room.base)) (\(room.text)) makes room for \(room.bytes) bytes of variables on the stack: \(view.nameOfSP) was \(h(room.old)) and became \(h(room.new))"
    }

    /// The same where it took the machine long to end of it.
    func words(_ departure: StackDeparture) -> String {
        "\(words(departure.reservation)), where no RAM is. What was written there is lost without a fault, or lies over all that is below the stack: how the machine ended is a consequence. "
            + "What is that large belongs elsewhere (static, or allocated), or the stack is too small"
    }

    /// Tables that were switched to and map the code, but not the stack.
    private var stackLeftBehind: String? {
        guard let load = moments?.controlLoad, load.losesStack, view.isPaged, [0, 3].contains(load.register),
            max(load.stack, top) &- min(load.stack, top) < 0x1000
        else { return nil }
        let what = load.register == 0 ? "Paging was switched on" : "CR3 was loaded"
        let walk = PageWalk(view, linear: (top &- 4) & view.linearMask, writes: true)
        return
            "\(what) at \(name(load.place.rip, codeBase)) (\(load.text)), and the tables at \(h(view.cpu.paging.table(view.state.cr3))) do not map the stack "
            + "(\(view.nameOfSP) \(h(pointer))): map it there, too\(walk.words.map { "; \($0)" } ?? "")"
    }

    /// Tells whether the page at `top`, or one that a function's variables may reach over, is a stack's.
    private func hasStackAbove(_ top: UInt64) -> Bool {
        if let recent = moments?.stackRange, recent.contains(top), recent.upperBound > top, takesPush(recent.upperBound) {
            return true
        }
        return (0...16 as ClosedRange<UInt64>).contains { takesPush((top &+ $0 << 12) | 0xFFC) }
    }

    /// Tells whether `top` is where a mapped page begins, or less than one below.
    private func isAtEdge(_ top: UInt64) -> Bool { takesPush(top) || takesPush(top &+ 0x1000) }

    private var limitOfStack: String? {
        let ss = view.state.ss
        guard !view.is64Bit, !isInStackSegment((pointer &- 4) & (ss.isBig ? 0xFFFF_FFFF : 0xFFFF)), ss.isPresent, ss.isWritable
        else { return nil }
        if ss.isExpandDown {
            return
                "The stack pointer \(view.nameOfSP) \(h(pointer)) is outside of the stack segment: SS is \(h(ss.selector)), which expands down (type bit 2), and its offsets begin above the limit \(h(UInt64(ss.limit)))"
        }
        return
            "The stack pointer \(view.nameOfSP) \(h(pointer)) is outside of the stack segment: SS is \(h(ss.selector)), limit \(h(UInt64(ss.limit)))"
    }

    // MARK: Used up

    private var usedUp: String {
        let walk = PageWalk(view, linear: (top &- 4) & view.linearMask, writes: true)
        let why = walk.words.map { "; \($0)" } ?? "; no RAM is below it"
        let used = usedStack
        let size = used.upperBound - used.lowerBound
        let much = size >= 0x1000 ? ". The last functions took \(size) bytes of it" : ""
        return "The stack has run out of its pages: \(at(rip))\(text(rip)) had \(view.nameOfSP) \(h(pointer))\(why)\(much)"
    }

    private func words(_ recursion: Recursion, _ isStuck: Bool) -> String {
        let from = callBefore(recursion.returnAddress)
        let bytes = recursion.stride > 0 ? " of \(recursion.stride) bytes" : ""
        let end =
            overgrown(range(of: recursion), code: callee(recursion)).map { "has grown over \($0)" }
            ?? (isStuck ? "has run out of its pages" : "has grown beyond its memory")
        return
            "Endless recursion: the call at \(from) comes back to itself; \(recursion.count) frames\(bytes) are on the stack, which \(end) (\(view.nameOfSP) \(h(pointer)))"
    }

    /// A recursion whose frames cannot be read any more: it has run over the page tables.
    private var recursionOverPageTables: String? {
        guard view.isPaged, let moments, moments.depth >= 16, let call = moments.frequentCall, call.count >= 16,
            !view.isRAM(linear: top)
        else { return nil }
        return
            "Endless recursion: the call at \(name(call.place.rip, call.base)) (\(call.text)) comes back to itself, \(call.count) times in the last instructions, and the stack has run out of its pages "
            + "or over the page tables (\(view.nameOfSP) \(h(pointer)), where no page is mapped now): it has no end, or the stack is too small"
    }

    /// Tells of an endless recursion whose last calls have not come back: the recursion is the cause, and the page tables are what it has reached.
    private func recursion(into words: String) -> String? {
        guard let moments, moments.depth >= 64, let call = moments.frequentCall, call.count >= 64 else { return nil }
        return
            "Endless recursion: the call at \(name(call.place.rip, call.base)) (\(call.text)) comes back to itself, \(call.count) times in the last instructions without a return. "
            + words
    }

    /// "… has left its stack".
    func words(_ runaway: RunawayStack) -> String {
        let call = runaway.call
        // The processor was in protected mode then, whatever it is in now.
        let name = sources?.describe((call.base &+ call.place.rip) & AddressSpace.canonical48.mask)
        let place = name.map { "\(h(call.place.rip)) in \($0)" } ?? h(call.place.rip)
        return
            "Endless recursion: the call at \(place) (\(call.text)) comes back to itself; the last \(runaway.frames) calls before \(runaway.name) came to \(h(runaway.pointer)), "
            + "where no RAM is, took \(runaway.bytes) bytes and none returned. The stack had left its memory without a fault, and was written over all that lies below it, devices among it: "
            + "how the machine ended is a consequence. The recursion has no end, or the stack is too small"
    }

    private func range(of recursion: Recursion) -> ClosedRange<UInt64> {
        recursion.extent.lowerBound...max(recursion.extent.upperBound, top)
    }

    /// Linear address behind the call that is repeated.
    private func callee(_ recursion: Recursion) -> UInt64 { (view.state.cs.base &+ recursion.returnAddress) & view.linearMask }

    /// "… calls itself, some 3000 deep".
    func words(_ growth: StackGrowth) -> String {
        let isLost = !view.isRAM(linear: view.linearSP)
        let lost = isLost ? ", where no RAM is: what is pushed there is lost without a fault" : ""
        return
            "Endless recursion: the call at \(name(growth.call.rip, growth.base)) (\(growth.text)) has come back to itself some \(growth.frames) times without a return, "
            + "and the stack has taken some \(growth.bytes) bytes (\(view.nameOfSP) \(h(view.stackPointer))\(lost))"
    }

    /// Tells where the CALL is that ends at a return address.
    func callBefore(_ address: UInt64) -> String {
        let base = view.state.cs.base
        if let call = moments?.call(before: (base &+ address) & view.linearMask) {
            return "\(name(call.place.rip, call.base)) (\(call.text))"
        }
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

    /// The table or code that a range of the stack lies over; `callee` is code that was called lately.
    private func overgrown(_ range: ClosedRange<UInt64>, code callee: UInt64? = nil) -> String? {
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
        guard range.lowerBound < range.upperBound else { return nil }
        let overwritten = [code, callee].compactMap { $0 }.first { range.lowerBound <= $0 &+ 8 && $0 < range.upperBound }
        return overwritten.map { "the code at \(h($0))" }
    }

    /// ESP lies in a page directory or page table that is in use.
    private var stackOnPageTables: String? {
        guard view.isPaged else { return nil }
        let used = usedStack
        // What lies from the top of an empty stack on is not its own.
        let isEmpty = moments != nil && used.upperBound == top
        let pages = Set(
            (isEmpty ? [top &- 4] : [top, top &- 4, used.lowerBound]).flatMap { address -> [UInt64] in
                [address & ~0xFFF, (PageWalk(view, linear: address).physical ?? address) & ~0xFFF]
            })
        let paging = view.cpu.paging
        let state = view.state
        let pointers = [state.pdpte0, state.pdpte1, state.pdpte2, state.pdpte3].filter { $0 & 1 != 0 }
        var count = 0
        return (paging.kind == .PAE ? pointers : [state.cr3]).lazy.compactMap { root in
            table(paging.table(root), paging.levelCount - 1, in: pages, paging, &count)
        }.first
    }

    /// Tables that are looked at, at most: those that lead to themselves come to more than anybody can read.
    private static let mostTables = 4096

    private func table(_ address: UInt64, _ depth: Int, in pages: Set<UInt64>, _ paging: PagingMode, _ count: inout Int) -> String?
    {
        count += 1
        if pages.contains(address & ~0xFFF) {
            let what =
                depth == 3 ? "PML4" : depth == 2 ? "page directory pointer table" : depth == 1 ? "page directory" : "page table"
            return
                "The stack (\(view.nameOfSP) \(h(pointer))) is inside the \(what) at \(h(address)) and has overwritten it: move one of them"
        }
        guard depth > 0, count < Self.mostTables, view.isRAM(physical: address) else { return nil }
        for index in 0..<0x1000 / paging.entryBytes {
            let entry = view.physical(address &+ paging.entryBytes &* index, Int(paging.entryBytes))
            guard entry & 1 != 0, entry & 0x80 == 0 || depth == 3 else { continue }
            if let words = table(paging.table(entry), depth - 1, in: pages, paging, &count) { return words }
        }
        return nil
    }

    // MARK: A frame that went nowhere

    /// The first frame that the processor pushed to where no memory is: IRET finds something else there.
    func lostFrame(of records: [DeliveryHistory.Record]) -> String? {
        let first = records.first {
            guard $0.isProtected, case .stack(let linear, let size) = $0.frame,
                let physical = PageWalk(view, linear: linear).physical, !view.isRAM(physical: physical)
            else { return false }
            // A display's memory would have kept it.
            return view.linear((linear &+ size) & view.linearMask, 2) != UInt64($0.delivery.cs)
        }
        guard view.isProtected, let record = first, case .stack(let linear, _) = record.frame else { return nil }
        let what = record.delivery.source == .exception ? record.delivery.fault.name : "vector \(record.delivery.fault.vector)"
        let lost =
            "the frame of \(what), which came at \(name(record.delivery.rip, record.delivery.csBase)), was pushed to \(h(linear)), where no RAM is"
        guard record.delivery.cpl > record.handlerCPL else {
            return "The stack pointer \(view.nameOfSP) is \(h(record.rsp & view.linearMask)), and no RAM is below it: \(lost)"
        }
        return
            "The TSS's \(fieldOfTSS) is \(h(ringZeroPointer ?? 0)), which is no stack: \(lost). Set \(fieldOfTSS) to the end of a stack of ring 0's own"
    }

    private var fieldOfTSS: String { view.state.operatingMode.isIA32e ? "RSP0" : "ESP0" }

    /// ESP0 of the current TSS.
    private var ringZeroPointer: UInt64? {
        guard !Selector(view.tr.selector).isNull else { return nil }
        let (offset, size) = view.isIA32e ? (view.innerStackFieldIA32e(0, IST: 0), 8) : view.innerStackField(0)
        return view.linear(view.systemAddress(view.tr.base, offset), Int(size))
    }
}
