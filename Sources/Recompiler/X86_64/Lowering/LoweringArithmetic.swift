import Processor
import X86

/// Arithmetic and logic.
extension Lowering {
    // MARK: Two operands

    mutating func lowerALU(_ index: Int) {
        let node = nodes[index]
        let (operation, origin) = node.operation.alu
        let carry = operation == .adc || operation == .sbb ? getCarryIntoHost() : nil
        let (a, b) = (Int(node.a), Int(node.b))
        if uses[index] == 0 { return lowerComparison(index, operation) }

        // NEG is 0 − x.
        if operation == .sub, case .constant(0) = places[a] { return lowerNegate(index) }
        // x XOR x and x − x: the result is known, and the operand is gone.
        if operation == .xor || operation == .sub, isSameRegister(a, b) { return lowerZero(index) }

        let destination = target(index)
        let second = source(b, index, besides: destination, isCommutative: operation.isCommutative, a)
        let recipeOperand =
            operation == .adc || operation == .sbb || second.isDestination ? FlagState.Operand.none : second.recipe
        begin(destination, from: second.swaps ? b : a, node.width, at: index)
        asm.expect(carry)
        switch second.place {
        case .constant(let value): asm.alu(operation, destination.register, immediate: value, node.width)
        case .register(let register, _): asm.alu(operation, destination.register, register, node.width)
        case .extended(let number): asm.alu(operation, destination.register, extended(number), node.width)
        default: break
        }
        finish(destination, index)
        let result: FlagState.Operand = destination.isGuest && destination.register < 16 ? .register(destination.register) : .none
        if operation == .adc || operation == .sbb {
            setFlags(at: index, .host, node.width)
        } else {
            setFlags(at: index, origin, node.width, saved(result, destination, index), origin == .logic ? .none : recipeOperand)
        }
    }

    /// A result that is only in a temporary register has to be saved to be had again.
    private mutating func saved(_ result: FlagState.Operand, _ destination: Destination, _ index: Int) -> FlagState.Operand {
        if result != .none || destination.isGuest { return result }
        return operand(.register(destination.register, isGuest: false), at: index, slot: 0)
    }

    /// CMP and TEST: nothing but flags.
    private mutating func lowerComparison(_ index: Int, _ operation: ALU) {
        let node = nodes[index]
        let (a, b) = (Int(node.a), Int(node.b))
        let left: HostRegister
        switch places[a] {
        case .register(let register, _): left = register
        case .extended: left = copy(a, to: HostMap.addend, node.width)
        default: left = copy(a, to: HostMap.value, node.width)
        }
        let right = places[b]
        let isTest = operation == .and
        switch right {
        case .constant(let value) where isTest: asm.test(left, immediate: value, node.width)
        case .constant(let value): asm.alu(.cmp, left, immediate: value, node.width)
        case .register(let register, _) where isTest: asm.test(left, register, node.width)
        case .register(let register, _): asm.alu(.cmp, left, register, node.width)
        case .extended(let number) where isTest:
            asm.load(HostMap.scratch, extended(number), node.width)
            asm.test(left, HostMap.scratch, node.width)
        case .extended(let number): asm.alu(.cmp, left, extended(number), node.width)
        default: break
        }
        if isTest {
            // The result is nowhere, but that of TEST r, r is in r.
            if case .register(let register, isGuest: true) = right, register == left, left < 16 {
                setFlags(at: index, .logic, node.width, .register(left))
            } else {
                setOperandFlags(at: index, .test, a, b)
            }
        } else {
            setOperandFlags(at: index, .compare, a, b)
        }
    }

    private mutating func setOperandFlags(at index: Int, _ origin: FlagState.Origin, _ a: Int, _ b: Int) {
        let first = operand(places[a], at: index, slot: 0)
        setFlags(at: index, origin, nodes[index].width, first, operand(places[b], at: index, slot: 1))
    }

    private func isSameRegister(_ a: Int, _ b: Int) -> Bool {
        switch (places[a], places[b]) {
        case (.register(let first, isGuest: true), .register(let second, isGuest: true)): first == second
        case (.extended(let first), .extended(let second)): first == second
        default: false
        }
    }

    private mutating func lowerZero(_ index: Int) {
        let w = nodes[index].width
        let destination = target(index)
        if destination.isGuest { beforeWriting(destination.register, at: index) }
        asm.alu(.xor, destination.register, destination.register, w)
        finish(destination, index)
        setFlags(at: index, .logic, w, destination.isGuest && destination.register < 16 ? .register(destination.register) : .none)
    }

    private mutating func lowerNegate(_ index: Int) {
        let w = nodes[index].width
        let destination = target(index)
        begin(destination, from: Int(nodes[index].b), w, at: index)
        asm.neg(destination.register, w)
        finish(destination, index)
        setFlags(at: index, .negate, w, destination.isGuest && destination.register < 16 ? .register(destination.register) : .none)
    }

    // MARK: One operand

    /// INC and DEC: CF stays, wherever it is.
    mutating func lowerStep(_ index: Int) {
        let node = nodes[index]
        let destination = target(index)
        let isPlain = destination.isGuest && destination.register < 16
        let keepsCarry = live[index].contains(.carry)
        let leavesCarry = keepsCarry && isPlain && hasCarryInImage
        var carry: HostFlags?
        if keepsCarry && !leavesCarry {
            carry = getCarryIntoHost()
            if flags.origin != .image && flags.origin != .increment && flags.origin != .decrement {
                // Bit 8 of the image; the others are made again from the result.
                asm.set(HostCondition.below, HostMap.core(CoreOffset.flags + 1))
            }
        }
        begin(destination, from: Int(node.a), node.width, at: index)
        asm.expect(carry)
        if node.operation == .increment {
            asm.inc(destination.register, node.width)
        } else {
            asm.dec(destination.register, node.width)
        }
        finish(destination, index)
        let origin: FlagState.Origin = node.operation == .increment ? .increment : .decrement
        setFlags(at: index, origin, node.width, saved(isPlain ? .register(destination.register) : .none, destination, index))
        flags.lacksCarry = leavesCarry
    }

    /// NOT, sums, BSWAP, sign extension: no flags.
    mutating func lowerPlain(_ index: Int) {
        let node = nodes[index]
        if node.operation != .byteSwap && node.operation != .not { loseHostFlags(at: index) }
        let destination = target(index, keepsFlags: true)
        switch node.operation {
        case .not:
            begin(destination, from: Int(node.a), node.width, at: index)
            asm.not(destination.register, node.width)
        case .byteSwap:
            begin(destination, from: Int(node.a), node.width, at: index)
            asm.bswap(destination.register, node.width)
        case .sum:
            let second = source(Int(node.b), index, besides: destination, isCommutative: true, Int(node.a))
            begin(destination, from: second.swaps ? Int(node.b) : Int(node.a), node.width, at: index)
            switch second.place {
            case .constant(let value): asm.alu(.add, destination.register, immediate: value, node.width)
            case .register(let register, _): asm.alu(.add, destination.register, register, node.width)
            case .extended(let number): asm.alu(.add, destination.register, extended(number), node.width)
            default: break
            }
        case .signExtend: lowerSignExtend(index, destination)
        default:
            let register = copy(Int(node.a), to: destination.register, .quadword)
            asm.shift(.sar, register, by: 63, .quadword)
        }
        finish(destination, index)
    }

    private mutating func lowerSignExtend(_ index: Int, _ destination: Destination) {
        let node = nodes[index]
        let from = Width(rawValue: node.number).unsafelyUnwrapped
        if destination.isGuest { beforeWriting(destination.register, at: index) }
        let source =
            if case .register(let register, _) = places[Int(node.a)] { register } else {
                copy(Int(node.a), to: HostMap.scratch, from)
            }
        if source >= 16 {
            extractHighByte(source, to: HostMap.scratch)
            asm.signExtend(destination.register, HostMap.scratch, from: from, to: node.width)
        } else {
            asm.signExtend(destination.register, source, from: from, to: node.width)
        }
        if !destination.isGuest && node.width == .word { asm.zeroExtend(destination.register, destination.register, from: .word) }
    }

    // MARK: Where results go

    /// The register that a result is made in.
    struct Destination {
        let register: HostRegister
        /// The register that the next node sets; that node is done then.
        let isGuest: Bool
        let fused: Int?
    }

    /// `keepsFlags`: the operation leaves the guest's flags alone, so their operands must survive.
    mutating func target(_ index: Int, keepsFlags: Bool = false) -> Destination {
        guard let fused = fusedRegister(index), nodes[fused].width == nodes[index].width else {
            return Destination(register: temporary(at: index), isGuest: false, fused: nil)
        }
        let register = hostRegister(nodes[fused].number, nodes[fused].width)
        if keepsFlags { protect(register, at: fused) }
        return Destination(register: register, isGuest: true, fused: fused)
    }

    /// `value`, or `scratch` when a value that will be used lies there; there are no more than two, and no access follows.
    private func temporary(at index: Int) -> HostRegister {
        for other in range where other < index && Int(lastUse[other]) > index {
            if case .register(HostMap.value, isGuest: false) = places[other] { return HostMap.scratch }
        }
        return HostMap.value
    }

    /// Puts the first operand into the destination.
    mutating func begin(_ destination: Destination, from value: Int, _ w: Width, at index: Int) {
        if destination.isGuest {
            if case .register(destination.register, _) = places[value] {
                beforeWriting(destination.register, at: index)
                return
            }
            beforeWriting(destination.register, at: index)
            switch places[value] {
            case .constant(let constant) where w == .quadword: asm.mov(destination.register, constant: constant)
            case .constant(let constant): asm.mov(destination.register, immediate: constant, w)
            case .extended(let number): asm.load(destination.register, extended(number), w)
            case .register(let source, _) where areCompatible(source, destination.register, w):
                asm.mov(destination.register, source, w)
            case .register(let source, _):
                if source >= 16 {
                    extractHighByte(source, to: HostMap.scratch)
                    asm.mov(destination.register, HostMap.scratch, w)
                } else {
                    insertHighByte(destination.register, from: source)
                }
            default: copy(value, to: destination.register, w)
            }
        } else {
            copy(value, to: destination.register, w)
        }
    }

    mutating func finish(_ destination: Destination, _ index: Int) {
        places[index] = .register(destination.register, isGuest: destination.isGuest)
        if let fused = destination.fused { isDone[fused] = true }
    }

    /// The second operand as it can stand beside the destination.
    struct Source {
        var place: Place
        var recipe: FlagState.Operand
        /// The destination holds this operand already, so the two change places.
        var swaps = false
        /// Both operands are the destination.
        var isDestination = false
    }

    mutating func source(_ b: Int, _ index: Int, besides destination: Destination, isCommutative: Bool, _ a: Int) -> Source {
        let w = nodes[index].width
        // Operands of the flags that are there are not overwritten by an operation that leaves the flags alone.
        let setsFlags = nodes[index].operation != .sum
        let recipe = setsFlags ? operand(places[b], at: index, slot: 1) : .none
        if case .extended = places[b], nodes[b].width.rawValue < w.rawValue {
            copy(b, to: HostMap.scratch, nodes[b].width)
            return Source(place: .register(HostMap.scratch, isGuest: false), recipe: .none)
        }
        if case .constant(let constant) = places[b], w == .quadword, !constant.isDisplacement {
            copy(b, to: HostMap.scratch, w)
            return Source(place: .register(HostMap.scratch, isGuest: false), recipe: .none)
        }
        guard case .register(let register, let isGuest) = places[b] else {
            if case .address = places[b] {
                effectiveAddress(into: HostMap.scratch)
                return Source(place: .register(HostMap.scratch, isGuest: false), recipe: .none)
            }
            return Source(place: places[b], recipe: recipe)
        }
        if isGuest && narrower(nodes[b].width, w) != w {
            copy(b, to: HostMap.scratch, nodes[b].width)
            return Source(place: .register(HostMap.scratch, isGuest: false), recipe: .none)
        }
        if register == destination.register {
            if case .register(register, _) = places[a] { return Source(place: places[b], recipe: .none, isDestination: true) }
            if isCommutative, case .register(let first, _) = places[a], areCompatible(first, register, w) {
                return Source(place: places[a], recipe: setsFlags ? operand(places[a], at: index, slot: 1) : .none, swaps: true)
            }
            copy(b, to: HostMap.scratch, w)
            return Source(place: .register(HostMap.scratch, isGuest: false), recipe: .none)
        }
        if !areCompatible(register, destination.register, w) {
            copy(b, to: HostMap.scratch, w)
            return Source(place: .register(HostMap.scratch, isGuest: false), recipe: .none)
        }
        return Source(place: places[b], recipe: recipe)
    }
}

extension IROperation {
    fileprivate var alu: (ALU, FlagState.Origin) {
        switch self {
        case .add: (.add, .add)
        case .addWithCarry: (.adc, .host)
        case .subtract: (.sub, .subtract)
        case .subtractWithBorrow: (.sbb, .host)
        case .and: (.and, .logic)
        case .or: (.or, .logic)
        default: (.xor, .logic)
        }
    }
}

extension ALU {
    var isCommutative: Bool {
        switch self {
        case .add, .or, .adc, .and, .xor: true
        case .sbb, .sub, .cmp: false
        }
    }
}
