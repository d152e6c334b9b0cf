/// Something that is hard to imagine, as boxes that lead from one to the next. Whoever shows it lays it out; the words are all here.
public struct Picture: Equatable, Sendable {
    public enum Verdict: String, Sendable {
        /// The way goes on here.
        case passed
        /// The way ends here.
        case failed
        /// Nothing is decided here.
        case plain
    }

    public struct Box: Equatable, Sendable {
        public var title: String
        public var lines: [String]
        public var verdict: Verdict
        /// Linear address of what the box is about.
        public var address: UInt64?

        public init(_ title: String, _ lines: [String], _ verdict: Verdict = .plain, address: UInt64? = nil) {
            (self.title, self.lines, self.verdict, self.address) = (title, lines, verdict, address)
        }
    }

    public var title: String
    public var boxes: [Box]

    /// The place where the way ends, and why; nil where it is open.
    public var obstacle: Box? { boxes.first { $0.verdict == .failed } }
}
