import X86

/// Broadcasts, permutations, blends and shifts lane by lane that exist with VEX alone. SDM Vol. 1, sections 14.1 and 14.6; Vol. 2C, the pages of
/// their names.
extension SSEUnit {
    func rearrange() throws(Fault) {
        try needSSE()
        let i = instruction
        switch i.operation {
        case .vbroadcastss, .vpbroadcastd: broadcast(UInt32(truncatingIfNeeded: try source(Doubleword.self).low))
        case .vpbroadcastw: broadcast(UInt32(truncatingIfNeeded: try source(Word.self).low & 0xFFFF) &* 0x0001_0001)
        case .vpbroadcastb: broadcast(UInt32(truncatingIfNeeded: try source(Byte.self).low & 0xFF) &* 0x0101_0101)
        case .vbroadcastsd, .vpbroadcastq:
            let value = try source(Quadword.self).low
            setDestination(each(YMM()) { _ in XMM(low: value, high: value) })
        case .vbroadcastf128, .vbroadcasti128:
            let value = try source128()
            setDestination(YMM(value, value))
        case .vinsertf128, .vinserti128:
            var result = first
            result[Int(truncatingIfNeeded: immediate & 1)] = try source128()
            setDestination(result)
        case .vextractf128, .vextracti128:
            let value = ymm(i.register1)[Int(truncatingIfNeeded: immediate & 1)]
            if i.kind0 == .memory { return try store(value, isAligned: false) }
            setXMM(i.register0, value)
        case .vperm2f128, .vperm2i128:
            let (a, b) = (first, try source())
            func half(_ control: UInt8) -> XMM {
                control & 8 != 0 ? XMM() : (control & 2 == 0 ? a : b)[Int(truncatingIfNeeded: control & 1)]
            }
            setDestination(YMM(half(immediate), half(immediate &>> 4)))
        case .vpermilps, .vpermilpd: try permuteInHalves()
        case .vpermd, .vpermps:
            let (control, b) = (first, try source())
            var result = YMM()
            for place in 0..<8 { result.setDouble(place, b.double(Int(truncatingIfNeeded: control.double(place) & 7))) }
            setDestination(result)
        case .vpermq, .vpermpd:
            let b = try source()
            var result = YMM()
            for place in 0..<4 {
                result.setQuad(place, b.quad(Int(truncatingIfNeeded: immediate &>> UInt8(truncatingIfNeeded: 2 &* place)) & 3))
            }
            setDestination(result)
        case .vtestps: try test(lanes: 0x8000_0000_8000_0000)
        case .vtestpd: try test(lanes: 0x8000_0000_0000_0000)
        case .vpblendd:
            let (a, b) = (first, try source())
            var result = a
            for place in 0..<(i.is256 ? 8 : 4) where immediate &>> UInt8(truncatingIfNeeded: place) & 1 != 0 {
                result.setDouble(place, b.double(place))
            }
            setDestination(result)
        default:
            let (a, b) = (first, try source())
            setDestination(each(a, b) { PackedInteger.shiftEach(i.operation, $0, by: $1) })
        }
    }

    private func broadcast(_ value: UInt32) {
        setDestination(each(YMM()) { _ in XMM(SIMD4<UInt32>(repeating: value)) })
    }

    /// VPERMILPS and VPERMILPD: the control is the immediate or, lane by lane, the source.
    private func permuteInHalves() throws(Fault) {
        let i = instruction
        let isImmediate = i.kind2 == .immediate
        let b = try source()
        let a = isImmediate ? b : first
        var result = YMM()
        for half in 0..<(i.is256 ? 2 : 1) {
            if i.operation == .vpermilps {
                for place in 0..<4 {
                    let control =
                        isImmediate
                        ? UInt32(truncatingIfNeeded: immediate &>> UInt8(truncatingIfNeeded: 2 &* place)) : b[half].doubles[place]
                    result[half].doubles[place] = a[half].doubles[Int(truncatingIfNeeded: control & 3)]
                }
            } else {
                for place in 0..<2 {
                    let control =
                        isImmediate
                        ? UInt64(truncatingIfNeeded: immediate(of: half) &>> UInt8(truncatingIfNeeded: place))
                        : b[half].quads[place] &>> 1
                    result[half].quads[place] = a[half].quads[Int(truncatingIfNeeded: control & 1)]
                }
            }
        }
        setDestination(result)
    }
}

extension PackedInteger {
    /// VPSLLVD and its like: each lane by its own count. A count beyond the lane gives zeros, or copies of the sign.
    static func shiftEach(_ operation: Operation, _ a: XMM, by b: XMM) -> XMM {
        let (doubles, quads) = (b.doubles, b.quads)
        switch operation {
        case .vpsllvd: return XMM((a.doubles &<< doubles).replacing(with: 0, where: doubles .> 31))
        case .vpsrlvd: return XMM((a.doubles &>> doubles).replacing(with: 0, where: doubles .> 31))
        case .vpsllvq: return XMM((a.quads &<< quads).replacing(with: 0, where: quads .> 63))
        case .vpsrlvq: return XMM((a.quads &>> quads).replacing(with: 0, where: quads .> 63))
        default:
            let counts = SIMD4<Int32>(truncatingIfNeeded: doubles.replacing(with: 31, where: doubles .> 31))
            return XMM(a.signedDoubles &>> counts)
        }
    }
}
