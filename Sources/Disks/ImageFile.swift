/// The file an image is in: what a format needs of it. Tests put memory, and failures, behind it.
protocol ImageFile: AnyObject {
    /// Bytes.
    func size() throws(HostFile.Refusal) -> UInt64
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(HostFile.Refusal)
    /// Writes, growing the file where it has to.
    func write(at offset: UInt64, from buffer: UnsafeRawBufferPointer) throws(HostFile.Refusal)
    /// Returns when everything written before survives a loss of power.
    func synchronize() throws(HostFile.Refusal)
}

/// An open file of the host, shared by reference.
final class HostImageFile: ImageFile {
    private let file: HostFile

    init(_ file: consuming HostFile) { self.file = file }

    func size() throws(HostFile.Refusal) -> UInt64 { try file.size() }
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(HostFile.Refusal) {
        try file.read(at: offset, into: buffer)
    }
    func write(at offset: UInt64, from buffer: UnsafeRawBufferPointer) throws(HostFile.Refusal) {
        try file.write(at: offset, from: buffer)
    }
    func synchronize() throws(HostFile.Refusal) { try file.synchronize() }
}

extension ImageFile {
    /// `count` bytes from `offset` on; zeros where the file has ended.
    func bytes(at offset: UInt64, count: Int, fileSize: UInt64) throws(HostFile.Refusal) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { buffer.deallocate() }
        try read(at: offset, into: buffer, fileSize: fileSize)
        return Array(buffer)
    }

    func read(
        at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer, fileSize: UInt64
    ) throws(HostFile.Refusal) {
        let there = offset < fileSize ? Int(min(UInt64(buffer.count), fileSize - offset)) : 0
        if there > 0 { try read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<there])) }
        if there < buffer.count {
            UnsafeMutableRawBufferPointer(rebasing: buffer[there...]).initializeMemory(as: UInt8.self, repeating: 0)
        }
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(HostFile.Refusal) {
        // A copy: a closure that throws a typed error inside `withUnsafeBytes` crashes Swift 6.3.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        try write(at: offset, from: UnsafeRawBufferPointer(buffer))
    }
}
