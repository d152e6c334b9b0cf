import X86

/// Arithmetic of the running reading, with the status flags left in `Core.lazy`.
extension Execute {
    // MARK: Sums

    @inline(__always)
    private func setFlags<W: OperandWidth>(_ result: UInt64, carries: UInt64, _ w: W.Type) {
        let top = UInt32(truncatingIfNeeded: (carries &<< (64 &- W.bits)) &>> 32) & LazyFlags.overflowAndCarry
        core.pointee.lazy = LazyFlags(
            result: W.signExtend(result), carries: top | (UInt32(truncatingIfNeeded: carries) & LazyFlags.adjust))
    }

    @inline(__always) func add<W: OperandWidth>(_ a: UInt64, _ b: UInt64, _ w: W.Type) -> UInt64 {
        let result = a &+ b
        setFlags(result, carries: (a & b) | ((a | b) & ~result), w)
        return W.truncate(result)
    }

    @inline(__always) func addWithCarry<W: OperandWidth>(_ a: UInt64, _ b: UInt64, _ w: W.Type) -> UInt64 {
        let result = a &+ b &+ (core.pointee.lazy.CF ? 1 : 0)
        setFlags(result, carries: (a & b) | ((a | b) & ~result), w)
        return W.truncate(result)
    }

    @inline(__always) func subtract<W: OperandWidth>(_ a: UInt64, _ b: UInt64, _ w: W.Type) -> UInt64 {
        let result = a &- b
        setFlags(result, carries: (~a & b) | ((~a | b) & result), w)
        return W.truncate(result)
    }

    @inline(__always) func subtractWithBorrow<W: OperandWidth>(_ a: UInt64, _ b: UInt64, _ w: W.Type) -> UInt64 {
        let result = a &- b &- (core.pointee.lazy.CF ? 1 : 0)
        setFlags(result, carries: (~a & b) | ((~a | b) & result), w)
        return W.truncate(result)
    }

    @inline(__always) func increment<W: OperandWidth>(_ a: UInt64, _ w: W.Type) -> UInt64 {
        let carry = core.pointee.lazy.CF
        let result = add(a, 1, w)
        core.pointee.lazy.setCF(carry)
        return result
    }

    @inline(__always) func decrement<W: OperandWidth>(_ a: UInt64, _ w: W.Type) -> UInt64 {
        let carry = core.pointee.lazy.CF
        let result = subtract(a, 1, w)
        core.pointee.lazy.setCF(carry)
        return result
    }

    // MARK: Logic

    @inline(__always) private func logical<W: OperandWidth>(_ result: UInt64, _ w: W.Type) -> UInt64 {
        core.pointee.lazy = LazyFlags(result: W.signExtend(result), carries: 0)
        return result
    }

    @inline(__always) func and<W: OperandWidth>(_ a: UInt64, _ b: UInt64, _ w: W.Type) -> UInt64 { logical(a & b, w) }
    @inline(__always) func or<W: OperandWidth>(_ a: UInt64, _ b: UInt64, _ w: W.Type) -> UInt64 { logical(a | b, w) }
    @inline(__always) func xor<W: OperandWidth>(_ a: UInt64, _ b: UInt64, _ w: W.Type) -> UInt64 { logical(a ^ b, w) }

    // MARK: Without flags

    @inline(__always) func not<W: OperandWidth>(_ a: UInt64, _ w: W.Type) -> UInt64 { W.truncate(~a) }
    @inline(__always) func signFill(_ a: UInt64) -> UInt64 { UInt64(bitPattern: Int64(bitPattern: a) &>> 63) }
    @inline(__always) func sum<W: OperandWidth>(_ a: UInt64, _ b: UInt64, _ w: W.Type) -> UInt64 { W.truncate(a &+ b) }

    @inline(__always)
    func signExtend<From: OperandWidth, To: OperandWidth>(_ a: UInt64, _ from: From.Type, _ to: To.Type) -> UInt64 {
        To.truncate(From.signExtend(a))
    }

    @inline(__always) func byteSwap<W: OperandWidth>(_ a: UInt64, _ w: W.Type) -> UInt64 {
        UInt64(truncatingIfNeeded: W.Bits(truncatingIfNeeded: a).byteSwapped)
    }

    // MARK: Bits

    @inline(__always)
    func bit<W: OperandWidth>(_ operation: BitOperation, _ a: UInt64, _ index: UInt64, _ w: W.Type) -> UInt64 {
        let mask = 1 &<< (index & (W.bits &- 1))
        core.pointee.lazy.setCF(a & mask != 0)
        switch operation {
        case .test: return a
        case .set: return a | mask
        case .reset: return a & ~mask
        case .complement: return a ^ mask
        }
    }

    // MARK: Products

    @inline(__always)
    func multiply<W: OperandWidth>(_ a: UInt64, _ b: UInt64, signed: Bool, _ w: W.Type) -> (low: UInt64, high: UInt64) {
        let low: UInt64
        let high: UInt64
        if W.bits == 64 {
            if signed {
                let product = Int64(bitPattern: a).multipliedFullWidth(by: Int64(bitPattern: b))
                (low, high) = (product.low, UInt64(bitPattern: product.high))
            } else {
                let product = a.multipliedFullWidth(by: b)
                (low, high) = (product.low, product.high)
            }
        } else {
            let product = signed ? W.signExtend(a) &* W.signExtend(b) : a &* b
            low = W.truncate(product)
            high = W.truncate(product &>> W.bits)
        }
        let expected = signed && low & W.signBit != 0 ? W.mask : 0
        // SF, ZF, AF and PF are undefined: taken from the lower half.
        core.pointee.lazy = LazyFlags(
            result: W.signExtend(low), carries: high == expected ? 0 : 0x8000_0000)
        return (low, high)
    }
}
