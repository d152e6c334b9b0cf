extension PseudoOperation {
    /// Arithmetic, logic, shifts, data transfer, stack, strings, bits. SDM Vol. 2, the pages of these names.
    static let general: [Operation: String] = [
        // Arithmetic
        .add: "DEST <- DEST + SRC",
        .adc: "DEST <- DEST + SRC + CF",
        .sub: "DEST <- DEST - SRC",
        .sbb: "DEST <- DEST - (SRC + CF)",
        .cmp: "TEMP <- DEST - SRC; only the flags are kept",
        .inc: "DEST <- DEST + 1; CF stays",
        .dec: "DEST <- DEST - 1; CF stays",
        .neg: "CF <- DEST is not 0; DEST <- 0 - DEST",
        .xadd: "TEMP <- DEST + SRC; SRC <- DEST; DEST <- TEMP",
        .cmpxchg: "compare rAX with DEST\nif equal: ZF <- 1; DEST <- SRC\nelse: ZF <- 0; rAX <- DEST",
        .cmpxchg8b: "compare EDX:EAX with DEST\nif equal: ZF <- 1; DEST <- ECX:EBX\nelse: ZF <- 0; EDX:EAX <- DEST",
        .cmpxchg16b: "compare RDX:RAX with DEST\nif equal: ZF <- 1; DEST <- RCX:RBX\nelse: ZF <- 0; RDX:RAX <- DEST",
        // Logic
        .and: "DEST <- DEST AND SRC; CF <- 0; OF <- 0",
        .or: "DEST <- DEST OR SRC; CF <- 0; OF <- 0",
        .xor: "DEST <- DEST XOR SRC; CF <- 0; OF <- 0",
        .not: "DEST <- NOT DEST",
        .test: "TEMP <- DEST AND SRC; CF <- 0; OF <- 0; only the flags are kept",
        // Shifts and rotates
        .rol: "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: CF <- top bit of DEST; DEST <- DEST * 2 + CF",
        .ror: "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: CF <- bit 0 of DEST; DEST <- DEST / 2, CF as its top bit",
        .rcl: "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: rotate CF:DEST left by 1",
        .rcr: "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: rotate CF:DEST right by 1",
        .shl: "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: CF <- top bit of DEST; DEST <- DEST * 2",
        .shr: "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: CF <- bit 0 of DEST; DEST <- DEST / 2, unsigned",
        .sar: "COUNT <- COUNT AND 1Fh\nrepeat COUNT times: CF <- bit 0 of DEST; DEST <- DEST / 2, rounded down",
        .shld: "COUNT <- COUNT AND 1Fh\nDEST <- upper half of (DEST:SRC shifted left by COUNT); CF <- last bit shifted out",
        .shrd: "COUNT <- COUNT AND 1Fh\nDEST <- lower half of (SRC:DEST shifted right by COUNT); CF <- last bit shifted out",
        // Multiplication and division
        .mul: "byte: AX <- AL * SRC; else: rDX:rAX <- rAX * SRC, unsigned\nCF, OF <- the upper half is not 0",
        .imul: "byte: AX <- AL * SRC; else: rDX:rAX <- rAX * SRC, signed\nCF, OF <- the product does not fit the lower half",
        .imulTruncating: "DEST <- lower half of (SRC1 * SRC2), signed\nCF, OF <- the product does not fit DEST",
        .div:
            "if SRC = 0 or the quotient does not fit: #DE\nbyte: AL <- AX / SRC; AH <- AX MOD SRC\nelse: rAX <- rDX:rAX / SRC; rDX <- rDX:rAX MOD SRC, unsigned",
        .idiv:
            "if SRC = 0 or the quotient does not fit: #DE\nbyte: AL <- AX / SRC; AH <- remainder\nelse: rAX <- rDX:rAX / SRC; rDX <- remainder, signed, rounded to 0",
        // Decimal
        .daa:
            "if (AL AND 0Fh) > 9 or AF: AL <- AL + 6; AF <- 1, else AF <- 0\nif old AL > 99h or old CF: AL <- AL + 60h; CF <- 1, else CF <- 0",
        .das:
            "if (AL AND 0Fh) > 9 or AF: AL <- AL - 6; AF <- 1, else AF <- 0\nif old AL > 99h or old CF: AL <- AL - 60h; CF <- 1, else CF <- the borrow of the first step",
        .aaa: "if (AL AND 0Fh) > 9 or AF: AX <- AX + 106h; AF, CF <- 1, else AF, CF <- 0\nAL <- AL AND 0Fh",
        .aas: "if (AL AND 0Fh) > 9 or AF: AX <- AX - 6; AH <- AH - 1; AF, CF <- 1, else AF, CF <- 0\nAL <- AL AND 0Fh",
        .aam: "if imm8 = 0: #DE\nAH <- AL / imm8; AL <- AL MOD imm8",
        .aad: "AL <- AL + AH * imm8; AH <- 0",
        // Data transfer
        .mov: "DEST <- SRC",
        .movzx: "DEST <- SRC, zero-extended",
        .movsx: "DEST <- SRC, sign-extended",
        .movsxd: "DEST <- SRC, sign-extended",
        .movbe: "DEST <- SRC with its bytes in reverse",
        .xchg: "TEMP <- DEST; DEST <- SRC; SRC <- TEMP; locked when one is memory",
        .lea: "DEST <- effective address of SRC; memory is not touched",
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
        .pushf: "push (E)FLAGS with VM and RF as 0",
        .popf: "(E)FLAGS <- pop; IOPL only in ring 0, IF only where CPL <= IOPL; VM, VIF, VIP stay",
        .enter:
            "push (E)BP; FRAME <- (E)SP\nlevel - 1 times: push the next older frame pointer; then, if level > 0: push FRAME\n(E)BP <- FRAME; (E)SP <- (E)SP - size",
        .leave: "(E)SP <- (E)BP; (E)BP <- pop",
        .pushSegment: "push the selector in SRC",
        .popSegment: "load the segment register with pop: descriptor read and checked in protected mode",
        // Strings
        .movs:
            "ES:[(E)DI] <- DS:[(E)SI]; (E)SI, (E)DI move by the element's size, down if DF\nREP: (E)CX <- (E)CX - 1 and again, until (E)CX = 0",
        .cmps:
            "TEMP <- DS:[(E)SI] - ES:[(E)DI] sets the flags; (E)SI, (E)DI move by the element's size, down if DF\nREPE, REPNE: (E)CX <- (E)CX - 1 and again, until (E)CX = 0 or ZF = 0, 1",
        .stos:
            "ES:[(E)DI] <- AL, AX or EAX; (E)DI moves by the element's size, down if DF\nREP: (E)CX <- (E)CX - 1 and again, until (E)CX = 0",
        .lods:
            "AL, AX or EAX <- DS:[(E)SI]; (E)SI moves by the element's size, down if DF\nREP: (E)CX <- (E)CX - 1 and again, until (E)CX = 0",
        .scas:
            "TEMP <- AL, AX or EAX - ES:[(E)DI] sets the flags; (E)DI moves by the element's size, down if DF\nREPE, REPNE: (E)CX <- (E)CX - 1 and again, until (E)CX = 0 or ZF = 0, 1",
        .ins:
            "ES:[(E)DI] <- port DX; (E)DI moves by the element's size, down if DF; allowed as IN is\nREP: (E)CX <- (E)CX - 1 and again, until (E)CX = 0",
        .outs:
            "port DX <- DS:[(E)SI]; (E)SI moves by the element's size, down if DF; allowed as OUT is\nREP: (E)CX <- (E)CX - 1 and again, until (E)CX = 0",
        // Bits
        .bt: "CF <- bit SRC of DEST",
        .bts: "CF <- bit SRC of DEST; the bit <- 1",
        .btr: "CF <- bit SRC of DEST; the bit <- 0",
        .btc: "CF <- bit SRC of DEST; the bit <- NOT the bit",
        .bsf: "ZF <- SRC = 0\nif SRC is not 0: DEST <- number of its lowest 1 bit",
        .bsr: "ZF <- SRC = 0\nif SRC is not 0: DEST <- number of its highest 1 bit",
        .popcnt: "DEST <- number of 1 bits in SRC; ZF <- SRC = 0; the other status flags <- 0",
        .lzcnt: "DEST <- number of 0 bits above the highest 1 bit of SRC; CF <- SRC = 0; ZF <- DEST = 0",
        .tzcnt: "DEST <- number of 0 bits below the lowest 1 bit of SRC; CF <- SRC = 0; ZF <- DEST = 0",
        .crc32: "DEST <- CRC-32C of SRC, continuing from DEST (polynomial 11EDC6F41h)",
        // Flags
        .clc: "CF <- 0",
        .stc: "CF <- 1",
        .cmc: "CF <- NOT CF",
        .cld: "DF <- 0",
        .std: "DF <- 1",
        .cli: "if CPL <= IOPL (or real mode): IF <- 0\nelse with VME or PVI: VIF <- 0; else #GP(0)",
        .sti:
            "if CPL <= IOPL (or real mode): IF <- 1, in force after the next instruction\nelse with VME or PVI: VIF <- 1; else #GP(0)",
        .lahf: "AH <- SF:ZF:0:AF:0:PF:1:CF",
        .sahf: "SF:ZF:0:AF:0:PF:1:CF <- AH",
        .salc: "AL <- FFh if CF, else 0",
        // Ports
        .in: "if CPL > IOPL (or virtual-8086) and a bit of the TSS's I/O map forbids: #GP(0)\nDEST <- port SRC",
        .out: "if CPL > IOPL (or virtual-8086) and a bit of the TSS's I/O map forbids: #GP(0)\nport DEST <- SRC",
    ]
}
