import Inspection
import Processor
import X86

/// The reason why a flag is what it is. The reason is found from the operands and the result, not from the flag; so each also says which
/// value it is a reason for, and tests compare that with what the processor did.
struct FlagReason {
    let text: String
    /// The value it explains; nil where the manual leaves the flag undefined.
    let implied: Bool?
    private(set) var isUndefined = false

    init(_ text: String, _ implied: Bool?) {
        self.text = text
        self.implied = implied
    }

    /// ZF, SF and PF, which most instructions take from the result.
    init(_ flag: EFLAGS, ofResult number: UInt64, _ width: Width) {
        switch flag {
        case .ZF: self = number == 0 ? FlagReason(Phrase.zero.with(), true) : FlagReason(Phrase.notZero.with(), false)
        case .SF:
            let isNegative = number >> UInt64(width.bits - 1) & 1 != 0
            self = FlagReason((isNegative ? Phrase.negative : .notNegative).with(String(width.bits - 1)), isNegative)
        default:
            let low = number & 0xFF
            let ones = low.nonzeroBitCount
            let phrase: Phrase = ones % 2 == 0 ? .parityEven : .parityOdd
            self = FlagReason(phrase.with(h(low, 2), String(ones)), ones % 2 == 0)
        }
    }

    static var undefined: FlagReason {
        var reason = FlagReason(Phrase.undefinedFlag.with(), nil)
        reason.isUndefined = true
        return reason
    }
}

extension FlagChange {
    private var signBit: UInt64 { 1 << UInt64(width.bits - 1) }
    private var mask: UInt64 { signBit | (signBit - 1) }
    private var number: UInt64 { result?.number ?? 0 }
    private func isNegative(_ value: UInt64) -> Bool { value & signBit != 0 }
    private func word(_ value: UInt64) -> String {
        TermText.number(value, width, value < 10_000 ? .decimal : .hexadecimal)
    }

    /// Tells why `flag` is what it is; `undefined` are the flags that the manual leaves undefined for the instruction.
    func reason(for flag: EFLAGS, undefined: EFLAGS) -> FlagReason {
        if undefined.contains(flag) && !isDefinedByCount(flag) || isShiftedTooFar(flag) { return .undefined }
        switch rule {
        case .sum, .increment: return sum(flag)
        case .difference, .decrement: return difference(flag)
        case .logic: return flag == .CF || flag == .OF ? FlagReason(Phrase.logicClears.with(), false) : byResult(flag)
        case .shift(let kind): return shift(kind, flag)
        case .rotate(let kind): return rotate(kind, flag)
        case .product: return product
        case .bit:
            let value = a >> b & 1
            return FlagReason(Phrase.bitIs.with(String(b), h(a, 2 * width.bytes), String(value)), value != 0)
        case .direct where flag == .DF:
            return FlagReason((after.contains(flag) ? Phrase.stringsGoDown : .stringsGoUp).with(), nil)
        case .direct: return FlagReason((after.contains(flag) ? Phrase.instructionSets : .instructionClears).with(), nil)
        case .image:
            let position = flag.rawValue.trailingZeroBitCount
            return FlagReason(Phrase.imageBit.with(String(position)), a >> UInt64(position) & 1 != 0)
        }
    }

    /// OF of shifts and rotates by 1.
    private func isDefinedByCount(_ flag: EFLAGS) -> Bool {
        switch rule {
        case .shift, .rotate: flag == .OF && b == 1
        default: false
        }
    }

    /// SHL and SHR define CF for counts below the width; SHLD and SHRD define nothing for counts beyond it.
    private func isShiftedTooFar(_ flag: EFLAGS) -> Bool {
        switch rule {
        case .shift(.shld), .shift(.shrd): b > UInt64(width.bits)
        case .shift(.shl), .shift(.shr): flag == .CF && b >= UInt64(width.bits)
        default: false
        }
    }

    private func byResult(_ flag: EFLAGS) -> FlagReason { FlagReason(flag, ofResult: number, width) }

    private func sum(_ flag: EFLAGS) -> FlagReason {
        let carry: UInt64 = isCarryUsed && carryIn ? 1 : 0
        switch flag {
        case .CF:
            let (first, one) = a.addingReportingOverflow(b)
            let (total, two) = first.addingReportingOverflow(carry)
            let carries = one || two || total & ~mask != 0
            return FlagReason((carries ? Phrase.carryOut : .noCarryOut).with(String(width.bits - 1)), carries)
        case .OF:
            guard isNegative(a) == isNegative(b) else { return FlagReason(Phrase.differentSignsFit.with(), false) }
            if isNegative(a) == isNegative(number) { return FlagReason(Phrase.sumSignRight.with(), false) }
            return FlagReason((isNegative(a) ? Phrase.negativesMadePositive : .positivesMadeNegative).with(), true)
        case .AF:
            let carries = (a & 0xF) + (b & 0xF) + carry > 0xF
            return FlagReason((carries ? Phrase.halfCarry : .noHalfCarry).with(), carries)
        default: return byResult(flag)
        }
    }

    /// ADC and SBB read CF; their result says so.
    private var isCarryUsed: Bool { if case .ternary = result?.form { true } else { false } }

    private func difference(_ flag: EFLAGS) -> FlagReason {
        let borrow: UInt64 = isCarryUsed && carryIn ? 1 : 0
        switch flag {
        case .CF:
            let borrows = a < b || (borrow == 1 && a == b)
            let phrase: Phrase = borrow == 1 ? (borrows ? .borrowWithCarry : .noBorrowWithCarry) : borrows ? .borrow : .noBorrow
            return FlagReason(phrase.with(word(a), word(b)), borrows)
        case .OF:
            guard isNegative(a) != isNegative(b) else { return FlagReason(Phrase.sameSignsFit.with(), false) }
            if isNegative(a) == isNegative(number) { return FlagReason(Phrase.differenceSignRight.with(), false) }
            return FlagReason((isNegative(a) ? Phrase.negativeLessPositive : .positiveLessNegative).with(), true)
        case .AF:
            let borrows = a & 0xF < (b & 0xF) + borrow
            return FlagReason((borrows ? Phrase.halfBorrow : .noHalfBorrow).with(), borrows)
        default: return byResult(flag)
        }
    }

    private var product: FlagReason {
        guard let result, case .binary(let operation, _, _) = result.form else { return FlagReason("", nil) }
        let isSigned = operation == .multiplySigned
        let fits: Bool
        if isSigned {
            let shift = Int64(64 - width.bits)
            let (x, y) = ((Int64(bitPattern: a) << shift) >> shift, (Int64(bitPattern: b) << shift) >> shift)
            let (whole, overflows) = x.multipliedReportingOverflow(by: y)
            fits = !overflows && (whole << shift) >> shift == whole
        } else {
            let (whole, overflows) = a.multipliedReportingOverflow(by: b)
            fits = !overflows && whole & ~mask == 0
        }
        let phrase: Phrase = isSigned ? (fits ? .fitsSigned : .exceedsSigned) : fits ? .fitsUnsigned : .exceedsUnsigned
        return FlagReason(phrase.with(String(width.bits)), !fits)
    }

    // MARK: Shifts

    private func shift(_ kind: Term.Operator, _ flag: EFLAGS) -> FlagReason {
        let bits = UInt64(width.bits)
        switch flag {
        case .CF:
            let last: Bool
            switch kind {
            case .shl, .shld: last = b <= bits && a >> (bits - b) & 1 != 0
            case .sar: last = b <= bits ? a >> (b - 1) & 1 != 0 : isNegative(a)
            default: last = b <= bits && a >> (b - 1) & 1 != 0
            }
            return FlagReason(Phrase.lastBitOut.with(last ? "1" : "0"), last)
        case .OF where kind == .sar: return FlagReason(Phrase.sarKeepsSign.with(), false)
        case .OF where kind == .shr: return FlagReason(Phrase.topBitWas.with(isNegative(a) ? "1" : "0"), isNegative(a))
        case .OF:
            let changed = isNegative(a) != isNegative(number)
            return FlagReason((changed ? Phrase.topBitChanged : .topBitKept).with(), changed)
        default: return byResult(flag)
        }
    }

    private func rotate(_ kind: Term.Operator, _ flag: EFLAGS) -> FlagReason {
        let bits = UInt64(width.bits)
        let isLeft = kind == .rol || kind == .rcl
        if flag == .CF {
            let position: UInt64
            switch kind {
            case .rol, .rcl: position = bits - 1
            default: position = 0
            }
            let out: UInt64
            switch kind {
            case .rol: out = number & 1
            case .ror: out = isNegative(number) ? 1 : 0
            case .rcl: out = a >> (bits - b) & 1
            default: out = a >> (b - 1) & 1
            }
            return FlagReason(Phrase.rotatedOut.with(String(position), String(out)), out != 0)
        }
        if isLeft {
            let differ = isNegative(number) != after.contains(.CF)
            return FlagReason((differ ? Phrase.topAndCarryDiffer : .topAndCarrySame).with(), differ)
        }
        let differ = isNegative(number) != (number & signBit >> 1 != 0)
        return FlagReason((differ ? Phrase.topBitsDiffer : .topBitsSame).with(), differ)
    }
}
