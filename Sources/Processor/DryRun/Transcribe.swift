import X86

/// The reading that writes down what it does: a value carries the number and the expression it came from. What is done, and every number, is `Execute`'s,
/// on a processor of its own (`DryRun`); this reading writes down what it sees.
struct Transcribe: Reading {
    typealias Value = Term

    let execute: Execute<AnyForm>
    let record: Record

    /// The transcript while it grows.
    final class Record {
        var transcript: Transcript
        init(_ instruction: Instruction) { transcript = Transcript(instruction: instruction) }
    }

    /// A place that was checked and will be written.
    struct Location {
        let execute: Execute<AnyForm>.Location
        /// Number of the access; nil for a register, which is `register`.
        let access: Int?
        let register: UInt8
    }

    var instruction: Instruction { execute.instruction }
    var core: CoreHandle { execute.core }

    // MARK: Writing down

    func note(_ effect: Effect) { record.transcript.effects.append(effect) }

    func term<W: OperandWidth>(_ number: UInt64, _ form: Term.Form, _ w: W.Type) -> Term {
        Term(number: number, width: W.width, form: form)
    }

    /// Writes an access down before it is tried.
    func begin<W: OperandWidth>(
        _ cause: MemoryAccess.Cause, _ kind: Access, _ segment: SegmentRegisterName, _ offset: UInt64, _ w: W.Type,
        pointer: Term? = nil
    ) -> Int {
        // 64-bit code has no bases but those of FS and GS.
        let hasBase = !core.pointee.mode.contains(.code64) || segment == .fs || segment == .gs
        let linear = core.wrapped((hasBase ? core.segment(segment).pointee.base : 0) &+ offset)
        record.transcript.accesses.append(
            MemoryAccess(
                cause: cause, kind: kind, segment: segment, offset: offset, pointer: pointer, linear: linear, width: W.width))
        return record.transcript.accesses.count &- 1
    }

    func found<W: OperandWidth>(_ access: Int, _ value: UInt64, _ w: W.Type) -> Term {
        record.transcript.accesses[access].value = value
        return term(value, .memory(access), w)
    }

    func wrote<W: OperandWidth>(_ access: Int, _ value: Term, _ w: W.Type) {
        let value = stored(value, w)
        record.transcript.accesses[access].value = value.number
        note(.memory(access, value))
    }

    /// Reduces a value to what remains of it in a place of width `W`.
    private func stored<W: OperandWidth>(_ value: Term, _ w: W.Type) -> Term {
        let number = W.truncate(value.number)
        return number == value.number ? value : term(number, .unary(.truncate, value), w)
    }

    // MARK: Operands

    private func read<W: OperandWidth>(
        _ kind: OperandKind, _ number: UInt8, _ w: W.Type, _ value: () throws(Fault) -> UInt64
    ) throws(Fault) -> Term {
        switch kind {
        case .memory:
            let access = begin(.operand, .read, instruction.segment, execute.effectiveAddress(), w)
            return found(access, try value(), w)
        case .immediate, .relative, .one: return term(try value(), .constant, w)
        default: return term(try value(), .register(number), w)
        }
    }

    func operand0<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Term {
        try read(instruction.kind0, instruction.register0, w) { () throws(Fault) in try execute.operand0(w) }
    }
    func operand1<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Term {
        try read(instruction.kind1, instruction.register1, w) { () throws(Fault) in try execute.operand1(w) }
    }
    func operand2<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Term {
        let isImmediate = instruction.kind2 == .immediate
        return term(try execute.operand2(w), isImmediate ? .constant : .register(1), w)
    }

    func setOperand0<W: OperandWidth>(_ value: Term, _ w: W.Type) throws(Fault) {
        guard instruction.kind0 == .memory else { return setRegister(instruction.register0, value, w) }
        let access = begin(.operand, .write, instruction.segment, execute.effectiveAddress(), w)
        try execute.setOperand0(value.number, w)
        wrote(access, value, w)
    }
    func setOperand1<W: OperandWidth>(_ value: Term, _ w: W.Type) throws(Fault) { setRegister(instruction.register1, value, w) }

    func updateOperand0<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Location {
        guard instruction.kind0 == .memory else {
            return Location(execute: try execute.updateOperand0(w), access: nil, register: instruction.register0)
        }
        let access = begin(.operand, .readWrite, instruction.segment, execute.effectiveAddress(), w)
        return Location(execute: try execute.updateOperand0(w), access: access, register: 0)
    }
    func updateOperand1<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Location {
        let access = begin(.operand, .readWrite, instruction.segment, execute.effectiveAddress(), w)
        return Location(execute: try execute.updateOperand1(w), access: access, register: 0)
    }
    func value<W: OperandWidth>(of location: Location, _ w: W.Type) -> Term {
        let value = execute.value(of: location.execute, w)
        return location.access.map { found($0, value, w) } ?? term(value, .register(location.register), w)
    }
    func set<W: OperandWidth>(_ location: Location, _ value: Term, _ w: W.Type) {
        execute.set(location.execute, value.number, w)
        if let access = location.access {
            wrote(access, value, w)
        } else {
            note(.register(location.register, W.width, stored(value, w)))
        }
    }

    func effectiveAddress() -> Term { Term(number: execute.effectiveAddress(), width: instruction.addressSize, form: .address) }
    func constant(_ value: UInt64) -> Term { Term(number: value, width: instruction.operandSize, form: .constant) }

    // MARK: Registers, memory, stack

    func register<W: OperandWidth>(_ number: UInt8, _ w: W.Type) -> Term { term(execute.register(number, w), .register(number), w) }
    func setRegister<W: OperandWidth>(_ number: UInt8, _ value: Term, _ w: W.Type) {
        execute.setRegister(number, value.number, w)
        note(.register(number, W.width, stored(value, w)))
    }
    func selector(_ segment: SegmentRegisterName) -> Term { term(execute.selector(segment), .selector(segment), Word.self) }

    func load<W: OperandWidth>(_ segment: SegmentRegisterName, _ offset: Term, _ w: W.Type) throws(Fault) -> Term {
        let access = begin(.pointer, .read, segment, offset.number, w, pointer: offset)
        return found(access, try execute.load(segment, offset.number, w), w)
    }
    func store<W: OperandWidth>(_ segment: SegmentRegisterName, _ offset: Term, _ value: Term, _ w: W.Type) throws(Fault) {
        let access = begin(.pointer, .write, segment, offset.number, w, pointer: offset)
        try execute.store(segment, offset.number, value.number, w)
        wrote(access, value, w)
    }
    func stringStep<W: OperandWidth>(_ w: W.Type) -> Term { Term(number: execute.stringStep(w), width: .quadword, form: .step) }

    private func moveStack(_ body: () throws(Fault) -> Void) throws(Fault) {
        let old = core.pointee.state.rsp
        try body()
        note(.stackPointer(from: old, to: core.pointee.state.rsp))
    }

    func push<W: OperandWidth>(_ value: Term, _ w: W.Type) throws(Fault) {
        let offset = (core.pointee.state.rsp &- W.bytes) & core.pointee.stackMask
        let access = begin(.stack, .write, .ss, offset, w)
        try moveStack { () throws(Fault) in try execute.push(value.number, w) }
        wrote(access, value, w)
    }
    func top<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Term {
        let access = begin(.stack, .read, .ss, core.pointee.state.rsp & core.pointee.stackMask, w)
        return found(access, try execute.top(w), w)
    }
    func pop<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Term {
        let value = try top(w)
        drop(w)
        return value
    }
    func drop<W: OperandWidth>(_ w: W.Type) { release(W.bytes) }
    func release(_ bytes: UInt64) { try? moveStack { execute.release(bytes) } }
    func frameTop<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Term {
        let access = begin(.frame, .read, .ss, core.pointee.state.rbp & core.pointee.stackMask, w)
        return found(access, try execute.frameTop(w), w)
    }
    func releaseFrame(_ bytes: UInt64) { try? moveStack { execute.releaseFrame(bytes) } }

    // MARK: Conditions and control transfer

    func condition(_ code: UInt8) -> Truth {
        Truth(holds: execute.condition(code), form: .condition(code, core.pointee.lazy.eflags))
    }
    func isZero<W: OperandWidth>(_ a: Term, _ w: W.Type) -> Truth { Truth(holds: a.number == 0, form: .isZero(a)) }
    func isNotZero<W: OperandWidth>(_ a: Term, _ w: W.Type) -> Truth { Truth(holds: a.number != 0, form: .isNotZero(a)) }
    func both(_ a: Truth, _ b: Truth) -> Truth { Truth(holds: a.holds && b.holds, form: .both(a, b)) }
    func select(_ condition: Truth, _ a: Term, _ b: Term) -> Term {
        Term(number: condition.holds ? a.number : b.number, width: a.width, form: .choice(condition, a, b))
    }
    func nextRIP() -> Term { Term(number: execute.nextRIP(), width: .doubleword, form: .nextIP) }

    func branch<W: OperandWidth>(to target: Term, _ w: W.Type) throws(Fault) {
        try execute.branch(to: target.number, w)
        note(.jump(to: target, if: nil))
    }
    func branch<W: OperandWidth>(if condition: Truth, to target: Term, _ w: W.Type) throws(Fault) {
        try execute.branch(if: condition.holds, to: target.number, w)
        note(.jump(to: target, if: condition))
    }
    func branch<C: OperandWidth, W: OperandWidth>(
        if condition: Truth, to target: Term, setting number: UInt8, to value: Term, _ c: C.Type, _ w: W.Type
    ) throws(Fault) {
        try execute.branch(if: condition.holds, to: target.number, setting: number, to: value.number, c, w)
        note(.register(number, C.width, stored(value, c)))
        note(.jump(to: target, if: condition))
    }
    func checkBranch<W: OperandWidth>(to target: Term, _ w: W.Type) throws(Fault) { try execute.checkBranch(to: target.number, w) }

    func callOut(_ definition: (CPU, Execute<AnyForm>) throws(Fault) -> Void) throws(Fault) {
        record.transcript.isCalledOut = true
        note(.callOut)
        try execute.callOut(definition)
    }
}
