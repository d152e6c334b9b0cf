import X86

/// VMASKMOV, VPMASKMOV and the gathers: elements under a mask. SDM Vol. 1, section 14.6; Vol. 2C, the pages of their names.
extension SSEUnit {
    /// The sign bit of an element.
    private func isSet(_ mask: YMM, _ place: Int, _ size: UInt64) -> Bool {
        size == 8 ? mask.quad(place) &>> 63 != 0 : mask.double(place) &>> 31 != 0
    }

    private func loadElement(_ address: UInt64, _ size: UInt64) throws(Fault) -> UInt64 {
        size == 8
            ? try r.load(instruction.segment, address, Quadword.self) : try r.load(instruction.segment, address, Doubleword.self)
    }

    private func set(_ vector: inout YMM, _ place: Int, _ value: UInt64, _ size: UInt64) {
        if size == 8 { vector.setQuad(place, value) } else { vector.setDouble(place, UInt32(truncatingIfNeeded: value)) }
    }

    /// Elements that the mask leaves out are not touched in memory, and do not fault; in a register they become zero.
    func moveMaskedLanes() throws(Fault) {
        try needSSE()
        let i = instruction
        let size: UInt64 = i.operation == .vmaskmovpd || i.operation == .vpmaskmovq ? 8 : 4
        let count = (i.is256 ? 32 : 16) / Int(truncatingIfNeeded: size)
        let mask = first
        let start = r.effectiveAddress()
        func address(_ place: Int) -> UInt64 { r.addressSum(start, UInt64(truncatingIfNeeded: place) &* size) }
        guard i.kind0 == .memory else {
            var result = YMM()
            for place in 0..<count where isSet(mask, place, size) {
                set(&result, place, try loadElement(address(place), size), size)
            }
            return setDestination(result)
        }
        // All that will be written is checked first.
        for place in 0..<count where isSet(mask, place, size) {
            let linear = try core.linear(i.segment, address(place), size, .write)
            _ = try core.pointee.cpu.resolve(linear, size, .write)
        }
        let value = ymm(i.register1)
        for place in 0..<count where isSet(mask, place, size) {
            if size == 8 {
                try r.store(i.segment, address(place), value.quad(place), Quadword.self)
            } else {
                try r.store(i.segment, address(place), UInt64(truncatingIfNeeded: value.double(place)), Doubleword.self)
            }
        }
    }

    /// Elements are loaded from the first on, and each clears its mask: a fault leaves those before it done.
    func gather() throws(Fault) {
        try needSSE()
        let i = instruction
        let size: UInt64 = i.hasVEXW ? 8 : 4
        let hasQuadIndices: Bool
        switch i.operation {
        case .vpgatherqd, .vpgatherqq, .vgatherqps, .vgatherqpd: hasQuadIndices = true
        default: hasQuadIndices = false
        }
        let bytes = i.is256 ? 32 : 16
        let count = bytes / (hasQuadIndices || size == 8 ? 8 : 4)
        // Four indices of 32 bits are in an XMM register, whatever VEX.L says.
        let indices = ymm(i.extra)
        var (result, mask) = (ymm(i.register0), first)
        let start = r.effectiveAddress()
        for place in 0..<count where isSet(mask, place, size) {
            let index = hasQuadIndices ? indices.quad(place) : UInt64(bitPattern: Int64(Int32(bitPattern: indices.double(place))))
            do throws(Fault) {
                let address = r.addressSum(start, index &<< UInt64(truncatingIfNeeded: i.scale))
                set(&result, place, try loadElement(address, size), size)
            } catch {
                setYMM(i.register0, result)
                setYMM(i.vvvv, mask)
                throw error
            }
            set(&mask, place, 0, size)
        }
        // Fewer elements than the register has room for: the rest is zero.
        for place in count..<(bytes / Int(truncatingIfNeeded: size)) { set(&result, place, 0, size) }
        setYMM(i.register0, result)
        setYMM(i.vvvv, YMM())
    }
}
