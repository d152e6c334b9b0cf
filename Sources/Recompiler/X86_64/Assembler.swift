import X86

/// A general register of an x86-64 host by its number in encodings. As byte registers 0…15 are the low ones and 16…19 AH…BH, as in
/// `Instruction`.
typealias HostRegister = UInt8

extension HostRegister {
    static let rax: HostRegister = 0
    static let rcx: HostRegister = 1
    static let rdx: HostRegister = 2
    static let rbx: HostRegister = 3
    static let rsp: HostRegister = 4
    static let rbp: HostRegister = 5
    static let rsi: HostRegister = 6
    static let rdi: HostRegister = 7
    static let r8: HostRegister = 8
    static let r9: HostRegister = 9
    static let r10: HostRegister = 10
    static let r11: HostRegister = 11
    static let r12: HostRegister = 12
    static let r13: HostRegister = 13
    static let r14: HostRegister = 14
    static let r15: HostRegister = 15
}

/// A memory operand of the host: [base + index × 2^scale + displacement]. SDM Vol. 2A, section 2.1.5.
struct HostOperand {
    var base: HostRegister?
    var index: HostRegister?
    var scale: UInt8 = 0
    var displacement: Int32 = 0

    init(_ base: HostRegister, _ displacement: Int32 = 0) {
        self.base = base
        self.displacement = displacement
    }
    init(_ base: HostRegister?, index: HostRegister?, scale: UInt8 = 0, _ displacement: Int32 = 0) {
        self.base = base
        self.index = index
        self.scale = scale
        self.displacement = displacement
    }
}

/// A place in the code memory, where code stays.
struct CodePlace {
    let offset: Int
}

/// A name of the host's status flags at a point of the code: nothing but a number, another one after each instruction that changes them. Who
/// remembers the name knows later whether the flags are still there.
struct HostFlags: Equatable {
    fileprivate let number: Int
}

/// Writes x86-64 machine code. SDM Vol. 2A, chapter 2.
///
/// Jumps within the code have 32-bit displacements that are filled in by `resolve`, and so have those to other code in the same memory: the code is executed at
/// the same distance from it as it is written.
/// SAFETY: writes stay within the buffer: whoever emits asks `hasRoom` once an instruction; no instruction of the guest needs `margin` bytes.
struct Assembler {
    private let start: UnsafeMutablePointer<UInt8>
    private var next: UnsafeMutablePointer<UInt8>
    private let end: UnsafeMutablePointer<UInt8>

    /// Bytes that one guest instruction may take, its cold path included.
    static let margin = 2048

    struct Label: Equatable { fileprivate let index: Int32 }
    private var labels: [Int32] = []
    private var fixups: [(at: Int32, label: Int32)] = []

    /// The host's status flags here.
    private(set) var hostFlags = HostFlags(number: 0)
    private var flagChanges = 0
    /// Registers that an instruction has had as an operand since `forgetOperands()`; all, where code is come to by a jump or a call.
    private var operands: UInt32 = .max
    /// Offset of the buffer in the code memory.
    private let origin: Int

    init(_ buffer: UnsafeMutableRawPointer, capacity: Int, origin: Int) {
        self.origin = origin
        start = buffer.assumingMemoryBound(to: UInt8.self)
        next = start
        end = start + capacity
    }

    var offset: Int { next - start }
    /// The place of the next byte.
    var place: CodePlace { CodePlace(offset: origin + offset) }
    var hasRoom: Bool { end - next > Assembler.margin }
    func hasRoom(for count: Int) -> Bool { end - next > count }

    // MARK: Labels

    mutating func makeLabel() -> Label {
        labels.append(-1)
        return Label(index: Int32(truncatingIfNeeded: labels.count - 1))
    }

    /// Whoever comes here brings other flags, unless all are known to bring `flags`.
    mutating func place(_ label: Label, with flags: HostFlags? = nil) {
        labels[Int(label.index)] = Int32(truncatingIfNeeded: offset)
        operands = .max
        if let flags { hostFlags = flags } else { changeFlags() }
    }

    /// Every instruction that changes the host's status flags says so.
    mutating func changeFlags() {
        flagChanges += 1
        hostFlags = HostFlags(number: flagChanges)
    }

    // MARK: Registers

    /// Forgets which registers were operands.
    mutating func forgetOperands() { operands = 0 }
    mutating func noteOperand(_ register: HostRegister) { operands |= 1 &<< UInt32(register) }
    /// The register is what it was at `forgetOperands()`: it has been part of addresses at most.
    func isUntouched(_ register: HostRegister) -> Bool { operands >> UInt32(register) & 1 == 0 }

    func offset(of label: Label) -> Int { Int(labels[Int(label.index)]) }

    /// Fills in all jumps. Every label that was used has been placed.
    mutating func resolve() {
        for fixup in fixups {
            let target = labels[Int(fixup.label)]
            precondition(target >= 0, "a jump to a label that was never placed")
            let displacement = target &- (fixup.at &+ 4)
            UnsafeMutableRawPointer(start + Int(fixup.at)).storeBytes(of: displacement, as: Int32.self)
        }
        fixups.removeAll(keepingCapacity: true)
    }

    // MARK: Bytes

    mutating func byte(_ value: UInt8) {
        next.pointee = value
        next += 1
    }
    mutating func word(_ value: UInt16) {
        UnsafeMutableRawPointer(next).storeBytes(of: value, as: UInt16.self)
        next += 2
    }
    mutating func doubleword(_ value: UInt32) {
        UnsafeMutableRawPointer(next).storeBytes(of: value, as: UInt32.self)
        next += 4
    }
    mutating func quadword(_ value: UInt64) {
        UnsafeMutableRawPointer(next).storeBytes(of: value, as: UInt64.self)
        next += 8
    }
    mutating func align(_ to: Int) {
        while offset & (to - 1) != 0 { byte(0xCC) }
    }

    /// To be called before an instruction that looks at `flags`: nothing has changed them since they were made.
    func expect(_ flags: HostFlags?) {
        precondition(flags == nil || flags == hostFlags, "flags that an instruction looks at were changed before it")
    }

    private mutating func relative(_ label: Label) {
        fixups.append((Int32(truncatingIfNeeded: offset), label.index))
        doubleword(0)
    }

    // MARK: Encodings

    /// Opcode of one byte, or of two or three with their escape bytes: 0x0FAF.
    mutating func opcode(_ opcode: UInt32) {
        if opcode > 0xFFFF { byte(UInt8(truncatingIfNeeded: opcode &>> 16)) }
        if opcode > 0xFF { byte(UInt8(truncatingIfNeeded: opcode &>> 8)) }
        byte(UInt8(truncatingIfNeeded: opcode))
    }

    /// Number in ModR/M, and whether a byte register needs a REX prefix (SPL…DIL).
    @inline(__always)
    private func code(_ register: HostRegister, isByte: Bool) -> (code: UInt8, needsREX: Bool) {
        guard isByte else { return (register, false) }
        return register >= 16 ? (register &- 12, false) : (register, register >= 4)
    }

    /// Register and register: `reg` is the ModR/M reg field, `rm` the other.
    mutating func rr(
        _ op: UInt32, _ reg: HostRegister, _ rm: HostRegister, _ w: Width, mandatory: UInt8 = 0, byteReg: Bool? = nil,
        byteRM: Bool? = nil
    ) {
        operands |= 1 &<< UInt32(reg) | 1 &<< UInt32(rm)
        let (r, rexR) = code(reg, isByte: byteReg ?? (w == .byte))
        let (m, rexM) = code(rm, isByte: byteRM ?? (w == .byte))
        if w == .word { byte(0x66) }
        if mandatory != 0 { byte(mandatory) }
        var rex: UInt8 = w == .quadword ? 8 : 0
        rex |= (r &>> 3) &<< 2
        rex |= m &>> 3
        if rex != 0 || rexR || rexM { byte(0x40 | rex) }
        opcode(op)
        byte(0xC0 | (r & 7) &<< 3 | (m & 7))
    }

    /// Register and memory.
    mutating func rm(
        _ op: UInt32, _ reg: HostRegister, _ memory: HostOperand, _ w: Width, mandatory: UInt8 = 0, byteReg: Bool? = nil
    ) {
        noteOperand(reg)
        let (r, rexR) = code(reg, isByte: byteReg ?? (w == .byte))
        if w == .word { byte(0x66) }
        if mandatory != 0 { byte(mandatory) }
        var rex: UInt8 = w == .quadword ? 8 : 0
        rex |= (r &>> 3) &<< 2
        if let base = memory.base { rex |= base &>> 3 }
        if let index = memory.index { rex |= (index &>> 3) &<< 1 }
        if rex != 0 || rexR { byte(0x40 | rex) }
        opcode(op)
        modRM(r & 7, memory)
    }

    mutating func modRM(_ reg: UInt8, _ memory: HostOperand) {
        let displacement = memory.displacement
        guard let base = memory.base.map({ $0 & 7 }) else {
            // No base: a SIB byte with base 101 and mod 00; index 100 is none.
            byte(reg &<< 3 | 4)
            byte(memory.scale &<< 6 | (memory.index.map { $0 & 7 } ?? 4) &<< 3 | 5)
            return doubleword(UInt32(bitPattern: displacement))
        }
        let mod: UInt8 =
            displacement == 0 && base != 5 ? 0 : displacement >= -128 && displacement <= 127 ? 0x40 : 0x80
        if let index = memory.index {
            byte(mod | reg &<< 3 | 4)
            byte(memory.scale &<< 6 | (index & 7) &<< 3 | base)
        } else if base == 4 {
            byte(mod | reg &<< 3 | 4)
            byte(0x24)
        } else {
            byte(mod | reg &<< 3 | base)
        }
        if mod == 0x40 { byte(UInt8(bitPattern: Int8(truncatingIfNeeded: displacement))) }
        if mod == 0x80 { doubleword(UInt32(bitPattern: displacement)) }
    }

    /// An immediate of the operand's width; 64-bit operands take 32 bits, sign-extended.
    mutating func immediate(_ value: UInt64, _ w: Width) {
        switch w {
        case .byte: byte(UInt8(truncatingIfNeeded: value))
        case .word: word(UInt16(truncatingIfNeeded: value))
        default: doubleword(UInt32(truncatingIfNeeded: value))
        }
    }

    // MARK: Transfers

    mutating func jump(_ label: Label) {
        byte(0xE9)
        relative(label)
    }
    mutating func jump(if condition: UInt8, _ label: Label) {
        byte(0x0F)
        byte(0x80 | condition)
        relative(label)
    }
    mutating func jump(_ place: CodePlace) {
        byte(0xE9)
        displacement(to: place)
    }
    mutating func call(_ place: CodePlace) {
        byte(0xE8)
        displacement(to: place)
        leave()
    }
    /// Other code runs, and comes back.
    private mutating func leave() {
        changeFlags()
        operands = .max
    }
    private mutating func displacement(to place: CodePlace) {
        doubleword(UInt32(bitPattern: Int32(truncatingIfNeeded: place.offset - (origin + offset + 4))))
    }
    mutating func jump(_ memory: HostOperand) { rm(0xFF, 4, memory, .doubleword) }
    mutating func call(_ memory: HostOperand) {
        rm(0xFF, 2, memory, .doubleword)
        leave()
    }
    mutating func jump(_ register: HostRegister) { rr(0xFF, 4, register, .doubleword) }
    mutating func call(_ register: HostRegister) {
        rr(0xFF, 2, register, .doubleword)
        leave()
    }
    mutating func ret() { byte(0xC3) }
    mutating func push(_ register: HostRegister) {
        if register >= 8 { byte(0x41) }
        byte(0x50 | register & 7)
    }
    mutating func pop(_ register: HostRegister) {
        noteOperand(register)
        if register >= 8 { byte(0x41) }
        byte(0x58 | register & 7)
    }
    /// Through the quadword at a label.
    mutating func jumpIndirect(_ label: Label) {
        byte(0xFF)
        byte(0x25)
        relative(label)
    }
    /// Compares a 64-bit register with the quadword at a label.
    mutating func compare(_ register: HostRegister, _ label: Label) {
        byte(0x48 | (register &>> 3) &<< 2)
        byte(0x3B)
        byte((register & 7) &<< 3 | 5)
        relative(label)
        changeFlags()
    }
    /// Address of a label's bytes.
    mutating func leaRelative(_ register: HostRegister, _ label: Label) {
        noteOperand(register)
        byte(0x48 | (register &>> 3) &<< 2)
        byte(0x8D)
        byte((register & 7) &<< 3 | 5)
        relative(label)
    }
}
