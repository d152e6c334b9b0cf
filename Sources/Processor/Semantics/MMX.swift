import X86

/// Packed integers, in MMX and in XMM registers. SDM Vol. 1, sections 9.4 and 11.6.
extension SSEUnit {
    func integer() throws(Fault) {
        let i = instruction
        let isMMX = hasMMX
        if isMMX { try needMMX() } else { try needSSE() }
        switch i.operation {
        case .pmovsxbw, .pmovsxwd, .pmovsxdq, .pmovzxbw, .pmovzxwd, .pmovzxdq:
            widen(try sourceHalf(), 64)
        case .pmovsxbd, .pmovsxwq, .pmovzxbd, .pmovzxwq:
            widen(i.is256 ? try source(Quadword.self) : try source(Doubleword.self), 32)
        case .pmovsxbq, .pmovzxbq:
            widen(i.is256 ? try source(Doubleword.self) : try source(Word.self), 16)
        case .ptest:
            try test(lanes: .max)
        case .pblendvb: try blend(unit: 1)
        case .blendvps: try blend(unit: 4)
        case .blendvpd: try blend(unit: 8)
        case .punpcklbw where isMMX, .punpcklwd where isMMX, .punpckldq where isMMX:
            let b = try source(Doubleword.self)
            enterMMX()
            setDestination(PackedInteger.apply(i.operation, first.low, b, isWide: false))
        case .psrlw, .psrld, .psrlq, .psraw, .psrad, .psllw, .pslld, .psllq, .psrldq, .pslldq: try shift(isMMX: isMMX)
        case _ where i.kind2 == .immediate:
            let (a, b) = (first, try source())
            if isMMX { enterMMX() }
            var result = YMM()
            for half in 0..<(i.is256 ? 2 : 1) {
                result[half] = PackedInteger.apply(i.operation, a[half], b[half], immediate: immediate(of: half), isWide: !isMMX)
            }
            setDestination(result)
        default:
            let (a, b) = (first, try source())
            if isMMX { enterMMX() }
            setDestination(each(a, b) { PackedInteger.apply(i.operation, $0, $1, isWide: !isMMX) })
        }
    }
    /// By an immediate, or by the lower quadword of 128 bits for all lanes.
    private func shift(isMMX: Bool) throws(Fault) {
        let i = instruction
        if i.kind1 == .immediate || i.kind2 == .immediate {
            let count = UInt64(truncatingIfNeeded: immediate)
            let a = i.kind2 == .immediate ? ymm(i.register1) : first
            if isMMX { enterMMX() }
            return setDestination(each(a) { PackedInteger.shift(i.operation, $0, by: count) })
        }
        let count = isMMX ? try source().low.low : try source128().low
        let a = first
        if isMMX { enterMMX() }
        setDestination(each(a) { PackedInteger.shift(i.operation, $0, by: count) })
    }

    /// PMOVSX and PMOVZX: `bits` of the source become 128 of the result.
    private func widen(_ b: XMM, _ bits: UInt64) {
        var result = YMM(PackedInteger.widen(instruction.operation, b))
        if instruction.is256 {
            let next = bits == 64 ? XMM(low: b.high) : XMM(low: b.low &>> bits)
            result.high = PackedInteger.widen(instruction.operation, next)
        }
        setDestination(result)
    }

    /// The mask is XMM0 or, with VEX, a register of its own.
    private func blend(unit: Int) throws(Fault) {
        let i = instruction
        let (a, b, mask) = (first, try source(), i.isVEX ? ymm(i.extra) : YMM(xmm(0)))
        var result = YMM()
        for half in 0..<(i.is256 ? 2 : 1) { result[half] = PackedInteger.blend(a[half], b[half], unit: unit, mask: mask[half]) }
        setDestination(result)
    }

    /// PTEST, VTESTPS and VTESTPD: of the bits in `lanes`.
    func test(lanes: UInt64) throws(Fault) {
        let (a, b) = (ymm(instruction.register0), try source())
        var (both, other) = (SIMD2<UInt64>.zero, SIMD2<UInt64>.zero)
        for half in 0..<2 {
            both |= a[half].quads & b[half].quads & lanes
            other |= ~a[half].quads & b[half].quads & lanes
        }
        var flags: EFLAGS = []
        if both == .zero { flags.insert(.ZF) }
        if other == .zero { flags.insert(.CF) }
        core.pointee.lazy = LazyFlags(flags)
    }

    /// The part of the immediate that counts for a half: where it has bits for the lanes of both.
    func immediate(of half: Int) -> UInt8 {
        guard half == 1 else { return immediate }
        switch instruction.operation {
        case .blendps, .vpblendd: return immediate &>> 4
        case .mpsadbw: return immediate &>> 3
        case .blendpd, .shufpd, .vpermilpd: return immediate &>> 2
        default: return immediate
        }
    }
}
