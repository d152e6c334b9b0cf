import Processor
import X86

/// The x87 FPU: while a region that uses it runs, the registers of the guest's FPU are those of the host's, and most instructions are
/// executed as they are. SDM Vol. 1, chapter 8.
///
/// That needs every exception masked and CR0.EM and TS clear, which is looked at when the region is entered; else the interpreter does it.
/// Not executed by the host: transcendental functions (`X87Function`), partial remainders, packed decimals and everything that loads control word or
/// environment; their results, or their faults, are the interpreter's.
/// FFREE neither: what it does to C1 differs between processors.
struct X87Form {
    enum Kind {
        /// On registers of the FPU alone.
        case register
        /// Reads memory of so many bytes.
        case load(Int)
        case store(Int)
        /// FNSTSW AX.
        case statusToAX
        /// FCOMI and its like: flags are set.
        case flags
        /// FCMOVcc: flags are read.
        case move
        case storeStatus, storeControl
        /// FWAIT: nothing can be pending.
        case nothing
    }

    let kind: Kind
    /// FIP and its like stay.
    var isControl = false

    /// Nil for what the interpreter does.
    init?(_ i: Instruction) {
        let isMemory = i.modRM < 0xC0
        switch i.operation {
        case .fadd, .fiadd, .fsub, .fisub, .fsubr, .fisubr, .fmul, .fimul, .fdiv, .fidiv, .fdivr, .fidivr, .fcom, .ficom, .fcomp,
            .ficomp,
            .fld, .fild:
            kind = isMemory ? .load(X87Form.bytes(i)) : .register
        case .fst, .fstp, .fist, .fistp, .fisttp:
            kind = isMemory ? .store(X87Form.bytes(i)) : .register
            // FSTP1 of an empty register is not the same everywhere.
            if !isMemory && i.opcode != 0xDD { return nil }
        case .faddp, .fsubp, .fsubrp, .fmulp, .fdivp, .fdivrp, .fcompp, .fucom, .fucomp, .fucompp, .ftst, .fxam, .fabs, .fchs,
            .fsqrt,
            .frndint, .fscale, .fxtract, .fld1, .fldl2t, .fldl2e, .fldpi, .fldlg2, .fldln2, .fldz, .fincstp, .fdecstp:
            kind = .register
        case .fxch where i.opcode == 0xD9: kind = .register
        case .fcomi, .fcomip, .fucomi, .fucomip: kind = .flags
        case .fcmovb, .fcmove, .fcmovbe, .fcmovu, .fcmovnb, .fcmovne, .fcmovnbe, .fcmovnu: kind = .move
        case .fnstsw:
            kind = isMemory ? .storeStatus : .statusToAX
            isControl = true
        case .fnstcw:
            kind = .storeControl
            isControl = true
        case .fwait:
            kind = .nothing
            isControl = true
        default: return nil
        }
    }

    /// Size of the memory operand. SDM Vol. 2D, tables.
    private static func bytes(_ i: Instruction) -> Int {
        switch (i.opcode, i.digit) {
        case (0xD8, _), (0xD9, _), (0xDA, _): 4
        case (0xDB, 5), (0xDB, 7): 10
        case (0xDB, _): 4
        case (0xDC, _), (0xDD, _): 8
        case (0xDF, 5), (0xDF, 7): 8
        case (0xDE, _), (0xDF, _): 2
        default: 4
        }
    }
}

/// FIP and its like as they should be, and are not yet: they are written where somebody could look.
struct X87Pointers {
    var op: OpHandle
    /// Segment of the last memory operand whose selector is not written yet.
    var dataSegment: UInt8?
}

extension Lowering {
    /// Executes the instruction on the host's FPU. False when it has to be called out for.
    mutating func lowerX87() -> Bool {
        let i = instruction
        guard let form = X87Form(i) else { return lowerX87Function() }
        let index = range.lowerBound
        switch form.kind {
        case .nothing: break
        case .register: emitX87(i)
        case .statusToAX:
            protect(.rax, at: index)
            emitX87(i)
        case .move:
            getIntoHost()
            emitX87(i)
        case .flags:
            emitX87(i)
            takeComparison()
        case .load(let bytes):
            guard let memory = x87Access(NativeSite.read, bytes, at: index) else { return false }
            asm.rm(UInt32(i.opcode), i.digit, memory, .doubleword)
        case .store(let bytes):
            guard let memory = x87Access(NativeSite.write, bytes, at: index) else { return false }
            asm.rm(UInt32(i.opcode), i.digit, memory, .doubleword)
        case .storeStatus:
            guard let memory = x87Access(NativeSite.write, 2, at: index) else { return false }
            asm.rm(0xDD, 7, memory, .doubleword)
        case .storeControl:
            guard let memory = x87Access(NativeSite.write, 2, at: index) else { return false }
            asm.zeroExtend(HostMap.scratch, HostMap.core(CoreOffset.x87Control), from: .word)
            asm.store(memory, HostMap.scratch, .word)
        }
        if !form.isControl { note(form) }
        return true
    }

    private mutating func emitX87(_ i: Instruction) {
        asm.byte(i.opcode)
        asm.byte(i.modRM)
    }

    private mutating func note(_ form: X87Form) {
        var segment = x87Pointers?.dataSegment
        if instruction.modRM < 0xC0 {
            segment = UInt8(truncatingIfNeeded: instruction.segment.number)
            asm.store(HostMap.core(CoreOffset.x87DataOffset), HostMap.linear, .quadword)
        }
        x87Pointers = X87Pointers(op: op, dataSegment: segment)
    }

    /// ZF, PF and CF are the host's; OF, SF and AF are clear.
    mutating func takeComparison() {
        asm.changeFlags()
        asm.mov(HostMap.scratch, .rax, .quadword)
        asm.lahf()
        asm.alu(.and, .rax, immediate: 0x4500, .doubleword)
        asm.alu(.or, .rax, immediate: 0x0200, .doubleword)
        asm.store(HostMap.core(CoreOffset.flags), .rax, .word)
        asm.mov(.rax, HostMap.scratch, .quadword)
        flags = FlagState()
    }

    // MARK: Pointers

    /// Writes FIP and its like. Uses `addend`.
    mutating func writeX87Pointers(_ pointers: X87Pointers?) {
        guard let pointers else { return }
        let i = pointers.op.pointee.instruction
        asm.mov(HostMap.addend, constant: block.pointee.rip(at: UInt64(pointers.op.pointee.offset)))
        asm.store(HostMap.core(CoreOffset.x87InstructionOffset), HostMap.addend, .quadword)
        asm.store(HostMap.core(CoreOffset.x87Opcode), immediate: UInt64(i.opcode & 7) << 8 | UInt64(i.modRM), .word)
        asm.zeroExtend(HostMap.addend, HostMap.core(CoreOffset.selector(1)), from: .word)
        asm.store(HostMap.core(CoreOffset.x87InstructionSelector), HostMap.addend, .word)
        if let segment = pointers.dataSegment {
            asm.zeroExtend(HostMap.addend, HostMap.core(CoreOffset.selector(segment)), from: .word)
            asm.store(HostMap.core(CoreOffset.x87DataSelector), HostMap.addend, .word)
        }
    }

    mutating func flushX87Pointers() {
        writeX87Pointers(x87Pointers)
        x87Pointers = nil
    }

    // MARK: In and out

    /// The guest's MXCSR goes back into `CPUState`, and registers where others expect them, before the region is left or something is called. The FPU
    /// follows when it has to: see `Assembler.giveBackX87`.
    mutating func giveBack() {
        saveMXCSR()
        // What is not VEX runs faster then.
        if region.units.contains(.longVectors) { asm.vzeroupper() }
        exchangeRegisters(undo: true)
    }

    mutating func loadFPU(orTo refused: Assembler.Label) {
        checkMXCSR(orTo: refused)
        if region.usesX87 {
            asm.call(backend.stubs.loadX87)
            asm.jump(if: HostCondition.notEqual, refused)
        }
        loadMXCSR()
    }
}
