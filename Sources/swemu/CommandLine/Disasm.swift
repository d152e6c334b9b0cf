import ArgumentParser

/// `swemu disasm`: lists the instructions in a file.
struct Disasm: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Disassemble a raw binary file.",
        discussion: """
            Examples:
              swemu disasm boot.bin --org 0x7c00
              swemu disasm kernel.bin --bits 32 --org 0x100000 --offset 0x1000 --count 40
            """)

    @Argument(help: "File to read.", completion: .file())
    var file: String
    @Option(help: "Default operand and address size: 16, 32 or 64.")
    var bits = 16
    @Option(help: "Address of the file's first byte, decimal or with 0x.")
    var org: Number = Number(0)
    @Option(help: "Byte of the file to begin at.")
    var offset: Number = Number(0)
    @Option(help: "Instructions to list at most.")
    var count: Int?

    func validate() throws {
        guard [16, 32, 64].contains(bits) else { throw ValidationError("--bits \(bits) is impossible; give 16, 32 or 64") }
    }

    func run() throws {}
}

/// `swemu explain`: what bytes, or a mnemonic, mean.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain machine code, or an instruction by its name.",
        discussion: """
            Examples:
              swemu explain "0f b6 c0"
              swemu explain --bits 16 8ed8
              swemu explain cmpxchg8b
            """)

    @Argument(help: "Bytes in hexadecimal, or a mnemonic.")
    var words: [String]
    @Option(help: "Code size: 16, 32 or 64.")
    var bits = 32

    func validate() throws {
        guard !words.isEmpty else { throw ValidationError("nothing to explain; give bytes or a mnemonic") }
        guard [16, 32, 64].contains(bits) else { throw ValidationError("--bits \(bits) is impossible; give 16, 32 or 64") }
    }

    func run() throws {}
}

/// A number in decimal, or in hexadecimal as 0x7C00 or 7C00h.
struct Number: ExpressibleByArgument, Equatable {
    let value: UInt64

    init(_ value: UInt64) { self.value = value }

    init?(argument: String) {
        let text = argument.lowercased()
        let digits = text.hasPrefix("0x") ? String(text.dropFirst(2)) : text.hasSuffix("h") ? String(text.dropLast()) : nil
        guard let number = digits.map({ UInt64($0, radix: 16) }) ?? UInt64(text) else { return nil }
        value = number
    }

    var defaultValueDescription: String { String(value) }
}
