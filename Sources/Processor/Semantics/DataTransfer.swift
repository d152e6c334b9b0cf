import X86

extension Semantics {
    /// MOV — SDM Vol. 2B.
    @inline(__always)
    static func mov<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try r.setOperand0(try r.operand1(w), w)
    }

    /// MOVZX — SDM Vol. 2B. The source is a byte (opcode B6h) or a word (B7h).
    @inline(__always)
    static func movzx<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let source = r.instruction.opcode & 1 == 0 ? try r.operand1(Byte.self) : try r.operand1(Word.self)
        try r.setOperand0(source, w)
    }

    /// MOVSX — SDM Vol. 2B. The source is a byte (opcode BEh) or a word (BFh).
    @inline(__always)
    static func movsx<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let source =
            r.instruction.opcode & 1 == 0
            ? r.signExtend(try r.operand1(Byte.self), Byte.self, w)
            : r.signExtend(try r.operand1(Word.self), Word.self, w)
        try r.setOperand0(source, w)
    }

    /// MOVSXD — SDM Vol. 2B. The source is a doubleword, for a 16-bit destination a word.
    @inline(__always)
    static func movsxd<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let source =
            W.width == .quadword ? r.signExtend(try r.operand1(Doubleword.self), Doubleword.self, w) : try r.operand1(w)
        try r.setOperand0(source, w)
    }

    /// XCHG — SDM Vol. 2D. LOCK is implied with memory.
    @inline(__always)
    static func xchg<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        if r.instruction.kind1 == .memory {
            let memory = try r.updateOperand1(w)
            let old = r.value(of: memory, w)
            r.set(memory, try r.operand0(w), w)
            try r.setOperand0(old, w)
        } else {
            let source = try r.operand1(w)
            let destination = try r.updateOperand0(w)
            let old = r.value(of: destination, w)
            r.set(destination, source, w)
            try r.setOperand1(old, w)
        }
    }

    /// LEA — SDM Vol. 2A. The effective address, truncated or zero-extended to the operand size.
    @inline(__always)
    static func lea<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try r.setOperand0(r.effectiveAddress(), w)
    }

    /// CBW, CWDE, CDQE — SDM Vol. 2A. The lower half of rAX, sign-extended.
    @inline(__always)
    static func cbw<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) {
        switch W.width {
        case .byte: break
        case .word: r.setRegister(0, r.signExtend(r.register(0, Byte.self), Byte.self, w), w)
        case .doubleword: r.setRegister(0, r.signExtend(r.register(0, Word.self), Word.self, w), w)
        case .quadword: r.setRegister(0, r.signExtend(r.register(0, Doubleword.self), Doubleword.self, w), w)
        }
    }

    /// CWD, CDQ, CQO — SDM Vol. 2A. rDX becomes copies of the sign of rAX.
    @inline(__always)
    static func cwd<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) {
        let product = r.signExtend(r.register(0, w), w, Quadword.self)
        r.setRegister(2, r.signFill(product), w)
    }

    /// BSWAP — SDM Vol. 2A. Undefined for 16 bits; silicon clears the register's lower half.
    @inline(__always)
    static func bswap<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) {
        let number = r.instruction.register0
        r.setRegister(number, W.width == .word ? r.constant(0) : r.byteSwap(r.register(number, w), w), w)
    }

    /// XLAT — SDM Vol. 2D. AL := [rBX + AL].
    @inline(__always)
    static func xlat<R: Reading>(_ r: R) throws(Fault) {
        let index = r.register(0, Byte.self)
        let value: R.Value
        switch r.instruction.addressSize {
        case .word, .byte:
            value = try r.load(r.instruction.segment, r.sum(r.register(3, Word.self), index, Word.self), Byte.self)
        case .doubleword:
            value = try r.load(r.instruction.segment, r.sum(r.register(3, Doubleword.self), index, Doubleword.self), Byte.self)
        case .quadword:
            value = try r.load(r.instruction.segment, r.sum(r.register(3, Quadword.self), index, Quadword.self), Byte.self)
        }
        r.setRegister(0, value, Byte.self)
    }

    /// CMOVcc — SDM Vol. 2A. The source is read in any case.
    @inline(__always)
    static func cmovcc<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let source = try r.operand1(w)
        try r.setOperand0(r.select(r.condition(r.instruction.condition), source, try r.operand0(w)), w)
    }

    /// SETcc — SDM Vol. 2B.
    @inline(__always)
    static func setcc<R: Reading>(_ r: R) throws(Fault) {
        try r.setOperand0(r.select(r.condition(r.instruction.condition), r.constant(1), r.constant(0)), Byte.self)
    }

    /// LAHF — SDM Vol. 2A. AH := SF ZF 0 AF 0 PF 1 CF.
    @inline(__always)
    static func lahf<R: Reading>(_ r: R) { r.setRegister(16, r.lowFlags(), Byte.self) }

    /// SAHF — SDM Vol. 2B.
    @inline(__always)
    static func sahf<R: Reading>(_ r: R) { r.setLowFlags(r.register(16, Byte.self)) }
}
