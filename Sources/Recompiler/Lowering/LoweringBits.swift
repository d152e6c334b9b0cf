import Processor
import X86

/// Single bits.
extension Lowering {
    /// BT and its like: the host leaves the other flags undefined, so they are brought to safety first.
    mutating func lowerBit(_ index: Int) {
        let node = nodes[index]
        let keepsOthers = live[index].contains(.others)
        let isTest = node.number == 0
        if isTest && keepsOthers && live[index].contains(.carry) { return lowerBitTest(index) }
        if keepsOthers { putIntoImage() }
        let destination: Destination
        if isTest {
            destination = Destination(
                register: encodable(Int(node.a), node.width, scratch: HostMap.value), isGuest: true, fused: nil)
        } else {
            destination = target(index, keepsFlags: !keepsOthers && !live[index].isEmpty)
            begin(destination, from: Int(node.a), node.width, at: index)
        }
        switch places[Int(node.b)] {
        case .constant(let bit): asm.bit(node.number, destination.register, immediate: bit, node.width)
        case .register(let register, _): asm.bit(node.number, destination.register, register, node.width)
        default: asm.bit(node.number, destination.register, copy(Int(node.b), to: HostMap.addend, node.width), node.width)
        }
        if !isTest { finish(destination, index) }
        guard keepsOthers else { return setFlags(at: index, .host, node.width) }
        guard live[index].contains(.carry) else { return }
        let image = HostMap.core(CoreOffset.flags + 1)
        asm.set(HostCondition.below, HostMap.scratch)
        asm.alu(.and, image, immediate: 0xFE, .byte)
        asm.alu(.or, image, HostMap.scratch, .byte)
    }

    /// BT whose other flags are looked at, which are those of before: the image is made once, in registers, so that whoever looks at it
    /// does not have to wait for parts of it.
    private mutating func lowerBitTest(_ index: Int) {
        let node = nodes[index]
        let (image, scratch) = (HostMap.core(CoreOffset.flags), HostMap.scratch)
        if flags.origin == .multiply { putIntoImage() }
        if flags.origin != .image { getIntoHost() }
        let value = encodable(Int(node.a), node.width, scratch: HostMap.value)
        asm.mov(scratch, .rax, .quadword)
        if flags.origin == .image {
            asm.zeroExtend(.rax, image, from: .word)
        } else {
            asm.lahf()
            asm.set(HostCondition.overflow, .rax)
        }
        asm.alu(.and, AH, immediate: flags.clearsAF ? 0xEE : 0xFE, .byte)
        func operand(_ register: HostRegister) -> HostRegister { register == .rax ? scratch : register }
        switch places[Int(node.b)] {
        case .constant(let bit): asm.bit(0, operand(value), immediate: bit, node.width)
        case .register(let register, _): asm.bit(0, operand(value), operand(register), node.width)
        default: asm.bit(0, operand(value), copy(Int(node.b), to: HostMap.addend, node.width), node.width)
        }
        asm.alu(.adc, AH, immediate: 0, .byte)
        asm.store(image, .rax, .word)
        asm.mov(.rax, scratch, .quadword)
        flags = FlagState()
    }

    private var AH: HostRegister { 16 }

    /// BSF and BSR: ZF alone changes, and of zero the destination stays.
    mutating func lowerScan(reverse: Bool) {
        let i = instruction
        let (value, scratch, addend) = (HostMap.value, HostMap.scratch, HostMap.addend)
        if i.kind1 == .memory {
            asm.zeroExtend(value, operandAccess(NativeSite.read, i.operandSize.bytes), from: i.operandSize)
        } else {
            asm.zeroExtend(value, general(i.register1, in: value), from: i.operandSize)
        }
        let destination = general(i.register0, in: addend)
        asm.scan(reverse: reverse, scratch, value, i.operandSize == .quadword ? .quadword : .doubleword)
        // Of zero, a register of 32 bits keeps its upper half, too.
        asm.cmov(HostCondition.notEqual, destination, scratch, isCode64 && i.operandSize == .doubleword ? .quadword : i.operandSize)
        keep(destination, in: i.register0)
        asm.set(HostCondition.equal, addend)
        asm.shift(.shl, addend, by: 6, .byte)
        let image = HostMap.core(CoreOffset.flags + 1)
        asm.alu(.and, image, immediate: 0xBF, .byte)
        asm.alu(.or, image, addend, .byte)
    }
}
