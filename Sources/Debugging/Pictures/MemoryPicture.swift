/// Memory in columns of places, the highest address on top: stacks, address spaces. Whoever shows it lays it out, not to scale; the words are all here.
public struct MemoryPicture: Equatable, Sendable {
    /// A place, or a stretch of places.
    public struct Cell: Equatable, Sendable {
        public enum Kind: String, Sendable {
            /// It is there.
            case plain
            /// It would be written.
            case written
            /// Nothing is there.
            case empty
        }

        /// Its address or addresses.
        public var place: String
        public var text: String
        public var kind: Kind
        /// Names of what points here, as "ESP".
        public var marks: [String]
        /// Linear address of its beginning.
        public var address: UInt64?

        public init(_ place: String, _ text: String, _ kind: Kind = .plain, marks: [String] = [], address: UInt64? = nil) {
            (self.place, self.text, self.kind, self.marks, self.address) = (place, text, kind, marks, address)
        }
    }

    public struct Column: Equatable, Sendable {
        public var title: String
        public var lines: [String]
        /// It is what would happen now.
        public var isNow: Bool
        /// Why it cannot be.
        public var obstacle: String?
        public var cells: [Cell]

        public init(_ title: String, _ lines: [String] = [], isNow: Bool = false, obstacle: String? = nil, _ cells: [Cell]) {
            (self.title, self.lines, self.isNow, self.obstacle, self.cells) = (title, lines, isNow, obstacle, cells)
        }
    }

    /// From a cell of the first column to one of the second.
    public struct Arrow: Equatable, Sendable {
        public var from: Int
        public var to: Int
    }

    public var title: String
    public var columns: [Column]
    public var arrows: [Arrow]

    public init(title: String, columns: [Column], arrows: [Arrow] = []) {
        (self.title, self.columns, self.arrows) = (title, columns, arrows)
    }
}
