import CZlib

/// The host's zlib behind two calls: streams as RFC 1950 says, with a checksum, or bare deflate data (RFC 1951) as qcow2 keeps it.
public enum Zlib {
    /// The wrapping of a compressed stream.
    public enum Format: Sendable {
        /// With header and Adler-32.
        case zlib
        /// Deflate data alone, made with a window of 2^`windowBits` bytes, 9 to 15.
        case deflate(windowBits: Int32)

        fileprivate var windowBits: Int32 {
            switch self {
            case .zlib: 15
            case .deflate(let bits): -min(max(bits, 9), 15)
            }
        }
    }

    /// `bytes` compressed; nil when the host has no memory left. `level` is 1 (fast) to 9 (small).
    public static func compress(_ bytes: UnsafeRawBufferPointer, level: Int32 = 1, format: Format = .zlib) -> [UInt8]? {
        guard bytes.count <= Int(UInt32.max) else { return nil }
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        guard
            deflateInit2_(&stream, level, Z_DEFLATED, format.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, uLong(bytes.count)))
        var isWhole = false
        let result = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            (isWhole, count) = stream.finish(bytes, into: buffer, deflate)
        }
        return isWhole ? result : nil
    }

    /// The `count` bytes that `bytes` stand for; nil when they stand for fewer, for more, or for nothing. What follows the end of the
    /// compressed data is not looked at.
    public static func expand(_ bytes: UnsafeRawBufferPointer, count: Int, format: Format = .zlib) -> [UInt8]? {
        guard bytes.count <= Int(UInt32.max), count <= Int(UInt32.max) else { return nil }
        var stream = z_stream()
        guard inflateInit2_(&stream, format.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            return nil
        }
        defer { inflateEnd(&stream) }
        var isWhole = false
        // One byte more than wanted shows that there is more.
        let result = [UInt8](unsafeUninitializedCapacity: count + 1) { buffer, done in
            (isWhole, done) = stream.finish(bytes, into: buffer, inflate)
        }
        return isWhole && result.count == count ? result : nil
    }
}

extension z_stream {
    /// Takes all of `bytes` through `step` in one go. Tells whether `buffer` had room for the result, and how much of it is filled.
    fileprivate mutating func finish(
        _ bytes: UnsafeRawBufferPointer, into buffer: UnsafeMutableBufferPointer<UInt8>,
        _ step: (UnsafeMutablePointer<z_stream>, Int32) -> Int32
    ) -> (isWhole: Bool, count: Int) {
        next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
        avail_in = UInt32(bytes.count)
        next_out = buffer.baseAddress
        avail_out = UInt32(buffer.count)
        let isWhole = step(&self, Z_FINISH) == Z_STREAM_END
        return (isWhole, buffer.count - Int(avail_out))
    }
}
