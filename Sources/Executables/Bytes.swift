/// A file's bytes with little-endian reads that know the end: nothing in a file can make us read beyond it.
public struct Bytes: Sendable {
    /// The bytes from the file's beginning.
    public let all: [UInt8]

    /// The bytes of a file, or of a part of one that is read by offsets of its own.
    public init(_ all: [UInt8]) { self.all = all }

    /// Length of the file in bytes.
    public var count: UInt64 { UInt64(truncatingIfNeeded: all.count) }

    /// The byte at an offset; nil behind the end.
    public func u8(_ offset: UInt64) -> UInt8? {
        offset < count ? all[Int(truncatingIfNeeded: offset)] : nil
    }

    /// The little-endian 16-bit number at an offset; nil where the file ends before it does.
    public func u16(_ offset: UInt64) -> UInt16? { number(offset, UInt16.self) }
    /// The little-endian 32-bit number at an offset; nil where the file ends before it does.
    public func u32(_ offset: UInt64) -> UInt32? { number(offset, UInt32.self) }
    /// The little-endian 64-bit number at an offset; nil where the file ends before it does.
    public func u64(_ offset: UInt64) -> UInt64? { number(offset, UInt64.self) }

    /// A little-endian number, or nil where the file ends before it does.
    private func number<T: FixedWidthInteger & UnsignedInteger>(_ offset: UInt64, _ type: T.Type) -> T? {
        let size = UInt64(truncatingIfNeeded: MemoryLayout<T>.size)
        guard offset <= count, count &- offset >= size else { return nil }
        return all.withUnsafeBytes {
            T(littleEndian: $0.loadUnaligned(fromByteOffset: Int(truncatingIfNeeded: offset), as: T.self))
        }
    }

    /// `length` bytes from `offset` on, or nil where the file is shorter.
    public func slice(_ offset: UInt64, _ length: UInt64) -> [UInt8]? {
        guard offset <= count, count &- offset >= length else { return nil }
        let start = Int(truncatingIfNeeded: offset)
        return Array(all[start..<(start &+ Int(truncatingIfNeeded: length))])
    }

    /// The text from `offset` to the next zero byte, at most `limit` bytes.
    public func text(_ offset: UInt64, limit: UInt64 = 4096) -> String? {
        guard offset < count else { return nil }
        let end = min(count, offset &+ limit)
        let range = all[Int(truncatingIfNeeded: offset)..<Int(truncatingIfNeeded: end)]
        return String(decoding: range.prefix { $0 != 0 }, as: UTF8.self)
    }
}
