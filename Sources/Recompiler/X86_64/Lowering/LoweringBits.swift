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
        loadSource()
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

    /// BT and its like of a bit string in memory: the number is signed and may lead beyond the operand. CF alone changes.
    mutating func lowerBitString() {
        let i = instruction
        let w = i.operandSize
        let (value, scratch, linear) = (HostMap.value, HostMap.scratch, HostMap.linear)
        effectiveAddress(into: value)
        asm.signExtend(scratch, general(i.register1, in: scratch), from: w, to: .quadword)
        asm.shift(.sar, scratch, by: 3 + w.rawValue, .quadword)
        asm.lea(linear, HostOperand(value, index: scratch, scale: w.rawValue), i.addressSize == .quadword ? .quadword : .doubleword)
        if i.addressSize == .word { asm.zeroExtend(linear, linear, from: .word) }
        let operation: UInt8 =
            switch i.operation {
            case .bt: 0
            case .bts: 1
            case .btr: 2
            default: 3
            }
        addSegment(i.segment.rawValue, w.bytes, writes: operation != 0, at: range.lowerBound)
        let memory = probe(operation == 0 ? NativeSite.read : NativeSite.readWrite, w.bytes, at: range.lowerBound)
        asm.zeroExtend(value, memory, from: w)
        asm.bit(operation, value, general(i.register1, in: scratch), w)
        if operation != 0 { asm.store(memory, value, w) }
        asm.set(HostCondition.below, scratch)
        let image = HostMap.core(CoreOffset.flags + 1)
        asm.alu(.and, image, immediate: 0xFE, .byte)
        asm.alu(.or, image, scratch, .byte)
    }

    /// Operand 1, zero-extended, in `value`.
    mutating func loadSource() {
        let i = instruction
        if i.kind1 == .memory {
            asm.zeroExtend(HostMap.value, operandAccess(NativeSite.read, i.operandSize.bytes), from: i.operandSize)
        } else {
            asm.zeroExtend(HostMap.value, general(i.register1, in: HostMap.value), from: i.operandSize)
        }
    }

    /// TZCNT and LZCNT, by BSF and BSR, which every host has: CF and ZF change.
    mutating func lowerCountZeros(leading: Bool) {
        let (value, scratch, addend) = (HostMap.value, HostMap.scratch, HostMap.addend)
        let bits = UInt64(instruction.operandSize.bits)
        let w: Width = bits == 64 ? .quadword : .doubleword
        loadSource()
        asm.mov(scratch, immediate: leading ? 2 * bits - 1 : bits, .doubleword)
        asm.scan(reverse: leading, addend, value, w)
        asm.cmov(HostCondition.equal, addend, scratch, .doubleword)
        if leading { asm.alu(.xor, addend, immediate: bits - 1, .doubleword) }
        asm.test(value, value, w)
        asm.set(HostCondition.equal, scratch)
        asm.test(addend, addend, .doubleword)
        asm.set(HostCondition.equal, value)
        asm.shift(.shl, value, by: 6, .byte)
        asm.alu(.or, scratch, value, .byte)
        let image = HostMap.core(CoreOffset.flags + 1)
        asm.alu(.and, image, immediate: 0xBE, .byte)
        asm.alu(.or, image, scratch, .byte)
        setCount()
    }

    /// POPCNT, by the host's: of all flags ZF alone may be set.
    mutating func lowerPopulationCount() {
        let (value, scratch, addend) = (HostMap.value, HostMap.scratch, HostMap.addend)
        loadSource()
        asm.rr(0x0FB8, addend, value, .quadword, mandatory: 0xF3)
        asm.test(value, value, .quadword)
        asm.set(HostCondition.equal, scratch)
        asm.shift(.shl, scratch, by: 6, .byte)
        asm.alu(.or, scratch, immediate: 2, .byte)
        asm.store(HostMap.core(CoreOffset.flags), immediate: 0, .byte)
        asm.store(HostMap.core(CoreOffset.flags + 1), scratch, .byte)
        setCount()
    }

    /// Puts what is in `addend` into operand 0.
    mutating func setCount() {
        let i = instruction
        if let host = plan.host(i.register0) {
            asm.mov(host, HostMap.addend, i.operandSize)
        } else {
            asm.store(extended(i.register0), HostMap.addend, i.operandSize == .word ? .word : .quadword)
        }
    }
}
