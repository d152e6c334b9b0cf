import SoftFloat
import X86

/// Arithmetic on packed and scalar floating-point values. SDM Vol. 1, sections 10.4.1.2, 11.4.1.2, 12.3 and 12.7.
extension SSEUnit {
    /// An operation on a pair of lanes.
    enum LaneOperation {
        case add, subtract, multiply, divide, minimum, maximum, squareRoot
    }

    func arithmetic() throws(Fault) {
        try needSSE()
        switch instruction.operation {
        case .addps: try packed(.add, Single.self)
        case .subps: try packed(.subtract, Single.self)
        case .mulps: try packed(.multiply, Single.self)
        case .divps: try packed(.divide, Single.self)
        case .minps: try packed(.minimum, Single.self)
        case .maxps: try packed(.maximum, Single.self)
        case .sqrtps: try packed(.squareRoot, Single.self)
        case .addpd: try packed(.add, Double64.self)
        case .subpd: try packed(.subtract, Double64.self)
        case .mulpd: try packed(.multiply, Double64.self)
        case .divpd: try packed(.divide, Double64.self)
        case .minpd: try packed(.minimum, Double64.self)
        case .maxpd: try packed(.maximum, Double64.self)
        case .sqrtpd: try packed(.squareRoot, Double64.self)
        case .addss: try scalar(.add, Single.self)
        case .subss: try scalar(.subtract, Single.self)
        case .mulss: try scalar(.multiply, Single.self)
        case .divss: try scalar(.divide, Single.self)
        case .minss: try scalar(.minimum, Single.self)
        case .maxss: try scalar(.maximum, Single.self)
        case .sqrtss: try scalar(.squareRoot, Single.self)
        case .addsd: try scalar(.add, Double64.self)
        case .subsd: try scalar(.subtract, Double64.self)
        case .mulsd: try scalar(.multiply, Double64.self)
        case .divsd: try scalar(.divide, Double64.self)
        case .minsd: try scalar(.minimum, Double64.self)
        case .maxsd: try scalar(.maximum, Double64.self)
        case .sqrtsd: try scalar(.squareRoot, Double64.self)
        case .haddps, .haddpd, .hsubps, .hsubpd, .addsubps, .addsubpd: try horizontal()
        case .dpps: try dotProductSingle()
        case .dppd: try dotProductDouble()
        default: try reciprocal()
        }
    }

    @inline(__always)
    private func lane<F: PackedFormat>(
        _ operation: LaneOperation, _ a: F.Bits, _ b: F.Bits, _ f: F.Type, _ context: inout FloatContext
    ) -> F.Bits {
        switch operation {
        case .add: F.add(a, b, &context)
        case .subtract: F.subtract(a, b, &context)
        case .multiply: F.multiply(a, b, &context)
        case .divide: F.divide(a, b, &context)
        case .minimum: F.extreme(a, b, maximum: false, &context)
        case .maximum: F.extreme(a, b, maximum: true, &context)
        case .squareRoot: F.squareRoot(b, &context)
        }
    }

    @inline(__always)
    private func packed(_ operation: LaneOperation, _: Single.Type) throws(Fault) {
        let (a, b) = (first, try source())
        var context = sse.pointee.mxcsr.context
        let result = each(a, b) { a, b in
            var lanes = SIMD4<UInt32>.zero
            for place in 0..<4 { lanes[place] = lane(operation, a.doubles[place], b.doubles[place], Single.self, &context) }
            return XMM(lanes)
        }
        try settle(context)
        setDestination(result)
    }

    @inline(__always)
    private func packed(_ operation: LaneOperation, _: Double64.Type) throws(Fault) {
        let (a, b) = (first, try source())
        var context = sse.pointee.mxcsr.context
        let result = each(a, b) { a, b in
            let low = lane(operation, a.low, b.low, Double64.self, &context)
            return XMM(low: low, high: lane(operation, a.high, b.high, Double64.self, &context))
        }
        try settle(context)
        setDestination(result)
    }

    @inline(__always)
    private func scalar(_ operation: LaneOperation, _: Single.Type) throws(Fault) {
        let b = UInt32(truncatingIfNeeded: try source(Doubleword.self).low)
        var context = sse.pointee.mxcsr.context
        let result = lane(operation, UInt32(truncatingIfNeeded: firstXMM.low), b, Single.self, &context)
        try settle(context)
        setScalar(result)
    }

    @inline(__always)
    private func scalar(_ operation: LaneOperation, _: Double64.Type) throws(Fault) {
        let b = try source(Quadword.self).low
        var context = sse.pointee.mxcsr.context
        let result = lane(operation, firstXMM.low, b, Double64.self, &context)
        try settle(context)
        setScalar(result)
    }

    private func horizontal() throws(Fault) {
        let (a, b) = (first, try source())
        var context = sse.pointee.mxcsr.context
        let result = each(a, b) { horizontal($0, $1, &context) }
        try settle(context)
        setDestination(result)
    }

    private func horizontal(_ a: XMM, _ b: XMM, _ context: inout FloatContext) -> XMM {
        let (x, y) = (a.doubles, b.doubles)
        switch instruction.operation {
        case .haddpd:
            let low = Double64.add(a.low, a.high, &context)
            return XMM(low: low, high: Double64.add(b.low, b.high, &context))
        case .hsubpd:
            let low = Double64.subtract(a.low, a.high, &context)
            return XMM(low: low, high: Double64.subtract(b.low, b.high, &context))
        case .addsubpd:
            let low = Double64.subtract(a.low, b.low, &context)
            return XMM(low: low, high: Double64.add(a.high, b.high, &context))
        default: break
        }
        var lanes = SIMD4<UInt32>.zero
        for place in 0..<4 {
            let pair = (place & 1) &* 2
            let side = place < 2 ? x : y
            switch instruction.operation {
            case .haddps: lanes[place] = Single.add(side[pair], side[pair &+ 1], &context)
            case .hsubps: lanes[place] = Single.subtract(side[pair], side[pair &+ 1], &context)
            default:
                lanes[place] =
                    place & 1 == 0 ? Single.subtract(x[place], y[place], &context) : Single.add(x[place], y[place], &context)
            }
        }
        return XMM(lanes)
    }

    /// DPPS: immediate bits 7…4 choose the products, 3…0 the lanes that get the sum. Exceptions of each step are looked at in turn.
    private func dotProductSingle() throws(Fault) {
        let (a, b) = (first, try source())
        var context = sse.pointee.mxcsr.context
        let products = each(a, b) { a, b in
            var products = SIMD4<UInt32>.zero
            for place in 0..<4 where immediate &>> UInt8(place &+ 4) & 1 != 0 {
                products[place] = Single.multiply(a.doubles[place], b.doubles[place], &context)
            }
            return XMM(products)
        }
        try settle(context)
        let sums = each(products) { products in
            let low = Single.add(products.doubles[0], products.doubles[1], &context)
            return XMM(SIMD4(low, Single.add(products.doubles[2], products.doubles[3], &context), 0, 0))
        }
        try settle(context)
        let result = each(sums) { sums in
            let sum = Single.add(sums.doubles[0], sums.doubles[1], &context)
            var lanes = SIMD4<UInt32>.zero
            for place in 0..<4 where immediate &>> UInt8(place) & 1 != 0 { lanes[place] = sum }
            return XMM(lanes)
        }
        try settle(context)
        setDestination(result)
    }

    private func dotProductDouble() throws(Fault) {
        let (a, b) = (firstXMM, try source128())
        var context = sse.pointee.mxcsr.context
        let low = immediate & 0x10 != 0 ? Double64.multiply(a.low, b.low, &context) : 0
        let high = immediate & 0x20 != 0 ? Double64.multiply(a.high, b.high, &context) : 0
        try settle(context)
        let sum = Double64.add(low, high, &context)
        try settle(context)
        setDestination(XMM(low: immediate & 1 != 0 ? sum : 0, high: immediate & 2 != 0 ? sum : 0))
    }

    /// RCPPS, RSQRTPS and their scalar forms: exact to single precision, where the manual asks for 1.5 × 2^−12.
    private func reciprocal() throws(Fault) {
        let isRoot = instruction.operation == .rsqrtps || instruction.operation == .rsqrtss
        func lane(_ a: UInt32) -> UInt32 { isRoot ? Single.reciprocalSquareRoot(a) : Single.reciprocal(a) }
        switch instruction.operation {
        case .rcpss, .rsqrtss: setScalar(lane(UInt32(truncatingIfNeeded: try source(Doubleword.self).low)))
        default:
            setDestination(
                each(try source()) { b in
                    let b = b.doubles
                    return XMM(SIMD4(lane(b[0]), lane(b[1]), lane(b[2]), lane(b[3])))
                })
        }
    }
}
