import SoftFloat
import X86

/// VFMADD, VFMSUB, VFNMADD, VFNMSUB, VFMADDSUB and VFMSUBADD. SDM Vol. 1, section 14.5; Vol. 2C, the pages of their names.
extension SSEUnit {
    func fusedMultiplyAdd() throws(Fault) {
        try needSSE()
        // Bit 0 of the opcode: scalar, but for VFMADDSUB and VFMSUBADD.
        let isScalar: Bool
        switch instruction.operation {
        case .vfmaddsub, .vfmsubadd: isScalar = false
        default: isScalar = instruction.opcode & 1 != 0
        }
        if instruction.hasVEXW { try fuse(Double64.self, isScalar) } else { try fuse(Single.self, isScalar) }
    }

    private func fuse<F: PackedFormat>(_ f: F.Type, _ isScalar: Bool) throws(Fault) {
        let i = instruction
        let isDouble = F.Bits.bitWidth == 64
        let destination = ymm(i.register0)
        let second = first
        let third =
            !isScalar ? try source() : YMM(isDouble ? try source(Quadword.self) : try source(Doubleword.self))
        var context = sse.pointee.mxcsr.context
        var result = destination
        let count = isScalar ? 1 : (i.is256 ? 32 : 16) / (F.Bits.bitWidth / 8)
        for place in 0..<count {
            func lane(_ vector: YMM) -> F.Bits {
                isDouble ? F.Bits(truncatingIfNeeded: vector.quad(place)) : F.Bits(truncatingIfNeeded: vector.double(place))
            }
            // The digits of the name are the operands: the first two are multiplied.
            let (a, b, c) =
                switch i.opcode &>> 4 {
                case 9: (lane(destination), lane(third), lane(second))
                case 0xA: (lane(second), lane(destination), lane(third))
                default: (lane(second), lane(third), lane(destination))
                }
            let value = F.fusedMultiplyAdd(
                a, b, c, negatesProduct: i.operation == .vfnmadd || i.operation == .vfnmsub, subtracts: subtracts(place), &context)
            if isDouble {
                result.setQuad(place, UInt64(truncatingIfNeeded: value))
            } else {
                result.setDouble(place, UInt32(truncatingIfNeeded: value))
            }
        }
        try settle(context)
        if isScalar { setXMM(i.register0, result.low) } else { setDestination(result) }
    }

    private func subtracts(_ place: Int) -> Bool {
        switch instruction.operation {
        case .vfmsub, .vfnmsub: true
        case .vfmaddsub: place & 1 == 0
        case .vfmsubadd: place & 1 != 0
        default: false
        }
    }
}
