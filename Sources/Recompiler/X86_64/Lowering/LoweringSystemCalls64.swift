import Processor
import X86

/// SYSCALL, SYSRET and SWAPGS: the usual cases of `LoweringSystem` for kernels of 64 bits. SDM Vol. 2B; Vol. 3A, section 5.8.8.
extension Lowering {
    private var w32: Width { .doubleword }
    private var w64: Width { .quadword }

    private var usesSystemCalls: Bool { isCode64 && assumptions.state.efer.contains(.SCE) }

    /// The instruction is one of the three, and can be what it would be now.
    var hasSystemCallLowering: Bool {
        switch instruction.operation {
        case .swapgs: isCode64
        case .syscall: usesSystemCalls
        // To compatibility mode it is seldom.
        case .sysret: usesSystemCalls && instruction.prefixes.contains(.rexW)
        default: false
        }
    }

    /// The MSRs that SYSCALL and SYSRET go by are what they were.
    private mutating func requireSelectors(orTo other: Assembler.Label) {
        let star = UInt64(UInt32(truncatingIfNeeded: assumptions.state.msr.star >> 32))
        require(CoreOffset.efer, UInt64(EFER.SCE.rawValue), areSet: true, orTo: other)
        asm.alu(.cmp, HostMap.core(CoreOffset.star + 4), immediate: star, w32)
        asm.jump(if: HostCondition.notEqual, other)
    }

    /// SYSCALL to where the registers said when it was translated.
    mutating func lowerSyscall(orTo other: Assembler.Label) {
        let msr = assumptions.state.msr
        let mask = EFLAGS(rawValue: UInt32(truncatingIfNeeded: msr.fmask))
        requireSelectors(orTo: other)
        asm.alu(.cmp, HostMap.core(CoreOffset.fmask), immediate: UInt64(mask.rawValue), w32)
        asm.jump(if: HostCondition.notEqual, other)
        asm.mov(HostMap.scratch, constant: msr.lstar)
        asm.alu(.cmp, HostMap.scratch, HostMap.core(CoreOffset.lstar), w64)
        asm.jump(if: HostCondition.notEqual, other)
        composeFlags(into: HostMap.value)
        asm.store(extended(11), HostMap.value, w64)
        asm.mov(.rcx, constant: nextRIP)
        asm.alu(.and, HostMap.core(CoreOffset.eflags), immediate: UInt64(~mask.union([.RF, .VM]).rawValue), w32)
        asm.alu(.and, HostMap.core(CoreOffset.flags + 1), immediate: UInt64(~mask.rawValue & 0xD5 | 2), .byte)
        if mask.contains(.OF) { asm.store(HostMap.core(CoreOffset.flags), immediate: 0, .byte) }
        let selector = UInt16(truncatingIfNeeded: msr.star >> 32) & 0xFFFC
        enter64(code: selector, stack: selector &+ 8, level: 0)
        goOutside(msr.lstar, isFar: true)
    }

    /// SYSRET to 64-bit code, with flags that nobody has to look at first.
    mutating func lowerSysret(orTo other: Assembler.Label) {
        let (value, scratch) = (HostMap.value, HostMap.scratch)
        requireLevel0(orTo: other)
        requireSelectors(orTo: other)
        asm.mov(scratch, .rcx, w64)
        asm.shift(.shl, scratch, by: 16, w64)
        asm.shift(.sar, scratch, by: 16, w64)
        asm.alu(.cmp, scratch, .rcx, w64)
        asm.jump(if: HostCondition.notEqual, other)
        asm.load(value, extended(11), w32)
        // With AC set accesses at level 3 may have to be aligned.
        asm.test(value, immediate: UInt64(EFLAGS([.TF, .AC]).rawValue), w32)
        asm.jump(if: HostCondition.notEqual, other)
        asm.alu(.cmp, HostMap.core(CoreOffset.intr), immediate: 0, .byte)
        asm.jump(if: HostCondition.notEqual, other)
        asm.alu(.and, value, immediate: 0x003C_7FD7, w32)
        asm.alu(.or, value, immediate: 2, w32)
        asm.store(HostMap.core(CoreOffset.eflags), value, w32)
        splitFlags(value)
        let selector = UInt16(truncatingIfNeeded: assumptions.state.msr.star >> 48) & 0xFFFC
        let mode = enter64(code: (selector &+ 16) | 3, stack: (selector &+ 8) | 3, level: 3)
        asm.mov(HostMap.addend, .rcx, w64)
        goIndirect(context: assumptions.context(mode, 0, .max))
    }

    /// Makes CS and SS of SYSCALL and SYSRET, in the mode of 64-bit code at `level`, which is the result.
    @discardableResult
    private mutating func enter64(code: UInt16, stack: UInt16, level: UInt8) -> Mode {
        let ring: UInt64 = level == 3 ? 0x60 : 0
        func store(_ offset: Int, _ value: UInt64) {
            asm.mov(HostMap.addend, constant: value)
            asm.store(HostMap.core(offset), HostMap.addend, w64)
        }
        let limit = UInt64(UInt32.max) << 32
        store(CoreOffset.selector(1), limit | (0xA09B | ring) << 16 | UInt64(code | UInt16(level)))
        store(CoreOffset.selector(2), limit | (0xC093 | ring) << 16 | UInt64(stack | UInt16(level)))
        asm.store(HostMap.core(CoreOffset.base(1)), immediate: 0, w64)
        asm.store(HostMap.core(CoreOffset.base(2)), immediate: 0, w64)
        asm.store(HostMap.core(CoreOffset.cpl), immediate: UInt64(level), .byte)
        let mode = self.mode.subtracting(.user).union(level == 3 ? .user : [])
        asm.store(HostMap.core(CoreOffset.mode), immediate: UInt64(mode.rawValue), w32)
        useTLB(isUser: level == 3)
        asm.store(HostMap.core(CoreOffset.tlb), HostMap.tlb, w64)
        return mode
    }

    mutating func lowerSwapGS(orTo other: Assembler.Label) {
        let (value, scratch) = (HostMap.value, HostMap.scratch)
        let GS = SegmentRegisterName.gs.rawValue
        requireLevel0(orTo: other)
        asm.load(scratch, HostMap.core(CoreOffset.base(GS)), w64)
        asm.load(value, HostMap.core(CoreOffset.kernelGSBase), w64)
        asm.store(HostMap.core(CoreOffset.kernelGSBase), scratch, w64)
        asm.store(HostMap.core(CoreOffset.base(GS)), value, w64)
        asm.store(HostMap.core(CoreOffset.windowBase(GS)), value, w64)
        // Up to the end of the half of linear space that it is in, as `Window` has it.
        asm.mov(scratch, value, w64)
        asm.not(scratch, w64)
        asm.shift(.shr, scratch, by: 63, w64)
        asm.shift(.shl, scratch, by: 47, w64)
        asm.alu(.sub, scratch, value, w64)
        asm.store(HostMap.core(CoreOffset.windowTop(GS, writes: false)), scratch, w64)
        asm.store(HostMap.core(CoreOffset.windowTop(GS, writes: true)), scratch, w64)
    }
}
