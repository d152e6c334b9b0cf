import Chips
import Disks
import Foundation
import TestKit
import Testing
import Wiring

@testable import Board

/// Guests that touch every device at random, and bus masters that are sent where no memory is: nothing traps, nothing hangs, and a reset makes a machine of it again.
@Suite struct HostileAccessTests {
    /// `HOSTILE_ACCESSES` of the environment, for each device.
    private static let accesses = ProcessInfo.processInfo.environment["HOSTILE_ACCESSES"].flatMap(Int.init) ?? 5000

    private static func machine(_ board: PC.Machine) throws -> PC {
        var configuration = PC.Configuration()
        configuration.machine = board
        configuration.memoryBytes = 4 << 20
        configuration.disks = [MemoryStore(bytes: [UInt8](repeating: 0xE5, count: 512 * 2016))]
        configuration.cdrom = CDROMMedia(
            stores: [MemoryStore(bytes: [UInt8](repeating: 1, count: 2048 * 40), isReadOnly: true)], inserted: 0)
        configuration.floppies = [
            FloppyMedia(stores: [MemoryStore(bytes: [UInt8](repeating: 2, count: 737_280))], inserted: 0), nil,
        ]
        configuration.hasTestDevice = true
        configuration.debugExitPort = 0x501
        if board == .pc {
            configuration.processors = .init(sockets: 2)
            configuration.network = NetworkConnection()
        }
        return try PC(configuration)
    }

    /// Lets time pass with every event at its own tick, and no instruction.
    private static func pass(_ ticks: UInt64, in clock: Clock) {
        let end = clock.now + ticks
        while clock.cells.pointee.nextDeadline <= end {
            clock.skip(to: max(clock.now, clock.cells.pointee.nextDeadline))
            clock.fireDueEvents()
        }
        clock.skip(to: end)
    }

    /// The first byte of the BIOS data area, where COM1 is: a BIOS has run.
    private static func isAlive(_ pc: PC) -> Bool {
        // CMOS memory keeps what it has, and a guest's reason for a reset.
        pc.parts.rtc.setCMOS(0x0F, 0)
        pc.reset(.machine)
        _ = pc.run(until: pc.clock.now + 2_000_000)
        return pc.peek(physical: 0x400) == 0xF8 && pc.peek(physical: 0x401) == 0x03
    }

    @Test(arguments: PC.Machine.allCases) func everyDeviceTouchedAtRandom(board: PC.Machine) throws {
        let pc = try Self.machine(board)
        _ = pc.run(until: 600_000)
        var numbers = RandomNumbers(seed: 15)
        let plain = pc.bus.regions.filter { !($0.device is MainMemory) && !($0.device is ReadOnlyMemory) }
        let names = Set(pc.bus.portRanges.map(\.name)).union(plain.map(\.name)).sorted()
        #expect(names.count > 35, "\(names)")
        var (ports, windows): ([String: PortRange], [String: MappedRegion]) = ([:], [:])
        for number in 0..<Self.accesses * names.count {
            // Windows move and go while the guest writes to what says where they are.
            if number % 256 == 0 {
                ports = Dictionary(pc.bus.portRanges.map { ($0.name, $0) }) { first, _ in first }
                windows = Dictionary(pc.bus.regions.map { ($0.name, $0) }) { first, _ in first }
            }
            let (choice, value) = (numbers.next(), numbers.next())
            let width = AccessWidth.allCases[Int(choice >> 8) % AccessWidth.allCases.count]
            let isWrite = choice & 1 != 0
            let name = names[Int(choice >> 16 & 0xFFFF) % names.count]
            if let range = ports[name] {
                if name == "PCI configuration" {
                    pc.bus.writePort(PortMap.configurationAddress, .doubleword, 0x8000_0000 | UInt32(value >> 48 & 0x3FFF))
                }
                let port = range.first &+ UInt16((value >> 32) % UInt64(range.count))
                if isWrite {
                    pc.bus.writePort(port, width, UInt32(truncatingIfNeeded: value))
                } else {
                    _ = pc.bus.readPort(port, width)
                }
            } else if let region = windows[name] {
                let address = region.range.lowerBound + (value >> 32) % UInt64(region.range.count)
                if isWrite {
                    pc.bus.writeMemory(address, width, UInt32(truncatingIfNeeded: value))
                } else {
                    _ = pc.bus.readMemory(address, width)
                }
            }
            _ = pc.takeRequest()
            if choice >> 60 == 0 { Self.pass(choice >> 32 & 0xFFF, in: pc.clock) }
        }
        #expect(Self.isAlive(pc))
    }

    /// Descriptors that lead the drive's sectors into ROMs, devices and nothing, and that begin in the middle of devices.
    @Test func aDiskControllerIsSentEverywhere() throws {
        let pc = try Self.machine(.pc)
        _ = pc.run(until: 600_000)
        // The driver makes the function a bus master: device 1, function 1, its command register.
        pc.bus.writePort(PortMap.configurationAddress, .doubleword, 0x8000_0904)
        pc.bus.writePort(0xCFC, .word, 5)
        var entries: [String] = []
        pc.log.listener = { entries.append($0.description) }
        let places: [UInt32] = [
            0, 0xA_0000, 0xB_8000, 0xC_0000, 0xF_0000, 0xFFFF_0000, 0xFFFF_FFFE, 0xFEE0_0000, 0xFEE0_1000, 0xFEC0_0000, 0xFED0_0000,
            0xE000_0000,
            0xE100_0000, 0xD000_0000, 0x003F_FFFE, 0xFF00_0000,
        ]
        for (number, place) in (places + places).enumerated() {
            let toMemory = number < places.count
            for (offset, value) in [place, 0x8000_0200].enumerated() {
                pc.bus.writeMemory(0x2000 + UInt64(4 * offset), .doubleword, value)
            }
            pc.bus.writePort(0xC000, .byte, 0)
            pc.bus.writePort(0xC002, .byte, 6)
            // The table itself is in such a place, now and then.
            pc.bus.writePort(0xC004, .doubleword, number % 5 == 4 ? place & ~3 : 0x2000)
            for (port, value): (UInt16, UInt32) in [(0x1F6, 0xE0), (0x1F2, 1), (0x1F3, 1), (0x1F4, 0), (0x1F5, 0)] {
                pc.bus.writePort(port, .byte, value)
            }
            pc.bus.writePort(0x1F7, .byte, toMemory ? 0xC8 : 0xCA)
            pc.bus.writePort(0xC000, .byte, toMemory ? 9 : 1)
            Self.pass(3_000_000, in: pc.clock)
            pc.bus.writePort(0x3F6, .byte, 4)
            pc.bus.writePort(0x3F6, .byte, 0)
            Self.pass(3_000_000, in: pc.clock)
        }
        #expect(entries.contains { $0.hasPrefix("ide0: memory D0000000h is not connected; the write is lost") }, "\(entries)")
        #expect(entries.contains { $0.hasPrefix("ide0: a write to the ROM at FFFF0000h") })
        #expect(Self.isAlive(pc))
    }

    /// fw_cfg's access structures of nonsense, among them a long one.
    @Test func firmwareConfigurationWithoutSense() throws {
        let pc = try Self.machine(.pc)
        var numbers = RandomNumbers(seed: 510)
        for round in 0..<200 {
            // Where nobody is, a structure reads as one of 4 GBytes.
            let address: UInt64 = [0xF_0000, 0xD000_0000, 0x3000, 0x3000][round % 4]
            let control = UInt32(truncatingIfNeeded: numbers.next()) & 0x3F | UInt32(numbers.next() & 0x3F) << 16
            let length = UInt32(truncatingIfNeeded: numbers.next() >> (numbers.next() & 31 | 44))
            let target: UInt64 = [0x10_0000, 0xA_0000, 0xFFFF_0000, .max, 0xFEE0_0000, 0x10_0000_0000][Int(numbers.next() % 6)]
            for (offset, word) in [control, length, UInt32(target >> 32), UInt32(truncatingIfNeeded: target)].enumerated() {
                pc.bus.writeMemory(0x3000 + UInt64(4 * offset), .doubleword, word.byteSwapped)
            }
            pc.bus.writePort(0x514, .doubleword, UInt32(address >> 32).byteSwapped)
            pc.bus.writePort(0x518, .doubleword, UInt32(truncatingIfNeeded: address).byteSwapped)
        }
        // Zeros for nobody.
        for (offset, word) in [UInt32(2), 0x1_0000, 0x40, 0].enumerated() {
            pc.bus.writeMemory(0x3000 + UInt64(4 * offset), .doubleword, word.byteSwapped)
        }
        pc.bus.writePort(0x518, .doubleword, UInt32(0x3000).byteSwapped)
        #expect(pc.bus.readMemory(0x3000, .doubleword) == 0, "the structure is marked as done")
        #expect(Self.isAlive(pc))
    }
}
