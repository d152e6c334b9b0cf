import Testing
import Wiring

@testable import Chips

@Suite("VGA: what the monitor shows") struct VGAFrameTests {
    private let clock = Clock(rate: 100_000_000)

    private func textVGA() throws -> VGA {
        let vga = try VGA(clock: clock)
        vga.set(.text)
        return vga
    }

    private func row(_ frame: TextFrame, _ row: Int) -> String {
        let text = String(decoding: (0..<frame.columns).map { max(0x20, frame[column: $0, row: row].character) }, as: UTF8.self)
        return String(text.reversed().drop { $0 == " " }.reversed())
    }

    private func pixel(_ frame: PixelFrame, _ x: Int, _ y: Int) -> RGB {
        let place = 3 * (y * frame.width + x)
        return RGB(frame.bytes[place], frame.bytes[place + 1], frame.bytes[place + 2])
    }

    /// The slow way of writing a font that BIOSes use: planar access to plane 2.
    private func load(_ glyph: [UInt8], as character: Int, map: Int = 0, into vga: VGA) {
        vga.setIndexed(VGAPort.sequencer, 2, 0x04)
        vga.setIndexed(VGAPort.sequencer, 4, 0x06)
        vga.setIndexed(VGAPort.graphics, 5, 0x00)
        vga.setIndexed(VGAPort.graphics, 6, 0x04)
        for (line, bits) in glyph.enumerated() { vga.writeMemory(offset: map * 0x2000 + 32 * character + line, value: bits) }
        vga.setIndexed(VGAPort.sequencer, 2, 0x03)
        vga.setIndexed(VGAPort.sequencer, 4, 0x02)
        vga.setIndexed(VGAPort.graphics, 5, 0x10)
        vga.setIndexed(VGAPort.graphics, 6, 0x0E)
    }

    @Test("power-on: blank in both forms") func powerOn() throws {
        let vga = try VGA(clock: clock)
        #expect(vga.textFrame() == .blank() && vga.isBlanked)
        #expect(vga.pixelFrame().bytes.allSatisfy { $0 == 0 })
    }

    @Test("mode 3: 80 × 25 cells with characters, attributes, cursor and palette") func text() throws {
        let vga = try textVGA()
        vga.put("Hello, world", row: 0, attribute: 0x1F)
        vga.put("last", row: 24, column: 76)
        vga.setIndexed(VGAPort.CRTC, 0x0E, 0x00)
        vga.setIndexed(VGAPort.CRTC, 0x0F, 80 + 7)
        let frame = vga.textFrame()
        #expect(frame.columns == 80 && frame.rows == 25 && frame.blinks && !vga.isBlanked && vga.isTextMode)
        #expect(row(frame, 0) == "Hello, world" && row(frame, 24).hasSuffix("last") && row(frame, 24).count == 80)
        #expect(frame[column: 0, row: 0].attribute == 0x1F)
        #expect(frame.cursor == .init(column: 7, row: 1, scanLines: 13...14))
        #expect(frame.palette == RGB.standardPalette.map { RGB($0.red, $0.green, $0.blue) })
        vga.setIndexed(VGAPort.CRTC, 0x0B, 0x4E)
        #expect(vga.textFrame().cursor?.column == 9, "CRTC 0Bh bits 6 and 5 delay it by characters")
        vga.setIndexed(VGAPort.CRTC, 0x0A, 0x2D)
        #expect(vga.textFrame().cursor == nil)
    }

    @Test("the start address scrolls, line compare splits the screen") func startAndSplit() throws {
        let vga = try textVGA()
        for line in 0..<60 { vga.put("line \(line)", row: line) }
        vga.setIndexed(VGAPort.CRTC, 0x0C, 0x03)
        vga.setIndexed(VGAPort.CRTC, 0x0D, 0x20)
        #expect(row(vga.textFrame(), 0) == "line 10" && row(vga.textFrame(), 24) == "line 34")
        // Rows 0 to 19 scroll, the rest starts at address 0.
        vga.setIndexed(VGAPort.CRTC, 0x18, UInt8((20 * 16 - 1) & 0xFF))
        vga.setIndexed(VGAPort.CRTC, 0x09, 0x0F)
        let split = vga.textFrame()
        #expect(row(split, 19) == "line 29" && row(split, 20) == "line 0" && row(split, 24) == "line 4" && split.rows == 25)
    }

    @Test("50 rows with characters of 8 lines; 40 columns") func otherSizes() throws {
        let vga = try textVGA()
        vga.setIndexed(VGAPort.CRTC, 0x09, 0x47)
        #expect(vga.textFrame().rows == 50)
        vga.setIndexed(VGAPort.CRTC, 0x11, 0)
        vga.setIndexed(VGAPort.CRTC, 0x01, 39)
        vga.setIndexed(VGAPort.CRTC, 0x13, 20)
        vga.put("second", row: 0, column: 40)
        #expect(vga.textFrame().columns == 40 && row(vga.textFrame(), 1) == "second")
    }

    @Test("text in dots: glyphs from plane 2, colours through palette and DAC, the ninth dot") func glyphs() throws {
        let vga = try textVGA()
        load([0x81, 0x18], as: 0x41, into: vga)
        load([0x01], as: 0xC4, into: vga)
        load([0x01], as: 0x42, into: vga)
        vga.put("AB", row: 0, attribute: 0x1E)
        vga.writeMemory(offset: 0x18004, width: .word, value: 0x1EC4)
        vga.setIndexed(VGAPort.CRTC, 0x0A, 0x20)
        let frame = vga.pixelFrame()
        #expect(frame.width == 720 && frame.height == 400)
        let yellow = RGB(255, 255, 85), blue = RGB(0, 0, 170)
        #expect((0..<9).map { pixel(frame, $0, 0) == yellow } == [true, false, false, false, false, false, false, true, false])
        #expect((0..<9).map { pixel(frame, $0, 1) == yellow } == [false, false, false, true, true, false, false, false, false])
        #expect(pixel(frame, 16, 0) == yellow && pixel(frame, 17, 0) == blue, "the ninth dot of a letter is background")
        #expect(pixel(frame, 25, 0) == yellow && pixel(frame, 26, 0) == yellow, "of a line it repeats the eighth")
        #expect(pixel(frame, 27, 0) == RGB(0, 0, 0))
    }

    @Test("cursor and blinking attributes change with the frames; attribute bit 3 selects the second font") func blinkAndFonts()
        throws
    {
        let vga = try textVGA()
        load([UInt8](repeating: 0xFF, count: 16), as: 0x41, into: vga)
        load([0xF0], as: 0x42, map: 1, into: vga)
        vga.put(" ", row: 0, attribute: 0x07)
        vga.put("A", row: 1, attribute: 0x87)
        vga.put("B", row: 2, attribute: 0x0F)
        // Map A (attribute bit 3 set) is the second font, at 2000h.
        vga.setIndexed(VGAPort.sequencer, 3, 0x20)
        let grey = RGB(170, 170, 170)
        var cursor = 0, blink = 0
        for frame in stride(from: 0, to: 64, by: 8) {
            clock.skip(to: clock.tick(ofCycle: UInt64(frame) * 900 * 449 + 1, of: 28_322_000))
            let picture = vga.pixelFrame()
            if frame == 0 { #expect(pixel(picture, 0, 32) == RGB(255, 255, 255) && pixel(picture, 4, 32) == RGB(0, 0, 0)) }
            cursor += pixel(picture, 0, 13) == grey ? 1 : 0
            blink += pixel(picture, 0, 16) == grey ? 1 : 0
        }
        #expect(cursor == 4 && blink == 4)
    }

    @Test("mode 12h: four planes make sixteen colours") func planar() throws {
        let vga = try VGA(clock: clock)
        vga.set(.planar)
        for colour in 0..<16 {
            vga.setIndexed(VGAPort.sequencer, 2, 0x0F)
            vga.setIndexed(VGAPort.graphics, 5, 0x02)
            vga.writeMemory(offset: 80 * 3 + colour, value: UInt8(colour))
        }
        let frame = vga.pixelFrame()
        #expect(frame.width == 640 && frame.height == 480 && !vga.isTextMode && vga.textFrame() == .blank())
        for colour in 0..<16 { #expect(pixel(frame, 8 * colour + 4, 3) == RGB.standardPalette[colour]) }
    }

    @Test("mode 13h: a byte is a colour, drawn two dots wide and two lines high") func colours256() throws {
        let vga = try VGA(clock: clock)
        vga.set(.colours256)
        vga.writeMemory(offset: 320 * 199 + 319, value: 0xFF)
        vga.writeMemory(offset: 0, value: 4)
        let frame = vga.pixelFrame()
        #expect(frame.width == 640 && frame.height == 400)
        #expect(pixel(frame, 0, 0) == RGB(170, 0, 0) && pixel(frame, 1, 1) == RGB(170, 0, 0) && pixel(frame, 2, 2) == RGB(0, 0, 0))
        #expect(pixel(frame, 639, 399) == RGB(255, 255, 255) && pixel(frame, 638, 398) == RGB(255, 255, 255))
        #expect(pixel(frame, 637, 399) == RGB(0, 0, 0))
    }

    @Test("mode 4: two bits a dot, odd lines 2000h bytes above the even ones") func CGA() throws {
        let vga = try VGA(clock: clock)
        vga.set(.CGA)
        vga.writeMemory(offset: 0x18000, value: 0b00_01_10_11)
        vga.writeMemory(offset: 0x18001, value: 0b11_00_00_00)
        vga.writeMemory(offset: 0x1A000, value: 0b01_00_00_00)
        let frame = vga.pixelFrame()
        #expect(frame.width == 640 && frame.height == 400)
        let colours = [0x00, 0x13, 0x15, 0x17].map { vga.colour(UInt8($0)) }
        #expect([0, 2, 4, 6, 8, 10].map { pixel(frame, $0, 0) } == [0, 1, 2, 3, 3, 0].map { colours[$0] })
        #expect(pixel(frame, 0, 2) == colours[1] && pixel(frame, 0, 4) == colours[0])
    }

    @Test("screen off and a disconnected palette blank the dots, not the text frame") func blanking() throws {
        let vga = try textVGA()
        vga.put("kept", row: 0, attribute: 0x70)
        vga.setIndexed(VGAPort.sequencer, 1, 0x20)
        #expect(vga.isBlanked && vga.pixelFrame().bytes.allSatisfy { $0 == 0 } && row(vga.textFrame(), 0) == "kept")
    }

    /// IBM VGA technical reference, CRTC 02h, 03h, 15h and 16h: where blanking begins and ends; outside it the picture is as before.
    @Test("CRTC 02h and 03h blank characters, 15h and 16h lines") func blankingByTheCRTC() throws {
        let vga = try textVGA()
        for row in 0..<25 { vga.put(String(repeating: " ", count: 80), row: row, attribute: 0x70) }
        vga.setIndexed(VGAPort.CRTC, 0x11, 0)
        let whole = vga.pixelFrame()
        let black = RGB(0, 0, 0)
        #expect(pixel(whole, 0, 0) != black && pixel(whole, whole.width - 1, whole.height - 1) != black)
        // Characters 10 to 19: six bits of the end, the highest in 05h.
        let (start, end, retrace) = (vga.registers.CRTC[2], vga.registers.CRTC[3], vga.registers.CRTC[5])
        vga.setIndexed(VGAPort.CRTC, 2, 10)
        vga.setIndexed(VGAPort.CRTC, 3, end & 0xE0 | 20)
        vga.setIndexed(VGAPort.CRTC, 5, retrace & 0x7F)
        let dots = whole.width / 80
        let columns = vga.pixelFrame()
        for (x, isBlack) in [(10 * dots - 1, false), (10 * dots, true), (20 * dots - 1, true), (20 * dots, false)] {
            #expect((pixel(columns, x, 100) == black) == isBlack, "\(x)")
        }
        vga.setIndexed(VGAPort.CRTC, 2, start)
        vga.setIndexed(VGAPort.CRTC, 3, end)
        vga.setIndexed(VGAPort.CRTC, 5, retrace)
        #expect(vga.pixelFrame().bytes == whole.bytes)
        // Lines 100 to 149; bits 8 and 9 of the start are in 07h and 09h.
        vga.setIndexed(VGAPort.CRTC, 7, vga.registers.CRTC[7] & ~0x08)
        vga.setIndexed(VGAPort.CRTC, 9, vga.registers.CRTC[9] & ~0x20)
        vga.setIndexed(VGAPort.CRTC, 0x15, 100)
        vga.setIndexed(VGAPort.CRTC, 0x16, 150)
        let lines = vga.pixelFrame()
        let height = whole.height / 400
        for (y, isBlack) in [(99, false), (101, true), (149, true), (151, false)] {
            #expect((pixel(lines, 5, y * height) == black) == isBlack, "\(y)")
        }
    }
}
