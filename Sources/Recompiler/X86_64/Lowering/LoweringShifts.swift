import Processor
import X86

/// Shifts, products and quotients.
extension Lowering {
    mutating func lowerShift(_ index: Int) {
        let node = nodes[index]
        guard case .constant = nodes[Int(node.b)].operation else { return lowerShiftByCL(index) }
        guard let count = nodes.constantCount(node.b, node.width) else {
            // A count of zero changes nothing.
            let destination = target(index, keepsFlags: true)
            begin(destination, from: Int(node.a), node.width, at: index)
            clearUpperHalf(destination, node.width)
            return finish(destination, index)
        }
        let group = node.operation.shiftGroup
        let keepsOthers = group == .rol || group == .ror || group == .rcl || group == .rcr
        var old: HostFlags?
        if group == .rcl || group == .rcr {
            old = live[index].contains(.others) ? getIntoHost() : getCarryIntoHost()
        } else if keepsOthers && live[index].contains(.others) {
            old = getIntoHost()
        }
        let clearsAF = keepsOthers ? flags.clearsAF : true
        let destination = target(index)
        begin(destination, from: Int(node.a), node.width, at: index)
        asm.expect(old)
        let by = UInt8(truncatingIfNeeded: count)
        if live[index].isEmpty || by == 1 {
            asm.shift(group, destination.register, by: by, node.width)
        } else {
            // OF is defined for shifts by 1 only; so the last one is.
            asm.shift(group, destination.register, by: by - 1, node.width)
            asm.shift(group, destination.register, by: 1, node.width)
        }
        finish(destination, index)
        setFlags(at: index, .host, node.width, clearsAF: clearsAF)
    }

    /// A count in CL may be zero, and then the flags stay.
    private mutating func lowerShiftByCL(_ index: Int) {
        let node = nodes[index]
        let group = node.operation.shiftGroup
        let keepsOthers = group == .rol || group == .ror
        let isLive = !live[index].isEmpty
        if isLive { putIntoImage() }
        let destination = target(index, keepsFlags: !isLive)
        // The count is in CL already, and SHL ECX, CL is as good as any other.
        begin(destination, from: Int(node.a), node.width, at: index)
        guard isLive else {
            flags = FlagState(origin: .host)
            asm.shiftByCL(group, destination.register, node.width)
            return finish(destination, index)
        }
        let done = asm.makeLabel()
        // Byte registers AH and CH stay where they are; a count that is itself the operand is moved out of the way.
        let operandIsCount = destination.register == .rcx || destination.register == 17
        if operandIsCount { return lowerShiftOfCount(index, destination, group, keepsOthers) }
        clearUpperHalf(destination, node.width)
        asm.test(.rcx, immediate: countMask(node.width), .byte)
        asm.jump(if: HostCondition.equal, done)
        if keepsOthers { getIntoHost() }
        asm.lea(.rcx, HostOperand(.rcx, -1), .quadword)
        asm.shiftByCL(group, destination.register, node.width)
        asm.lea(.rcx, HostOperand(.rcx, 1), .quadword)
        asm.shift(group, destination.register, by: 1, node.width)
        emitImage(FlagState(origin: .host, holder: asm.hostFlags, clearsAF: !keepsOthers))
        asm.place(done)
        flags = FlagState()
        finish(destination, index)
    }

    private mutating func lowerShiftOfCount(_ index: Int, _ destination: Destination, _ group: ShiftGroup, _ keepsOthers: Bool) {
        let w = nodes[index].width
        let done = asm.makeLabel()
        clearUpperHalf(destination, w)
        asm.test(.rcx, immediate: countMask(w), .byte)
        asm.jump(if: HostCondition.equal, done)
        if keepsOthers { getIntoHost() }
        // The operand in another register, the count in CL.
        if destination.register == 17 {
            extractHighByte(17, to: HostMap.value)
        } else {
            asm.mov(HostMap.value, .rcx, .quadword)
        }
        asm.mov(HostMap.addend, .rcx, .quadword)
        asm.lea(.rcx, HostOperand(.rcx, -1), .quadword)
        asm.shiftByCL(group, HostMap.value, w)
        asm.mov(.rcx, HostMap.addend, .quadword)
        asm.shift(group, HostMap.value, by: 1, w)
        emitImage(FlagState(origin: .host, holder: asm.hostFlags, clearsAF: !keepsOthers))
        if destination.register == 17 {
            insertHighByte(17, from: HostMap.value)
        } else {
            asm.mov(.rcx, HostMap.value, w)
        }
        asm.place(done)
        flags = FlagState()
        finish(destination, index)
    }

    private func countMask(_ w: Width) -> UInt64 { w == .quadword ? 63 : 31 }

    /// In 64-bit code a result of 32 bits is zero-extended, and one is written even where the count is zero.
    private mutating func clearUpperHalf(_ destination: Destination, _ w: Width) {
        if isCode64, w == .doubleword, destination.isGuest { asm.mov(destination.register, destination.register, w) }
    }

    /// Only where nobody looks at the flags.
    /// Counts in CL and flags that somebody looks at: of registers of 32 and 64 bits alone, where the host and the definition agree.
    func canShiftDouble(_ index: Int) -> Bool {
        let node = nodes[index]
        if let count = nodes.constantCount(node.c, node.width), live[index].isEmpty {
            return node.width != .word || count <= 16
        }
        guard case .constant = nodes[Int(node.c)].operation else {
            return node.width != .word && !instruction.hasMemoryOperand
        }
        return nodes.constantCount(node.c, node.width) != nil && node.width != .word && !instruction.hasMemoryOperand
    }

    mutating func lowerShiftDouble(_ index: Int) {
        let node = nodes[index]
        let count = nodes.constantCount(node.c, node.width)
        let keepsFlags = !live[index].isEmpty
        if keepsFlags && count == nil { putIntoImage() }
        let destination = target(index)
        let second = source(Int(node.b), index, besides: destination, isCommutative: false, Int(node.a))
        begin(destination, from: Int(node.a), node.width, at: index)
        let done = asm.makeLabel()
        clearUpperHalf(destination, node.width)
        if keepsFlags {
            if count == nil {
                asm.test(.rcx, immediate: countMask(node.width), .byte)
                asm.jump(if: HostCondition.equal, done)
            }
            asm.mov(HostMap.addend, destination.register, node.width)
        }
        if let register = register(of: second, node.width) {
            let isLeft = node.operation == .shld
            if let count {
                asm.shiftDouble(
                    left: isLeft, destination.register, register, by: UInt8(truncatingIfNeeded: count), node.width)
            } else {
                asm.shiftDoubleByCL(left: isLeft, destination.register, register, node.width)
            }
        }
        if keepsFlags { imageOfShiftDouble(destination.register, node.width) }
        asm.place(done)
        finish(destination, index)
        flags = FlagState(origin: keepsFlags ? .image : .host)
    }

    private mutating func register(of operand: Source, _ w: Width) -> HostRegister? {
        switch operand.place {
        case .register(let register, _): return register
        case .extended(let number):
            asm.load(HostMap.scratch, extended(number), w)
            return HostMap.scratch
        default: return nil
        }
    }

    /// CF, SF, ZF and PF are the host's; AF is clear, and OF tells whether the sign has changed from what is in `addend`.
    private mutating func imageOfShiftDouble(_ result: HostRegister, _ w: Width) {
        asm.mov(HostMap.scratch, .rax, .quadword)
        asm.lahf()
        asm.alu(.xor, HostMap.addend, result == .rax ? HostMap.scratch : result, w)
        asm.shift(.shr, HostMap.addend, by: UInt8(truncatingIfNeeded: w.bits - 1), w)
        asm.mov(.rax, HostMap.addend, .byte)
        asm.alu(.and, 16, immediate: 0xEF, .byte)
        asm.store(HostMap.core(CoreOffset.flags), .rax, .word)
        asm.mov(.rax, HostMap.scratch, .quadword)
    }

    // MARK: Products

    mutating func lowerMultiply(_ index: Int) {
        let node = nodes[index]
        let upper = index + 1
        if upper < range.upperBound, nodes[upper].operation == .upperHalf, uses[upper] > 0 { return lowerWideMultiply(index) }
        let destination = target(index)
        let (a, b) = (Int(node.a), Int(node.b))
        if case .constant(let value) = places[b] {
            multiply(a, by: value, into: destination, at: index)
        } else if case .constant(let value) = places[a] {
            multiply(b, by: value, into: destination, at: index)
        } else {
            let second = source(b, index, besides: destination, isCommutative: true, a)
            begin(destination, from: second.swaps ? b : a, node.width, at: index)
            switch second.place {
            case .register(let register, _): asm.imul(destination.register, register, node.width)
            case .extended(let number): asm.imul(destination.register, extended(number), node.width)
            default: break
            }
        }
        finish(destination, index)
        setFlags(at: index, .multiply, node.width, .register(destination.register))
        if !destination.isGuest && !live[index].isEmpty { putIntoImage() }
    }

    private mutating func multiply(_ value: Int, by factor: UInt64, into destination: Destination, at index: Int) {
        let w = nodes[index].width
        let operand = encodable(value, w, scratch: HostMap.scratch)
        if destination.isGuest { beforeWriting(destination.register, at: index) }
        asm.imul(destination.register, operand, immediate: factor, w)
    }

    /// MUL and IMUL with one operand: the pair of the guest is the pair of the host.
    private mutating func lowerWideMultiply(_ index: Int) {
        let node = nodes[index]
        let operand: HostRegister
        if case .register(let register, _) = places[Int(node.b)] {
            operand = register
        } else {
            operand = copy(Int(node.b), to: HostMap.value, node.width)
        }
        asm.group3(node.operation == .multiplySigned ? 5 : 4, operand, node.width)
        for other in range where nodes[other].operation == .setRegister { isDone[other] = true }
        setFlags(at: index, .multiply, node.width, .register(.rax))
    }

    // MARK: Quotients

    mutating func lowerDivide(_ index: Int) {
        let node = nodes[index]
        let w = node.width
        loseHostFlags(at: index)
        protect(.rax, at: index)
        protect(.rdx, at: index)
        let divisor = encodable(Int(node.b), w, scratch: HostMap.value)
        // What does not fit, and what divides by zero, is the interpreter's.
        let refused = asm.makeLabel()
        if node.operation == .divide {
            asm.alu(.cmp, .rdx, divisor, w)
            asm.jump(if: HostCondition.notBelow, refused)
        } else {
            asm.mov(HostMap.addend, .rax, w)
            asm.shift(.sar, HostMap.addend, by: UInt8(truncatingIfNeeded: w.bits - 1), w)
            asm.alu(.cmp, HostMap.addend, .rdx, w)
            asm.jump(if: HostCondition.notEqual, refused)
            // Neither 0 nor −1
            asm.lea(HostMap.addend, HostOperand(divisor, 1), w)
            asm.alu(.cmp, HostMap.addend, immediate: 1, w)
            asm.jump(if: 6, refused)
        }
        addCold(refused, .interpret(site: site(NativeSite.never, 0), flags: flags, pointers: x87Pointers))
        asm.group3(node.operation == .divide ? 6 : 7, divisor, w)
        for other in range where nodes[other].operation == .setRegister { isDone[other] = true }
    }
}

extension IROperation {
    fileprivate var shiftGroup: ShiftGroup {
        switch self {
        case .rol: .rol
        case .ror: .ror
        case .rcl: .rcl
        case .rcr: .rcr
        case .shl: .shl
        case .shr: .shr
        default: .sar
        }
    }
}
