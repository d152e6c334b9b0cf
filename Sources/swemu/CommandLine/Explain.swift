import ArgumentParser
import Formats
import Session
import X86

/// `swemu explain`: what bytes, or a mnemonic, mean.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain machine code, or an instruction by its name.",
        discussion: """
            Examples:
              swemu explain "0f b6 c0"
              swemu explain --bits 16 8ed8
              swemu explain cmpxchg8b
              swemu explain "mov eax, 5"

            What is typed as assembler is assembled by nasm (Debian: apt-get install nasm).
            """)

    @Argument(help: "Bytes in hexadecimal, a mnemonic, or an instruction as nasm takes it.")
    var words: [String]
    @Option(help: "Code size: 16, 32 or 64.")
    var bits = 32

    func validate() throws {
        guard [16, 32, 64].contains(bits) else { throw ValidationError("--bits \(bits) is impossible; give 16, 32 or 64") }
    }

    func run() throws {
        try StandardOutput.write(try explanation())
    }

    /// The text to print. A word that is both hexadecimal and a mnemonic ("add", "dec", "adc") is the mnemonic.
    func explanation() throws -> String {
        if words.count == 1 {
            let cards = ReferenceCard.cards(mnemonic: words[0])
            if !cards.isEmpty { return cards.map { $0.text + "\n" }.joined(separator: "\n") }
        }
        guard let bytes = try Self.bytes(words.joined(separator: " ")) ?? assembled() else {
            throw UserError(
                .usage, "neither bytes nor an instruction", words.joined(separator: " "),
                remedy: remedy(
                    for: words.joined().lowercased(), among: ReferenceCard.mnemonics,
                    otherwise: "write bytes as in \"0f b6 c0\", or a mnemonic"))
        }
        return Disassembly(bytes, codeSize: CodeSize(bits: bits)).map { line in
            let card = line.instruction.flatMap { ReferenceCard.card(of: $0) }?.text
            return Disasm.listing(line) + (card ?? "  no instruction: #UD when it is executed") + "\n"
        }.joined(separator: "\n")
    }

    /// The bytes of what looks like an instruction: its first word, or the one behind a prefix, is a mnemonic. nil for anything else.
    private func assembled() throws -> [UInt8]? {
        let text = words.joined(separator: " ")
        let names = text.lowercased().split { $0 == " " || $0 == "," }.prefix(2)
        guard names.contains(where: { !ReferenceCard.cards(mnemonic: String($0)).isEmpty }) else { return nil }
        do {
            return try Toolchain.assemble(text.replacing(";", with: "\n"), bits: bits)
        } catch let refusal as Toolchain.Refusal {
            guard !refusal.isMissing else { throw UserError(.hostFailure, line: refusal.description) }
            let words = refusal.description.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
            throw UserError(
                .usage, "nasm does not take this (\(words ?? refusal.description))", text,
                remedy: "write it as in \"mov eax, [ebx+4]\"")
        }
    }

    /// Pairs of hexadecimal digits; "0x", "," and spaces between them do not count. nil for anything else, and for nothing.
    static func bytes(_ text: String) -> [UInt8]? {
        var digits = ""
        for part in text.lowercased().split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\n" || $0 == "\t" }) {
            digits += part.hasPrefix("0x") ? part.dropFirst(2) : part
        }
        let values = digits.compactMap(\.hexDigitValue)
        guard values.count == digits.count, values.count % 2 == 0, !values.isEmpty else { return nil }
        return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
    }
}
