import X86

/// Packed integers, in MMX and in XMM registers. SDM Vol. 1, sections 9.4 and 11.6.
extension SSEUnit {
    func integer() throws(Fault) {
        let i = instruction
        let isMMX = hasMMX
        if isMMX { try needMMX() } else { try needSSE() }
        switch i.operation {
        case .pmovsxbw, .pmovsxwd, .pmovsxdq, .pmovzxbw, .pmovzxwd, .pmovzxdq:
            setDestination(PackedInteger.widen(i.operation, try source(Quadword.self)))
        case .pmovsxbd, .pmovsxwq, .pmovzxbd, .pmovzxwq:
            setDestination(PackedInteger.widen(i.operation, try source(Doubleword.self)))
        case .pmovsxbq, .pmovzxbq:
            setDestination(PackedInteger.widen(i.operation, try source(Word.self)))
        case .ptest:
            let (a, b) = (destination, try source())
            var flags: EFLAGS = []
            if a.quads & b.quads == .zero { flags.insert(.ZF) }
            if ~a.quads & b.quads == .zero { flags.insert(.CF) }
            core.pointee.lazy = LazyFlags(flags)
        case .pblendvb: setDestination(PackedInteger.blend(destination, try source(), unit: 1, mask: xmm(0)))
        case .blendvps: setDestination(PackedInteger.blend(destination, try source(), unit: 4, mask: xmm(0)))
        case .blendvpd: setDestination(PackedInteger.blend(destination, try source(), unit: 8, mask: xmm(0)))
        case .punpcklbw where isMMX, .punpcklwd where isMMX, .punpckldq where isMMX:
            let b = try source(Doubleword.self)
            enterMMX()
            setDestination(PackedInteger.apply(i.operation, destination, b, isWide: false))
        case _ where i.kind2 == .immediate:
            let b = try source()
            if isMMX { enterMMX() }
            setDestination(PackedInteger.apply(i.operation, destination, b, immediate: immediate, isWide: !isMMX))
        case _ where i.kind1 == .immediate:
            if isMMX { enterMMX() }
            setDestination(PackedInteger.shift(i.operation, destination, by: UInt64(truncatingIfNeeded: immediate)))
        default:
            let b = try source()
            if isMMX { enterMMX() }
            setDestination(PackedInteger.apply(i.operation, destination, b, isWide: !isMMX))
        }
    }
}
