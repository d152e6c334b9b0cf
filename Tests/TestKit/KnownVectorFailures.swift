import Foundation

/// Vectors whose recorded result is not what we do, each with the reason: `testroms/vectors/known-failures.txt`.
///
/// A line is one of
///
///     reason KEY  SENTENCE
///     FILE  IDENTITY  KEY  FORM
///
/// FILE is a file name without its endings, IDENTITY the vector's `identity(form:)` in 16 hexadecimal digits, or `*` for all vectors
/// of the form. Lines that start with # are comments.
public struct KnownVectorFailures: Sendable {
    /// Sentences by key.
    public private(set) var reasons: [String: String] = [:]
    private var keys: [Entry: String] = [:]

    private struct Entry: Hashable {
        var file: String
        /// A vector's identity, or the name of a form.
        var what: String
    }

    /// A line that is not in the form above, or that names a reason without a sentence.
    public struct BadLine: Error {
        public let number: Int
        public let text: String
    }

    public init(contentsOf path: String) throws {
        try self.init(text: String(contentsOfFile: path, encoding: .utf8))
    }

    public init(text: String) throws {
        var used: [(key: String, line: BadLine)] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let text = line.trimmingCharacters(in: .whitespaces)
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            let bad = BadLine(number: index + 1, text: text)
            if text.hasPrefix("reason ") {
                let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
                guard words.count == 3 else { throw bad }
                reasons[String(words[1])] = words[2].trimmingCharacters(in: .whitespaces)
                continue
            }
            let words = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true).map(String.init)
            guard words.count == 4 else { throw bad }
            let form = words[3].trimmingCharacters(in: .whitespaces)
            keys[Entry(file: words[0], what: words[1] == "*" ? form : words[1])] = words[2]
            used.append((words[2], bad))
        }
        for (key, line) in used where reasons[key] == nil { throw line }
    }

    /// The key of the reason why this vector of `file` fails, nil if it must pass.
    public func reason(_ file: String, form: String, identity: String) -> String? {
        guard !keys.isEmpty else { return nil }
        return keys[Entry(file: file, what: identity)] ?? keys[Entry(file: file, what: form)]
    }
}

extension Vector {
    /// A name for this vector that is the same in a full file and in a sample of it: FNV-1a, 64 bits, over the form's name, the
    /// instruction and the initial state.
    public func identity(form: VectorForm) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        func add(_ value: UInt64) { for shift in 0..<8 { add(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))) } }
        form.name.utf8.forEach(add)
        instruction.forEach(add)
        for item in initial {
            add(item.id)
            add(item.low)
            add(item.high)
        }
        for chunk in initialMemory {
            add(chunk.address)
            chunk.bytes.forEach(add)
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
