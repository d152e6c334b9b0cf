extension PseudoOperation {
    /// Transfers of control and segment registers. SDM Vol. 2, the pages of these names; Vol. 3A, chapters 5 to 7.
    static let control: [Operation: String] = [
        .jmp: "(E)IP <- (E)IP of the next instruction + displacement; #GP(0) beyond the limit of CS",
        .jmpIndirect: "(E)IP <- SRC; #GP(0) beyond the limit of CS",
        .jmpFar:
            "CS:(E)IP <- selector:offset\nprotected mode: code segment (checked, CPL stays), call gate, task gate or TSS (task switch)",
        .jmpFarIndirect: "read offset and selector from memory, then as JMP far",
        .jcc: "if the condition holds: (E)IP <- (E)IP of the next instruction + displacement",
        .jcxz: "if (E)CX = 0: (E)IP <- (E)IP of the next instruction + displacement",
        .loop: "(E)CX <- (E)CX - 1; flags stay\nif (E)CX is not 0: (E)IP <- (E)IP of the next instruction + displacement",
        .loope:
            "(E)CX <- (E)CX - 1; flags stay\nif (E)CX is not 0 and ZF = 1: (E)IP <- (E)IP of the next instruction + displacement",
        .loopne:
            "(E)CX <- (E)CX - 1; flags stay\nif (E)CX is not 0 and ZF = 0: (E)IP <- (E)IP of the next instruction + displacement",
        .call: "push (E)IP of the next instruction; (E)IP <- (E)IP of the next instruction + displacement",
        .callIndirect: "push (E)IP of the next instruction; (E)IP <- SRC",
        .callFar:
            "push CS and (E)IP of the next instruction; CS:(E)IP <- selector:offset\nprotected mode: through a call gate perhaps with another stack from the TSS; a TSS or task gate switches tasks",
        .callFarIndirect: "read offset and selector from memory, then as CALL far",
        .ret: "(E)IP <- pop; (E)SP <- (E)SP + imm16 if there is one",
        .retFar:
            "(E)IP <- pop; CS <- pop; (E)SP <- (E)SP + imm16 if there is one\nto an outer ring: then (E)SP <- pop; SS <- pop; DS, ES, FS, GS of an inner ring <- 0",
        .int:
            "push (E)FLAGS, CS and (E)IP of the next instruction; through entry imm8 of the IDT\nreal mode: CS:IP <- the dword at 4 * imm8, IF and TF <- 0\nprotected mode: gate with DPL >= CPL; to an inner ring SS:ESP from the TSS, with the old one pushed; an interrupt gate clears IF",
        .int3: "as INT 3, one byte long, for breakpoints",
        .int1: "as INT 1, without the check of the gate's DPL",
        .into: "if OF = 1: as INT 4",
        .iret:
            "(E)IP <- pop; CS <- pop; (E)FLAGS <- pop\nto an outer ring: then (E)SP <- pop; SS <- pop; to virtual-8086 mode: ES, DS, FS, GS, too\nwith NT = 1: back to the task in the link field of the TSS",
        .bound: "if SRC is below the first or above the second of the two limits in memory, signed: #BR",
        .sysenter:
            "CS <- IA32_SYSENTER_CS AND NOT 3, flat, ring 0; SS <- CS + 8, flat\nESP <- IA32_SYSENTER_ESP; EIP <- IA32_SYSENTER_EIP; VM, IF, RF <- 0",
        .sysexit: "CS <- IA32_SYSENTER_CS + 16, flat, ring 3; SS <- CS + 8, flat\nESP <- ECX; EIP <- EDX",
        .syscall: "RCX <- RIP; R11 <- RFLAGS; RIP <- IA32_LSTAR; CS, SS <- from IA32_STAR; RFLAGS masked by IA32_FMASK",
        .sysret: "RIP <- RCX; RFLAGS <- R11; CS, SS <- from IA32_STAR, ring 3",
        .rsm: "leaves system-management mode; #UD outside of it",
        // Segment registers
        .movFromSegment: "DEST <- selector in SRC",
        .movToSegment:
            "real mode: selector <- SRC; base <- SRC * 16\nprotected mode: read the descriptor, check type, DPL and P, load it with selector, base, limit and rights\nSS: no interrupts before the end of the next instruction",
        .lds: "DS:DEST <- far pointer in memory; DS is loaded as by MOV",
        .les: "ES:DEST <- far pointer in memory; ES is loaded as by MOV",
        .lfs: "FS:DEST <- far pointer in memory; FS is loaded as by MOV",
        .lgs: "GS:DEST <- far pointer in memory; GS is loaded as by MOV",
        .lss: "SS:DEST <- far pointer in memory; SS is loaded as by MOV",
        .arpl: "if RPL of DEST < RPL of SRC: RPL of DEST <- RPL of SRC; ZF <- 1, else ZF <- 0",
        .lar: "ZF <- the descriptor of SRC exists and may be seen\nif ZF: DEST <- its access rights",
        .lsl: "ZF <- the descriptor of SRC exists and may be seen\nif ZF: DEST <- its limit in bytes",
        .verr: "ZF <- the segment of SRC may be read at this privilege level",
        .verw: "ZF <- the segment of SRC may be written at this privilege level",
        .swapgs: "exchange the base of GS with IA32_KERNEL_GS_BASE",
    ]

    /// System instructions. SDM Vol. 2, the pages of these names; Vol. 3A, chapter 2.
    static let system: [Operation: String] = [
        .lgdt: "GDTR.limit <- word at SRC; GDTR.base <- dword behind it (24 bits of it with 16-bit operands)",
        .sgdt: "DEST <- GDTR.limit, GDTR.base",
        .lidt: "IDTR.limit <- word at SRC; IDTR.base <- dword behind it (24 bits of it with 16-bit operands)",
        .sidt: "DEST <- IDTR.limit, IDTR.base",
        .lldt: "LDTR <- selector in SRC with the LDT descriptor from the GDT; a null selector: no LDT",
        .sldt: "DEST <- selector in LDTR",
        .ltr: "TR <- selector in SRC with the TSS descriptor from the GDT, which becomes busy",
        .str: "DEST <- selector in TR",
        .lmsw: "PE, MP, EM, TS of CR0 <- bits 0 to 3 of SRC; PE cannot be cleared",
        .smsw: "DEST <- low bits of CR0",
        .clts: "TS of CR0 <- 0",
        .hlt: "stop until an interrupt, NMI or reset",
        .invd: "drop the caches without writing them back",
        .wbinvd: "write the caches back and drop them",
        .invlpg: "drop the TLB's entry for the page of SRC",
        .rdmsr: "EDX:EAX <- MSR[ECX]; #GP(0) if there is none",
        .wrmsr: "MSR[ECX] <- EDX:EAX; #GP(0) if there is none or the value is not allowed",
        .rdtsc: "EDX:EAX <- time-stamp counter; #GP(0) in rings 1 to 3 if TSD of CR4 is set",
        .rdpmc: "EDX:EAX <- performance counter ECX; #GP(0) in rings 1 to 3 unless PCE of CR4 is set",
        .rdtscp: "EDX:EAX <- time-stamp counter; ECX <- IA32_TSC_AUX; #GP(0) in rings 1 to 3 if TSD of CR4 is set",
        .invpcid:
            "drop the TLB's entries that the type in DEST and the descriptor in SRC name: 0 one address, 1 one PCID, 2 all, 3 all but global ones",
        .clac: "AC <- 0: with SMAP the supervisor may not reach user pages; #UD in rings 1 to 3",
        .stac: "AC <- 1: the supervisor may reach user pages in spite of SMAP; #UD in rings 1 to 3",
        .rdfsbase: "DEST <- base of FS; #UD unless FSGSBASE of CR4 is set",
        .rdgsbase: "DEST <- base of GS; #UD unless FSGSBASE of CR4 is set",
        .wrfsbase: "base of FS <- SRC, #GP(0) if it is not canonical; #UD unless FSGSBASE of CR4 is set",
        .wrgsbase: "base of GS <- SRC, #GP(0) if it is not canonical; #UD unless FSGSBASE of CR4 is set",
        .cpuid: "EAX, EBX, ECX, EDX <- what leaf EAX says about the processor",
        .ud0: "#UD",
        .ud1: "#UD",
        .ud2: "#UD",
        .movFromControl: "DEST <- control register",
        .movToControl:
            "control register <- SRC, checked: PG needs PE, unknown bits are #GP(0)\nCR0, CR3, CR4: the TLB is dropped where paging changes; with PAE the four pointers are read",
        .movFromDebug: "if GD of DR7 is set: #DB\nDEST <- debug register",
        .movToDebug: "if GD of DR7 is set: #DB\ndebug register <- SRC",
        .monitor: "watch the line at DS:[(E)AX] for writes",
        .mwait: "wait for a write to the watched line, or an interrupt",
        .invalidOpcode: "#UD",
        .tooLong: "#GP(0): longer than 15 bytes",
        .truncated: "the fetch of the next byte faults",
    ]
}
