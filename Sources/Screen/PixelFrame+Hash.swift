import Wiring

extension PixelFrame {
    /// A fingerprint of size and dots in 16 hexadecimal digits, for scripts that compare pictures: FNV-1a with 64 bits over width and height
    /// as four bytes each, lowest first, and the frame's bytes. Not cryptographic.
    public var hash: String {
        var value: UInt64 = 0xCBF2_9CE4_8422_2325
        func take(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for size in [width, height] {
            for shift in [0, 8, 16, 24] { take(UInt8(truncatingIfNeeded: size >> shift)) }
        }
        bytes.withUnsafeBufferPointer { for byte in $0 { take(byte) } }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
