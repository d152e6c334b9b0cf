import Wiring

extension PixelFrame {
    subscript(x: Int, y: Int) -> RGB {
        let place = 3 * (y * width + x)
        return RGB(bytes[place], bytes[place + 1], bytes[place + 2])
    }

    /// The picture in another size: each dot is the mean of those it covers; enlarged, dots are repeated.
    func scaled(width newWidth: Int, height newHeight: Int) -> PixelFrame {
        guard width > 0, height > 0, (newWidth, newHeight) != (width, height) else { return self }
        var result = PixelFrame(width: newWidth, height: newHeight)
        bytes.withUnsafeBufferPointer { source in
            result.bytes.withUnsafeMutableBufferPointer { target in
                for y in 0..<newHeight {
                    let rows = y * height / newHeight..<max((y + 1) * height / newHeight, y * height / newHeight + 1)
                    for x in 0..<newWidth {
                        let columns = x * width / newWidth..<max((x + 1) * width / newWidth, x * width / newWidth + 1)
                        var sums = (0, 0, 0)
                        for row in rows {
                            for column in columns {
                                let place = 3 &* (row &* width &+ column)
                                sums.0 &+= Int(truncatingIfNeeded: source[place])
                                sums.1 &+= Int(truncatingIfNeeded: source[place &+ 1])
                                sums.2 &+= Int(truncatingIfNeeded: source[place &+ 2])
                            }
                        }
                        let count = rows.count * columns.count, place = 3 * (y * newWidth + x)
                        target[place] = UInt8(truncatingIfNeeded: sums.0 / count)
                        target[place + 1] = UInt8(truncatingIfNeeded: sums.1 / count)
                        target[place + 2] = UInt8(truncatingIfNeeded: sums.2 / count)
                    }
                }
            }
        }
        return result
    }
}
