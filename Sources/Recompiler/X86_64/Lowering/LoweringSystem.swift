import Processor
import X86

/// Instructions that are methods of the processor, as far as their usual case is short: what is not as it was when the code was
/// translated, or not as usual, is the interpreter's, which knows all cases. Measured: a call-out takes 25 to 40 ns, SYSENTER written
/// like this 4.
extension Lowering {
    private var w16: Width { .word }
    private var w32: Width { .doubleword }
    private var w64: Width { .quadword }

    /// True when the instruction has been written.
    mutating func lowerSystem(_ ending: Intermediate.Ending) -> Bool {
        guard hasSystemLowering else { return false }
        flushX87Pointers()
        putIntoImage()
        flags.holder = nil
        let other = asm.makeLabel()
        let behind = asm.makeLabel()
        let site = callSite()
        let siteNumber = sites.count - 1
        var isDone = false
        switch instruction.operation {
        case .daa: lowerDecimal(backend.decimalTable(afterSubtraction: false))
        case .das: lowerDecimal(backend.decimalTable(afterSubtraction: true))
        case .bsf: lowerScan(reverse: false)
        case .bsr: lowerScan(reverse: true)
        case .bt, .bts, .btr, .btc: lowerBitString()
        // Accesses are in order already.
        case .lfence, .mfence, .sfence: break
        case .tzcnt: lowerCountZeros(leading: false)
        case .lzcnt: lowerCountZeros(leading: true)
        case .popcnt: lowerPopulationCount()
        case .andn, .blsr, .blsmsk, .blsi, .bextr, .bzhi, .pext, .pdep, .mulx, .shlx, .sarx, .shrx, .rorx: lowerBitManipulation()
        case .cmpxchg: lowerCompareExchange()
        case .cmpxchg8b: lowerCompareExchange(ofPairs: .doubleword, orTo: other)
        case .cmpxchg16b: lowerCompareExchange(ofPairs: .quadword, orTo: other)
        case .rdtsc: lowerTimeStamp(orTo: other)
        case .pushf: lowerPushFlags(orTo: other)
        case .popf: lowerPopFlags(orTo: other)
        case .cli: lowerClearInterrupt(orTo: other)
        case .pusha: lowerPushAll()
        case .popa: lowerPopAll()
        case .movFromControl: lowerControlRead(orTo: other)
        case .in, .out: lowerPortAccess(site, orTo: other)
        case .movToSegment, .popSegment, .lds, .les, .lfs, .lgs: lowerSegmentLoad(siteNumber, orTo: other)
        case .callFar: isDone = lowerFarCall(orTo: other)
        case .retFar: isDone = lowerFarReturn(orTo: other)
        case .sysenter: isDone = lowerSysenter(orTo: other)
        case .swapgs: lowerSwapGS(orTo: other)
        case .syscall:
            lowerSyscall(orTo: other)
            isDone = true
        case .sysret:
            lowerSysret(orTo: other)
            isDone = true
        default: isDone = lowerSysexit(orTo: other)
        }
        if ending == .fallsThrough {
            addCold(other, .callOut(site: site, op: op, behind: behind))
            asm.place(behind)
        } else {
            addCold(other, .callOutAtEnd(site: site, ending: ending))
            if !isDone { goOn() }
        }
        return true
    }

    /// There is anything to be gained as things are now.
    var hasSystemLowering: Bool {
        let i = instruction
        let isReal = assumptions.isReal
        switch i.operation {
        case .daa, .das, .rdtsc, .lfence, .mfence, .sfence: return true
        case .bt, .bts, .btr, .btc: return i.kind0 == .memory && i.kind1 == .register
        case .bsf, .bsr, .tzcnt, .lzcnt, .cmpxchg8b, .cmpxchg16b: return i.operandSize != .byte
        case .popcnt: return backend.host.features.contains(.POPCNT)
        case .andn, .blsr, .blsmsk, .blsi, .bextr, .bzhi, .pext, .pdep, .mulx, .shlx, .sarx, .shrx, .rorx: return hasBitManipulation
        // A register of 32 bits that is not written keeps its upper half.
        case .cmpxchg: return i.operandSize != .byte && (!isCode64 || i.kind0 == .memory)
        case .pushf, .popf, .cli, .in, .out, .pusha, .popa: return true
        case .movFromControl: return controlRegister != nil
        case .syscall, .sysret, .swapgs: return hasSystemCallLowering
        case _ where !mode.isDisjoint(with: [.code64, .compatibility]): return false
        case .movToSegment, .popSegment, .lds, .les, .lfs, .lgs:
            guard i.loadedSegment != .ss, i.operandSize != .quadword else { return false }
            return isReal ? block.pointee.csLimit != .max : assumptions.isPlainProtected
        case .callFar, .retFar:
            guard isReal, i.operandSize != .quadword, block.pointee.csLimit != .max else { return false }
            return i.operation == .retFar || i.immediate & operandMask <= UInt64(block.pointee.csLimit)
        case .sysenter:
            return assumptions.isPlainOrUser && UInt16(truncatingIfNeeded: assumptions.state.msr.sysenterCS) & 0xFFFC != 0
        case .sysexit:
            return assumptions.isPlainProtected && UInt16(truncatingIfNeeded: assumptions.state.msr.sysenterCS) & 0xFFFC != 0
        default: return false
        }
    }

    private var operandMask: UInt64 { instruction.operandSize == .word ? 0xFFFF : 0xFFFF_FFFF }

    // MARK: Guards

    /// Uses `scratch`, as the others do.
    mutating func require(_ offset: Int, _ bits: UInt64, areSet: Bool, orTo other: Assembler.Label) {
        asm.load(HostMap.scratch, HostMap.core(offset), w32)
        asm.test(HostMap.scratch, immediate: bits, w32)
        asm.jump(if: areSet ? HostCondition.equal : HostCondition.notEqual, other)
    }

    mutating func requireReal(orTo other: Assembler.Label) {
        require(CoreOffset.cr0, UInt64(CR0.PE.rawValue), areSet: false, orTo: other)
    }

    mutating func requireProtected(orTo other: Assembler.Label) {
        require(CoreOffset.cr0, UInt64(CR0.PE.rawValue), areSet: true, orTo: other)
    }

    mutating func requireNoVirtual(orTo other: Assembler.Label) {
        require(CoreOffset.eflags, UInt64(EFLAGS.VM.rawValue), areSet: false, orTo: other)
    }

    mutating func requireLevel0(orTo other: Assembler.Label) {
        asm.alu(.cmp, HostMap.core(CoreOffset.cpl), immediate: 0, .byte)
        asm.jump(if: HostCondition.notEqual, other)
    }

    /// CMPXCHG: the accumulator is the host's.
    private mutating func lowerCompareExchange() {
        let i = instruction
        if i.kind0 == .memory {
            let memory = operandAccess(NativeSite.readWrite, i.operandSize.bytes)
            asm.compareExchange(memory, general(i.register1, in: HostMap.value), i.operandSize)
        } else {
            asm.compareExchange(HostMap.register(i.register0), HostMap.register(i.register1), i.operandSize)
        }
        flags = FlagState(origin: .host, holder: asm.hostFlags)
        putIntoImage()
    }

    /// CMPXCHG8B and CMPXCHG16B: of two elements of `w`, with rDX:rAX and rCX:rBX. The longer one has to be aligned.
    private mutating func lowerCompareExchange(ofPairs w: Width, orTo other: Assembler.Label) {
        let size = 2 * w.bytes
        effectiveAddress(into: HostMap.linear)
        addSegment(instruction.segment.rawValue, size, writes: true, at: range.lowerBound)
        if w == .quadword {
            asm.test(HostMap.linear, immediate: 15, w32)
            asm.jump(if: HostCondition.notEqual, other)
        }
        let low = probe(NativeSite.readWrite, size, at: range.lowerBound)
        var high = low
        high.displacement += Int32(truncatingIfNeeded: w.bytes)
        let (different, done) = (asm.makeLabel(), asm.makeLabel())
        let image = HostMap.core(CoreOffset.flags + 1)
        asm.alu(.cmp, .rax, low, w)
        asm.jump(if: HostCondition.notEqual, different)
        asm.alu(.cmp, .rdx, high, w)
        asm.jump(if: HostCondition.notEqual, different)
        asm.store(low, .rbx, w)
        asm.store(high, .rcx, w)
        asm.alu(.or, image, immediate: 0x40, .byte)
        asm.jump(done)
        asm.place(different)
        asm.load(.rax, low, w)
        asm.load(.rdx, high, w)
        asm.alu(.and, image, immediate: 0xBF, .byte)
        asm.place(done)
    }

    /// RDTSC: the ticks up to this instruction, and the offset.
    private mutating func lowerTimeStamp(orTo other: Assembler.Label) {
        require(CoreOffset.cr4, UInt64(CR4.TSD.rawValue), areSet: false, orTo: other)
        let rest = UInt64(block.pointee.count) - UInt64(op.pointee.index)
        asm.load(HostMap.scratch, HostMap.core(CoreOffset.tickLimit), .quadword)
        asm.alu(.sub, HostMap.scratch, HostMap.budget, .quadword)
        asm.alu(.sub, HostMap.scratch, immediate: rest, .quadword)
        asm.alu(.add, HostMap.scratch, HostMap.core(CoreOffset.timeStampOffset), .quadword)
        asm.mov(.rax, HostMap.scratch, .doubleword)
        asm.shift(.shr, HostMap.scratch, by: 32, .quadword)
        asm.mov(.rdx, HostMap.scratch, .doubleword)
    }

    // MARK: Control registers and ports

    /// The place where the register that MOV reads is; CR4 is not everywhere.
    private var controlRegister: Int? {
        switch instruction.register1 {
        case 0: CoreOffset.cr0
        case 2: CoreOffset.cr2
        case 3: CoreOffset.cr3
        case 4 where assumptions.cpu.model != .i486: CoreOffset.cr4
        default: nil
        }
    }

    private mutating func lowerControlRead(orTo other: Assembler.Label) {
        guard let controlRegister else { return }
        requireLevel0(orTo: other)
        let register = plan.host(instruction.register0) ?? HostMap.value
        // CR0 and CR4 have 32 bits.
        asm.load(register, HostMap.core(controlRegister), instruction.register1 & 3 == 0 ? w32 : addressWidth)
        keep(register, in: instruction.register0)
    }

    /// IN and OUT at level 0: neither IOPL nor a bit map is looked at.
    private mutating func lowerPortAccess(_ site: Assembler.Label, orTo other: Assembler.Label) {
        requireLevel0(orTo: other)
        giveBack()
        asm.leaRelative(HostMap.addend, site)
        asm.call(backend.stubs.portAccess)
        takeOver()
    }

    // MARK: Flags

    /// DAA, DAS: by a table of AL, CF and AF.
    private mutating func lowerDecimal(_ table: UInt) {
        let (value, scratch) = (HostMap.value, HostMap.scratch)
        asm.zeroExtend(value, HostMap.core(CoreOffset.flags), from: .word)
        asm.mov(scratch, value, w32)
        asm.alu(.and, value, immediate: 0x100, w32)
        asm.shift(.shr, scratch, by: 12 - 9, w32)
        asm.alu(.and, scratch, immediate: 0x200, w32)
        asm.alu(.or, value, scratch, w32)
        asm.zeroExtend(scratch, .rax, from: .byte)
        asm.alu(.or, value, scratch, w32)
        asm.mov(HostMap.addend, immediate: UInt64(table), w64)
        asm.load(scratch, HostOperand(HostMap.addend, index: value, scale: 2, 0), w32)
        asm.mov(.rax, scratch, .byte)
        asm.shift(.shr, scratch, by: 16, w32)
        asm.store(HostMap.core(CoreOffset.flags), scratch, w16)
    }

    /// EFLAGS as PUSHF has them. Uses `scratch`.
    mutating func composeFlags(into value: HostRegister) {
        let scratch = HostMap.scratch
        asm.zeroExtend(value, HostMap.core(CoreOffset.flags), from: .word)
        asm.mov(scratch, value, w32)
        asm.shift(.shr, value, by: 8, w32)
        asm.alu(.and, value, immediate: 0xD5, w32)
        asm.alu(.and, scratch, immediate: 1, w32)
        asm.shift(.shl, scratch, by: 11, w32)
        asm.alu(.or, value, scratch, w32)
        asm.load(scratch, HostMap.core(CoreOffset.eflags), w32)
        let kept = ~EFLAGS.status.union([.VM, .RF]).rawValue
        asm.alu(.and, scratch, immediate: UInt64(kept), w32)
        asm.alu(.or, value, scratch, w32)
        asm.alu(.or, value, immediate: 2, w32)
    }

    /// Puts the status flags of EFLAGS in `value` into the image; `value` is used up. Uses `scratch`.
    mutating func splitFlags(_ value: HostRegister) {
        let scratch = HostMap.scratch
        asm.mov(scratch, value, w32)
        asm.shift(.shr, scratch, by: 11, w32)
        asm.alu(.and, scratch, immediate: 1, w32)
        asm.alu(.and, value, immediate: 0xD5, w32)
        asm.shift(.shl, value, by: 8, w32)
        asm.alu(.or, value, scratch, w32)
        asm.alu(.or, value, immediate: 0x200, w32)
        asm.store(HostMap.core(CoreOffset.flags), value, w16)
    }

    private mutating func lowerPushFlags(orTo other: Assembler.Label) {
        requireNoVirtual(orTo: other)
        let value = HostMap.value
        composeFlags(into: value)
        let size = Int32(truncatingIfNeeded: instruction.operandSize.bytes)
        let memory = stackAccess(HostMap.stackPointer, -size, NativeSite.write, instruction.operandSize, at: range.lowerBound)
        asm.store(memory, value, instruction.operandSize)
        setStackPointer(from: HostMap.stackPointer, -size, at: range.lowerBound)
    }

    /// PUSHA, PUSHAD: one access for all eight registers, SP as it was before.
    private mutating func lowerPushAll() {
        let (w, size) = (instruction.operandSize, 8 * Int32(truncatingIfNeeded: instruction.operandSize.bytes))
        let memory = stackAccess(HostMap.stackPointer, -size, NativeSite.write, bytes: Int(size), at: range.lowerBound)
        for number in 0..<8 as Range<UInt8> { asm.store(slot(number, of: memory), hostRegister(number, w), w) }
        setStackPointer(from: HostMap.stackPointer, -size, at: range.lowerBound)
    }

    /// POPA, POPAD: the stored SP is skipped.
    private mutating func lowerPopAll() {
        let (w, size) = (instruction.operandSize, 8 * Int32(truncatingIfNeeded: instruction.operandSize.bytes))
        let memory = stackAccess(HostMap.stackPointer, 0, NativeSite.read, bytes: Int(size), at: range.lowerBound)
        for number in 0..<8 as Range<UInt8> where number != 4 { asm.load(hostRegister(number, w), slot(number, of: memory), w) }
        setStackPointer(from: HostMap.stackPointer, size, at: range.lowerBound)
    }

    /// The place of a register in what PUSHA pushes, of which DI is the lowest.
    private func slot(_ number: UInt8, of memory: HostOperand) -> HostOperand {
        var slot = memory
        slot.displacement += Int32(7 - number) * Int32(truncatingIfNeeded: instruction.operandSize.bytes)
        return slot
    }

    /// POPF that changes nothing but status flags and DF.
    private mutating func lowerPopFlags(orTo other: Assembler.Label) {
        let (value, scratch) = (HostMap.value, HostMap.scratch)
        let w = instruction.operandSize
        let memory = stackAccess(HostMap.stackPointer, 0, NativeSite.read, w, at: range.lowerBound)
        asm.zeroExtend(value, memory, from: w)
        asm.load(scratch, HostMap.core(CoreOffset.eflags), w32)
        asm.test(scratch, immediate: UInt64(EFLAGS([.VM, .RF]).rawValue), w32)
        asm.jump(if: HostCondition.notEqual, other)
        asm.alu(.xor, scratch, value, w32)
        let low: EFLAGS = [.TF, .IF, .IOPL, .NT]
        let fixed = w == .word ? low : low.union([.AC, .ID])
        asm.test(scratch, immediate: UInt64(fixed.rawValue), w32)
        asm.jump(if: HostCondition.notEqual, other)
        asm.alu(.and, scratch, immediate: UInt64(EFLAGS.DF.rawValue), w32)
        asm.alu(.xor, scratch, HostMap.core(CoreOffset.eflags), w32)
        asm.store(HostMap.core(CoreOffset.eflags), scratch, w32)
        splitFlags(value)
        setStackPointer(from: HostMap.stackPointer, Int32(truncatingIfNeeded: w.bytes), at: range.lowerBound)
    }

    private mutating func lowerClearInterrupt(orTo other: Assembler.Label) {
        requireNoVirtual(orTo: other)
        requireLevel0(orTo: other)
        asm.alu(.and, HostMap.core(CoreOffset.eflags), immediate: UInt64(~EFLAGS.IF.rawValue), w32)
    }

    // MARK: Fast system calls

    /// SYSENTER to where the registers said when it was translated.
    private mutating func lowerSysenter(orTo other: Assembler.Label) -> Bool {
        let msr = assumptions.state.msr
        let target = msr.sysenterEIP & 0xFFFF_FFFF
        let selector = UInt16(truncatingIfNeeded: msr.sysenterCS)
        requireProtected(orTo: other)
        requireNoVirtual(orTo: other)
        asm.alu(.cmp, HostMap.core(CoreOffset.sysenterCS), immediate: UInt64(selector), w16)
        asm.jump(if: HostCondition.notEqual, other)
        asm.alu(.cmp, HostMap.core(CoreOffset.sysenterEIP), immediate: target, w32)
        asm.jump(if: HostCondition.notEqual, other)
        let flags = ~EFLAGS([.VM, .IF, .RF]).rawValue
        asm.alu(.and, HostMap.core(CoreOffset.eflags), immediate: UInt64(flags), w32)
        asm.load(HostMap.stackPointer, HostMap.core(CoreOffset.sysenterESP), w32)
        _ = enterFlat(selector & 0xFFFC, code: 0xC09B, stack: 0xC093, level: 0)
        goOutside(target, isFar: true)
        return true
    }

    private mutating func lowerSysexit(orTo other: Assembler.Label) -> Bool {
        let selector = UInt16(truncatingIfNeeded: assumptions.state.msr.sysenterCS)
        requireProtected(orTo: other)
        requireLevel0(orTo: other)
        // With AC set accesses at level 3 may have to be aligned.
        require(CoreOffset.eflags, UInt64(EFLAGS([.VM, .AC]).rawValue), areSet: false, orTo: other)
        asm.alu(.cmp, HostMap.core(CoreOffset.sysenterCS), immediate: UInt64(selector), w16)
        asm.jump(if: HostCondition.notEqual, other)
        let mode = enterFlat((selector & 0xFFFC &+ 16) | 3, code: 0xC0FB, stack: 0xC0F3, level: 3)
        asm.mov(HostMap.stackPointer, .rcx, w32)
        asm.mov(HostMap.addend, .rdx, w32)
        goIndirect(context: assumptions.context(mode, 0, .max))
        return true
    }

    /// CS and the SS that follows it become flat, at `level`. Yields the mode of code there. Where they are flat already, most of what hangs on them is as it
    /// should be: all but whether CS may be read.
    private mutating func enterFlat(_ selector: UInt16, code: UInt16, stack: UInt16, level: UInt8) -> Mode {
        let limit = UInt64(UInt32.max) << 32
        func store(_ value: UInt64, _ offsets: [Int]) {
            asm.mov(HostMap.addend, immediate: value, w64)
            for offset in offsets { asm.store(HostMap.core(offset), HostMap.addend, w64) }
        }
        store(limit | UInt64(code) << 16 | UInt64(selector), [CoreOffset.selector(1)])
        store(limit | UInt64(stack) << 16 | UInt64(selector &+ 8), [CoreOffset.selector(2)])
        store(1 << 32, [CoreOffset.windowTop(1, writes: false)])
        if !mode.isSuperset(of: [.flatCS, .flatSS]) {
            store(UInt64(UInt32.max), [CoreOffset.stackMask])
            store(1 << 32, [CoreOffset.windowTop(2, writes: false), CoreOffset.windowTop(2, writes: true)])
            let zeros = [CoreOffset.base(1), CoreOffset.base(2), CoreOffset.windowBase(1), CoreOffset.windowBase(2)]
            store(0, zeros + [CoreOffset.windowTop(1, writes: true)])
        }
        asm.store(HostMap.core(CoreOffset.cpl), immediate: UInt64(level), .byte)
        let mode = self.mode.intersection([.flatDS, .flatES, .stops]).union([.code32, .flatCS, .bigStack, .flatSS]).union(
            level == 3 ? .user : [])
        asm.store(HostMap.core(CoreOffset.mode), immediate: UInt64(mode.rawValue), w32)
        useTLB(isUser: level == 3)
        asm.store(HostMap.core(CoreOffset.tlb), HostMap.tlb, w64)
        return mode
    }
}
