import Chips

/// The interrupt requests that can still reach the processor: what the two 8259As let through.
public struct InterruptOutlook: Equatable {
    /// Lines 0–15 that are neither masked nor held back by one in service.
    public let open: Set<Int>
    /// Lines whose service was begun and not ended by an EOI; 2 where the second 8259A got one and the first did not.
    public let inService: [Int]
    /// All sixteen lines are masked.
    public let allMasked: Bool
    private let vectors: (UInt8, UInt8)

    public static func == (a: InterruptOutlook, b: InterruptOutlook) -> Bool {
        a.open == b.open && a.inService == b.inService && a.vectors == b.vectors
    }

    /// Reads the masks and services of both 8259As. With a local APIC or I/O APIC that may interrupt, all lines count as open.
    public init(_ pc: PC) {
        let (master, slave) = (pc.parts.pic1.state, pc.parts.pic2.state)
        // What comes by APICs is not told by lines of the 8259As: all of them count as open.
        guard pc.parts.apic?.mayInterrupt != true else {
            (open, inService, allMasked, vectors) = (Set(0..<16), [], false, (master.ICW2 & 0xF8, slave.ICW2 & 0xF8))
            return
        }
        let masterOpen = (0..<8).filter { pc.parts.pic1.obstacle(to: $0) == nil }
        let slaveOpen = masterOpen.contains(2) ? (0..<8).filter { pc.parts.pic2.obstacle(to: $0) == nil } : []
        open = Set(masterOpen.filter { $0 != 2 }).union(slaveOpen.map { $0 + 8 })
        inService =
            (0..<8).filter { master.ISR >> UInt8($0) & 1 != 0 && ($0 != 2 || slave.ISR == 0) }
            + (0..<8).filter { slave.ISR >> UInt8($0) & 1 != 0 }.map { $0 + 8 }
        allMasked = (0..<8).allSatisfy { master.IMR >> UInt8($0) & 1 != 0 || $0 == 2 } && (slave.IMR == 0xFF || master.IMR & 4 != 0)
        vectors = (master.ICW2 & 0xF8, slave.ICW2 & 0xF8)
    }

    /// The request line that a vector belongs to, by the controllers' ICW2.
    public func line(ofVector vector: UInt8) -> Int? {
        if vector & 0xF8 == vectors.0 { return Int(vector & 7) }
        return vector & 0xF8 == vectors.1 ? Int(vector & 7) + 8 : nil
    }
}

extension PC {
    /// The interrupt requests that can still reach the processor.
    public var interruptOutlook: InterruptOutlook { InterruptOutlook(self) }
}
