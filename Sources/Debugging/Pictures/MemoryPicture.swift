/// Memory in columns of places, the highest address on top: stacks, address spaces. Whoever shows it lays it out, not to scale; the words are all here.
public struct MemoryPicture: Equatable, Sendable {
    /// A place, or a stretch of places.
    public struct Cell: Equatable, Sendable {
        /// The kind of a place, by which it is coloured.
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
        /// Its contents, in words.
        public var text: String
        /// The kind of the place.
        public var kind: Kind
        /// Names of what points here, as "ESP".
        public var marks: [String]
        /// Linear address of its beginning.
        public var address: UInt64?

        /// A place with its contents.
        public init(_ place: String, _ text: String, _ kind: Kind = .plain, marks: [String] = [], address: UInt64? = nil) {
            (self.place, self.text, self.kind, self.marks, self.address) = (place, text, kind, marks, address)
        }
    }

    /// Places of one kind, one above the other.
    public struct Column: Equatable, Sendable {
        /// The heading.
        public var title: String
        /// Lines below the heading.
        public var lines: [String]
        /// It is what would happen now.
        public var isNow: Bool
        /// Why it cannot be.
        public var obstacle: String?
        /// The places, the highest address first.
        public var cells: [Cell]

        /// A column of places.
        public init(_ title: String, _ lines: [String] = [], isNow: Bool = false, obstacle: String? = nil, _ cells: [Cell]) {
            (self.title, self.lines, self.isNow, self.obstacle, self.cells) = (title, lines, isNow, obstacle, cells)
        }
    }

    /// From a cell of the first column to one of the second.
    public struct Arrow: Equatable, Sendable {
        /// The number of the cell in the first column.
        public var from: Int
        /// The number of the cell in the second column.
        public var to: Int
    }

    /// The heading.
    public var title: String
    /// The columns from left to right.
    public var columns: [Column]
    /// The arrows from the first column to the second.
    public var arrows: [Arrow]

    /// A picture of columns.
    public init(title: String, columns: [Column], arrows: [Arrow] = []) {
        (self.title, self.columns, self.arrows) = (title, columns, arrows)
    }
}
