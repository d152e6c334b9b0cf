import Wiring

/// One channel's half of a bus-mastering IDE controller: moves the blocks of a drive to and from memory, as a table of physical region
/// descriptors says (SFF-8038i revision 1.0; Intel 82371SB, section 2.7).
///
/// Offsets: 0 BMICX, command; 2 BMISX, status; 4–7 BMIDTPX, the table's address. A table lies within 64 KBytes. However long it is, no more is moved
/// than the drive has; where it is too short the drive waits for ever, as on the real controller, until it is reset.
final class ATABusMaster {
    struct Command: OptionSet, Codable, Equatable, Sendable {
        let rawValue: UInt8
        static let start = Command(rawValue: 0x01)
        /// From the drive to memory.
        static let toMemory = Command(rawValue: 0x08)
        static let writable: Command = [.start, .toMemory]
    }

    struct Status: OptionSet, Codable, Equatable, Sendable {
        let rawValue: UInt8
        static let active = Status(rawValue: 0x01), error = Status(rawValue: 0x02), interrupt = Status(rawValue: 0x04)
        /// Firmware's note about the drives: capable of DMA.
        static let capabilities = Status(rawValue: 0x60)
    }

    struct State: Codable, Equatable, Sendable {
        var command: Command = []
        var status: Status = []
        var table: UInt32 = 0
        /// The address of the next descriptor.
        var next: UInt32 = 0
        /// The rest of the present one.
        var address: UInt32 = 0
        var left: UInt32 = 0
        var isLast = false
    }

    private let channel: ATAChannel
    private let function: PCIFunction
    private let memory: any SystemMemory
    private let diagnostics: (any DiagnosticSink)?
    var state = State()

    init(_ channel: ATAChannel, _ function: PCIFunction, memory: any SystemMemory, diagnostics: (any DiagnosticSink)?) {
        self.channel = channel
        self.function = function
        self.memory = memory
        self.diagnostics = diagnostics
        channel.onDMARequest = { [unowned self] in move() }
    }

    /// A rising edge of the channel's INTRQ.
    func interruptCame() { state.status.insert(.interrupt) }

    func read(offset: Int) -> UInt8 {
        switch offset {
        case 0: state.command.rawValue
        case 2: state.status.rawValue
        case 4...7: UInt8(truncatingIfNeeded: state.table >> UInt32(8 * (offset - 4)))
        default: 0
        }
    }

    func write(offset: Int, value: UInt8) {
        switch offset {
        case 0: write(Command(rawValue: value).intersection(.writable))
        case 2:
            let cleared = Status(rawValue: value).intersection([.error, .interrupt])
            state.status = state.status.subtracting(cleared).subtracting(.capabilities)
                .union(Status(rawValue: value).intersection(.capabilities))
        case 4...7:
            let shift = UInt32(8 * (offset - 4))
            state.table = (state.table & ~(0xFF << shift) | UInt32(value) << shift) & ~3
        default: break
        }
    }

    private func write(_ command: Command) {
        let wasStarted = state.command.contains(.start)
        // The direction stays while a transfer runs.
        state.command = wasStarted && command.contains(.start) ? state.command : command
        guard command.contains(.start) else {
            state.status.remove(.active)
            return
        }
        guard !wasStarted else { return }
        state.status.insert(.active)
        (state.next, state.left, state.isLast) = (state.table, 0, false)
        move()
    }

    /// Moves what the drive waits for, as far as there are descriptors.
    func move() {
        guard state.status.contains(.active), function.isBusMaster, let request = channel.dmaRequest else { return }
        guard request.toMemory == state.command.contains(.toMemory) else {
            report("\(channel.name): the bus master moves the other way than the drive")
            state.status.insert(.error)
            state.status.remove(.active)
            return
        }
        let block = request.device.block
        while !block.isFinished {
            guard state.left > 0 || fetchDescriptor() else { return }
            let count = min(Int(state.left), block.count - block.position)
            let piece = UnsafeMutableRawBufferPointer(rebasing: block.bytes[block.position..<block.position + count])
            if request.toMemory {
                memory.write(physical: UInt64(state.address), from: UnsafeRawBufferPointer(piece), by: .busMaster(channel.name))
            } else {
                memory.read(physical: UInt64(state.address), into: piece, by: .busMaster(channel.name))
            }
            block.position += count
            state.address &+= UInt32(truncatingIfNeeded: count)
            state.left -= UInt32(truncatingIfNeeded: count)
        }
        if state.left == 0, state.isLast { state.status.remove(.active) }
        if request.toMemory { request.device.blockWasRead() } else { request.device.blockWasWritten() }
    }

    /// The next descriptor: address, count (0 is 64 KBytes), end of table in bit 31. False behind the last one.
    private func fetchDescriptor() -> Bool {
        guard !state.isLast else {
            state.status.remove(.active)
            report("\(channel.name): the table of descriptors ends before the drive's data does")
            return false
        }
        let descriptor = withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { bytes in
            memory.read(physical: UInt64(state.next), into: bytes, by: .busMaster(channel.name))
            return UInt64(littleEndian: bytes.load(as: UInt64.self))
        }
        // Bit 0 of address and count is none, and the table ends where its 64 KBytes do.
        state.address = UInt32(truncatingIfNeeded: descriptor) & ~1
        let count = UInt32(truncatingIfNeeded: descriptor >> 32) & 0xFFFE
        state.left = count == 0 ? 0x1_0000 : count
        state.isLast = descriptor >> 63 != 0
        state.next = state.next & 0xFFFF_0000 | (state.next &+ 8) & 0xFFFF
        return true
    }

    private func report(_ message: String) {
        diagnostics?.report(Diagnostic(chip: "PIIX3 IDE", message: message, isUnbidden: true))
    }
}
