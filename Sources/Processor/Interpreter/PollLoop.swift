import Wiring
import X86

/// A loop that waits for a port to change, as in `again: in al, dx; test al, 20h; jz again`: what its last round was. While the port cannot change, rounds
/// are counted instead of executed, and nothing else is different afterwards.
///
/// Why: two reads of the port by one instruction, as far apart as a round has instructions, are a round and nothing else, because an interrupt or
/// another way through the code takes longer. A round that changes nothing but registers and flags, and began as the one before it with the same
/// registers and the same byte, ends like it: flags it sets are set from these, and those it does not set it does not change. So the next
/// round is the same again.
///
/// A kernel that prints at 115,200 baud waits 2,900 rounds for each character: hello, world took 35 ms of the host's time, and takes 15 ms with this.
struct PollLoop {
    fileprivate var op: OpHandle?
    /// Of the read.
    fileprivate var tick: UInt64 = 0
    fileprivate var value: UInt8 = 0
    fileprivate var registers = SIMD16<UInt64>()
    /// Ticks that were counted so.
    fileprivate(set) var passed: UInt64 = 0

    /// Instructions of a round at most.
    fileprivate static let longest: UInt64 = 16
}

extension CPU {
    /// For the bus, in front of reading a byte from a port: the read has no effect, and up to the clock's next deadline it gives `value`. Moves time on by as
    /// many rounds as there is time for, where the guest is in a loop that waits for another value. False when it did not.
    public func passRounds(reading value: UInt8) -> Bool {
        guard let op = core.pointee.current, op.pointee.instruction.operation == .in else { return false }
        let now = clock.now
        // SAFETY: the register file of 16 words is the beginning of `CPUState`.
        let registers = core.raw.loadUnaligned(as: SIMD16<UInt64>.self)
        let last = poll
        (poll.op, poll.tick, poll.value, poll.registers) = (op, now, value, registers)
        let round = now &- last.tick
        guard last.op == op, last.value == value, last.registers == registers, round <= PollLoop.longest, isRound(op, round) else {
            return false
        }
        // The block of the read has to end before the limit, as it would have if it were entered later.
        let end = core.pointee.ticks &+ UInt64(truncatingIfNeeded: op.pointee.index) &+ 1
        guard core.pointee.limit > end else { return false }
        let passed = (core.pointee.limit &- end) / round &* round
        core.pointee.ticks &+= passed
        // Where translated code keeps the time.
        core.pointee.native.budget &-= passed
        clock.cells.pointee.now = now &+ passed
        poll.tick = now &+ passed
        poll.passed &+= passed
        return true
    }

    /// Ticks that were not executed but passed in loops that wait for a port.
    public var passedTicks: UInt64 { poll.passed }

    /// Tells whether the code from `op`, which ends its block, leads back to it in so many harmless instructions.
    private func isRound(_ op: OpHandle, _ count: UInt64) -> Bool {
        guard core.pointee.mode.isDisjoint(with: [.stops, .oneByOne, .code64]), stopConditions == StopConditions() else {
            return false
        }
        let next = (core.pointee.entryRIP &+ op.pointee.end) & 0xFFFF_FFFF
        guard let block = places.guess(linear: (core.pointee.state.cs.base &+ next) & 0xFFFF_FFFF), block.pointee.rip == next,
            block.pointee.mode == core.pointee.mode, block.pointee.csBase == core.pointee.state.cs.base,
            block.pointee.csLimit == core.pointee.state.cs.limit
        else { return false }
        let before = Int(truncatingIfNeeded: op.pointee.index)
        let behind = Int(truncatingIfNeeded: block.pointee.count) - 1
        guard UInt64(before + behind) &+ 2 == count else { return false }
        let last = block.pointee.ops[behind]
        guard last.leads(from: next) == core.pointee.entryRIP else { return false }
        return (0..<before).allSatisfy { (op - before)[$0].instruction.isHarmless }
            && (0..<behind).allSatisfy { block.pointee.ops[$0].instruction.isHarmless }
    }
}

extension Op {
    /// Tells where a relative jump of a block at `rip` leads; nil when this is none.
    fileprivate func leads(from rip: UInt64) -> UInt64? {
        guard instruction.operation == .jcc || instruction.operation == .jmp, instruction.kind0 == .relative else { return nil }
        let target = rip &+ end &+ instruction.immediate
        return target & (instruction.operandSize == .word ? 0xFFFF : 0xFFFF_FFFF)
    }
}

extension Instruction {
    /// Changes nothing but general registers and status flags, reads no flag, and cannot fault.
    fileprivate var isHarmless: Bool {
        switch operation {
        case .nop, .pause, .mov, .movzx, .movsx, .test, .cmp, .and, .or, .xor, .add, .sub: break
        default: return false
        }
        return !prefixes.contains(.lock) && kind0.isPlain && kind1.isPlain && kind2.isPlain
    }
}

extension OperandKind {
    /// A general register, a constant, or nothing.
    fileprivate var isPlain: Bool {
        switch self {
        case .none, .register, .byteRegister, .immediate: true
        default: false
        }
    }
}
