import ArgumentParser
import Formats
import Inspection
import Session
import X86

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
        guard count ?? 0 >= 0 else { throw ValidationError("--count \(count!) is impossible; give 0 or more") }
        guard [16, 32, 64].contains(bits) else { throw ValidationError("--bits \(bits) is impossible; give 16, 32 or 64") }
    }

    func run() throws {
        let bytes: [UInt8]
        switch readFile(file, limit: 64 << 20) {
        case .success(let contents): bytes = contents
        case .failure(let reason):
            throw UserError(.inputFile, "cannot read (\(reason.text))", file, remedy: "check the name")
        }
        guard offset.value < bytes.count else {
            throw UserError(
                .inputFile, "--offset \(offset.value) is beyond the end", file, remedy: "the file has \(bytes.count) bytes")
        }
        let start = Int(offset.value)
        let lines = Disassembly(Array(bytes[start...]), at: org.value &+ offset.value, codeSize: CodeSize(bits: bits))
        var text = ""
        for line in lines.prefix(count ?? .max) {
            text += Self.listing(line)
            guard text.utf8.count > 1 << 16 else { continue }
            try StandardOutput.write(text)
            text = ""
        }
        try StandardOutput.write(text)
    }

    /// "00007C00  FA                    cli".
    static func listing(_ line: Disassembly.Line) -> String {
        let digits = String(line.address, radix: 16, uppercase: true)
        let address = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        let bytes = line.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
        return "\(address)  \(bytes)\(String(repeating: " ", count: max(1, 22 - bytes.count)))\(line.text)\n"
    }
}

extension CodeSize {
    /// 16, 32 or 64.
    init(bits: Int) {
        self = bits == 16 ? .bits16 : bits == 32 ? .bits32 : .bits64
    }
}
