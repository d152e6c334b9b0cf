/// A search that follows all ways through an expression at once (Thompson, "Regular Expression Search Algorithm", CACM 11, 1968): each byte is looked at
/// once, at a cost of at most the expression's length. More bytes may come later; what was seen is not looked at again.
///
/// Finds the first occurrence, of those that begin there the longest.
struct RegularExpressionSearch {
    private let expression: RegularExpression
    /// Bytes that an occurrence may begin with; nil where it may begin with none, or depends on what is around it.
    private let firstBytes: RegularExpression.Bytes?
    /// Instructions that wait for the next byte, with the place where their occurrence began, the earliest first.
    private var threads: [(instruction: Int, start: Int)] = []
    private var previous: UInt8?
    private var position = 0
    private var best: (start: Int, end: Int)?
    /// The instructions that were followed in the round with this number.
    private var rounds: [Int]
    private var round = 0
    private var stack: [Int] = []

    init(_ expression: RegularExpression) {
        self.expression = expression
        rounds = [Int](repeating: 0, count: expression.program.count)
        firstBytes = Self.firstBytes(expression)
    }

    /// Tells where the occurrence ends, counted from the first byte of all; nil where none has come with `bytes`, the next ones. After an answer the search
    /// is over.
    mutating func end(feeding bytes: ArraySlice<UInt8>) -> Int? {
        for byte in bytes {
            if threads.isEmpty {
                if let best { return best.end }
                if let firstBytes, !firstBytes.contains(byte) {
                    (previous, position) = (byte, position + 1)
                    continue
                }
            }
            let followed = follow(next: byte)
            var after: [(instruction: Int, start: Int)] = []
            after.reserveCapacity(followed.count)
            for thread in followed {
                if case .set(let set) = expression.program[thread.instruction], expression.sets[set].contains(byte) {
                    after.append((thread.instruction + 1, thread.start))
                }
            }
            threads = after
            (previous, position) = (byte, position + 1)
        }
        // What comes next is not known: an occurrence counts that ends here, with `$`, too.
        let before = best
        _ = follow(next: nil)
        if let best { return best.end }
        best = before
        return nil
    }

    /// The instructions that want a byte, reached from those that wait and from a new beginning; occurrences that end here are noted.
    private mutating func follow(next: UInt8?) -> [(instruction: Int, start: Int)] {
        round += 1
        var followed: [(instruction: Int, start: Int)] = []
        for thread in threads + [(instruction: 0, start: position)] {
            if let best, thread.start > best.start { break }
            stack = [thread.instruction]
            while let instruction = stack.popLast() {
                guard rounds[instruction] != round else { continue }
                rounds[instruction] = round
                switch expression.program[instruction] {
                case .set: followed.append((instruction, thread.start))
                case .jump(let to): stack.append(to)
                case .split(let one, let other):
                    stack.append(other)
                    stack.append(one)
                case .assertion(let assertion): if holds(assertion, next) { stack.append(instruction + 1) }
                case .match:
                    if best == nil || thread.start <= best!.start { best = (thread.start, position) }
                }
            }
        }
        return followed
    }

    private func holds(_ assertion: RegularExpression.Assertion, _ next: UInt8?) -> Bool {
        let before = previous.map(RegularExpression.isWord) ?? false, after = next.map(RegularExpression.isWord) ?? false
        switch assertion {
        case .lineStart: return previous == nil || previous == 0x0A
        case .lineEnd: return next == nil || next == 0x0A
        case .wordEdge: return before != after
        case .noWordEdge: return before == after
        case .wordStart: return !before && after
        case .wordEnd: return before && !after
        }
    }

    private static func firstBytes(_ expression: RegularExpression) -> RegularExpression.Bytes? {
        var bytes = RegularExpression.Bytes()
        var seen = Set<Int>()
        var stack = [0]
        while let instruction = stack.popLast() {
            guard seen.insert(instruction).inserted else { continue }
            switch expression.program[instruction] {
            case .set(let set): bytes.formUnion(expression.sets[set])
            case .jump(let to): stack.append(to)
            case .split(let one, let other): stack += [one, other]
            // Whatever an assertion demands, an occurrence of some bytes begins with one of those behind it.
            case .assertion: stack.append(instruction + 1)
            case .match: return nil
            }
        }
        return bytes
    }
}
