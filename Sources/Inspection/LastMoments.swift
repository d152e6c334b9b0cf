import Board
import Processor
import X86

/// A change of control that was not "the next instruction": a jump taken, a call, a return, an interrupt.
public struct Branch: Equatable, Sendable {
    /// An address in code.
    public struct Place: Equatable, Sendable {
        /// The code segment's selector.
        public var cs: UInt16
        /// The offset in that segment.
        public var rip: UInt64

        package init(cs: UInt16, rip: UInt64) {
            self.cs = cs
            self.rip = rip
        }
    }

    /// The instruction that branched.
    public var from: Place
    /// The instruction it came to.
    public var to: Place
    /// Base of the code segment it left, and of the one it came to.
    public var base: UInt64
    /// Base of the code segment it came to.
    public var targetBase: UInt64 = 0
    /// The instruction that branched; one that an interrupt or exception came before may be any.
    public var operation: Operation?
    /// The instruction that branched, in words; empty where it is not known.
    public var text = ""
    /// The instruction that was executed where it came to, the first time; empty where none was yet.
    package var targetText = ""
    /// An interrupt or exception was delivered meanwhile.
    public var isDelivery = false
    /// Linear address of the top of the stack before.
    public var stack: UInt64 = 0
    /// Number of times that it was taken in a row.
    public var count: UInt64 = 1

    /// Bits of a linear address where it came to.
    var linearMask = AddressSpace.bits32.mask

    /// Linear address that it came from.
    var source: UInt64 { (base &+ from.rip) & linearMask }

    /// It left real mode's interrupt table, or the BIOS's data behind it.
    package var isFromInterruptTable: Bool { source < 0x500 }

    /// It left what is firmware in real mode: ROM, or RAM that has its copy.
    package var isFromFirmware: Bool { MachineView.firmwareArea ~= source }

    /// Linear address that it came to.
    package var target: UInt64 { (targetBase &+ to.rip) & linearMask }
}

/// A machine's way to where it was at some tick: its last branches, and where its stack pointer comes from.
public struct LastMoments: Sendable {
    /// An instruction that gave the stack pointer a new value instead of moving it by an operand's size.
    package struct StackLoad: Sendable {
        package var place: Branch.Place
        package var base: UInt64
        package var operation: Operation?
        package var text: String
        /// An interrupt or exception did it: the pointer is from the TSS.
        package var isDelivery: Bool
        /// Linear addresses of the top of the stack before and after.
        package var old: UInt64
        package var new: UInt64
    }

    /// A value that was kept below RSP, and the interrupt whose frame went over it before it was read again. System V ABI for x86-64, section 3.2.2.
    package struct SpoiledRedZone: Sendable {
        /// The place of the instruction that had written it.
        package var writer: Branch.Place
        package var text: String
        package var address: UInt64
        package var vector: UInt8
        /// The place where the interrupt came.
        package var at: UInt64
    }

    /// LGDT: the last one, and where its operand lay.
    package struct TableLoad: Sendable {
        package var place: Branch.Place
        package var base: UInt64
        package var text: String
        /// Linear address of the operand, and the segment register that it was reached by.
        package var operand: UInt64
        package var segment: SegmentRegisterName
        package var selector: UInt16
    }

    /// MOV to CR0 or CR3: the last one.
    package struct ControlLoad: Sendable {
        package var place: Branch.Place
        package var text: String
        package var register: UInt8
        package var next: UInt64
        /// What was pushed before it found memory, and what is pushed behind it does not.
        package var losesStack: Bool
        /// The top of the stack then, as a linear address.
        package var stack: UInt64
    }

    /// A RET that found another address than its function's CALL had put on the stack.
    package struct LostReturn: Sendable {
        /// The CALL.
        package var call: Branch.Place
        package var base: UInt64
        package var text: String
        /// The address that it pushed, and the linear address where it lay.
        package var value: UInt64
        package var slot: UInt64
        package var size: Int
        /// Ticks of CALL and RET.
        package var began: UInt64
        package var ended: UInt64 = 0
        package var ret = Branch.Place(cs: 0, rip: 0)
    }

    /// An instruction that made room for a page of variables or more.
    package struct Reservation: Sendable {
        package var place: Branch.Place
        package var base: UInt64
        package var text: String
        /// Linear addresses of the top of the stack before and after.
        package var old: UInt64
        package var new: UInt64
        package let bytes: UInt64

        /// nil where the instruction between two states made no such room.
        package init?(_ before: MachineView, _ line: Disassembly.Line?, _ after: MachineView) {
            guard let line, let i = line.instruction, before.state.ss.selector == after.state.ss.selector,
                [.sub, .add, .lea, .enter].contains(i.operation),
                case let bytes = (before.linearSP &- after.linearSP) & before.linearMask,
                bytes >= 0x1000, bytes <= 1 << 30
            else { return nil }
            place = Branch.Place(cs: before.state.cs.selector, rip: before.state.rip)
            (base, text, old, new) = (before.state.cs.base, line.text, before.linearSP, after.linearSP)
            self.bytes = bytes
        }
    }

    /// An instruction that wrote over itself while it was repeated.
    package struct SelfLoss: Sendable {
        package var place: Branch.Place
        package var base: UInt64
        package var text: String
        package var wentDown: Bool
    }

    /// Oldest first.
    public internal(set) var branches: [Branch] = []
    package private(set) var stackLoad: StackLoad?
    package private(set) var controlLoad: ControlLoad?
    package private(set) var tableLoad: TableLoad?
    package private(set) var lostReturn: LostReturn?
    package private(set) var selfLoss: SelfLoss?
    package private(set) var reservation: Reservation?
    /// The innermost call that has not come back, whose return address the next RET is to take.
    package var openCall: LostReturn? { pushed.last }
    /// Return addresses of calls that have not come back, the innermost last.
    private var pushed: [LostReturn] = []
    /// The instruction before, if it is to be repeated.
    private var repeated: (place: Branch.Place, text: String)?
    private var redZone = RedZone()
    /// The first value that was read back from a red zone after an interrupt's frame had overwritten it.
    package var spoiledRedZone: SpoiledRedZone? { redZone.spoiled }
    /// Lowest and highest linear address of the top of the stack since then.
    package private(set) var stackRange: ClosedRange<UInt64> = 0...0
    /// Near calls less returns.
    package private(set) var depth = 0
    private var calls: [UInt64: Call] = [:]

    /// A near call, and how often it was executed.
    package struct Call: Sendable {
        package let place: Branch.Place
        package let base: UInt64
        package let text: String
        /// Linear address behind it.
        let returnAddress: UInt64
        package internal(set) var count = 1
    }

    /// The call that was executed most often.
    package var frequentCall: Call? {
        calls.values.max { ($0.count, $1.returnAddress) < ($1.count, $0.returnAddress) }
    }

    /// The call that ends at a linear address.
    package func call(before address: UInt64) -> Call? { calls.values.first { $0.returnAddress == address } }

    /// Instructions before the end that are looked at one by one, and branches that are kept.
    package static let window: UInt64 = 4096
    private static let kept = 12

    /// Looks at the last instructions before `tick`, from `earliest` on. nil when that past is not kept, or the machine ended on the way.
    package init?(_ past: Rerun, from earliest: UInt64? = nil, before tick: UInt64) {
        guard let pc = past.machine(at: earliest ?? (tick > Self.window ? tick - Self.window : 0)) else { return nil }
        let start = MachineView(pc).linearSP
        stackRange = start...start
        guard follow(past, pc, to: tick) else { return nil }
    }

    /// Goes on from where the past is now.
    mutating func follow(_ past: Rerun, _ pc: PC, to tick: UInt64) -> Bool {
        while pc.clock.now < tick {
            let before = MachineView(pc)
            let line = before.instructions(count: 1).first
            let deliveries = pc.observed.history.count
            let pause = past.run(until: min(pc.clock.now &+ 1, tick))
            let last = pc.observed.history.count == deliveries ? nil : pc.observed.history.recent.last?.delivery
            let isDelivery = last.map { $0.rip == before.state.rip && [.exception, .external].contains($0.source) } ?? false
            // Another processor's instruction.
            guard pc.turn.processor == past.processor else { continue }
            note(before, line, MachineView(pc), isDelivery)
            if case .ended = pause { break }
        }
        return pc.clock.now == tick
    }

    /// The last moments before `first` and before `last`, which is not earlier; nil where the machine does not come to where it was: then something
    /// from outside made the difference.
    package static func both(
        _ past: Rerun, before first: UInt64, and last: UInt64, where isSame: (PC) -> Bool
    ) -> (first: LastMoments, last: LastMoments)? {
        let isClose = last &- first <= window
        guard let early = LastMoments(past, from: isClose && last > window ? last - window : nil, before: first),
            let pc = past.machine(at: first)
        else { return nil }
        var late = early
        if isClose {
            guard late.follow(past, pc, to: last) else { return nil }
        } else {
            guard let other = LastMoments(past, before: last) else { return nil }
            late = other
        }
        guard let end = past.machine(at: last), isSame(end) else { return nil }
        return (early, late)
    }

    /// The moments before a run without branches that led straight to `linear` at `tick`, as through zeros or data; nil where there was none.
    /// `wraps`: 16-bit code, which goes on at the segment's beginning behind its end.
    package static func beforeStraightRun(_ past: Rerun, to linear: UInt64, at tick: UInt64, wraps: Bool) -> LastMoments? {
        // An instruction has one byte at least.
        let longest = (wraps ? 0x1_0000 : min(linear, 1 << 28)) &+ window
        var now = max(past.earliest, tick > longest ? tick &- longest : 0)
        var (last, begin): (MachineView?, UInt64?) = (nil, nil)
        while now < tick, let pc = past.machine(at: now) {
            let view = MachineView(pc)
            if wraps, let last, isInterrupted(view, last.state.cs.base) {
                now &+= window / 8
                continue
            }
            if let last {
                let distance = (view.linearIP &- last.linearIP) & (wraps ? 0xFFFF : .max)
                if !(window...15 * window).contains(distance) || wraps && view.state.cs.base != last.state.cs.base { begin = now }
            }
            last = view
            now &+= window
        }
        // A branch may have gone as far as straight code would: two more samples are looked into.
        return begin.flatMap {
            LastMoments(past, from: $0 > 2 * window ? $0 &- 2 &* window : 0, before: min($0 &+ 2 &* window, tick))
        }
    }

    /// The moments before real mode began to run through zeros, from the end of a segment back to its beginning and without an end; nil where that did not
    /// begin in the past that is kept.
    package static func beforeEndlessRun(_ past: Rerun, base: UInt64, at tick: UInt64) -> LastMoments? {
        let search = past.last(from: past.earliest, before: tick) {
            let view = MachineView($0)
            let isRunning =
                view.state.cs.base == base && view.bytes(at: view.linearIP, count: 8).allSatisfy { $0 == 0 }
                || isInterrupted(view, base)
            return !isRunning
        }
        guard let search else { return nil }
        let low = search.lowerBound
        return LastMoments(past, from: low > window ? low &- window : 0, before: search.upperBound)
    }

    /// Tells whether a BIOS's handler runs for an interrupt that came to a segment with this base.
    private static func isInterrupted(_ view: MachineView, _ base: UInt64) -> Bool {
        MachineView.firmwareArea ~= view.linearIP
            && view.cpu.history.recent.suffix(2).contains { $0.delivery.source == .external && $0.delivery.csBase == base }
    }

    private mutating func note(_ before: MachineView, _ line: Disassembly.Line?, _ after: MachineView, _ isDelivery: Bool) {
        let next = line.map { before.state.rip &+ UInt64($0.bytes.count) }
        let from = Branch.Place(cs: before.state.cs.selector, rip: before.state.rip)
        let to = Branch.Place(cs: after.state.cs.selector, rip: after.state.rip)
        let operation = line?.instruction?.operation
        noteStack(before, line, after, from, isDelivery)
        if let last = branches.indices.last, branches[last].to == from, branches[last].targetText.isEmpty, !isDelivery {
            branches[last].targetText = line?.text ?? ""
        }
        if !isDelivery { noteCall(before, line, from) }
        noteReturn(before, line, after, from, isDelivery)
        if let repeated, repeated.place == from, let text = line?.text, text != repeated.text, !isDelivery, selfLoss == nil {
            selfLoss = SelfLoss(
                place: from, base: before.state.cs.base, text: repeated.text, wentDown: before.state.eflags.contains(.DF))
        }
        repeated = to == from && !isDelivery ? line.map { (from, $0.text) } : nil
        redZone.note(before, line, after, from, isDelivery: isDelivery)
        if let i = line?.instruction, i.operation == .movToControl, let next, !isDelivery {
            func takesPush(_ view: MachineView) -> Bool {
                let walk = PageWalk(view, linear: view.linearSP &- 4, writes: true)
                return walk.refusal == nil && walk.physical.map { view.isRAM(physical: $0) } ?? false
            }
            controlLoad = ControlLoad(
                place: from, text: line?.text ?? "", register: i.register0, next: next,
                losesStack: takesPush(before) && !takesPush(after), stack: before.linearSP)
        }
        if let i = line?.instruction, i.operation == .lgdt, !isDelivery, let operand = before.address(of: i) {
            tableLoad = TableLoad(
                place: from, base: before.state.cs.base, text: line?.text ?? "", operand: operand, segment: i.segment,
                selector: before.selector(i.segment))
        }
        let isStraight = to.rip == next && to.cs == from.cs || to == from
        let isLoop = to.rip == from.rip && operation.map { [.jmp, .jcc, .loop].contains($0) } ?? false
        guard !isStraight || isLoop else { return }
        if branches.last?.from == from, branches.last?.to == to {
            branches[branches.count - 1].count += 1
        } else {
            branches.append(
                Branch(
                    from: from, to: to, base: before.state.cs.base, targetBase: after.state.cs.base, operation: operation,
                    text: line?.text ?? "", isDelivery: isDelivery, stack: before.linearSP, linearMask: after.linearMask))
            if branches.count > Self.kept { branches.removeFirst() }
        }
    }

    private mutating func noteCall(_ before: MachineView, _ line: Disassembly.Line?, _ place: Branch.Place) {
        switch line?.instruction?.operation {
        case .call, .callIndirect:
            guard let line else { return }
            depth += 1
            let linear = before.linearIP
            calls[
                linear,
                default: Call(
                    place: place, base: before.state.cs.base, text: line.text,
                    returnAddress: (linear &+ UInt64(line.bytes.count)) & before.linearMask, count: 0
                )
            ].count += 1
        case .ret: depth -= 1
        default: break
        }
    }

    /// Keeps what calls push, as far as the stack has not been given up since, and notes a RET that finds something else there.
    private mutating func noteReturn(
        _ before: MachineView, _ line: Disassembly.Line?, _ after: MachineView, _ place: Branch.Place, _ isDelivery: Bool
    ) {
        if let line, line.instruction?.operation == .ret, !isDelivery, var last = pushed.last, last.slot == before.linearSP,
            last.value != after.state.rip, after.linearSP != before.linearSP
        {
            (last.ended, last.ret) = (before.tick, place)
            lostReturn = last
        }
        while let last = pushed.last, after.linearSP > last.slot { pushed.removeLast() }
        guard let line, [.call, .callIndirect].contains(line.instruction?.operation), !isDelivery, pushed.count < 4096 else {
            return
        }
        let size = (before.linearSP &- after.linearSP) & before.linearMask
        guard [2, 4, 8].contains(size) else { return }
        pushed.append(
            LostReturn(
                call: place, base: before.state.cs.base, text: line.text, value: before.state.rip &+ UInt64(line.bytes.count),
                slot: after.linearSP, size: Int(size), began: before.tick))
    }

    private mutating func noteStack(
        _ before: MachineView, _ line: Disassembly.Line?, _ after: MachineView, _ place: Branch.Place, _ isDelivery: Bool
    ) {
        let (old, new) = (before.linearSP, after.linearSP)
        guard old != new else { return }
        let isOther = before.state.ss.selector != after.state.ss.selector || before.state.tr.selector != after.state.tr.selector
        let isFar = max(old, new) - min(old, new) >= 0x1000
        if isFar, !isDelivery, let room = Reservation(before, line, after) { reservation = room }
        if let line, isOther, !isDelivery, !Self.changesStack(line) {
            // The host put the machine into another state: a kernel was started.
            stackLoad = nil
            stackRange = new...new
        } else if let line, isOther || isFar && !isDelivery && Self.loadsStackPointer(line) {
            stackLoad = StackLoad(
                place: place, base: before.state.cs.base, operation: line.instruction?.operation, text: line.text,
                isDelivery: isDelivery, old: old, new: new)
            stackRange = new...new
        } else {
            stackRange = min(stackRange.lowerBound, new)...max(stackRange.upperBound, new)
        }
    }

    /// Tells whether an instruction may load SS or switch tasks.
    private static func changesStack(_ line: Disassembly.Line) -> Bool {
        switch line.instruction?.operation {
        case .lss, .movToSegment, .popSegment, .iret, .retFar, .jmpFar, .jmpFarIndirect, .callFar, .callFarIndirect: true
        default: false
        }
    }

    /// Tells whether an instruction that moved ESP far gave it a value of its own: others go on from where it was.
    private static func loadsStackPointer(_ line: Disassembly.Line) -> Bool {
        guard let i = line.instruction else { return false }
        switch i.operation {
        case .mov, .lea, .xchg, .and, .or, .xor, .movzx, .cmovcc, .leave, .lss: return true
        case .pop: return i.kind0 == .register && i.register0 == 4
        default: return false
        }
    }
}
