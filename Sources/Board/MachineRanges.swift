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

    /// Writes a port as the processor would.
    public func poke(port: UInt16, _ width: AccessWidth, _ value: UInt32) { bus.writePort(port, width, value & width.mask) }
}

private func lowerCase(_ value: UInt64, _ digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
