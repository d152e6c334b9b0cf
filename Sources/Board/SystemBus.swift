import Chips
import Processor
import Wiring

/// The board as processors and other bus masters see it: memory and ports, by the maps.
///
/// An access to nothing reads as a floating bus, all ones, and is reported once for each place in the guest's code.
final class SystemBus: Bus, SystemMemory {
    let memory: MainMemory
    let log: DiagnosticLog
    private let map: MemoryMap
    /// The place where RAM begins and ends again below 4 GB, for the quick way: descriptors, page tables and stacks are read through here.
    private var conventional: Range<UInt64> = 0..<0
    private var extended: Range<UInt64> = 0..<0

    /// The port that was read last, and how often in a row.
    private var polledPort: UInt16 = 0
    private var polls = 0
    private static let pollsBeforeALook = 4

    // Set once by the board, before anything runs: chips need a bus before the bus can know them.
    private var space: PortSpace
    private var ports: PortTable
    /// All ports lead to who listens to them here; `ports` is its table while somebody does. Nil when nobody ever did.
    private var observed: PortSpace?
    private var isObserved = false
    /// The INTA cycles of the processor with a number.
    var acknowledge: ((Int) -> UInt8)!
    var coprocessor: CoprocessorError!
    /// The place where bus masters send interrupts, if there are APICs.
    var messages: InterruptMessageWindow?
    /// The board owns processors and bus. Nil before it is made, and when it goes.
    private unowned var board: PC?
    /// The number of the processor whose turn it is.
    var processor = 0

    init(memory: MainMemory, regions: [MappedRegion], log: DiagnosticLog) throws(BoardError) {
        self.memory = memory
        self.log = log
        space = PortSpace()
        ports = space.table
        map = try MemoryMap(regions)
        findRAM()
    }

    // MARK: Ports

    /// Connects the processors: from now on they hear of writes and of changes in the map.
    func connect(_ board: PC?) { self.board = board }

    /// Connects the chips.
    func connect(_ space: PortSpace) {
        self.space = space
        if !isObserved { ports = space.table }
    }

    /// Lets go of all chips.
    func disconnect() {
        observePorts(nil)
        connect(PortSpace())
        _ = map.replace(where: { _ in true }, by: [])
    }

    /// Puts a listener between the processor and all ports, or takes it away: who does not listen costs nothing.
    func observePorts(_ hear: ((PortAccess) -> Void)?) {
        let name = "observer"
        observed?.disconnect(name)
        isObserved = hear != nil
        guard let hear else { return ports = space.table }
        let all = observed ?? PortSpace()
        _ = all.connect(card: PortRange(name, 0...0xFFFF, PortObserver(self, of: space.table, hear)))
        observed = all
        ports = all.table
    }

    /// The chips behind the ports, whoever listens.
    var chips: PortTable { space.table }

    /// Gives a card the ports that it asks for, in place of those under its name. Ports that another card has stay with it, which is reported.
    func movePorts(of name: String, to range: PortRange?) {
        space.disconnect(name)
        guard let range, let conflict = space.connect(card: range) else { return }
        reportConflict(name, conflict, "port \(hexadecimal(UInt64(range.first), digits: 4))h")
    }

    func readPort(_ port: UInt16, _ width: AccessWidth) -> UInt32 {
        if port == polledPort {
            polls &+= 1
            if polls >= Self.pollsBeforeALook, width == .byte { passRounds(of: port) }
        } else {
            polledPort = port
            polls = 0
        }
        return readPort(port, width, through: ports)
    }

    func readPortString(_ port: UInt16, _ width: AccessWidth, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard !isObserved, case .chip(let chip) = ports.target(port, width) else { return 0 }
        let count = chip.readString(width, into: buffer)
        if count > 0 { (polledPort, polls) = (port, 0) }
        return count
    }

    /// A port is read again and again: where the guest waits for it to change, and it cannot yet, time passes in one step.
    @inline(never)
    private func passRounds(of port: UInt16) {
        if !isObserved, case .chip(let chip) = ports.target(port, .byte), chip.isSteady,
            board?.cpu.passRounds(reading: chip.peek()) == true
        {
            polls = Self.pollsBeforeALook - 1
        } else if polls > Self.pollsBeforeALook {
            // The second look at a loop finds what can be found.
            polls = -200
        }
    }

    func writePort(_ port: UInt16, _ width: AccessWidth, _ value: UInt32) { writePort(port, width, value, through: ports) }

    @inline(__always)
    func readPort(_ port: UInt16, _ width: AccessWidth, through ports: PortTable) -> UInt32 {
        switch ports.target(port, width) {
        case .chip(let chip):
            return width == .byte ? UInt32(chip.read()) : chip.read(width)
        case .split:
            let half = width == .doubleword ? AccessWidth.word : .byte
            return readPart(port, half, through: ports)
                | readPart(port &+ UInt16(half.rawValue), half, through: ports) << UInt32(8 * half.rawValue)
        case .unconnected:
            reportUnmapped("port", UInt64(port), digits: 4, isWrite: false, subject: 0)
            return width.mask
        }
    }

    /// Half of an access that is split.
    @inline(never)
    private func readPart(_ port: UInt16, _ width: AccessWidth, through ports: PortTable) -> UInt32 {
        readPort(port, width, through: ports)
    }

    @inline(never)
    private func writePart(_ port: UInt16, _ width: AccessWidth, _ value: UInt32, through ports: PortTable) {
        writePort(port, width, value & width.mask, through: ports)
    }

    @inline(__always)
    func writePort(_ port: UInt16, _ width: AccessWidth, _ value: UInt32, through ports: PortTable) {
        switch ports.target(port, width) {
        case .chip(let chip):
            if width == .byte { chip.write(UInt8(truncatingIfNeeded: value)) } else { chip.write(width, value) }
        case .split:
            let half = width == .doubleword ? AccessWidth.word : .byte
            writePart(port, half, value, through: ports)
            writePart(port &+ UInt16(half.rawValue), half, value >> UInt32(8 * half.rawValue), through: ports)
        case .unconnected:
            reportUnmapped("port", UInt64(port), digits: 4, isWrite: true, subject: 1 << 40)
        }
    }

    // MARK: Memory

    func page(at physical: UInt64) -> PhysicalPage {
        if extended.contains(physical) || conventional.contains(physical) {
            return memory.page(at: Int(truncatingIfNeeded: physical))
        }
        return map.segment(at: physical)?.pointee.page(at: physical) ?? PhysicalPage(read: nil, write: nil)
    }

    /// Tells whether the firmware or a card's ROM is at a physical address, be it shadowed by RAM.
    func isROM(at physical: UInt64) -> Bool {
        map.regions.contains { $0.range.contains(physical) && ($0.device is ReadOnlyMemory || $0.device is CFIFlash) }
    }

    /// The present contents of the maps.
    var regions: [MappedRegion] { map.regions }
    var portRanges: [PortRange] { space.all }

    /// Tells whether anything answers reads at a physical address.
    func answers(at physical: UInt64) -> Bool { map.segment(at: physical)?.pointee.reader != nil }

    /// A byte as it would be read, without side effects.
    func peek(_ physical: UInt64) -> UInt8 {
        guard let reader = map.segment(at: physical)?.pointee.reader else { return 0xFF }
        return reader.device.peekMemory(offset: reader.offset(physical))
    }

    /// Adds regions of fixed addresses before anything runs.
    func install(_ regions: [MappedRegion]) throws(BoardError) {
        try MemoryMap.check(map.regions + regions)
        replaceRegions(where: { _ in false }, by: regions)
    }

    /// Changes the map while the guest runs: `regions` take the place of those for which `isOld` is true.
    func replaceRegions(where isOld: (MappedRegion) -> Bool, by regions: [MappedRegion]) {
        let changed = map.replace(where: isOld, by: regions)
        findRAM()
        contentChanged(changed)
    }

    /// Moves a card's window, or takes it away. What it would hide stays in front of it, which is reported.
    func moveWindow(of name: String, to region: MappedRegion?) {
        replaceRegions(where: { $0.name == name && $0.priority == .card }, by: region.map { [$0] } ?? [])
        guard let region else { return }
        for other in map.regions where other.name != name && other.range.overlaps(region.range) {
            reportConflict(name, other.name, "physical address \(hexadecimal(region.range.lowerBound, digits: 8))h")
        }
    }

    /// Tells where `device` is seen.
    func ranges(of device: any MemoryDevice) -> [Range<UInt64>] { map.ranges(of: device) }

    /// Other memory than before is behind the pages of `device`: translations and code from there are dropped.
    func pagesChanged(of device: any MemoryDevice) { contentChanged(map.ranges(of: device)) }

    private func contentChanged(_ ranges: [Range<UInt64>]) {
        guard let board, !ranges.isEmpty else { return }
        for range in ranges { board.memoryWritten(physical: range.lowerBound, count: range.count) }
        board.mapChanged()
    }

    private func findRAM() {
        let ranges = map.plainRanges(of: memory)
        conventional = ranges.first ?? 0..<0
        extended = ranges.dropFirst().max { $0.count < $1.count } ?? 0..<0
    }

    func readMemory(_ physical: UInt64, _ width: AccessWidth) -> UInt32 { read(physical, width, by: initiator) }

    func writeMemory(_ physical: UInt64, _ width: AccessWidth, _ value: UInt32) {
        write(physical, width, value, by: initiator)
    }

    private var initiator: Initiator { .processor(processor) }

    @inline(__always)
    private func read(_ physical: UInt64, _ width: AccessWidth, by initiator: Initiator) -> UInt32 {
        guard let segment = map.segment(at: physical), let reader = segment.pointee.reader else {
            reportUnmapped("memory", physical, digits: 8, isWrite: false, subject: 2 << 40, by: initiator)
            return width.mask
        }
        let offset = reader.offset(physical)
        return width == .byte
            ? UInt32(reader.device.readMemory(offset: offset)) : reader.device.readMemory(offset: offset, width: width)
    }

    @inline(__always)
    private func write(_ physical: UInt64, _ width: AccessWidth, _ value: UInt32, by initiator: Initiator) {
        guard let segment = map.segment(at: physical), let writer = segment.pointee.writer else {
            return reportUnmapped("memory", physical, digits: 8, isWrite: true, subject: 3 << 40, by: initiator)
        }
        let offset = writer.offset(physical)
        if writer.device is ReadOnlyMemory { return reportReadOnly(physical, by: initiator) }
        if width == .byte {
            writer.device.writeMemory(offset: offset, value: UInt8(truncatingIfNeeded: value))
        } else {
            writer.device.writeMemory(offset: offset, width: width, value: value)
        }
    }

    // MARK: Other bus masters

    func read(physical: UInt64, into buffer: UnsafeMutableRawBufferPointer, by initiator: Initiator) {
        forEachPiece(physical, buffer.count) { address, place, count in
            if let page = page(at: address & ~0xFFF).read {
                buffer.baseAddress.unsafelyUnwrapped.advanced(by: place).copyMemory(
                    from: page + Int(truncatingIfNeeded: address & 0xFFF), byteCount: count)
            } else if isFloating(address, \.reader, by: initiator) {
                for byte in 0..<count { buffer[place + byte] = 0xFF }
            } else {
                for byte in 0..<count {
                    buffer[place + byte] = UInt8(truncatingIfNeeded: read(address &+ UInt64(byte), .byte, by: initiator))
                }
            }
        }
    }

    func write(physical: UInt64, from buffer: UnsafeRawBufferPointer, by initiator: Initiator) {
        forEachPiece(physical, buffer.count) { address, place, count in
            if let page = page(at: address & ~0xFFF).write {
                (page + Int(truncatingIfNeeded: address & 0xFFF)).copyMemory(
                    from: buffer.baseAddress.unsafelyUnwrapped + place, byteCount: count)
            } else if let messages, AddressMap.interruptMessages.contains(address) {
                send(UnsafeRawBufferPointer(rebasing: buffer[place..<place + count]), at: address, to: messages)
            } else if map.segment(at: address)?.pointee.writer?.device is ReadOnlyMemory {
                reportReadOnly(address, by: initiator)
            } else if !isFloating(address, \.writer, by: initiator) {
                for byte in 0..<count { write(address &+ UInt64(byte), .byte, UInt32(buffer[place + byte]), by: initiator) }
            }
            board?.memoryWritten(physical: address, count: count)
        }
    }

    /// Tells whether nobody answers on the page of `address`, and reports that once for all of its bytes. A processor's local APIC answers nobody else.
    private func isFloating(_ address: UInt64, _ owner: KeyPath<MemoryMap.Segment, MemoryMap.Owner?>, by initiator: Initiator)
        -> Bool
    {
        if messages != nil, AddressMap.interruptMessages.contains(address) { return true }
        guard map.segment(at: address)?.pointee[keyPath: owner] == nil else { return false }
        let isWrite = owner == \.writer
        reportUnmapped("memory", address, digits: 8, isWrite: isWrite, subject: (isWrite ? 3 : 2) << 40, by: initiator)
        return true
    }

    /// Sends each doubleword as an interrupt message.
    private func send(_ bytes: UnsafeRawBufferPointer, at address: UInt64, to messages: InterruptMessageWindow) {
        let start = Int(address - AddressMap.interruptMessages.lowerBound)
        var place = 0
        while place < bytes.count {
            let isWhole = (start + place) & 3 == 0 && bytes.count - place >= 4
            if isWhole {
                let value = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
                messages.writeMemory(offset: start + place, width: .doubleword, value: value)
            } else {
                messages.writeMemory(offset: start + place, value: bytes[place])
            }
            place += isWhole ? 4 : 1
        }
    }

    /// Splits `count` bytes from `physical` on where pages end: address, offset in the block, and length of each piece.
    private func forEachPiece(_ physical: UInt64, _ count: Int, _ move: (UInt64, Int, Int) -> Void) {
        var place = 0
        while place < count {
            let address = physical &+ UInt64(place)
            let length = min(count - place, 4096 - Int(truncatingIfNeeded: address & 0xFFF))
            move(address, place, length)
            place += length
        }
    }

    // MARK: Interrupts

    func acknowledgeInterrupt() -> UInt8 { acknowledge(processor) }

    /// FERR# of the bootstrap processor alone leads anywhere.
    func floatingPointError(_ level: Bool) {
        if processor == 0 { coprocessor.setFERR(level) }
    }
    var ignoresNumericError: Bool { coprocessor.state.IGNNE }

    // MARK: Diagnostics

    private func reportUnmapped(
        _ space: String, _ address: UInt64, digits: Int, isWrite: Bool, subject: UInt64, by initiator: Initiator = .processor(0)
    ) {
        // A loop over memory is one thing to say, a loop over ports many.
        log.report(category: .unmapped, subject: subject | (space == "port" ? address : address >> 20)) {
            let place = "\(space) \(hexadecimal(address, digits: digits))h"
            return Diagnostic(
                chip: Self.reporter(initiator),
                message: isWrite ? "\(place) is not connected; the write is lost" : "\(place) is not connected; reads FFh")
        }
    }

    @inline(never)
    private func reportReadOnly(_ physical: UInt64, by initiator: Initiator) {
        log.report(
            Diagnostic(
                chip: Self.reporter(initiator), message: "a write to the ROM at \(hexadecimal(physical & ~0xFFF, digits: 8))h",
                unit: "writes lost", isUnbidden: !initiator.isProcessor))
    }

    private func reportConflict(_ name: String, _ other: String, _ place: String) {
        log.report(Diagnostic(chip: "bus", message: "\(name) at \(place) lies over \(other), which answers there"))
    }

    /// Names who has to be told of: a bus master; a processor's accesses the bus notices itself.
    private static func reporter(_ initiator: Initiator) -> String {
        if case .busMaster(let name) = initiator { name } else { "bus" }
    }
}
