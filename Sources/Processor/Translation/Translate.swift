import X86

/// The reading that says what an instruction does: values are nodes of the intermediate representation.
struct Translate: Reading {
    typealias Value = IRValue
    typealias Truth = IRValue

    let builder: IRBuilder
    let instruction: Instruction
    /// RIP of the next instruction.
    let next: UInt64

    enum Location {
        case register(UInt8)
        case memory(IRValue)
    }

    @discardableResult
    private func node(
        _ operation: IROperation, _ width: Width = .doubleword, number: UInt8 = 0, _ a: IRValue = IRNode.none,
        _ b: IRValue = IRNode.none, _ c: IRValue = IRNode.none, immediate: UInt64 = 0
    ) -> IRValue {
        var node = IRNode(operation)
        node.width = width
        node.number = number
        node.a = a
        node.b = b
        node.c = c
        node.immediate = immediate
        return builder.append(node)
    }

    // MARK: Operands

    private func read<W: OperandWidth>(_ kind: OperandKind, _ number: UInt8, _ w: W.Type) -> IRValue {
        switch kind {
        case .memory: node(.load, W.width, number: segment, effectiveAddress())
        case .immediate, .relative: constant(W.truncate(instruction.immediate))
        case .one: constant(1)
        default: register(number, w)
        }
    }

    private var segment: UInt8 { UInt8(truncatingIfNeeded: instruction.segment.number) }

    func operand0<W: OperandWidth>(_ w: W.Type) -> IRValue { read(instruction.kind0, instruction.register0, w) }
    func operand1<W: OperandWidth>(_ w: W.Type) -> IRValue { read(instruction.kind1, instruction.register1, w) }
    func operand2<W: OperandWidth>(_ w: W.Type) -> IRValue {
        instruction.kind2 == .immediate ? constant(W.truncate(instruction.immediate)) : register(1, w)
    }

    func setOperand0<W: OperandWidth>(_ value: IRValue, _ w: W.Type) {
        if instruction.kind0 == .memory {
            node(.store, W.width, number: segment, effectiveAddress(), value)
        } else {
            setRegister(instruction.register0, value, w)
        }
    }
    func setOperand1<W: OperandWidth>(_ value: IRValue, _ w: W.Type) { setRegister(instruction.register1, value, w) }

    func updateOperand0<W: OperandWidth>(_ w: W.Type) -> Location {
        guard instruction.kind0 == .memory else { return .register(instruction.register0) }
        return .memory(node(.locate, W.width, number: segment, effectiveAddress()))
    }
    func updateOperand1<W: OperandWidth>(_ w: W.Type) -> Location {
        .memory(node(.locate, W.width, number: segment, effectiveAddress()))
    }

    func value<W: OperandWidth>(of location: Location, _ w: W.Type) -> IRValue {
        switch location {
        case .register(let number): register(number, w)
        case .memory(let place): node(.loadAt, W.width, place)
        }
    }
    func set<W: OperandWidth>(_ location: Location, _ value: IRValue, _ w: W.Type) {
        switch location {
        case .register(let number): setRegister(number, value, w)
        case .memory(let place): node(.storeAt, W.width, place, value)
        }
    }

    func effectiveAddress() -> IRValue { node(.address, instruction.addressSize) }
    func constant(_ value: UInt64) -> IRValue { node(.constant, .quadword, immediate: value) }

    // MARK: Registers, memory, stack

    func register<W: OperandWidth>(_ number: UInt8, _ w: W.Type) -> IRValue { node(.register, W.width, number: number) }
    func setRegister<W: OperandWidth>(_ number: UInt8, _ value: IRValue, _ w: W.Type) {
        node(.setRegister, W.width, number: number, value)
    }
    func load<W: OperandWidth>(_ segment: SegmentRegisterName, _ offset: IRValue, _ w: W.Type) -> IRValue {
        node(.load, W.width, number: UInt8(truncatingIfNeeded: segment.number), offset)
    }
    func selector(_ segment: SegmentRegisterName) -> IRValue {
        node(.selector, .word, number: UInt8(truncatingIfNeeded: segment.number))
    }
    func store<W: OperandWidth>(_ segment: SegmentRegisterName, _ offset: IRValue, _ value: IRValue, _ w: W.Type) {
        node(.store, W.width, number: UInt8(truncatingIfNeeded: segment.number), offset, value)
    }
    func stringStep<W: OperandWidth>(_ w: W.Type) -> IRValue { node(.stringStep, W.width) }
    func push<W: OperandWidth>(_ value: IRValue, _ w: W.Type) { node(.push, W.width, value) }
    func top<W: OperandWidth>(_ w: W.Type) -> IRValue { node(.top, W.width) }
    func drop<W: OperandWidth>(_ w: W.Type) { release(W.bytes) }
    func release(_ bytes: UInt64) { node(.release, immediate: bytes) }
    func frameTop<W: OperandWidth>(_ w: W.Type) -> IRValue { node(.frameTop, W.width) }
    func releaseFrame(_ bytes: UInt64) { node(.releaseFrame, immediate: bytes) }
    func pop<W: OperandWidth>(_ w: W.Type) -> IRValue {
        let value = top(w)
        drop(w)
        return value
    }

    // MARK: Arithmetic

    func add<W: OperandWidth>(_ a: IRValue, _ b: IRValue, _ w: W.Type) -> IRValue { node(.add, W.width, a, b) }
    func addWithCarry<W: OperandWidth>(_ a: IRValue, _ b: IRValue, _ w: W.Type) -> IRValue { node(.addWithCarry, W.width, a, b) }
    func subtract<W: OperandWidth>(_ a: IRValue, _ b: IRValue, _ w: W.Type) -> IRValue { node(.subtract, W.width, a, b) }
    func subtractWithBorrow<W: OperandWidth>(_ a: IRValue, _ b: IRValue, _ w: W.Type) -> IRValue {
        node(.subtractWithBorrow, W.width, a, b)
    }
    func increment<W: OperandWidth>(_ a: IRValue, _ w: W.Type) -> IRValue { node(.increment, W.width, a) }
    func decrement<W: OperandWidth>(_ a: IRValue, _ w: W.Type) -> IRValue { node(.decrement, W.width, a) }
    func and<W: OperandWidth>(_ a: IRValue, _ b: IRValue, _ w: W.Type) -> IRValue { node(.and, W.width, a, b) }
    func or<W: OperandWidth>(_ a: IRValue, _ b: IRValue, _ w: W.Type) -> IRValue { node(.or, W.width, a, b) }
    func xor<W: OperandWidth>(_ a: IRValue, _ b: IRValue, _ w: W.Type) -> IRValue { node(.xor, W.width, a, b) }

    func shift<W: OperandWidth>(_ kind: Shift, _ a: IRValue, by count: IRValue, _ w: W.Type) -> IRValue {
        let operation: IROperation =
            switch kind {
            case .rol: .rol
            case .ror: .ror
            case .rcl: .rcl
            case .rcr: .rcr
            case .shl: .shl
            case .shr: .shr
            case .sar: .sar
            }
        return node(operation, W.width, a, count)
    }
    func shiftDouble<W: OperandWidth>(_ kind: Shift, _ a: IRValue, _ b: IRValue, by count: IRValue, _ w: W.Type) -> IRValue {
        node(kind == .shl ? .shld : .shrd, W.width, a, b, count)
    }
    func bit<W: OperandWidth>(_ operation: BitOperation, _ a: IRValue, _ index: IRValue, _ w: W.Type) -> IRValue {
        node(.bit, W.width, number: operation.rawValue, a, index)
    }
    func multiply<W: OperandWidth>(_ a: IRValue, _ b: IRValue, signed: Bool, _ w: W.Type) -> (low: IRValue, high: IRValue) {
        let low = node(signed ? .multiplySigned : .multiply, W.width, a, b)
        return (low, node(.upperHalf, W.width, low))
    }
    func divide<W: OperandWidth>(
        high: IRValue, low: IRValue, by divisor: IRValue, signed: Bool, _ w: W.Type
    ) -> (quotient: IRValue, remainder: IRValue) {
        let quotient = node(signed ? .divideSigned : .divide, W.width, low, divisor, high)
        return (quotient, node(.remainder, W.width, quotient))
    }

    func not<W: OperandWidth>(_ a: IRValue, _ w: W.Type) -> IRValue { node(.not, W.width, a) }
    func signExtend<From: OperandWidth, To: OperandWidth>(_ a: IRValue, _ from: From.Type, _ to: To.Type) -> IRValue {
        node(.signExtend, To.width, number: From.width.rawValue, a)
    }
    func signFill(_ a: IRValue) -> IRValue { node(.signFill, .quadword, a) }
    func byteSwap<W: OperandWidth>(_ a: IRValue, _ w: W.Type) -> IRValue { node(.byteSwap, W.width, a) }
    func sum<W: OperandWidth>(_ a: IRValue, _ b: IRValue, _ w: W.Type) -> IRValue {
        if let first = builder.constant(a), let second = builder.constant(b) { return constant(W.truncate(first &+ second)) }
        return node(.sum, W.width, a, b)
    }

    // MARK: Conditions and control transfer

    func condition(_ code: UInt8) -> IRValue { node(.condition, number: code) }
    func isZero<W: OperandWidth>(_ a: IRValue, _ w: W.Type) -> IRValue { node(.isZero, W.width, a) }
    func isNotZero<W: OperandWidth>(_ a: IRValue, _ w: W.Type) -> IRValue { node(.isNotZero, W.width, a) }
    func both(_ a: IRValue, _ b: IRValue) -> IRValue { node(.both, .doubleword, a, b) }
    func select(_ condition: IRValue, _ a: IRValue, _ b: IRValue) -> IRValue { node(.select, .doubleword, condition, a, b) }
    func nextRIP() -> IRValue { constant(next) }
    func branch<W: OperandWidth>(to target: IRValue, _ w: W.Type) { node(.branch, W.width, target) }
    func branch<W: OperandWidth>(if condition: IRValue, to target: IRValue, _ w: W.Type) {
        node(.branchIf, W.width, target, condition)
    }
    /// The counter is set first: the back end sees to it that a target beyond the limit is the interpreter's.
    func branch<C: OperandWidth, W: OperandWidth>(
        if condition: IRValue, to target: IRValue, setting number: UInt8, to value: IRValue, _ c: C.Type, _ w: W.Type
    ) {
        setRegister(number, value, c)
        node(.branchIf, W.width, target, condition)
    }
    func checkBranch<W: OperandWidth>(to target: IRValue, _ w: W.Type) { node(.checkBranch, W.width, target) }

    // MARK: Flags one by one

    func setFlag(_ flag: EFLAGS, _ value: Bool) {
        if flag == .CF {
            node(value ? .setCarry : .clearCarry)
        } else {
            node(.setDirection, number: value ? 1 : 0)
        }
    }
    func complementCarry() { node(.complementCarry) }
    func lowFlags() -> IRValue { node(.lowFlags, .byte) }
    func setLowFlags(_ value: IRValue) { node(.setLowFlags, .byte, value) }

    func callOut() { node(.callOut) }
    func callOut(_: (CPU, Execute<AnyForm>) throws(Fault) -> Void) { callOut() }
}

/// Collects the nodes of one block.
final class IRBuilder {
    var nodes: [IRNode] = []

    func append(_ node: IRNode) -> IRValue {
        nodes.append(node)
        return IRValue(truncatingIfNeeded: nodes.count &- 1)
    }

    func constant(_ value: IRValue) -> UInt64? {
        let node = nodes[Int(value)]
        return node.operation == .constant ? node.immediate : nil
    }
}
