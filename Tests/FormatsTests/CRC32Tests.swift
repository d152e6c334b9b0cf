import Formats
import Testing

@Suite struct CRC32Tests {
    /// The check value that catalogues of such sums give for this one.
    @Test func nineDigits() {
        #expect(CRC32.of(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(CRC32.of([]) == 0)
    }

    @Test func theSameByteByByte() {
        var check = CRC32()
        for byte in Array("IEND".utf8) { check.add(byte) }
        // The last chunk of every PNG file.
        #expect(check.value == 0xAE42_6082)
    }
}
