import Testing
import Wiring

@testable import Screen

@Suite("Dots and the mouse in a terminal") struct TerminalGraphicsTests {
    private func keys(_ text: String, _ keys: inout TerminalKeys) -> [UserEvent] { keys.decode(Array(text.utf8)) }

    @Test("half blocks: two dots a cell, only what changed, as large as the proportions let it") func halfBlocks() {
        var painter = HalfBlockPainter(colours: .exact)
        var frame = PixelFrame(width: 2, height: 2, bytes: [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
        let first = String(decoding: painter.paint(frame, columns: 2, rows: 1), as: UTF8.self)
        #expect(
            first
                == "\u{1B}[?25l\u{1B}[0m\u{1B}[2J\u{1B}[1;1H\u{1B}[38;2;255;0;0;48;2;0;0;255m▀\u{1B}[38;2;0;255;0;48;2;9;9;9m▀\u{1B}[0m"
        )
        #expect(painter.paint(frame, columns: 2, rows: 1).isEmpty)
        frame.bytes[11] = 8
        let second = String(decoding: painter.paint(frame, columns: 2, rows: 1), as: UTF8.self)
        #expect(second == "\u{1B}[?25l\u{1B}[1;2H\u{1B}[38;2;0;255;0;48;2;9;9;8m▀\u{1B}[0m")
        painter.forget()
        #expect(painter.paint(frame, columns: 2, rows: 1).count > second.utf8.count)
        // 4:3 in 80 × 24 cells of 1:2: 64 cells wide, 8 black ones at each side.
        let wide = PixelFrame(width: 640, height: 400, bytes: [UInt8](repeating: 255, count: 768_000), shape: .fourByThree)
        let text = String(decoding: painter.paint(wide, columns: 80, rows: 24), as: UTF8.self)
        #expect(text.contains("\u{1B}[1;1H\u{1B}[38;2;0;0;0;48;2;0;0;0m\(String(repeating: "▀", count: 8))\u{1B}[38;2;255;255;255"))
        for (columns, rows) in [(1, 1), (3, 1), (1, 40), (300, 2)] { _ = painter.paint(wide, columns: columns, rows: rows) }
    }

    @Test("256 colours: the cube, and greys where they are nearer") func cube() {
        #expect(
            TerminalPainter.Colours.cubeIndex(RGB(0, 0, 0)) == 16 && TerminalPainter.Colours.cubeIndex(RGB(255, 255, 255)) == 231)
        #expect(
            TerminalPainter.Colours.cubeIndex(RGB(255, 0, 0)) == 196 && TerminalPainter.Colours.cubeIndex(RGB(95, 135, 175)) == 67)
        #expect(
            TerminalPainter.Colours.cubeIndex(RGB(8, 8, 8)) == 232 && TerminalPainter.Colours.cubeIndex(RGB(128, 128, 128)) == 244)
        #expect(TerminalPainter.Colours.cube.background(RGB(0, 0, 255)) == "48;5;21")
        #expect(TerminalPainter.Colours.sixteen.foreground(RGB(250, 90, 90)) == "91")
        #expect(TerminalPainter.Colours.sixteen.background(RGB(0, 0, 160)) == "44")
    }

    @Test("a terminal's answers: sixels, kitty's graphics, size of a cell; none of them is a key") func answers() {
        var decoder = TerminalKeys()
        decoder.reports.isAwaited = true
        #expect(keys("\u{1B}_Gi=31;OK\u{1B}\\\u{1B}[6;20;10t\u{1B}[?62;4;6c", &decoder).isEmpty)
        #expect(decoder.reports.knowsKitty && decoder.reports.knowsSixel && !decoder.reports.isAwaited)
        #expect(decoder.reports.cell.width == 10 && decoder.reports.cell.height == 20)
        #expect(keys("a", &decoder) == [.press([.a])])
        var other = TerminalKeys()
        other.reports.isAwaited = true
        #expect(keys("\u{1B}_Gi=31;ENOTSUPPORTED\u{1B}\\\u{1B}[?6c\u{1B}[6;0;99999t", &other).isEmpty)
        #expect(!other.reports.knowsKitty && !other.reports.knowsSixel && other.reports.cell.width == 8)
        // When nothing is awaited, ESC _ is Alt with an underscore.
        #expect(keys("\u{1B}_", &other) == [.press([.alt, .shift, .minus])])
    }

    @Test("the mouse: places become movements, buttons, and the wheel") func mouse() {
        var decoder = TerminalKeys()
        #expect(keys("\u{1B}[<35;10;5M", &decoder) == [.mouse(MouseMovement())])
        #expect(keys("\u{1B}[<35;12;4M", &decoder) == [.mouse(MouseMovement(dx: 16, dy: -16))])
        #expect(keys("\u{1B}[<0;12;4M", &decoder) == [.mouse(MouseMovement(buttons: 1))])
        #expect(keys("\u{1B}[<2;12;4M", &decoder) == [.mouse(MouseMovement(buttons: 3))])
        #expect(keys("\u{1B}[<34;13;4M", &decoder) == [.mouse(MouseMovement(dx: 8, buttons: 3))])
        #expect(keys("\u{1B}[<0;13;4m\u{1B}[<2;13;4m", &decoder).last == .mouse(MouseMovement()))
        #expect(keys("\u{1B}[<64;13;4M", &decoder) == [.mouse(MouseMovement(wheel: -1))])
        #expect(keys("\u{1B}[<65;13;4M", &decoder) == [.mouse(MouseMovement(wheel: 1))])
        #expect(keys("\u{1B}[<0M\u{1B}[<99999999999999999999;1;1M", &decoder).count == 1)
        _ = keys("\u{1B}[<0;9223372036854775807;4M\u{1B}[<0;-9223372036854775807;4M", &decoder)
    }

    @Test("commands behind Ctrl-A; keys by name") func commands() {
        var decoder = TerminalKeys()
        #expect(keys("\u{1}p\u{1}r\u{1}s\u{1}m\u{1}i", &decoder) == [.pause, .reset, .screenshot, .grab, .disc])
        #expect(keys("\u{1}d", &decoder) == [.press([.ctrl, .alt, .delete])])
        #expect(keys("\u{1}kctrl-alt-f2\r", &decoder) == [.press([.ctrl, .alt, .f2])])
        #expect(keys("\u{1}kpx\u{7F}rint\rq", &decoder) == [.press([.print]), .press([.q])])
        #expect(keys("\u{1}knothing\ra", &decoder) == [.press([.a])])
        #expect(keys("\u{1}kabc\u{1B}a", &decoder) == [.press([.a])])
        #expect(keys("\u{1}k" + String(repeating: "x", count: 1000), &decoder).isEmpty && !decoder.isWaiting)
    }
}
