import Formats
import Wiring

/// An animated PNG, made frame by frame (W3C PNG Third Edition, section 11.3.6, "Animation information"): a picture that every PNG reader shows,
/// and more that those which know animation show after it. Only the part of a frame that differs from the one before is kept.
///
/// The number of frames stands at the beginning and is known at the end: whoever writes the file puts `header` over its first bytes then.
public struct AnimatedPNG {
    /// The width and height of every frame; a frame of another size is centred on black, or cut.
    public let width: Int
    /// The height of every frame, in dots.
    public let height: Int
    private var last: [UInt8]?
    private var sequenceNumber: UInt32 = 0
    private var frameCount: UInt32 = 0

    /// A picture without frames, of this size in dots.
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// Signature, IHDR and acTL as they are with the frames so far: always of the same length.
    public var header: [UInt8] {
        var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        bytes += Self.chunk("IHDR", Self.word(UInt32(width)) + Self.word(UInt32(height)) + [8, 2, 0, 0, 0])
        // 0 plays: for ever.
        return bytes + Self.chunk("acTL", Self.word(max(frameCount, 1)) + Self.word(0))
    }

    /// Makes the bytes that follow the header for another frame, shown for `milliseconds`.
    public mutating func add(_ frame: PixelFrame, milliseconds: Int) -> [UInt8] {
        let canvas = fitted(frame)
        let part = changedPart(canvas)
        last = canvas
        var dots: [UInt8] = []
        dots.reserveCapacity(3 * part.width * part.height)
        for row in part.y..<part.y + part.height {
            let start = 3 * (row * width + part.x)
            dots += canvas[start..<start + 3 * part.width]
        }
        var control = Self.word(nextNumber()) + Self.word(UInt32(part.width)) + Self.word(UInt32(part.height))
        control += Self.word(UInt32(part.x)) + Self.word(UInt32(part.y))
        let delay = UInt16(clamping: milliseconds)
        // Numerator and denominator of seconds; what was there stays, and is written over.
        control += [UInt8(delay >> 8), UInt8(delay & 0xFF), 0x03, 0xE8, 0, 0]
        var output = Self.chunk("fcTL", control)
        for data in Self.imageData(of: PixelFrame.encode(dots, width: part.width, height: part.height)) {
            output += frameCount == 0 ? Self.chunk("IDAT", data) : Self.chunk("fdAT", Self.word(nextNumber()) + data)
        }
        frameCount += 1
        return output
    }

    /// The end of the file.
    public static let trailer = chunk("IEND", [])

    private mutating func nextNumber() -> UInt32 {
        defer { sequenceNumber += 1 }
        return sequenceNumber
    }

    private func fitted(_ frame: PixelFrame) -> [UInt8] {
        guard frame.width != width || frame.height != height else { return frame.bytes }
        var canvas = [UInt8](repeating: 0, count: 3 * width * height)
        let columns = min(width, frame.width), rows = min(height, frame.height)
        let left = (width - columns) / 2, top = (height - rows) / 2
        for row in 0..<rows {
            let source = 3 * frame.width * row, target = 3 * (width * (top + row) + left)
            canvas.replaceSubrange(target..<target + 3 * columns, with: frame.bytes[source..<source + 3 * columns])
        }
        return canvas
    }

    /// The smallest rectangle with all dots that differ; at least one dot, because a frame cannot be empty.
    private func changedPart(_ canvas: [UInt8]) -> (x: Int, y: Int, width: Int, height: Int) {
        guard let last else { return (0, 0, width, height) }
        var top = height, bottom = -1, left = 3 * width, right = -1
        for row in 0..<height {
            let start = 3 * width * row
            guard canvas[start..<start + 3 * width] != last[start..<start + 3 * width] else { continue }
            top = min(top, row)
            bottom = row
            var first = 0
            while first < left, canvas[start + first] == last[start + first] { first += 1 }
            left = min(left, first)
            var end = 3 * width - 1
            while end > right, canvas[start + end] == last[start + end] { end -= 1 }
            right = max(right, end)
        }
        guard bottom >= 0 else { return (0, 0, 1, 1) }
        return (left / 3, top, right / 3 - left / 3 + 1, bottom - top + 1)
    }

    /// The contents of a PNG file's IDAT chunks.
    private static func imageData(of file: [UInt8]) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        var position = 8
        while position + 12 <= file.count {
            let length = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            guard position + 12 + length <= file.count else { break }
            if file[position + 4..<position + 8].elementsEqual("IDAT".utf8) {
                chunks.append(Array(file[position + 8..<position + 8 + length]))
            }
            position += 12 + length
        }
        return chunks
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// Length, name, contents, and the CRC of the last two (ISO 3309).
    private static func chunk(_ name: String, _ contents: [UInt8]) -> [UInt8] {
        let checked = Array(name.utf8) + contents
        return word(UInt32(contents.count)) + checked + word(CRC32.of(checked))
    }
}
