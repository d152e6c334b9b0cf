import Chips
import Processor
import Wiring

/// What the processor and the DMA controller see of the board: memory and ports, by the maps.
///
/// An access to nothing reads as a floating bus, all ones, and is reported once for each place in the guest's code.
final class SystemBus: Bus, SystemMemory {
    let memory: MainMemory
    let firmware: ReadOnlyMemory
    /// The boot ROM of the kernel loader.
    let card: ReadOnlyMemory?
    let log: DiagnosticLog
    private let regions: RegionFinder
    private let vgaWindow = AddressMap.vgaWindow
    /// What of the window is plain memory at the moment, kept here because each access through the graphics controller looks at it.
    private var plainBase: UnsafeMutableRawPointer?
    private var plainStart = 0
    private var plainEnd = 0
    /// Where RAM begins and ends again, for the quick way: descriptors, page tables and stacks are read through here.
    private let conventional: Range<UInt64>
    private let extended: Range<UInt64>

    /// The port that was read last, and how often in a row.
    private var polledPort: UInt16 = 0
    private var polls = 0
    private static let pollsBeforeALook = 4

    // Set once by the board, before anything runs: chips need a bus before the bus can know them.
    private var ports: PortTable
    /// The chips' table while somebody listens to the ports: `ports` leads all of them to the listener then.
    private var observed: PortTable?
    var vga: VGA! {
        didSet { vga.onWindowChange = { [unowned self] in windowChanged() } }
    }
    var interrupts: I8259A!
    var coprocessor: CoprocessorError!
    /// The processor owns the bus, the board owns both.
    unowned var cpu: CPU!

    init(memory: MainMemory, firmware: ReadOnlyMemory, card: ReadOnlyMemory?, log: DiagnosticLog) throws(BoardError) {
        self.memory = memory
        self.firmware = firmware
        self.card = card
        self.log = log
        ports = try PortTable([])
        let size = UInt64(memory.size)
        regions = try RegionFinder(AddressMap.regions(memory: size, firmware: UInt64(firmware.size), card: UInt64(card?.size ?? 0)))
        conventional = 0..<min(size, AddressMap.conventionalEnd)
        extended = AddressMap.extendedStart..<max(size, AddressMap.extendedStart)
    }

    deinit {
        ports.deallocate()
        observed?.deallocate()
    }

    // MARK: Ports

    /// Connects the chips.
    func connect(_ table: PortTable) {
        ports.deallocate()
        ports = table
    }

    /// Lets go of all chips.
    func disconnect() {
        do throws(BoardError) {
            try observePorts(nil)
            connect(try PortTable([]))
        } catch {
            preconditionFailure("no range overlaps none: \(error)")
        }
    }

    /// Puts a listener between the processor and all ports, or takes it away: who does not listen costs nothing.
    func observePorts(_ hear: ((PortAccess) -> Void)?) throws(BoardError) {
        if let observed {
            connect(observed)
            self.observed = nil
        }
        guard let hear else { return }
        let observer = try PortTable([PortRange("observer", 0...0xFFFF, PortObserver(self, of: ports, hear))])
        (observed, ports) = (ports, observer)
    }

    /// The chips behind the ports, whoever listens.
    var chips: PortTable { observed ?? ports }

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

    /// A port is read again and again: where the guest waits for it to change, and it cannot yet, time passes in one step.
    @inline(never)
    private func passRounds(of port: UInt16) {
        if observed == nil, case .device(let device, let offset) = ports.target(port, .byte), device.isSteady(offset: offset),
            cpu.passRounds(reading: device.peek(offset: offset))
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
        case .device(let device, let offset):
            return width == .byte ? UInt32(device.read(offset: offset)) : device.read(offset: offset, width: width)
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
        case .device(let device, let offset):
            if width == .byte {
                device.write(offset: offset, value: UInt8(truncatingIfNeeded: value))
            } else {
                device.write(offset: offset, width: width, value: value)
            }
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
        if vgaWindow.contains(physical) { return window(at: Int(truncatingIfNeeded: physical &- vgaWindow.lowerBound)) }
        if extended.contains(physical) || conventional.contains(physical) { return ram(at: Int(truncatingIfNeeded: physical)) }
        guard let region = regions.region(at: physical) else { return PhysicalPage(read: nil, write: nil) }
        let offset = Int(truncatingIfNeeded: physical &- region.range.lowerBound)
        return switch region.owner {
        case .ram(let first): ram(at: first + offset)
        case .rom(let first): PhysicalPage(read: firmware.base + first + offset, write: nil)
        case .card: PhysicalPage(read: card.map { $0.base + offset }, write: nil)
        case .vga: window(at: offset)
        case .frameBuffer: PhysicalPage(read: vga.frameBuffer + offset, write: vga.frameBuffer + offset)
        }
    }

    /// Whether the firmware or a card's ROM is at a physical address.
    func isROM(at physical: UInt64) -> Bool {
        switch regions.region(at: physical)?.owner {
        case .rom, .card: true
        default: false
        }
    }

    /// A page of the VGA's window: by pointer where that is plain memory at the moment.
    private func window(at offset: Int) -> PhysicalPage {
        guard let base = plainBase, offset >= plainStart, offset < plainEnd else { return PhysicalPage(read: nil, write: nil) }
        let page = base + (offset &- plainStart)
        return PhysicalPage(read: page, write: page)
    }

    /// Other memory is behind the VGA's window than before: translations and code from there are dropped.
    private func windowChanged() {
        plainBase = vga.plainWindow?.base
        plainStart = vga.plainWindow?.offset ?? 0
        plainEnd = plainStart + (vga.plainWindow?.count ?? 0)
        cpu.memoryWritten(physical: vgaWindow.lowerBound, count: vgaWindow.count)
        cpu.mapChanged()
    }

    private func ram(at offset: Int) -> PhysicalPage {
        if let copies = memory.copies { copies.keep(offset / MainMemory.pageSize) }
        return PhysicalPage(read: memory.base + offset, write: memory.base + offset)
    }

    func readMemory(_ physical: UInt64, _ width: AccessWidth) -> UInt32 {
        if vgaWindow.contains(physical) {
            let offset = Int(truncatingIfNeeded: physical &- vgaWindow.lowerBound)
            return width == .byte ? UInt32(vga.readMemory(offset: offset)) : vga.readMemory(offset: offset, width: width)
        }
        if let read = page(at: physical & ~0xFFF).read {
            let offset = Int(truncatingIfNeeded: physical & 0xFFF)
            if width == .doubleword, offset <= 4092 { return read.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
            var value: UInt32 = 0
            for byte in 0..<min(width.rawValue, 4096 - offset) {
                value |= UInt32(read.load(fromByteOffset: offset + byte, as: UInt8.self)) << UInt32(8 * byte)
            }
            return value
        }
        reportUnmapped("memory", physical, digits: 8, isWrite: false, subject: 2 << 40)
        return width.mask
    }

    func writeMemory(_ physical: UInt64, _ width: AccessWidth, _ value: UInt32) {
        if vgaWindow.contains(physical) {
            let offset = Int(truncatingIfNeeded: physical &- vgaWindow.lowerBound)
            if width == .byte {
                vga.writeMemory(offset: offset, value: UInt8(truncatingIfNeeded: value))
            } else {
                vga.writeMemory(offset: offset, width: width, value: value)
            }
            return
        }
        let page = page(at: physical & ~0xFFF)
        if let write = page.write {
            let offset = Int(truncatingIfNeeded: physical & 0xFFF)
            for byte in 0..<min(width.rawValue, 4096 - offset) {
                write.storeBytes(
                    of: UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)), toByteOffset: offset + byte, as: UInt8.self)
            }
        } else if page.read == nil {
            reportUnmapped("memory", physical, digits: 8, isWrite: true, subject: 3 << 40)
        } else {
            log.report(
                Diagnostic(
                    chip: "bus", message: "a write to the ROM at \(hexadecimal(physical & ~0xFFF, digits: 8))h", unit: "writes lost"
                ))
        }
    }

    // MARK: Other bus masters

    func read(physical: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: readMemory(physical, .byte))
    }

    func write(physical: UInt64, value: UInt8) {
        writeMemory(physical, .byte, UInt32(value))
        cpu.memoryWritten(physical: physical, count: 1)
    }

    // MARK: Interrupts

    func acknowledgeInterrupt() -> UInt8 { interrupts.acknowledge() }

    func floatingPointError(_ level: Bool) { coprocessor.setFERR(level) }
    var ignoresNumericError: Bool { coprocessor.state.IGNNE }

    // MARK: Diagnostics

    private func reportUnmapped(_ space: String, _ address: UInt64, digits: Int, isWrite: Bool, subject: UInt64) {
        // A loop over memory is one thing to say, a loop over ports many.
        log.report(category: .unmapped, subject: subject | (space == "port" ? address : address >> 20)) {
            let place = "\(space) \(hexadecimal(address, digits: digits))h"
            return Diagnostic(
                chip: "bus",
                message: isWrite ? "\(place) is not connected; the write is lost" : "\(place) is not connected; reads FFh")
        }
    }
}
