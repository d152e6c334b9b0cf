/// A unit's entries, in the order of the file: each is followed by its descendants.
final class DebugUnit: Sendable {
    /// An entry of `.debug_info`.
    struct Entry: Sendable {
        /// In `.debug_info`, and where its attributes begin.
        let offset: UInt64
        let attributes: UInt64
        let code: UInt64
        let tag: UInt16
        /// Index of the entry that this is a child of; -1 for the first one.
        let parent: Int32
        /// Index of the next entry that is no descendant.
        var end: Int32
    }

    let header: UnitHeader
    let abbreviations: Abbreviations
    let entries: [Entry]

    /// Deeper trees are cut off: no compiler nests so deeply.
    private static let deepest = 256

    /// Reads at most `limit` entries; a damaged unit keeps those before the damage.
    init(_ header: UnitHeader, _ abbreviations: Abbreviations, _ info: Bytes, limit: Int) {
        self.header = header
        self.abbreviations = abbreviations
        var entries: [Entry] = []
        var open: [Int] = []
        var cursor = DWARFCursor(info, from: header.first, to: header.end)
        while !cursor.isAtEnd, entries.count < limit {
            let offset = cursor.position
            let code = cursor.uleb()
            if code == 0 {
                guard let last = open.popLast() else { break }
                entries[last].end = Int32(entries.count)
                if open.isEmpty { break }
                continue
            }
            guard let abbreviation = abbreviations[code], !cursor.isBroken else { break }
            let entry = Entry(
                offset: offset, attributes: cursor.position, code: code, tag: abbreviation.tag,
                parent: open.last.map { Int32($0) } ?? -1,
                end: Int32(entries.count + 1))
            for attribute in abbreviation.attributes { _ = attribute.read(&cursor, header) }
            guard !cursor.isBroken else { break }
            entries.append(entry)
            if abbreviation.hasChildren {
                guard open.count < Self.deepest else { break }
                open.append(entries.count - 1)
            } else if open.isEmpty {
                break
            }
        }
        for last in open { entries[last].end = Int32(entries.count) }
        self.entries = entries
    }

    /// Index of the entry that begins at `offset`.
    func index(at offset: UInt64) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].offset == offset ? low : nil
    }
}
