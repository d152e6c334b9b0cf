/// The hits of a breakpoint that stop, counted from 1, as editors write it: `5` and `>= 5` from the fifth on, `== 5` the fifth alone, `> 5`, `< 5`, `<= 5`,
/// and `% 5` each fifth.
public struct HitRule: Equatable, Sendable {
    private enum Relation: String, CaseIterable {
        // Longer ones first: ">" begins ">=", too.
        case from = ">="
        case upTo = "<="
        case exactly = "=="
        case one = "="
        case above = ">"
        case below = "<"
        case each = "%"
    }

    private let relation: Relation
    private let number: UInt64

    /// Parses a rule. Throws where the text is none.
    public init(_ text: String) throws(DebuggerError) {
        let text = text.trimmed
        let relation = Relation.allCases.first { text.hasPrefix($0.rawValue) }
        let digits = text.dropFirst(relation?.rawValue.count ?? 0)
        guard let number = UInt64(String(digits).trimmed), number > 0 else {
            throw DebuggerError("hit condition \(text): write a number from 1 on, or one behind ==, >=, >, <=, < or %")
        }
        (self.relation, self.number) = (relation ?? .from, number)
    }

    /// Tells whether a hit, counted from 1, stops the machine.
    public func stops(at hit: UInt64) -> Bool {
        switch relation {
        case .from: hit >= number
        case .upTo: hit <= number
        case .exactly, .one: hit == number
        case .above: hit > number
        case .below: hit < number
        case .each: hit % number == 0
        }
    }
}
