/// Something that is hard to imagine, as boxes that lead from one to the next. Whoever shows it lays it out; the words are all here.
public struct Picture: Equatable, Sendable {
    /// The outcome at a box, by which it is coloured.
    public enum Verdict: String, Sendable {
        /// The way goes on here.
        case passed
        /// The way ends here.
        case failed
        /// Nothing is decided here.
        case plain
    }

    /// A station of the way.
    public struct Box: Equatable, Sendable {
        /// The heading.
        public var title: String
        /// Lines below the heading.
        public var lines: [String]
        /// The outcome here.
        public var verdict: Verdict
        /// Linear address of what the box is about.
        public var address: UInt64?

        /// A station with its heading and lines.
        public init(_ title: String, _ lines: [String], _ verdict: Verdict = .plain, address: UInt64? = nil) {
            (self.title, self.lines, self.verdict, self.address) = (title, lines, verdict, address)
        }
    }

    /// The heading.
    public var title: String
    /// The stations in the order of the way.
    public var boxes: [Box]

    /// The place where the way ends, and why; nil where it is open.
    public var obstacle: Box? { boxes.first { $0.verdict == .failed } }
}
