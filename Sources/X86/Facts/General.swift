extension OperationFacts {
    /// Arithmetic, logic, shifts, data transfer, stack, strings, bits. SDM Vol. 2, the pages of these names.
    static let general: KeyValuePairs<Operation, OperationFacts> = [
        // Arithmetic
        .add: OperationFacts("DEST <- DEST + SRC", flags: .init(written: .status)),
        .adc: OperationFacts("DEST <- DEST + SRC + CF", flags: .init(read: .CF, written: .status)),
        .sub: OperationFacts("DEST <- DEST - SRC", flags: .init(written: .status)),
        .sbb: OperationFacts("DEST <- DEST - (SRC + CF)", flags: .init(read: .CF, written: .status)),
        .cmp: OperationFacts("TEMP <- DEST - SRC; only the flags are kept", flags: .init(written: .status)),
        .inc: OperationFacts("DEST <- DEST + 1; CF stays", flags: .init(written: [.OF, .SF, .ZF, .AF, .PF])),
        .dec: OperationFacts("DEST <- DEST - 1; CF stays", flags: .init(written: [.OF, .SF, .ZF, .AF, .PF])),
        .neg: OperationFacts("CF <- DEST is not 0; DEST <- 0 - DEST", flags: .init(written: .status)),
        .xadd: OperationFacts("TEMP <- DEST + SRC; SRC <- DEST; DEST <- TEMP", flags: .init(written: .status)),
        .cmpxchg: OperationFacts(
            "compare rAX with DEST\nif equal: ZF <- 1; DEST <- SRC\nelse: ZF <- 0; rAX <- DEST", flags: .init(written: .status)),
        .cmpxchg8b: OperationFacts(
            "compare EDX:EAX with DEST\nif equal: ZF <- 1; DEST <- ECX:EBX\nelse: ZF <- 0; EDX:EAX <- DEST",
            flags: .init(written: .ZF), faults: memoryOnly),
        .cmpxchg16b: OperationFacts(
            "compare RDX:RAX with DEST\nif equal: ZF <- 1; DEST <- RCX:RBX\nelse: ZF <- 0; RDX:RAX <- DEST",
            flags: .init(written: .ZF)),
        // Logic
        .and: OperationFacts(
            "DEST <- DEST AND SRC; CF <- 0; OF <- 0", flags: .init(written: [.OF, .CF, .SF, .ZF, .PF], undefined: .AF)),
        .or: OperationFacts(
            "DEST <- DEST OR SRC; CF <- 0; OF <- 0", flags: .init(written: [.OF, .CF, .SF, .ZF, .PF], undefined: .AF)),
        .xor: OperationFacts(
            "DEST <- DEST XOR SRC; CF <- 0; OF <- 0", flags: .init(written: [.OF, .CF, .SF, .ZF, .PF], undefined: .AF)),
        .not: "DEST <- NOT DEST",
        .test: OperationFacts(
            "TEMP <- DEST AND SRC; CF <- 0; OF <- 0; only the flags are kept",
            flags: .init(written: [.OF, .CF, .SF, .ZF, .PF], undefined: .AF)),
        // Shifts and rotates
        .rol: OperationFacts(
            "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: CF <- top bit of DEST; DEST <- DEST * 2 + CF",
            flags: .init(written: .CF, undefined: .OF)),
        .ror: OperationFacts(
            "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: CF <- bit 0 of DEST; DEST <- DEST / 2, CF as its top bit",
            flags: .init(written: .CF, undefined: .OF)),
        .rcl: OperationFacts(
            "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: rotate CF:DEST left by 1",
            flags: .init(read: .CF, written: .CF, undefined: .OF)),
        .rcr: OperationFacts(
            "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: rotate CF:DEST right by 1",
            flags: .init(read: .CF, written: .CF, undefined: .OF)),
        .shl: OperationFacts(
            "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: CF <- top bit of DEST; DEST <- DEST * 2",
            flags: .init(written: [.CF, .SF, .ZF, .PF], undefined: [.OF, .AF])),
        .shr: OperationFacts(
            "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: CF <- bit 0 of DEST; DEST <- DEST / 2, unsigned",
            flags: .init(written: [.CF, .SF, .ZF, .PF], undefined: [.OF, .AF])),
        .sar: OperationFacts(
            "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: CF <- bit 0 of DEST; DEST <- DEST / 2, rounded down",
            flags: .init(written: [.CF, .SF, .ZF, .PF], undefined: [.OF, .AF])),
        .shld: OperationFacts(
            "COUNT <- COUNT AND 1Fh\nDEST <- upper half of (DEST:SRC shifted left by COUNT); CF <- last bit shifted out",
            flags: .init(written: [.CF, .SF, .ZF, .PF], undefined: [.OF, .AF])),
        .shrd: OperationFacts(
            "COUNT <- COUNT AND 1Fh\nDEST <- lower half of (SRC:DEST shifted right by COUNT); CF <- last bit shifted out",
            flags: .init(written: [.CF, .SF, .ZF, .PF], undefined: [.OF, .AF])),
        // Multiplication and division
        .mul: OperationFacts(
            "byte: AX <- AL * SRC; else: rDX:rAX <- rAX * SRC, unsigned\nCF, OF <- the upper half is not 0",
            flags: .init(written: [.CF, .OF], undefined: [.SF, .ZF, .AF, .PF])),
        .imul: OperationFacts(
            "byte: AX <- AL * SRC; else: rDX:rAX <- rAX * SRC, signed\nCF, OF <- the product does not fit the lower half",
            flags: .init(written: [.CF, .OF], undefined: [.SF, .ZF, .AF, .PF])),
        .imulTruncating: OperationFacts(
            "DEST <- lower half of (SRC1 * SRC2), signed\nCF, OF <- the product does not fit DEST",
            flags: .init(written: [.CF, .OF], undefined: [.SF, .ZF, .AF, .PF])),
        .div: OperationFacts(
            "if SRC = 0 or the quotient does not fit: #DE\nbyte: AL <- AX / SRC; AH <- AX MOD SRC\nelse: rAX <- rDX:rAX / SRC; rDX <- rDX:rAX MOD SRC, unsigned",
            flags: .init(undefined: .status), faults: division),
        .idiv: OperationFacts(
            "if SRC = 0 or the quotient does not fit: #DE\nbyte: AL <- AX / SRC; AH <- remainder\nelse: rAX <- rDX:rAX / SRC; rDX <- remainder, signed, rounded to 0",
            flags: .init(undefined: .status), faults: division),
        // Decimal
        .daa: OperationFacts(
            "if (AL AND 0Fh) > 9 or AF: AL <- AL + 6; AF <- 1, else AF <- 0\nif old AL > 99h or old CF: AL <- AL + 60h; CF <- 1, else CF <- 0",
            flags: .init(read: [.CF, .AF], written: [.CF, .AF, .SF, .ZF, .PF], undefined: .OF)),
        .das: OperationFacts(
            "if (AL AND 0Fh) > 9 or AF: AL <- AL - 6; AF <- 1, else AF <- 0\nif old AL > 99h or old CF: AL <- AL - 60h; CF <- 1, else CF <- the borrow of the first step",
            flags: .init(read: [.CF, .AF], written: [.CF, .AF, .SF, .ZF, .PF], undefined: .OF)),
        .aaa: OperationFacts(
            "if (AL AND 0Fh) > 9 or AF: AX <- AX + 106h; AF, CF <- 1, else AF, CF <- 0\nAL <- AL AND 0Fh",
            flags: .init(read: .AF, written: [.CF, .AF], undefined: [.OF, .SF, .ZF, .PF])),
        .aas: OperationFacts(
            "if (AL AND 0Fh) > 9 or AF: AX <- AX - 6; AH <- AH - 1; AF, CF <- 1, else AF, CF <- 0\nAL <- AL AND 0Fh",
            flags: .init(read: .AF, written: [.CF, .AF], undefined: [.OF, .SF, .ZF, .PF])),
        .aam: OperationFacts(
            "if imm8 = 0: #DE\nAH <- AL / imm8; AL <- AL MOD imm8",
            flags: .init(written: [.SF, .ZF, .PF], undefined: [.OF, .AF, .CF]), faults: ["#DE: the immediate is 0"]),
        .aad: OperationFacts("AL <- AL + AH * imm8; AH <- 0", flags: .init(written: [.SF, .ZF, .PF], undefined: [.OF, .AF, .CF])),
        // Data transfer
        .mov: "DEST <- SRC",
        .movzx: "DEST <- SRC, zero-extended",
        .movsx: "DEST <- SRC, sign-extended",
        .movsxd: "DEST <- SRC, sign-extended",
        .movbe: "DEST <- SRC with its bytes in reverse",
        .xchg: "TEMP <- DEST; DEST <- SRC; SRC <- TEMP; locked when one is memory",
        .lea: OperationFacts("DEST <- effective address of SRC; memory is not touched", faults: memoryOnly),
        .cbw: "rAX <- lower half of rAX, sign-extended",
        .cwd: "rDX <- every bit the sign of rAX",
        .bswap: "DEST <- DEST with its bytes in reverse",
        .xlat: "AL <- byte at DS:[(E)BX + AL]",
        .cmovcc: "TEMP <- SRC\nif the condition holds: DEST <- TEMP",
        .setcc: "DEST <- 1 if the condition holds, else 0",
        .nop: "nothing",
        .pause: "nothing; a hint that this is a waiting loop",
        // Stack
        .push: "(E)SP <- (E)SP - operand size; SS:[(E)SP] <- SRC",
        .pop: "DEST <- SS:[(E)SP]; (E)SP <- (E)SP + operand size",
        .pusha: "TEMP <- (E)SP\npush (E)AX, (E)CX, (E)DX, (E)BX, TEMP, (E)BP, (E)SI, (E)DI",
        .popa: "pop (E)DI, (E)SI, (E)BP; skip one; pop (E)BX, (E)DX, (E)CX, (E)AX",
        .pushf: OperationFacts(
            "push (E)FLAGS with VM and RF as 0", flags: .init(read: .all), privilege: anyButVirtual, faults: virtualFlags),
        .popf: OperationFacts(
            "(E)FLAGS <- pop; IOPL only in ring 0, IF only where CPL <= IOPL; VM, VIF, VIP stay",
            flags: .init(read: [.IOPL, .VM], written: .all), privilege: anyButVirtual, faults: virtualFlags),
        .enter:
            "push (E)BP; FRAME <- (E)SP\nlevel - 1 times: push the next older frame pointer; then, if level > 0: push FRAME\n(E)BP <- FRAME; (E)SP <- (E)SP - size",
        .leave: "(E)SP <- (E)BP; (E)BP <- pop",
        .pushSegment: "push the selector in SRC",
        .popSegment: OperationFacts(
            "load the segment register with pop: descriptor read and checked in protected mode", faults: segmentLoad),
        // Strings
        .movs: OperationFacts(
            "ES:[(E)DI] <- DS:[(E)SI]; (E)SI, (E)DI move by the element's size, down if DF\nREP: (E)CX <- (E)CX - 1 and again, until (E)CX = 0",
            flags: .init(read: .DF)),
        .cmps: OperationFacts(
            "TEMP <- DS:[(E)SI] - ES:[(E)DI] sets the flags; (E)SI, (E)DI move by the element's size, down if DF\nREPE, REPNE: (E)CX <- (E)CX - 1 and again, until (E)CX = 0 or ZF = 0, 1",
            flags: .init(read: .DF, written: .status)),
        .stos: OperationFacts(
            "ES:[(E)DI] <- AL, AX or EAX; (E)DI moves by the element's size, down if DF\nREP: (E)CX <- (E)CX - 1 and again, until (E)CX = 0",
            flags: .init(read: .DF)),
        .lods: OperationFacts(
            "AL, AX or EAX <- DS:[(E)SI]; (E)SI moves by the element's size, down if DF\nREP: (E)CX <- (E)CX - 1 and again, until (E)CX = 0",
            flags: .init(read: .DF)),
        .scas: OperationFacts(
            "TEMP <- AL, AX or EAX - ES:[(E)DI] sets the flags; (E)DI moves by the element's size, down if DF\nREPE, REPNE: (E)CX <- (E)CX - 1 and again, until (E)CX = 0 or ZF = 0, 1",
            flags: .init(read: .DF, written: .status)),
        .ins: OperationFacts(
            "ES:[(E)DI] <- port DX; (E)DI moves by the element's size, down if DF; allowed as IN is\nREP: (E)CX <- (E)CX - 1 and again, until (E)CX = 0",
            flags: .init(read: .DF), privilege: byIOPLOrMap, faults: portPermission),
        .outs: OperationFacts(
            "port DX <- DS:[(E)SI]; (E)SI moves by the element's size, down if DF; allowed as OUT is\nREP: (E)CX <- (E)CX - 1 and again, until (E)CX = 0",
            flags: .init(read: .DF), privilege: byIOPLOrMap, faults: portPermission),
        // Bits
        .bt: OperationFacts("CF <- bit SRC of DEST", flags: .init(written: .CF, undefined: [.OF, .SF, .AF, .PF])),
        .bts: OperationFacts("CF <- bit SRC of DEST; the bit <- 1", flags: .init(written: .CF, undefined: [.OF, .SF, .AF, .PF])),
        .btr: OperationFacts("CF <- bit SRC of DEST; the bit <- 0", flags: .init(written: .CF, undefined: [.OF, .SF, .AF, .PF])),
        .btc: OperationFacts(
            "CF <- bit SRC of DEST; the bit <- NOT the bit", flags: .init(written: .CF, undefined: [.OF, .SF, .AF, .PF])),
        .bsf: OperationFacts(
            "ZF <- SRC = 0\nif SRC is not 0: DEST <- number of its lowest 1 bit",
            flags: .init(written: .ZF, undefined: [.OF, .SF, .AF, .PF, .CF])),
        .bsr: OperationFacts(
            "ZF <- SRC = 0\nif SRC is not 0: DEST <- number of its highest 1 bit",
            flags: .init(written: .ZF, undefined: [.OF, .SF, .AF, .PF, .CF])),
        .popcnt: OperationFacts(
            "DEST <- number of 1 bits in SRC; ZF <- SRC = 0; the other status flags <- 0", flags: .init(written: .status)),
        .lzcnt: OperationFacts(
            "DEST <- number of 0 bits above the highest 1 bit of SRC; CF <- SRC = 0; ZF <- DEST = 0",
            flags: .init(written: [.CF, .ZF], undefined: [.OF, .SF, .AF, .PF])),
        .tzcnt: OperationFacts(
            "DEST <- number of 0 bits below the lowest 1 bit of SRC; CF <- SRC = 0; ZF <- DEST = 0",
            flags: .init(written: [.CF, .ZF], undefined: [.OF, .SF, .AF, .PF])),
        .crc32: "DEST <- CRC-32C of SRC, continuing from DEST (polynomial 11EDC6F41h)",
        // Flags
        .clc: OperationFacts("CF <- 0", flags: .init(written: .CF)),
        .stc: OperationFacts("CF <- 1", flags: .init(written: .CF)),
        .cmc: OperationFacts("CF <- NOT CF", flags: .init(read: .CF, written: .CF)),
        .cld: OperationFacts("DF <- 0", flags: .init(written: .DF)),
        .std: OperationFacts("DF <- 1", flags: .init(written: .DF)),
        .cli: OperationFacts(
            "if CPL <= IOPL (or real mode): IF <- 0\nelse with VME or PVI: VIF <- 0; else #GP(0)",
            flags: .init(read: [.IOPL, .VM], written: [.IF, .VIF]), privilege: byIOPLOrVIF, faults: interruptFlag),
        .sti: OperationFacts(
            "if CPL <= IOPL (or real mode): IF <- 1, in force after the next instruction\nelse with VME or PVI: VIF <- 1; else #GP(0)",
            flags: .init(read: [.IOPL, .VM], written: [.IF, .VIF]), privilege: byIOPLOrVIF, faults: interruptFlag),
        .lahf: OperationFacts("AH <- SF:ZF:0:AF:0:PF:1:CF", flags: .init(read: [.SF, .ZF, .AF, .PF, .CF])),
        .sahf: OperationFacts("SF:ZF:0:AF:0:PF:1:CF <- AH", flags: .init(written: [.SF, .ZF, .AF, .PF, .CF])),
        .salc: OperationFacts("AL <- FFh if CF, else 0", flags: .init(read: .CF)),
        // Ports
        .in: OperationFacts(
            "if CPL > IOPL (or virtual-8086) and a bit of the TSS's I/O map forbids: #GP(0)\nDEST <- port SRC",
            privilege: byIOPLOrMap, faults: portPermission),
        .out: OperationFacts(
            "if CPL > IOPL (or virtual-8086) and a bit of the TSS's I/O map forbids: #GP(0)\nport DEST <- SRC",
            privilege: byIOPLOrMap, faults: portPermission),
    ]
}
