import Processor
import X86

/// The parts that only 64-bit code has: the registers R8 to R15, addresses and targets of 64 bits. SDM Vol. 1, section 3.4.1.1; Vol. 2A, section 2.2.
///
/// RAX to RDI are in registers of the host, as in other code. R8 to R15 stay in `CPUState`, unless the region's plan has exchanged registers: who
/// reads what is there has it as an operand in memory or in a temporary register, and one of 32 bits is written as a whole, so that the host need
/// not put it together when it is read.
extension Lowering {
    /// The general register is in `CPUState`. Of AH to BH (16…19) none is.
    func isExtended(_ number: UInt8) -> Bool { number < 16 && plan.host(number) == nil }

    func extended(_ number: UInt8) -> HostOperand { HostMap.core(CoreOffset.register(number)) }

    /// Of linear addresses, of the stack pointer where it is big, and of RIP.
    var addressWidth: Width { isCode64 ? .quadword : .doubleword }

    /// The general register in one of the host's: `temporary` where it is extended.
    mutating func general(_ number: UInt8, in temporary: HostRegister) -> HostRegister {
        if let host = plan.host(number) { return host }
        asm.load(temporary, extended(number), .quadword)
        return temporary
    }

    /// Puts what was made in `temporary` into the general register, if it is extended. Flags stay.
    mutating func keep(_ temporary: HostRegister, in number: UInt8) {
        if isExtended(number) { asm.store(extended(number), temporary, .quadword) }
    }

    // MARK: Setting R8 to R15

    mutating func setExtended(_ number: UInt8, _ width: Width, _ value: Int, at index: Int) {
        for other in range where other < index && Int(lastUse[other]) > index {
            guard case .extended(number) = places[other] else { continue }
            copy(other, to: HostMap.value, nodes[other].width)
            places[other] = .register(HostMap.value, isGuest: false)
        }
        protect(extended: number, at: index)
        let stored: Width = width == .doubleword ? .quadword : width
        switch places[value] {
        case .constant(let constant): store(constant: width == .doubleword ? constant & 0xFFFF_FFFF : constant, in: number, stored)
        case .address:
            effectiveAddress(into: HostMap.linear, width)
            asm.store(extended(number), HostMap.linear, stored)
        case .register(let source, let isGuest):
            let own = narrower(nodes[value].width, width)
            if source >= 16 || isGuest && (own != width || width == .doubleword) || own != nodes[value].width {
                asm.store(extended(number), zeroExtended(source, own), stored)
            } else {
                asm.store(extended(number), source, stored)
            }
        case .extended(let source):
            asm.zeroExtend(HostMap.scratch, extended(source), from: narrower(nodes[value].width, width))
            asm.store(extended(number), HostMap.scratch, stored)
        default: break
        }
    }

    private mutating func store(constant: UInt64, in number: UInt8, _ width: Width) {
        if width != .quadword || constant.isDisplacement {
            asm.store(extended(number), immediate: constant, width)
        } else {
            asm.mov(HostMap.scratch, constant: constant)
            asm.store(extended(number), HostMap.scratch, .quadword)
        }
    }

    private mutating func zeroExtended(_ source: HostRegister, _ width: Width) -> HostRegister {
        if source >= 16 {
            extractHighByte(source, to: HostMap.scratch)
        } else {
            asm.zeroExtend(HostMap.scratch, source, from: width)
        }
        return HostMap.scratch
    }

    /// XADD sets its second operand before the first is stored, and a register in `CPUState` cannot wait that long.
    var exchangesExtended: Bool {
        let i = instruction
        guard i.operation == .xadd else { return false }
        return isExtended(i.register1) || (i.kind0 != .memory && isExtended(i.register0))
    }

    // MARK: Addresses

    /// A register of the instruction's address; `temporary` where it is extended.
    mutating func hostRegister(ofAddress number: UInt8, _ temporary: HostRegister) -> HostRegister {
        general(number, in: temporary)
    }

    /// Checks the access at a known address that is no displacement of the host's; yields the host's memory operand.
    mutating func probe(distant address: UInt64, _ access: UInt32, _ size: Int) -> HostOperand {
        let slow = asm.makeLabel()
        let again = asm.makeLabel()
        let entry = Int32(truncatingIfNeeded: CoreOffset.TLB.entry(of: address))
        asm.place(again)
        asm.mov(HostMap.linear, constant: address)
        asm.lea(HostMap.scratch, HostOperand(HostMap.linear, 0 - Int32(truncatingIfNeeded: address & 0xFFF)), .quadword)
        for tag in Self.tags(access) {
            asm.alu(.cmp, HostMap.scratch, HostOperand(HostMap.tlb, entry + Int32(tag)), .quadword)
            asm.jump(if: HostCondition.notEqual, slow)
        }
        addSlow(slow, access, size, again: again, linear: address)
        asm.load(HostMap.addend, HostOperand(HostMap.tlb, entry + Int32(CoreOffset.TLB.addend)), .quadword)
        return HostOperand(HostMap.linear, index: HostMap.addend)
    }

    // MARK: Transfers

    /// A computed target that is not canonical is #GP(0), before anything changes: for the interpreter.
    mutating func checkCanonical(_ index: Int) {
        loseHostFlags(at: index)
        let refused = asm.makeLabel()
        let target = encodable(Int(nodes[index].a), .quadword, scratch: HostMap.addend)
        asm.mov(HostMap.scratch, target, .quadword)
        asm.shift(.shl, HostMap.scratch, by: 16, .quadword)
        asm.shift(.sar, HostMap.scratch, by: 16, .quadword)
        asm.alu(.cmp, HostMap.scratch, target, .quadword)
        asm.jump(if: HostCondition.notEqual, refused)
        addCold(refused, .interpret(site: site(NativeSite.never, 0), flags: flags, pointers: x87Pointers))
    }
}

extension UInt64 {
    /// It is the sign extension of its lower half: an instruction of the host can hold it.
    var isDisplacement: Bool { Int32(exactly: Int64(bitPattern: self)) != nil }
}
