import Wiring

/// A run of I/O ports that lead to one chip.
struct PortRange {
    let name: String
    /// Number of the first port.
    let first: UInt16
    let count: Int
    let device: any PortDevice
    /// Offset in the chip's register file that the first port means.
    let offset: Int

    init(_ name: String, _ ports: ClosedRange<UInt16>, _ device: any PortDevice, offset: Int = 0) {
        self.name = name
        first = ports.lowerBound
        count = ports.count
        self.device = device
        self.offset = offset
    }

    init(_ name: String, _ port: UInt16, _ device: any PortDevice, offset: Int = 0) {
        self.init(name, port...port, device, offset: offset)
    }
}

/// Which chip answers at each of the 65,536 ports: one byte a port, so that an access costs one look-up. As arrays its three tables would be
/// retained and released for each access, a sixth of its time.
///
/// SAFETY: the tables are allocated in `init` with 65,536 owners and one device and delta for each range, and freed by `deallocate()`, which the bus
/// calls when it goes. Owners are range numbers by construction.
struct PortTable {
    private let devices: UnsafeMutablePointer<any PortDevice>
    /// By range: what to add to a port number to get the offset.
    private let deltas: UnsafeMutablePointer<Int>
    /// Number of the port's range plus one; 0 where nothing is connected.
    private let owners: UnsafeMutablePointer<UInt8>
    private let count: Int

    init(_ ranges: [PortRange]) throws(BoardError) {
        precondition(ranges.count < 256, "a range number is a byte")
        var owners = [UInt8](repeating: 0, count: 0x1_0000)
        for (number, range) in ranges.enumerated() {
            for port in Int(range.first)..<Int(range.first) + range.count {
                guard port < 0x1_0000 else { throw .portBeyondEnd(range.name) }
                guard owners[port] == 0 else {
                    throw .portOverlap(ranges[Int(owners[port]) - 1].name, range.name, at: UInt16(port))
                }
                owners[port] = UInt8(number + 1)
            }
        }
        count = ranges.count
        devices = .allocate(capacity: count)
        deltas = .allocate(capacity: count)
        for (number, range) in ranges.enumerated() {
            (devices + number).initialize(to: range.device)
            deltas[number] = range.offset - Int(range.first)
        }
        self.owners = .allocate(capacity: owners.count)
        self.owners.initialize(from: owners, count: owners.count)
    }

    func deallocate() {
        devices.deinitialize(count: count)
        devices.deallocate()
        deltas.deallocate()
        owners.deallocate()
    }

    /// The chip that answers to the whole of an access, and the offset it sees.
    enum Target {
        case device(any PortDevice, offset: Int)
        /// The bytes of the access belong to different owners: it is split into bytes.
        case split
        case unconnected
    }

    @inline(__always)
    func target(_ port: UInt16, _ width: AccessWidth) -> Target {
        let index = Int(truncatingIfNeeded: port)
        let owner = owners[index]
        let last = index &+ width.rawValue &- 1
        if last > index {
            guard last < 0x1_0000, owners[last] == owner, width == .word || owners[index + 1] == owner else { return .split }
        }
        guard owner != 0 else { return .unconnected }
        let number = Int(truncatingIfNeeded: owner) &- 1
        return .device(devices[number], offset: deltas[number] &+ index)
    }
}
