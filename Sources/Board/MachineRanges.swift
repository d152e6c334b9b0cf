import Wiring

extension PC {
    /// Memory and ports with who answers there, the ones that are asked first before the others: "00000000000f0000-00000000000fffff firmware below 1 MB".
    public var addressRanges: [String] {
        func line(_ first: UInt64, _ last: UInt64, _ digits: Int, _ name: String) -> String {
            "  \(lowerCase(first, digits))-\(lowerCase(last, digits)) \(name)"
        }
        let memory = bus.regions.sorted { ($1.priority, $0.range.lowerBound) < ($0.priority, $1.range.lowerBound) }
        return ["memory"] + memory.map { line($0.range.lowerBound, $0.range.upperBound - 1, 16, $0.name) } + ["ports"]
            + bus.portRanges.sorted { $0.first < $1.first }.map {
                line(UInt64($0.first), UInt64($0.first) + UInt64($0.count) - 1, 16, $0.name)
            }
    }

    /// The physical address space as it is read: stretches without overlaps, by rising addresses, with who answers there.
    public var memoryStretches: [(range: Range<UInt64>, name: String)] {
        let regions = bus.regions.filter { $0.accesses.contains(.reads) }
        let bounds = Set(regions.flatMap { [$0.range.lowerBound, $0.range.upperBound] }).sorted()
        var stretches: [(range: Range<UInt64>, name: String)] = []
        for (start, end) in zip(bounds, bounds.dropFirst()) {
            let here = regions.filter { $0.range.contains(start) }
            // Of cards the first one wins.
            guard let top = here.map(\.priority).max(), let owner = here.first(where: { $0.priority == top }) else { continue }
            if let last = stretches.last, last.range.upperBound == start, last.name == owner.name {
                stretches[stretches.count - 1].range = last.range.lowerBound..<end
            } else {
                stretches.append((start..<end, owner.name))
            }
        }
        return stretches
    }

    /// Writes a port as the processor would.
    public func poke(port: UInt16, _ width: AccessWidth, _ value: UInt32) { bus.writePort(port, width, value & width.mask) }
}

private func lowerCase(_ value: UInt64, _ digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
