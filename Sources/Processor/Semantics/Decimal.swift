import X86

/// DAA, DAS, AAA, AAS, AAM, AAD. SDM Vol. 2A and 2B, the pages of these names.
extension CPU {
    private var al: UInt8 {
        get { UInt8(truncatingIfNeeded: core.register(0)) }
        set { core.setRegister(0, UInt64(newValue), Byte.self) }
    }

    /// Flags by AL, with AF and CF given; OF is undefined and cleared.
    private func setDecimalFlags(AF: Bool, CF: Bool) {
        var lazy = LazyFlags(result: Byte.signExtend(UInt64(al)), carries: AF ? LazyFlags.adjust : 0)
        lazy.setCF(CF)
        lazy.setOF(false)
        core.pointee.lazy = lazy
    }

    func decimalAdjust(afterSubtraction: Bool) {
        let old = al
        let oldCF = core.pointee.lazy.CF
        var result = old
        var adjusts = false
        var carries = false
        if old & 0xF > 9 || core.pointee.lazy.AF {
            result = afterSubtraction ? result &- 6 : result &+ 6
            carries = oldCF || (afterSubtraction ? old < 6 : old > 0xF9)
            adjusts = true
        }
        if old > 0x99 || oldCF {
            result = afterSubtraction ? result &- 0x60 : result &+ 0x60
            carries = true
        }
        al = result
        setDecimalFlags(AF: adjusts, CF: carries)
    }

    /// Computes DAA or DAS for each AL (bits 0–7 of the index), CF (8) and AF (9): the new AL in bits 0–7, and the flags as
    /// `LazyFlags.image` in the upper half. The definition above says so.
    package func decimalAdjustments(afterSubtraction: Bool) -> [UInt32] {
        let saved = core.pointee
        defer {
            core.pointee.state.rax = saved.state.rax
            core.pointee.lazy = saved.lazy
        }
        return (0..<1024 as Range<UInt32>).map { index in
            core.pointee.state.rax = UInt64(index & 0xFF)
            core.pointee.lazy = LazyFlags(image: UInt16(truncatingIfNeeded: (index & 0x100) | (index & 0x200) &<< 3))
            decimalAdjust(afterSubtraction: afterSubtraction)
            return UInt32(al) | UInt32(core.pointee.lazy.image) &<< 16
        }
    }

    /// AAA and AAS work on AX: a carry goes into AH.
    func asciiAdjust(afterSubtraction: Bool) {
        let adjusts = al & 0xF > 9 || core.pointee.lazy.AF
        if adjusts {
            let ax = core.register(0, Word.self)
            core.setRegister(0, afterSubtraction ? ax &- 0x106 : ax &+ 0x106, Word.self)
        }
        al &= 0xF
        setDecimalFlags(AF: adjusts, CF: adjusts)
    }

    /// SALC, which the manual does not have: AL := CF, as all bits.
    func salc() { al = core.pointee.lazy.CF ? 0xFF : 0 }

    func aam(_ base: UInt8) throws(Fault) {
        guard base != 0 else { throw Fault.DE }
        core.setRegister(16, UInt64(al / base), Byte.self)
        al = al % base
        setDecimalFlags(AF: false, CF: false)
    }

    func aad(_ base: UInt8) {
        let ah = UInt8(truncatingIfNeeded: core.register(16, Byte.self))
        core.setRegister(0, UInt64(al &+ ah &* base), Word.self)
        setDecimalFlags(AF: false, CF: false)
    }
}
