import TestKit
import Testing
import Wiring

@testable import Chips

@Suite("VGA: the processor's way to the planes") struct VGAMemoryTests {
    private let clock = Clock(rate: 100_000_000)

    /// The graphics controller written as its block diagram, plane by plane and bit by bit.
    private func expected(
        mode: UInt8, function: UInt8, rotate: UInt8, setReset: UInt8, enable: UInt8, bitMask: UInt8, mapMask: UInt8, latch: [UInt8],
        old: [UInt8], data: UInt8
    ) -> [UInt8] {
        (0..<4).map { plane in
            guard mapMask >> plane & 1 == 1 else { return old[plane] }
            if mode == 1 { return latch[plane] }
            var result: UInt8 = 0
            for bit in 0..<8 {
                let rotated = data >> ((bit + Int(rotate)) % 8) & 1
                let source: UInt8
                switch mode {
                case 0: source = enable >> plane & 1 == 1 ? setReset >> plane & 1 : rotated
                case 2: source = data >> plane & 1
                default: source = setReset >> plane & 1
                }
                let latched = latch[plane] >> bit & 1
                let combined = [source, source & latched, source | latched, source ^ latched][Int(function)]
                let passes = bitMask >> bit & 1 == 1 && (mode != 3 || rotated == 1)
                result |= (passes ? combined : latched) << bit
            }
            return result
        }
    }

    @Test("write modes 0 to 3 with every function agree with the block diagram: 20,000 random cases") func writeModes() throws {
        var random = RandomNumbers(seed: 0x3CE)
        func byte() -> UInt8 { UInt8(truncatingIfNeeded: random.next()) }
        let vga = try VGA(clock: clock)
        vga.set(.planar)
        for _ in 0..<20_000 {
            let mode = byte() & 3, function = byte() & 3, rotate = byte() & 7, setReset = byte() & 15, enable = byte() & 15
            let bitMask = byte(), mapMask = byte() & 15, data = byte()
            let latch = (0..<4).map { _ in byte() }, old = (0..<4).map { _ in byte() }
            vga.cells[0x1234] = latch.reversed().reduce(0) { $0 << 8 | UInt32($1) }
            _ = vga.readMemory(offset: 0x1234)
            vga.cells[0x1234] = old.reversed().reduce(0) { $0 << 8 | UInt32($1) }
            for (index, value) in [(0, setReset), (1, enable), (3, function << 3 | rotate), (5, mode), (8, bitMask)] {
                vga.setIndexed(VGAPort.graphics, index, value)
            }
            vga.setIndexed(VGAPort.sequencer, 2, mapMask)
            vga.writeMemory(offset: 0x1234, value: data)
            let result = (0..<4).map { UInt8(truncatingIfNeeded: vga.cells[0x1234] >> UInt32(8 * $0)) }
            let wanted = expected(
                mode: mode, function: function, rotate: rotate, setReset: setReset, enable: enable, bitMask: bitMask,
                mapMask: mapMask,
                latch: latch, old: old, data: data)
            if result != wanted {
                Issue.record("mode \(mode) function \(function) rotate \(rotate): \(result), not \(wanted)")
                return
            }
        }
    }

    @Test("read mode 0 gives the selected plane, read mode 1 compares colours where they matter") func readModes() throws {
        let vga = try VGA(clock: clock)
        vga.set(.planar)
        vga.cells[5] = 0x44_33_22_11
        for plane in 0..<4 {
            vga.setIndexed(VGAPort.graphics, 4, UInt8(plane))
            #expect(vga.readMemory(offset: 5) == UInt8(0x11 * (plane + 1)))
        }
        // Dots 7 and 6 have colour 5, the others 0.
        vga.cells[6] = 0x00_C0_00_C0
        vga.setIndexed(VGAPort.graphics, 5, 0x08)
        vga.setIndexed(VGAPort.graphics, 2, 0x05)
        vga.setIndexed(VGAPort.graphics, 7, 0x0F)
        #expect(vga.readMemory(offset: 6) == 0xC0)
        vga.setIndexed(VGAPort.graphics, 2, 0x07)
        #expect(vga.readMemory(offset: 6) == 0x00)
        vga.setIndexed(VGAPort.graphics, 7, 0x0D)
        #expect(vga.readMemory(offset: 6) == 0xC0)
        vga.setIndexed(VGAPort.graphics, 7, 0x00)
        #expect(vga.readMemory(offset: 6) == 0xFF)
    }

    @Test("text: even addresses are plane 0, odd ones plane 1, both at the even offset; the fast way equals the slow one")
    func oddEven() throws {
        let fast = try VGA(clock: clock), slow = try VGA(clock: clock)
        fast.set(.text)
        slow.set(.text)
        // Enabling set/reset for planes outside the map mask changes nothing but the way.
        slow.setIndexed(VGAPort.graphics, 1, 0x0C)
        #expect(fast.path.plain == .text && slow.path.plain == .none)
        var random = RandomNumbers(seed: 0xB8000)
        for _ in 0..<20_000 {
            let place = 0x18000 + Int(random.next() % 0x8000), value = UInt32(truncatingIfNeeded: random.next())
            let width = AccessWidth.allCases[Int(random.next() % 3)]
            fast.writeMemory(offset: place, width: width, value: value)
            slow.writeMemory(offset: place, width: width, value: value)
            #expect(fast.readMemory(offset: place, width: width) == slow.readMemory(offset: place, width: width))
        }
        #expect(fast.state.memory == slow.state.memory)
        fast.writeMemory(offset: 0x18000, width: .doubleword, value: 0x44_33_22_11)
        fast.fold()
        #expect(fast.cells[0] & 0xFFFF == 0x2211 && fast.cells[2] & 0xFFFF == 0x4433)
        #expect(fast.readMemory(offset: 0x18000, width: .doubleword) == 0x4433_2211 && fast.peekMemory(offset: 0x18003) == 0x44)
    }

    @Test("chain 4: the low address bits select the plane") func chain4() throws {
        let vga = try VGA(clock: clock)
        vga.set(.colours256)
        for place in 0..<0x10000 { vga.writeMemory(offset: place, value: UInt8(truncatingIfNeeded: (place * 7) >> 3)) }
        for place in 0..<0x10000 where vga.readMemory(offset: place) != UInt8(truncatingIfNeeded: (place * 7) >> 3) {
            Issue.record("offset \(place)")
            return
        }
        vga.fold()
        #expect(vga.cells[4] >> 8 & 0xFF == 4, "address 5 is plane 1 of cell 4")
        vga.setIndexed(VGAPort.sequencer, 2, 0x01)
        vga.writeMemory(offset: 0, width: .doubleword, value: 0xFFFF_FFFF)
        #expect(vga.cells[0] == 0x02_01_00_FF, "the map mask counts in chain 4, too")
    }

    @Test("chain 4: the fast way equals the slow one") func chain4Shortcut() throws {
        let fast = try VGA(clock: clock), slow = try VGA(clock: clock)
        fast.set(.colours256)
        slow.set(.colours256)
        // Read mode 1 and a set/reset that is equal to the data would be slow, too; an odd window is the simplest way to be.
        slow.setIndexed(VGAPort.graphics, 6, 0x01)
        #expect(fast.path.plain == .chain4 && slow.path.plain == .none)
        var random = RandomNumbers(seed: 0xA0000)
        for _ in 0..<20_000 {
            let place = Int(random.next() % 0xFFFC), value = UInt32(truncatingIfNeeded: random.next())
            let width = AccessWidth.allCases[Int(random.next() % 3)]
            fast.writeMemory(offset: place, width: width, value: value)
            slow.writeMemory(offset: place, width: width, value: value)
            #expect(fast.readMemory(offset: place, width: width) == slow.readMemory(offset: place, width: width))
        }
        #expect(fast.state.memory == slow.state.memory)
    }

    @Test("graphics register 6 and Miscellaneous Output bit 1 say where memory answers") func windows() throws {
        let vga = try VGA(clock: clock)
        vga.set(.planar)
        vga.cells[0] = 0x01
        for (map, first, length) in [(0, 0, 0x20000), (1, 0, 0x10000), (2, 0x10000, 0x8000), (3, 0x18000, 0x8000)]
            as [(UInt8, Int, Int)]
        {
            vga.setIndexed(VGAPort.graphics, 6, map << 2 | 1)
            for place in stride(from: 0, to: 0x20000, by: 0x8000) {
                let answers = place >= first && place < first + length
                let isFirstCell = place == first || map == 0 && place == 0x10000
                #expect(vga.readMemory(offset: place) == (answers ? (isFirstCell ? 1 : 0) : 0xFF))
            }
        }
        vga.setIndexed(VGAPort.graphics, 6, 0x05)
        vga.write(offset: VGAPort.miscellaneousWrite, value: 0xE1)
        vga.writeMemory(offset: 0, value: 0x99)
        #expect(vga.readMemory(offset: 0) == 0xFF && vga.cells[0] == 0x01)
    }
}
