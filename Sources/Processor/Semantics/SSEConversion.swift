import X86

/// Conversions between formats and rounding. SDM Vol. 1, sections 10.4.3, 11.4.3 and 12.7.
extension SSEUnit {
    func conversion() throws(Fault) {
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
            let a = try source(Quadword.self).doubles
            var context = sse.pointee.mxcsr.context
            let low = Double64.from(single: a[0], &context)
            let high = Double64.from(single: a[1], &context)
            try settle(context)
            setDestination(XMM(low: low, high: high))
        case .cvtpd2ps:
            let a = try source()
            var context = sse.pointee.mxcsr.context
            let low = Single.from(double: a.low, &context)
            let high = Single.from(double: a.high, &context)
            try settle(context)
            setDestination(XMM(SIMD4(low, high, 0, 0)))
        case .cvtsi2ss, .cvtsi2sd, .cvtpi2ps, .cvtpi2pd, .cvtdq2ps, .cvtdq2pd: try fromInteger()
        case .roundps, .roundpd, .roundss, .roundsd: try roundToIntegral()
        default: try toInteger()
        }
    }

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
            let a = try source(Quadword.self).signedDoubles
            if instruction.kind1 == .mmxRegister { enterMMX() }
            var context = FloatContext()
            let low = Double64.from(integer: Int64(a[0]), &context)
            setDestination(XMM(low: low, high: Double64.from(integer: Int64(a[1]), &context)))
        case .cvtpi2ps:
            let a = try source(Quadword.self).signedDoubles
            var context = sse.pointee.mxcsr.context
            let lanes = SIMD4(Single.from(integer: Int64(a[0]), &context), Single.from(integer: Int64(a[1]), &context), 0, 0)
            if instruction.kind1 == .mmxRegister { enterMMX() }
            try settle(context)
            setScalar(XMM(lanes).low)
        default:
            let a = try source().signedDoubles
            var context = sse.pointee.mxcsr.context
            var lanes = SIMD4<UInt32>.zero
            for place in 0..<4 { lanes[place] = Single.from(integer: Int64(a[place]), &context) }
            try settle(context)
            setDestination(XMM(lanes))
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
            let a = try source()
            let lanes = SIMD4(double(a.low), double(a.high), 0, 0)
            try settle(context)
            setDestination(XMM(lanes))
        default:
            let a = try source().doubles
            let lanes = SIMD4(single(a[0]), single(a[1]), single(a[2]), single(a[3]))
            try settle(context)
            setDestination(XMM(lanes))
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
            let a = try source().doubles
            let lanes = SIMD4(single(a[0]), single(a[1]), single(a[2]), single(a[3]))
            try finish()
            setDestination(XMM(lanes))
        default:
            let a = try source()
            let lanes = XMM(low: double(a.low), high: double(a.high))
            try finish()
            setDestination(lanes)
        }
    }
}
