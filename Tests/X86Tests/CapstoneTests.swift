import Testing
import X86

/// All opcodes of the four maps × ModR/M × prefixes × code sizes against Capstone: legality, length and text.
@Suite("Capstone") struct CapstoneTests {
    private static let prefixes: [UInt8?] = [nil, 0x66, 0x67, 0xF2, 0xF3, 0xF0]
    private static let address: UInt64 = 0x1000

    @Test("The decoder agrees with Capstone") func agrees() async {
        await CapstoneComparison.expectAgreement(reasons: KnownDifference.all.map(\.reason), Self.compare)
    }

    private static func compare(_ codeSize: CodeSize, _ capstone: Capstone) -> CapstoneComparison {
        let decoder = Decoder(codeSize: codeSize, features: .all)
        var outcome = CapstoneComparison()
        var reported: Set<String> = []
        for prefix in prefixes + (codeSize == .bits64 ? [0x41, 0x44, 0x48] : []) {
            for opcode in opcodes(codeSize) {
                let start = (prefix.map { [$0] } ?? []) + opcode
                var bytes = start + [0] + tail.prefix(14 - start.count)
                for modRM in modRMs(opcode) {
                    bytes[start.count] = modRM
                    let (ours, theirs) = bytes.withUnsafeBufferPointer { buffer in
                        (decoder.decode(buffer.baseAddress.unsafelyUnwrapped, available: 15), capstone.length(buffer, at: address))
                    }
                    let isOurs = ours.operation.isInstruction
                    if !isOurs && theirs == 0 { continue }
                    let agree = isOurs && Int(ours.length) == theirs
                    if agree && (!comparesText(opcode, modRM) || sameText(ours, capstone.text)) {
                        outcome.agreed += 1
                        continue
                    }
                    let comparison = Comparison(
                        codeSize: codeSize, prefix: prefix, bytes: bytes, opcode: opcode.reduce(0) { $0 << 8 | UInt32($1) },
                        modRM: modRM,
                        ours: ours, theirLength: theirs, theirName: theirs > 0 ? capstone.name : "")
                    if let rule = KnownDifference.all.firstIndex(where: { $0.covers(comparison) }) {
                        outcome.used.insert(rule)
                    } else if reported.insert("\(start)").inserted {
                        outcome.unexplained.append(
                            "\(codeSize) \(hex(bytes)): \(ours.length) \(ours.text(at: address)) | \(theirs) \(theirs > 0 ? capstone.text : "")"
                        )
                    }
                }
            }
        }
        return outcome
    }

    private static let tail: [UInt8] = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17]

    private static func opcodes(_ codeSize: CodeSize) -> [[UInt8]] {
        let prefixes: Set<UInt8> = [0x0F, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3]
        return [[], [0x0F], [0x0F, 0x38], [0x0F, 0x3A]].flatMap { escape in
            (UInt8.min...UInt8.max).filter { byte in
                switch escape.count {
                case 0: !prefixes.contains(byte) && !(codeSize == .bits64 && byte & 0xF0 == 0x40)
                case 1 where escape == [0x0F]: byte != 0x38 && byte != 0x3A
                default: true
                }
            }.map { escape + [$0] }
        }
    }

    /// All values where a ModR/M byte means something, else a few.
    private static func modRMs(_ opcode: [UInt8]) -> [UInt8] {
        let map = opcode.count < 3 ? opcode.count - 1 : opcode[1] == 0x38 ? 2 : 3
        return withModRM[map << 8 | Int(opcode.last ?? 0)] ? allBytes : [0x00, 0x45, 0xC1]
    }

    private static let allBytes = Array(UInt8.min...UInt8.max)

    private static let withModRM: [Bool] = {
        var known = [Bool](repeating: false, count: OpcodeMap.allCases.count * 256)
        for row in Table.rows where row.hasModRM { known[Int(row.map.rawValue) << 8 | Int(row.opcode)] = true }
        return known
    }()

    /// Text is slow to make: one memory and one register form of each digit, and all register forms of the x87.
    private static func comparesText(_ opcode: [UInt8], _ modRM: UInt8) -> Bool {
        let last = opcode.last ?? 0
        if opcode.count == 1 && last & 0xF8 == 0xD8 && modRM >= 0xC0 { return true }
        let digit = (modRM >> 3) & 7
        let place = modRM & 0xC7
        return place == 0xC0 | (digit &+ 1) & 7 || place == memoryForms[Int((digit &+ last) & 7)]
    }

    private static let memoryForms: [UInt8] = [0x00, 0x44, 0x85, 0x46, 0x05, 0x84, 0x07, 0x43]

    private static func sameText(_ ours: Instruction, _ theirs: String) -> Bool {
        normal(IntelSyntax(spellsOut: true).text(of: ours, at: address)) == normal(theirs)
    }

    /// Without what only one side prints: prefixes without effect, `ptr`, spaces, implied ST(0) and XMM0, ES of string destinations.
    private static func normal(_ text: String) -> String {
        var words = text.split(separator: " ").map(String.init)
        while let first = words.first, silent.contains(first) { words.removeFirst() }
        guard var name = words.first else { return "" }
        name = KnownDifference.names[name] ?? name
        words.removeFirst()
        words.removeAll { word in
            word == "ptr" || word == "far" || word == "+" || KnownDifference.sizesDiffer.contains(name) && sizes.contains(word)
        }
        var operands = words.joined().split(separator: ",").map { $0.filter { $0 != "+" } }
        operands = operands.map { $0.hasPrefix("xword[") ? "tbyte" + $0.dropFirst(5) : $0 }
        operands.removeAll { $0 == "st(0)" }
        if name == "xchg" { operands.sort() }
        if name.contains("blendv") && operands.count == 3 { operands.removeLast() }
        return name + " " + operands.joined(separator: ",").split(separator: "es:").joined()
    }

    private static let silent: Set<String> = [
        "o16", "o32", "o64", "a16", "a32", "rep", "repz", "repe", "repne", "bnd", "xacquire", "xrelease", "notrack",
    ]
    private static let sizes: Set<String> = ["byte", "word", "dword", "qword", "tbyte", "xword", "xmmword"]
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}
