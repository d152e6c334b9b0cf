import Board
import Executables
import Inspection
import Processor
import X86

/// The findings of going through a machine's past once more: the moments before the first cause and before the end, and what only the machine as it
/// was then can tell.
struct Recollection: Sendable {
    /// Before the first cause: its last branches; where it had gone straight on for long, the moments before that began.
    var first: LastMoments
    let last: LastMoments
    /// The sentence for the first cause, said at the moment at which it came: a handler has run since.
    var sentence: String?
    var leftHandler: LeftHandler?
    var growth: StackGrowth?
    var runaway: RunawayStack?
    /// Room for variables that made the stack leave its memory long before the end.
    var departure: StackDeparture?
    var diskCall: DiskCall?
    /// The paging-structure entry that is not present at the first cause, and was: who took it away.
    var removal: Removal?
    /// Who wrote over the return address that the last RET took.
    var overwriter: LastWriter?
    /// Who wrote what the last RET took, where no call of the last moments had put it.
    var writerOfReturn: LastWriter?

    /// An entry of a page table that mapped something until an instruction changed it.
    struct Removal: Sendable {
        let step: PageWalk.Step
        let writer: LastWriter
    }

    /// A handler that was ended by RET, which leaves the rest of its frame on the stack.
    struct LeftHandler: Sendable {
        let record: DeliveryHistory.Record
        let place: Branch.Place
        let base: UInt64
        /// RET took the error code instead of EIP.
        let tookErrorCode: Bool
    }

    /// Nil where the past is not kept, or is not the one that led here.
    init?(_ pc: PC, _ cause: PostMortem.Cause, _ past: Rerun, _ sources: SourceMap?) {
        let end = MachineView(pc)
        past.processor = end.cpu.number
        let first = FirstCause(end, cause)
        let linear = (first.codeBase &+ first.rip) & end.linearMask
        let state = end.state
        defer { past.end() }
        let runaway = RunawayStack(pc, past)
        let departure =
            runaway == nil
            ? RunawayStack.lostWrite(pc).flatMap { StackDeparture(past, from: Self.beginOfSearch(before: $0), before: $0) } : nil
        // A stack that had left its memory is the first cause: all that came later is a consequence, and a hundred million ticks of it are not gone
        // through again for each question.
        let isStackGone = runaway != nil || departure != nil
        let call = isStackGone ? nil : Self.diskCall(end, first, past)
        let left = isStackGone ? nil : Self.leftHandler(end, first, past)
        guard
            let both = LastMoments.both(
                past, before: min(first.tick &+ 1, end.tick), and: end.tick,
                where: {
                    let now = $0.observed.state
                    return now.rip == state.rip && now.rsp == state.rsp && now.rax == state.rax
                })
        else { return nil }
        (self.first, last) = both
        (leftHandler, diskCall) = (left, call)
        (self.runaway, self.departure) = (runaway, departure)
        if cause == .stopped { growth = StackGrowth(past, both.last, at: end.tick) }
        guard !isStackGone else { return }
        // What is run through may have jumps of its own at the beginning of memory, where addresses are taken for code, and a BIOS's handlers return.
        let isOwn: (Branch) -> Bool = {
            !$0.isDelivery && !$0.isFromInterruptTable && (end.isProtected || !$0.isFromFirmware)
        }
        if !both.first.branches.contains(where: isOwn),
            let earlier = LastMoments.beforeStraightRun(past, to: linear, at: first.tick, wraps: end.codeSize == .bits16)
        {
            self.first = earlier
        } else if cause == .stopped, end.codeSize == .bits16, !end.isProtected,
            end.bytes(at: end.linearIP, count: 8).allSatisfy({ $0 == 0 }),
            let earlier = LastMoments.beforeEndlessRun(past, base: end.state.cs.base, at: end.tick)
        {
            self.first = earlier
        }
        sentence = first.record.flatMap { Self.sentence($0, past, sources, self.first) }
        removal = Self.removal(end, first, past)
        if let lost = self.first.lostReturn, self.first.branches.last(where: { $0.operation == .ret })?.from == lost.ret {
            overwriter = Self.overwriter(of: lost, before: lost.ended, end, past)
        } else if let last = self.first.branches.last, last.operation == .ret, !last.isDelivery,
            !Backtrace.isBehindCall(end, last.target), let physical = PageWalk(end, linear: last.stack).physical
        {
            let tick = min(first.tick, end.tick)
            writerOfReturn = LastWriter(
                past, physical: physical, size: end.is64Bit ? 8 : 4, from: Self.beginOfSearch(before: tick), before: tick)
        } else if let open = self.first.openCall, open.size == 8 {
            // The RET itself was refused.
            overwriter = Self.overwriter(of: open, before: min(first.tick, end.tick), end, past)
        }
    }

    private static func overwriter(of call: LastMoments.LostReturn, before tick: UInt64, _ end: MachineView, _ past: Rerun)
        -> LastWriter?
    {
        let physical = PageWalk(end, linear: call.slot).physical ?? call.slot
        return LastWriter(past, physical: physical, size: call.size, from: call.began &+ 1, before: tick)
    }

    /// The first tick of those that are searched for what was done before another one.
    private static func beginOfSearch(before tick: UInt64) -> UInt64 {
        tick > Rerun.longestSearch ? tick - Rerun.longestSearch : 0
    }

    /// The entry that stood in the way of a page fault, if it was present when paging was on.
    private static func removal(_ end: MachineView, _ first: FirstCause, _ past: Rerun) -> Removal? {
        let record = first.record
        guard let fault = record?.delivery.fault ?? first.failure?.delivering, fault.vector == 14, fault.errorCode & 1 == 0,
            let cr2 = record?.cr2 ?? first.failure?.cr2, cr2 >= 0x1000
        else { return nil }
        let walk = PageWalk(end, linear: cr2, errorCode: fault.errorCode)
        let tick = min(first.tick, end.tick)
        guard walk.refusal == .notPresent, let step = walk.steps.last, !step.isRegister,
            let writer = LastWriter(
                past, physical: step.address, size: Int(end.cpu.paging.entryBytes),
                from: beginOfSearch(before: tick), before: tick, final: step.value),
            writer.wasPaged, writer.old & 1 != 0, writer.new & 1 == 0
        else { return nil }
        return Removal(step: step, writer: writer)
    }

    /// The last INT 13h of a machine that is in real mode. A storm of faults leaves no other record: then it is the last one before the storm.
    private static func diskCall(_ end: MachineView, _ first: FirstCause, _ past: Rerun) -> DiskCall? {
        func last(_ history: DeliveryHistory?) -> DeliveryHistory.Record? {
            history?.recent.last {
                // A BIOS reads the boot sector itself.
                $0.delivery.source == .software && !$0.isProtected && $0.delivery.fault.vector == 0x13
                    && !(MachineView.firmwareArea ~= $0.delivery.csBase &+ $0.delivery.rip)
            }
        }
        guard !end.isProtected,
            let record = last(end.cpu.history) ?? last(past.machine(at: min(first.tick, end.tick))?.observed.history),
            let pc = past.machine(at: record.delivery.tick)
        else { return nil }
        let view = MachineView(pc)
        // INT has been executed at that tick, or is the next instruction: registers are the same.
        guard view.state.cs.selector != record.delivery.cs || view.state.rip &+ 2 == record.delivery.rip else { return nil }
        return DiskCall(record, view)
    }

    /// The sentence for an exception, by the machine that stands before it.
    private static func sentence(
        _ record: DeliveryHistory.Record, _ past: Rerun, _ sources: SourceMap?, _ moments: LastMoments
    ) -> String? {
        let delivery = record.delivery
        // DR6 and MXCSR, which say what a #DB and an #XM are, are written on the way to their handlers.
        guard delivery.fault != .DF, ![1, 19].contains(delivery.fault.vector), delivery.tick > 0,
            let pc = past.machine(at: delivery.tick - 1)
        else {
            return nil
        }
        let view = MachineView(pc)
        guard view.state.rip == delivery.rip, view.state.cs.base == delivery.csBase else { return nil }
        return Advisor(view: view, cause: .stopped, sources: sources, moments: moments)
            .explain(delivery.fault, cr2: record.cr2, rip: delivery.rip)
    }

    /// The last handler that has not ended with IRET and does not run, or the first cause's, if a RET has taken the beginning of its frame.
    private static func leftHandler(_ end: MachineView, _ first: FirstCause, _ past: Rerun) -> LeftHandler? {
        let running = Set(first.nest.map(\.delivery.tick) + [FirstCause.handler(end)?.delivery.tick].compactMap { $0 })
        let last = end.cpu.history.unreturned.last { !running.contains($0.delivery.tick) }
        // What a handler did that RET has ended may look like exceptions inside it.
        return (first.nest.prefix(1) + [last].compactMap { $0 }).lazy.compactMap { left($0, end, past) }.first
    }

    private static func left(_ record: DeliveryHistory.Record, _ end: MachineView, _ past: Rerun) -> LeftHandler? {
        // A BIOS's services may well end with RETF.
        guard record.isProtected || record.delivery.source != .software, case .stack(let frame, let size) = record.frame else {
            return nil
        }
        let hasCode = record.delivery.fault.hasErrorCode && record.delivery.source == .exception
        guard var pc = past.machine(at: record.delivery.tick) else { return nil }
        let limit = min(record.delivery.tick &+ LastMoments.window, end.tick)
        while pc.clock.now < limit {
            let view = MachineView(pc)
            let tookErrorCode = hasCode && view.linearSP == (frame &- size) & view.linearMask
            if view.state.cpl == record.handlerCPL, view.linearSP == frame || tookErrorCode, view.instruction?.operation == .ret {
                return LeftHandler(
                    record: record, place: .init(cs: view.state.cs.selector, rip: view.state.rip), base: view.state.cs.base,
                    tookErrorCode: tookErrorCode)
            }
            guard let next = past.machine(at: pc.clock.now &+ 1) else { return nil }
            pc = next
        }
        return nil
    }
}

/// A function that has called itself for so long that the stack is where no stack can be, or in thousands of frames, though nothing has failed: what is
/// pushed to a ROM or to nothing is lost without a word.
struct StackGrowth: Sendable {
    let call: Branch.Place
    let base: UInt64
    let text: String
    let frames: UInt64
    let bytes: UInt64

    /// Calls that are not returned from in the last moments of a recursion without an end.
    private static let least = 64
    private static let samples: UInt64 = 64

    /// Nil where the calls before `tick` came back.
    init?(_ past: Rerun, _ moments: LastMoments, at tick: UInt64) {
        guard moments.depth >= Self.least, let call = moments.frequentCall, tick > LastMoments.window else { return nil }
        let depth = UInt64(moments.depth)
        guard let start = Self.start(past, tick) else { return nil }
        (self.call, base, text) = (call.place, call.base, call.text)
        frames = (tick &- start.tick) / (LastMoments.window / depth)
        bytes = (tick &- start.tick) &* start.rate / 4096
        guard frames >= 10_000 || !start.isRAM else { return nil }
    }

    /// Since when the stack has grown as fast as it does at the end: in bytes for 4096 instructions.
    private static func start(_ past: Rerun, _ tick: UInt64) -> (tick: UInt64, rate: UInt64, isRAM: Bool)? {
        guard let earlier = past.machine(at: tick &- LastMoments.window).map({ MachineView($0).linearSP }),
            let end = past.machine(at: tick).map({ MachineView($0) })
        else { return nil }
        let rate = (earlier &- end.linearSP) & end.linearMask
        var (low, high) = (past.earliest, tick)
        // Twice: first the whole past, then the part in which it began.
        for _ in 0..<2 {
            let step = max(1, (high &- low) / samples)
            var found: UInt64?
            var last: (tick: UInt64, pointer: UInt64)?
            var now = low
            while now < high, let pc = past.machine(at: now) {
                let pointer = MachineView(pc).linearSP
                if let last {
                    let expected = (now &- last.tick) &* rate / 4096
                    let grown = (last.pointer &- pointer) & end.linearMask
                    let isSame = grown <= expected &+ expected / 8 &+ 256 && grown &+ expected / 8 &+ 256 >= expected
                    if !isSame { found = nil } else if found == nil { found = last.tick }
                }
                last = (now, pointer)
                now &+= step
            }
            guard let found else { return nil }
            (low, high) = (found > step ? found &- step : 0, min(found &+ step, tick))
            if step == 1 { break }
        }
        return (high, rate, end.isRAM(linear: end.linearSP))
    }
}
