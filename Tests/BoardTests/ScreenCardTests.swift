import Chips
import Disks
import Screen
import Testing
import Wiring

@testable import Board

/// The guest in testroms/screen/modes.asm draws a card in each mode, by the BIOS, by registers and by VBE. What the monitor shows then was
/// looked at once, and has to stay.
@Suite("Cards in every mode") struct ScreenCardTests {
    static let folder = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/testroms/screen/"

    /// Name, width, height, hash of the frame.
    static let golden: [(String, Int, Int, String)] = [
        ("text 40x25", 720, 400, "0000000000000000"),
        ("text 80x25", 720, 400, "0000000000000000"),
        ("text 80x25 monochrome", 720, 400, "0000000000000000"),
        ("text 80x50", 720, 400, "0000000000000000"),
        ("text with two fonts", 720, 400, "0000000000000000"),
        ("text with split screen and panning", 720, 400, "0000000000000000"),
        ("320x200 four colours", 640, 400, "0000000000000000"),
        ("640x200 two colours", 640, 400, "0000000000000000"),
        ("320x200 sixteen colours", 640, 400, "0000000000000000"),
        ("640x200 sixteen colours", 640, 400, "0000000000000000"),
        ("640x350 monochrome", 640, 350, "0000000000000000"),
        ("640x350 sixteen colours", 640, 350, "0000000000000000"),
        ("640x480 two colours", 640, 480, "0000000000000000"),
        ("640x480 sixteen colours", 640, 480, "0000000000000000"),
        ("640x480 with all write modes", 640, 480, "0000000000000000"),
        ("320x200 256 colours", 640, 400, "0000000000000000"),
        ("320x240 256 colours in planes", 640, 480, "0000000000000000"),
        ("VBE 640x480 8 bits", 640, 480, "0000000000000000"),
        ("VBE 800x600 4 bits", 800, 600, "0000000000000000"),
        ("VBE 640x480 15 bits", 640, 480, "0000000000000000"),
        ("VBE 800x600 16 bits", 800, 600, "0000000000000000"),
        ("VBE 1024x768 24 bits", 1024, 768, "0000000000000000"),
        ("VBE 640x480 32 bits", 640, 480, "0000000000000000"),
        ("VBE 1920x1080 32 bits", 1920, 1080, "0000000000000000"),
        ("text again", 720, 400, "0000000000000000"),
    ]

    /// Runs `image` until port E9h has said `count` lines, and hands each to `seen` with the machine as it is then.
    static func follow(_ image: String, lines count: Int, _ seen: (Int, String, PC) -> Void) throws {
        var said: [UInt8] = []
        var configuration = PC.Configuration()
        configuration.memoryBytes = 16 << 20
        configuration.disks = [Overlay(over: try RawImage(path: folder + image, access: .readOnly))]
        configuration.debugOutput = { said.append($0) }
        let pc = try PC(configuration)
        for line in 0..<count {
            let limit = pc.clock.now + 2_000_000_000
            while said.last != 10, pc.clock.now < limit { _ = pc.run(until: pc.clock.now + 50_000) }
            seen(line, String(decoding: said.dropLast(), as: UTF8.self), pc)
            said = []
            pc.input.press([.a])
        }
    }

    @Test func everyCardLooksAsItDid() throws {
        try Self.follow("modes.img", lines: Self.golden.count) { number, line, pc in
            let frame = pc.vga.pixelFrame(), (name, width, height, hash) = Self.golden[number]
            #expect(line == "card \(name)")
            #expect(frame.width == width && frame.height == height && frame.hash == hash, "\(name): \(frame.hash)")
        }
    }
}
