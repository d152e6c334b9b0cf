import Wiring

/// A run of I/O ports that lead to one chip.
struct PortRange {
    /// The order in which ranges that overlap are asked.
    enum Priority: Int, Comparable {
        /// A chip of fixed ports, on the ISA bus.
        case board
        /// A card, which decodes its ports before the ISA bus sees the access.
        case card
        /// The host bridge, which decodes its ports before any card.
        case hostBridge

        static func < (a: Priority, b: Priority) -> Bool { a.rawValue < b.rawValue }
    }

    let name: String
    /// Number of the first port.
    let first: UInt16
    let count: Int
    let device: any PortDevice
    /// Offset in the chip's register file that the first port means.
    let offset: Int
    let priority: Priority

    init(
        _ name: String, _ ports: ClosedRange<UInt16>, _ device: any PortDevice, offset: Int = 0, priority: Priority = .board
    ) {
        self.name = name
        first = ports.lowerBound
        count = ports.count
        self.device = device
        self.offset = offset
        self.priority = priority
    }

    init(_ name: String, _ port: UInt16, _ device: any PortDevice, offset: Int = 0, priority: Priority = .board) {
        self.init(name, port...port, device, offset: offset, priority: priority)
    }

    func contains(_ port: Int) -> Bool { port >= Int(first) && port < Int(first) + count }
}

/// All port ranges of a machine, which may come and go while the guest runs. Ranges of the same priority do not overlap, except those of cards:
/// there the first one wins.
final class PortSpace {
    /// The table that the bus looks into: stays where it is while ranges come and go.
    let table: PortTable
    /// By number of the range.
    private var ranges: [PortRange?] = []
    /// The place of the range that went last: its chip may be in an access that made it go.
    private var retired: PortTable.Place?

    /// A space where nothing answers.
    init() { table = PortTable(register: nil) }

    /// `register` takes doublewords alone, at the port of PCI's configuration address; nil for none.
    init(_ ranges: [PortRange], register: (any PortDevice)? = nil) throws(BoardError) {
        precondition(ranges.count <= PortTable.capacity, "a range number is a byte")
        table = PortTable(register: register)
        for range in ranges {
            guard Int(range.first) + range.count <= 0x1_0000 else { throw .portBeyondEnd(range.name) }
            let other = self.ranges.lazy.compactMap { $0 }.first { $0.priority == range.priority && $0.overlaps(range) }
            if let other { throw .portOverlap(other.name, range.name, at: max(other.first, range.first)) }
            put(range)
        }
    }

    deinit {
        for number in 0..<PortTable.capacity { table.set(number, nil)?.release() }
        table.deallocate()
    }

    /// The ranges that are there now.
    var all: [PortRange] { ranges.compactMap { $0 } }

    /// Adds a range while the guest runs, cut where the ports end. Answers whom it would hide, or who hides it, if anybody.
    func connect(card range: PortRange) -> String? {
        let count = min(range.count, 0x1_0000 - Int(range.first))
        let cut = PortRange(
            range.name, range.first...UInt16(Int(range.first) + count - 1), range.device, offset: range.offset, priority: .card)
        let other = ranges.lazy.compactMap { $0 }.first { $0.priority >= .card && $0.overlaps(cut) }
        put(cut)
        return other?.name
    }

    /// Takes the range of that name away.
    func disconnect(_ name: String) {
        guard let number = ranges.firstIndex(where: { $0?.name == name && $0?.priority == .card }), let range = ranges[number]
        else {
            return
        }
        ranges[number] = nil
        updateOwners(of: range)
        retired = table.set(number, nil)?.takeRetainedValue()
    }

    private func put(_ range: PortRange) {
        let number = ranges.firstIndex { $0 == nil } ?? ranges.count
        guard number < PortTable.capacity else { return }
        if number == ranges.count { ranges.append(range) } else { ranges[number] = range }
        let place = PortTable.Place(range.device, delta: range.offset - Int(range.first))
        // A number is given again only when its place is empty.
        _ = table.set(number, place)
        updateOwners(of: range)
    }

    private func updateOwners(of changed: PortRange) {
        for port in Int(changed.first)..<Int(changed.first) + changed.count {
            var owner: Int?
            for (number, range) in ranges.enumerated() where range?.contains(port) == true {
                guard let range, let best = owner.flatMap({ ranges[$0] }) else {
                    owner = number
                    continue
                }
                if range.priority > best.priority { owner = number }
            }
            table.setOwner(of: port, owner)
        }
    }
}

extension PortRange {
    func overlaps(_ other: PortRange) -> Bool { first < Int(other.first) + other.count && other.first < Int(first) + count }
}

/// The chips that answer at each of the 65,536 ports: one byte a port, so that an access costs one look-up. As arrays its tables would be
/// retained and released for each access, a sixth of its time, and the chip as much again.
///
/// A wide access is one cycle for a chip that has all of its ports; else the bus halves it, and halves it again, as the AT's bus controller
/// does for cards of 16 and of 8 bits (Intel 82371SB, "ISA Interface"). A doubleword at PCI's configuration address reaches that register alone;
/// smaller accesses there are somebody else's.
///
/// SAFETY: the tables are allocated in `init` with 65,536 owners and `capacity` places and one, and freed by `deallocate()`, which the port space
/// that owns them calls when it goes. Owners are numbers of ranges whose places are set: `PortSpace` takes a range's owners away before its place.
/// An access holds no reference to its chip: a place that goes stays in `PortSpace.retired` until the next one does, and a port space is not let go of
/// in an access to it.
struct PortTable {
    /// Ranges at most.
    static let capacity = 255

    /// A chip, and what to add to a port number to get the offset in it.
    final class Place {
        fileprivate let device: any PortDevice
        fileprivate let delta: Int

        init(_ device: any PortDevice, delta: Int) {
            self.device = device
            self.delta = delta
        }
    }

    /// By range.
    private let places: UnsafeMutablePointer<Unmanaged<Place>?>
    /// Number of the port's range plus one; 0 where nothing is connected.
    private let owners: UnsafeMutablePointer<UInt8>
    /// The place, behind those of the ranges, of PCI's configuration address register; nil on boards without.
    private static let register = capacity

    fileprivate init(register: (any PortDevice)?) {
        places = .allocate(capacity: Self.capacity + 1)
        places.initialize(repeating: nil, count: Self.capacity + 1)
        places[Self.register] = register.map { .passRetained(Place($0, delta: -Int(PortMap.configurationAddress))) }
        owners = .allocate(capacity: 0x1_0000)
        owners.initialize(repeating: 0, count: 0x1_0000)
    }

    fileprivate func deallocate() {
        places[Self.register]?.release()
        places.deallocate()
        owners.deallocate()
    }

    /// Gives a range its place, and returns the one that it had, with its reference.
    fileprivate func set(_ number: Int, _ place: Place?) -> Unmanaged<Place>? {
        defer { places[number] = place.map { .passRetained($0) } }
        return places[number]
    }

    fileprivate func setOwner(of port: Int, _ number: Int?) {
        owners[port] = UInt8(truncatingIfNeeded: number.map { $0 + 1 } ?? 0)
    }

    /// The owner of the bytes of an access.
    enum Target {
        case chip(Chip)
        /// The bytes of the access belong to different owners: it is split.
        case split
        case unconnected
    }

    /// The chip that answers to the whole of an access, at a port. Good for that access only: it holds no reference.
    struct Chip {
        fileprivate let place: Unmanaged<Place>
        fileprivate let port: Int
    }

    @inline(__always)
    func target(_ port: UInt16, _ width: AccessWidth) -> Target {
        let index = Int(truncatingIfNeeded: port)
        var number = Int(truncatingIfNeeded: owners[index])
        let last = index &+ width.rawValue &- 1
        if last > index {
            let owner = owners[index]
            let isOne =
                last < 0x1_0000 && owners[last] == owner
                && (width == .word || owners[index &+ 1] == owner && owners[index &+ 2] == owner)
            if !isOne {
                guard width == .doubleword, port == PortMap.configurationAddress else { return .split }
                number = Self.register &+ 1
            }
        }
        guard number != 0, let place = places[number &- 1] else { return .unconnected }
        return .chip(Chip(place: place, port: index))
    }
}

/// The accesses of `PortDevice`, at the port.
extension PortTable.Chip {
    var device: any PortDevice { place._withUnsafeGuaranteedRef { $0.device } }

    @inline(__always)
    func read() -> UInt8 { place._withUnsafeGuaranteedRef { $0.device.read(offset: $0.delta &+ port) } }

    @inline(__always)
    func read(_ width: AccessWidth) -> UInt32 {
        place._withUnsafeGuaranteedRef { $0.device.read(offset: $0.delta &+ port, width: width) }
    }

    @inline(__always)
    func write(_ value: UInt8) { place._withUnsafeGuaranteedRef { $0.device.write(offset: $0.delta &+ port, value: value) } }

    @inline(__always)
    func write(_ width: AccessWidth, _ value: UInt32) {
        place._withUnsafeGuaranteedRef { $0.device.write(offset: $0.delta &+ port, width: width, value: value) }
    }

    func readString(_ width: AccessWidth, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        place._withUnsafeGuaranteedRef { $0.device.readString(offset: $0.delta &+ port, width: width, into: buffer) }
    }

    func peek() -> UInt8 { place._withUnsafeGuaranteedRef { $0.device.peek(offset: $0.delta &+ port) } }

    var isSteady: Bool { place._withUnsafeGuaranteedRef { $0.device.isSteady(offset: $0.delta &+ port) } }
}
