import Testing

@testable import Wiring

@Suite struct DisketteFormatTests {
    @Test("an image of any length is a diskette: its own size, or else 1.44 MB, or the next that holds it")
    func sizes() throws {
        for (bytes, name, sectors) in [
            (163_840, "160 KB", 8), (368_640, "360 KB", 9), (737_280, "720 KB", 9), (1_228_800, "1.2 MB", 15),
            (1_474_560, "1.44 MB", 18), (1_720_320, "1.68 MB", 21), (2_949_120, "2.88 MB", 36), (1, "1.44 MB", 18),
            (512, "1.44 MB", 18), (737_281, "1.44 MB", 18), (1_474_561, "1.47 MB", 18), (1_720_321, "1.72 MB", 21),
        ] as [(UInt64, String, UInt8)] {
            let format = try #require(DisketteFormat(holding: bytes))
            #expect(format.name == name && format.sectorsPerTrack == sectors && format.byteCount >= bytes, "\(bytes): \(format)")
        }
        #expect(DisketteFormat(holding: 0) == nil && DisketteFormat(holding: 4_000_000) == nil)
        #expect(DisketteFormat(sectorCount: 2879) == nil)
    }
}
