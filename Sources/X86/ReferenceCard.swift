/// The manual's page of one row: what `swemu explain` prints.
public struct ReferenceCard: Sendable {
    /// The row that the card is about.
    public let row: Row

    /// The card of a row.
    public init(_ row: Row) { self.row = row }

    /// Cards of all rows with a printed name, a synonym of it, or a family name like `movs` and `jcc`; upper and lower case are the
    /// same. Empty when there is none.
    public static func cards(mnemonic: String) -> [ReferenceCard] {
        let name = mnemonic.lowercased()
        let rows = byName[name] ?? byName[synonyms[name] ?? ""] ?? Table.rows.filter { "\($0.operation)" == name }
        return rows.map(ReferenceCard.init)
    }

    private static let byName: [String: [Row]] = {
        var rows: [String: [Row]] = [:]
        for row in Table.rows {
            for name in row.mnemonics { rows[name, default: []].append(row) }
        }
        return rows
    }()

    /// The card of a decoded instruction; nil for what is no instruction.
    public static func card(of instruction: Instruction) -> ReferenceCard? { Table.row(of: instruction).map(ReferenceCard.init) }

    /// All printed names, sorted.
    public static let mnemonics: [String] = byName.keys.sorted()

    /// Other spellings of the manual for the same encodings.
    private static let synonyms: [String: String] = {
        var names = [
            "sal": "shl", "fwait": "wait", "xlat": "xlatb", "loopz": "loope", "loopnz": "loopne", "icebp": "int1", "setalc": "salc",
            "retn": "ret", "finit": "fninit", "fclex": "fnclex", "fstcw": "fnstcw", "fstsw": "fnstsw", "fstenv": "fnstenv",
            "fsave": "fnsave",
        ]
        let conditions = [
            "c": "b", "nae": "b", "nb": "ae", "nc": "ae", "z": "e", "nz": "ne", "na": "be", "nbe": "a", "pe": "p", "po": "np",
            "nge": "l", "nl": "ge", "ng": "le", "nle": "g",
        ]
        for (other, ours) in conditions {
            for stem in ["j", "set", "cmov"] { names[stem + other] = stem + ours }
        }
        return names
    }()

    /// Name and operands: "ADD r/m32, imm8".
    public var heading: String {
        let names = row.mnemonics.map { $0.uppercased() }.joined(separator: "/")
        let operands = row.operands.map(\.manualName).joined(separator: ", ")
        return operands.isEmpty ? names : names + " " + operands
    }

    /// The whole card, several lines without a final newline.
    public var text: String {
        var lines = [heading, "  encoding   " + row.encoding, "  since      " + row.feature.title]
        if row.flags == .none {
            lines.append("  flags      none")
        } else {
            lines += [("read", row.flags.read), ("written", row.flags.written), ("undefined", row.flags.undefined)]
                .filter { !$0.1.isEmpty }
                .map { "  flags      \($0.0): \($0.1.names.joined(separator: " "))" }
        }
        lines.append("  privilege  " + row.privilege)
        lines += Self.listed("operation", OperationFacts.of(row.operation).operation)
        lines += Self.listed("faults", row.faults)
        lines += row.traits.sentences.map { "  note       " + $0 }
        return lines.joined(separator: "\n")
    }

    /// Lines under one title.
    private static func listed(_ title: String, _ lines: [String]) -> [String] {
        lines.enumerated().map { index, line in
            "  " + (index == 0 ? title + String(repeating: " ", count: 11 - title.count) : String(repeating: " ", count: 11)) + line
        }
    }
}

extension Row {
    /// The printed names: one, or one for each size.
    public var mnemonics: [String] {
        var seen: [String] = []
        for name in mnemonic.split(separator: "/").map(String.init) where !seen.contains(name) { seen.append(name) }
        return seen
    }

    /// The encoding as in the opcode column of the manual: "83 /0 ib", "0F AF /r", "50+r", "D8 C0+i".
    public var encoding: String {
        var parts: [String] = []
        let prefixName = prefix == .none ? "NP" : prefix == .p66 ? "66" : prefix == .pF3 ? "F3" : prefix == .pF2 ? "F2" : ""
        if let vex {
            let length = vex.isSuperset(of: .L) ? "" : vex.contains(.L1) ? ".256" : ".128"
            let w = vex.isSuperset(of: .WIG) ? ".WIG" : vex.contains(.W1) ? ".W1" : ".W0"
            parts.append("VEX" + length + (prefix == .none ? "" : "." + prefixName) + "." + map.escape.map(hex).joined() + w)
        } else {
            if !prefixName.isEmpty { parts.append(prefixName) }
            if traits.contains(.needsREXW) { parts.append("REX.W") }
            parts += map.escape.map(hex)
        }
        parts.append(hex(opcode) + (spansEightOpcodes ? "+r" : ""))
        if let modRM {
            parts.append(hex(modRM.lowerBound) + (modRM.count == 8 ? "+i" : ""))
        } else if let digit {
            parts.append("/\(digit)")
        } else if hasModRM {
            parts.append("/r")
        }
        parts += operands.compactMap(\.encodedPart)
        return parts.joined(separator: " ")
    }

    private func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }
}

extension OperandCode {
    /// The part that the operand adds to the encoding: "ib", "iw", "cd".
    fileprivate var encodedPart: String? {
        switch self {
        case .Ib, .Ibs: "ib"
        case .Lx: "/is4"
        case .Iw: "iw"
        case .Iz: "iw/id"
        case .Iv: "iw/id/io"
        case .Jb: "cb"
        case .Jz: "cw/cd"
        case .Ap: "cd/cp"
        case .Ob, .Ov: "mo"
        default: nil
        }
    }

    /// The operand as on the manual's instruction pages: SDM Vol. 2A, section 3.1.1.3.
    public var manualName: String {
        switch self {
        case .none: ""
        case .Eb: "r/m8"
        case .Ew: "r/m16"
        case .Ed: "r/m32"
        case .Ev: "r/m16/32/64"
        case .Ey: "r/m32/64"
        case .RvMw: "r16/32/64/m16"
        case .RdMb: "r32/m8"
        case .RdMw: "r32/m16"
        case .RyMb: "r32/64/m8"
        case .RyMw: "r32/64/m16"
        case .Gb, .Zb: "r8"
        case .Gw: "r16"
        case .Gd: "r32"
        case .Gv, .Zv: "r16/32/64"
        case .Gy, .Ry, .By: "r32/64"
        case .Sw: "Sreg"
        case .Cd: "CR0-CR8"
        case .Dd: "DR0-DR7"
        case .Ib, .Ibs: "imm8"
        case .Iw: "imm16"
        case .Iz: "imm16/32"
        case .Iv: "imm16/32/64"
        case .I1: "1"
        case .Jb: "rel8"
        case .Jz: "rel16/32"
        case .Ap: "ptr16:16/32"
        case .Ob: "moffs8"
        case .Ov: "moffs16/32/64"
        case .M: "m"
        case .Mb, .Xb, .Yb, .BBb: "m8"
        case .Mw: "m16"
        case .Md: "m32"
        case .Mq, .BDq: "m64"
        case .My: "m32/64"
        case .Mv, .Xv, .Yv: "m16/32/64"
        case .Xz, .Yz: "m16/32"
        case .Mdq, .BDdq: "m128"
        case .Ma: "m16&16/m32&32"
        case .Mp: "m16:16/32/64"
        case .Ms: "m16&32/64"
        case .m16int, .m32int, .m64int, .m32fp, .m64fp, .m80fp, .m80bcd, .m512byte: "\(self)"
        case .m14byte: "m14/28byte"
        case .m94byte: "m94/108byte"
        case .AL, .CL, .AX, .DX, .ES, .CS, .SS, .DS, .FS, .GS: "\(self)"
        case .rAX: "AX/EAX/RAX"
        case .eAX: "AX/EAX"
        case .ST0: "ST(0)"
        case .STi: "ST(i)"
        case .XMM0: "<XMM0>"
        case .Pq, .Nq: "mm"
        case .Qd: "mm/m32"
        case .Qq: "mm/m64"
        case .Vdq, .Udq, .Hdq: "xmm"
        case .Vx, .Ux, .Hx, .Lx: "xmm/ymm"
        case .Vqq, .Hqq: "ymm"
        case .Wx: "xmm/m128 or ymm/m256"
        case .Wqq: "ymm/m256"
        case .Mx: "m128/m256"
        case .Mqq: "m256"
        case .vm32x, .vm32y, .vm64x, .vm64y: "\(self)"
        case .Wb: "xmm/m8"
        case .Ww: "xmm/m16"
        case .Wd: "xmm/m32"
        case .Wq: "xmm/m64"
        case .Wdq: "xmm/m128"
        }
    }
}

extension EFLAGS {
    /// Names of the bits, highest first as in the manual's figure.
    public var names: [String] {
        let all: [(EFLAGS, String)] = [
            (.ID, "ID"), (.VIP, "VIP"), (.VIF, "VIF"), (.AC, "AC"), (.VM, "VM"), (.RF, "RF"), (.NT, "NT"), (.IOPL, "IOPL"),
            (.OF, "OF"), (.DF, "DF"), (.IF, "IF"), (.TF, "TF"), (.SF, "SF"), (.ZF, "ZF"), (.AF, "AF"), (.PF, "PF"), (.CF, "CF"),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }
}

extension Feature {
    /// The feature in words.
    public var title: String {
        switch self {
        case .i8086: "8086"
        case .i80186: "80186"
        case .i80286: "80286"
        case .i80386: "80386"
        case .i486: "Intel486"
        case .pentium: "Pentium"
        case .p6: "Pentium Pro"
        case .FPU: "x87 FPU"
        case .P6FPU: "x87 FPU of the Pentium Pro (CPUID FPU and CMOV)"
        case .SSE41: "CPUID SSE4.1"
        case .SSE42: "CPUID SSE4.2"
        case .LM: "Intel 64"
        default: "CPUID \(self)"
        }
    }
}

extension Traits {
    fileprivate var sentences: [String] {
        let all: [(Traits, String)] = [
            (.repeatable, "REP, REPE, REPNE repeat it"),
            (.mayKeepFlags, "flags stay as they are when the count is zero"),
            (.invalid64, "#UD in 64-bit mode"),
            (.only64, "64-bit mode only"),
            (.default64, "64-bit operands by default in 64-bit mode"),
            (.forced64, "always 64-bit operands in 64-bit mode"),
            (.alias, "another encoding of the same operation"),
            (.undocumented, "not documented in every edition of the manual"),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }
}
