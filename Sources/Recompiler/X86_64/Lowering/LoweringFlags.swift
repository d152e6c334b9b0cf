import Processor
import X86

/// The guest's status flags: see `FlagState`.
extension Lowering {
    /// Flags that somebody needs from before node `index`.
    func needed(before index: Int) -> FlagParts { index > 0 ? live[index - 1] : .all }

    /// The host's flags hold the guest's: nothing that was written since has changed them.
    var hostHasFlags: Bool { flags.holder == asm.hostFlags }

    /// CF is in the image, and not in the host's flags.
    var hasCarryInImage: Bool {
        switch flags.origin {
        case .image, .increment, .decrement: !hostHasFlags || flags.lacksCarry
        default: false
        }
    }

    /// To be called before code that changes the host's flags for another purpose than the guest's.
    mutating func loseHostFlags(at index: Int) {
        guard hostHasFlags else { return }
        if flags.isFragile && !needed(before: index).isEmpty { putIntoImage() }
        flags.holder = nil
    }

    /// To be called before a guest register is written by something that keeps the flags.
    mutating func protect(_ register: HostRegister, at index: Int) {
        let register = register >= 16 ? register - 16 : register
        guard flags.origin != .image, flags.mentions(.register(register)), !live[index].isEmpty else { return }
        if flags.origin == .multiply { return putIntoImage() }
        if flags.first == .register(register) { flags.first = save(register, 0) }
        if flags.second == .register(register) { flags.second = save(register, 1) }
    }

    /// Protects one of R8 to R15. Uses `addend`.
    mutating func protect(extended number: UInt8, at index: Int) {
        guard flags.origin != .image, flags.mentions(.extended(number)), !live[index].isEmpty else { return }
        asm.load(HostMap.addend, extended(number), .quadword)
        if flags.first == .extended(number) { flags.first = save(HostMap.addend, 0) }
        if flags.second == .extended(number) { flags.second = save(HostMap.addend, 1) }
    }

    private mutating func save(_ register: HostRegister, _ slot: Int) -> FlagState.Operand {
        asm.store(HostMap.core(slot == 0 ? CoreOffset.operand0 : CoreOffset.operand1), register, .quadword)
        return .saved(slot)
    }

    /// Makes the host's flags the guest's, as far as condition `code` (nil: all) looks at them, for an instruction that expects them. Uses
    /// `addend` and `scratch`.
    @discardableResult
    mutating func getIntoHost(for code: UInt8? = nil) -> HostFlags {
        if hostHasFlags && !(flags.lacksCarry && HostCondition.looksAtCarry(code)) {
            // After a multiplication the host has CF and OF.
            guard flags.origin == .multiply, code == nil || code.unsafelyUnwrapped > 3 else { return asm.hostFlags }
            putIntoImage()
        }
        if flags.hasRecipe {
            emitRecipe(flags)
            flags.holder = asm.hostFlags
            flags.lacksCarry = false
        } else if code == HostCondition.below || code == HostCondition.notBelow {
            getCarryOutOfImage()
        } else {
            loadImage()
        }
        return asm.hostFlags
    }

    /// CF alone.
    mutating func getCarryIntoHost() -> HostFlags {
        if hostHasFlags && !flags.lacksCarry { return asm.hostFlags }
        if flags.hasRecipe && flags.origin != .increment && flags.origin != .decrement {
            emitRecipe(flags)
            flags.holder = asm.hostFlags
        } else {
            getCarryOutOfImage()
        }
        return asm.hostFlags
    }

    /// The host's CF, and no other flag, becomes the image's. By a byte: what was stored as a word cannot be forwarded to BT, which loads
    /// more, and that took most of the time of loops that end in DEC and Jcc. Uses `scratch`.
    private mutating func getCarryOutOfImage() {
        asm.zeroExtend(HostMap.scratch, HostMap.core(CoreOffset.flags + 1), from: .byte)
        asm.shift(.shr, HostMap.scratch, by: 1, .doubleword)
    }

    mutating func loadImage() {
        asm.mov(HostMap.scratch, .rax, .quadword)
        asm.zeroExtend(.rax, HostMap.core(CoreOffset.flags), from: .word)
        asm.alu(.add, .rax, immediate: 0x7F, .byte)
        asm.sahf()
        asm.mov(.rax, HostMap.scratch, .quadword)
        flags.holder = asm.hostFlags
    }

    /// Puts the flags into the image, where they survive everything. The host's flags stay when they were good, unless AF had to be cleared.
    mutating func putIntoImage() {
        guard flags.origin != .image else { return }
        emitImage(flags)
        flags.holder = flags.clearsAF || flags.origin == .multiply ? nil : asm.hostFlags
        flags.origin = .image
        flags.lacksCarry = false
        flags.clearsAF = false
        flags.first = .none
        flags.second = .none
    }

    /// The code for it, without changing what is known here: cold paths use it, too.
    mutating func emitImage(_ state: FlagState) {
        if state.origin == .multiply { return emitProductImage(state) }
        if state.holder != asm.hostFlags || state.lacksCarry { emitRecipe(state) }
        asm.mov(HostMap.scratch, .rax, .quadword)
        asm.lahf()
        asm.set(HostCondition.overflow, .rax)
        if state.clearsAF { asm.alu(.and, 16, immediate: 0xEF, .byte) }
        asm.store(HostMap.core(CoreOffset.flags), .rax, .word)
        asm.mov(.rax, HostMap.scratch, .quadword)
    }

    /// CF = OF as the host has them, AF = 0, the others of the result.
    private mutating func emitProductImage(_ state: FlagState) {
        guard case .register(let result) = state.first else { return }
        asm.set(HostCondition.overflow, HostMap.core(CoreOffset.operand1))
        asm.mov(HostMap.scratch, .rax, .quadword)
        asm.test(result, result, state.width)
        asm.lahf()
        asm.alu(.and, 16, immediate: 0xEE, .byte)
        asm.load(.rax, HostMap.core(CoreOffset.operand1), .byte)
        asm.alu(.or, 16, 0, .byte)
        asm.store(HostMap.core(CoreOffset.flags), .rax, .word)
        asm.mov(.rax, HostMap.scratch, .quadword)
    }

    // MARK: Doing it again

    private mutating func fetch(_ operand: FlagState.Operand, _ register: HostRegister, _ w: Width) {
        switch operand {
        case .none: break
        case .register(let source): asm.mov(register, source, .quadword)
        case .extended(let number): asm.load(register, extended(number), .quadword)
        case .immediate(let value): asm.mov(register, constant: isCode64 ? value : value & 0xFFFF_FFFF)
        case .saved(let slot): asm.load(register, HostMap.core(slot == 0 ? CoreOffset.operand0 : CoreOffset.operand1), .quadword)
        }
    }

    /// The operation of the flags once more, on scratch registers.
    mutating func emitRecipe(_ state: FlagState) {
        let w = state.width
        let x = HostMap.addend
        switch state.origin {
        case .compare:
            if case .register(let left) = state.first { return emit(.cmp, left, state.second, w) }
            fetch(state.first, x, w)
            emit(.cmp, x, state.second, w)
        case .test:
            fetch(state.first, x, w)
            switch state.second {
            case .immediate(let value): asm.test(x, immediate: value, w)
            case .register(let right): asm.test(x, right, w)
            default:
                fetch(state.second, HostMap.scratch, w)
                asm.test(x, HostMap.scratch, w)
            }
        case .add:
            fetch(state.first, x, w)
            emit(.sub, x, state.second, w)
            emit(.add, x, state.second, w, isAgain: true)
        case .subtract:
            fetch(state.first, x, w)
            emit(.add, x, state.second, w)
            emit(.sub, x, state.second, w, isAgain: true)
        case .logic:
            if case .register(let result) = state.first { return asm.test(result, result, w) }
            fetch(state.first, x, w)
            asm.test(x, x, w)
        case .increment:
            fetch(state.first, x, w)
            asm.dec(x, w)
            getCarryOutOfImage()
            asm.inc(x, w)
        case .decrement:
            fetch(state.first, x, w)
            asm.inc(x, w)
            getCarryOutOfImage()
            asm.dec(x, w)
        case .negate:
            fetch(state.first, x, w)
            asm.neg(x, w)
            asm.neg(x, w)
        case .image, .host, .multiply: break
        }
    }

    private mutating func emit(
        _ operation: ALU, _ a: HostRegister, _ b: FlagState.Operand, _ w: Width, isAgain: Bool = false
    ) {
        switch b {
        case .immediate(let value): asm.alu(operation, a, immediate: value, w)
        case .register(let source): asm.alu(operation, a, source, w)
        case .extended(let number): asm.alu(operation, a, extended(number), w)
        default:
            if !isAgain { fetch(b, HostMap.scratch, w) }
            asm.alu(operation, a, HostMap.scratch, w)
        }
    }

    // MARK: New flags

    /// The host's flags are the guest's from here on.
    mutating func setFlags(
        at index: Int, _ origin: FlagState.Origin, _ w: Width, _ first: FlagState.Operand = .none,
        _ second: FlagState.Operand = .none, clearsAF: Bool = false
    ) {
        flags = FlagState(
            origin: origin, setter: index, width: w, first: first, second: second, holder: asm.hostFlags,
            clearsAF: clearsAF || ((origin == .logic || origin == .test) && backend.host.keepsAdjust))
    }

    /// An operand of a node, as one that can be had again; a value of the instruction itself is saved if it is going to be needed.
    mutating func operand(_ place: Place, at index: Int, slot: Int) -> FlagState.Operand {
        switch place {
        case .constant(let value): return .immediate(value)
        case .extended(let number): return .extended(number)
        case .register(let register, isGuest: true): return register >= 16 ? .none : .register(register)
        case .register(let register, isGuest: false): return losesHostFlags(after: index) ? save(register, slot) : .none
        default: return .none
        }
    }

    /// Before the flags that node `index` sets are replaced or the block ends, something will need the host's flags.
    private func losesHostFlags(after index: Int) -> Bool {
        var next = index + 1
        while next < nodes.count, !live[next - 1].isEmpty {
            let node = nodes[next]
            if node.mayLeave && node.operation != .branch && node.operation != .branchIf { return true }
            next += 1
        }
        return false
    }

    // MARK: Instructions about flags

    mutating func lowerCarry(_ index: Int) {
        let operation = nodes[index].operation
        if flags.origin == .image && !hostHasFlags {
            let byte = HostMap.core(CoreOffset.flags + 1)
            switch operation {
            case .setCarry: asm.alu(.or, byte, immediate: 1, .byte)
            case .clearCarry: asm.alu(.and, byte, immediate: 0xFE, .byte)
            default: asm.alu(.xor, byte, immediate: 1, .byte)
            }
            return
        }
        if needed(before: index).contains(.others) || operation == .complementCarry { getIntoHost() }
        let clearsAF = flags.clearsAF
        switch operation {
        case .setCarry: asm.stc()
        case .clearCarry: asm.clc()
        default: asm.cmc()
        }
        setFlags(at: index, .host, .doubleword, clearsAF: clearsAF)
    }

    mutating func setDirection(_ isDown: Bool) {
        loseHostFlags(at: range.lowerBound)
        let memory = HostMap.core(CoreOffset.eflags)
        if isDown {
            asm.alu(.or, memory, immediate: 0x400, .doubleword)
        } else {
            asm.alu(.and, memory, immediate: 0xFFFF_FBFF, .doubleword)
        }
    }

    mutating func lowerLowFlags(_ index: Int) {
        putIntoImage()
        asm.zeroExtend(HostMap.value, HostMap.core(CoreOffset.flags + 1), from: .byte)
        places[index] = .register(HostMap.value, isGuest: false)
    }

    mutating func lowerSetLowFlags(_ index: Int) {
        putIntoImage()
        flags.holder = nil
        let value = copy(Int(nodes[index].a), to: HostMap.value, .byte)
        asm.alu(.and, value, immediate: 0xD5, .byte)
        asm.alu(.or, value, immediate: 2, .byte)
        asm.store(HostMap.core(CoreOffset.flags + 1), value, .byte)
    }
}
