import Executables
import Formats
import Trace

/// The guest's doings that are written down as they happen.
package struct TracePlan {
    /// Empty when nothing is traced.
    package var kinds: Set<TraceKind> = []
    /// Ranges of linear addresses, "A-B" or "A+SIZE", and names of symbols.
    package var addresses: [String] = []
    package var rings: Set<UInt8> = []
    package var ports: [ClosedRange<UInt16>] = []
    package var ticks: Range<UInt64> = 0..<UInt64.max
    package var file: String?
    package var format = TraceFormat.text
    /// The items of QEMU's -d that are written, and their file.
    package var qemuLog: Set<QEMULog.Item> = []
    package var qemuLogFile: String?
    /// Bytes of a trace, or of QEMU's log, at most.
    package var limit: UInt64 = 1 << 30

    package init() {}

    /// The interpreter alone executes, to be listened to.
    package var wantsInstructions: Bool { kinds.contains(.instructions) || qemuLog.contains(where: \.needsInterpreter) }

    /// The events to trace; nil when nothing was said. Throws a `UserError` for an address that there is not.
    package func filter(_ sources: SourceMap?) throws -> TraceFilter? {
        guard !kinds.isEmpty else { return nil }
        var filter = TraceFilter(kinds)
        filter.addresses = try addresses.map { try range($0, sources) }
        filter.rings = rings
        filter.ports = ports
        filter.ticks = ticks
        return filter
    }

    private func range(_ word: String, _ sources: SourceMap?) throws -> ClosedRange<UInt64> {
        if let range = AddressRange.parse(word) { return range }
        if let symbol = sources?.symbols.symbols.first(where: { $0.name == word }) {
            let (last, wraps) = symbol.address.addingReportingOverflow(max(symbol.size, 1) - 1)
            return symbol.address...(wraps ? .max : last)
        }
        let remedy =
            sources == nil
            ? "write it as in 0x7c00-0x7dff; symbols need --kernel or --symbols"
            : "no such symbol, and no range as in 0x7c00-0x7dff"
        throw UserError(.usage, "not a range of addresses", word, remedy: remedy)
    }
}

/// The form of a trace.
package enum TraceFormat: String, CaseIterable, Sendable { case text, json }

/// Ranges of numbers in words.
package enum AddressRange {
    /// Reads "A", "A-B" (both included), or "A+SIZE".
    package static func parse(_ word: String) -> ClosedRange<UInt64>? {
        if let number = Number(argument: word) { return number.value...number.value }
        for (separator, isSize) in [("-" as Character, false), ("+", true)] {
            let parts = word.split(separator: separator, omittingEmptySubsequences: false).map {
                Number(argument: String($0))?.value
            }
            guard parts.count == 2, let first = parts[0], let second = parts[1] else { continue }
            let end = isSize ? first.addingReportingOverflow(second).partialValue &- 1 : second
            return first <= end ? first...end : nil
        }
        return nil
    }
}
