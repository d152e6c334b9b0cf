@testable import Disks

/// A file in memory that keeps a journal: what was written, and where everything before was made safe.
final class MemoryFile: ImageFile {
    enum Step {
        case write(offset: Int, bytes: [UInt8])
        case barrier
    }

    private(set) var contents: [UInt8]
    /// Since `beginJournal()`.
    private(set) var journal: [Step] = []
    private var first: [UInt8] = []
    private var keepsJournal = false
    /// What a file may grow to.
    var limit = 1 << 28

    init(_ contents: [UInt8]) { self.contents = contents }

    func beginJournal() {
        first = contents
        journal = []
        keepsJournal = true
    }

    /// The file after the first `count` steps.
    func contents(after count: Int) -> [UInt8] { Self.replay(first, journal[..<count]) }

    /// The file after a loss of power behind step `count`: writes since the last barrier may have come through or not.
    func contents(after count: Int, losing isLost: () -> Bool) -> [UInt8] {
        let barrier = journal[..<count].lastIndex { if case .barrier = $0 { true } else { false } } ?? 0
        let kept = journal[..<count].enumerated().filter { $0.offset < barrier || !isLost() }
        return Self.replay(first, kept.map(\.element)[...])
    }

    private static func replay(_ start: [UInt8], _ steps: ArraySlice<Step>) -> [UInt8] {
        var contents = start
        for case .write(let offset, let bytes) in steps { put(bytes, at: offset, in: &contents) }
        return contents
    }

    private static func put(_ bytes: [UInt8], at offset: Int, in contents: inout [UInt8]) {
        if contents.count < offset + bytes.count {
            contents += [UInt8](repeating: 0, count: offset + bytes.count - contents.count)
        }
        contents.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    func size() -> UInt64 { UInt64(contents.count) }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(HostFile.Refusal) {
        guard offset <= UInt64(contents.count), buffer.count <= contents.count - Int(offset) else { throw .inputOutput }
        buffer.copyBytes(from: contents[Int(offset)..<Int(offset) + buffer.count])
    }

    func write(at offset: UInt64, from buffer: UnsafeRawBufferPointer) throws(HostFile.Refusal) {
        guard offset <= UInt64(limit), buffer.count <= limit - Int(offset) else { throw .nameTooLong }
        let bytes = Array(buffer)
        Self.put(bytes, at: Int(offset), in: &contents)
        if keepsJournal { journal.append(.write(offset: Int(offset), bytes: bytes)) }
    }

    func synchronize() { if keepsJournal { journal.append(.barrier) } }
}
