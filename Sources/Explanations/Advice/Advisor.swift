import Board
import Executables
import Inspection
import Processor
import X86

/// Finds the one sentence that helps first: what a colleague who has seen the mistake before would say after one look.
///
/// Rules are in the files of this folder, by what ended the machine and by the exception it began with. A rule answers nil when it does not fit.
struct Advisor {
    let view: MachineView
    let cause: PostMortem.Cause
    let sources: SourceMap?
    /// Privilege level at the fault that is explained.
    var cpl: UInt8
    /// The instruction at that fault may be tried again on a processor of its own, to see which check fails.
    var looksCloser = true
    /// The machine stands at that fault; otherwise a handler has run since.
    var isAtFault = true
    /// CS at that fault, and its base.
    var selector: UInt16
    var codeBase: UInt64
    var rip: UInt64
    /// ESP at that fault, and the linear address it means.
    var pointer: UInt64
    var top: UInt64
    /// Linear address of the code that used that stack.
    var code: UInt64
    /// The interrupt or exception before that fault.
    var previous: DeliveryHistory.Record?
    let first: FirstCause
    /// The moments before the first cause; nil where the past cannot be gone through.
    var moments: LastMoments?
    var recollection: Recollection?

    init(
        view: MachineView, cause: PostMortem.Cause, sources: SourceMap?, moments: LastMoments? = nil,
        recollection: Recollection? = nil
    ) {
        self.view = view
        self.cause = cause
        self.sources = sources
        self.moments = moments
        self.recollection = recollection
        first = FirstCause(view, cause)
        cpl = view.state.cpl
        (selector, codeBase, rip) = (view.state.cs.selector, view.state.cs.base, view.state.rip)
        (pointer, top, code) = (view.stackPointer, view.linearSP, view.linearIP)
        previous = view.cpu.history.recent.last
    }

    var sentence: String? {
        let found = sentenceOfEnd
        if let runaway = recollection?.runaway, found?.contains("ndless recursion") != true { return words(runaway) }
        if let departure = recollection?.departure, found?.contains("ndless recursion") != true { return words(departure) }
        // What made the rest come as it did goes first.
        if let root = rootAtInterruptTable { return root }
        if cause != .exit, cause != .reset, let words = notSwitched { return words }
        let before = [closedA20, removal].compactMap { $0 }
        guard let found, !before.isEmpty, cause != .exit, cause != .reset else { return found }
        return (before + [found]).joined(separator: ". ")
    }

    /// By the state that the machine ended in.
    private var sentenceOfEnd: String? {
        if let left = recollection?.leftHandler { return words(left) }
        if cause != .exit, let words = lostUpperHalf { return words }
        if let recursion = recursionOfRealMode { return recursion }
        if cause != .exit, let words = diskCall { return words }
        if cause != .exit, let lost = lostFrame(of: view.cpu.history.recent) { return lost }
        switch cause {
        case .tripleFault: return tripleFault
        case .deadHalt where view.state.activity == .frozen, .dead(.frozen): return Self.frozen
        case .deadHalt: return deadHalt
        case .reset: return "\(at(view.state.rip)) is behind the instruction that asked; a triple fault would be named as one"
        case .dead(let death): return dead(death)
        case .exit: return nestedFaults ?? recollection?.growth.map(words)
        case .stopped:
            return nestedFaults ?? storm ?? recollection?.growth.map(words) ?? FirstCause.handler(view).flatMap(withoutHandler)
                ?? lostInInterruptTable ?? zeros ?? startedInZeros ?? waitsInVain ?? silentDevice
        }
    }

    /// Of a machine that somebody else has stopped: it was executing memory that holds nothing.
    private var zeros: String? {
        guard case let bytes = view.bytes(at: view.linearIP, count: 8), bytes.count == 8, bytes.allSatisfy({ $0 == 0 }) else {
            return nil
        }
        return stray(at: view.state.rip, isInvalidOpcode: false).map(words)
    }

    /// Another processor that a start-up message has sent to where nothing is.
    private var startedInZeros: String? {
        for cpu in view.pc.processors where cpu.number != view.cpu.number && !cpu.isAlone && !cpu.state.cr0.contains(.PE) {
            let other = MachineView(view.pc, of: cpu, state: cpu.state)
            // SIPI loads CS with the vector and 00h.
            guard cpu.state.activity == .active, cpu.state.cs.selector & 0xFF == 0,
                other.bytes(at: other.linearIP, count: 16).allSatisfy({ $0 == 0 })
            else { continue }
            let vector = h(UInt64(cpu.state.cs.selector >> 8), 2)
            return
                "Processor \(cpu.number) executes nothing but zeros, from \(h(cpu.state.cs.base)) on: there its start-up message sent it, whose vector \(vector) is the number of a page (8000h is page 08h)"
        }
        return nil
    }

    // MARK: Triple faults

    private var tripleFault: String? {
        guard let failure = view.cpu.failedDeliveries.first else { return nil }
        let obstacle = DeliveryObstacle(
            view, vector: failure.delivering.vector, hasErrorCode: failure.delivering.hasErrorCode && failure.source != .external)
        if failure.source == .external { return external(failure.delivering.vector, obstacle) }
        let fault = failure.delivering
        // The machine may be in the new task already: its registers and stack say nothing of what went before.
        if first.nest.isEmpty, let obstacle, case .task = obstacle {
            return "\(fault.name) could not be reported: \(obstacle.words(vector: fault.vector))\(remedy(obstacle))"
        }
        if let record = first.nest.first ?? FirstCause.handler(view), let words = withoutHandler(record) { return words }
        if let nested = nestedFaults { return nested }
        var inner = self
        if !first.nest.isEmpty { inner.moments = nil }
        let last = inner.explain(fault, cr2: failure.cr2, rip: view.state.rip) ?? "\(fault.name) at \(at(view.state.rip))"
        let sentence = first.nest.first.map { "\(explain($0)). Its handler then failed: \(last)" } ?? last
        guard let obstacle, !isWholeStory(obstacle, fault) else { return sentence }
        let why = obstacle.words(vector: fault.vector)
        // INT n failed by the same check.
        if sentence.hasSuffix(why) { return "\(sentence)\(remedy(obstacle))" }
        return "\(sentence). It was not reported because \(why)\(remedy(obstacle))"
    }

    /// Exceptions whose handlers raise exceptions, one inside the other.
    private var nestedFaults: String? {
        guard first.depth >= 3, let outer = first.nest.first, first.nest.count > 1 else { return nil }
        if let words = withHalfAGate(outer) { return words }
        // The stack may have run over the IDT meanwhile: where the second came is where the first one's gate led.
        let second = first.nest[1].delivery
        if let what = noCode((second.csBase &+ second.rip) & view.linearMask) {
            return "\(explain(outer)). There is no handler: its gate led to \(h(second.rip)), \(what)"
        }
        let again = explain(first.nest[1], after: outer)
        let end = cause == .tripleFault ? ", until none could be delivered" : ""
        return "\(explain(outer)). Its handler raises exceptions itself, \(first.depth) inside each other\(end): \(again)"
    }

    /// The sentence about the fault says what its delivery failed with, too.
    private func isWholeStory(_ obstacle: DeliveryObstacle, _ fault: Fault) -> Bool {
        // A table of the processor's own that is not mapped explains itself.
        if case .tableUnmapped = obstacle { return fault.vector == 14 && isInTable(view.cpu.failedDeliveries.first?.cr2 ?? 0) }
        return fault.vector == 13 && fault.errorCode & 2 != 0
    }

    private func remedy(_ obstacle: DeliveryObstacle) -> String {
        switch obstacle {
        case .refused(.beyondIDT(limit: 0, _)), .realModeIDT: "; load one with LIDT early, so that exceptions say what they are"
        case .refused(.beyondIDT):
            "; the limit is the table's size in bytes minus 1, \(view.state.operatingMode.isIA32e ? "16" : "eight") bytes an entry"
        case .tableWithoutRAM: "; LIDT takes 2 bytes of limit and right behind them the base: a structure in C has to be packed"
        case .refused(.notCode): "; a gate needs the selector of the code segment, 08h in most kernels"
        case .shortEntries: "; an entry is offset 15-0, selector, IST, type, offset 31-16, offset 63-32, and four bytes of zeros"
        case .refused(.notLongCode): "; a gate needs the selector of the 64-bit code segment"
        case .refused(.noStackInTSS) where view.state.operatingMode.isIA32e:
            "; a 64-bit TSS with RSP0, and the ISTs that gates name, has to be loaded with LTR"
        case .namedStack: "; set it to the end of a mapped stack of its own before it is needed"
        case .stack where view.state.operatingMode.isIA32e:
            "; a gate that names a stack of the TSS (IST 1 to 7) works with any RSP: give vector 8 one"
        case .refused(.noStackInTSS), .refused(.nullStackSelector), .refused(.stackSelector), .refused(.stackNotPresent):
            "; ring 3 needs a TSS with SS0 and ESP0, loaded with LTR"
        case .task: "; a switch loads everything from the TSS: CS, SS, DS, ES, EIP, ESP, EFLAGS and, with paging, CR3"
        case .innerStackPointer: "; set it to the end of a mapped stack of ring 0's own before ring 3 runs"
        case .refused(let refusal) where refusal == .gateNotPresent || refusal.isOfEmptyGate:
            "; fill all 32 exception gates before anything can go wrong"
        default: ""
        }
    }

    /// "IRQ 0", for the line that a vector belongs to.
    func interrupt(_ vector: UInt8) -> String {
        view.pc.interruptOutlook.line(ofVector: vector).map { "IRQ \($0)" } ?? "An interrupt"
    }

    /// An interrupt from the 8259A could not be delivered.
    private func external(_ vector: UInt8, _ obstacle: DeliveryObstacle?) -> String {
        let line = interrupt(vector)
        if view.isProtected, vector < 32, isOfController(vector) { return unmappedController(line, vector) }
        let why = obstacle.map { $0.words(vector: vector) } ?? "its delivery failed"
        // No request line leads there: it is a message of a local APIC, or the pin NMI.
        if view.isProtected, vector == 2, !isOfController(vector) {
            return "An NMI came, which IF does not hold back (a local APIC was told to send one, or the chipset did), and \(why)"
        }
        if let obstacle, case let remedy = remedy(obstacle), !remedy.isEmpty, view.state.operatingMode.isIA32e {
            return "\(line) came as vector \(vector), and \(why)\(remedy)"
        }
        return "\(line) came as vector \(vector), and \(why); set its gate, or mask the line (port 21h, A1h), before STI"
    }

    /// An 8259A gives this vector to one of its lines.
    private func isOfController(_ vector: UInt8) -> Bool { view.pc.interruptOutlook.line(ofVector: vector) != nil }

    func unmappedController(_ line: String, _ vector: UInt8) -> String {
        "\(line) came as vector \(vector), which in protected mode is \(Fault.name(vector))'s: the 8259A still has the BIOS's vectors; "
            + "remap it to 20h-2Fh (ICW2) before STI"
    }

    /// Tells whether an address lies in the GDT.
    func isInTable(_ address: UInt64) -> Bool {
        address >= view.state.gdtr.base && address - view.state.gdtr.base <= UInt64(view.state.gdtr.limit)
    }

    // MARK: Halted and dead machines

    private static let frozen =
        "The x87 status word has an exception that the control word does not mask. Set CR0.NE to get #MF instead, or let IRQ 13 come (IF = 1, "
        + "bit 5 of port A1h and bit 2 of port 21h clear) and write to port F0h in its handler"

    private var deadHalt: String? {
        if let record = first.nest.first ?? FirstCause.handler(view), let words = withoutHandler(record) { return words }
        if let nested = nestedFaults { return nested }
        if let words = spoiledRedZone { return words }
        guard let record = FirstCause.handler(view) else {
            if let stray = stray(at: view.state.rip &- 1, isInvalidOpcode: false) {
                return "\(words(stray)). There HLT (byte F4h) came with IF = 0"
            }
            return
                "HLT with IF = 0 ends everything. A kernel that is done says so: `out 0xf4, al` with 0 for passed; an idle loop needs STI before HLT"
        }
        let delivery = record.delivery
        switch delivery.source {
        case .external where delivery.fault.vector < 32 && isOfController(delivery.fault.vector):
            let line = interrupt(delivery.fault.vector)
            return unmappedController(line, delivery.fault.vector)
        case .exception: return "\(exceptions(record)). Its handler halted the processor"
        case .software, .trap: return "\(call(record)) was executed, and its handler halted the processor with interrupts off"
        case .external:
            return "The handler of vector \(delivery.fault.vector) halted the processor with interrupts off"
        }
    }

    /// The exception whose handler runs, and the one inside whose handler it came.
    private func exceptions(_ record: DeliveryHistory.Record) -> String {
        guard let outer = first.nest.first, first.depth > 1 else { return explain(record) }
        return "\(explain(outer)). Its handler then failed: \(explain(record, after: outer))"
    }

    private func dead(_ death: DeadMachine) -> String? {
        switch death {
        case .loop(_, let interruptsOn):
            if let record = first.nest.first ?? FirstCause.handler(view), let words = withoutHandler(record) { return words }
            if let nested = nestedFaults { return nested }
            if let record = FirstCause.handler(view), record.delivery.source == .exception {
                return "\(exceptions(record)). Its handler loops for ever"
            }
            if let words = waitsInVain { return words }
            return interruptsOn
                ? "The loop at \(at(view.state.rip)) waits for an interrupt, and none can come: \(whyNoInterrupt)"
                : "The loop at \(at(view.state.rip)) runs with interrupts off (IF = 0): nothing can end it. A kernel that is done says so: "
                    + "`out 0xf4, al` with 0 for passed"
        case .haltedMasked:
            if let silent = silentDevice { return silent }
            return "HLT waits for an interrupt, and none can come: \(whyNoInterrupt)"
        case .haltedInService(let line): return missingEOI(line)
        case .frozen: return Self.frozen
        case .faultStorm:
            return storm
        }
    }

    private var storm: String? {
        guard let record = first.storm else { return nil }
        if let words = withoutHandler(record) { return words }
        if let words = ownStackTwice(record) { return words }
        return
            "\(explain(record)). Its handler returns to the same instruction, which faults again: mend the cause, skip the instruction, or stop"
    }

    private var whyNoInterrupt: String {
        let outlook = view.pc.interruptOutlook
        let (first, second) = (view.pc.parts.pic1.state.IMR, view.pc.parts.pic2.state.IMR)
        if outlook.allMasked, second != 0xFF {
            return
                "the second 8259A has lines open (port A1h is \(h(UInt64(second), 2))), and its requests come through IRQ 2 of the first one, which is masked "
                + "(port 21h is \(h(UInt64(first), 2))); clear bit 2 of port 21h"
        }
        if outlook.allMasked {
            return "the 8259As mask all lines (ports 21h and A1h are FFh); clear bit 0 of port 21h for the timer"
        }
        return outlook.inService.first.map { missingEOI($0) } ?? "all open lines are held back"
    }

    private func missingEOI(_ line: Int) -> String {
        guard line != 2 else {
            return
                "IRQ 2, by which the second 8259A asks, is still in service at the first one: the handler of one of IRQ 8 to 15 sent its EOI to port A0h alone; write 20h to port 20h, too, before IRET"
        }
        let last = view.cpu.history.recent.last {
            $0.delivery.source == .external && view.pc.interruptOutlook.line(ofVector: $0.delivery.fault.vector) == line
        }
        if let words = last.flatMap(withoutHandler) { return words }
        if let words = misleadingEntry(ofLine: line) { return words }
        let ports = line < 8 ? "20h" : "A0h and then to 20h"
        return
            "IRQ \(line) is still in service: its handler sent no EOI, so the 8259A holds back everything of its priority and below; write 20h to port \(ports) before IRET"
    }

    /// Of an interrupt of real mode that is in service, and may have come long ago: its entry leads to no handler.
    private func misleadingEntry(ofLine line: Int) -> String? {
        let vector = (UInt8.min...UInt8.max).first { view.pc.interruptOutlook.line(ofVector: $0) == line }
        guard !view.isProtected, let vector, let entry = misleadingEntry(vector) else { return nil }
        return
            "IRQ \(line) came as vector \(vector), and there is no handler: \(entry). 0000:0000 to 0000:03FF is the interrupt table, with the BIOS's handlers in it: leave it alone, or set "
            + "the entry, or mask the line (port 21h, A1h) before STI"
    }

    /// Of a program that wanders about in the interrupt table of real mode: the interrupt that led there.
    private var lostInInterruptTable: String? {
        guard !view.isProtected, view.linearIP < 0x400 else { return nil }
        return view.pc.interruptOutlook.inService.first.flatMap { misleadingEntry(ofLine: $0) }
    }

    // MARK: Words

    /// "00100154h", or "00100154h in kmain+0x1c (kernel.c:42)"; "0000:7C04" in real mode.
    func at(_ rip: UInt64) -> String {
        guard view.isProtected else { return "\(hexDigits(UInt64(selector), 4)):\(hexDigits(rip & 0xFFFF, 4))" }
        let name = sources?.describe((codeBase &+ rip) & view.linearMask)
        return name.map { "\(h(rip)) in \($0)" } ?? h(rip)
    }

    /// The sentence for an exception whose handler has run since.
    func explain(_ record: DeliveryHistory.Record, after outer: DeliveryHistory.Record? = nil) -> String {
        var earlier = self
        let delivery = record.delivery
        earlier.cpl = delivery.cpl
        earlier.isAtFault = false
        (earlier.selector, earlier.codeBase, earlier.rip) = (delivery.cs, delivery.csBase, delivery.rip)
        earlier.pointer = record.rsp & view.linearMask
        earlier.top = ((DescriptorLookup(view, selector: record.ss).descriptor?.base ?? 0) &+ earlier.pointer) & view.linearMask
        earlier.code = (delivery.csBase &+ delivery.rip) & view.linearMask
        earlier.previous = outer
        if delivery.tick == first.tick, let sentence = recollection?.sentence { return sentence }
        if delivery.tick != first.tick { earlier.moments = nil }
        // A double fault is what came before it.
        if delivery.fault == .DF, let failure = view.cpu.failedDeliveries.first, failure.source == .exception,
            let sentence = earlier.explain(failure.delivering, cr2: failure.cr2, rip: delivery.rip)
        {
            return "\(sentence). Its delivery failed, which made it a double fault"
        }
        return earlier.explain(delivery.fault, cr2: record.cr2, rip: delivery.rip)
            ?? "\(delivery.fault.name) came at \(earlier.at(delivery.rip))"
    }

    /// Execution where no code is.
    func stray(at rip: UInt64, isInvalidOpcode: Bool) -> StrayCode? {
        StrayCode(
            view, sources: sources, linear: (codeBase &+ rip) & view.linearMask, isInvalidOpcode: isInvalidOpcode, moments: moments)
    }
}

extension Advisor {
    /// The bytes at offset `rip` of the code segment that the sentence is about.
    func code(at rip: UInt64, count: Int) -> [UInt8] { view.bytes(at: (codeBase &+ rip) & view.linearMask, count: count) }

    /// The instruction at offset `rip` of that segment, as it lies in memory now.
    func line(at rip: UInt64) -> Disassembly.Line? { view.line(at: rip, base: codeBase) }
}

extension MachineView {
    /// The instruction at offset `rip` of a code segment with base `base`, the current one's unless given, as it lies in memory now.
    func line(at rip: UInt64, base: UInt64? = nil) -> Disassembly.Line? {
        let linear = ((base ?? state.cs.base) &+ rip) & linearMask
        var lines = Disassembly(bytes(at: linear, count: 16), at: rip, codeSize: codeSize)
        return lines.next()
    }
}
