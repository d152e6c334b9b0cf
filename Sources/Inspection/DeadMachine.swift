import Board
import Processor
import X86

/// A machine in which nothing can ever happen again though its processor is not shut down.
public enum DeadMachine: Equatable, Sendable {
    /// A loop of so many instructions that changes nothing, with no interrupt to end it.
    case loop(instructions: Int, interruptsOn: Bool)
    /// HLT with interrupts on, and none can come: all lines are masked.
    case haltedMasked
    /// HLT with interrupts on, and none can come: a line in service holds the others back.
    case haltedInService(line: Int)
    /// A waiting x87 instruction with an error pending, interrupts on, and none can come. SDM Vol. 1, section 8.7.2.
    case frozen
    /// An exception that came from the same instruction with the same registers, so many times.
    case faultStorm(vector: UInt8, times: UInt64)

    /// Repetitions that are a storm. A handler that counts to this many before it mends something is not seen in practice.
    static let stormLimit: UInt64 = 100_000
    /// Instructions of a loop that are looked at: those of a list of a few dozen elements that ends in itself, too.
    private static let longestLoop = 128

    /// Finds what is dead, if the machine is. To be asked now and then between slices, at ticks that do not depend on the host.
    ///
    /// To recognise a loop it executes some instructions, never beyond tick `limit`, and calls `afterStep` behind each: whoever has something
    /// to do at a certain tick does it there. `run` runs the machine up to a tick. `patience` is kept from one call to the next.
    public static func find(
        in pc: PC, until limit: UInt64 = .max, patience: inout LoopPatience, run: (UInt64) -> PC.Pause, afterStep: () -> Void = {}
    ) -> DeadMachine? {
        for cpu in pc.processors where cpu.history.repetitions >= stormLimit {
            if let last = cpu.history.recent.last(where: { $0.delivery.source == .exception }) {
                pc.focus = cpu.isAlone ? nil : cpu.number
                return .faultStorm(vector: last.delivery.fault.vector, times: cpu.history.repetitions)
            }
        }
        let outlook = pc.interruptOutlook
        // The one that still does something, or sleeps with interrupts on; a message from any other could change everything.
        let alive = pc.processors.filter { !$0.isDeaf || $0.isRunnable }
        guard alive.count <= 1, let cpu = alive.first ?? pc.processors.first, cpu === pc.cpu || cpu.state.activity.awaitsInterrupt
        else {
            return nil
        }
        if !cpu.isAlone { pc.focus = cpu.number }
        let state = cpu.state
        let interruptsOn = state.eflags.contains(.IF)
        let isDeaf = !interruptsOn || outlook.open.isEmpty
        guard isDeaf, state.activity != .shutdown else {
            patience = LoopPatience()
            return nil
        }
        if state.activity.awaitsInterrupt {
            guard interruptsOn, pc.ending == nil else { return nil }
            if state.activity == .frozen { return .frozen }
            if let line = outlook.inService.first, !outlook.allMasked { return .haltedInService(line: line) }
            return outlook.allMasked ? .haltedMasked : nil
        }
        guard patience.looks() else { return nil }
        return loop(in: pc, from: state, until: limit, run, afterStep).map { .loop(instructions: $0, interruptsOn: interruptsOn) }
    }

    /// Finds what is dead, if the machine is, with `PC.run(until:)` as the way to run it.
    public static func find(in pc: PC, until limit: UInt64 = .max, afterStep: () -> Void = {}) -> DeadMachine? {
        var patience = LoopPatience()
        return find(in: pc, until: limit, patience: &patience, run: { pc.run(until: $0) }, afterStep: afterStep)
    }

    /// Executes up to `longestLoop` instructions; the number after which the processor's state is `start` again.
    private static func loop(
        in pc: PC, from start: CPUState, until limit: UInt64, _ run: (UInt64) -> PC.Pause, _ afterStep: () -> Void
    ) -> Int? {
        for count in 1...longestLoop where pc.clock.now < limit {
            let view = MachineView(pc)
            guard let instruction = view.ownInstruction, isHarmless(instruction, view) else { return nil }
            let place = memory(instruction, view)
            let old = place.flatMap { view.linear($0, 8) }
            guard case .limit = run(pc.clock.now &+ 1) else { return nil }
            afterStep()
            // A lock that is taken already is written with what it holds.
            guard old == place.flatMap({ MachineView(pc).linear($0, 8) }) else { return nil }
            if pc.cpu.state == start { return count }
        }
        return nil
    }

    /// The memory that an instruction reads or writes, from this linear address on.
    private static func memory(_ i: Instruction, _ view: MachineView) -> UInt64? {
        switch i.operation {
        case .call, .push: (view.linearSP &- UInt64(view.is64Bit ? 8 : i.operandSize.bytes)) & view.linearMask
        case .ret, .pop: view.linearSP
        case .leave: ((view.is64Bit ? 0 : view.state.ss.base) &+ view.general(5)) & view.linearMask
        default: i.hasMemoryOperand && i.operation != .lea && i.operation != .nop ? view.address(of: i) : nil
        }
    }

    /// Tells whether an instruction reads and writes nothing but registers and RAM, which nobody else writes.
    private static func isHarmless(_ i: Instruction, _ view: MachineView) -> Bool {
        switch i.operation {
        case .jmp, .jcc, .jcxz, .loop, .loope, .loopne, .nop, .pause, .cmp, .test, .lea, .clc, .stc, .cmc, .cld, .cli, .setcc: break
        case .mov, .movzx, .movsx, .movsxd, .add, .sub, .and, .or, .xor, .inc, .dec, .xchg, .cmpxchg: break
        // A bit's number in a register reaches beyond the operand; PUSH and POP may have one of their own.
        case .bt, .bts, .btr: if i.kind1 != .immediate, i.kind0 == .memory { return false }
        case .push, .pop: if i.kind0 != .register { return false }
        case .call, .ret, .leave: break
        default: return false
        }
        return memory(i, view).map { view.isRAM(linear: $0) } ?? !i.hasMemoryOperand
    }

    /// Of a processor before a waiting x87 instruction, with interrupts on or off.
    public static let frozenWords =
        "frozen for good: an x87 error is pending with CR0.NE = 0 (FERR# active), and the next x87 instruction waits for an interrupt"

    /// "halted for good: …", without a full stop.
    public var words: String {
        switch self {
        case .loop(1, _): "an endless loop of one instruction that nothing can end"
        case .loop(let count, _): "an endless loop of \(count) instructions that changes nothing and that nothing can end"
        case .haltedMasked: "halted for good: interrupts are on, but all request lines are masked"
        case .haltedInService(let line): "halted for good: IRQ \(line) is still in service and holds all others back"
        case .frozen: Self.frozenWords + ", and no request line is open"
        case .faultStorm(let vector, let times): "\(Fault.name(vector)) came \(times) times in a row without any progress"
        }
    }
}

/// The pauses between looks at loops. A guest that computes with interrupts off is in a loop that gets on whenever one looks, and a look takes as long
/// as some hundred thousand of its instructions do: after four in vain one opportunity is passed by, after eight two, and so on up to eight.
public struct LoopPatience: Sendable {
    private static let looksBeforeALongerPause = 4, longestPause = 8
    private var looksInVain = 0
    private var pause = 0

    /// Makes that of somebody who has not looked yet.
    public init() {}

    /// Tells whether to look this time.
    mutating func looks() -> Bool {
        guard pause == 0 else {
            pause -= 1
            return false
        }
        looksInVain += 1
        pause = min(looksInVain / Self.looksBeforeALongerPause, Self.longestPause)
        return true
    }
}

extension MachineView {
    /// Linear address of an instruction's memory operand. SDM Vol. 1, section 3.7.5. `rip` is where the instruction is, the next one unless given.
    public func address(of i: Instruction, at rip: UInt64? = nil) -> UInt64? {
        guard i.base <= Instruction.ripRegister, i.index <= Instruction.noRegister else { return nil }
        var offset = i.hasOffset64 ? i.immediate : UInt64(bitPattern: Int64(i.displacement))
        if i.base < Instruction.noRegister { offset &+= general(i.base) }
        if i.base == Instruction.ripRegister { offset &+= (rip ?? state.rip) &+ UInt64(i.length) }
        if i.index < Instruction.noRegister { offset &+= general(i.index) &<< UInt64(i.scale & 3) }
        offset &= i.addressSize.mask
        let segments = [state.es, state.cs, state.ss, state.ds, state.fs, state.gs]
        guard Int(i.segment.rawValue) < segments.count else { return nil }
        let segment = segments[Int(i.segment.rawValue)]
        return is64Bit && [.fs, .gs].contains(i.segment) ? segment.base &+ offset : linear(of: offset, in: segment)
    }

    /// RAX…R15 by encoding number.
    public func general(_ number: UInt8) -> UInt64 {
        Self.general(number, of: state)
    }

    /// Reads a general register of another state.
    package static func general(_ number: UInt8, of state: CPUState) -> UInt64 {
        [
            state.rax, state.rcx, state.rdx, state.rbx, state.rsp, state.rbp, state.rsi, state.rdi, state.r8, state.r9, state.r10,
            state.r11,
            state.r12, state.r13, state.r14, state.r15,
        ][Int(number & 15)]
    }
}

extension Fault {
    /// Returns "#GP", or "exception 9" for what the manual gives no mnemonic; SDM Vol. 3A, table 6-1.
    package static func name(_ vector: UInt8) -> String { ExceptionFacts.of(vector)?.mnemonic ?? "exception \(vector)" }
}
