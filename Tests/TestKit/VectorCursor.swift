import CZlib

/// Reads little-endian values from a byte stream, in order. Reading past the end throws.
struct VectorCursor {
    var position: Int

    /// Takes `count` bytes and returns where they start.
    @inline(__always)
    mutating func take(_ count: Int, _ bytes: UnsafeRawBufferPointer) throws(VectorFileError) -> Int {
        let start = position
        guard count <= bytes.count - start else { throw .truncated(at: start) }
        position = start &+ count
        return start
    }

    mutating func uint8(_ bytes: UnsafeRawBufferPointer) throws(VectorFileError) -> UInt8 {
        bytes[try take(1, bytes)]
    }

    mutating func uint16(_ bytes: UnsafeRawBufferPointer) throws(VectorFileError) -> UInt16 {
        UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: try take(2, bytes), as: UInt16.self))
    }

    mutating func uint32(_ bytes: UnsafeRawBufferPointer) throws(VectorFileError) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: try take(4, bytes), as: UInt32.self))
    }

    mutating func uint64(_ bytes: UnsafeRawBufferPointer) throws(VectorFileError) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: try take(8, bytes), as: UInt64.self))
    }

    mutating func array(_ count: Int, _ bytes: UnsafeRawBufferPointer) throws(VectorFileError) -> [UInt8] {
        let start = try take(count, bytes)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
            initialized = count
        }
    }

    /// A length byte and that many ASCII characters.
    mutating func name(_ bytes: UnsafeRawBufferPointer) throws(VectorFileError) -> String {
        let count = try Int(uint8(bytes))
        return String(decoding: try array(count, bytes), as: UTF8.self)
    }
}

/// The decompressed content of a gzip file.
func gunzip(_ path: String) throws(VectorFileError) -> [UInt8] {
    guard let file = gzopen(path, "rb") else { throw .unreadable(path: path) }
    defer { gzclose(file) }
    _ = gzbuffer(file, 1 << 17)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { piece.deallocate() }
    var stream: [UInt8] = []
    while true {
        let got = gzread(file, piece.baseAddress, UInt32(piece.count))
        guard got >= 0 else { throw .unreadable(path: path) }
        if got == 0 { return stream }
        stream.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece[..<Int(got)]))
    }
}
