import X86

/// The reading that runs instructions: values are integers and primitives act at once.
///
/// SAFETY: `core` outlives every use: it belongs to the `CPU` that makes these. `op` points into a block that is not freed while it runs.
struct Execute<Form: OperandForm>: Reading {
    typealias Value = UInt64
    typealias Truth = Bool

    let core: CoreHandle
    let op: OpHandle

    @inline(__always) init(_ core: CoreHandle, _ op: OpHandle) {
        self.core = core
        self.op = op
    }

    @inline(__always) var instruction: Instruction {
        @inline(__always) _read { yield op.pointee.instruction }
    }

    /// Host address of the operand in RAM or in the register file; 0 for one that `core.split` describes.
    struct Location {
        let host: UInt
        let isRegister: Bool
    }

    // MARK: Operands

    @inline(__always) func operand0<W: OperandWidth>(_ w: W.Type) throws(Fault) -> UInt64 {
        switch Form.kind0 {
        case .register: return core.register(instruction.register0, w)
        case .memory: return try loadOperand(w)
        case .immediate: return W.truncate(instruction.immediate)
        case .any: return try read(instruction.kind0, instruction.register0, w)
        }
    }

    @inline(__always) func operand1<W: OperandWidth>(_ w: W.Type) throws(Fault) -> UInt64 {
        switch Form.kind1 {
        case .register: return core.register(instruction.register1, w)
        case .memory: return try loadOperand(w)
        case .immediate: return W.truncate(instruction.immediate)
        case .any: return try read(instruction.kind1, instruction.register1, w)
        }
    }

    /// Operand 2 is an immediate or CL.
    @inline(__always) func operand2<W: OperandWidth>(_ w: W.Type) throws(Fault) -> UInt64 {
        instruction.kind2 == .immediate ? W.truncate(instruction.immediate) : core.register(1, w)
    }

    @inline(__always)
    private func read<W: OperandWidth>(_ kind: OperandKind, _ number: UInt8, _ w: W.Type) throws(Fault) -> UInt64 {
        switch kind {
        case .memory: return try loadOperand(w)
        case .immediate, .relative: return W.truncate(instruction.immediate)
        case .one: return 1
        default: return core.register(number, w)
        }
    }

    @inline(__always) func setOperand0<W: OperandWidth>(_ value: UInt64, _ w: W.Type) throws(Fault) {
        switch Form.kind0 {
        case .memory: try storeOperand(value, w)
        case .any where instruction.kind0 == .memory: try storeOperand(value, w)
        default: core.setRegister(instruction.register0, value, w)
        }
    }

    @inline(__always) func setOperand1<W: OperandWidth>(_ value: UInt64, _ w: W.Type) throws(Fault) {
        core.setRegister(instruction.register1, value, w)
    }

    @inline(__always) func updateOperand0<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Location {
        switch Form.kind0 {
        case .memory: return try locateOperand(w)
        case .any where instruction.kind0 == .memory: return try locateOperand(w)
        default: return locateRegister(instruction.register0, w)
        }
    }

    @inline(__always) func updateOperand1<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Location { try locateOperand(w) }

    @inline(__always) private func locateRegister<W: OperandWidth>(_ number: UInt8, _ w: W.Type) -> Location {
        Location(host: UInt(bitPattern: core.raw) &+ UInt(bitPattern: core.registerOffset(number, w)), isRegister: true)
    }

    @inline(__always) func value<W: OperandWidth>(of location: Location, _ w: W.Type) -> UInt64 {
        if let host = UnsafeMutableRawPointer(bitPattern: location.host) {
            return UInt64(truncatingIfNeeded: host.loadUnaligned(as: W.Bits.self))
        }
        return core.loadSplit(op, W.bytes)
    }

    @inline(__always) func set<W: OperandWidth>(_ location: Location, _ value: UInt64, _ w: W.Type) {
        guard let host = UnsafeMutableRawPointer(bitPattern: location.host) else { return core.storeSplit(op, value, W.bytes) }
        if location.isRegister && W.bits == 32 {
            host.storeBytes(of: value & 0xFFFF_FFFF, as: UInt64.self)
        } else {
            host.storeBytes(of: W.Bits(truncatingIfNeeded: value), as: W.Bits.self)
        }
    }

    @inline(__always) func constant(_ value: UInt64) -> UInt64 { value }

    // MARK: Memory operand

    /// Offset of the memory operand, at its address size.
    @inline(__always) func effectiveAddress() -> UInt64 {
        let sum = unmaskedAddress()
        switch instruction.addressSize {
        case .word, .byte: return sum & 0xFFFF
        case .doubleword: return sum & 0xFFFF_FFFF
        case .quadword: return instruction.hasOffset64 ? instruction.immediate : sum
        }
    }

    @inline(__always) private func unmaskedAddress() -> UInt64 {
        // RIP-relative: of the byte behind the instruction.
        let base =
            instruction.base == Instruction.ripRegister
            ? core.pointee.entryRIP &+ op.pointee.end : core.register(instruction.base)
        return base &+ (core.register(instruction.index) &<< UInt64(truncatingIfNeeded: instruction.scale))
            &+ UInt64(bitPattern: Int64(instruction.displacement))
    }

    /// The memory operand in a flat segment with a 32-bit address.
    @inline(__always) private func flatAddress() -> UInt64 {
        let i = op.pointee.instruction
        let sum =
            core.register(i.base) &+ (core.register(i.index) &<< UInt64(truncatingIfNeeded: i.scale))
            &+ UInt64(bitPattern: Int64(i.displacement))
        return sum & 0xFFFF_FFFF
    }

    @inline(__always) private func linearOperand<W: OperandWidth>(_ access: Access, _ w: W.Type) throws(Fault) -> UInt64 {
        if op.pointee.assumptions.contains(.flatMemory) { return flatAddress() }
        if op.pointee.assumptions.contains(.flat64) { return effectiveAddress() }
        return try core.linear(instruction.segment, effectiveAddress(), W.bytes, access)
    }

    @inline(__always) private func loadOperand<W: OperandWidth>(_ w: W.Type) throws(Fault) -> UInt64 {
        Form.isFast ? try core.load(try linearOperand(.read, w), op, w) : try loadOutOfLine(w)
    }

    @inline(__always) private func storeOperand<W: OperandWidth>(_ value: UInt64, _ w: W.Type) throws(Fault) {
        if Form.isFast {
            try core.store(try linearOperand(.write, w), value, op, w)
        } else {
            try storeOutOfLine(value, w)
        }
    }

    @inline(__always) private func locateOperand<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Location {
        let host = Form.isFast ? try core.locate(try linearOperand(.readWrite, w), op, w) : try locateOutOfLine(w)
        return Location(host: host, isRegister: false)
    }

    @inline(never) private func loadOutOfLine<W: OperandWidth>(_ w: W.Type) throws(Fault) -> UInt64 {
        try core.load(try linearOperand(.read, w), op, w)
    }

    @inline(never) private func storeOutOfLine<W: OperandWidth>(_ value: UInt64, _ w: W.Type) throws(Fault) {
        try core.store(try linearOperand(.write, w), value, op, w)
    }

    @inline(never) private func locateOutOfLine<W: OperandWidth>(_ w: W.Type) throws(Fault) -> UInt {
        try core.locate(try linearOperand(.readWrite, w), op, w)
    }

    // MARK: Registers, memory, stack

    @inline(__always) func register<W: OperandWidth>(_ number: UInt8, _ w: W.Type) -> UInt64 { core.register(number, w) }
    @inline(__always) func setRegister<W: OperandWidth>(_ number: UInt8, _ value: UInt64, _ w: W.Type) {
        core.setRegister(number, value, w)
    }

    func selector(_ segment: SegmentRegisterName) -> UInt64 { UInt64(core.segment(segment).pointee.selector) }

    @inline(__always) func stringStep<W: OperandWidth>(_ w: W.Type) -> UInt64 {
        core.pointee.state.eflags.contains(.DF) ? 0 &- W.bytes : W.bytes
    }

    @inline(never)
    func load<W: OperandWidth>(_ segment: SegmentRegisterName, _ offset: UInt64, _ w: W.Type) throws(Fault) -> UInt64 {
        try core.load(try core.linear(segment, offset, W.bytes, .read), op, w)
    }

    @inline(never)
    func store<W: OperandWidth>(_ segment: SegmentRegisterName, _ offset: UInt64, _ value: UInt64, _ w: W.Type) throws(Fault) {
        try core.store(try core.linear(segment, offset, W.bytes, .write), value, op, w)
    }

    /// An address moved by `bytes`, at the instruction's address size: where a part of a longer operand begins.
    func addressSum(_ address: UInt64, _ bytes: UInt64) -> UInt64 {
        switch instruction.addressSize {
        case .word, .byte: (address &+ bytes) & 0xFFFF
        case .doubleword: (address &+ bytes) & 0xFFFF_FFFF
        case .quadword: address &+ bytes
        }
    }

    @inline(__always) func push<W: OperandWidth>(_ value: UInt64, _ w: W.Type) throws(Fault) {
        if Form.isFast { try pushInLine(value, w) } else { try pushOutOfLine(value, w) }
    }

    @inline(never) private func pushOutOfLine<W: OperandWidth>(_ value: UInt64, _ w: W.Type) throws(Fault) {
        try pushInLine(value, w)
    }

    @inline(__always) private func pushInLine<W: OperandWidth>(_ value: UInt64, _ w: W.Type) throws(Fault) {
        let offset = (core.pointee.state.rsp &- W.bytes) & core.pointee.stackMask
        let linear =
            op.pointee.assumptions.contains(.flatStack) ? offset : try core.linear(.ss, offset, W.bytes, .write)
        try core.store(linear, value, op, w)
        core.setStackPointer(offset)
    }

    @inline(__always) func top<W: OperandWidth>(_ w: W.Type) throws(Fault) -> UInt64 {
        Form.isFast ? try topInLine(w) : try topOutOfLine(w)
    }

    @inline(never) private func topOutOfLine<W: OperandWidth>(_ w: W.Type) throws(Fault) -> UInt64 { try topInLine(w) }

    @inline(__always) private func topInLine<W: OperandWidth>(_ w: W.Type) throws(Fault) -> UInt64 {
        let offset = core.pointee.state.rsp & core.pointee.stackMask
        let linear =
            op.pointee.assumptions.contains(.flatStack) ? offset : try core.linear(.ss, offset, W.bytes, .read)
        return try core.load(linear, op, w)
    }

    @inline(__always) func drop<W: OperandWidth>(_ w: W.Type) { release(W.bytes) }

    @inline(__always) func release(_ bytes: UInt64) { core.setStackPointer(core.pointee.state.rsp &+ bytes) }

    func frameTop<W: OperandWidth>(_ w: W.Type) throws(Fault) -> UInt64 {
        let offset = core.pointee.state.rbp & core.pointee.stackMask
        let linear =
            op.pointee.assumptions.contains(.flatStack) ? offset : try core.linear(.ss, offset, W.bytes, .read)
        return try core.load(linear, op, w)
    }

    func releaseFrame(_ bytes: UInt64) { core.setStackPointer(core.pointee.state.rbp &+ bytes) }

    @inline(__always) func pop<W: OperandWidth>(_ w: W.Type) throws(Fault) -> UInt64 {
        let value = try top(w)
        drop(w)
        return value
    }

    // MARK: Conditions and control transfer

    @inline(__always) func condition(_ code: UInt8) -> Bool { core.pointee.lazy.holds(code) }
    @inline(__always) func isZero<W: OperandWidth>(_ a: UInt64, _ w: W.Type) -> Bool { a == 0 }
    @inline(__always) func isNotZero<W: OperandWidth>(_ a: UInt64, _ w: W.Type) -> Bool { a != 0 }
    @inline(__always) func both(_ a: Bool, _ b: Bool) -> Bool { a && b }
    @inline(__always) func select(_ condition: Bool, _ a: UInt64, _ b: UInt64) -> UInt64 { condition ? a : b }

    /// While an instruction that ends a block runs, RIP is that of the next one already.
    @inline(__always) func nextRIP() -> UInt64 { core.pointee.state.rip }

    @inline(__always) func checkBranch<W: OperandWidth>(to target: UInt64, _ w: W.Type) throws(Fault) {
        if target > UInt64(core.pointee.state.cs.limit) { try core.checkBranchBeyondLimit(to: target) }
    }

    @inline(__always) func branch<W: OperandWidth>(to target: UInt64, _ w: W.Type) throws(Fault) {
        try checkBranch(to: target, w)
        core.pointee.state.rip = target
    }

    @inline(__always) func branch<W: OperandWidth>(if condition: Bool, to target: UInt64, _ w: W.Type) throws(Fault) {
        if condition { try branch(to: target, w) }
    }

    @inline(__always) func opensCall<W: OperandWidth>(_ w: W.Type) {
        guard W.bits > 16, core.pointee.openCalls != nil else { return }
        core.openCall(at: core.pointee.state.rsp & core.pointee.stackMask, returningTo: core.pointee.state.rip)
    }

    @inline(__always) func closesCall<W: OperandWidth>(to target: UInt64, _ w: W.Type) {
        guard W.bits > 16, core.pointee.openCalls != nil else { return }
        core.closeCall(at: core.pointee.state.rsp & core.pointee.stackMask, level: core.pointee.state.cpl, to: target)
    }

    @inline(__always)
    func branch<C: OperandWidth, W: OperandWidth>(
        if condition: Bool, to target: UInt64, setting number: UInt8, to value: UInt64, _ c: C.Type, _ w: W.Type
    ) throws(Fault) {
        try branch(if: condition, to: target, w)
        core.setRegister(number, value, c)
    }

    // MARK: Flags one by one

    @inline(__always) func setFlag(_ flag: EFLAGS, _ value: Bool) {
        if flag == .CF {
            core.pointee.lazy.setCF(value)
        } else if value {
            core.pointee.state.eflags.insert(flag)
        } else {
            core.pointee.state.eflags.remove(flag)
        }
    }

    @inline(__always) func complementCarry() { core.pointee.lazy.setCF(!core.pointee.lazy.CF) }

    func lowFlags() -> UInt64 { UInt64(core.pointee.lazy.eflags.rawValue & 0xD5) | 2 }

    func setLowFlags(_ value: UInt64) {
        let overflow: EFLAGS = core.pointee.lazy.OF ? .OF : []
        core.pointee.lazy = LazyFlags(EFLAGS(rawValue: UInt32(truncatingIfNeeded: value) & 0xD5).union(overflow))
    }

    func pause() { core.pointee.cpu.pause() }

    // Not in line: the loop's function for any instruction stays small.
    @inline(never) func callOut(_ definition: (CPU, Execute<AnyForm>) throws(Fault) -> Void) throws(Fault) {
        if let fault = core.pointee.callOut(Execute<AnyForm>(core, op), definition) { throw fault }
    }
    @inline(__always) func packed(_ definition: (SSEUnit) throws(Fault) -> Void) throws(Fault) {
        try definition(SSEUnit(r: Execute<AnyForm>(core, op)))
    }
}
