import CPNG
import Testing
import Wiring

@testable import Screen

@Suite("Pictures for files") struct PictureTests {
    /// A frame whose dots all differ.
    private func frame(_ width: Int = 40, _ height: Int = 30, seed: Int = 0) -> PixelFrame {
        let bytes = (0..<3 * width * height).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ seed) }
        return PixelFrame(width: width, height: height, bytes: bytes)
    }

    /// Reads a PNG back, by libpng.
    private func decode(_ file: [UInt8]) -> PixelFrame? {
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        guard png_image_begin_read_from_memory(&image, file, file.count) != 0 else { return nil }
        image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
        var bytes = [UInt8](repeating: 0, count: Int(image.width * image.height) * 3)
        guard png_image_finish_read(&image, nil, &bytes, 0, nil) != 0 else { return nil }
        return PixelFrame(width: Int(image.width), height: Int(image.height), bytes: bytes)
    }

    /// The chunks of a PNG file by name.
    private func chunks(_ file: [UInt8]) -> [(name: String, contents: [UInt8])] {
        var chunks: [(String, [UInt8])] = []
        var position = 8
        while position + 12 <= file.count {
            let length = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            let start = position + 8
            chunks.append((String(decoding: file[position + 4..<start], as: UTF8.self), Array(file[start..<start + length])))
            position = start + length + 4
        }
        return chunks
    }

    @Test("a PNG holds the frame's dots; one of nothing is empty") func PNG() {
        #expect(decode(frame().PNG) == frame())
        #expect(PixelFrame(width: 0, height: 5, bytes: []).PNG.isEmpty)
        let large = PixelFrame(width: 1920, height: 1080)
        #expect(decode(large.PNG) == large && large.PNG.count < 40_000)
    }

    @Test("the hash tells size and dots apart") func hash() {
        #expect(PixelFrame(width: 0, height: 0, bytes: []).hash == "a8c7f832281a39c5")
        #expect(frame().hash == frame().hash && frame().hash != frame(seed: 1).hash)
        #expect(PixelFrame(width: 2, height: 1).hash != PixelFrame(width: 1, height: 2).hash)
    }

    @Test("an animation is a PNG of its first frame, with frame count, delays, and only what changed") func animation() {
        var animation = AnimatedPNG(width: 40, height: 30)
        let first = frame()
        var second = first
        for x in 10..<13 { second.bytes[3 * (7 * 40 + x)] ^= 0xFF }
        second.bytes[3 * (9 * 40 + 11) + 2] ^= 0x01
        let length = animation.header.count
        let body =
            animation.add(first, milliseconds: 100) + animation.add(second, milliseconds: 250)
            + animation.add(second, milliseconds: 5)
        #expect(animation.header.count == length)
        let file = animation.header + body + AnimatedPNG.trailer
        #expect(decode(file) == first, "libpng checks every CRC")
        let all = chunks(file)
        #expect(all.first?.name == "IHDR" && all.last?.name == "IEND")
        #expect(all.first { $0.name == "acTL" }?.contents == [0, 0, 0, 3, 0, 0, 0, 0])
        let controls = all.filter { $0.name == "fcTL" }.map(\.contents)
        // Sequence number, width, height, x, y, delay in thousandths, and how to draw.
        #expect(controls.count == 3)
        #expect(controls[0] == [0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 3, 232, 0, 0])
        #expect(controls[1] == [0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 10, 0, 0, 0, 7, 0, 250, 3, 232, 0, 0])
        #expect(controls[2][4..<20] == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
        // The data of the second frame is a PNG's of the part that changed.
        let data = all.filter { $0.name == "fdAT" }.map(\.contents)
        #expect(data.count == 2 && data[0][0..<4] == [0, 0, 0, 2])
        var part: [UInt8] = []
        for row in 7..<10 { part += second.bytes[3 * (row * 40 + 10)..<3 * (row * 40 + 13)] }
        let alone = chunks(PixelFrame(width: 3, height: 3, bytes: part).PNG).first { $0.name == "IDAT" }
        #expect(alone?.contents == Array(data[0].dropFirst(4)))
    }

    @Test("frames of another size are centred, or cut") func otherSizes() {
        var animation = AnimatedPNG(width: 4, height: 4)
        let white = PixelFrame(width: 2, height: 2, bytes: [UInt8](repeating: 255, count: 12))
        var file = animation.header + animation.add(white, milliseconds: 10) + AnimatedPNG.trailer
        let shown = decode(file)
        #expect(shown?.bytes.filter { $0 == 255 }.count == 12 && shown?[1, 1] == RGB(255, 255, 255) && shown?[0, 0] == RGB(0, 0, 0))
        animation = AnimatedPNG(width: 4, height: 4)
        file = animation.header + animation.add(frame(), milliseconds: 10) + AnimatedPNG.trailer
        #expect(decode(file)?[0, 0] == frame()[0, 0])
    }

    @Test("scaling: the mean of what is covered; enlarged, dots are repeated") func scaling() {
        let dots = PixelFrame(width: 2, height: 2, bytes: [0, 0, 0, 100, 0, 0, 200, 0, 0, 100, 40, 0])
        #expect(dots.scaled(width: 1, height: 1).bytes == [100, 10, 0])
        #expect(dots.scaled(width: 4, height: 2)[1, 0] == RGB(0, 0, 0) && dots.scaled(width: 4, height: 2)[2, 0] == RGB(100, 0, 0))
        #expect(frame().scaled(width: 40, height: 30) == frame())
        #expect(frame().scaled(width: 7, height: 91).bytes.count == 3 * 7 * 91)
    }

    @Test("sixels: a palette, six rows at a time, repetitions counted") func sixels() {
        var dots = PixelFrame(width: 6, height: 7)
        for x in 0..<5 { dots.bytes.replaceSubrange(3 * x..<3 * x + 3, with: [255, 0, 0]) }
        let text = String(decoding: dots.sixels, as: UTF8.self)
        #expect(text == "\u{1B}P0;1q\"1;1;6;7#0;2;100;0;0#1;2;0;0;0#0!5@?$#1!5}~$-#1!6@$-\u{1B}\\")
        // More than 256 colours.
        let hues = (0..<400).flatMap { (dot: Int) -> [UInt8] in [UInt8(truncatingIfNeeded: dot), UInt8(dot >> 8), 0] }
        let many = PixelFrame(width: 20, height: 20, bytes: hues)
        #expect(String(decoding: many.sixels, as: UTF8.self).contains("#255;2;100;100;100"))
    }

    @Test("kitty: a PNG in base 64, in pieces of 4096 bytes") func kitty() {
        let text = String(decoding: frame(200, 100).kitty(columns: 40, rows: 12), as: UTF8.self)
        #expect(text.hasPrefix("\u{1B}_Ga=T,f=100,i=1,p=1,q=2,C=1,c=40,r=12,m=") && text.hasSuffix("\u{1B}\\"))
        let pieces = text.split(separator: "\u{1B}_G")
        #expect(pieces.last?.contains("m=0;") == true && pieces.dropLast().allSatisfy { $0.contains("m=1;") })
    }
}
