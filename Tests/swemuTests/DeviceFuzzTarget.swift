import Chips
import Disks
import Wiring

@testable import Board
@testable import swemu

extension FileFuzzTarget {
    /// Accesses of a guest to any chip at any moment. An access is a byte of its kind, two of a port or four of an address, and four of a value that is written.
    ///
    /// Bits 0 and 1 of the kind: byte, word, doubleword of a port, doubleword of memory; bit 2: it reads; bit 3: then time passes, 16 ticks times the power
    /// of two in bits 4 to 7.
    static let devices = FileFuzzTarget(name: "devices") { bytes in
        guard let pc = try? PC(everything) else { return }
        var rest = bytes[...]
        func number(_ count: Int) -> UInt32 {
            (0..<count).reduce(0) { value, index in value | UInt32(rest.popFirst() ?? 0) << (8 * UInt32(index)) }
        }
        // A long input is as good as several short ones.
        for _ in 0..<1500 {
            guard let kind = rest.popFirst(), !rest.isEmpty else { break }
            if kind & 3 == 3 {
                // A processor's access crosses no page.
                let address = UInt64(number(4) & ~3)
                if kind & 4 != 0 {
                    _ = pc.bus.readMemory(address, .doubleword)
                } else {
                    pc.bus.writeMemory(address, .doubleword, number(4))
                }
            } else {
                let (port, width) = (UInt16(number(2)), [AccessWidth.byte, .word, .doubleword][Int(kind & 3)])
                if kind & 4 != 0 {
                    _ = pc.bus.readPort(port, width)
                } else {
                    pc.bus.writePort(port, width, number(4))
                }
            }
            _ = pc.takeRequest()
            if kind & 8 != 0 { pass(16 << UInt64(kind >> 4), in: pc.clock) }
        }
        _ = (pc.vga.textFrame(), pc.vga.pixelFrame())
    }

    /// The machine with all that can be in it.
    private static var everything: PC.Configuration {
        var configuration = PC.Configuration()
        configuration.machine = .pc
        configuration.memoryBytes = 2 << 20
        configuration.processors = .init(sockets: 2)
        configuration.disks = [MemoryStore(bytes: [UInt8](repeating: 0xE5, count: 512 * 1008))]
        configuration.cdrom = CDROMMedia(
            stores: [MemoryStore(bytes: [UInt8](repeating: 1, count: 2048 * 40), isReadOnly: true)], inserted: 0)
        configuration.floppies = [
            FloppyMedia(stores: [MemoryStore(bytes: [UInt8](repeating: 2, count: 368_640))], inserted: 0), nil,
        ]
        configuration.hasTestDevice = true
        configuration.debugExitPort = 0x501
        return configuration
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
}
