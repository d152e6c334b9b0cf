import Wiring

extension PixelFrame {
    /// The picture as a Netpbm file, binary form P6 with 255 levels (ppm(5)).
    public var PPM: [UInt8] { Array("P6\n\(width) \(height)\n255\n".utf8) + bytes }
}
