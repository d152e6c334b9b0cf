import Wiring

/// Keeps the user from hearing the same thing twice: each diagnostic is passed on once for each place in the guest's code.
///
/// The memory of what was said is bounded; when it is full, that is said too and the rest is only counted.
public final class DiagnosticLog: DiagnosticSink {
    /// Where in the guest's code something happened.
    public struct Site: Hashable, Sendable {
        public var cs: UInt16
        public var eip: UInt32

        public init(cs: UInt16, eip: UInt32) {
            self.cs = cs
            self.eip = eip
        }
    }

    public enum Category: String, CaseIterable, Sendable {
        /// A chip was asked for something it does not have, or programmed against its datasheet.
        case chips
        /// An access to a port or an address where nothing is connected.
        case unmapped
        /// Resets, shutdowns, power-off.
        case machine
        /// Every interrupt and exception that is delivered, each time; `PC.logInterrupts()` switches it on.
        case interrupts

        /// The categories that report a site once, and so stay short.
        public static let quiet: Set<Category> = [.chips, .unmapped, .machine]
    }

    public struct Entry: Equatable, Sendable {
        public let tick: UInt64
        public let site: Site
        public let category: Category
        public let diagnostic: Diagnostic
    }

    private struct Key: Hashable {
        let site: Site
        let subject: UInt64
    }

    private var seen: Set<Key> = []
    /// Sites remembered at most.
    public static let limit = 4096
    /// How many entries were passed on, by category.
    public private(set) var counts: [Category: Int] = [:]
    /// Hears each entry.
    public var listener: ((Entry) -> Void)?

    /// Where the processor is, and the time; set by the board.
    var now: () -> (site: Site, tick: UInt64) = { (Site(cs: 0, eip: 0), 0) }

    public init() {}

    public func report(_ diagnostic: Diagnostic) {
        var hash = StateHash()
        hash.combine(diagnostic.chip)
        hash.combine(diagnostic.message)
        report(category: .chips, subject: hash.low) { diagnostic }
    }

    /// Passes on what `diagnostic` makes, if there was nothing about `subject` at this site before. `subject` tells apart what can
    /// happen at one site: a port, an address, a message's hash.
    func report(category: Category, subject: UInt64, _ diagnostic: () -> Diagnostic) {
        guard !isFull else { return }
        let (site, tick) = now()
        guard seen.insert(Key(site: site, subject: subject)).inserted else { return }
        counts[category, default: 0] += 1
        listener?(Entry(tick: tick, site: site, category: category, diagnostic: diagnostic()))
    }

    /// Passes on an entry as it is, however often.
    func passOn(_ entry: Entry) {
        counts[entry.category, default: 0] += 1
        listener?(entry)
    }

    /// Whether sites are no longer told apart because there were too many.
    public var isFull: Bool { seen.count >= Self.limit }
}

extension DiagnosticLog.Entry: CustomStringConvertible {
    /// "8259A: … (at 0008:C0101234, tick 1234567)".
    public var description: String {
        "\(diagnostic.chip): \(diagnostic.message) (at \(site), tick \(tick))"
    }
}

extension DiagnosticLog.Site: CustomStringConvertible {
    /// "F000:0000E05B".
    public var description: String { "\(hexadecimal(UInt64(cs), digits: 4)):\(hexadecimal(UInt64(eip), digits: 8))" }
}

/// Upper-case hexadecimal with leading zeros.
func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
