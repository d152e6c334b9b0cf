import Foundation
import Testing
import Wiring

@testable import Screen

@Suite("Frames as text and pictures") struct TextFrameTests {
    @Test("code page 437: control pictures, letters, lines") func codePage() {
        let frame = frame(width: 16, (0...255).map { UInt8($0) })
        #expect(
            frame.lines == [
                " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼", "►◄↕‼¶§▬↨↑↓→←∟↔▲▼", " !\"#$%&'()*+,-./", "0123456789:;<=>?", "@ABCDEFGHIJKLMNO",
                "PQRSTUVWXYZ[\\]^_",
                "`abcdefghijklmno", "pqrstuvwxyz{|}~⌂", "ÇüéâäàåçêëèïîìÄÅ", "ÉæÆôöòûùÿÖÜ¢£¥₧ƒ", "áíóúñÑªº¿⌐¬½¼¡«»",
                "░▒▓│┤╡╢╖╕╣║╗╝╜╛┐",
                "└┴┬├─┼╞╟╚╔╩╦╠═╬╧", "╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀", "αßΓπΣσµτΦΘΩδ∞φε∩", "≡±≥≤⌠⌡÷≈°∙·√ⁿ²■",
            ])
    }

    @Test("spaces at the right are cut, whatever code they have; those between words stay") func trimming() {
        let frame = frame(
            width: 8, Array("  a  b  ".utf8) + [0x20, 0, 0xFF, 0x20, 0, 0, 0, 0] + [0, 0x41, 0, 0, 0xFF, 0x42, 0, 0])
        #expect(frame.lines == ["  a  b", "", " A   B"])
        #expect(frame.text == "  a  b\n\n A   B\n")
        #expect(TextFrame.blank().text == String(repeating: "\n", count: 25))
    }

    @Test("PPM: header, then red, green, blue of each dot") func PPM() {
        let picture = PixelFrame(width: 2, height: 1, bytes: [1, 2, 3, 250, 251, 252])
        #expect(picture.PPM == Array("P6\n2 1\n255\n".utf8) + [1, 2, 3, 250, 251, 252])
    }

    private func frame(width: Int, _ characters: [UInt8]) -> TextFrame {
        TextFrame(
            columns: width, rows: characters.count / width, cells: characters.map { .init(character: $0, attribute: 0x07) },
            cursor: nil)
    }
}
