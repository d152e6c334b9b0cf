import X86

/// A way to read the definition of an instruction: run it, translate it, or explain it.
///
/// A reading of instructions' meanings, which are written once in `Semantics`, in terms of these primitives; each conforming type decides what a value is
/// and what a primitive does. Values are unsigned integers of up to 64 bits; a primitive with a width takes and yields values of that
/// width, upper bits zero. A primitive that throws does so before anything has changed.
protocol Reading {
    associatedtype Value
    /// A truth value that may not be known yet.
    associatedtype Truth
    /// An operand that has been checked for reading and writing and will be written after it was read.
    associatedtype Location

    var instruction: Instruction { get }

    // MARK: Operands

    /// Operand 0, 1 or 2, read.
    func operand0<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Value
    func operand1<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Value
    func operand2<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Value
    /// Operand 0 or 1, written.
    func setOperand0<W: OperandWidth>(_ value: Value, _ w: W.Type) throws(Fault)
    func setOperand1<W: OperandWidth>(_ value: Value, _ w: W.Type) throws(Fault)
    /// Operand 0, to be read and then written.
    func updateOperand0<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Location
    func updateOperand1<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Location
    func value<W: OperandWidth>(of location: Location, _ w: W.Type) -> Value
    func set<W: OperandWidth>(_ location: Location, _ value: Value, _ w: W.Type)
    /// Offset of the memory operand in its segment.
    func effectiveAddress() -> Value
    func constant(_ value: UInt64) -> Value

    // MARK: Registers, memory, stack

    func register<W: OperandWidth>(_ number: UInt8, _ w: W.Type) -> Value
    func setRegister<W: OperandWidth>(_ number: UInt8, _ value: Value, _ w: W.Type)
    func selector(_ segment: SegmentRegisterName) -> Value
    func load<W: OperandWidth>(_ segment: SegmentRegisterName, _ offset: Value, _ w: W.Type) throws(Fault) -> Value
    func store<W: OperandWidth>(_ segment: SegmentRegisterName, _ offset: Value, _ value: Value, _ w: W.Type) throws(Fault)
    /// The step that a string instruction adds to an index: the operand's size, or by DF its negative.
    func stringStep<W: OperandWidth>(_ w: W.Type) -> Value
    func push<W: OperandWidth>(_ value: Value, _ w: W.Type) throws(Fault)
    func pop<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Value
    /// The stack's top element, without removing it; `drop` removes it.
    func top<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Value
    func drop<W: OperandWidth>(_ w: W.Type)
    /// Adds `bytes` to the stack pointer.
    func release(_ bytes: UInt64)
    /// The element at SS:[rBP]; `releaseFrame` sets the stack pointer to rBP + `bytes`. Both in the stack's width.
    func frameTop<W: OperandWidth>(_ w: W.Type) throws(Fault) -> Value
    func releaseFrame(_ bytes: UInt64)

    // MARK: Arithmetic that sets the status flags

    func add<W: OperandWidth>(_ a: Value, _ b: Value, _ w: W.Type) -> Value
    func addWithCarry<W: OperandWidth>(_ a: Value, _ b: Value, _ w: W.Type) -> Value
    func subtract<W: OperandWidth>(_ a: Value, _ b: Value, _ w: W.Type) -> Value
    func subtractWithBorrow<W: OperandWidth>(_ a: Value, _ b: Value, _ w: W.Type) -> Value
    /// CF stays.
    func increment<W: OperandWidth>(_ a: Value, _ w: W.Type) -> Value
    func decrement<W: OperandWidth>(_ a: Value, _ w: W.Type) -> Value
    func and<W: OperandWidth>(_ a: Value, _ b: Value, _ w: W.Type) -> Value
    func or<W: OperandWidth>(_ a: Value, _ b: Value, _ w: W.Type) -> Value
    func xor<W: OperandWidth>(_ a: Value, _ b: Value, _ w: W.Type) -> Value
    /// Shifts and rotates by `count` as the instruction masks it; flags as for that count.
    func shift<W: OperandWidth>(_ kind: Shift, _ a: Value, by count: Value, _ w: W.Type) -> Value
    /// `a` shifted, filled with bits of `b`.
    func shiftDouble<W: OperandWidth>(_ kind: Shift, _ a: Value, _ b: Value, by count: Value, _ w: W.Type) -> Value
    /// CF := bit `index` of `a`, counted modulo the width; yields `a` with that bit as `operation` says. The other flags stay.
    func bit<W: OperandWidth>(_ operation: BitOperation, _ a: Value, _ index: Value, _ w: W.Type) -> Value
    /// Lower and upper half of the product; CF = OF = the upper half is significant.
    func multiply<W: OperandWidth>(_ a: Value, _ b: Value, signed: Bool, _ w: W.Type) -> (low: Value, high: Value)

    /// Quotient and remainder of high:low by `divisor`. #DE when the divisor is zero or the quotient too large. Flags stay.
    func divide<W: OperandWidth>(
        high: Value, low: Value, by divisor: Value, signed: Bool, _ w: W.Type
    ) throws(Fault) -> (quotient: Value, remainder: Value)

    // MARK: Arithmetic that leaves the flags alone

    func not<W: OperandWidth>(_ a: Value, _ w: W.Type) -> Value
    func signExtend<From: OperandWidth, To: OperandWidth>(_ a: Value, _ from: From.Type, _ to: To.Type) -> Value
    /// 64 copies of bit 63.
    func signFill(_ a: Value) -> Value
    func byteSwap<W: OperandWidth>(_ a: Value, _ w: W.Type) -> Value
    func sum<W: OperandWidth>(_ a: Value, _ b: Value, _ w: W.Type) -> Value

    // MARK: Conditions and control transfer

    func condition(_ code: UInt8) -> Truth
    func isZero<W: OperandWidth>(_ a: Value, _ w: W.Type) -> Truth
    func isNotZero<W: OperandWidth>(_ a: Value, _ w: W.Type) -> Truth
    func both(_ a: Truth, _ b: Truth) -> Truth
    func select(_ condition: Truth, _ a: Value, _ b: Value) -> Value
    /// RIP of the next instruction.
    func nextRIP() -> Value
    /// Near transfer to an offset in CS, truncated to the operand size; #GP(0) beyond the limit.
    func branch<W: OperandWidth>(to target: Value, _ w: W.Type) throws(Fault)
    func branch<W: OperandWidth>(if condition: Truth, to target: Value, _ w: W.Type) throws(Fault)
    /// Transfers as above, with register `number` set whether the transfer happens or not, unless it faults.
    func branch<C: OperandWidth, W: OperandWidth>(
        if condition: Truth, to target: Value, setting number: UInt8, to value: Value, _ c: C.Type, _ w: W.Type
    ) throws(Fault)
    /// CALL has pushed the return address, and RET has read it and transferred: for who keeps the calls that are open.
    func opensCall<W: OperandWidth>(_ w: W.Type)
    func closesCall<W: OperandWidth>(to target: Value, _ w: W.Type)
    /// Checks that `branch(to:)` would be allowed; for what has to happen between check and transfer.
    func checkBranch<W: OperandWidth>(to target: Value, _ w: W.Type) throws(Fault)

    // MARK: Flags one by one

    func setFlag(_ flag: EFLAGS, _ value: Bool)
    func complementCarry()
    /// SF ZF AF PF CF in the low byte of FLAGS.
    func lowFlags() -> Value
    func setLowFlags(_ value: Value)

    /// PAUSE. Nothing, but where several processors take turns.
    func pause()
    /// A definition that primitives cannot say: a method of the processor, called as it is.
    func callOut(_ definition: (CPU, Execute<AnyForm>) throws(Fault) -> Void) throws(Fault)
    /// A definition by the unit of MMX, SSE and AVX.
    func packed(_ definition: (SSEUnit) throws(Fault) -> Void) throws(Fault)
}

extension Reading {
    func opensCall<W: OperandWidth>(_ w: W.Type) {}
    func closesCall<W: OperandWidth>(to target: Value, _ w: W.Type) {}

    func pause() {}
    @inline(__always) func packed(_ definition: (SSEUnit) throws(Fault) -> Void) throws(Fault) {
        try callOut { _, r throws(Fault) in try definition(SSEUnit(r: r)) }
    }
}

/// The change that BT, BTS, BTR and BTC make of the bit.
enum BitOperation: UInt8 {
    case test, set, reset, complement
}

/// The shifts and rotates of group 2, and the double shifts.
enum Shift {
    case rol, ror, rcl, rcr, shl, shr, sar
}
