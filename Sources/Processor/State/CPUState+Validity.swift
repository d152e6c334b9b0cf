import X86

extension CPUState {
    /// Whether a processor without 64-bit mode can be in this state: what instructions take for granted about it holds. For states that come
    /// from a file; those of a running processor always are.
    public var isWellFormed: Bool {
        zero == 0 && cpl <= 3 && efer.isDisjoint(with: [.LMA, .LME]) && eflags.contains(.alwaysOne)
            && generalRegistersFit && segmentsFit && modesAgree
    }

    private var generalRegistersFit: Bool {
        let all = rax | rcx | rdx | rbx | rsp | rbp | rsi | rdi | rip
        return all <= 0xFFFF_FFFF && r8 | r9 | r10 | r11 | r12 | r13 | r14 | r15 == 0
            && cr2 | cr3 | dr0 | dr1 | dr2 | dr3 <= 0xFFFF_FFFF
    }

    private var segmentsFit: Bool {
        [es, cs, ss, ds, fs, gs, ldtr, tr].allSatisfy { $0.base <= 0xFFFF_FFFF && $0.attributes & 0x2000 == 0 }
            && gdtr.base <= 0xFFFF_FFFF && idtr.base <= 0xFFFF_FFFF
    }

    /// Paging needs protection, virtual-8086 mode too, and real mode runs at level 0. SDM Vol. 3A, sections 2.5 and 20.1.
    private var modesAgree: Bool {
        guard cr0.contains(.PE) else { return !cr0.contains(.PG) && !eflags.contains(.VM) && cpl == 0 }
        return !eflags.contains(.VM) || cpl == 3
    }
}
