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
        ("text 40x25", 720, 400, "5d9155d8a49fd940"),
        ("text 80x25", 720, 400, "80516a65f5407646"),
        ("text 80x25 monochrome", 720, 400, "c79551c777a5471a"),
        ("text 80x50", 720, 400, "f5a5eef3f6c4ef36"),
        ("text with two fonts", 720, 400, "573ff77fcc96827d"),
        ("text with split screen and panning", 720, 400, "2d497e0fda976c0e"),
        ("320x200 four colours", 640, 400, "491cb5779a6b47ac"),
        ("640x200 two colours", 640, 400, "a1b4b55a06be84e4"),
        ("320x200 sixteen colours", 640, 400, "f7b6a424f2fcbd88"),
        ("640x200 sixteen colours", 640, 400, "09d8ec54866ef114"),
        ("640x350 monochrome", 640, 350, "c18756b4d3f28d40"),
        ("640x350 sixteen colours", 640, 350, "62baa9fa810de5d3"),
        ("640x480 two colours", 640, 480, "0c653178a407e4c3"),
        ("640x480 sixteen colours", 640, 480, "e2d77ac7ac5a5581"),
        ("640x480 with all write modes", 640, 480, "472733a94be7b204"),
        ("320x200 256 colours", 640, 400, "907b233b15dd2034"),
        ("320x240 256 colours in planes", 640, 480, "17c2802808c98344"),
        ("VBE 640x480 8 bits", 640, 480, "e8a5d01292cd870f"),
        ("VBE 800x600 4 bits", 800, 600, "39d0fc864285d7a2"),
        ("VBE 640x480 15 bits", 640, 480, "8c94742cac7a30ac"),
        ("VBE 800x600 16 bits", 800, 600, "c74a10bd31769a5e"),
        ("VBE 1024x768 24 bits", 1024, 768, "b40b040c822ea88d"),
        ("VBE 640x480 32 bits", 640, 480, "c322b700460cf7f4"),
        ("VBE 1920x1080 32 bits", 1920, 1080, "04fe0ef291b6c787"),
        ("text again", 720, 400, "80516a65f5407646"),
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
