import Testing
import Wiring

@testable import Chips

/// A driver of the controller, with a DMA channel of its own.
private final class FloppyHost {
    let clock = Clock(rate: 100_000_000)
    let fdc: I82077AA
    let complaints = Complaints()
    /// What DMA moves, and how much of it was moved; a channel without room is masked.
    var memory: [UInt8] = []
    var moved = 0
    /// Memory to peripheral.
    var isRead = false

    init(_ media: [FloppyMedia?]) {
        fdc = I82077AA(clock: clock, media: media)
        fdc.diagnostics = complaints
        fdc.DRQ = { [unowned self] cycles in
            var done = 0
            while done < cycles, moved < memory.count {
                if isRead { fdc.dmaWrite(UInt16(memory[moved])) } else { memory[moved] = UInt8(truncatingIfNeeded: fdc.dmaRead()) }
                (moved, done) = (moved + 1, done + 1)
                if moved == memory.count { fdc.dmaTerminalCount() }
            }
            return done
        }
    }

    convenience init(_ stores: ATATestStore..., inserted: Int? = 0) {
        self.init([FloppyMedia(stores: stores, inserted: inserted), nil])
    }

    var status: UInt8 { fdc.read(offset: 4) }
    var interrupts: Bool { fdc.INT.isHigh }
    func wait(_ microseconds: UInt64 = 10_000) { clock.run(100 * microseconds) }

    /// Out of reset, motor of drive A on, SENSE INTERRUPT STATUS for all four drives, the rate of `rate`.
    func start(rate: UInt8 = 0, noDMA: Bool = false) {
        fdc.write(offset: 2, value: 0x1C)
        wait()
        for drive in 0..<4 as Range<UInt8> { #expect(command([0x08]) == [0xC0 | drive, 0]) }
        fdc.write(offset: 7, value: rate)
        _ = command([0x03, 0xAF, noDMA ? 0x03 : 0x02])
    }

    /// Sends the bytes, lets time pass, and reads the result.
    @discardableResult func command(_ bytes: [UInt8]) -> [UInt8] {
        send(bytes)
        wait()
        return result()
    }

    func send(_ bytes: [UInt8]) {
        for byte in bytes {
            #expect(status & 0xC0 == 0x80, "the controller takes no byte")
            fdc.write(offset: 5, value: byte)
        }
    }

    func result() -> [UInt8] {
        var bytes: [UInt8] = []
        while status & 0xD0 == 0xD0, bytes.count < 16 { bytes.append(fdc.read(offset: 5)) }
        return bytes
    }

    func seek(_ cylinder: UInt8, drive: UInt8 = 0) { #expect(seekResult([0x0F, drive, cylinder]) == [0x20 | drive, cylinder]) }
    func seekResult(_ bytes: [UInt8]) -> [UInt8] {
        command(bytes)
        #expect(interrupts)
        return command([0x08])
    }

    func read(_ bytes: [UInt8], count: Int) -> [UInt8] {
        (memory, moved, isRead) = ([UInt8](repeating: 0xEE, count: count), 0, false)
        return command(bytes)
    }
    func write(_ bytes: [UInt8], _ data: [UInt8]) -> [UInt8] {
        (memory, moved, isRead) = (data, 0, true)
        return command(bytes)
    }
}

/// The 82077AA as a driver meets it. Cylinder c, head h, sector s of a 1.44 MB diskette is sector (2c + h)·18 + s - 1 of its image.
@Suite struct I82077AATests {
    private let disk = ATATestStore(sectors: 2880)

    @Test("after a reset: one interrupt, four drives that changed, then 80h; DMAGATE holds the interrupt back")
    func reset() {
        let host = FloppyHost(disk)
        #expect(host.status == 0)
        host.fdc.write(offset: 2, value: 0x04)
        host.wait()
        #expect(host.status == 0x80 && !host.interrupts)
        host.fdc.write(offset: 2, value: 0x0C)
        #expect(host.interrupts)
        for drive in 0..<4 as Range<UInt8> {
            #expect(host.command([0x08]) == [0xC0 | drive, 0])
            #expect(!host.interrupts, "the first SENSE INTERRUPT STATUS takes it back")
        }
        #expect(host.command([0x08]) == [0x80])
        // DSR's reset is over by itself.
        host.fdc.write(offset: 4, value: 0x80)
        #expect(host.status == 0)
        host.wait()
        #expect(host.interrupts && host.command([0x08]) == [0xC0, 0])
        // Without polling there is no interrupt; a reset polls again.
        _ = host.command([0x13, 0, 0x10, 0])
        #expect(host.command([0x0E])[8] == 0x10)
    }

    @Test("VERSION, DUMPREG, LOCK, PERPENDICULAR MODE, and what a reset leaves of them; invalid commands")
    func modes() {
        let host = FloppyHost(disk)
        host.start()
        #expect(host.command([0x10]) == [0x90])
        _ = host.command([0x13, 0, 0x57, 0x12])
        _ = host.command([0x12, 0x87])
        #expect(host.command([0x94]) == [0x10])
        #expect(host.command([0x0E]) == [0, 0, 0, 0, 0xAF, 0x02, 0, 0x87, 0x57, 0x12])
        host.fdc.write(offset: 2, value: 0)
        host.fdc.write(offset: 2, value: 0x1C)
        host.wait()
        #expect(host.command([0x0E]) == [0, 0, 0, 0, 0xAF, 0x02, 0, 0x84, 0x07, 0x12], "LOCK keeps FIFO and PRETRK")
        #expect(host.command([0x14]) == [0])
        host.fdc.write(offset: 4, value: 0x80)
        host.wait()
        #expect(host.command([0x0E])[7...] == [0x04, 0x20, 0])
        for code: UInt8 in [0x00, 0x01, 0x0B, 0x17, 0x18, 0x1F, 0x34, 0x4F, 0xFF] { #expect(host.command([code]) == [0x80]) }
    }

    @Test("SEEK, RELATIVE SEEK, RECALIBRATE: pulses, present cylinder numbers, both drives at once, no drive")
    func seeks() {
        let host = FloppyHost([FloppyMedia(stores: [disk], inserted: 0), FloppyMedia(stores: [disk], inserted: 0)])
        host.start()
        host.send([0x0F, 0x04, 20])
        host.send([0x0F, 0x01, 5])
        #expect(host.status == 0x83, "both on their way, and the next command is taken")
        host.wait()
        #expect(host.status == 0x80 && host.interrupts)
        #expect(host.command([0x08]) == [0x24, 20] && host.interrupts)
        #expect(host.command([0x08]) == [0x21, 5] && !host.interrupts)
        #expect(host.fdc.view(of: 0)?.cylinder == 20 && host.fdc.view(of: 1)?.cylinder == 5)
        #expect(host.seekResult([0xCF, 0, 3]) == [0x20, 23])
        #expect(host.seekResult([0x8F, 0, 4]) == [0x20, 19])
        #expect(
            host.command([0x04, 0]) == [0x28] && host.seekResult([0x07, 0]) == [0x20, 0] && host.command([0x04, 0]) == [0x38])
        host.seek(83)
        #expect(host.seekResult([0x07, 0]) == [0x70, 0], "79 pulses lead to cylinder 4")
        #expect(host.seekResult([0x07, 0]) == [0x20, 0])
        #expect(host.seekResult([0x07, 2]) == [0x72, 0], "there is no drive 2")
    }

    @Test("READ DATA: one sector, to the end of the track, over both heads; C, H, R, N behind it")
    func reading() {
        let host = FloppyHost(disk)
        host.start()
        host.seek(3)
        #expect(host.read([0x46, 0, 3, 0, 5, 2, 18, 27, 0xFF], count: 512) == [0, 0, 0, 3, 0, 6, 2])
        #expect(host.memory == disk.sector(108 + 4) && !host.interrupts)
        #expect(host.read([0x46, 4, 3, 1, 18, 2, 18, 27, 0xFF], count: 512) == [4, 0, 0, 4, 1, 1, 2])
        #expect(host.memory == disk.sector(108 + 35))
        // Multi-track goes from head 0 to head 1, and no further.
        #expect(host.read([0xC6, 0, 3, 0, 17, 2, 18, 27, 0xFF], count: 4 * 512) == [4, 0, 0, 3, 1, 3, 2])
        #expect(host.memory == (16..<20).flatMap { disk.sector(108 + $0) })
        #expect(host.read([0xC6, 0, 3, 0, 1, 2, 18, 27, 0xFF], count: 36 * 512) == [4, 0, 0, 4, 0, 1, 2])
        #expect(
            host.read([0xC6, 4, 3, 1, 18, 2, 18, 27, 0xFF], count: 1024) == [0x44, 0x80, 0, 4, 0, 1, 2], "no TC: end of cylinder")
        #expect(host.read([0x46, 0, 3, 0, 18, 2, 18, 27, 0xFF], count: 1024)[..<3] == [0x40, 0x80, 0])
        // TC in the middle of a sector ends the command behind it.
        #expect(host.read([0x46, 0, 3, 0, 1, 2, 18, 27, 0xFF], count: 700) == [0, 0, 0, 3, 0, 3, 2])
    }

    @Test("sectors that do not come: wrong cylinder, head, sector, size, rate, FM, behind the last track")
    func missing() {
        let host = FloppyHost(disk)
        host.start()
        host.seek(2)
        for (bytes, status) in [
            ([0x46, 0, 2, 0, 19, 2, 19, 27, 0xFF], [0x40, 0x04, 0]), ([0x46, 0, 2, 0, 0, 2, 18, 27, 0xFF], [0x40, 0x04, 0]),
            ([0x46, 0, 3, 0, 1, 2, 18, 27, 0xFF], [0x40, 0x04, 0x10]),
            ([0x46, 0, 0xFF, 0, 1, 2, 18, 27, 0xFF], [0x40, 0x04, 0x02]),
            ([0x46, 0, 2, 1, 1, 2, 18, 27, 0xFF], [0x40, 0x04, 0]), ([0x46, 0, 2, 0, 1, 3, 18, 27, 0xFF], [0x40, 0x04, 0]),
            ([0x06, 0, 2, 0, 1, 2, 18, 27, 0xFF], [0x40, 0x01, 0]),
        ] as [([UInt8], [UInt8])] {
            #expect(host.read(bytes, count: 512).prefix(3) == status[...], "\(bytes)")
        }
        host.fdc.write(offset: 4, value: 0x02)
        #expect(host.command([0x4A, 0]).prefix(3) == [0x40, 0x01, 0])
        host.fdc.write(offset: 7, value: 0)
        #expect(host.command([0x4A, 0]).prefix(5) == [0, 0, 0, 2, 0])
        host.seek(80)
        #expect(host.command([0x4A, 0]).prefix(3) == [0x40, 0x01, 0])
        disk.badSectors = [36]
        host.seek(1)
        #expect(host.read([0x46, 0, 1, 0, 1, 2, 18, 27, 0xFF], count: 512).prefix(3) == [0x40, 0x20, 0x20])
    }

    @Test(
        "no rate was set: 500 kbit/s as in QEMU and 250 as in the datasheet, not 1 Mbit/s; software resets keep the rate that was set"
    )
    func rateOfPowerOn() {
        for (sectors, isRead) in [(720, true), (1440, true), (2400, true), (2880, true), (5760, false)] {
            let host = FloppyHost(ATATestStore(sectors: sectors))
            host.fdc.write(offset: 2, value: 0x1C)
            host.wait()
            for _ in 0..<4 { host.command([0x08]) }
            #expect(host.command([0x4A, 0]).prefix(2) == (isRead ? [0, 0] : [0x40, 0x01]), "\(sectors)")
            // From the first one on that is set, the datasheet alone counts.
            host.fdc.write(offset: 7, value: 2)
            host.fdc.write(offset: 2, value: 0x18)
            host.fdc.write(offset: 2, value: 0x1C)
            host.wait()
            for _ in 0..<4 { host.command([0x08]) }
            #expect(host.command([0x4A, 0]).prefix(2) == (sectors < 2400 ? [0, 0] : [0x40, 0x01]), "\(sectors)")
            // The RESET pin makes it forget.
            host.fdc.reset()
            host.fdc.write(offset: 2, value: 0x1C)
            host.wait()
            for _ in 0..<4 { host.command([0x08]) }
            #expect(host.command([0x4A, 0]).prefix(2) == (isRead ? [0, 0] : [0x40, 0x01]), "\(sectors)")
        }
    }

    @Test("WRITE DATA and FORMAT TRACK reach the image; TC in a sector fills the rest with zeros; write protection")
    func writing() {
        let host = FloppyHost(disk)
        host.start()
        host.seek(1)
        let data = [UInt8](repeating: 0x5A, count: 600)
        #expect(host.write([0x45, 4, 1, 1, 2, 2, 18, 27, 0xFF], data) == [4, 0, 0, 1, 1, 4, 2])
        #expect(disk.sector(55) == [UInt8](repeating: 0x5A, count: 512))
        #expect(disk.sector(56) == data[512...] + [UInt8](repeating: 0, count: 424))
        let ids = (1...18 as ClosedRange<UInt8>).flatMap { number -> [UInt8] in [1, 0, number, 2] }
        #expect(host.write([0x4D, 0, 2, 18, 0x54, 0xF6], ids).prefix(3) == [0, 0, 0])
        #expect((36..<54).allSatisfy { disk.sector($0) == [UInt8](repeating: 0xF6, count: 512) })
        #expect(disk.sector(54) != [UInt8](repeating: 0xF6, count: 512))
        disk.isReadOnly = true
        #expect(host.command([0x04, 0]) == [0x68])
        #expect(host.write([0x45, 0, 1, 0, 1, 2, 18, 27, 0xFF], data).prefix(3) == [0x40, 0x02, 0])
        #expect(host.write([0x4D, 0, 2, 18, 0x54, 0], ids).prefix(3) == [0x40, 0x02, 0])
    }

    @Test("deleted data: the mark, skipping, READ DELETED DATA; VERIFY and READ TRACK; SCAN")
    func marks() {
        let host = FloppyHost(disk)
        host.start()
        let track: [UInt8] = [0, 0, 0]
        #expect(host.write([0x49] + track + [2, 2, 18, 27, 0xFF], [UInt8](repeating: 7, count: 512)).prefix(3) == [0, 0, 0])
        #expect(host.read([0x46] + track + [1, 2, 18, 27, 0xFF], count: 1536) == [0, 0, 0x40, 0, 0, 3, 2])
        #expect(host.moved == 1024, "the sector with the other mark is the last one")
        #expect(host.read([0x66] + track + [1, 2, 18, 27, 0xFF], count: 1024) == [0, 0, 0x40, 0, 0, 4, 2])
        #expect(host.memory == disk.sector(0) + disk.sector(2))
        #expect(host.read([0x4C] + track + [2, 2, 18, 27, 0xFF], count: 512) == [0, 0, 0, 0, 0, 3, 2])
        #expect(host.memory == [UInt8](repeating: 7, count: 512))
        #expect(host.command([0x56] + track + [3, 2, 18, 27, 0xFF]).prefix(3) == [0, 0, 0])
        #expect(host.command([0x56] + track + [3, 2, 19, 27, 0xFF]).prefix(3) == [0x40, 0x04, 0])
        #expect(host.command([0x56, 0x80, 0, 0, 3, 2, 18, 27, 4]) == [0, 0, 0, 0, 0, 7, 2])
        #expect(host.read([0x42] + track + [9, 2, 4, 27, 0xFF], count: 2048).prefix(3) == [0, 0, 0])
        #expect(host.memory == (0..<4).flatMap { disk.sector($0) })
        disk.bytes.replaceSubrange(512 * 4..<512 * 5, with: [UInt8](repeating: 9, count: 512))
        for (code, byte, status) in [
            (0x51, 9, 0x08), (0x51, 8, 0x04), (0x59, 9, 0x08), (0x59, 10, 0), (0x59, 8, 0x04), (0x5D, 8, 0), (0x5D, 10, 0x04),
            (0x51, 0xFF, 0x08),
        ] as [(UInt8, UInt8, UInt8)] {
            let answer = host.write([code] + track + [5, 2, 5, 27, 1], [UInt8](repeating: byte, count: 1024))
            #expect(answer.prefix(3) == [0, 0, status], "\(code) \(byte)")
        }
    }

    @Test("PIO: each byte with RQM and NDM; the end of the track ends it, as nobody gives TC")
    func programmedIO() {
        let host = FloppyHost(disk)
        host.start(noDMA: true)
        host.send([0x46, 0, 0, 0, 17, 2, 18, 27, 0xFF])
        var bytes: [UInt8] = []
        for _ in 0..<2 {
            #expect(host.status & 0xB0 == 0x30)
            host.wait()
            #expect(host.status == 0xF0 && host.interrupts)
            for _ in 0..<512 { bytes.append(host.fdc.read(offset: 5)) }
        }
        host.wait()
        #expect(bytes == disk.sector(16) + disk.sector(17) && host.interrupts)
        #expect(host.result() == [0x40, 0x80, 0, 1, 0, 1, 2] && !host.interrupts)
        host.send([0x45, 0, 0, 0, 18, 2, 18, 27, 0xFF])
        host.wait()
        #expect(host.status == 0xB0)
        for _ in 0..<512 { host.fdc.write(offset: 5, value: 3) }
        host.wait()
        #expect(host.result().prefix(2) == [0x40, 0x80] && disk.sector(17) == [UInt8](repeating: 3, count: 512))
    }

    @Test("implied seeks, with SE in the result")
    func impliedSeek() {
        let host = FloppyHost(disk)
        host.start()
        _ = host.command([0x13, 0, 0x40, 0])
        #expect(host.read([0x46, 0, 40, 0, 1, 2, 18, 27, 0xFF], count: 512) == [0x20, 0, 0, 40, 0, 2, 2])
        #expect(host.memory == disk.sector(40 * 36) && host.command([0x0E])[0] == 40)
    }

    @Test("change line, another diskette, an empty drive, a motor that is off: a command waits until the drive turns")
    func media() {
        let small = ATATestStore(sectors: 1440)
        let host = FloppyHost(disk, small)
        host.start()
        #expect(host.fdc.read(offset: 7) == 0x80)
        host.seek(1)
        #expect(host.fdc.read(offset: 7) == 0)
        host.fdc.changeMedium(of: 0, to: nil)
        #expect(host.fdc.read(offset: 7) == 0x80)
        host.seek(0)
        #expect(host.fdc.read(offset: 7) == 0x80, "it stays as long as nothing is in")
        (host.memory, host.moved) = ([UInt8](repeating: 0, count: 512), 0)
        #expect(host.command([0x46, 0, 0, 0, 1, 2, 9, 27, 0xFF]).isEmpty && host.status == 0x10)
        host.fdc.write(offset: 7, value: 2)
        host.fdc.changeMedium(of: 0, to: 1)
        host.wait()
        #expect(host.result() == [0, 0, 0, 0, 0, 2, 2] && host.memory == small.sector(0))
        #expect(host.fdc.view(of: 0)?.format?.name == "720 KB" && host.fdc.view(of: 1) == nil)
        host.fdc.write(offset: 2, value: 0x0C)
        #expect(host.command([0x4A, 0]).isEmpty)
        host.fdc.write(offset: 2, value: 0x1C)
        host.wait()
        #expect(host.result().prefix(3) == [0, 0, 0])
        #expect(host.complaints.list.contains { $0.message.contains("motor is off") })
    }

    @Test("a DMA channel that is masked is asked again; after a revolution's time the command overruns")
    func maskedDMA() {
        let host = FloppyHost(disk)
        host.start()
        (host.memory, host.moved) = ([], 0)
        host.send([0x46, 0, 0, 0, 1, 2, 18, 27, 0xFF])
        host.wait(50_000)
        #expect(host.status == 0x10)
        host.memory = [UInt8](repeating: 0, count: 512)
        host.wait()
        #expect(host.result().prefix(3) == [0, 0, 0] && host.memory == disk.sector(0))
        (host.memory, host.moved) = ([], 0)
        host.send([0x46, 0, 0, 0, 1, 2, 18, 27, 0xFF])
        host.wait(300_000)
        #expect(host.result().prefix(3) == [0x40, 0x10, 0])
    }

    private func fuzz(noDMA: Bool) -> Fuzz<I82077AA> {
        Fuzz(
            offsets: 0..<8, longestWait: 50_000,
            make: { clock in
                let media = [FloppyMedia(stores: [ATATestStore(sectors: 2880), ATATestStore(sectors: 5)], inserted: 0), nil]
                let fdc = I82077AA(clock: clock, media: media)
                // Half of each request is served.
                fdc.DRQ = { [unowned fdc] cycles in
                    for _ in 0..<cycles / 2 { fdc.dmaWrite(fdc.dmaRead()) }
                    if cycles < 8 { fdc.dmaTerminalCount() }
                    return cycles / 2
                }
                fdc.write(offset: 2, value: 0x1C)
                clock.run(100_000)
                for _ in 0..<4 {
                    for offset in [8, 0, 0] { if offset == 8 { fdc.write(offset: 5, value: 8) } else { _ = fdc.read(offset: 5) } }
                }
                for byte: UInt8 in [3, 0xAF, noDMA ? 3 : 2] { fdc.write(offset: 5, value: byte) }
                return fdc
            },
            host: { fdc, number in fdc.changeMedium(of: Int(number & 1), to: number & 2 == 0 ? nil : Int(number >> 2 & 3)) },
            wires: { [$0.INT.isHigh] })
    }

    @Test("random accesses, diskettes that come and go, states that continue elsewhere, hostile states: nothing traps")
    func random() throws {
        for noDMA in [false, true] {
            try fuzz(noDMA: noDMA).run(operations: 20_000, seed: noDMA ? 5 : 6)
            try fuzz(noDMA: noDMA).runHostileStates(seed: noDMA ? 7 : 8)
        }
    }
}
