/// Source lines for addresses, from an ELF file's `.debug_line`. DWARF 5, section 6.2; versions 2 to 5, 32-bit DWARF.
///
/// Not read: 64-bit DWARF, several operations in one instruction (VLIW), compressed sections. A damaged unit ends itself; the others stay.
public struct LineTable: Sendable {
    /// A row of the table: from its address on code belongs to its line.
    public struct Row: Equatable, Sendable {
        /// The address of the row's first instruction.
        public let address: UInt64
        /// Index in `files`.
        public let file: Int
        /// 0 where the compiler says that there is no line.
        public let line: UInt32
        /// The column, counted from 1; 0 is the line's beginning.
        public let column: UInt32
        /// The address is one past the last instruction of a sequence.
        public let endsSequence: Bool
    }

    /// Source files with their folders as the compiler wrote them.
    public private(set) var files: [String] = []
    /// Index in `files` of each unit's file 0, by the unit's offset in `.debug_line`.
    private(set) var firstFiles: [UInt64: Int] = [:]
    /// By rising address.
    public private(set) var rows: [Row] = []
    /// Rows that are kept at most: more than the largest kernel has.
    private static let limit = 8_000_000

    /// No lines.
    init() {}

    /// Empty when there is no debug information that can be read.
    public init(_ elf: ELFFile) {
        guard let lines = elf.contents(of: ".debug_line") else { return }
        let strings = elf.contents(of: ".debug_str")
        let lineStrings = elf.contents(of: ".debug_line_str")
        var position: UInt64 = 0
        while position &+ 4 <= lines.count, rows.count < Self.limit {
            // Lengths from FFFFFFF0h on are 64-bit DWARF and reserved values.
            guard let length = lines.u32(position), length < 0xFFFF_FFF0 else { break }
            let end = position &+ 4 &+ UInt64(length)
            var unit = LineUnit(
                DWARFCursor(lines, from: position &+ 4, to: end), strings: strings, lineStrings: lineStrings, firstFile: files.count
            )
            unit.read(room: Self.limit - rows.count)
            firstFiles[position] = files.count
            files += unit.files
            rows += unit.rows
            position = end
        }
        // A sequence that ends where the next begins: the end comes first.
        rows.sort { ($0.address, $0.endsSequence ? 0 : 1) < ($1.address, $1.endsSequence ? 0 : 1) }
    }

    /// File and line of the instruction at `address`.
    public func location(of address: UInt64) -> (file: String, line: UInt32)? {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let row = rows[low - 1]
        guard !row.endsSequence, row.line > 0, files.indices.contains(row.file) else { return nil }
        return (files[row.file], row.line)
    }

    /// The lowest address of the line, or of the first line after it that has code, in a file whose name ends in `file`.
    public func address(ofFile file: String, line: UInt32) -> UInt64? {
        let wanted = Set(files.indices.filter { files[$0] == file || files[$0].hasSuffix("/" + file) })
        let matches = rows.filter { wanted.contains($0.file) && !$0.endsSequence && $0.line >= line }
        guard let nearest = matches.map(\.line).min() else { return nil }
        return matches.filter { $0.line == nearest }.map(\.address).min()
    }
}
