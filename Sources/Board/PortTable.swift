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
/// A wide access is one cycle for a chip that has all of its ports; else the bus halves it, and halves it again, as the AT's bus controller
/// does for cards of 16 and of 8 bits (Intel 82371SB, "ISA Interface"). Ports of a doubleword register are claimed for doublewords alone:
/// smaller accesses there are somebody else's.
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

    /// First port of a register that takes doublewords alone, of a chip this board does not have; nil for none.
    private let absentRegister: UInt16?

    init(_ ranges: [PortRange], absentRegister: UInt16? = nil) throws(BoardError) {
        self.absentRegister = absentRegister
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
        /// The bytes of the access belong to different owners: it is split.
        case split
        case unconnected
    }

    @inline(__always)
    func target(_ port: UInt16, _ width: AccessWidth) -> Target {
        let index = Int(truncatingIfNeeded: port)
        let owner = owners[index]
        let last = index &+ width.rawValue &- 1
        if last > index {
            guard last < 0x1_0000, owners[last] == owner, width == .word || owners[index + 1] == owner && owners[index + 2] == owner
            else {
                return width == .doubleword && port == absentRegister ? .unconnected : .split
            }
        }
        guard owner != 0 else { return .unconnected }
        let number = Int(truncatingIfNeeded: owner) &- 1
        return .device(devices[number], offset: deltas[number] &+ index)
    }
}
