#if arch(x86_64) && canImport(Glibc)
    import Glibc
    import TestKit
    import Testing

    @testable import SoftFloat

    /// The host's own x87 unit answers the same questions: all roundings, all precisions, all flags.
    @Suite("Extended arithmetic against the host FPU") struct SoftFloatOracleTests {
        enum Operation: CaseIterable { case add, subtract, multiply, divide, squareRoot, single, double }

        static func host(_ number: Extended) -> Float80 {
            var bits: (UInt64, UInt64) = (number.significand, UInt64(number.signExponent))
            return withUnsafeBytes(of: &bits) { $0.load(as: Float80.self) }
        }

        static func ours(_ number: Float80) -> Extended {
            var copy = number
            return withUnsafeBytes(of: &copy) {
                Extended(significand: $0.load(as: UInt64.self), signExponent: $0.load(fromByteOffset: 8, as: UInt16.self))
            }
        }

        /// Computes with the control word `control`, every exception masked; returns the flags of the status word.
        @inline(never)
        static func compute(_ operation: Operation, _ a: Float80, _ b: Float80, control: UInt16) -> (
            result: Extended, raised: UInt8
        ) {
            var before = fenv_t()
            fegetenv(&before)
            var changed = before
            changed.__control_word = control
            changed.__status_word = 0
            fesetenv(&changed)
            let result: Extended
            switch operation {
            case .add: result = ours(a + b)
            case .subtract: result = ours(a - b)
            case .multiply: result = ours(a * b)
            case .divide: result = ours(a / b)
            case .squareRoot: result = ours(a.squareRoot())
            case .single: result = Extended(significand: UInt64(Float(a).bitPattern), signExponent: 0)
            case .double: result = Extended(significand: Double(a).bitPattern, signExponent: 0)
            }
            var after = fenv_t()
            fegetenv(&after)
            fesetenv(&before)
            return (result, UInt8(after.__status_word & 0x3F))
        }

        static func simulate(_ operation: Operation, _ a: Extended, _ b: Extended, _ context: inout FloatContext) -> Extended {
            switch operation {
            case .add: Extended.add(a, b, &context)
            case .subtract: Extended.subtract(a, b, &context)
            case .multiply: Extended.multiply(a, b, &context)
            case .divide: Extended.divide(a, b, &context)
            case .squareRoot: Extended.squareRoot(a, &context)
            case .single: Extended(significand: UInt64(a.narrowToSingle(&context)), signExponent: 0)
            case .double: Extended(significand: a.narrowToDouble(&context), signExponent: 0)
            }
        }

        @Test(arguments: Operation.allCases) func agrees(_ operation: Operation) {
            var samples = ExtendedSamples(seed: 0x5EED)
            var wrong = 0
            for round in 0..<40_000 {
                // The library's square root of a negative number is not the instruction's.
                let a = operation == .squareRoot ? samples.number().magnitude : samples.number()
                let b = samples.number()
                let rounding = UInt16(round & 3)
                let precisions: [(UInt8, UInt16)] = [(64, 3), (53, 2), (24, 0)]
                let (precision, code) = precisions[(round >> 2) % 3]
                var context = FloatContext(rounding: FloatRounding(rawValue: UInt8(rounding))!, precision: precision)
                let simulated = Self.simulate(operation, a, b, &context)
                let control = 0x7F | code << 8 | rounding << 10
                let (expected, raised) = Self.compute(operation, Self.host(a), Self.host(b), control: control)
                if simulated != expected || context.raised.rawValue != raised {
                    wrong += 1
                    if wrong < 4 {
                        Issue.record(
                            "\(operation) \(a) \(b) \(rounding) \(precision): \(simulated) \(context.raised) not \(expected) \(raised)"
                        )
                    }
                }
            }
            #expect(wrong == 0)
        }
    }
#endif
