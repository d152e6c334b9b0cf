import X86

/// Moves. SDM Vol. 1, sections 10.4.1.1, 11.4.1.1 and 11.4.4. A non-temporal move is a move.
extension SSEUnit {
    func move() throws(Fault) {
        let i = instruction
        let operation = i.operation
        if operation == .movnti { return try storeGeneral() }
        let isMMX = hasMMX
        let isOnlyMMX = isMMX && operation != .movq2dq && operation != .movdq2q
        if isOnlyMMX { try needMMX() } else { try needSSE() }
        switch operation {
        case .movaps, .movapd, .movdqa, .movntps, .movntpd, .movntdq, .movntdqa: try moveWhole(isAligned: true)
        case .movups, .movupd, .movdqu, .lddqu: try moveWhole(isAligned: false)
        case .movss: try moveScalar(Doubleword.self)
        case .movsd: try moveScalar(Quadword.self)
        case .movd: try moveGeneral()
        case .movq, .movntq: try moveQuadword()
        case .movlps, .movlpd, .movhps, .movhpd, .movlhps, .movhlps: try moveHalf()
        case .movq2dq:
            enterMMX()
            setXMM(i.register0, XMM(low: mmx(i.register1)))
        case .movdq2q:
            enterMMX()
            setMMX(i.register0, xmm(i.register1).low)
        case .movddup:
            let a = i.is256 ? try source() : YMM(try source(Quadword.self))
            setDestination(each(a) { XMM(low: $0.low, high: $0.low) })
        case .movsldup:
            setDestination(each(try source()) { a in XMM(SIMD4(a.doubles[0], a.doubles[0], a.doubles[2], a.doubles[2])) })
        case .movshdup:
            setDestination(each(try source()) { a in XMM(SIMD4(a.doubles[1], a.doubles[1], a.doubles[3], a.doubles[3])) })
        case .maskmovq, .maskmovdqu: try moveMasked()
        default: moveMask()
        }
    }

    private func moveWhole(isAligned: Bool) throws(Fault) {
        let i = instruction
        if i.is256 {
            if i.kind0 == .memory { return try store(ymm(i.register1), isAligned: isAligned) }
            return setYMM(i.register0, i.kind1 == .memory ? try load256(isAligned: isAligned) : ymm(i.register1))
        }
        if i.kind0 == .memory { return try store(xmm(i.register1), isAligned: isAligned) }
        setXMM(i.register0, i.kind1 == .memory ? try load(isAligned: isAligned) : xmm(i.register1))
    }

    /// From memory the other lanes become zero, from a register they stay.
    private func moveScalar<W: OperandWidth>(_ w: W.Type) throws(Fault) {
        let i = instruction
        if i.kind0 == .memory { return try r.setOperand0(W.truncate(xmm(i.register1).low), w) }
        if i.kind1 == .memory { return setXMM(i.register0, XMM(low: try r.operand1(w))) }
        if W.bits == 32 { setScalar(UInt32(truncatingIfNeeded: xmm(i.register1).low)) } else { setScalar(xmm(i.register1).low) }
    }

    /// MOVD, with REX.W MOVQ, between a general register or memory and a register of ours.
    private func moveGeneral() throws(Fault) {
        if instruction.operandSize == .quadword { try moveGeneral(Quadword.self) } else { try moveGeneral(Doubleword.self) }
    }

    private func moveGeneral<W: OperandWidth>(_ w: W.Type) throws(Fault) {
        let i = instruction
        switch (i.kind0, i.kind1) {
        case (.xmmRegister, _): setXMM(i.register0, XMM(low: try r.operand1(w)))
        case (_, .xmmRegister): try r.setOperand0(W.truncate(xmm(i.register1).low), w)
        case (.mmxRegister, _):
            let value = try r.operand1(w)
            enterMMX()
            setMMX(i.register0, value)
        default:
            try r.setOperand0(W.truncate(mmx(i.register1)), w)
            enterMMX()
        }
    }

    private func moveQuadword() throws(Fault) {
        let i = instruction
        if i.kind0 == .memory {
            let value = i.kind1 == .mmxRegister ? mmx(i.register1) : xmm(i.register1).low
            try r.setOperand0(value, Quadword.self)
            if i.kind1 == .mmxRegister { enterMMX() }
            return
        }
        let value = try source(Quadword.self).low
        if i.kind0 == .mmxRegister { enterMMX() }
        setDestination(XMM(low: value))
    }

    private func moveHalf() throws(Fault) {
        let i = instruction
        switch i.operation {
        case .movlhps: setXMM(i.register0, XMM(low: firstXMM.low, high: xmm(i.register1).low))
        case .movhlps: setXMM(i.register0, XMM(low: xmm(i.register1).high, high: firstXMM.high))
        case .movlps, .movlpd:
            if i.kind0 == .memory { return try r.setOperand0(xmm(i.register1).low, Quadword.self) }
            setXMM(i.register0, XMM(low: try r.operand1(Quadword.self), high: firstXMM.high))
        default:
            if i.kind0 == .memory { return try r.setOperand0(xmm(i.register1).high, Quadword.self) }
            setXMM(i.register0, XMM(low: firstXMM.low, high: try r.operand1(Quadword.self)))
        }
    }

    /// MOVNTI uses no register of the FPU or of SSE.
    private func storeGeneral() throws(Fault) {
        let number = instruction.register1
        if instruction.operandSize == .quadword {
            try r.setOperand0(core.register(number, Quadword.self), Quadword.self)
        } else {
            try r.setOperand0(core.register(number, Doubleword.self), Doubleword.self)
        }
    }

    /// Sign bits of the lanes to a general register.
    private func moveMask() {
        let i = instruction
        var mask: UInt64 = 0
        if i.kind1 == .mmxRegister { enterMMX() }
        let value = i.kind1 == .mmxRegister ? YMM(XMM(low: mmx(i.register1))) : ymm(i.register1)
        for half in 0..<(i.is256 ? 2 : 1) {
            let value = value[half]
            switch i.operation {
            case .movmskps:
                for lane in 0..<4 { mask |= UInt64(truncatingIfNeeded: value.doubles[lane] &>> 31) &<< UInt64(lane &+ 4 &* half) }
            case .movmskpd: mask |= (value.low &>> 63 | (value.high &>> 63) &<< 1) &<< UInt64(2 &* half)
            default:
                for lane in 0..<16 { mask |= UInt64(truncatingIfNeeded: value.bytes[lane] &>> 7) &<< UInt64(lane &+ 16 &* half) }
            }
        }
        core.setRegister(i.register0, mask)
    }

    /// MASKMOVQ and MASKMOVDQU: bytes whose mask has the top bit set go to DS:[rDI].
    private func moveMasked() throws(Fault) {
        let i = instruction
        let isMMX = i.kind0 == .mmxRegister
        let (data, mask) = isMMX ? (XMM(low: mmx(i.register0)), XMM(low: mmx(i.register1))) : (xmm(i.register0), xmm(i.register1))
        let start = r.addressSum(core.register(7), 0)
        // All that will be written is checked first.
        for byte in 0..<(isMMX ? 8 : 16) where mask.bytes[byte] >= 0x80 {
            let linear = try core.linear(i.segment, r.addressSum(start, UInt64(byte)), 1, .write)
            _ = try core.pointee.cpu.resolve(linear, 1, .write)
        }
        for byte in 0..<(isMMX ? 8 : 16) where mask.bytes[byte] >= 0x80 {
            try r.store(i.segment, r.addressSum(start, UInt64(byte)), UInt64(data.bytes[byte]), Byte.self)
        }
        if isMMX { enterMMX() }
    }

    // MARK: One lane

    func insertOrExtract() throws(Fault) {
        let i = instruction
        let isMMX = hasMMX
        if isMMX { try needMMX() } else { try needSSE() }
        switch i.operation {
        case .pinsrb:
            let value = i.kind1 == .memory ? try r.operand1(Byte.self) : core.register(i.register1)
            var register = firstXMM
            register.bytes[Int(immediate & 15)] = UInt8(truncatingIfNeeded: value)
            setDestination(register)
        case .pinsrw:
            let value = UInt16(truncatingIfNeeded: i.kind1 == .memory ? try r.operand1(Word.self) : core.register(i.register1))
            if isMMX { enterMMX() }
            var register = first.low
            register.words[Int(immediate & (isMMX ? 3 : 7))] = value
            setDestination(register)
        case .pinsrd where i.operandSize == .quadword:
            var register = firstXMM
            register.quads[Int(immediate & 1)] = try r.operand1(Quadword.self)
            setDestination(register)
        case .pinsrd:
            var register = firstXMM
            register.doubles[Int(immediate & 3)] = UInt32(truncatingIfNeeded: try r.operand1(Doubleword.self))
            setDestination(register)
        case .insertps: try insertSingle()
        case .pextrw where isMMX:
            enterMMX()
            core.setRegister(i.register0, UInt64(XMM(low: mmx(i.register1)).words[Int(immediate & 3)]))
        case .pextrb: try extract(UInt64(xmm(i.register1).bytes[Int(immediate & 15)]), Byte.self)
        case .pextrw: try extract(UInt64(xmm(i.register1).words[Int(immediate & 7)]), Word.self)
        case .pextrd where i.operandSize == .quadword: try extract(xmm(i.register1).quads[Int(immediate & 1)], Quadword.self)
        default: try extract(UInt64(xmm(i.register1).doubles[Int(immediate & 3)]), Doubleword.self)
        }
    }

    /// To memory in its own size, to a general register with zeros above.
    private func extract<W: OperandWidth>(_ value: UInt64, _ w: W.Type) throws(Fault) {
        if instruction.kind0 == .memory { return try r.setOperand0(value, w) }
        core.setRegister(instruction.register0, value)
    }

    /// INSERTPS: immediate bits 7…6 choose the source lane (of a register), 5…4 the destination lane, 3…0 the lanes to clear.
    private func insertSingle() throws(Fault) {
        let source = try source(Doubleword.self)
        let from = instruction.kind1 == .memory ? 0 : Int(immediate &>> 6)
        var lanes = firstXMM.doubles
        lanes[Int((immediate &>> 4) & 3)] = source.doubles[from]
        for lane in 0..<4 where immediate &>> UInt8(lane) & 1 != 0 { lanes[lane] = 0 }
        setDestination(XMM(lanes))
    }
}
