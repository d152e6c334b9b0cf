import Wiring

@testable import Chips

/// A disk in memory with sectors that fail on demand.
final class ATATestStore: BlockStore {
    var bytes: [UInt8]
    var isReadOnly = false
    var badSectors: Set<UInt64> = []
    var flushes = 0
    var flushFails = false
    /// What the store claims to have; sectors past `bytes` read as zeros, so that a large disk costs nothing.
    var sectorCount: UInt64

    init(sectors: Int, claiming: UInt64? = nil) {
        bytes = (0..<sectors * 512).map { UInt8(truncatingIfNeeded: $0 / 512 &* 3 &+ $0) }
        sectorCount = claiming ?? UInt64(sectors)
    }

    func sector(_ number: Int) -> [UInt8] { Array(bytes[512 * number..<512 * number + 512]) }

    private func check(_ sector: UInt64, _ count: Int) throws(BlockStoreError) {
        for number in sector..<sector + UInt64(count) where badSectors.contains(number) {
            throw .host(errno: 5, operation: "moving a sector")
        }
    }

    func read(sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) {
        try check(sector, buffer.count / 512)
        let first = Int(sector) * 512
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        if first < bytes.count { buffer.copyBytes(from: bytes[first..<min(bytes.count, first + buffer.count)]) }
    }

    func write(sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) {
        try check(sector, buffer.count / 512)
        for index in buffer.indices where Int(sector) * 512 + index < bytes.count {
            bytes[Int(sector) * 512 + index] = buffer[index]
        }
    }

    func flush() throws(BlockStoreError) {
        if flushFails { throw .host(errno: 28, operation: "flushing") }
        flushes += 1
    }
}

final class DiagnosticList: DiagnosticSink {
    var messages: [String] = []
    func report(_ diagnostic: Diagnostic) { messages.append(diagnostic.message) }
}

/// A host computer with one ATA channel: the driver's side of the protocols of ATA/ATAPI-6, chapter 9.
final class ATAHost {
    let clock = Clock(rate: 100_000_000)
    let channel: ATAChannel
    let diagnostics = DiagnosticList()
    /// Rising edges of INTRQ.
    private(set) var interrupts = 0
    var onInterrupt: (() -> Void)?

    init(master: ATATestStore?, slave: ATATestStore? = nil, cdrom: CDROMMedia? = nil, hasDMA: Bool = false) {
        channel = ATAChannel(
            name: "ide0", clock: clock, master: master, slave: slave, cdrom: cdrom, hasDMA: hasDMA, diagnostics: diagnostics)
        channel.INTRQ.connect { [unowned self] in
            guard $0 else { return }
            interrupts += 1
            onInterrupt?()
        }
        wait()
    }

    /// Lets virtual time pass until nothing is scheduled.
    func wait() {
        for _ in 0..<1000 where clock.cells.pointee.nextDeadline != .max {
            clock.skip(to: max(clock.now, clock.cells.pointee.nextDeadline))
            clock.fireDueEvents()
        }
    }

    var status: UInt8 { channel.read(offset: 7) }
    var alternateStatus: UInt8 { channel.read(offset: 8) }
    var error: UInt8 { channel.read(offset: 1) }
    func register(_ offset: Int) -> UInt8 { channel.read(offset: offset) }
    func set(_ offset: Int, _ value: UInt8) { channel.write(offset: offset, value: value) }

    /// Registers for an LBA28 command, then the command.
    func issue(_ command: UInt8, features: UInt8 = 0, count: UInt8 = 0, lba: UInt64 = 0, device: UInt8 = 0xE0) {
        set(6, device | UInt8(truncatingIfNeeded: lba >> 24) & 0x0F)
        set(1, features)
        set(2, count)
        for byte in 0..<3 { set(3 + byte, UInt8(truncatingIfNeeded: lba >> UInt64(8 * byte))) }
        set(7, command)
    }

    func issueExtended(_ command: UInt8, count: UInt16, lba: UInt64, device: UInt8 = 0xE0) {
        set(6, device)
        set(2, UInt8(count >> 8))
        for byte in 0..<3 { set(3 + byte, UInt8(truncatingIfNeeded: lba >> UInt64(24 + 8 * byte))) }
        set(2, UInt8(truncatingIfNeeded: count))
        for byte in 0..<3 { set(3 + byte, UInt8(truncatingIfNeeded: lba >> UInt64(8 * byte))) }
        set(7, command)
    }

    func issueCHS(_ command: UInt8, count: UInt8, cylinder: UInt16, head: UInt8, sector: UInt8) {
        set(6, 0xA0 | head)
        set(2, count)
        set(3, sector)
        set(4, UInt8(truncatingIfNeeded: cylinder))
        set(5, UInt8(cylinder >> 8))
        set(7, command)
    }

    func readWords(_ count: Int) -> [UInt8] {
        (0..<count).flatMap { _ in
            let word = channel.read(offset: 0, width: .word)
            return [UInt8(word & 0xFF), UInt8(word >> 8)]
        }
    }

    func writeWords(_ bytes: [UInt8]) {
        for index in stride(from: 0, to: bytes.count, by: 2) {
            channel.write(offset: 0, width: .word, value: UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8)
        }
    }

    /// Words of IDENTIFY DEVICE.
    func identify(device: UInt8 = 0xA0) -> [UInt16] {
        set(6, device)
        set(7, 0xEC)
        wait()
        let bytes = readWords(256)
        return (0..<256).map { UInt16(bytes[2 * $0]) | UInt16(bytes[2 * $0 + 1]) << 8 }
    }
}
