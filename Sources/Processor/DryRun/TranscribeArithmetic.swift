import X86

/// Arithmetic of the reading that writes down: the numbers are `Execute`'s, and beside each stands the rule by which it set the flags.
extension Transcribe {
    /// Does it, and writes down which flags it changed.
    private func flagged(
        _ rule: FlagChange.Rule, _ written: EFLAGS, _ a: UInt64, _ b: UInt64, _ width: Width, _ body: () -> Term?
    ) -> Term? {
        let before = status
        let result = body()
        note(
            .flags(
                FlagChange(
                    rule: rule, written: written, before: before, after: status, a: a, b: b, carryIn: before.contains(.CF),
                    width: width, result: result)))
        return result
    }

    /// The status flags and DF as they are now.
    private var status: EFLAGS {
        core.pointee.lazy.eflags.union(core.pointee.state.eflags.intersection(.DF))
    }

    private func arithmetic<W: OperandWidth>(
        _ rule: FlagChange.Rule, _ operation: Term.Operator, _ written: EFLAGS, _ a: Term, _ b: Term, _ w: W.Type,
        _ body: () -> UInt64
    ) -> Term {
        let result = flagged(rule, written, a.number, b.number, W.width) {
            term(body(), .binary(operation, a, b), w)
        }
        return result ?? a
    }

    private static var allButCF: EFLAGS { EFLAGS.status.subtracting(.CF) }

    private func carry() -> Term { Term(number: core.pointee.lazy.CF ? 1 : 0, width: .byte, form: .constant) }

    // MARK: Sums

    func add<W: OperandWidth>(_ a: Term, _ b: Term, _ w: W.Type) -> Term {
        arithmetic(.sum, .add, .status, a, b, w) { execute.add(a.number, b.number, w) }
    }
    func addWithCarry<W: OperandWidth>(_ a: Term, _ b: Term, _ w: W.Type) -> Term {
        let carry = carry()
        let result = flagged(.sum, .status, a.number, b.number, W.width) {
            term(execute.addWithCarry(a.number, b.number, w), .ternary(.addWithCarry, a, b, carry), w)
        }
        return result ?? a
    }
    func subtract<W: OperandWidth>(_ a: Term, _ b: Term, _ w: W.Type) -> Term {
        arithmetic(.difference, .subtract, .status, a, b, w) { execute.subtract(a.number, b.number, w) }
    }
    func subtractWithBorrow<W: OperandWidth>(_ a: Term, _ b: Term, _ w: W.Type) -> Term {
        let carry = carry()
        let result = flagged(.difference, .status, a.number, b.number, W.width) {
            term(execute.subtractWithBorrow(a.number, b.number, w), .ternary(.subtractWithBorrow, a, b, carry), w)
        }
        return result ?? a
    }
    func increment<W: OperandWidth>(_ a: Term, _ w: W.Type) -> Term {
        arithmetic(.increment, .add, Self.allButCF, a, one(w), w) { execute.increment(a.number, w) }
    }
    func decrement<W: OperandWidth>(_ a: Term, _ w: W.Type) -> Term {
        arithmetic(.decrement, .subtract, Self.allButCF, a, one(w), w) { execute.decrement(a.number, w) }
    }
    private func one<W: OperandWidth>(_ w: W.Type) -> Term { term(1, .constant, w) }

    // MARK: Logic

    func and<W: OperandWidth>(_ a: Term, _ b: Term, _ w: W.Type) -> Term {
        arithmetic(.logic, .and, .status, a, b, w) { execute.and(a.number, b.number, w) }
    }
    func or<W: OperandWidth>(_ a: Term, _ b: Term, _ w: W.Type) -> Term {
        arithmetic(.logic, .or, .status, a, b, w) { execute.or(a.number, b.number, w) }
    }
    func xor<W: OperandWidth>(_ a: Term, _ b: Term, _ w: W.Type) -> Term {
        arithmetic(.logic, .xor, .status, a, b, w) { execute.xor(a.number, b.number, w) }
    }

    // MARK: Shifts

    func shift<W: OperandWidth>(_ kind: Shift, _ a: Term, by count: Term, _ w: W.Type) -> Term {
        let operation: Term.Operator =
            switch kind {
            case .rol: .rol
            case .ror: .ror
            case .rcl: .rcl
            case .rcr: .rcr
            case .shl: .shl
            case .shr: .shr
            case .sar: .sar
            }
        let effective = effectiveCount(kind, count.number, w)
        let rotates = kind == .rol || kind == .ror || kind == .rcl || kind == .rcr
        let written: EFLAGS = effective == 0 ? [] : rotates ? [.CF, .OF] : .status
        let result = flagged(rotates ? .rotate(operation) : .shift(operation), written, a.number, effective, W.width) {
            term(execute.shift(kind, a.number, by: count.number, w), .binary(operation, a, count), w)
        }
        return result ?? a
    }

    /// The count as the instruction masks it; 0 when it changes nothing.
    private func effectiveCount<W: OperandWidth>(_ kind: Shift, _ count: UInt64, _ w: W.Type) -> UInt64 {
        let count = count & (W.bits == 64 ? 63 : 31)
        return (kind == .rcl || kind == .rcr) && W.bits < 32 ? count % (W.bits &+ 1) : count
    }

    func shiftDouble<W: OperandWidth>(_ kind: Shift, _ a: Term, _ b: Term, by count: Term, _ w: W.Type) -> Term {
        let operation: Term.Operator = kind == .shl ? .shld : .shrd
        let effective = effectiveCount(kind, count.number, w)
        let result = flagged(.shift(operation), effective == 0 ? [] : .status, a.number, effective, W.width) {
            term(execute.shiftDouble(kind, a.number, b.number, by: count.number, w), .ternary(operation, a, b, count), w)
        }
        return result ?? a
    }

    // MARK: Bits

    func bit<W: OperandWidth>(_ operation: BitOperation, _ a: Term, _ index: Term, _ w: W.Type) -> Term {
        let name: Term.Operator =
            switch operation {
            case .test: .bitTest
            case .set: .bitSet
            case .reset: .bitReset
            case .complement: .bitComplement
            }
        let position = index.number & (W.bits &- 1)
        let result = flagged(.bit, .CF, a.number, position, W.width) {
            term(execute.bit(operation, a.number, index.number, w), .binary(name, a, index), w)
        }
        return result ?? a
    }

    // MARK: Products and quotients

    func multiply<W: OperandWidth>(_ a: Term, _ b: Term, signed: Bool, _ w: W.Type) -> (low: Term, high: Term) {
        var high: UInt64 = 0
        let low = flagged(.product, .status, a.number, b.number, W.width) {
            let product = execute.multiply(a.number, b.number, signed: signed, w)
            high = product.high
            return term(product.low, .binary(signed ? .multiplySigned : .multiply, a, b), w)
        }
        return (low ?? a, term(high, .binary(signed ? .upperHalfSigned : .upperHalf, a, b), w))
    }

    func divide<W: OperandWidth>(
        high: Term, low: Term, by divisor: Term, signed: Bool, _ w: W.Type
    ) throws(Fault) -> (quotient: Term, remainder: Term) {
        let result = try execute.divide(high: high.number, low: low.number, by: divisor.number, signed: signed, w)
        return (
            term(result.quotient, .ternary(signed ? .quotientSigned : .quotient, high, low, divisor), w),
            term(result.remainder, .ternary(signed ? .remainderSigned : .remainder, high, low, divisor), w)
        )
    }

    // MARK: Without flags

    func not<W: OperandWidth>(_ a: Term, _ w: W.Type) -> Term { term(execute.not(a.number, w), .unary(.not, a), w) }
    func signExtend<From: OperandWidth, To: OperandWidth>(_ a: Term, _ from: From.Type, _ to: To.Type) -> Term {
        term(execute.signExtend(a.number, from, to), .unary(.signExtend, a), to)
    }
    func signFill(_ a: Term) -> Term { term(execute.signFill(a.number), .unary(.signFill, a), Quadword.self) }
    func byteSwap<W: OperandWidth>(_ a: Term, _ w: W.Type) -> Term { term(execute.byteSwap(a.number, w), .unary(.byteSwap, a), w) }
    func sum<W: OperandWidth>(_ a: Term, _ b: Term, _ w: W.Type) -> Term {
        term(execute.sum(a.number, b.number, w), .binary(.add, a, b), w)
    }

    // MARK: Flags one by one

    func setFlag(_ flag: EFLAGS, _ value: Bool) {
        _ = flagged(.direct, flag, 0, 0, .byte) {
            execute.setFlag(flag, value)
            return nil
        }
    }
    func complementCarry() {
        _ = flagged(.direct, .CF, 0, 0, .byte) {
            execute.complementCarry()
            return nil
        }
    }
    func lowFlags() -> Term { term(execute.lowFlags(), .flags, Byte.self) }
    func setLowFlags(_ value: Term) {
        _ = flagged(.image, EFLAGS.status.subtracting(.OF), value.number, 0, .byte) {
            execute.setLowFlags(value.number)
            return nil
        }
    }
}
