import Processor
import X86

/// Instructions that follow each other and go to memory beside one register: PUSH and POP in a row, the members of a structure, variables on the stack. Others may
/// stand between them that go elsewhere, and look for themselves.
///
/// The TLB is asked once, for all bytes from the lowest to the highest of them, and each access is one instruction of the host. What it said holds until the
/// end, whatever its entries are for by then: no instruction of a run drops a translation. Where the bytes are not all in one page, or not all allowed, the same
/// instructions stand once more among the cold paths, each with its own look at the TLB.
struct AccessRun {
    /// Positions among the instructions of the block.
    var instructions: Range<Int>
    /// The register, by the guest's number and by the host's.
    let base: UInt8
    let host: HostRegister
    /// Bytes that are accessed, relative to the register as it is at the beginning.
    var low: Int
    var high: Int
    var reads = false
    var writes = false
    var accesses = 0
    /// `OtherAccesses` of each instruction, two bits for each.
    fileprivate var others: UInt64 = 0

    /// What stands among the cold paths once more has its price, too.
    fileprivate var pays: Bool { others == 0 || accesses * 4 >= instructions.count }
    /// Those of an instruction of the block.
    func others(at position: Int) -> OtherAccesses {
        OtherAccesses(rawValue: UInt8(truncatingIfNeeded: others >> UInt64(2 * (position - instructions.lowerBound))) & 3)
    }

    static let mostInstructions = 24
    /// Bytes from the lowest to the highest at most: the more there are, the more often they are in two pages.
    static let mostBytes = 512
}

/// Accesses of an instruction of a run that are not beside its register, and look for themselves.
struct OtherAccesses: OptionSet {
    let rawValue: UInt8
    /// Its memory operand is elsewhere.
    static let operand = OtherAccesses(rawValue: 1)
    /// It uses the stack, and the run is beside another register.
    static let stack = OtherAccesses(rawValue: 2)

    /// The node's access is beside the run's register.
    fileprivate func leaveToRun(_ node: IRNode) -> Bool {
        switch node.operation {
        case .load, .store, .locate: !contains(.operand)
        case .push, .top: !contains(.stack)
        default: false
        }
    }
}

extension Lowering {
    /// The longest run that begins with instruction `first` of the block. Nil where one does not pay.
    mutating func accessRun(from first: Int) -> AccessRun? {
        guard !region.usesX87 else { return nil }
        var run: AccessRun?
        var best: AccessRun?
        // What the instructions so far have added to the register.
        var moved = 0
        var others: UInt64 = 0
        var position = first
        // The last instruction of the block finds its way on by itself.
        let end = min(starts.count - 2, first + AccessRun.mostInstructions)
        while position < end {
            guard let step = runStep(position, run?.base, moved), step.base != nil || run != nil else { break }
            others |= UInt64(step.others.rawValue) << UInt64(2 * (position - first))
            if let base = step.base {
                var next =
                    run ?? AccessRun(instructions: first..<first, base: base, host: step.host, low: step.low, high: step.high)
                (next.low, next.high) = (min(next.low, step.low), max(next.high, step.high))
                guard next.high - next.low <= AccessRun.mostBytes else { break }
                next.reads = next.reads || step.reads
                next.writes = next.writes || step.writes
                next.accesses += 1
                next.others = others
                next.instructions = first..<position + 1
                run = next
                // What comes behind finds the flags where both ways have them.
                if step.leavesFlags && next.pays { best = next }
            }
            guard step.goesOn else { break }
            moved += step.moves
            position += 1
        }
        guard let best, best.accesses > 1 else { return nil }
        return best
    }

    private struct RunStep {
        /// The register beside which it accesses memory, if it does.
        var base: UInt8?
        var host = HostRegister.rax
        var low = Int.max
        var high = Int.min
        var reads = false
        var writes = false
        var others: OtherAccesses = []
        /// The sum that it adds to the register.
        var moves = 0
        var leavesFlags = true
        /// The register is the same afterwards, or its change is known.
        var goesOn = true
    }

    /// An instruction as part of a run beside `base`; nil if it cannot be one.
    private mutating func runStep(_ position: Int, _ base: UInt8?, _ moved: Int) -> RunStep? {
        place(at: position)
        let i = instruction
        guard !op.pointee.changes.areFrequent, !i.operation.isX87, !i.operation.isPacked, canLower() else { return nil }
        var step = RunStep()
        var written: UInt32 = 0
        for index in range {
            let node = nodes[index]
            switch node.operation {
            case .load, .store, .locate:
                guard case .address = nodes[Int(node.a)].operation else { return nil }
                guard isFlat(node.number), i.index == Instruction.noRegister,
                    i.addressSize == addressWidth, i.base < 16, let host = plan.host(i.base),
                    note(&step, i.base, host, base, moved, Int(i.displacement), node.width, written)
                else {
                    step.others.insert(.operand)
                    continue
                }
                step.reads = step.reads || node.operation != .store
                step.writes = step.writes || node.operation != .load
            case .push, .top:
                guard isFlat(2), mode.contains(.bigStack) else { return nil }
                let isPush = node.operation == .push
                let offset = isPush ? 0 - node.width.bytes : 0
                let isBeside = note(&step, 4, HostMap.stackPointer, base, moved + step.moves, offset, node.width, written)
                if isPush { step.moves -= node.width.bytes }
                guard isBeside else {
                    step.others.insert(.stack)
                    continue
                }
                step.reads = step.reads || !isPush
                step.writes = step.writes || isPush
            case .release: step.moves += Int(truncatingIfNeeded: node.immediate)
            case .setRegister: written |= 1 << UInt32(node.width == .byte && node.number >= 16 ? node.number - 16 : node.number)
            case .storeAt: if let base = step.base, written >> UInt32(base) & 1 != 0 { return nil }
            case .constant, .register, .address, .loadAt, .not, .sum, .byteSwap, .signExtend, .signFill, .upperHalf, .select,
                .condition,
                .isZero, .isNotZero:
                break
            case .add, .addWithCarry, .subtract, .subtractWithBorrow, .increment, .decrement, .and, .or, .xor, .multiply,
                .multiplySigned, .shl, .shr, .sar, .rol, .ror:
                step.leavesFlags = false
            default: return nil
            }
        }
        guard let known = base ?? step.base else { return step.others.isEmpty ? step : nil }
        if written >> UInt32(known) & 1 != 0 { step.goesOn = false }
        if known != 4 { step.moves = 0 }
        return step
    }

    /// False for an access that is not beside the run's register.
    private func note(
        _ step: inout RunStep, _ register: UInt8, _ host: HostRegister, _ base: UInt8?, _ moved: Int, _ displacement: Int,
        _ width: Width, _ written: UInt32
    ) -> Bool {
        guard register == base ?? register, register == step.base ?? register, written >> UInt32(register) & 1 == 0,
            Int32(exactly: displacement + Int(assumptions.addend ?? 0)) != nil
        else { return false }
        (step.base, step.host) = (register, host)
        let offset = (register == 4 ? moved : 0) + displacement
        step.low = min(step.low, offset)
        step.high = max(step.high, offset + width.bytes)
        return true
    }

    /// Lowers a run. False when the buffer is too small.
    mutating func lower(_ run: AccessRun) -> Bool {
        place(at: run.instructions.lowerBound)
        loseHostFlags(at: range.lowerBound)
        let before = flags
        let (apart, behind) = (asm.makeLabel(), asm.makeLabel())
        probe(run, orTo: apart)
        findLiveFlags(in: run)
        for position in run.instructions {
            guard asm.hasRoom else { return false }
            held = run.others(at: position)
            lowerInstruction(at: position)
        }
        held = nil
        loseHostFlags(at: starts[run.instructions.upperBound])
        addCold(apart, .apart(instructions: run.instructions, before: before, after: flags, behind: behind))
        asm.place(behind)
        return true
    }

    /// Leaves in `addend`, and in `Core`, the difference between the register's addresses and the host's, or makes sure that it is the usual one.
    private mutating func probe(_ run: AccessRun, orTo apart: Assembler.Label) {
        // With all 64 bits: what wraps around matches no tag.
        asm.lea(HostMap.linear, HostOperand(run.host, Int32(truncatingIfNeeded: run.low)), .quadword)
        findEntry()
        asm.lea(HostMap.scratch, HostOperand(HostMap.linear, Int32(truncatingIfNeeded: run.high - run.low - 1)), .quadword)
        comparePage(reads: run.reads, writes: run.writes, orTo: apart)
        if let addend = assumptions.addend { return compareAddend(addend, orTo: apart) }
        asm.load(HostMap.addend, entryAddend, .quadword)
        asm.store(HostMap.core(CoreOffset.heldAddend), HostMap.addend, .quadword)
        asm.forgetOperands()
    }

    /// No access beside the run's register leaves the code: nobody needs flags for it.
    private mutating func findLiveFlags(in run: AccessRun) {
        var flags = live[starts[run.instructions.upperBound] - 1]
        for position in run.instructions.reversed() {
            let others = run.others(at: position)
            for index in (starts[position]..<starts[position + 1]).reversed() {
                live[index] = flags
                flags = nodes.liveFlags(before: index, flags, staysInside: others.leaveToRun(nodes[index]))
            }
        }
    }

    /// The memory operand at a displacement from the run's register, or the instruction's own. Nil outside of runs. Flags that are in the host's stay there.
    mutating func heldOperand(beside place: (register: HostRegister, displacement: Int32)?, at index: Int) -> HostOperand? {
        guard let held, !held.contains(place == nil ? .operand : .stack) else { return nil }
        // What makes flags anew may need `addend`.
        if consumesFlags && !(hostHasFlags && !flags.lacksCarry && flags.origin != .multiply) { prepareFlags(at: index) }
        let (register, displacement) = place ?? (hostRegister(instruction.base, .quadword), instruction.displacement)
        if let addend = assumptions.addend { return HostOperand(register, displacement + addend) }
        if !asm.isUntouched(HostMap.addend) {
            asm.load(HostMap.addend, HostMap.core(CoreOffset.heldAddend), .quadword)
            asm.forgetOperands()
        }
        return HostOperand(register, index: HostMap.addend, displacement)
    }

    /// The instructions of a run once more, each for itself; `flags` are afterwards what that leaves.
    mutating func lowerApart(_ instructions: Range<Int>, before: FlagState) {
        takeNodes()
        flags = before
        for position in instructions where asm.hasRoom { lowerInstruction(at: position) }
    }
}
