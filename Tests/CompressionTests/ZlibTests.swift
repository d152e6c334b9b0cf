import Compression
import Testing

@Suite struct ZlibTests {
    /// Runs, noise and nothing.
    private static let samples: [[UInt8]] = {
        var noise: UInt32 = 1
        let random = (0..<5000).map { _ -> UInt8 in
            noise = noise &* 1_664_525 &+ 1_013_904_223
            return UInt8(noise >> 24)
        }
        return [[], [7], [UInt8](repeating: 0, count: 100_000), random]
    }()

    private func compressed(_ bytes: [UInt8], level: Int32 = 1, _ format: Zlib.Format) throws -> [UInt8] {
        try #require(bytes.withUnsafeBytes { Zlib.compress($0, level: level, format: format) })
    }

    private func expanded(_ bytes: [UInt8], count: Int, _ format: Zlib.Format) -> [UInt8]? {
        bytes.withUnsafeBytes { Zlib.expand($0, count: count, format: format) }
    }

    @Test(arguments: [Zlib.Format.zlib, .deflate(windowBits: 12), .deflate(windowBits: 99)]) func thereAndBack(format: Zlib.Format)
        throws
    {
        for sample in Self.samples {
            for level: Int32 in [1, 9] {
                #expect(expanded(try compressed(sample, level: level, format), count: sample.count, format) == sample)
            }
        }
    }

    @Test func zerosBecomeSmall() throws {
        #expect(try compressed(Self.samples[2], .zlib).count < 1000)
    }

    /// RFC 1950, section 2.2: CMF and FLG, and at the end Adler-32 with its most significant byte first; RFC 1951, section 3.2.6, for the rest.
    @Test func theStreamOfTheStandard() throws {
        #expect(expanded([0x78, 0x01, 0x4B, 0x04, 0x00, 0x00, 0x62, 0x00, 0x62], count: 1, .zlib) == [0x61])
        #expect(expanded([0x4B, 0x04, 0x00], count: 1, .deflate(windowBits: 15)) == [0x61])
    }

    @Test func anotherCountIsRefused() throws {
        let stream = try compressed([1, 2, 3], .zlib)
        #expect(expanded(stream, count: 2, .zlib) == nil)
        #expect(expanded(stream, count: 4, .zlib) == nil)
        #expect(expanded(stream + [9, 9], count: 3, .zlib) == [1, 2, 3], "what follows is not looked at")
    }

    @Test func damageIsRefused() throws {
        let stream = try compressed(Self.samples[3], .zlib)
        #expect(expanded([], count: 0, .zlib) == nil)
        for length in [1, 2, stream.count / 2, stream.count - 1] {
            #expect(expanded(Array(stream[..<length]), count: 5000, .zlib) == nil)
        }
        var wrong = stream
        wrong[stream.count - 1] ^= 1
        #expect(expanded(wrong, count: 5000, .zlib) == nil, "the checksum is another")
    }
}
