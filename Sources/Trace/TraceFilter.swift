/// The events that are wanted: each condition that is not empty has to hold.
public struct TraceFilter: Sendable {
    /// The kinds of events.
    public var kinds: Set<TraceKind>
    /// Linear addresses of the code that caused it.
    public var addresses: [ClosedRange<UInt64>] = []
    /// Privilege levels.
    public var rings: Set<UInt8> = []
    /// Ports, for port accesses alone.
    public var ports: [ClosedRange<UInt16>] = []
    /// From the first tick on to the one before the last.
    public var ticks: Range<UInt64> = 0..<UInt64.max

    /// A filter by kind alone.
    public init(_ kinds: Set<TraceKind>) { self.kinds = kinds }

    /// Tells whether an event of `kind` there is wanted, as far as the place decides.
    func wants(_ kind: TraceKind, linear: UInt64, ring: UInt8, tick: UInt64) -> Bool {
        kinds.contains(kind) && ticks.contains(tick) && (rings.isEmpty || rings.contains(ring))
            && (addresses.isEmpty || addresses.contains { $0.contains(linear) })
    }

    func wants(port: UInt16) -> Bool { ports.isEmpty || ports.contains { $0.contains(port) } }
}
