import Inspection
import Processor
import X86

/// Recognises a loop that waits for a word: a branch depends on what was read, and of its two sides one comes back to read the same word again, while
/// the other may go on; or the first look at such a word, before the loop.
///
/// Code is followed as it lies in memory, through calls and returns, with the values that registers have and those that lie on the stack, so that it
/// may be code without optimization. A store that others could see ends a way.
struct WaitLoop {
    /// The place of a walk.
    private struct Walk {
        var rip: UInt64
        /// General registers, as far as they are known.
        var values: [UInt64?]
        /// Words of the stack that were written on the way; nil where the value is not known.
        var stack: [UInt64: UInt64?] = [:]
        /// Registers and words of the stack that depend on what was read, and whether the flags do.
        var registers: UInt32 = 0
        var slots: Set<UInt64> = []
        var flags = false
        /// Addresses that calls on the way return to.
        var returns: [UInt64] = []
        var depth = 0
    }

    /// Tells whether control comes back to the instruction that reads.
    private enum Return {
        case never, perhaps, always
    }

    private let view: MachineView
    /// The linear address of the word.
    private let word: UInt64
    /// The instruction that reads it.
    private var start: UInt64
    private var budget = 600
    /// It is the loop behind a first look.
    private var isInner = false

    /// Tells whether the instruction at `place`, which `cpu` has just executed and which read the word at `linear`, is one of such a loop.
    static func isLeft(by cpu: CPU, from place: CodePlace, word linear: UInt64, _ checks: MachineChecks) -> Bool {
        let view = MachineView(checks.pc, of: cpu, state: cpu.state)
        var loop = WaitLoop(view: view, word: linear, start: place.rip)
        guard let (i, next) = loop.line(at: place.rip), next == view.state.rip else { return false }
        var values = (0..<16 as Range<UInt8>).map { view.general($0) as UInt64? }
        values[4] = view.linearSP
        return loop.isLoop(i, Walk(rip: next, values: values))
    }

    private init(view: MachineView, word: UInt64, start: UInt64) {
        self.view = view
        self.word = word
        self.start = start
    }

    private func line(at rip: UInt64) -> (instruction: Instruction, next: UInt64)? {
        let linear = view.linear(of: rip, in: view.state.cs)
        guard
            let line = Disassembly(view.bytes(at: linear, count: 15), at: rip, codeSize: view.codeSize).first(where: { _ in true }),
            let instruction = line.instruction
        else { return nil }
        return (instruction, rip &+ UInt64(instruction.length))
    }

    // MARK: Ways

    /// Tells whether instruction `i`, behind which the walk is, reads in a loop.
    private mutating func isLoop(_ i: Instruction, _ behind: Walk) -> Bool {
        var walk = behind
        (walk.registers, walk.slots, walk.flags) = (0, [], false)
        switch i.operation {
        case .cmp, .test, .bt: walk.flags = true
        case .mov, .movzx, .movsx, .movsxd, .add, .sub, .and, .or, .xor:
            guard i.kind0 == .register || i.kind0 == .byteRegister else { return false }
            walk.registers = Self.bit(i.kind0, i.register0)
            walk.flags = ![.mov, .movzx, .movsx, .movsxd].contains(i.operation)
        default: return false
        }
        return waits(walk)
    }

    /// Tells whether some way from here comes to a branch that depends on the word and decides whether it is read again.
    private mutating func waits(_ from: Walk) -> Bool {
        var walk = from
        while walk.rip != start, let step = step(&walk) {
            guard let other = step else { continue }
            return walk.flags ? comesBack(other) != comesBack(walk) : waits(other) || waits(walk)
        }
        return false
    }

    private mutating func comesBack(_ from: Walk) -> Return {
        var walk = from
        while true {
            if let i = reads(walk) {
                if walk.rip == start { return .always }
                if !isInner, isLoopBehind(i, walk) { return .always }
            } else if walk.rip == start {
                return .never
            }
            guard let step = step(&walk) else { return .never }
            guard let other = step else { continue }
            let (a, b) = (comesBack(walk), comesBack(other))
            return a == b ? a : .perhaps
        }
    }

    /// The instruction at which a walk is, if it reads the word.
    private func reads(_ walk: Walk) -> Instruction? {
        guard let (i, next) = line(at: walk.rip), i.hasMemoryOperand, i.operation != .lea,
            let address = address(i, walk, next: next),
            address == word
        else { return nil }
        return i
    }

    /// Another instruction reads the same word: a loop of its own.
    private mutating func isLoopBehind(_ i: Instruction, _ walk: Walk) -> Bool {
        var inner = self
        (inner.start, inner.isInner) = (walk.rip, true)
        var behind = walk
        guard inner.step(&behind) != nil else { return false }
        defer { budget = inner.budget }
        return inner.isLoop(i, behind)
    }

    // MARK: Instructions

    /// Executes an instruction in thought. Nil where the walk ends; otherwise the other way that a branch has, if it is one.
    private mutating func step(_ walk: inout Walk) -> Walk?? {
        guard budget > 0, walk.depth < 64, let (i, next) = line(at: walk.rip), !i.prefixes.contains(.lock) else { return nil }
        budget -= 1
        walk.depth += 1
        walk.rip = next
        let mask: UInt64 = view.is64Bit ? .max : view.codeSize == .bits16 ? 0xFFFF : 0xFFFF_FFFF
        switch i.operation {
        case .jmp: walk.rip = (next &+ i.immediate) & mask
        case .jcc, .jcxz, .loop, .loope, .loopne:
            var other = walk
            other.rip = (next &+ i.immediate) & mask
            return .some(other)
        case .call:
            walk.returns.append(next)
            guard push(next, isMarked: false, &walk) else { return nil }
            walk.rip = (next &+ i.immediate) & mask
        case .ret:
            guard let top = pop(&walk), let back = walk.returns.popLast() ?? top else { return nil }
            walk.rip = back
        case .push:
            guard
                push(
                    i.kind0 == .register ? walk.values[Int(i.register0)] : nil,
                    isMarked: isMarked(i.kind0, i.register0, i, walk, next), &walk)
            else { return nil }
        case .pop:
            guard i.kind0 == .register, let place = walk.values[4] else { return nil }
            let isMarked = walk.slots.contains(place)
            guard let value = pop(&walk) else { return nil }
            set(i.kind0, i.register0, value, isMarked, &walk)
        case .leave:
            walk.values[4] = walk.values[5]
            guard let value = pop(&walk) else { return nil }
            walk.values[5] = value
        case .nop, .pause, .hlt, .sti, .cli, .clc, .cld, .lfence, .mfence, .sfence, .monitor, .mwait: break
        case .cmp, .test, .bt:
            walk.flags = isMarked(i.kind0, i.register0, i, walk, next) || isMarked(i.kind1, i.register1, i, walk, next)
        case .setcc: return write(i, nil, walk.flags, &walk, next) ? .some(nil) : nil
        case .mov, .movzx, .movsx, .movsxd:
            return write(i, value(i, walk, next), isMarked(i.kind1, i.register1, i, walk, next), &walk, next) ? .some(nil) : nil
        case .lea: return write(i, address(i, walk, next: next), false, &walk, next) ? .some(nil) : nil
        case .add, .sub, .and, .or, .xor, .adc, .sbb, .inc, .dec, .neg, .not, .shl, .shr, .sar, .cmovcc, .imulTruncating, .cbw,
            .cwd:
            let isZeroing = i.operation == .xor && i.kind0 == i.kind1 && i.register0 == i.register1
            let depends =
                !isZeroing
                && (isMarked(i.kind0, i.register0, i, walk, next) || isMarked(i.kind1, i.register1, i, walk, next)
                    || i.operation == .cmovcc && walk.flags)
            if ![.not, .cmovcc, .cbw, .cwd].contains(i.operation) { walk.flags = depends }
            return write(i, result(i, walk), depends, &walk, next) ? .some(nil) : nil
        default: return nil
        }
        return .some(nil)
    }

    private static func bit(_ kind: OperandKind, _ number: UInt8) -> UInt32 {
        switch kind {
        case .register: 1 << UInt32(number)
        case .byteRegister: 1 << UInt32(number < 16 ? number : number - 16)
        default: 0
        }
    }

    /// The linear address of the memory operand, where its registers are known.
    private func address(_ i: Instruction, _ walk: Walk, next: UInt64) -> UInt64? {
        var sum = UInt64(bitPattern: Int64(i.displacement))
        if i.base == Instruction.ripRegister {
            sum &+= next
        } else if i.base < 16 {
            guard let base = walk.values[Int(i.base)] else { return nil }
            sum &+= base
        }
        if i.index < 16 {
            guard let index = walk.values[Int(i.index)] else { return nil }
            sum &+= index << UInt64(i.scale & 3)
        }
        return sum & view.linearMask
    }

    /// The value of the second operand of a MOV; of words that are not on the stack none is known.
    private func value(_ i: Instruction, _ walk: Walk, _ next: UInt64) -> UInt64? {
        switch i.kind1 {
        case .register: return i.operation == .mov ? walk.values[Int(i.register1)] : nil
        case .immediate: return i.immediate
        case .memory:
            guard i.operation == .mov, i.operandSize.bytes >= 4, let place = address(i, walk, next: next), isStack(place, walk)
            else { return nil }
            if let written = walk.stack[place] { return written }
            return view.linear(place, i.operandSize.bytes)
        default: return nil
        }
    }

    /// The result of arithmetic that pointers are made by.
    private func result(_ i: Instruction, _ walk: Walk) -> UInt64? {
        guard i.kind0 == .register, i.kind1 == .immediate, let old = walk.values[Int(i.register0)] else { return nil }
        switch i.operation {
        case .add: return (old &+ i.immediate) & view.linearMask
        case .sub: return (old &- i.immediate) & view.linearMask
        default: return nil
        }
    }

    /// Near the stack pointer or the frame pointer: what nobody else reads.
    private func isStack(_ address: UInt64, _ walk: Walk) -> Bool {
        guard let pointer = walk.values[4] else { return false }
        return address &- (pointer &- 256) < 4096
    }

    private func isMarked(_ kind: OperandKind, _ number: UInt8, _ i: Instruction, _ walk: Walk, _ next: UInt64) -> Bool {
        kind == .memory
            ? address(i, walk, next: next).map(walk.slots.contains) ?? false : walk.registers & Self.bit(kind, number) != 0
    }

    private func set(_ kind: OperandKind, _ number: UInt8, _ value: UInt64?, _ isMarked: Bool, _ walk: inout Walk) {
        let bit = Self.bit(kind, number)
        walk.registers = isMarked ? walk.registers | bit : walk.registers & ~bit
        walk.values[Int(kind == .byteRegister ? number & 15 : number)] = kind == .byteRegister ? nil : value
    }

    /// Writes the first operand; false where others could see it.
    private func write(_ i: Instruction, _ value: UInt64?, _ isMarked: Bool, _ walk: inout Walk, _ next: UInt64) -> Bool {
        switch i.kind0 {
        case .register, .byteRegister: set(i.kind0, i.register0, value, isMarked, &walk)
        case .memory:
            guard let place = address(i, walk, next: next), isStack(place, walk) else { return false }
            walk.stack.updateValue(value, forKey: place)
            if isMarked { walk.slots.insert(place) } else { walk.slots.remove(place) }
        // CBW and its like.
        default: walk.values[0] = nil
        }
        return true
    }

    private func push(_ value: UInt64?, isMarked: Bool, _ walk: inout Walk) -> Bool {
        guard let pointer = walk.values[4] else { return false }
        let place = pointer &- view.stackWord
        walk.values[4] = place
        walk.stack.updateValue(value, forKey: place)
        if isMarked { walk.slots.insert(place) } else { walk.slots.remove(place) }
        return true
    }

    /// The word at the top of the stack; the outer nil where the stack pointer is not known.
    private func pop(_ walk: inout Walk) -> UInt64?? {
        guard let place = walk.values[4] else { return nil }
        walk.values[4] = place &+ view.stackWord
        if let written = walk.stack[place] { return .some(written) }
        return .some(view.linear(place, Int(view.stackWord)))
    }
}
