import X86

extension CPUState {
    /// Tells whether a processor can be in this state: what instructions take for granted about it holds. `hasLongMode` says whether it has Intel 64. For
    /// states that come from a file; those of a running processor always are.
    public func isWellFormed(hasLongMode: Bool) -> Bool {
        let isLong = efer.contains(.LMA)
        guard zero == 0, cpl <= 3, eflags.contains(.alwaysOne), cr8 <= 0xF, modesAgree, avx.xcr0.isConsistent else { return false }
        guard hasLongMode || efer.isDisjoint(with: [.LMA, .LME]) else { return false }
        return isLong ? longModeFits : generalRegistersFit(hasLongMode: hasLongMode) && segmentsFit
    }

    /// Outside 64-bit code the upper halves of RAX…RDI are kept clear; R8…R15 and what MSRs hold can have been left by a kernel that went back.
    private func generalRegistersFit(hasLongMode: Bool) -> Bool {
        let low = rax | rcx | rdx | rbx | rsp | rbp | rsi | rdi | rip
        let high = r8 | r9 | r10 | r11 | r12 | r13 | r14 | r15
        guard !hasLongMode else { return low <= 0xFFFF_FFFF }
        return low <= 0xFFFF_FFFF && high == 0 && cr2 | cr3 | dr0 | dr1 | dr2 | dr3 <= 0xFFFF_FFFF
    }

    private var segmentsFit: Bool {
        [es, cs, ss, ds, fs, gs, ldtr, tr].allSatisfy { $0.base <= 0xFFFF_FFFF }
            && gdtr.base <= 0xFFFF_FFFF && idtr.base <= 0xFFFF_FFFF
    }

    /// IA-32e mode: addresses are canonical, and 64-bit code has neither base nor limit.
    private var longModeFits: Bool {
        let bases = [fs.base, gs.base, ldtr.base, tr.base, gdtr.base, idtr.base, msr.kernelGSBase]
        guard bases.allSatisfy(AddressSpace.isCanonical), !eflags.contains(.VM) else { return false }
        guard [es, ss, ds].allSatisfy({ $0.base <= 0xFFFF_FFFF }) else { return false }
        return cs.isLong ? cs.base == 0 && cs.limit == .max && !cs.isBig : cs.base <= 0xFFFF_FFFF && rip <= 0xFFFF_FFFF
    }

    /// Paging needs protection, virtual-8086 mode too, IA-32e mode paging with PAE, and real mode runs at level 0. SDM Vol. 3A, sections 2.2, 2.5
    /// and 20.1.
    private var modesAgree: Bool {
        guard cr0.contains(.PE) else { return !cr0.contains(.PG) && !eflags.contains(.VM) && cpl == 0 && !efer.contains(.LMA) }
        guard efer.contains(.LMA) == (efer.contains(.LME) && cr0.contains(.PG)) else { return false }
        guard !efer.contains(.LMA) || cr4.contains(.PAE) else { return false }
        return !eflags.contains(.VM) || cpl == 3
    }
}
