import Chips
import TestKit
import Testing
import Wiring

@testable import Board

/// The board with PCI as its firmware leaves it, and what a guest can do to it.
@Suite struct PCIMachineTests {
    private static func machine(_ change: (inout PC.Configuration) -> Void = { _ in }) throws -> PC {
        var configuration = PC.Configuration()
        configuration.machine = .pc
        configuration.memoryBytes = 8 << 20
        change(&configuration)
        return try PC(configuration)
    }

    /// After power-on by our BIOS, without a disk.
    private static func booted() throws -> PC {
        let pc = try machine()
        _ = pc.run(until: 400_000)
        return pc
    }

    private static func configuration(_ pc: PC, _ device: UInt32, _ function: UInt32, _ register: UInt32) -> UInt32 {
        pc.bus.writePort(0xCF8, .doubleword, 0x8000_0000 | device << 11 | function << 8 | register)
        return pc.bus.readPort(0xCFC, .doubleword)
    }

    private static func configure(_ pc: PC, _ device: UInt32, _ function: UInt32, _ register: UInt32, _ value: UInt32) {
        pc.bus.writePort(0xCF8, .doubleword, 0x8000_0000 | device << 11 | function << 8 | register)
        pc.bus.writePort(0xCFC, .doubleword, value)
    }

    private static func text(_ pc: PC, _ address: UInt64, _ count: Int) -> String {
        String(decoding: (0..<count).map { pc.peek(physical: address + UInt64($0)) }, as: UTF8.self)
    }

    @Test func theFirmwareSetsUpWhatItFinds() throws {
        let pc = try Self.booted()
        let windows = pc.parts.pci.map { $0.bus.functions.flatMap(\.function.windows) } ?? []
        let places = Dictionary(uniqueKeysWithValues: windows.map { ($0.name, $0.first) })
        #expect(places["pcivga BAR 0"] == 0xE000_0000 && places["pcivga BAR 2"] == 0xE100_0000)
        #expect(places["piix3ide BAR 4"] == 0xC000 && places["piix4pm registers"] == 0x600 && places["piix4pm SMBus"] == 0x700)
        #expect(Self.configuration(pc, 1, 0, 0x60) == 0x0B0B_0A0A && Self.configuration(pc, 1, 1, 0x40) == 0x8000_8000)
        #expect(Self.configuration(pc, 1, 3, 0x3C) & 0xFF == 9 && Self.configuration(pc, 2, 0, 0x3C) & 0xFF == 10)
        #expect(pc.parts.pic2.state.ELCR == 0x0E)
        #expect(Self.text(pc, 0xF_0F00, 4) == "$PIR" && Self.text(pc, 0xF_0FA0, 8) == "RSD PTR ")
        // Shadowed, and read-only: RAM's byte is another than the ROM's, which nobody sees below 1 MB.
        #expect(pc.bus.page(at: 0xF_0000).read == pc.memory.base + 0xF_0000 && pc.bus.page(at: 0xF_0000).write == nil)
        pc.bus.writeMemory(0xF_0F00, .byte, 0)
        #expect(Self.text(pc, 0xF_0F00, 4) == "$PIR" && Self.text(pc, 0xFFFF_0F00, 1) == "\0")
        let second = try PC(
            {
                var configuration = PC.Configuration()
                configuration.memoryBytes = 8 << 20
                return configuration
            }())
        _ = second.run(until: 400_000)
        #expect(Self.text(second, 0xF_0F00, 4) == "\0\0\0\0", "an AT has no such tables")
    }

    @Test func configurationAddressAndResetRegisterStandBesideEachOther() throws {
        let pc = try Self.machine()
        pc.bus.writePort(0xCF8, .doubleword, 0x8000_0604)
        #expect(pc.takeRequest() == nil && pc.bus.readPort(0xCF8, .doubleword) == 0x8000_0604)
        pc.bus.writePort(0xCF9, .byte, 6)
        #expect(pc.takeRequest() == .reset(.machine) && pc.bus.readPort(0xCF8, .doubleword) == 0x8000_0604)
    }

    @Test func aWindowOverRAMIsReportedAndNotSeen() throws {
        let pc = try Self.booted()
        var entries: [String] = []
        pc.log.listener = { entries.append($0.description) }
        Self.configure(pc, 2, 0, 0x10, 0)
        #expect(!pc.answers(at: 0xE000_0000))
        pc.memory.writeMemory(offset: 0x10_0000, value: 0x42)
        Self.configure(pc, 2, 0, 0x18, 0x10_0000)
        #expect(pc.peek(physical: 0x10_0000) == 0x42)
        #expect(
            entries.contains { $0.hasPrefix("bus: pcivga BAR 2 at physical address 00100000h lies over extended memory") },
            "\(entries)")
        Self.configure(pc, 1, 1, 0x20, 0x3F1)
        #expect(entries.contains { $0.contains("piix3ide BAR 4") } == false, "cards come before the ISA bus")
        #expect(pc.bus.readPort(0x3F8, .byte) == 0)
        Self.configure(pc, 1, 1, 0x20, 0xCF1)
        #expect(entries.contains { $0.hasPrefix("bus: piix3ide BAR 4 at port 0CF0h lies over") }, "\(entries)")
        #expect(Self.configuration(pc, 0, 0, 0) == 0x1237_8086, "nothing hides the host bridge")
    }

    /// At C0000h, and in the ROM BAR where there is PCI; a snapshot keeps it.
    @Test func aVideoBIOSIsWhereFirmwareLooks() throws {
        let image: [UInt8] = [0x55, 0xAA, 0x40] + [UInt8](repeating: 0x77, count: 5000)
        let pc = try Self.machine { $0.displayROM = image }
        Self.configure(pc, 2, 0, 0x30, 0xFFFF_FFFF)
        #expect(Self.configuration(pc, 2, 0, 0x30) == 0xFFFF_0001)
        Self.configure(pc, 2, 0, 0x30, 0xD000_0001)
        Self.configure(pc, 2, 0, 0x04, 2)
        #expect(
            pc.peek(physical: 0xD000_0001) == 0xAA && pc.peek(physical: 0xD000_FFFF) == 0 && pc.peek(physical: 0xC_0000) == 0x55)
        let snapshot = try Snapshot(source: SnapshotProgram.source(try SnapshotProgram.save(pc)))
        #expect(snapshot.configuration(PC.Configuration()).displayROM == image)
        let old = try Self.machine {
            $0.machine = .isa
            $0.displayROM = image
        }
        #expect(old.peek(physical: 0xC_0000) == 0x55 && old.bus.isROM(at: 0xC_0000) && old.peek(physical: 0xC_8000) == 0)
        #expect(throws: BoardError.displayROMSize(bytes: 0x1_0001)) {
            try Self.machine { $0.displayROM = [UInt8](repeating: 0, count: 0x1_0001) }
        }
    }

    /// The line of the 8254 is high most of the time; the HPET in its place is heard from its first interrupt on.
    @Test func theHPETReplacesTheTimer() throws {
        let pc = try Self.machine()
        let apic = try #require(pc.parts.apic)
        func set(_ device: any MemoryDevice, _ offset: Int, _ value: UInt32) {
            device.writeMemory(offset: offset, width: .doubleword, value: value)
        }
        pc.parts.pit.write(offset: 3, value: 0x34)
        set(apic.locals[0], 0xF0, 0x1FF)
        set(apic.io, 0, 0x14)
        set(apic.io, 0x10, 0x40)
        set(apic.hpet, 0x100, 4)
        set(apic.hpet, 0x108, 500)
        set(apic.hpet, 0x10C, 0)
        set(apic.hpet, 0x10, 3)
        #expect(!apic.locals[0].intr.isHigh)
        let end = pc.clock.now + pc.clock.ticks(microseconds: 10)
        while pc.clock.cells.pointee.nextDeadline <= end {
            pc.clock.skip(to: max(pc.clock.now, pc.clock.cells.pointee.nextDeadline))
            pc.clock.fireDueEvents()
        }
        #expect(apic.locals[0].intr.isHigh && apic.locals[0].acknowledge() == 0x40)
        set(apic.locals[0], 0xB0, 0)
        // Given back, the line has the 8254's level again, which is an edge.
        set(apic.hpet, 0x10, 0)
        #expect(apic.locals[0].intr.isHigh)
    }

    /// An 8259A forgets a request whose line falls before the acknowledgement: it has to hear each edge of the HPET, and one for each.
    @Test func the8259AHearsEachEdgeOfTheHPET() throws {
        let pc = try Self.machine()
        let hpet = try #require(pc.parts.apic).hpet
        func set(_ offset: Int, _ value: UInt32) { hpet.writeMemory(offset: offset, width: .doubleword, value: value) }
        for (pic, base) in [(pc.parts.pic1, UInt8(0x20)), (pc.parts.pic2, 0x28)] {
            pic.write(offset: 0, value: 0x11)
            for value in [base, base == 0x20 ? 4 : 2, 1, 0] { pic.write(offset: 1, value: value) }
        }
        pc.parts.pit.write(offset: 3, value: 0x34)
        for (timer, period) in [(0x100, UInt32(500)), (0x120, 700)] {
            set(timer, 0x14C)
            set(timer + 8, period)
            set(timer + 8, period)
        }
        set(0x10, 3)
        var heard: [UInt8: Int] = [:]
        let end = pc.clock.now + pc.clock.ticks(microseconds: 70) + 1
        while pc.clock.cells.pointee.nextDeadline <= end {
            pc.clock.skip(to: max(pc.clock.now, pc.clock.cells.pointee.nextDeadline))
            pc.clock.fireDueEvents()
            while pc.parts.pic1.intr.isHigh {
                let vector = pc.parts.pic1.acknowledge()
                heard[vector, default: 0] += 1
                if vector >= 0x28 { pc.parts.pic2.write(offset: 0, value: 0x20) }
                pc.parts.pic1.write(offset: 0, value: 0x20)
            }
        }
        #expect(heard == [0x20: 14, 0x28: 10])
    }

    /// ACPI tables of SeaBIOS and Bochs' BIOS: SMI_CMD B2h, ACPI_ENABLE F1h, ACPI_DISABLE F0h, events at AFE0h, slots at AE00h.
    @Test func otherFirmwaresTablesFindTheirPorts() throws {
        let pc = try Self.booted()
        #expect(pc.bus.readPort(0xAE00, .doubleword) == 0 && pc.bus.readPort(0xAE0C, .doubleword) == 0)
        pc.bus.writePort(0xAFE0, .doubleword, 0xFFFF_FFFF)
        #expect(pc.bus.readPort(0xAFE0, .doubleword) == 0xFFFF_0000)
        pc.bus.writePort(0xB2, .byte, 0xF0)
        #expect(pc.bus.readPort(0x604, .word) & 1 == 0)
        pc.bus.writePort(0xB2, .byte, 0xF1)
        #expect(pc.bus.readPort(0x604, .word) & 1 == 1)
        pc.bus.writePort(0xB3, .byte, 0x5A)
        #expect(pc.bus.readPort(0xB2, .word) == 0x5AF1)
        let power = try #require(pc.parts.pci).power
        let state = power.state
        power.reset()
        #expect(power.state != state)
        power.state = state
        #expect(power.state == state && pc.bus.readPort(0xAFE0, .doubleword) == 0xFFFF_0000)
    }

    @Test func sleepTypeZeroSwitchesOff() throws {
        let pc = try Self.booted()
        pc.bus.writePort(0x604, .word, 0x2001)
        #expect(pc.takeRequest() == .powerOff)
    }

    @Test func codeInShadowRAMChangesWithTheMap() throws {
        let pc = try Self.booted()
        Self.configure(pc, 0, 0, 0x58, 0x3000_0000 | Self.configuration(pc, 0, 0, 0x58) & 0xFFFF)
        let before = pc.peek(physical: 0xD_0000)
        Self.configure(pc, 0, 0, 0x5C, 0x33)
        pc.bus.writeMemory(0xD_0000, .byte, 0x5A)
        #expect(pc.peek(physical: 0xD_0000) == 0x5A && before == 0xFF)
        Self.configure(pc, 0, 0, 0x5C, 0)
        #expect(pc.peek(physical: 0xD_0000) == 0xFF)
        pc.reset(.machine)
        #expect(pc.bus.page(at: 0xF_0000).read != pc.memory.base + 0xF_0000, "RESET shows the ROM again")
    }

    /// Windows, shadows and a transfer's registers come back, and the machine goes on as the other one does.
    @Test func aStateComesBack() throws {
        let pc = try Self.booted()
        Self.configure(pc, 2, 0, 0x10, 0xD000_0000)
        pc.bus.writeMemory(0xD010_0010, .doubleword, 0x1234_5678)
        let file = try SnapshotProgram.save(pc)
        let snapshot = try Snapshot(source: SnapshotProgram.source(file))
        #expect(snapshot.machine.board == .pc)
        let copy = try PC(snapshot.configuration(PC.Configuration()))
        try snapshot.restore(copy)
        #expect(copy.peek(physical: 0xD010_0010) == 0x78 && !copy.answers(at: 0xE000_0000) && copy.stateHash() == pc.stateHash())
        #expect(copy.bus.page(at: 0xF_0000).read == copy.memory.base + 0xF_0000)
        for machine in [pc, copy] { _ = machine.run(until: 600_000) }
        #expect(copy.stateHash() == pc.stateHash())
    }

    @Test func aRecordingSaysTheBoard() throws {
        let pc = try Self.machine()
        let recording = try #require(RunRecording(startOf: pc))
        let read = try RunRecording(parsing: recording.text)
        #expect(read.machine == .pc && read.configuration(PC.Configuration()).machine == .pc)
    }

    /// Configuration space, windows, transfers and power management touched at random: nothing traps, and the machine still runs.
    @Test func randomAccessesAreHarmless() throws {
        let pc = try Self.booted()
        var numbers = RandomNumbers(seed: 440)
        let ports: [UInt16] = [0xC000, 0x600, 0x700, 0x1F0, 0x170, 0x3C0, 0x1CE]
        for _ in 0..<30_000 {
            let number = numbers.next()
            let width = AccessWidth.allCases[Int(number >> 8) % 3]
            switch number % 8 {
            case 0...2:
                let functions = pc.parts.pci?.bus.functions.map(\.place) ?? []
                let place = functions[Int(number >> 16) % functions.count]
                let register = UInt32(truncatingIfNeeded: number >> 24 & 0xFC)
                Self.configure(
                    pc, UInt32(place.device), UInt32(place.function), register, UInt32(truncatingIfNeeded: numbers.next()))
            case 3, 4:
                let port = ports[Int(number >> 16) % ports.count] &+ UInt16(number >> 32 & 15)
                pc.bus.writePort(port, width, UInt32(truncatingIfNeeded: numbers.next()))
            case 5: _ = pc.bus.readPort(ports[Int(number >> 16) % ports.count] &+ UInt16(number >> 32 & 15), width)
            case 6: pc.bus.writeMemory(number >> 32 & 0xFFFF_F000, width, UInt32(truncatingIfNeeded: number))
            default: _ = pc.bus.readMemory(number >> 32 & 0xFFFF_F000, width)
            }
            _ = pc.takeRequest()
        }
        pc.reset(.machine)
        _ = pc.run(until: pc.clock.now + 400_000)
        #expect(Self.text(pc, 0xF_0F00, 4) == "$PIR")
    }
}
