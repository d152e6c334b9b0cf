import Testing
import Wiring

@testable import Screen

@Suite("The window: where the picture is, and what keys are for") struct WindowTests {
    private func layout(_ width: Int, _ height: Int, _ shape: PixelFrame.Shape, in window: (Int, Int)) -> [Int] {
        let layout = WindowLayout((width, height, shape), window: window)
        return [layout.x, layout.y, layout.width, layout.height, layout.sharpening]
    }

    @Test("square dots are enlarged by whole factors, a tube's picture fills four to three") func layouts() {
        #expect(layout(640, 480, .squareDots, in: (640, 480)) == [0, 0, 640, 480, 1])
        #expect(layout(640, 480, .squareDots, in: (1300, 1000)) == [10, 20, 1280, 960, 2])
        #expect(layout(640, 480, .squareDots, in: (1270, 1000)) == [315, 260, 640, 480, 1])
        #expect(layout(1920, 1080, .squareDots, in: (960, 1000)) == [0, 230, 960, 540, 1])
        #expect(layout(720, 400, .fourByThree, in: (720, 540)) == [0, 0, 720, 540, 2])
        #expect(layout(720, 400, .fourByThree, in: (2000, 1500)) == [0, 0, 2000, 1500, 4])
        #expect(layout(640, 400, .fourByThree, in: (2000, 600)) == [600, 0, 800, 600, 2])
        #expect(layout(1, 1, .squareDots, in: (0, 0)) == [0, 0, 1, 1, 1])
    }

    @Test("a window's natural size") func naturalSizes() {
        func size(_ width: Int, _ height: Int, _ shape: PixelFrame.Shape) -> [Int] {
            let size = WindowLayout.naturalSize((width, height, shape))
            return [size.width, size.height]
        }
        #expect(size(720, 400, .fourByThree) == [720, 540] && size(640, 480, .fourByThree) == [640, 480])
        #expect(size(360, 400, .fourByThree) == [640, 480] && size(640, 350, .fourByThree) == [640, 480])
        #expect(size(320, 200, .squareDots) == [640, 400] && size(1024, 768, .squareDots) == [1024, 768])
    }

    @Test("every key of a PC keyboard has a place, but those of other countries and of power") func usages() {
        let keys = (0...0xFF).compactMap { Key(usage: $0) }
        let others: Set<Key> = [.ro, .yen, .henkan, .muhenkan, .hiragana, .keypadComma, .power, .sleep, .wake]
        #expect(Set(Key.allCases).subtracting(keys) == others)
        #expect(Key(usage: 0x04) == .a && Key(usage: 0x1D) == .z && Key(usage: 0x27) == .digit0 && Key(usage: 0x45) == .f12)
        #expect(Key(usage: 0x64) == .less && Key(usage: 0x65) == .menu && Key(usage: 0xE7) == .metaRight && Key(usage: 0x52) == .up)
        #expect(Key(usage: 0) == nil && Key(usage: 0x68) == nil && Key(usage: 999) == nil)
    }

    @Test("keys go to the guest; with Ctrl and Alt some are commands, and the guest is told that Ctrl and Alt went up")
    func commands() {
        var keys = WindowKeys()
        #expect(keys.move(.a, .down) == [.guest(.key(.a, .down))])
        #expect(keys.move(.a, .repetition) == [.guest(.key(.a, .repetition))])
        #expect(keys.move(.a, .up) == [.guest(.key(.a, .up))])
        #expect(keys.move(.b, .repetition).isEmpty, "a key that went down elsewhere")
        #expect(keys.move(.ctrl, .down) == [.guest(.key(.ctrl, .down))])
        #expect(keys.move(.alt, .down) == [.guest(.key(.alt, .down))])
        #expect(keys.move(.f1, .down) == [.guest(.key(.f1, .down))])
        #expect(keys.move(.f1, .up) == [.guest(.key(.f1, .up))])
        #expect(keys.move(.g, .down) == [.guest(.key(.ctrl, .up)), .guest(.key(.alt, .up)), .grab])
        #expect(keys.move(.g, .repetition).isEmpty && keys.move(.g, .up).isEmpty)
        #expect(keys.move(.p, .down).last == .guest(.pause), "one after the other")
        #expect(keys.move(.p, .up).isEmpty && keys.move(.alt, .up).isEmpty && keys.move(.ctrl, .up).isEmpty)
        #expect(keys.held.isEmpty && keys.move(.g, .down) == [.guest(.key(.g, .down))])
    }

    @Test("Ctrl-Alt-Delete is the guest's own; nothing stays down when the window loses the keyboard") func focus() {
        var keys = WindowKeys()
        for key in [Key.ctrl, .alt, .delete] { #expect(keys.move(key, .down) == [.guest(.key(key, .down))]) }
        #expect(keys.releaseAll() == [.key(.delete, .up), .key(.alt, .up), .key(.ctrl, .up)])
        #expect(keys.releaseAll().isEmpty && keys.held.isEmpty)
    }

    @Test("without SDL the reason says what to install") func errors() {
        #expect(WindowError.notBuilt.description.contains("libsdl2-dev"))
        #expect(WindowError.refused("no screen").description.contains("no screen"))
    }
}
