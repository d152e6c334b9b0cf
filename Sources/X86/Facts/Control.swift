extension OperationFacts {
    /// Transfers of control and segment registers. SDM Vol. 2, the pages of these names; Vol. 3A, chapters 5 to 7.
    static let control: KeyValuePairs<Operation, OperationFacts> = [
        .jmp: "(E)IP <- (E)IP of the next instruction + displacement; #GP(0) beyond the limit of CS",
        .jmpIndirect: "(E)IP <- SRC; #GP(0) beyond the limit of CS",
        .jmpFar: OperationFacts(
            "CS:(E)IP <- selector:offset\nprotected mode: code segment (checked, CPL stays), call gate, task gate or TSS (task switch)",
            faults: farTransfer),
        .jmpFarIndirect: OperationFacts("read offset and selector from memory, then as JMP far", faults: farTransfer),
        .jcc: "if the condition holds: (E)IP <- (E)IP of the next instruction + displacement",
        .jcxz: "if (E)CX = 0: (E)IP <- (E)IP of the next instruction + displacement",
        .loop: "(E)CX <- (E)CX - 1; flags stay\nif (E)CX is not 0: (E)IP <- (E)IP of the next instruction + displacement",
        .loope: OperationFacts(
            "(E)CX <- (E)CX - 1; flags stay\nif (E)CX is not 0 and ZF = 1: (E)IP <- (E)IP of the next instruction + displacement",
            flags: .init(read: .ZF)),
        .loopne: OperationFacts(
            "(E)CX <- (E)CX - 1; flags stay\nif (E)CX is not 0 and ZF = 0: (E)IP <- (E)IP of the next instruction + displacement",
            flags: .init(read: .ZF)),
        .call: "push (E)IP of the next instruction; (E)IP <- (E)IP of the next instruction + displacement",
        .callIndirect: "push (E)IP of the next instruction; (E)IP <- SRC",
        .callFar: OperationFacts(
            "push CS and (E)IP of the next instruction; CS:(E)IP <- selector:offset\nprotected mode: through a call gate perhaps with another stack from the TSS; a TSS or task gate switches tasks",
            faults: farTransfer),
        .callFarIndirect: OperationFacts("read offset and selector from memory, then as CALL far", faults: farTransfer),
        .ret: "(E)IP <- pop; (E)SP <- (E)SP + imm16 if there is one",
        .retFar: OperationFacts(
            "(E)IP <- pop; CS <- pop; (E)SP <- (E)SP + imm16 if there is one\nto an outer ring: then (E)SP <- pop; SS <- pop; DS, ES, FS, GS of an inner ring <- 0",
            faults: farTransfer),
        .int: OperationFacts(
            "push (E)FLAGS, CS and (E)IP of the next instruction; through entry imm8 of the IDT\nreal mode: CS:IP <- the dword at 4 * imm8, IF and TF <- 0\nprotected mode: gate with DPL >= CPL; to an inner ring SS:ESP from the TSS, with the old one pushed; an interrupt gate clears IF",
            flags: .init(read: .all, written: [.TF, .IF, .NT, .RF, .VM, .AC]), privilege: anyButVirtual, faults: gate),
        .int3: OperationFacts(
            "as INT 3, one byte long, for breakpoints", flags: .init(read: .all, written: [.TF, .IF, .NT, .RF, .VM, .AC]),
            faults: ["#BP"] + gate),
        .int1: OperationFacts(
            "as INT 1, without the check of the gate's DPL", flags: .init(read: .all, written: [.TF, .IF, .NT, .RF, .VM, .AC]),
            faults: gate),
        .into: OperationFacts(
            "if OF = 1: as INT 4", flags: .init(read: .all, written: [.TF, .IF, .NT, .RF, .VM, .AC]),
            faults: ["#OF: OF is set"] + gate),
        .iret: OperationFacts(
            "(E)IP <- pop; CS <- pop; (E)FLAGS <- pop\nto an outer ring: then (E)SP <- pop; SS <- pop; to virtual-8086 mode: ES, DS, FS, GS, too\nwith NT = 1: back to the task in the link field of the TSS",
            flags: .init(read: [.NT, .VM, .IOPL], written: .all), privilege: anyButVirtual, faults: farTransfer),
        .bound: OperationFacts(
            "if SRC is below the first or above the second of the two limits in memory, signed: #BR",
            faults: ["#BR: the index is outside"]),
        .sysenter: OperationFacts(
            "CS <- IA32_SYSENTER_CS AND NOT 3, flat, ring 0; SS <- CS + 8, flat\nESP <- IA32_SYSENTER_ESP; EIP <- IA32_SYSENTER_EIP; VM, IF, RF <- 0",
            flags: .init(written: [.IF, .VM, .RF]), faults: fastSystemCall),
        .sysexit: OperationFacts(
            "CS <- IA32_SYSENTER_CS + 16, flat, ring 3; SS <- CS + 8, flat\nESP <- ECX; EIP <- EDX", faults: fastSystemCall),
        .syscall: OperationFacts(
            "RCX <- RIP; R11 <- RFLAGS; RIP <- IA32_LSTAR; CS, SS <- from IA32_STAR; RFLAGS masked by IA32_FMASK",
            flags: .init(read: .all, written: .all), faults: systemCall),
        .sysret: OperationFacts(
            "RIP <- RCX; RFLAGS <- R11; CS, SS <- from IA32_STAR, ring 3", flags: .init(written: .all), faults: systemCall),
        .rsm: OperationFacts(
            "leaves system-management mode; #UD outside of it", flags: .init(read: [.NT, .VM, .IOPL], written: .all),
            faults: ["#UD"]),
        // Segment registers
        .movFromSegment: "DEST <- selector in SRC",
        .movToSegment: OperationFacts(
            "real mode: selector <- SRC; base <- SRC * 16\nprotected mode: read the descriptor, check type, DPL and P, load it with selector, base, limit and rights\nSS: no interrupts before the end of the next instruction",
            faults: segmentLoad),
        .lds: OperationFacts("DS:DEST <- far pointer in memory; DS is loaded as by MOV", faults: segmentLoad),
        .les: OperationFacts("ES:DEST <- far pointer in memory; ES is loaded as by MOV", faults: segmentLoad),
        .lfs: OperationFacts("FS:DEST <- far pointer in memory; FS is loaded as by MOV", faults: segmentLoad),
        .lgs: OperationFacts("GS:DEST <- far pointer in memory; GS is loaded as by MOV", faults: segmentLoad),
        .lss: OperationFacts("SS:DEST <- far pointer in memory; SS is loaded as by MOV", faults: segmentLoad),
        .arpl: OperationFacts(
            "if RPL of DEST < RPL of SRC: RPL of DEST <- RPL of SRC; ZF <- 1, else ZF <- 0", flags: .init(written: .ZF)),
        .lar: OperationFacts(
            "ZF <- the descriptor of SRC exists and may be seen\nif ZF: DEST <- its access rights", flags: .init(written: .ZF)),
        .lsl: OperationFacts(
            "ZF <- the descriptor of SRC exists and may be seen\nif ZF: DEST <- its limit in bytes", flags: .init(written: .ZF)),
        .verr: OperationFacts("ZF <- the segment of SRC may be read at this privilege level", flags: .init(written: .ZF)),
        .verw: OperationFacts("ZF <- the segment of SRC may be written at this privilege level", flags: .init(written: .ZF)),
        .swapgs: OperationFacts("exchange the base of GS with IA32_KERNEL_GS_BASE", faults: ["#GP(0): CPL is not 0"]),
    ]

    /// System instructions. SDM Vol. 2, the pages of these names; Vol. 3A, chapter 2.
    static let system: KeyValuePairs<Operation, OperationFacts> = [
        .lgdt: "GDTR.limit <- word at SRC; GDTR.base <- dword behind it (24 bits of it with 16-bit operands)",
        .sgdt: "DEST <- GDTR.limit, GDTR.base",
        .lidt: "IDTR.limit <- word at SRC; IDTR.base <- dword behind it (24 bits of it with 16-bit operands)",
        .sidt: "DEST <- IDTR.limit, IDTR.base",
        .lldt: OperationFacts(
            "LDTR <- selector in SRC with the LDT descriptor from the GDT; a null selector: no LDT", faults: systemDescriptor),
        .sldt: "DEST <- selector in LDTR",
        .ltr: OperationFacts(
            "TR <- selector in SRC with the TSS descriptor from the GDT, which becomes busy", faults: systemDescriptor),
        .str: "DEST <- selector in TR",
        .lmsw: "PE, MP, EM, TS of CR0 <- bits 0 to 3 of SRC; PE cannot be cleared",
        .smsw: "DEST <- low bits of CR0",
        .clts: "TS of CR0 <- 0",
        .hlt: "stop until an interrupt, NMI or reset",
        .invd: "drop the caches without writing them back",
        .wbinvd: "write the caches back and drop them",
        .invlpg: OperationFacts("drop the TLB's entry for the page of SRC", faults: memoryOnly),
        .rdmsr: OperationFacts("EDX:EAX <- MSR[ECX]; #GP(0) if there is none", faults: modelSpecificRegister),
        .wrmsr: OperationFacts(
            "MSR[ECX] <- EDX:EAX; #GP(0) if there is none or the value is not allowed", faults: modelSpecificRegister),
        .rdtsc: OperationFacts(
            "EDX:EAX <- time-stamp counter; #GP(0) in rings 1 to 3 if TSD of CR4 is set", privilege: byTSD, faults: timeStamp),
        .rdpmc: OperationFacts(
            "EDX:EAX <- performance counter ECX; #GP(0) in rings 1 to 3 unless PCE of CR4 is set",
            privilege: "ring 0, or any ring with CR4.PCE"),
        .rdtscp: OperationFacts(
            "EDX:EAX <- time-stamp counter; ECX <- IA32_TSC_AUX; #GP(0) in rings 1 to 3 if TSD of CR4 is set", privilege: byTSD,
            faults: timeStamp),
        .invpcid: OperationFacts(
            "drop the TLB's entries that the type in DEST and the descriptor in SRC name: 0 one address, 1 one PCID, 2 all, 3 all but global ones",
            faults: ["#GP(0): the type is above 3, or the descriptor has reserved bits set"]),
        .clac: OperationFacts(
            "AC <- 0: with SMAP the supervisor may not reach user pages; #UD in rings 1 to 3", flags: .init(written: .AC),
            faults: level0),
        .stac: OperationFacts(
            "AC <- 1: the supervisor may reach user pages in spite of SMAP; #UD in rings 1 to 3", flags: .init(written: .AC),
            faults: level0),
        .rdfsbase: OperationFacts("DEST <- base of FS; #UD unless FSGSBASE of CR4 is set", faults: segmentBase),
        .rdgsbase: OperationFacts("DEST <- base of GS; #UD unless FSGSBASE of CR4 is set", faults: segmentBase),
        .wrfsbase: OperationFacts(
            "base of FS <- SRC, #GP(0) if it is not canonical; #UD unless FSGSBASE of CR4 is set", faults: segmentBase),
        .wrgsbase: OperationFacts(
            "base of GS <- SRC, #GP(0) if it is not canonical; #UD unless FSGSBASE of CR4 is set", faults: segmentBase),
        .cpuid: "EAX, EBX, ECX, EDX <- what leaf EAX says about the processor",
        .ud0: OperationFacts("#UD", faults: ["#UD"]),
        .ud1: OperationFacts("#UD", faults: ["#UD"]),
        .ud2: OperationFacts("#UD", faults: ["#UD"]),
        .movFromControl: OperationFacts("DEST <- control register", flags: .init(undefined: .status)),
        .movToControl: OperationFacts(
            "control register <- SRC, checked: PG needs PE, unknown bits are #GP(0)\nCR0, CR3, CR4: the TLB is dropped where paging changes; with PAE the four pointers are read",
            flags: .init(undefined: .status), faults: ["#GP(0): a reserved bit, or PG without PE"]),
        .movFromDebug: OperationFacts(
            "if GD of DR7 is set: #DB\nDEST <- debug register", flags: .init(undefined: .status), faults: debugRegister),
        .movToDebug: OperationFacts(
            "if GD of DR7 is set: #DB\ndebug register <- SRC", flags: .init(undefined: .status), faults: debugRegister),
        .monitor: "watch the line at DS:[(E)AX] for writes",
        .mwait: "wait for a write to the watched line, or an interrupt",
        .invalidOpcode: "#UD",
        .tooLong: "#GP(0): longer than 15 bytes",
        .truncated: "the fetch of the next byte faults",
    ]
}
