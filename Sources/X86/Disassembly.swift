/// Walks bytes and prints one line for each instruction. A byte that begins no instruction becomes a `db` line of its own.
public struct Disassembly: Sequence, IteratorProtocol {
    /// A line of the listing.
    public struct Line: Equatable, Sendable {
        /// Offset of the first byte in the code segment.
        public var address: UInt64
        /// The bytes of the instruction, or the one byte that begins none.
        public var bytes: [UInt8]
        /// Nil on a `db` line.
        public var instruction: Instruction?
        fileprivate let syntax: IntelSyntax

        /// The instruction in Intel's syntax, or `db` with the byte. Made when it is asked for: many a reader wants the instruction alone.
        public var text: String {
            guard let instruction else { return "db \(bytes[0] < 16 ? "0x0" : "0x")\(String(bytes[0], radix: 16))" }
            return syntax.text(of: instruction, at: address)
        }
    }

    private let bytes: [UInt8]
    private let origin: UInt64
    private let decoder: Decoder
    private let syntax: IntelSyntax
    private var position = 0

    /// A walk over `bytes`, whose first one is at `origin`.
    public init(
        _ bytes: [UInt8], at origin: UInt64 = 0, codeSize: CodeSize, features: FeatureSet = .all,
        syntax: IntelSyntax = IntelSyntax()
    ) {
        self.bytes = bytes
        self.origin = origin
        self.syntax = syntax
        decoder = Decoder(codeSize: codeSize, features: features)
    }

    public mutating func next() -> Line? {
        guard position < bytes.count else { return nil }
        let address = origin &+ UInt64(position)
        let instruction = bytes.withUnsafeBufferPointer { buffer in
            decoder.decode(buffer.baseAddress.unsafelyUnwrapped + position, available: buffer.count - position)
        }
        let isInstruction = instruction.operation.isInstruction
        let count = isInstruction ? Int(instruction.length) : 1
        let taken = Array(bytes[position..<(position + count)])
        position += count
        guard isInstruction else {
            return Line(address: address, bytes: taken, instruction: nil, syntax: syntax)
        }
        return Line(address: address, bytes: taken, instruction: instruction, syntax: syntax)
    }
}
