import X86

/// Shifts and rotates of the running reading. SDM Vol. 2B, "RCL/RCR/ROL/ROR", "SAL/SAR/SHL/SHR", "SHLD", "SHRD".
///
/// The count is masked to 5 bits (6 for 64-bit operands) before anything else; a masked count of zero changes no flag. OF is
/// defined for a count of 1; for other counts it is that of the last of `count` shifts by 1.
extension Execute {
    @inline(__always)
    func shift<W: OperandWidth>(_ kind: Shift, _ a: UInt64, by count: UInt64, _ w: W.Type) -> UInt64 {
        let count = count & (W.bits == 64 ? 63 : 31)
        if count == 0 { return a }
        switch kind {
        case .shl:
            let wide = W.bits == 64 ? a &<< (count &- 1) : a << (count &- 1)
            let result = W.truncate(wide &<< 1)
            return shifted(result, CF: wide & W.signBit != 0, OF: (wide ^ result) & W.signBit != 0, w)
        case .shr:
            let result = a &>> count
            let last = a &>> (count &- 1)
            return shifted(result, CF: last & 1 != 0, OF: last & W.signBit != 0, w)
        case .sar:
            let wide = Int64(bitPattern: W.signExtend(a))
            let result = UInt64(bitPattern: wide &>> Int64(bitPattern: count))
            let last = wide &>> Int64(bitPattern: count &- 1)
            return shifted(W.truncate(result), CF: last & 1 != 0, OF: false, w)
        case .rol:
            let by = count & (W.bits &- 1)
            let result = W.truncate((a << by) | (a >> (W.bits &- by)))
            let carry = result & 1 != 0
            return rotated(result, CF: carry, OF: (result & W.signBit != 0) != carry)
        case .ror:
            let by = count & (W.bits &- 1)
            let result = W.truncate((a >> by) | (a << (W.bits &- by)))
            return rotated(result, CF: result & W.signBit != 0, OF: (result ^ (result &<< 1)) & W.signBit != 0)
        case .rcl:
            let by = W.bits < 32 ? count % (W.bits &+ 1) : count
            if by == 0 { return a }
            let carry: UInt64 = core.pointee.lazy.CF ? 1 : 0
            let result = W.truncate((a << by) | (carry << (by &- 1)) | (a >> (W.bits &+ 1 &- by)))
            let out = (a >> (W.bits &- by)) & 1 != 0
            return rotated(result, CF: out, OF: (result & W.signBit != 0) != out)
        case .rcr:
            let by = W.bits < 32 ? count % (W.bits &+ 1) : count
            if by == 0 { return a }
            let carry: UInt64 = core.pointee.lazy.CF ? 1 : 0
            let result = W.truncate((a >> by) | (carry << (W.bits &- by)) | (a << (W.bits &+ 1 &- by)))
            return rotated(result, CF: (a >> (by &- 1)) & 1 != 0, OF: (result ^ (result &<< 1)) & W.signBit != 0)
        }
    }

    @inline(__always)
    private func shifted<W: OperandWidth>(_ result: UInt64, CF: Bool, OF: Bool, _ w: W.Type) -> UInt64 {
        core.pointee.lazy = LazyFlags(
            result: W.signExtend(result), carries: (CF ? 0x8000_0000 : 0) | (CF != OF ? 0x4000_0000 : 0))
        return result
    }

    /// SF, ZF, AF and PF stay.
    @inline(__always)
    private func rotated(_ result: UInt64, CF: Bool, OF: Bool) -> UInt64 {
        core.pointee.lazy.setCF(CF)
        core.pointee.lazy.setOF(OF)
        return result
    }

    /// For 16-bit operands and counts above 16 the result is undefined; here DEST:SRC:DEST is shifted, as P6 processors do.
    @inline(__always)
    func shiftDouble<W: OperandWidth>(_ kind: Shift, _ a: UInt64, _ b: UInt64, by count: UInt64, _ w: W.Type) -> UInt64 {
        let count = count & (W.bits == 64 ? 63 : 31)
        if count == 0 { return a }
        let result: UInt64
        let carry: UInt64
        if W.bits == 16 {
            let wide = (a &<< 32) | (b &<< 16) | a
            if kind == .shl {
                result = W.truncate((wide &<< count) &>> 32)
                carry = wide &>> (48 &- count)
            } else {
                result = W.truncate(wide &>> count)
                carry = wide &>> (count &- 1)
            }
        } else if kind == .shl {
            result = W.truncate((a &<< count) | (b &>> (W.bits &- count)))
            carry = a &>> (W.bits &- count)
        } else {
            result = W.truncate((a &>> count) | (b &<< (W.bits &- count)))
            carry = a &>> (count &- 1)
        }
        return shifted(result, CF: carry & 1 != 0, OF: (a ^ result) & W.signBit != 0, w)
    }
}
