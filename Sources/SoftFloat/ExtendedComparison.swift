/// FCOM, FUCOM, FCOMI, FTST and FXAM. SDM Vol. 1, section 8.3.6; Vol. 2A, tables 3-21 and 3-47.
extension Extended {
    /// The result of a comparison; unordered where one of the numbers is a NaN.
    public enum Comparison {
        case less, equal, greater, unordered
    }

    /// Compares a with b. A quiet NaN is an invalid operation unless `quiet` (FUCOM).
    @inlinable public static func compare(_ a: Extended, _ b: Extended, quiet: Bool, _ context: inout FloatContext) -> Comparison {
        if !(a.isNormal && b.isNormal && !context.widenedDenormal) {
            let kinds = (a.kind, b.kind)
            if kinds.0 == .unsupported || kinds.1 == .unsupported {
                context.raised.insert(.IE)
                return .unordered
            }
            if a.isNaN || b.isNaN {
                if !quiet || kinds.0 == .signalingNaN || kinds.1 == .signalingNaN { context.raised.insert(.IE) }
                return .unordered
            }
            if hasDenormal(a, b, context) { context.raised.insert(.DE) }
            if a.isZero && b.isZero { return .equal }
        }
        if a.isNegative != b.isNegative { return a.isNegative ? .less : .greater }
        // A pseudo-denormal has the value of the normal number with exponent 1.
        let fields = (a.comparableField, b.comparableField)
        let larger = fields.0 != fields.1 ? fields.0 > fields.1 : a.significand > b.significand
        if fields.0 == fields.1 && a.significand == b.significand { return .equal }
        return larger != a.isNegative ? .greater : .less
    }

    @inlinable var comparableField: UInt16 { exponentField == 0 && significand >= Self.J ? 1 : exponentField }

    /// The code FXAM gives for a register that is not empty: C3, C2 and C0 in bits 2, 1 and 0.
    @inlinable public var classCode: UInt8 {
        switch kind {
        case .unsupported: 0b000
        case .quietNaN, .signalingNaN: 0b001
        case .normal: 0b010
        case .infinity: 0b011
        case .zero: 0b100
        case .denormal: 0b110
        }
    }
}
