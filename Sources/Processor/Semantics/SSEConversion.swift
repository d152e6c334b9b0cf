import SoftFloat
import X86

/// Conversions between formats and rounding. SDM Vol. 1, sections 10.4.3, 11.4.3 and 12.7.
extension SSEUnit {
    func conversion() throws(Fault) {
        try needSSE()
        switch instruction.operation {
        case .cvtss2sd:
            let a = UInt32(truncatingIfNeeded: try source(Doubleword.self).low)
            var context = sse.pointee.mxcsr.context
            let result = Double64.from(single: a, &context)
            try settle(context)
            setScalar(result)
        case .cvtsd2ss:
            let a = try source(Quadword.self).low
            var context = sse.pointee.mxcsr.context
            let result = Single.from(double: a, &context)
            try settle(context)
            setScalar(result)
        case .cvtps2pd:
            let a = widened(try sourceHalf())
            var context = sse.pointee.mxcsr.context
            let result = each(a) { a in
                let low = Double64.from(single: a.doubles[0], &context)
                return XMM(low: low, high: Double64.from(single: a.doubles[1], &context))
            }
            try settle(context)
            setDestination(result)
        case .cvtpd2ps:
            let a = try source()
            var context = sse.pointee.mxcsr.context
            let result = each(a) { a in
                let low = Single.from(double: a.low, &context)
                return XMM(SIMD4(low, Single.from(double: a.high, &context), 0, 0))
            }
            try settle(context)
            setDestination(narrowed(result))
        case .cvtsi2ss, .cvtsi2sd, .cvtpi2ps, .cvtpi2pd, .cvtdq2ps, .cvtdq2pd: try fromInteger()
        case .roundps, .roundpd, .roundss, .roundsd: try roundToIntegral()
        case .vcvtph2ps: try fromHalf()
        case .vcvtps2ph: try toHalf()
        default: try toInteger()
        }
    }

    /// The lower halves of two vectors, and the way back: what one half of a narrow vector becomes.
    private func widened(_ a: XMM) -> YMM { YMM(a, XMM(low: a.high)) }
    private func narrowed(_ a: YMM) -> XMM { XMM(low: a.low.low, high: a.high.low) }

    private func fromInteger() throws(Fault) {
        let isWide = instruction.operandSize == .quadword
        switch instruction.operation {
        case .cvtsi2ss, .cvtsi2sd:
            let value =
                isWide
                ? Int64(bitPattern: try r.operand1(Quadword.self))
                : Int64(Int32(truncatingIfNeeded: try r.operand1(Doubleword.self)))
            var context = sse.pointee.mxcsr.context
            if instruction.operation == .cvtsi2ss {
                let result = Single.from(integer: value, &context)
                try settle(context)
                setScalar(result)
            } else {
                let result = Double64.from(integer: value, &context)
                try settle(context)
                setScalar(result)
            }
        case .cvtdq2pd, .cvtpi2pd:
            let a = widened(try sourceHalf())
            if instruction.kind1 == .mmxRegister { enterMMX() }
            var context = FloatContext()
            setDestination(
                each(a) { a in
                    let low = Double64.from(integer: Int64(a.signedDoubles[0]), &context)
                    return XMM(low: low, high: Double64.from(integer: Int64(a.signedDoubles[1]), &context))
                })
        case .cvtpi2ps:
            let a = try source(Quadword.self).signedDoubles
            var context = sse.pointee.mxcsr.context
            let lanes = SIMD4(Single.from(integer: Int64(a[0]), &context), Single.from(integer: Int64(a[1]), &context), 0, 0)
            if instruction.kind1 == .mmxRegister { enterMMX() }
            try settle(context)
            setScalar(XMM(lanes).low)
        default:
            let a = try source()
            var context = sse.pointee.mxcsr.context
            let result = each(a) { a in
                var lanes = SIMD4<UInt32>.zero
                for place in 0..<4 { lanes[place] = Single.from(integer: Int64(a.signedDoubles[place]), &context) }
                return XMM(lanes)
            }
            try settle(context)
            setDestination(result)
        }
    }

    private func toInteger() throws(Fault) {
        let i = instruction
        var context = sse.pointee.mxcsr.context
        var rounding = context.rounding
        switch i.operation {
        case .cvttss2si, .cvttsd2si, .cvttps2pi, .cvttpd2pi, .cvttps2dq, .cvttpd2dq: rounding = .towardZero
        default: break
        }
        func single(_ a: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: Single.integer(a, bits: 32, rounding, &context)) }
        func double(_ a: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: Double64.integer(a, bits: 32, rounding, &context)) }
        switch i.operation {
        case .cvtss2si, .cvttss2si:
            let a = UInt32(truncatingIfNeeded: try source(Doubleword.self).low)
            let result = Single.integer(a, bits: i.operandSize == .quadword ? 64 : 32, rounding, &context)
            try settle(context)
            core.setRegister(i.register0, result)
        case .cvtsd2si, .cvttsd2si:
            let a = try source(Quadword.self).low
            let result = Double64.integer(a, bits: i.operandSize == .quadword ? 64 : 32, rounding, &context)
            try settle(context)
            core.setRegister(i.register0, result)
        case .cvtps2pi, .cvttps2pi:
            let a = try source(Quadword.self).doubles
            let lanes = SIMD4(single(a[0]), single(a[1]), 0, 0)
            enterMMX()
            try settle(context)
            setDestination(XMM(lanes))
        case .cvtpd2pi, .cvttpd2pi:
            let a = try i.kind1 == .memory ? load(isAligned: true) : xmm(i.register1)
            let lanes = SIMD4(double(a.low), double(a.high), 0, 0)
            enterMMX()
            try settle(context)
            setDestination(XMM(lanes))
        case .cvtpd2dq, .cvttpd2dq:
            let result = each(try source()) { a in XMM(SIMD4(double(a.low), double(a.high), 0, 0)) }
            try settle(context)
            setDestination(narrowed(result))
        default:
            let result = each(try source()) { a in
                let a = a.doubles
                return XMM(SIMD4(single(a[0]), single(a[1]), single(a[2]), single(a[3])))
            }
            try settle(context)
            setDestination(result)
        }
    }

    /// Immediate bit 3 keeps #P quiet, bit 2 chooses MXCSR.RC over bits 1…0.
    private func roundToIntegral() throws(Fault) {
        var context = sse.pointee.mxcsr.context
        let rounding = immediate & 4 != 0 ? context.rounding : FloatRounding(rawValue: immediate & 3).unsafelyUnwrapped
        func single(_ a: UInt32) -> UInt32 { Single.integral(a, rounding, &context) }
        func double(_ a: UInt64) -> UInt64 { Double64.integral(a, rounding, &context) }
        func finish() throws(Fault) {
            if immediate & 8 != 0 { context.raised.remove(.PE) }
            try settle(context)
        }
        switch instruction.operation {
        case .roundss:
            let result = single(UInt32(truncatingIfNeeded: try source(Doubleword.self).low))
            try finish()
            setScalar(result)
        case .roundsd:
            let result = double(try source(Quadword.self).low)
            try finish()
            setScalar(result)
        case .roundps:
            let result = each(try source()) { a in
                let a = a.doubles
                return XMM(SIMD4(single(a[0]), single(a[1]), single(a[2]), single(a[3])))
            }
            try finish()
            setDestination(result)
        default:
            let result = each(try source()) { a in XMM(low: double(a.low), high: double(a.high)) }
            try finish()
            setDestination(result)
        }
    }
    /// VCVTPH2PS: four or eight words. MXCSR.DAZ has no say.
    private func fromHalf() throws(Fault) {
        let a = widened(try sourceHalf())
        var context = sse.pointee.mxcsr.context
        let result = each(a) { a in
            var lanes = SIMD4<UInt32>.zero
            for place in 0..<4 { lanes[place] = Single.from(half: a.words[place], &context) }
            return XMM(lanes)
        }
        try settle(context)
        setDestination(result)
    }

    /// VCVTPS2PH: immediate bit 2 chooses MXCSR.RC over bits 1…0. MXCSR.FZ has no say.
    private func toHalf() throws(Fault) {
        let i = instruction
        var context = sse.pointee.mxcsr.context
        context.flushToZero = false
        if immediate & 4 == 0 { context.rounding = FloatRounding(rawValue: immediate & 3).unsafelyUnwrapped }
        let result = narrowed(
            each(ymm(i.register1)) { a in
                var lanes = SIMD8<UInt16>.zero
                for place in 0..<4 { lanes[place] = Half.from(single: a.doubles[place], &context) }
                return XMM(lanes)
            })
        // A destination that faults comes before the exceptions.
        if i.kind0 != .memory {
            try settle(context)
            return setDestination(result)
        }
        guard !context.unmasked.isEmpty else {
            if i.is256 { try store(result, isAligned: false) } else { try r.setOperand0(result.low, Quadword.self) }
            return try settle(context)
        }
        try settle(context)
    }
}
