import Board
import Executables
import Inspection
import Processor
import X86

/// The log of QEMU's `-d`, in the form of QEMU 7.2, for scripts that read it: interrupts with the registers that they find, resets, writes to CR0 and CR3,
/// and what is executed, block by block.
///
/// The machine runs as it would without. For `exec`, `in_asm` and `cpu` it is executed one instruction at a time, by the interpreter. Not QEMU's: the
/// syntax of `in_asm` (Intel's), host addresses behind `Trace 0:` (zero), the lazy flags behind CCS (always computed).
public final class QEMULog {
    /// An item of the log, by QEMU's names.
    public enum Item: String, CaseIterable, Sendable {
        case int, exec, in_asm, cpu, mmu, cpu_reset

        /// Instructions are executed one at a time for it, or only by the interpreter.
        public var needsInterpreter: Bool { self != .int && self != .cpu_reset }

        fileprivate var wantsSteps: Bool { self == .exec || self == .in_asm || self == .cpu }
    }

    private let pc: PC
    private let sources: SourceMap?
    private let put: (String) -> Void
    /// May be changed while the machine runs.
    public var items: Set<Item> {
        didSet { if items.contains(.in_asm) != oldValue.contains(.in_asm) { translated = [] } }
    }
    /// Vectors told so far; what QEMU numbers them by.
    private var count = 0
    /// A contributory exception that is being delivered.
    private var contributory: UInt8?
    /// Blocks that were told, by linear address.
    private var translated: Set<UInt64> = []
    private static let mostTranslated = 1 << 20
    /// The place where the block goes on, if the last instruction did not end it.
    private var following: UInt64?

    /// Hears from now on; `put` takes each line.
    public init(_ pc: PC, _ items: Set<Item>, sources: SourceMap?, put: @escaping (String) -> Void) {
        self.pc = pc
        self.items = items
        self.sources = sources
        self.put = put
        for cpu in pc.processors {
            let earlier = cpu.onDelivery
            cpu.onDelivery = { [weak self] delivery in
                earlier?(delivery)
                self?.contributory = nil
            }
            cpu.onDeliveryStep = { [weak self, unowned cpu] step in self?.hear(step, cpu) }
            cpu.onControlRegister = { [weak self, unowned cpu] number, value in self?.wrote(number, value, cpu) }
        }
        pc.onReset = { [weak self] in self?.tellStart() }
    }

    // MARK: Interrupts

    private func hear(_ step: CPU.DeliveryStep, _ cpu: CPU) {
        switch step {
        case .raised(let vector): raised(vector)
        case .shutdown: if items.contains(.cpu_reset) { put("Triple fault") }
        case .delivering(let fault, let source): if items.contains(.int) { delivering(fault, source, cpu) }
        }
    }

    private func raised(_ vector: UInt8) {
        if items.contains(.int) {
            put(
                "check_exception old: 0x\(contributory.map { String($0, radix: 16) } ?? "ffffffff") new 0x\(String(vector, radix: 16))"
            )
        }
        let isContributory = ExceptionFacts.of(vector)?.isContributory ?? false
        if contributory != nil, isContributory || vector == 14 {
            contributory = 8
        } else if isContributory || vector == 14 || vector == 8 {
            contributory = vector
        }
    }

    private func delivering(_ fault: Fault, _ source: CPU.Source, _ cpu: CPU) {
        if source == .external, fault.vector != 2 { put("Servicing hardware INT=0x\(x(UInt64(fault.vector), 2))") }
        var state = cpu.state
        guard state.cr0.contains(.PE) else { return }
        let isSoftware = source == .software || source == .trap
        // QEMU has the instruction itself until it is done.
        if isSoftware { state.rip = Self.start(ofINT: fault.vector, MachineView(pc, of: cpu, state: state)) }
        let view = MachineView(pc, of: cpu, state: state)
        let digits = digits(cpu)
        var line = "\(padded(count)): v=\(x(UInt64(fault.vector), 2)) e=\(x(UInt64(fault.hasErrorCode ? fault.errorCode : 0), 4)) "
        line +=
            "i=\(isSoftware ? 1 : 0) cpl=\(state.cpl) IP=\(x(UInt64(state.cs.selector), 4)):\(x(state.rip, digits)) pc=\(x(view.linearIP, digits)) "
        line += "SP=\(x(UInt64(state.ss.selector), 4)):\(x(state.rsp, digits))"
        line += fault.vector == 14 ? " CR2=\(x(state.cr2, digits))" : " env->regs[R_EAX]=\(x(state.rax, digits))"
        put(line)
        count += 1
        dump(view)
    }

    /// Offset of the INT n, INT3, INTO or INT1 that the processor stands behind.
    private static func start(ofINT vector: UInt8, _ view: MachineView) -> UInt64 {
        let behind = view.linearIP
        let isLong = view.bytes(at: behind &- 2, count: 2) == [0xCD, vector]
        return view.state.rip &- (isLong ? 2 : 1)
    }

    private func padded(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: " ", count: max(0, 6 - text.count)) + text
    }

    // MARK: Registers

    /// Tells the registers as a reset leaves them.
    public func tellStart() {
        contributory = nil
        following = nil
        guard items.contains(.cpu_reset) else { return }
        for cpu in pc.processors {
            put("CPU Reset (CPU \(cpu.number))")
            let view = MachineView(pc, of: cpu, state: cpu.state)
            dump(view)
            for line in floats(view.state) { put(line) }
        }
    }

    private func wrote(_ number: UInt8, _ value: UInt64, _ cpu: CPU) {
        guard items.contains(.mmu) else { return }
        if number == 0 { put("CR0 update: CR0=0x\(x(value, 8))") }
        if number == 3, cpu.state.cr0.contains(.PG) { put("CR3 update: CR3=\(x(value, digits(cpu)))") }
    }

    private func dump(_ view: MachineView) {
        for line in RegisterBlock(view).lines {
            if line.hasPrefix("EFER=") { put("CCS=00000000 CCD=00000000 CCO=EFLAGS") }
            // QEMU's has a space at the end of this one.
            put(line.hasPrefix("DR0=") ? line + " " : line)
        }
    }

    private func floats(_ state: CPUState) -> [String] {
        var x87 = state.x87
        var sse = state.sse
        func pair(_ index: Int, _ text: (UInt8) -> String) -> String { "\(text(UInt8(index))) \(text(UInt8(index + 1)))" }
        func float(_ number: UInt8) -> String {
            "FPR\(number)=\(x(x87[number].significand, 16)) \(x(UInt64(x87[number].signExponent), 4))"
        }
        var lines = [
            "FCW=\(x(UInt64(x87.control), 4)) FSW=\(x(UInt64(x87.status.rawValue), 4)) [ST=\(x87.status.rawValue >> 11 & 7)] "
                + "FTW=\(x(UInt64(x87.occupied), 2)) MXCSR=\(x(UInt64(sse.mxcsr.rawValue), 8))"
        ]
        for index in stride(from: 0, to: 8, by: 2) { lines.append(pair(index, float)) }
        for index in stride(from: 0, to: state.operatingMode == .bits64 ? 16 : 8, by: 2) {
            lines.append(pair(index) { "XMM\(x(UInt64($0 / 10), 1))\($0 % 10)=\(x(sse[$0].high, 16)) \(x(sse[$0].low, 16))" })
        }
        return lines
    }

    /// Digits of an address: those of qemu-system-x86_64 where the processor has its 64 bits.
    private func digits(_ cpu: CPU) -> Int { cpu.model.features.hasLongMode ? 16 : 8 }

    private func x(_ value: UInt64, _ digits: Int) -> String {
        hexDigits(digits < 16 ? value & (1 << UInt64(4 * digits) - 1) : value, digits, uppercase: false)
    }

    // MARK: Instructions

    /// Runs as `PC.run(until:skipsIdleTime:)` does, and ends in the same state.
    public func run(until limit: UInt64, skipsIdleTime: Bool = true) -> PC.Pause {
        guard items.contains(where: \.wantsSteps) else { return pc.run(until: limit, skipsIdleTime: skipsIdleTime) }
        while pc.clock.now < limit {
            if let end = pc.goOn(after: step(), until: limit, skipsIdleTime: skipsIdleTime) { return end }
        }
        return .limit
    }

    private func step() -> PC.Pause {
        // What is due and what a chip asked for, without an instruction.
        let pause = pc.run(until: pc.clock.now, skipsIdleTime: false)
        if pause != .limit { return pause }
        let cpu = pc.next
        let delivered = cpu.history.count
        if cpu.core.pointee.state.activity == .active { meet(cpu) } else { following = nil }
        let result = pc.run(until: pc.clock.now &+ 1, skipsIdleTime: false)
        if cpu.history.count != delivered { following = nil }
        return result
    }

    /// The instruction that is next; where it begins a block, that is told.
    private func meet(_ cpu: CPU) {
        let view = MachineView(pc, of: cpu, state: cpu.state)
        let address = view.linearIP
        if following != address { enter(view, address) }
        let line = view.disassembly(at: address, byteCount: 15).first { _ in true }
        let ends = line?.instruction.map(Self.endsBlock) ?? true
        following = ends ? nil : (address &+ UInt64(line?.bytes.count ?? 1)) & view.linearMask
    }

    private func enter(_ view: MachineView, _ address: UInt64) {
        let digits = digits(view.cpu)
        let symbol = sources?.symbols.symbol(at: address)?.symbol.name ?? ""
        if items.contains(.in_asm), translated.insert(address).inserted {
            if translated.count > Self.mostTranslated { translated = [address] }
            put("----------------")
            put("IN: \(symbol)")
            var place = address
            for line in view.disassembly(at: address, byteCount: Int(0x1000 - address & 0xFFF) + 15) {
                let bytes = line.bytes.map { x(UInt64($0), 2) }.joined(separator: " ")
                put("0x\(x(place, digits)):  \(Columns.pad(bytes, to: 24)) \(line.text)")
                place &+= UInt64(max(1, line.bytes.count))
                if line.instruction.map(Self.endsBlock) ?? true || place ^ address > 0xFFF { break }
            }
            put("")
        }
        if items.contains(.exec) {
            let base = view.is64Bit ? 0 : view.state.cs.base
            put(
                "Trace \(view.cpu.number): 0x000000000000 [\(x(base, digits))/\(x(address, digits))/\(x(UInt64(hidden(view)), 8))/ff000200] \(symbol)"
            )
        }
        if items.contains(.cpu) { dump(view) }
    }

    private static func endsBlock(_ i: Instruction) -> Bool {
        switch i.operation {
        case .jmp, .jmpIndirect, .jmpFar, .jmpFarIndirect, .jcc, .jcxz, .loop, .loope, .loopne, .call, .callIndirect, .callFar,
            .callFarIndirect, .ret,
            .retFar, .int, .int3, .int1, .into, .iret:
            true
        default: !i.operation.isInstruction || Table.traits(of: i).contains(.endsBlock)
        }
    }

    /// QEMU's flags of a block: the mode that it was translated for (target/i386/cpu.h, HF_…).
    private func hidden(_ view: MachineView) -> UInt32 {
        let s = view.state
        let bits: [(Int, Bool)] = [
            (3, s.shadow != .none), (4, s.cs.isBig && view.isProtected || view.is64Bit), (5, s.ss.isBig || view.is64Bit),
            (6, !view.is64Bit && (!view.isProtected || view.isVirtual8086 || s.ds.base | s.es.base | s.ss.base != 0)),
            (7, view.isProtected),
            (8, s.eflags.contains(.TF)), (9, s.cr0.contains(.MP)), (10, s.cr0.contains(.EM)), (11, s.cr0.contains(.TS)),
            (14, s.efer.contains(.LMA)),
            (15, view.is64Bit), (16, s.eflags.contains(.RF)), (17, view.isVirtual8086), (22, s.cr4.contains(.OSFXSR)),
        ]
        let iopl = s.eflags.rawValue >> 12 & 3
        return bits.reduce(UInt32(s.cpl) | iopl << 12) { $1.1 ? $0 | 1 << UInt32($1.0) : $0 }
    }
}
