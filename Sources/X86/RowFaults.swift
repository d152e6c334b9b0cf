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
        lines += OperationFacts.of(operation).faults
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

    /// The rings that may execute it: "any ring", "ring 0", "by IOPL".
    public var privilege: String {
        traits.contains(.privileged) ? "ring 0" : OperationFacts.of(operation).privilege ?? "any ring"
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
}
