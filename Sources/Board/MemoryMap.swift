import Wiring

/// A stretch of physical addresses, in whole 4-KByte pages, and the device that answers there.
struct MappedRegion {
    /// The accesses that it answers: a shadowed ROM takes only reads, or only writes.
    struct Accesses: OptionSet {
        let rawValue: UInt8
        static let reads = Accesses(rawValue: 1), writes = Accesses(rawValue: 2), all: Accesses = [.reads, .writes]
    }

    /// The order in which regions that overlap are asked.
    enum Priority: Int, Comparable {
        /// A window of a card, which the guest puts where it likes.
        case card
        /// RAM, ROMs and windows of fixed address.
        case board
        /// The host bridge, which leads accesses to RAM that would go to the bus.
        case hostBridge
        /// The processor's own window, which no access leaves.
        case localAPIC

        static func < (a: Priority, b: Priority) -> Bool { a.rawValue < b.rawValue }
    }

    let name: String
    let range: Range<UInt64>
    let device: any MemoryDevice
    /// Offset in the device that the first address means.
    let offset: Int
    let priority: Priority
    let accesses: Accesses

    init(
        _ name: String, _ range: Range<UInt64>, _ device: any MemoryDevice, offset: Int = 0, priority: Priority = .board,
        accesses: Accesses = .all
    ) {
        precondition(range.lowerBound % 4096 == 0 && range.upperBound % 4096 == 0, "a region in whole pages")
        self.name = name
        self.range = range
        self.device = device
        self.offset = offset
        self.priority = priority
        self.accesses = accesses
    }
}

/// The devices that answer at each physical address: regions with priorities, which may come and go while the guest runs, and made from them a list of
/// segments without overlaps. Regions of the same priority do not overlap, except cards, of which the first one wins.
///
/// SAFETY: `segments` has `count` initialized elements and is replaced as a whole by `rebuild`; nobody keeps a pointer into it.
final class MemoryMap {
    /// A device as it is seen in one segment: its offset is the physical address plus `delta`.
    struct Owner {
        let device: any MemoryDevice
        let delta: Int

        @inline(__always)
        func offset(_ physical: UInt64) -> Int { Int(truncatingIfNeeded: physical) &+ delta }

        static func isSame(_ a: Owner?, _ b: Owner?) -> Bool { a?.device === b?.device && a?.delta == b?.delta }
    }

    struct Segment {
        let range: Range<UInt64>
        let reader: Owner?
        let writer: Owner?

        /// Host memory for the page at `physical`: for writes only where it is that of the reads.
        func page(at physical: UInt64) -> PhysicalPage {
            guard let reader else { return PhysicalPage(read: nil, write: nil) }
            let page = reader.device.page(at: reader.offset(physical))
            return Owner.isSame(reader, writer) ? page : PhysicalPage(read: page.read, write: nil)
        }
    }

    private(set) var regions: [MappedRegion] = []
    private var segments = UnsafeMutablePointer<Segment>.allocate(capacity: 0)
    private var count = 0
    /// The segment that was asked for last: accesses come in runs.
    private var recent = 0

    init(_ regions: [MappedRegion]) throws(BoardError) {
        try Self.check(regions)
        self.regions = regions.filter { !$0.range.isEmpty }
        rebuild()
    }

    static func check(_ regions: [MappedRegion]) throws(BoardError) {
        for (index, region) in regions.enumerated() where region.priority != .card {
            for other in regions[..<index] where other.priority == region.priority && other.range.overlaps(region.range) {
                let (lower, upper) = region.range.lowerBound < other.range.lowerBound ? (region, other) : (other, region)
                throw .addressOverlap(lower.name, upper.name, at: upper.range.lowerBound)
            }
        }
    }

    deinit { deallocate() }

    private func deallocate() {
        segments.deinitialize(count: count)
        segments.deallocate()
    }

    /// The segment at a physical address, or nil where nobody answers.
    @inline(__always)
    func segment(at physical: UInt64) -> UnsafeMutablePointer<Segment>? {
        if recent < count, segments[recent].range.contains(physical) { return segments + recent }
        return search(physical)
    }

    @inline(never)
    private func search(_ physical: UInt64) -> UnsafeMutablePointer<Segment>? {
        for index in 0..<count where physical < segments[index].range.upperBound {
            guard segments[index].range.contains(physical) else { return nil }
            recent = index
            return segments + index
        }
        return nil
    }

    /// Tells where `device` alone answers reads and writes, and its offsets are the addresses: for quick ways to RAM.
    func plainRanges(of device: any MemoryDevice) -> [Range<UInt64>] {
        (0..<count).compactMap { index in
            let segment = segments[index]
            guard let reader = segment.reader, reader.device === device, reader.delta == 0, Owner.isSame(reader, segment.writer)
            else {
                return nil
            }
            return segment.range
        }
    }

    /// Tells where `device` is seen.
    func ranges(of device: any MemoryDevice) -> [Range<UInt64>] { regions.filter { $0.device === device }.map(\.range) }

    /// Takes away the regions for which `isOld` is true and adds `new` ones. Answers where somebody else answers now than before.
    func replace(where isOld: (MappedRegion) -> Bool, by new: [MappedRegion]) -> [Range<UInt64>] {
        regions.removeAll(where: isOld)
        regions += new.filter { !$0.range.isEmpty }
        let before = (0..<count).map { segments[$0] }
        rebuild()
        return Self.differences(before, (0..<count).map { segments[$0] })
    }

    // MARK: Segments

    private func rebuild() {
        let list = Self.segments(of: regions)
        deallocate()
        segments = .allocate(capacity: list.count)
        segments.initialize(from: list, count: list.count)
        (count, recent) = (list.count, 0)
    }

    private static func segments(of regions: [MappedRegion]) -> [Segment] {
        let edges = Set(regions.flatMap { [$0.range.lowerBound, $0.range.upperBound] }).sorted()
        // First come, first served within a priority.
        let ranked = regions.enumerated().sorted { ($1.element.priority, $0.offset) < ($0.element.priority, $1.offset) }.map(
            \.element)
        var segments: [Segment] = []
        for (start, end) in zip(edges, edges.dropFirst()) {
            func owner(_ access: MappedRegion.Accesses) -> Owner? {
                ranked.first { $0.accesses.contains(access) && $0.range.contains(start) }.map {
                    Owner(device: $0.device, delta: $0.offset &- Int(truncatingIfNeeded: $0.range.lowerBound))
                }
            }
            let (reader, writer) = (owner(.reads), owner(.writes))
            guard reader != nil || writer != nil else { continue }
            if let last = segments.last, last.range.upperBound == start, Owner.isSame(last.reader, reader),
                Owner.isSame(last.writer, writer)
            {
                segments[segments.count - 1] = Segment(range: last.range.lowerBound..<end, reader: reader, writer: writer)
            } else {
                segments.append(Segment(range: start..<end, reader: reader, writer: writer))
            }
        }
        return segments
    }

    private static func differences(_ before: [Segment], _ after: [Segment]) -> [Range<UInt64>] {
        let edges = Set((before + after).flatMap { [$0.range.lowerBound, $0.range.upperBound] }).sorted()
        return zip(edges, edges.dropFirst()).compactMap { start, end in
            let old = before.first { $0.range.contains(start) }, new = after.first { $0.range.contains(start) }
            let isSame = Owner.isSame(old?.reader, new?.reader) && Owner.isSame(old?.writer, new?.writer)
            return isSame ? nil : start..<end
        }
    }
}
