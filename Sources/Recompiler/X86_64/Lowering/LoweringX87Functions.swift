import Processor
import X86

/// A transcendental function in a region that has the guest's FPU in the host's: its one or two operands are taken off the host's stack, the
/// interpreter computes, and the result is pushed. The rest of the FPU stays where it is: to have it in `CPUState` and back again
/// (FXSAVE and FXRSTOR) costs more than most functions do.
///
/// FSINCOS and FPTAN push a second result, which may not fit; they are called out for.
struct X87Function {
    /// The second operand goes too.
    let takesTwo: Bool

    /// Nil for other operations.
    init?(_ operation: Operation) {
        switch operation {
        case .fsin, .fcos, .f2xm1: takesTwo = false
        case .fyl2x, .fyl2xp1, .fpatan: takesTwo = true
        default: return nil
        }
    }

    private static let TOP: UInt64 = 7 << 11
    private static let SF: UInt64 = 1 << 6
    private static let C1: UInt64 = 1 << 9
    /// All but TOP, and B, which is ES.
    private static let meaningful: UInt64 = 0x47FF
    /// The offset in the image of FXSAVE where there is room for an environment; other fields of it have to stay.
    private static let environment: Int32 = 160

    /// ST(0) and ST(1) of the function, TOP being 0.
    private static func register(_ number: Int) -> HostOperand { HostMap.core(CoreOffset.x87Registers + number * 16) }
    private static let status = HostMap.core(CoreOffset.x87Status)

    private static func pushReal(_ asm: inout Assembler, _ memory: HostOperand) { asm.rm(0xDB, 5, memory, .doubleword) }
    private static func popReal(_ asm: inout Assembler, _ memory: HostOperand) { asm.rm(0xDB, 7, memory, .doubleword) }
    private static func storeStatus(_ asm: inout Assembler, _ memory: HostOperand) { asm.rm(0xDD, 7, memory, .doubleword) }

    /// Undoes what `taken` pops have done, the last of them of an empty register: that one has set the flags that the function sets then.
    func restack(_ asm: inout Assembler, taken: Int) {
        let FDECSTP: [UInt8] = [0xD9, 0xF6]
        FDECSTP.forEach { asm.byte($0) }
        if taken == 2 { X87Function.pushReal(&asm, X87Function.register(0)) }
    }

    /// Gives the host's FPU the status word of `CPUState`, TOP excepted.
    static func loadStatus(_ asm: inout Assembler, image: UInt64) {
        let word = HostOperand(HostMap.addend, environment + 4)
        asm.mov(HostMap.addend, constant: image)
        asm.rm(0xD9, 6, HostOperand(HostMap.addend, environment), .doubleword)
        asm.zeroExtend(HostMap.scratch, word, from: .word)
        asm.zeroExtend(HostMap.linear, status, from: .word)
        asm.alu(.and, HostMap.scratch, immediate: TOP, .doubleword)
        asm.alu(.and, HostMap.linear, immediate: meaningful, .doubleword)
        asm.alu(.or, HostMap.scratch, HostMap.linear, .doubleword)
        asm.store(word, HostMap.scratch, .word)
        asm.rm(0xD9, 4, HostOperand(HostMap.addend, environment), .doubleword)
    }

    /// Moves the operands into `CPUState`; `refused` leads to where one is empty, by how many pops were made.
    fileprivate func takeOperands(_ asm: inout Assembler, orTo refused: [Assembler.Label]) {
        for taken in 0...(takesTwo ? 2 : 1) {
            if taken > 0 { X87Function.popReal(&asm, X87Function.register(taken - 1)) }
            X87Function.storeStatus(&asm, X87Function.status)
            asm.zeroExtend(HostMap.scratch, X87Function.status, from: .word)
            asm.test(HostMap.scratch, immediate: X87Function.SF, .doubleword)
            asm.jump(if: HostCondition.notEqual, refused[taken])
        }
        asm.alu(.and, HostMap.scratch, immediate: X87Function.meaningful, .doubleword)
        asm.store(X87Function.status, HostMap.scratch, .word)
        asm.store(HostMap.core(CoreOffset.x87Occupied), immediate: takesTwo ? 3 : 1, .byte)
    }

    /// Pushes the result; `other` leads to where the status word is not what the host has.
    fileprivate func pushResult(_ asm: inout Assembler, ignoringC1: Bool, orTo other: Assembler.Label) {
        let host = HostMap.core(CoreOffset.operand0)
        X87Function.pushReal(&asm, X87Function.register(takesTwo ? 1 : 0))
        X87Function.storeStatus(&asm, host)
        asm.load(HostMap.scratch, host, .word)
        asm.alu(.xor, HostMap.scratch, X87Function.status, .word)
        let looked = ignoringC1 ? X87Function.meaningful & ~X87Function.C1 : X87Function.meaningful
        asm.test(HostMap.scratch, immediate: looked, .doubleword)
        asm.jump(if: HostCondition.notEqual, other)
    }
}

extension Lowering {
    /// False when the instruction is none of the functions.
    mutating func lowerX87Function() -> Bool {
        guard let function = X87Function(instruction.operation) else { return false }
        flushX87Pointers()
        putIntoImage()
        flags.holder = nil
        let labels = (0...2).map { _ in asm.makeLabel() }
        let (other, behind, site) = (asm.makeLabel(), asm.makeLabel(), callSite())
        function.takeOperands(&asm, orTo: labels)
        saveMXCSR()
        asm.leaRelative(HostMap.addend, site)
        asm.call(backend.stubs.x87Function)
        loadMXCSR()
        function.pushResult(&asm, ignoringC1: overwritesC1Next, orTo: other)
        asm.place(behind)
        addCold(labels[0], .callOut(site: site, op: op, behind: behind))
        addCold(labels[1], .restack(function, taken: 1, callOut: labels[0]))
        if function.takesTwo { addCold(labels[2], .restack(function, taken: 2, callOut: labels[0])) }
        addCold(other, .x87Status(behind: behind))
        return true
    }

    /// The next instruction gives C1 a value, and nobody can come between: C1 need not be right until then. FCMOVcc leaves it.
    private var overwritesC1Next: Bool {
        guard UInt32(op.pointee.index) + 1 < block.pointee.count else { return false }
        let next = op[1].instruction
        guard let form = X87Form(next) else { return false }
        switch form.kind {
        case .register: return true
        default: return false
        }
    }
}
