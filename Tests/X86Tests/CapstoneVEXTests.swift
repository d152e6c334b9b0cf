import Testing
import X86

/// All opcodes behind a VEX prefix × its fields × ModR/M × code sizes against Capstone: legality, length and text.
@Suite("Capstone, VEX") struct CapstoneVEXTests {
    /// One encoding about which both were asked.
    private struct Comparison {
        var codeSize: CodeSize
        var map: UInt8
        var opcode: UInt8
        var modRM: UInt8
        var hasW: Bool
        var ours: Instruction
        var theirLength: Int
        var theirName: String
        var isOurs: Bool { ours.operation.isInstruction }
        var isTheirs: Bool { theirLength > 0 }
    }

    @Test("The decoder agrees with Capstone about VEX") func agrees() async {
        await CapstoneComparison.expectAgreement(reasons: Self.known.map(\.reason), Self.compare)
    }

    private static func compare(_ codeSize: CodeSize, _ capstone: Capstone) -> CapstoneComparison {
        let decoder = Decoder(codeSize: codeSize, features: .all)
        var outcome = CapstoneComparison()
        for map in UInt8(1)...3 {
            for fields in fields(codeSize) {
                for opcode in UInt8.min...UInt8.max {
                    var isReported = false
                    for modRM in modRMs {
                        // C5 stands for map 1 without W, X and B.
                        let usesC5 = map == 1 && fields.last & 0x80 == 0 && fields.first & 0x60 == 0x60
                        let prefix =
                            usesC5 ? [0xC5, fields.last & 0x7F | fields.first & 0x80] : [0xC4, fields.first | map, fields.last]
                        let bytes = prefix + [opcode, modRM] + tail
                        let (ours, theirs) = bytes.withUnsafeBufferPointer { buffer in
                            (
                                decoder.decode(buffer.baseAddress.unsafelyUnwrapped, available: 15),
                                capstone.length(buffer, at: 0x1000)
                            )
                        }
                        let isOurs = ours.operation.isInstruction
                        if !isOurs && theirs == 0 { continue }
                        if isOurs && Int(ours.length) == theirs, sameText(ours, capstone.text) {
                            outcome.agreed += 1
                            continue
                        }
                        let comparison = Comparison(
                            codeSize: codeSize, map: map, opcode: opcode, modRM: modRM, hasW: fields.last & 0x80 != 0, ours: ours,
                            theirLength: theirs, theirName: theirs > 0 ? capstone.name : "")
                        if let rule = known.firstIndex(where: { $0.covers(comparison) }) {
                            outcome.used.insert(rule)
                        } else if !isReported {
                            isReported = true
                            let text = IntelSyntax(spellsOut: true).text(of: ours, at: 0x1000)
                            outcome.unexplained.append(
                                "\(codeSize) \(hex(bytes.dropLast(6))): \(ours.length) \(text) | \(theirs) \(theirs > 0 ? capstone.text : "")"
                            )
                        }
                    }
                }
            }
        }
        return outcome
    }

    /// The inverted R, X and B; and W, the inverted vvvv, L and pp.
    private static func fields(_ codeSize: CodeSize) -> [(first: UInt8, last: UInt8)] {
        var all: [(UInt8, UInt8)] = []
        for low in UInt8(0)..<8 {
            for w in [UInt8(0), 0x80] {
                for vvvv: UInt8 in [0x78, 0x58] { all.append((0xE0, w | vvvv | low)) }
                if codeSize == .bits64 { all += [(0x00, w | 0x10 | low), (0x40, w | 0x78 | low)] }
            }
        }
        return all
    }

    private static let modRMs: [UInt8] = (0..<8).flatMap { [$0 << 3, $0 << 3 | 0x44, 0xC1 | $0 << 3] } + [0x05, 0x86]
    private static let tail: [UInt8] = [0x91, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x12, 0x13]

    private static func sameText(_ ours: Instruction, _ theirs: String) -> Bool {
        normal(IntelSyntax(spellsOut: true).text(of: ours, at: 0x1000)) == normal(theirs)
    }

    private static func normal(_ text: String) -> String {
        var words = text.split(separator: " ").map(String.init).filter { $0 != "ptr" && $0 != "+" }
        guard !words.isEmpty else { return "" }
        var name = words.removeFirst()
        // Capstone gives these the suffix of the AT&T assembler, and COMISS and COMISD a source of 16 bytes.
        if ["vcvtpd2psx", "vcvtpd2psy", "vcvtpd2dqx", "vcvtpd2dqy", "vcvttpd2dqx", "vcvttpd2dqy"].contains(name) {
            name.removeLast()
        }
        if name == "vcomiss" || name == "vcomisd" { words.removeAll { ["dword", "qword", "xmmword"].contains($0) } }
        return name + " " + words.joined().filter { $0 != "+" }
    }

    private struct Rule: Sendable {
        var reason: String
        var covers: @Sendable (Comparison) -> Bool
    }

    /// The place where the manual and Capstone 4.0 disagree, and why the decoder follows the manual.
    private static let known: [Rule] = [
        Rule(reason: "Opmask instructions are of AVX-512") { !$0.isOurs && $0.theirName.hasPrefix("k") },
        Rule(reason: "FMA4, XOP and VPERMIL2 are another vendor's") {
            !$0.isOurs && $0.map == 3
                && ($0.theirName.hasPrefix("vfm") || $0.theirName.hasPrefix("vfn") || $0.theirName.hasPrefix("vpermil2"))
        },
        Rule(reason: "A gather has a SIB byte, and three registers that differ") { !$0.isOurs && $0.theirName.contains("gather") },
        Rule(reason: "VEX.W is 0 in the manual") { !$0.isOurs && $0.hasW },
        Rule(reason: "Capstone does not know it") { $0.ours.operation == .vbroadcasti128 && !$0.isTheirs },
        Rule(reason: "Outside 64-bit code VEX.W does not make VPEXTRD and VPINSRD another instruction") {
            $0.codeSize != .bits64 && $0.hasW && [.pextrd, .pinsrd].contains($0.ours.operation)
        },
        Rule(reason: "Capstone gives the immediate of RORX a sign") { $0.ours.operation == .rorx },
        Rule(reason: "Bit 7 of an immediate with a register is ignored outside 64-bit code") {
            $0.codeSize != .bits64 && [.blendvps, .blendvpd, .pblendvb].contains($0.ours.operation)
        },
    ]
}
