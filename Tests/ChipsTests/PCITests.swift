import Testing
import Wiring

@testable import Chips

/// Configuration mechanism 1, base address registers, shadow RAM, interrupt routing: as software finds them.
@Suite struct PCITests {
    private final class Nothing: MemoryDevice, PortDevice {
        func readMemory(offset: Int) -> UInt8 { 0 }
        func peekMemory(offset: Int) -> UInt8 { 0 }
        func writeMemory(offset: Int, value: UInt8) {}
        func read(offset: Int) -> UInt8 { 0 }
        func write(offset: Int, value: UInt8) {}
        func peek(offset: Int) -> UInt8 { 0 }
    }

    private struct Board {
        let bus = PCIBus()
        let bridge: I440FX
        let card: PCIFunction
        private let nothing = Nothing()

        init() {
            bridge = I440FX(bus: bus)
            card = PCIFunction(
                name: "card", PCIHeader(vendor: 0x1234, device: 0x5678, classCode: 0x02_0001, revision: 7, interruptPin: 1))
            card.declareBAR(0, size: 0x10_0000, isPrefetchable: true, nothing)
            card.declareBAR(1, size: 0x20, nothing)
            bus.connect(bridge.function, at: PCIBus.Place(0, 0))
            bus.connect(card, at: PCIBus.Place(3, 0))
        }

        func select(_ device: UInt32, _ register: UInt32, function: UInt32 = 0, bus: UInt32 = 0) {
            bridge.write(
                offset: 0, width: .doubleword, value: 0x8000_0000 | bus << 16 | device << 11 | function << 8 | register & 0xFC)
        }
        func read(_ device: UInt32, _ register: UInt32, _ width: AccessWidth = .doubleword) -> UInt32 {
            select(device, register)
            return bridge.read(offset: 4 + Int(register & 3), width: width)
        }
        func write(_ device: UInt32, _ register: UInt32, _ value: UInt32, _ width: AccessWidth = .doubleword) {
            select(device, register)
            bridge.write(offset: 4 + Int(register & 3), width: width, value: value)
        }
    }

    @Test func configurationCyclesReachFunctions() {
        let board = Board()
        #expect(board.read(0, 0) == 0x1237_8086)
        #expect(board.read(3, 0) == 0x5678_1234 && board.read(3, 2, .word) == 0x5678 && board.read(3, 1, .byte) == 0x12)
        #expect(board.read(3, 8) == 0x0200_0107 && board.read(3, 0x2C) == 0x1100_1AF4 && board.read(3, 0x3D, .byte) == 1)
        #expect(board.read(4, 0) == 0xFFFF_FFFF && board.read(4, 3, .byte) == 0xFF, "nobody there")
        board.select(3, 0, bus: 1)
        #expect(board.bridge.read(offset: 4, width: .doubleword) == 0xFFFF_FFFF, "no second bus")
        board.bridge.write(offset: 0, width: .doubleword, value: 3 << 11)
        #expect(board.bridge.read(offset: 4, width: .word) == 0xFFFF, "no configuration cycle without the enable bit")
        #expect(board.bridge.read(offset: 0, width: .doubleword) == 3 << 11)
        board.bridge.write(offset: 0, width: .byte, value: 0xFF)
        #expect(board.bridge.read(offset: 0, width: .doubleword) == 3 << 11, "CONFADD takes doublewords alone")
        // Bits that are none.
        board.write(3, 0, 0xFFFF_FFFF)
        board.write(3, 8, 0xFFFF_FFFF)
        #expect(board.read(3, 0) == 0x5678_1234 && board.read(3, 8) == 0x0200_0107)
    }

    @Test func windowsAreSizedMovedAndEnabled() {
        let board = Board()
        var changes = 0
        board.card.onWindowChange = { changes += 1 }
        func windows() -> [String] { board.card.windows.map { "\($0.name) \(String($0.first, radix: 16)) \($0.size)" } }
        board.write(3, 0x10, 0xFFFF_FFFF)
        board.write(3, 0x14, 0xFFFF_FFFF)
        #expect(board.read(3, 0x10) == 0xFFF0_0008 && board.read(3, 0x14) == 0xFFFF_FFE1 && board.read(3, 0x18) == 0)
        board.write(3, 0x10, 0xE012_3456)
        board.write(3, 0x14, 0xC025)
        #expect(windows().isEmpty && changes == 0, "not enabled")
        board.write(3, 4, 1, .word)
        #expect(windows() == ["card BAR 1 c020 32"])
        board.write(3, 4, 3, .byte)
        #expect(windows() == ["card BAR 0 e0100000 1048576", "card BAR 1 c020 32"] && changes == 2)
        board.write(3, 0x10, 0xFFFF_FFFF)
        #expect(windows() == ["card BAR 1 c020 32"], "while it is sized a window is nowhere")
        board.write(3, 0x10, 0)
        board.write(3, 0x14, 0x1_C020)
        #expect(windows().isEmpty, "neither at address 0 nor behind the last port")
        board.write(3, 0x10, 0xF000_0000)
        let state = board.card.configuration
        board.card.reset()
        #expect(windows().isEmpty && board.read(3, 4, .word) == 0)
        board.card.configuration = state
        #expect(windows() == ["card BAR 0 f0000000 1048576"])
    }

    @Test func shadowRAMIsWhereThePAMRegistersSay() {
        let board = Board()
        var changes = 0
        board.bridge.onShadowChange = { changes += 1 }
        func shadowed() -> [String] {
            board.bridge.shadows.filter { $0.readsRAM || $0.writesRAM }.map {
                "\(String($0.range.lowerBound, radix: 16))-\(String($0.range.upperBound, radix: 16))"
                    + ($0.readsRAM ? " R" : "") + ($0.writesRAM ? " W" : "")
            }
        }
        #expect(shadowed().isEmpty)
        board.write(0, 0x59, 0x30, .byte)
        board.write(0, 0x5A, 0x21, .byte)
        board.write(0, 0x5F, 0x10, .byte)
        #expect(shadowed() == ["c0000-c4000 R", "c4000-c8000 W", "ec000-f0000 R", "f0000-100000 R W"] && changes == 3)
        // SMRAM: opened, closed, locked.
        board.write(0, 0x72, 0x48, .byte)
        #expect(shadowed().first == "a0000-c0000 R W")
        board.write(0, 0x72, 0x58, .byte)
        #expect(board.read(0, 0x72, .byte) == 0x1A && shadowed().first == "c0000-c4000 R", "locked, it is closed")
        board.write(0, 0x72, 0x48, .byte)
        #expect(board.read(0, 0x72, .byte) & 0x50 == 0x10, "until RESET")
        board.bridge.reset()
        #expect(shadowed().isEmpty)
        board.write(0, 0x72, 0x48, .byte)
        #expect(shadowed() == ["a0000-c0000 R W"])
    }

    @Test func interruptsAreRouted() {
        let bridge = PIIX3()
        let (one, two) = (Wire(), Wire())
        var requests: UInt16 = 0
        bridge.onRequestChange = { requests = $0 }
        bridge.connect(one, to: 0)
        bridge.connect(two, to: 1)
        one.set(true)
        #expect(requests == 0, "PIRQRC's bit 7: led nowhere")
        bridge.function.write(0x60, .doubleword, 0x0B0B_0B0A)
        #expect(requests == 1 << 10)
        two.set(true)
        #expect(requests == 1 << 10 | 1 << 11)
        bridge.function.write(0x61, .byte, 0x0A)
        two.set(false)
        #expect(requests == 1 << 10, "two at one input: it is asked for until both are quiet")
        bridge.function.write(0x60, .byte, 0x0D)
        #expect(requests == 0, "13 is the coprocessor's")
    }

    @Test func anInterruptPinIsDisabledByTheCommandRegister() {
        let board = Board()
        board.card.setInterrupt(true)
        #expect(board.card.INTx.isHigh)
        board.write(3, 4, 0x400, .word)
        #expect(!board.card.INTx.isHigh)
        board.write(3, 4, 0, .word)
        #expect(board.card.INTx.isHigh)
    }

    @Test func theDisplayHasItsRegistersInMemory() throws {
        let vga = try VGA(clock: Clock(rate: 100_000_000))
        let display = PCIDisplay(vga)
        #expect(display.readMemory(offset: 0x500, width: .word) == 0xB0C5)
        for (register, value) in [(1, 800), (2, 600), (3, 32), (4, 0x41)] {
            display.writeMemory(offset: 0x500 + 2 * register, width: .word, value: UInt32(value))
        }
        #expect(
            vga.dispi.isEnabled && vga.dispi.XRES == 800 && display.readMemory(offset: 0x502, width: .doubleword) == 600 << 16 | 800
        )
        display.writeMemory(offset: 0x402, width: .byte, value: 0x67)
        #expect(display.readMemory(offset: 0x40C) == 0x67, "Miscellaneous Output")
        #expect(display.readMemory(offset: 0x604, width: .doubleword) == 0x1E1E_1E1E && display.readMemory(offset: 0) == 0)
        vga.linearFrameBuffer.writeMemory(offset: 5, value: 0x77)
        #expect(vga.linearFrameBuffer.page(at: 0).read?.load(fromByteOffset: 5, as: UInt8.self) == 0x77)
    }

    /// Configuration writes with random bytes, and copies that go on from a state alone.
    @Test func randomAccessesAreHarmless() throws {
        let fuzz = Fuzz<I440FX>(offsets: 0..<8) { _ in
            let bus = PCIBus()
            let bridge = I440FX(bus: bus)
            bus.connect(bridge.function, at: PCIBus.Place(0, 0))
            return bridge
        } host: { bridge, number in
            bridge.write(offset: 0, width: .doubleword, value: 0x8000_0000 | UInt32(truncatingIfNeeded: number) & 0xFC)
        }
        try fuzz.run(operations: 1_000_000, seed: 1237)
        try fuzz.runHostileStates(seed: 1238)
    }
}
