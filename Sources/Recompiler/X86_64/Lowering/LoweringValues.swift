import Processor
import X86

/// Values of an instruction: in registers of the guest, in temporary ones, or known.
extension Lowering {
    /// Puts a value of width `from` into `register`, zero-extended.
    @discardableResult
    mutating func copy(_ value: Int, to register: HostRegister, _ from: Width) -> HostRegister {
        switch places[value] {
        case .constant(let constant): asm.mov(register, constant: isCode64 ? constant : constant & 0xFFFF_FFFF)
        case .extended(let number): asm.zeroExtend(register, extended(number), from: narrower(nodes[value].width, from))
        case .register(let source, let isGuest):
            if source >= 16 {
                extractHighByte(source, to: register)
            } else if isGuest {
                asm.zeroExtend(register, source, from: narrower(nodes[value].width, from))
            } else if source != register {
                asm.mov(register, source, .quadword)
            }
        case .address: effectiveAddress(into: register)
        default: break
        }
        return register
    }

    /// The value in a register that may stand beside any other.
    mutating func encodable(_ value: Int, _ width: Width, scratch: HostRegister) -> HostRegister {
        if case .register(let register, _) = places[value], register < 16 { return register }
        return copy(value, to: scratch, width)
    }

    /// AH…BH (16…19) into another register, without a change of flags.
    mutating func extractHighByte(_ register: HostRegister, to destination: HostRegister) {
        let whole = register - 16
        if destination < 4 { return asm.rr(0x0FB6, destination, register, .doubleword, byteRM: true) }
        asm.xchg(whole, register, .byte)
        asm.zeroExtend(destination, whole, from: .byte)
        asm.xchg(whole, register, .byte)
    }

    /// The low byte of `source`, which is none of AX…BX, into AH…BH, without a change of flags.
    mutating func insertHighByte(_ register: HostRegister, from source: HostRegister) {
        let whole = register - 16
        asm.xchg(whole, register, .byte)
        asm.mov(whole, source, .byte)
        asm.xchg(whole, register, .byte)
    }

    /// Tells whether two byte registers can stand in one instruction: AH…BH exclude a REX prefix.
    func areCompatible(_ a: HostRegister, _ b: HostRegister, _ w: Width) -> Bool {
        guard w == .byte else { return true }
        return !((a >= 16 && b >= 4 && b < 16) || (b >= 16 && a >= 4 && a < 16))
    }

    /// To be called before guest register `register` is written: values that still lie there and will be used are taken away.
    mutating func beforeWriting(_ register: HostRegister, at index: Int) {
        let whole = register >= 16 ? register - 16 : register
        for other in range where other < index && Int(lastUse[other]) > index {
            guard case .register(let holder, isGuest: true) = places[other] else { continue }
            let isByte = nodes[other].width == .byte
            let held = holder >= 16 ? holder - 16 : holder
            guard held == whole else { continue }
            if isByte && ((holder >= 16) != (register >= 16)) && registerIsByte(index) { continue }
            copy(other, to: HostMap.value, nodes[other].width)
            places[other] = .register(HostMap.value, isGuest: false)
        }
    }

    private func registerIsByte(_ index: Int) -> Bool { nodes[index].operation == .setRegister && nodes[index].width == .byte }

    // MARK: Setting a register

    mutating func setRegister(_ number: UInt8, _ width: Width, _ value: Int, at index: Int) {
        if isExtended(number) { return setExtended(number, width, value, at: index) }
        let register = hostRegister(number, width)
        beforeWriting(register, at: index)
        protect(register, at: index)
        write(value, to: register, width)
        // Whoever looks at the value later finds it in the register, too.
        if case .register(_, isGuest: false) = places[value], nodes[value].width == width, Int(lastUse[value]) > index,
            register < 16
        {
            places[value] = .register(register, isGuest: true)
        }
    }

    private mutating func write(_ value: Int, to register: HostRegister, _ width: Width) {
        let own = narrower(nodes[value].width, width)
        switch places[value] {
        case .constant(let constant) where width == .quadword: asm.mov(register, constant: constant)
        case .constant(let constant): asm.mov(register, immediate: constant, width)
        case .extended(let number) where own == width: asm.load(register, extended(number), width)
        case .extended(let number):
            asm.zeroExtend(HostMap.scratch, extended(number), from: own)
            asm.mov(register, HostMap.scratch, width)
        case .address:
            if width == .doubleword || width == .quadword {
                effectiveAddress(into: register, width)
            } else {
                effectiveAddress(into: HostMap.linear)
                asm.mov(register, HostMap.linear, width)
            }
        case .register(let source, let isGuest):
            if width == .byte {
                writeByte(source, to: register)
            } else if isGuest && (own != width || source >= 16) {
                extend(source, own, to: register, width)
            } else {
                asm.mov(register, source, width)
            }
        default: break
        }
    }

    private mutating func writeByte(_ source: HostRegister, to register: HostRegister) {
        if areCompatible(source, register, .byte) {
            asm.mov(register, source, .byte)
        } else if source >= 16 {
            extractHighByte(source, to: HostMap.scratch)
            asm.mov(register, HostMap.scratch, .byte)
        } else {
            insertHighByte(register, from: source)
        }
    }

    /// A narrower guest register, zero-extended into a wider one.
    private mutating func extend(_ source: HostRegister, _ own: Width, to register: HostRegister, _ width: Width) {
        if (width == .doubleword || width == .quadword) && (source < 16 || register < 8) {
            asm.zeroExtend(register, source, from: own)
        } else {
            if source >= 16 {
                extractHighByte(source, to: HostMap.scratch)
            } else {
                asm.zeroExtend(HostMap.scratch, source, from: own)
            }
            asm.mov(register, HostMap.scratch, width)
        }
    }
}

/// The smaller of two widths.
func narrower(_ a: Width, _ b: Width) -> Width { a.rawValue <= b.rawValue ? a : b }
