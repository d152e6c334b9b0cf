/// A POSIX extended regular expression (regex(7)) as a program for `RegularExpressionSearch`, over bytes. A line feed ends a line for `^`, `$`, `.` and
/// lists that begin with `^`. GNU's `\w \W \s \S \b \B \< \>` are known.
///
/// The host's regcomp(3) and regexec(3) are not used: their recursion, memory and time have no bounds (docs/decisions/0016-regular-expressions.md).
package struct RegularExpression {
    enum Instruction: Equatable {
        /// A byte of this set.
        case set(Int)
        case split(Int, Int)
        case jump(Int)
        case assertion(Assertion)
        case match
    }

    enum Assertion: Equatable {
        case lineStart, lineEnd, wordEdge, noWordEdge, wordStart, wordEnd
    }

    /// The reason why a text is no expression that can be used.
    package struct Mistake: Error, Equatable {
        package let words: String
    }

    /// A set of byte values.
    struct Bytes: Equatable, Hashable {
        private var words = SIMD4<UInt64>()

        init() {}
        init(_ bytes: some Sequence<UInt8>) { for byte in bytes { insert(byte) } }
        mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }
        mutating func remove(_ byte: UInt8) { words[Int(byte >> 6)] &= ~(1 << UInt64(byte & 63)) }
        mutating func formUnion(_ other: Bytes) { words |= other.words }
        mutating func invert() { words = ~words }
        func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 != 0 }

        static let word = Bytes((0...255).filter(isWord))
        static let space = Bytes([0x20] + Array(0x09...0x0D))
        static let line = Bytes((0...255).filter { $0 != 0x0A })
    }

    static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }

    /// Instructions at most, once repetitions are written out.
    static let longest = 10_000

    private(set) var program: [Instruction] = []
    private(set) var sets: [Bytes] = []

    init(_ text: String) throws(Mistake) {
        var parser = RegularExpressionParser(text)
        let tree = try parser.whole()
        try emit(tree)
        try append(.match)
    }

    private mutating func append(_ instruction: Instruction) throws(Mistake) {
        guard program.count < Self.longest else {
            throw Mistake(words: "it has more than \(Self.longest) parts once its repetitions are written out")
        }
        program.append(instruction)
    }

    private mutating func emit(_ node: RegularExpressionNode) throws(Mistake) {
        switch node {
        case .empty: break
        case .bytes(let bytes):
            let index = sets.firstIndex(of: bytes) ?? sets.count
            if index == sets.count { sets.append(bytes) }
            try append(.set(index))
        case .assertion(let assertion): try append(.assertion(assertion))
        case .sequence(let nodes): for node in nodes { try emit(node) }
        case .choice(let nodes):
            var exits: [Int] = []
            for (number, node) in nodes.enumerated() {
                guard number < nodes.count - 1 else {
                    try emit(node)
                    break
                }
                let split = program.count
                try append(.split(split + 1, 0))
                try emit(node)
                exits.append(program.count)
                try append(.jump(0))
                program[split] = .split(split + 1, program.count)
            }
            for exit in exits { program[exit] = .jump(program.count) }
        case .repetition(let node, let least, let most):
            for _ in 0..<least { try emit(node) }
            guard let most else {
                let split = program.count
                try append(.split(split + 1, 0))
                try emit(node)
                try append(.jump(split))
                program[split] = .split(split + 1, program.count)
                return
            }
            var splits: [Int] = []
            for _ in least..<max(most, least) {
                splits.append(program.count)
                try append(.split(program.count + 1, 0))
                try emit(node)
            }
            for split in splits { program[split] = .split(split + 1, program.count) }
        }
    }
}

/// An expression as a tree.
indirect enum RegularExpressionNode {
    case empty
    case bytes(RegularExpression.Bytes)
    case assertion(RegularExpression.Assertion)
    case sequence([RegularExpressionNode])
    case choice([RegularExpressionNode])
    /// `most` nil: any number of times.
    case repetition(RegularExpressionNode, least: Int, most: Int?)

    /// It stands for no byte at all, so that repeating it adds nothing.
    var isHollow: Bool {
        switch self {
        case .empty, .assertion: true
        case .bytes: false
        case .sequence(let nodes), .choice(let nodes): nodes.allSatisfy(\.isHollow)
        case .repetition(let node, _, let most): most == 0 || node.isHollow
        }
    }
}
