import Foundation
import TestKit
import Testing
import Wiring

@testable import Chips

@Suite("VGA: the register file") struct VGARegisterTests {
    private let clock = Clock(rate: 100_000_000)

    @Test("every indexed register reads back what was written, cut to the bits that exist") func readBack() throws {
        let vga = try VGA(clock: clock)
        vga.set(.text)
        vga.setIndexed(VGAPort.CRTC, 0x11, 0)
        for value in [0x00, 0x55, 0xAA, 0xFF] as [UInt8] {
            for (index, mask) in ([0x03, 0x3D, 0x0F, 0x3F, 0x0E] as [UInt8]).enumerated() {
                vga.setIndexed(VGAPort.sequencer, index, value)
                #expect(vga.getIndexed(VGAPort.sequencer, index) == value & mask)
            }
            for (index, mask) in ([0x0F, 0x0F, 0x0F, 0x1F, 0x03, 0x7B, 0x0F, 0x0F, 0xFF] as [UInt8]).enumerated() {
                vga.setIndexed(VGAPort.graphics, index, value)
                #expect(vga.getIndexed(VGAPort.graphics, index) == value & mask)
            }
            for index in 0..<0x19 where index != 0x11 {
                vga.setIndexed(VGAPort.CRTC, index, value)
                #expect(vga.getIndexed(VGAPort.CRTC, index) == value)
            }
            for index in 0..<0x10 {
                vga.setAttribute(index, value)
                _ = vga.read(offset: VGAPort.inputStatus1)
                vga.write(offset: VGAPort.attribute, value: UInt8(index) | 0x20)
                #expect(vga.read(offset: VGAPort.attributeData) == value & 0x3F)
            }
        }
        #expect(vga.getIndexed(VGAPort.CRTC, 0x1E) == 0 && vga.getIndexed(VGAPort.sequencer, 7) == 0)
    }

    @Test("CRTC 11h bit 7 protects 00h to 07h, except bit 4 of 07h") func protection() throws {
        let vga = try VGA(clock: clock)
        vga.set(.text)
        #expect(vga.getIndexed(VGAPort.CRTC, 0x11) & 0x80 != 0)
        for index in 0...7 { vga.setIndexed(VGAPort.CRTC, index, 0xE0) }
        #expect((0...7).map { vga.getIndexed(VGAPort.CRTC, $0) } == Array(VGAMode.text.CRTC[0..<7]) + [0x0F])
        vga.setIndexed(VGAPort.CRTC, 0x08, 0x05)
        #expect(vga.getIndexed(VGAPort.CRTC, 0x08) == 0x05)
    }

    @Test("3C0h takes index and data in turn; reading Input Status 1 starts with the index again") func flipFlop() throws {
        let vga = try VGA(clock: clock)
        vga.set(.text)
        _ = vga.read(offset: VGAPort.inputStatus1)
        vga.write(offset: VGAPort.attribute, value: 0x31)
        vga.write(offset: VGAPort.attribute, value: 0x15)
        #expect(vga.read(offset: VGAPort.attribute) == 0x31 && vga.read(offset: VGAPort.attributeData) == 0x15)
        vga.write(offset: VGAPort.attribute, value: 0x32)
        _ = vga.read(offset: VGAPort.inputStatus1)
        vga.write(offset: VGAPort.attribute, value: 0x33)
        #expect(vga.read(offset: VGAPort.attribute) == 0x33)
        #expect(vga.peek(offset: VGAPort.inputStatus1) & 0xF6 == 0)
        vga.write(offset: VGAPort.attribute, value: 0x07)
        #expect(vga.read(offset: VGAPort.attributeData) == 0x07)
    }

    @Test("the DAC counts components and entries, has six bits, and tells the direction of the last index") func DAC() throws {
        let vga = try VGA(clock: clock)
        vga.write(offset: VGAPort.DACWrite, value: 254)
        #expect(vga.read(offset: VGAPort.DACRead) == 0)
        for value in 0..<9 { vga.write(offset: VGAPort.DACData, value: UInt8(0xC0 + value)) }
        #expect(vga.read(offset: VGAPort.DACWrite) == 1, "255 is followed by 0")
        vga.write(offset: VGAPort.DACRead, value: 254)
        #expect(vga.read(offset: VGAPort.DACRead) == 3)
        #expect(vga.peek(offset: VGAPort.DACData) == 0 && vga.peek(offset: VGAPort.DACData) == 0)
        #expect((0..<9).map { _ in vga.read(offset: VGAPort.DACData) } == Array(0..<9))
        vga.write(offset: VGAPort.DACWrite, value: 10)
        vga.write(offset: VGAPort.DACData, value: 0x3F)
        vga.write(offset: VGAPort.DACRead, value: 10)
        #expect(vga.read(offset: VGAPort.DACData) == 0, "an entry is stored with its third component")
    }

    @Test("CRTC and Input Status 1 answer at 3Dxh or 3Bxh by Miscellaneous Output bit 0") func monochromeAlias() throws {
        let vga = try VGA(clock: clock)
        vga.write(offset: VGAPort.miscellaneousWrite, value: 0x66)
        vga.write(offset: 0x24, value: 0x0F)
        vga.write(offset: 0x25, value: 0x42)
        #expect(vga.read(offset: 0x25) == 0x42 && vga.read(offset: 0x15) == 0xFF && vga.read(offset: 0x1A) == 0xFF)
        #expect(vga.read(offset: 0x2A) != 0xFF)
        vga.write(offset: VGAPort.miscellaneousWrite, value: 0x67)
        #expect(vga.read(offset: 0x15) == 0x42 && vga.read(offset: 0x25) == 0xFF)
        #expect(vga.read(offset: VGAPort.miscellaneousRead) == 0x67)
    }

    @Test("OUT of a word sets index and data") func wordWrites() throws {
        let vga = try VGA(clock: clock)
        vga.write(offset: VGAPort.sequencer, width: .word, value: 0x0C02)
        #expect(vga.getIndexed(VGAPort.sequencer, 2) == 0x0C)
    }

    @Test("mode 3: 70 frames a second, 449 lines of 31.5 kHz, retrace for two of them, display in 400") func timing() throws {
        let vga = try VGA(clock: clock)
        vga.set(.text)
        // 900 dots × 449 lines of a 28.322 MHz clock.
        let frame = 100_000_000.0 * 900 * 449 / 28_322_000
        var retraces = 0, last: UInt8 = 0, retraceSamples = 0, displaySamples = 0
        let samples = 200_000, step: UInt64 = 500
        for sample in 0..<samples {
            clock.skip(to: UInt64(sample) * step)
            let status = vga.read(offset: VGAPort.inputStatus1)
            if status & 8 != 0 {
                retraceSamples += 1
                if last & 8 == 0 { retraces += 1 }
                #expect(status & 1 != 0, "nothing is displayed during retrace")
            }
            displaySamples += status & 1 == 0 ? 1 : 0
            last = status
        }
        #expect(retraces == Int(100_000_000 / frame))
        #expect(abs(Double(retraceSamples) / Double(samples) - 2.0 / 449) < 0.0005)
        #expect(abs(Double(displaySamples) / Double(samples) - 400.0 / 449 * 720 / 900) < 0.001)
    }

    @Test("a state holds registers, latch and memory; one of the wrong shape is not taken") func stateRoundTrip() throws {
        let vga = try VGA(clock: clock)
        vga.set(.text)
        vga.put("hello", row: 3)
        let state = try JSONDecoder().decode(VGA.State.self, from: JSONEncoder().encode(vga.state))
        let other = try VGA(clock: clock)
        other.state = state
        #expect(other.textFrame() == vga.textFrame() && other.state == vga.state)
        var broken = state
        broken.registers.CRTC = []
        other.state = broken
        #expect(other.state == state)
    }

    @Test("100,000 random accesses with frames drawn in between do not trap") func fuzz() throws {
        var random = RandomNumbers(seed: 0x56A)
        let vga = try VGA(clock: clock)
        var dots = 0
        for step in 0..<100_000 {
            let value = UInt32(truncatingIfNeeded: random.next())
            let width = AccessWidth.allCases[Int(random.next() % 3)]
            let port = Int(random.next() % 0x38), place = Int(random.next() % 0x20004)
            switch random.next() % 5 {
            case 0, 1: vga.write(offset: port, width: width, value: value)
            case 2: _ = vga.read(offset: port, width: width)
            case 3: vga.writeMemory(offset: place, width: width, value: value)
            default: _ = vga.readMemory(offset: place, width: width)
            }
            clock.skip(to: clock.now + random.next() % 1_000_000)
            if step % 200 == 0 { _ = vga.textFrame() }
            if step % 5000 == 0 { dots += vga.pixelFrame().width }
        }
        #expect(dots > 0)
    }
}
