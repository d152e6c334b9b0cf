extension Row {
    /// Exceptions that the instruction may raise and when, one line each: the manual's "Exceptions" sections, from the row's facts.
    public var faults: [String] {
        var lines: [String] = []
        if touchesMemory {
            lines += [
                "#GP(0), #SS(0) for SS: beyond the segment's limit, a null selector, not readable or not writable",
                "#PF: no page, or one that does not allow the access",
            ]
            if traits.isDisjoint(with: [.usesSSE, .usesAVX]) {
                lines.append("#AC: not aligned, in ring 3 with CR0.AM and EFLAGS.AC")
            }
        }
        if usesStack { lines.append("#SS(0): the stack segment ends there; #PF: no page there") }
        lines += special
        if traits.contains(.transfersControl), !isFar, operation != .bound {
            lines.append("#GP(0): the target is beyond the limit of CS")
        }
        if traits.contains(.privileged) { lines.append("#GP(0): CPL is not 0") }
        if traits.contains(.protectedOnly) { lines.append("#UD: in real-address and virtual-8086 mode") }
        if traits.contains(.usesFPU) {
            lines.append("#NM: CR0.EM or CR0.TS is set (MMX: #UD for EM); #MF: an x87 exception is pending")
        }
        if traits.contains(.usesSSE) {
            lines.append("#UD: CR0.EM is set or CR4.OSFXSR is clear; #NM: CR0.TS is set")
            if isFloating { lines.append("#XM: a floating-point exception that MXCSR does not mask (#UD without CR4.OSXMMEXCPT)") }
            if needsAlignment { lines.append("#GP(0): the 16-byte operand is not aligned") }
        }
        if traits.contains(.usesAVX) {
            lines.append("#UD: CR4.OSXSAVE is clear, XCR0 has not SSE and AVX, or not in protected mode; #NM: CR0.TS is set")
            if isFloating { lines.append("#XM: a floating-point exception that MXCSR does not mask (#UD without CR4.OSXMMEXCPT)") }
            if isAlignedMove { lines.append("#GP(0): the operand is not aligned to its size") }
        } else if vex != nil {
            lines.append("#UD: in real-address and virtual-8086 mode")
        }
        lines.append(traits.contains(.lockable) ? "#UD: LOCK, unless the destination is memory" : "#UD: LOCK")
        return lines
    }

    /// Who may execute it: "any ring", "ring 0", "by IOPL".
    public var privilege: String {
        if traits.contains(.privileged) { return "ring 0" }
        switch operation {
        case .in, .out, .ins, .outs: return "CPL <= IOPL, or a clear bit in the TSS's I/O map"
        case .cli, .sti: return "CPL <= IOPL, or VIF by VME and PVI"
        case .pushf, .popf, .iret, .int: return "any ring; in virtual-8086 mode IOPL 3, or VME"
        case .rdtsc, .rdtscp: return "any ring, or ring 0 with CR4.TSD"
        case .rdpmc: return "ring 0, or any ring with CR4.PCE"
        default: return "any ring"
        }
    }

    private var touchesMemory: Bool {
        if operation == .lea || operation == .nop || operation == .invlpg { return false }
        return rm == .either || rm == .memoryOnly || traits.contains(.repeatable)
            || operands.contains { [.Ob, .Ov, .BBb, .BDq, .BDdq].contains($0) }
    }

    private var usesStack: Bool {
        switch operation {
        case .push, .pop, .pusha, .popa, .pushf, .popf, .enter, .leave, .pushSegment, .popSegment, .call, .callIndirect, .ret,
            .callFar, .callFarIndirect, .retFar, .int, .int3, .int1, .into, .iret:
            true
        default: false
        }
    }

    private var isFar: Bool {
        switch operation {
        case .jmpFar, .jmpFarIndirect, .callFar, .callFarIndirect, .retFar, .iret, .int, .int3, .int1, .into, .sysenter, .sysexit,
            .syscall, .sysret:
            true
        default: false
        }
    }

    private var isFloating: Bool {
        let name = "\(operation)"
        if name.hasPrefix("v") { return name.hasPrefix("vcvt") || name.hasPrefix("vf") }
        return ["ps", "pd", "ss", "sd"].contains(where: name.hasSuffix) && !name.hasPrefix("mov") && !name.hasPrefix("p")
            || name.hasPrefix("cvt")
    }

    private var isAlignedMove: Bool {
        switch operation {
        case .movaps, .movapd, .movdqa, .movntps, .movntpd, .movntdq, .movntdqa: rm != .registerOnly
        default: false
        }
    }

    private var needsAlignment: Bool {
        guard operands.contains(where: { $0 == .Wdq || $0 == .Mdq }) else { return false }
        switch operation {
        case .movups, .movupd, .movdqu, .lddqu, .pcmpestrm, .pcmpestri, .pcmpistrm, .pcmpistri: return false
        default: return true
        }
    }

    private var special: [String] {
        switch operation {
        case .div, .idiv: ["#DE: the divisor is 0, or the quotient does not fit"]
        case .aam: ["#DE: the immediate is 0"]
        case .bound: ["#BR: the index is outside"]
        case .into: ["#OF: OF is set"] + gate
        case .int3: ["#BP"] + gate
        case .int, .int1: gate
        case .movToSegment, .popSegment, .lds, .les, .lfs, .lgs, .lss:
            ["#GP(selector), #NP(selector), #SS(selector): the descriptor does not fit the register, or is not present"]
        case .jmpFar, .jmpFarIndirect, .callFar, .callFarIndirect, .retFar, .iret:
            ["#GP(selector), #NP(selector), #SS(selector), #TS(selector): a descriptor, gate or TSS on the way does not do"]
        case .lldt, .ltr: ["#GP(selector), #NP(selector): no LDT or TSS descriptor in the GDT, or not present"]
        case .in, .out, .ins, .outs: ["#GP(0): CPL > IOPL and the I/O map of the TSS forbids the port"]
        case .cli, .sti: ["#GP(0): CPL > IOPL without VME or PVI"]
        case .popf, .pushf: ["#GP(0): in virtual-8086 mode with IOPL < 3 without VME"]
        case .movToControl: ["#GP(0): a reserved bit, or PG without PE"]
        case .movToDebug, .movFromDebug: ["#DB: DR7.GD is set", "#UD: DR4 and DR5 with CR4.DE"]
        case .rdmsr, .wrmsr: ["#GP(0): there is no such MSR, or it does not take the value"]
        case .clac, .stac: ["#UD: CPL is not 0"]
        case .rdfsbase, .rdgsbase, .wrfsbase, .wrgsbase:
            ["#UD: CR4.FSGSBASE is clear; writes: #GP(0) for an address that is not canonical"]
        case .invpcid: ["#GP(0): the type is above 3, or the descriptor has reserved bits set"]
        case .swapgs: ["#GP(0): CPL is not 0"]
        case .syscall, .sysret: ["#UD: IA32_EFER.SCE is clear", "#GP(0): SYSRET: CPL is not 0, or RCX is not canonical"]
        case .xsave, .xrstor, .xsaveopt, .xsavec:
            [
                "#UD: CR4.OSXSAVE is clear; #NM: CR0.TS is set",
                "#GP(0): the area is not aligned to 64 bytes, or its header or MXCSR is not valid",
            ]
        case .xgetbv: ["#UD: CR4.OSXSAVE is clear", "#GP(0): ECX is not 0"]
        case .xsetbv: ["#UD: CR4.OSXSAVE is clear", "#GP(0): CPL or ECX is not 0, or XCR0 does not take the value"]
        case .rdtsc, .rdtscp: ["#GP(0): CR4.TSD is set and CPL is not 0"]
        case .sysenter, .sysexit: ["#GP(0): IA32_SYSENTER_CS is null; SYSEXIT: CPL is not 0"]
        case .ud0, .ud1, .ud2, .rsm: ["#UD"]
        case .lea, .invlpg: ["#UD: the operand is a register"]
        case .cmpxchg8b: ["#UD: the operand is a register"]
        default: []
        }
    }

    private var gate: [String] {
        ["#GP, #NP, #TS, #SS: the entry of the IDT, its segment or the new stack does not do; INT n: the gate's DPL < CPL"]
    }
}
