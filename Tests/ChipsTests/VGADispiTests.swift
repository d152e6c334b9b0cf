import Testing
import Wiring

@testable import Chips

@Suite("VGA: the display interface of Bochs' VBE") struct VGADispiTests {
    private let clock = Clock(rate: 100_000_000)

    private func vga() throws -> VGA {
        let vga = try VGA(clock: clock)
        vga.set(.colours256)
        return vga
    }

    private func pixel(_ frame: PixelFrame, _ x: Int, _ y: Int) -> RGB {
        let place = 3 * (y * frame.width + x)
        return RGB(frame.bytes[place], frame.bytes[place + 1], frame.bytes[place + 2])
    }

    @Test("what a guest finds before it sets a mode: version, memory, the largest values") func identity() throws {
        let vga = try vga()
        #expect(vga.dispi(0) == 0xB0C5 && vga.dispi(10) == 256 && vga.dispi(4) == 0)
        vga.setDispi(0, 0xB0C2)
        #expect(vga.dispi(0) == 0xB0C2)
        vga.setDispi(0, 0xB0C6)
        #expect(vga.dispi(0) == 0xB0C2)
        vga.setDispi(4, 0x02)
        #expect(vga.dispi(1) == 2560 && vga.dispi(2) == 1600 && vga.dispi(3) == 32)
        vga.setDispi(4, 0)
        #expect(vga.dispi(11) == 0 && vga.dispi(0xFFFF) == 0)
        #expect(vga.read(offset: 0x31) == 0 && vga.read(offset: 0x32, width: .word) == 0xFFFF)
    }

    @Test("XRES, YRES and BPP are locked while it is enabled; what does not fit is refused and reported") func refusals() throws {
        let complaints = Complaints()
        let vga = try VGA(clock: clock, diagnostics: complaints)
        vga.setMode(640, 480, 32)
        vga.setDispi(1, 800)
        vga.setDispi(3, 8)
        #expect(vga.dispi(1) == 640 && vga.dispi(3) == 32 && complaints.list.count == 2)
        vga.setDispi(4, 0)
        vga.setDispi(3, 7)
        #expect(vga.dispi(3) == 32 && complaints.list.count == 3)
        vga.setMode(2561, 480, 8)
        #expect(vga.dispi(4) == 0 && !vga.dispi.isEnabled)
        vga.setMode(0, 480, 8)
        #expect(!vga.dispi.isEnabled)
        vga.setMode(2560, 1600, 32)
        #expect(vga.dispi.isEnabled && vga.dispi(7) == 1638)
        vga.setDispi(6, 3000)
        #expect(vga.dispi(6) == 2560, "lines longer than the memory allows")
        vga.setDispi(5, 256)
        #expect(vga.dispi(5) == 0)
        vga.setDispi(5, 255)
        #expect(vga.dispi(5) == 255)
        vga.setDispi(4, 0)
        #expect(vga.dispi(5) == 0)
    }

    @Test("dots of 8, 15, 16, 24 and 32 bits; a DAC of six and eight bits") func depths() throws {
        let vga = try vga()
        let memory = vga.frameBuffer
        for (bits, bytes, colour) in [
            (15, [0x1F, 0x7C], RGB(255, 0, 255)), (16, [0xE0, 0x07], RGB(0, 255, 0)), (24, [1, 2, 3], RGB(3, 2, 1)),
            (32, [1, 2, 3, 99], RGB(3, 2, 1)), (16, [0x10, 0x84], RGB(0x84, 0x82, 0x84)),
        ] as [(UInt16, [UInt8], RGB)] {
            vga.setMode(320, 200, bits)
            #expect(memory.load(as: UInt32.self) == 0, "enabling clears")
            let place = (320 * 3 + 5) * bytes.count
            for (index, byte) in bytes.enumerated() { memory.storeBytes(of: byte, toByteOffset: place + index, as: UInt8.self) }
            let frame = vga.pixelFrame()
            #expect(frame.width == 320 && frame.height == 200 && frame.shape == .squareDots)
            #expect(pixel(frame, 5, 3) == colour && pixel(frame, 4, 3) == RGB(0, 0, 0), "\(bits)")
        }
        vga.setMode(320, 200, 8)
        memory.storeBytes(of: 1, as: UInt8.self)
        #expect(pixel(vga.pixelFrame(), 0, 0) == RGB(0, 0, 170))
        vga.setDispi(4, 0xA1)
        vga.write(offset: VGAPort.DACWrite, value: 1)
        for value in [1, 130, 255] as [UInt8] { vga.write(offset: VGAPort.DACData, value: value) }
        #expect(pixel(vga.pixelFrame(), 0, 0) == RGB(1, 130, 255))
        #expect(!vga.isTextMode && vga.textFrame() == .blank())
    }

    @Test("enabling clears what mode 13h had in its window; with the flag for it, it stays") func clearing() throws {
        let vga = try vga()
        vga.plainWindow?.base.storeBytes(of: 0x1234_5678, toByteOffset: 64, as: UInt32.self)
        vga.setMode(640, 480, 32)
        #expect(vga.pixelFrame().bytes.allSatisfy { $0 == 0 })
        vga.setDispi(4, 0)
        vga.set(.colours256)
        vga.plainWindow?.base.storeBytes(of: 0x1234_5678, toByteOffset: 64, as: UInt32.self)
        vga.setDispi(4, 0x81)
        #expect(vga.frameBuffer.load(fromByteOffset: 256, as: UInt32.self) == 0x1234_5678)
    }

    @Test("a picture of four planes, written through the graphics controller, with a bank behind the first 64 KBytes") func planes()
        throws
    {
        let vga = try VGA(clock: clock)
        vga.set(.planar)
        vga.setMode(1280, 1024, 4)
        vga.setDispi(5, 1)
        vga.setIndexed(VGAPort.graphics, 5, 0x02)
        vga.writeMemory(offset: 160 * 500 - 0x10000 + 3, value: 0x0C)
        let frame = vga.pixelFrame()
        #expect(pixel(frame, 24, 500) == RGB.standardPalette[12] && pixel(frame, 23, 500) == RGB(0, 0, 0))
        #expect(vga.plainWindow == nil)
        vga.setDispi(5, 64)
        #expect(vga.dispi(5) == 1)
    }

    @Test("offsets move the picture over a larger one; what lies behind the memory is black") func panning() throws {
        let vga = try vga()
        vga.setMode(640, 480, 32)
        vga.setDispi(6, 1024)
        #expect(vga.dispi(7) == 4096)
        vga.frameBuffer.storeBytes(of: 0xFFFFFF, toByteOffset: 4 * (1024 * 100 + 200), as: UInt32.self)
        vga.setDispi(8, 200)
        vga.setDispi(9, 100)
        #expect(pixel(vga.pixelFrame(), 0, 0) == RGB(255, 255, 255))
        vga.setDispi(9, 4000)
        #expect(pixel(vga.pixelFrame(), 0, 479) == RGB(0, 0, 0))
        vga.setDispi(9, 0xFFFF)
        vga.setDispi(8, 0xFFFF)
        #expect(vga.pixelFrame().bytes.allSatisfy { $0 == 0 })
    }

    @Test("the window is plain memory in text modes, in mode 13h and in banks, and says when that changes") func windows() throws {
        let vga = try VGA(clock: clock)
        var changes = 0
        vga.onWindowChange = { changes += 1 }
        #expect(vga.plainWindow == nil)
        vga.set(.text)
        let text = vga.plainWindow
        #expect(text?.offset == 0x18000 && text?.count == 0x8000)
        text?.base.storeBytes(of: 0x1E41, toByteOffset: 160, as: UInt16.self)
        #expect(vga.readMemory(offset: 0x18000 + 160, width: .word) == 0x1E41)
        #expect(vga.textFrame()[column: 0, row: 1] == .init(character: 0x41, attribute: 0x1E))
        // Fonts are loaded in between: the characters stay.
        vga.setIndexed(VGAPort.sequencer, 4, 0x06)
        #expect(vga.plainWindow == nil)
        vga.setIndexed(VGAPort.sequencer, 4, 0x02)
        #expect(vga.plainWindow == text && text?.base.load(fromByteOffset: 160, as: UInt16.self) == 0x1E41)
        let before = changes
        vga.setIndexed(VGAPort.CRTC, 0x0E, 0x01)
        vga.setAttribute(3, 5)
        #expect(changes == before, "neither cursor nor palette change the window")
        vga.set(.colours256)
        #expect(vga.plainWindow?.count == 0x10000 && vga.plainWindow?.offset == 0)
        vga.plainWindow?.base.storeBytes(of: 0x04030201, as: UInt32.self)
        // Without chain 4 the four bytes are one cell.
        vga.setIndexed(VGAPort.sequencer, 4, 0x06)
        #expect(vga.plainWindow == nil && vga.cells[0] == 0x04030201)
        vga.setMode(640, 480, 8)
        vga.setDispi(5, 3)
        #expect(vga.plainWindow?.base == vga.frameBuffer + 0x30000)
        #expect(vga.readMemory(offset: 0x18000) == 0xFF)
        vga.reset()
        #expect(vga.plainWindow == nil && changes > before)
    }

    @Test("60 frames a second in any size") func timing() throws {
        let vga = try vga()
        vga.setMode(1920, 1080, 32)
        var retraces = 0, last: UInt8 = 0
        for sample in 0..<200_000 {
            clock.skip(to: UInt64(sample) * 500)
            let status = vga.read(offset: VGAPort.inputStatus1)
            if status & 8 != 0, last & 8 == 0 { retraces += 1 }
            last = status
        }
        #expect((59...61).contains(retraces))
    }

    @Test("CRTC 11h: bit 5 clear and bit 4 set let the retrace interrupt come, bit 4 clear takes it back") func retraceInterrupt()
        throws
    {
        let vga = try VGA(clock: clock)
        vga.set(.text)
        clock.run(5_000_000)
        #expect(!vga.irq.isHigh)
        vga.setIndexed(VGAPort.CRTC, 0x11, 0x1E)
        #expect(!vga.irq.isHigh && vga.read(offset: 0x02) & 0x80 == 0)
        clock.run(1_500_000)
        #expect(vga.irq.isHigh && vga.read(offset: 0x02) & 0x80 != 0)
        vga.setIndexed(VGAPort.CRTC, 0x11, 0x0E)
        #expect(!vga.irq.isHigh && vga.read(offset: 0x02) & 0x80 == 0)
        vga.setIndexed(VGAPort.CRTC, 0x11, 0x3E)
        clock.run(5_000_000)
        #expect(!vga.irq.isHigh, "bit 5 holds it back")
    }

    @Test("CRTC 17h bit 2 makes two scan lines of each count") func doubledLines() throws {
        let vga = try VGA(clock: clock)
        vga.set(.text)
        vga.setIndexed(VGAPort.CRTC, 0x17, 0xA7)
        #expect(vga.pixelFrame().height == 800)
    }

    @Test("a state holds mode and memory, and nothing of the memory before") func state() throws {
        let vga = try vga()
        vga.setMode(800, 600, 16)
        vga.frameBuffer.storeBytes(of: 0x1234, toByteOffset: 900_000, as: UInt16.self)
        let state = vga.state
        #expect(state.memory.count == 225_001)
        let other = try VGA(clock: clock)
        other.setMode(2560, 1600, 32)
        other.frameBuffer.storeBytes(of: 7, toByteOffset: VGA.memorySize - 1, as: UInt8.self)
        other.state = state
        #expect(other.state == state && other.pixelFrame() == vga.pixelFrame())
        var broken = state
        broken.dispi.bank = 999
        other.state = broken
        #expect(other.state == state)
    }
}

extension VGA {
    func setDispi(_ register: UInt16, _ value: UInt16) {
        write(offset: 0x30, width: .word, value: UInt32(register))
        write(offset: 0x31, width: .word, value: UInt32(value))
    }

    func dispi(_ register: UInt16) -> UInt16 {
        write(offset: 0x30, width: .word, value: UInt32(register))
        return UInt16(read(offset: 0x31, width: .word))
    }

    /// Enables width × height dots of `bits` bits.
    func setMode(_ width: UInt16, _ height: UInt16, _ bits: UInt16) {
        for (register, value) in [(4, 0), (1, width), (2, height), (3, bits), (4, 0x41)] as [(UInt16, UInt16)] {
            setDispi(register, value)
        }
    }
}
