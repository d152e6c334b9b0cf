import SoftFloat
import X86

/// CMPPS and its like, COMISS and its like, and the string comparisons of SSE4.2. SDM Vol. 1, sections 10.4.2, 11.4.2 and 12.10.
extension SSEUnit {
    func comparison() throws(Fault) {
        try needSSE()
        let predicate = instruction.isVEX ? immediate & 31 : immediate & 7
        var context = sse.pointee.mxcsr.context
        switch instruction.operation {
        case .cmpps:
            let (a, b) = (first, try source())
            let result = each(a, b) { a, b in
                var lanes = SIMD4<UInt32>.zero
                for place in 0..<4 where Single.holds(predicate, a.doubles[place], b.doubles[place], &context) {
                    lanes[place] = .max
                }
                return XMM(lanes)
            }
            try settle(context)
            setDestination(result)
        case .cmppd:
            let (a, b) = (first, try source())
            let result = each(a, b) { a, b in
                let low = Double64.holds(predicate, a.low, b.low, &context)
                return XMM(low: low ? .max : 0, high: Double64.holds(predicate, a.high, b.high, &context) ? .max : 0)
            }
            try settle(context)
            setDestination(result)
        case .cmpss:
            let b = UInt32(truncatingIfNeeded: try source(Doubleword.self).low)
            let holds = Single.holds(predicate, UInt32(truncatingIfNeeded: firstXMM.low), b, &context)
            try settle(context)
            setScalar(holds ? UInt32.max : 0)
        case .cmpsd:
            let b = try source(Quadword.self).low
            let holds = Double64.holds(predicate, firstXMM.low, b, &context)
            try settle(context)
            setScalar(holds ? UInt64.max : 0)
        case .comiss, .ucomiss:
            let b = UInt32(truncatingIfNeeded: try source(Doubleword.self).low)
            let isQuiet = instruction.operation == .ucomiss
            let result = Single.compare(UInt32(truncatingIfNeeded: xmm(instruction.register0).low), b, quiet: isQuiet, &context)
            try settle(context)
            setFlags(result)
        default:
            let b = try source(Quadword.self).low
            let result = Double64.compare(xmm(instruction.register0).low, b, quiet: instruction.operation == .ucomisd, &context)
            try settle(context)
            setFlags(result)
        }
    }

    private func setFlags(_ comparison: Extended.Comparison) {
        let flags: EFLAGS =
            switch comparison {
            case .less: .CF
            case .equal: .ZF
            case .greater: []
            case .unordered: [.ZF, .PF, .CF]
            }
        core.pointee.lazy = LazyFlags(flags)
    }

    func stringComparison() throws(Fault) {
        try needSSE()
        let i = instruction
        // Needs no alignment.
        let second = i.kind1 == .memory ? try load(isAligned: false) : xmm(i.register1)
        var lengths: (Int64, Int64)?
        if i.operation == .pcmpestri || i.operation == .pcmpestrm {
            let isWide = i.prefixes.contains(.rexW)
            func length(_ number: UInt8) -> Int64 {
                let value = core.register(number)
                return isWide ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
            }
            lengths = (length(0), length(2))
        }
        let comparison = StringComparison(xmm(i.register0), second, control: immediate, lengths: lengths)
        if i.operation == .pcmpestri || i.operation == .pcmpistri {
            core.setRegister(1, comparison.index)
        } else {
            setXMM(0, comparison.mask)
        }
        core.pointee.lazy = LazyFlags(comparison.flags)
    }
}
