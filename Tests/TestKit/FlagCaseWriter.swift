import Processor
import X86

/// Writes a case of `FlagProgram`: here its instructions, in `FlagCaseElements` what it is made of.
struct FlagCaseWriter {
    typealias Layout = FlagProgram.Layout
    let setting: FlagProgram.Setting
    let mayLeave: Bool
    /// Linear address of the first byte.
    private let start: Int
    private(set) var code: [UInt8] = []
    var random: RandomNumbers

    init(_ setting: FlagProgram.Setting, mayLeave: Bool, at start: Int, _ random: RandomNumbers) {
        self.setting = setting
        self.mayLeave = mayLeave
        self.start = start
        self.random = random
    }

    /// Offset of the next byte in the code segment.
    var here: Int { start + code.count - setting.codeBase }
    /// Linear address of the next byte.
    var linear: Int { start + code.count }

    static func bytes(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    static func bytes(_ value: UInt32) -> [UInt8] { bytes(Int(value)) }

    mutating func anyRegister() -> UInt8 { UInt8(random.below(8)) }
    mutating func oneOf<T>(_ values: [T]) -> T { values[random.below(values.count)] }

    // MARK: Instructions

    enum OperandSize { case byte, word, doubleword }

    mutating func wordOrDoubleword() -> OperandSize { random.oneIn(3) ? .word : .doubleword }

    /// Bytes as they stand in either code size.
    mutating func emit(_ bytes: UInt8...) { code += bytes }
    mutating func emit(_ bytes: [UInt8]) { code += bytes }

    /// 66h where the code size has other operands.
    private mutating func emitOperandSize(_ size: OperandSize) {
        if size != .byte && (size == .word) != setting.is16 { code.append(0x66) }
    }

    /// Without ModR/M.
    mutating func emit(_ size: OperandSize, _ bytes: UInt8...) {
        emitOperandSize(size)
        code += bytes
    }

    mutating func move(_ register: UInt8, _ value: UInt32) {
        emitOperandSize(.doubleword)
        code.append(0xB8 | register)
        code += Self.bytes(value)
    }

    /// ESP, when it may be anywhere.
    mutating func setStackPointer() { move(4, UInt32(Layout.stackTop - setting.stackBase)) }

    /// An instruction with ModR/M: registers, or memory by a displacement or a register that is loaded before it.
    mutating func emit(
        _ size: OperandSize, prefix: UInt8? = nil, _ opcode: [UInt8], _ reg: UInt8, memory: Bool? = nil, isAligned: Bool = false,
        isLarge: Bool = false, immediate: [UInt8] = []
    ) {
        guard memory ?? random.oneIn(2) else {
            emitOperandSize(size)
            if let prefix { code.append(prefix) }
            return code += opcode + [0xC0 | reg << 3 | anyRegister()] + immediate
        }
        let address = self.address(isAligned: isAligned, isLarge: isLarge)
        let base: UInt8? = random.oneIn(5) ? oneOf([3, 6, 7]) : nil
        if let base { move(base, UInt32(address)) }
        emitOperandSize(size)
        let (changesAddressSize, operand) = addressing(reg, address, base: base)
        if changesAddressSize { code.append(0x67) }
        if let prefix { code.append(prefix) }
        code += opcode + operand + immediate
    }

    /// Offset of an operand: near the end of one of 16 pages, or across it; now and then a device. Without leave it stays within a page.
    mutating func address(isAligned: Bool = false, isLarge: Bool = false) -> Int {
        let page = Layout.data + random.below(16) << 12 - setting.dataBase
        if isLarge && !mayLeave { return page + 0xC00 }
        if isAligned && !(mayLeave && random.oneIn(8)) { return page + 0xFB0 + random.below(5) << 4 }
        guard mayLeave else { return page + 0xFB0 + random.below(0x41) }
        return (random.oneIn(6) ? Layout.device : page) + 0xFF0 + random.below(20)
    }

    /// ModR/M, SIB and displacement for `address`, which `base` holds if there is one.
    private mutating func addressing(_ reg: UInt8, _ address: Int, base: UInt8?) -> (changesSize: Bool, [UInt8]) {
        let isWide = address > 0xFFFF ? true : random.oneIn(8) != setting.is16 ? !setting.is16 : setting.is16
        let changes = isWide == setting.is16
        guard let base else {
            let displacement = Self.bytes(address)
            return (changes, isWide ? [reg << 3 | 5] + displacement : [reg << 3 | 6] + displacement.prefix(2))
        }
        if isWide { return (changes, [reg << 3 | base]) }
        return (changes, [reg << 3 | (base == 3 ? 7 : base - 2)])
    }

    // MARK: Rows

    private enum Rows {
        static let features = CPUModel.max.features.instructions
        /// Rows that neither transfer control nor load segments and need no privilege.
        static let usual = Table.rows.indices.filter { number in
            let row = Table.rows[number]
            let others: [Traits] = [.only64, .privileged, .endsBlock]
            return features.contains(row.feature) && !row.map.isVEX && !others.contains { row.traits.contains($0) }
                && !row.operands.contains { loadsSegment.contains($0) }
        }
        static let loadsSegment: [OperandCode] = [.Sw, .ES, .CS, .SS, .DS, .FS, .GS, .Mp, .Ma, .Ap]
        /// Rows that do not change how exceptions are masked, and fault only by an address.
        static let quiet = usual.filter { !loud.contains(Table.rows[$0].operation) }
        static let loud: [X86.Operation] = [
            .div, .idiv, .aam, .enter, .fldcw, .fldenv, .frstor, .fxrstor, .ldmxcsr, .fninit,
            // Invalid opcodes while CR4.OSXSAVE is clear.
            .xsave, .xsaveopt, .xsavec, .xrstor,
        ]
        static let foreign: [X86.Operation] = [
            .sgdt, .sidt, .sldt, .str, .smsw, .lar, .lsl, .verr, .verw, .arpl, .in, .out, .ins, .outs, .cli, .sti, .pushSegment,
            .rcpps, .rcpss, .rsqrtps, .rsqrtss, .fxsave, .fnsave, .fnstenv, .f2xm1, .fyl2x, .fyl2xp1, .fptan, .fpatan, .fsin, .fcos,
            .fsincos,
            // Some hosts lack some of the reserved NOPs.
            .nop,
            // What they do to C1 differs between processors.
            .ffree, .ffreep,
            // Undefined beyond 16 bits; `shiftDouble` writes the others.
            .shld, .shrd,
        ]
        static let host = quiet.filter { !foreign.contains(Table.rows[$0].operation) }
        static func isInteger(_ number: Int) -> Bool { Table.rows[number].traits.isDisjoint(with: [.usesFPU, .usesSSE]) }
        /// Integer rows, and those of FPU, MMX and SSE.
        static let sets: [[[Int]]] = [usual, quiet, host].map { rows in
            [rows.filter(isInteger), rows.filter { !isInteger($0) }]
        }
        static let decoders = [CodeSize.bits16, .bits32].map { Decoder(codeSize: $0, features: features) }
    }

    /// Any row, with random operands.
    mutating func row() {
        let rows = Rows.sets[mayLeave ? 0 : setting.isForHost ? 2 : 1][random.oneIn(5) ? 1 : 0]
        let decoder = Rows.decoders[setting.is16 ? 0 : 1]
        for _ in 0..<8 {
            let number = rows[random.below(rows.count)]
            let row = Table.rows[number]
            let before = code
            prepare(row)
            let length = code.count
            write(row)
            let written = Array(code[length...])
            let decoded = decoder.decode(Array((written + (0..<8).map { _ in random.byte() }).prefix(15)))
            let missing = Int(decoded.length) - written.count
            guard Int(decoded.row) == number, decoded.operation == row.operation, missing >= 0 else {
                code = before
                continue
            }
            code += (0..<missing).map { _ in random.byte() }
            return
        }
        emit(0x90)
    }

    /// Registers that the row needs to be useful: indices of strings, pointers, the stack.
    private mutating func prepare(_ row: Row) {
        switch row.operation {
        case .div where random.oneIn(2): move(2, UInt32(random.below(2)))
        case .idiv where random.oneIn(2): emit(0x99)
        case .movs, .cmps, .stos, .lods, .scas, .ins, .outs:
            move(6, UInt32(address()))
            move(7, UInt32(address()))
        case .maskmovq, .maskmovdqu: move(7, UInt32(address(isAligned: true)))
        case .xlat: move(3, UInt32(Layout.data - setting.dataBase + random.below(0xF00)))
        case .leave: move(5, UInt32(Layout.stackTop - setting.stackBase - 16))
        case .push, .pop, .pusha, .popa, .pushf, .pushSegment: setStackPointer()
        default: break
        }
    }

    private mutating func write(_ row: Row) {
        if mayLeave && random.oneIn(10) { code.append(oneOf([0x36, 0x64, 0x65])) }
        var prefix: UInt8?
        var size = OperandSize.byte
        switch row.prefix {
        case .any: size = wordOrDoubleword()
        case .pF3: prefix = 0xF3
        case .pF2: prefix = 0xF2
        default: if row.prefix == .p66 || row.prefix.contains(.p66) && random.oneIn(3) { prefix = 0x66 }
        }
        var opcode = row.map.escape
        opcode.append(row.spansEightOpcodes ? row.opcode + anyRegister() : row.opcode)
        if let range = row.modRM {
            if let prefix { code.append(prefix) }
            return code += opcode + [UInt8(Int(range.lowerBound) + random.below(range.count))]
        }
        guard row.hasModRM else {
            emitOperandSize(size)
            if let prefix { code.append(prefix) }
            code += opcode
            guard row.operands.contains(.Ob) || row.operands.contains(.Ov) else { return }
            return code += Self.bytes(address()).prefix(setting.is16 ? 2 : 4)
        }
        let reg = row.digit ?? anyRegister()
        // The bit's number reaches beyond the operand.
        if [.bt, .bts, .btr, .btc].contains(row.operation), row.digit == nil { move(reg, UInt32(random.below(40))) }
        emit(size, prefix: prefix, opcode, reg, isAligned: isAligned(row), isLarge: isLarge(row))
    }

    private func isAligned(_ row: Row) -> Bool { row.operands.contains { [.Wdq, .Mdq, .M, .m512byte].contains($0) } }

    private func isLarge(_ row: Row) -> Bool { row.operands.contains { [.m14byte, .m94byte, .m512byte].contains($0) } }
}
