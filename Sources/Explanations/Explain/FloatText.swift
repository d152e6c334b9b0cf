import Inspection
import Processor
import SoftFloat

/// An 80-bit number in decimal, as near as a double shows it.
package struct FloatText {
    private let value: Extended
    package init(_ value: Extended) { self.value = value }

    /// With its bits, but of 0: "1.5 (3FFF_C000000000000000h)".
    var text: String {
        let isZero = value.signExponent & 0x7FFF != 0x7FFF && value.significand == 0
        return isZero ? number : "\(number) (\(bits))"
    }

    package var bits: String { "\(hexDigits(UInt64(value.signExponent), 4))_\(hexDigits(value.significand, 16))h" }

    package var number: String {
        let exponent = Int(value.signExponent & 0x7FFF)
        let sign = value.signExponent & 0x8000 != 0 ? "-" : ""
        if exponent == 0x7FFF {
            return value.significand << 1 == 0 ? "\(sign)infinity" : "NaN"
        }
        if value.significand == 0 { return "\(sign)0" }
        // Denormals have the exponent of the smallest normal number.
        let power = max(exponent, 1) - 16383
        guard abs(power) > 1020 else {
            return "\(sign)\(Double(sign: .plus, exponent: power - 63, significand: Double(value.significand)))"
        }
        return "\(sign)\(Self.decimal(Double(value.significand) * 0x1p-63, power))"
    }

    /// The nearest double.
    package var double: Double {
        let exponent = Int(value.signExponent & 0x7FFF)
        let isNegative = value.signExponent & 0x8000 != 0
        if exponent == 0x7FFF { return value.significand << 1 == 0 ? (isNegative ? -.infinity : .infinity) : .nan }
        let size = Double(sign: .plus, exponent: max(exponent, 1) - 16383 - 63, significand: Double(value.significand))
        return isNegative ? -size : size
    }

    /// `significand` times two to the `power`, which a double cannot hold, with seven digits: "1.189731e+4932".
    private static func decimal(_ significand: Double, _ power: Int) -> String {
        var (digits, tens) = (significand, 0)
        for _ in 0..<abs(power) {
            digits = power > 0 ? digits * 2 : digits / 2
            if digits >= 10 { (digits, tens) = (digits / 10, tens + 1) }
            if digits < 1 { (digits, tens) = (digits * 10, tens - 1) }
        }
        while digits < 1 { (digits, tens) = (digits * 10, tens - 1) }
        if digits >= 9.999_999_5 { (digits, tens) = (1, tens + 1) }
        return "\((digits * 1e6).rounded() / 1e6)e\(tens < 0 ? "" : "+")\(tens)"
    }
}
