import X86

/// One encoding about which the decoder and Capstone were asked.
struct Comparison {
    var codeSize: CodeSize
    var prefix: UInt8?
    /// Prefix, escapes, opcode, ModR/M and what follows.
    var bytes: [UInt8]
    /// Opcode bytes with the escapes, 0x0F_A2.
    var opcode: UInt32
    var modRM: UInt8
    var ours: Instruction
    var theirLength: Int
    /// First word of Capstone's text, empty if it finds no instruction.
    var theirName: String

    var isOurs: Bool { ours.operation.isInstruction }
    var isTheirs: Bool { theirLength > 0 }
    /// The same bytes without the prefix.
    var bare: Instruction { Decoder(codeSize: codeSize, features: .all).decode(Array(bytes.dropFirst(prefix == nil ? 0 : 1))) }
}

/// The place where the manual and Capstone 4.0 disagree, and why the decoder follows the manual.
struct KnownDifference: Sendable {
    var reason: String
    var covers: @Sendable (Comparison) -> Bool

    static let all: [KnownDifference] = [
        KnownDifference(reason: "EVEX, XOP and VMX are not in the tables; VEX has tests of its own") {
            !$0.isOurs && $0.theirName.hasPrefix("v") && $0.theirName != "verr" && $0.theirName != "verw"
        },
        KnownDifference(reason: "Newer than the tables, or another vendor's") { !$0.isOurs && notInTables.contains($0.theirName) },
        KnownDifference(reason: "NP of the manual: 66, F2 and F3 make it undefined") { comparison in
            guard !comparison.isOurs, let prefix = comparison.prefix, let row = Table.row(of: comparison.bare) else { return false }
            let mask: MandatoryPrefix = prefix == 0x66 ? .p66 : prefix == 0xF3 ? .pF3 : .pF2
            return [0x66, 0xF2, 0xF3].contains(prefix) && !row.prefix.contains(mask)
        },
        KnownDifference(reason: "LOCK needs a destination in memory") {
            !$0.isOurs && $0.prefix == 0xF0 && $0.bare.operation.isInstruction && $0.bare.kind0 != .memory
        },
        KnownDifference(reason: "MOV to CS is undefined") { !$0.isOurs && $0.opcode == 0x8E && ($0.modRM >> 3) & 7 == 1 },
        KnownDifference(reason: "There are no CR1, CR5, CR6, CR7 and CR9 to CR15") {
            !$0.isOurs && [0x0F20, 0x0F22].contains($0.opcode)
                && ($0.prefix == 0x44 || ![0, 2, 3, 4].contains(($0.modRM >> 3) & 7))
        },
        KnownDifference(reason: "Debug registers end at DR7") {
            !$0.isOurs && $0.prefix == 0x44 && [0x0F21, 0x0F23].contains($0.opcode)
        },
        KnownDifference(reason: "Capstone takes RDPID for RDSEED") { $0.ours.operation == .rdpid },
        KnownDifference(reason: "REX.R has no say about segment registers") {
            $0.prefix == 0x44 && $0.ours.operation == .movFromSegment
        },
        KnownDifference(reason: "With REX.W the name is MOVQ") { $0.prefix == 0x48 && $0.ours.operation == .movd },
        KnownDifference(reason: "LAR of a register reads one of the operand size") {
            $0.prefix == 0x48 && $0.ours.operation == .lar
        },
        KnownDifference(reason: "66h gives near branches of 16-bit code a 32-bit target") {
            $0.codeSize == .bits16 && $0.prefix == 0x66 && $0.ours.operation == .jcc
        },
        KnownDifference(reason: "MOV to a segment register reads 16 bits") { $0.ours.operation == .movToSegment },
        KnownDifference(reason: "MOVSXD has a 32-bit destination without REX.W") {
            $0.ours.operation == .movsxd && $0.prefix != 0x48
        },
        KnownDifference(reason: "Capstone prints CWDE and CDQ for 16-bit operands of 16-bit code") {
            $0.codeSize == .bits16 && [.cbw, .cwd].contains($0.ours.operation)
        },
        KnownDifference(reason: "64-bit code only on Intel's processors") {
            !$0.isOurs && $0.codeSize != .bits64 && ["syscall", "sysret", "swapgs"].contains($0.theirName)
        },
        KnownDifference(reason: "Reserved NOPs take any operand") { $0.opcode == 0x0F0D || 0x0F18...0x0F1F ~= $0.opcode },
        KnownDifference(reason: "r/m of the fences is ignored") {
            !$0.isTheirs && [.lfence, .mfence, .sfence].contains($0.ours.operation)
        },
        KnownDifference(reason: "UD0 and UD1 have a ModR/M byte") { [.ud0, .ud1].contains($0.ours.operation) },
        KnownDifference(reason: "Capstone knows no mandatory prefixes in 16-bit code") {
            $0.codeSize == .bits16 && $0.prefix != nil && Table.row(of: $0.ours).map { !$0.prefix.contains(.none) } == true
        },
        KnownDifference(reason: "66h does not shorten near branches of 64-bit code on Intel's processors") {
            $0.isOurs && $0.codeSize == .bits64 && $0.prefix == 0x66 && Table.traits(of: $0.ours).contains(.forced64)
        },
    ]

    private static let notInTables: Set<String> = Set(
        """
        adcx adox aesdec aesdeclast aesenc aesenclast aesimc aeskeygenassist bndmov bndcl bndcu bndcn bndldx bndmk bndstx clac clflushopt \
        clgi clwb encls enclu extrq femms getsec insertq invept invlpga invpcid invvpid monitorx montmul movntsd movntss mwaitx pclmulqdq \
        pcommit rdfsbase rdgsbase rdpid rdpkru rdrand rdseed rdtscp sha1msg1 sha1msg2 sha1nexte sha1rnds4 sha256msg1 sha256msg2 \
        sha256rnds2 skinit stac stgi wrfsbase wrgsbase wrpkru xabort xbegin xcryptcbc xcryptcfb xcryptctr xcryptecb xcryptofb xend xgetbv \
        xrstor xrstors xsave xsavec xsaveopt xsaves xsetbv xsha1 xsha256 xstorerng xstore xtest prefetch prefetchwt1 \
        xrstor64 xsave64 xrstors64 xsavec64 xsaveopt64 xsaves64 slwpcb llwpcb lwpval lwpins bextr blcfill blci ptwrite clzero
        """.split(whereSeparator: \.isWhitespace).map(String.init))

    /// Capstone's names for what we print otherwise.
    static let names = [
        "lcall": "call", "ljmp": "jmp", "pushal": "pushad", "popal": "popad", "pushaw": "pusha", "popaw": "popa", "sal": "shl",
        "feni8087_nop": "fneni", "fdisi8087_nop": "fndisi", "fsetpm": "fnsetpm", "fstpnce": "fstp1", "movabs": "mov",
        "fcom2": "fcom", "fcomp3": "fcomp", "fcomp5": "fcomp", "fxch4": "fxch", "fxch7": "fxch", "fstp8": "fstp", "fstp9": "fstp",
    ]

    /// Names after which Capstone prints another operand size than the manual, or one where the manual has none.
    static let sizesDiffer: Set<String> = [
        "bound", "invlpg", "frstor", "fnsave", "fnstsw", "lsl", "lar", "comiss", "comisd", "punpcklbw", "punpcklwd", "punpckldq",
        "nop",
        "fxsave", "fxrstor", "fxsave64", "fxrstor64", "call", "jmp",
    ]
}
