import Wiring

/// Keeps the user from hearing the same thing twice: each diagnostic is passed on once for each place in the guest's code.
///
/// The memory of what was said is bounded; when it is full, that is said too and the rest is only counted.
public final class DiagnosticLog: DiagnosticSink {
    /// The place in the guest's code where something happened.
    public struct Site: Hashable, Sendable {
        /// The code segment's selector.
        public var cs: UInt16
        /// The instruction's offset in that segment.
        public var rip: UInt64

        /// A place by selector and offset.
        public init(cs: UInt16, rip: UInt64) {
            self.cs = cs
            self.rip = rip
        }
    }

    /// A kind of entry, which a listener can choose by.
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

    /// A diagnostic with the time and the place at which it came.
    public struct Entry: Equatable, Sendable {
        /// The time, in ticks of the machine's clock.
        public let tick: UInt64
        /// The instruction that was executed then.
        public let site: Site
        /// The kind of entry.
        public let category: Category
        /// The chip that speaks, and its sentence.
        public let diagnostic: Diagnostic
        /// The code at the site is a ROM's: the firmware's or a card's.
        public let isFirmware: Bool
    }

    /// Number of times that what a diagnostic says happened at its site.
    public struct Tally: Equatable, Sendable {
        /// The diagnostic as it came first.
        public let entry: Entry
        /// Number of times, the first one included.
        public fileprivate(set) var count: UInt64
    }

    private struct Key: Hashable {
        let site: Site
        let subject: UInt64
    }

    private var seen: Set<Key> = []
    /// The latest two of them: a loop that copies reads and writes.
    private var recent: (Key?, Key?)
    /// The diagnostics that are counted, in the order in which they came first.
    public private(set) var tallies: [Tally] = []
    private var tallyNumbers: [Key: Int] = [:]
    /// Sites remembered at most.
    public static let limit = 4096
    /// Numbers of entries that were passed on, by category; accesses of the firmware's to nothing are not counted.
    public private(set) var counts: [Category: Int] = [:]
    /// Hears each entry.
    public var listener: ((Entry) -> Void)?

    /// The place where the processor is, and the time; set by the board.
    var now: () -> (site: Site, tick: UInt64) = { (Site(cs: 0, rip: 0), 0) }

    /// The code of the present instruction is a ROM's; set by the board.
    var isInROM: () -> Bool = { false }

    /// A log that has said nothing yet.
    public init() {}

    public func report(_ diagnostic: Diagnostic) {
        var hash = StateHash()
        hash.combine(diagnostic.chip)
        hash.combine(diagnostic.message)
        guard diagnostic.unit != nil else { return report(category: .chips, subject: hash.low) { diagnostic } }
        let (site, tick) = now()
        let key = Key(site: diagnostic.isUnbidden ? Site(cs: 0, rip: 0) : site, subject: hash.low)
        if let number = tallyNumbers[key] { return tallies[number].count += 1 }
        guard !isFull else { return }
        let entry = Entry(tick: tick, site: site, category: .chips, diagnostic: diagnostic, isFirmware: isInROM())
        seen.insert(key)
        tallyNumbers[key] = tallies.count
        tallies.append(Tally(entry: entry, count: 1))
        passOn(entry)
    }

    /// Passes on what `diagnostic` makes, if there was nothing about `subject` at this site before. `subject` tells apart what can
    /// happen at one site: a port, an address, a message's hash.
    func report(category: Category, subject: UInt64, _ diagnostic: () -> Diagnostic) {
        guard !isFull else { return }
        let (site, tick) = now()
        let key = Key(site: site, subject: subject)
        if key == recent.0 || key == recent.1 { return }
        recent = (key, recent.0)
        guard seen.insert(key).inserted else { return }
        passOn(Entry(tick: tick, site: site, category: category, diagnostic: diagnostic(), isFirmware: isInROM()))
    }

    /// Passes on an entry as it is, however often.
    func passOn(_ entry: Entry) {
        if !entry.isProbe { counts[entry.category, default: 0] += 1 }
        listener?(entry)
    }

    /// Sites are no longer told apart because there were too many.
    public var isFull: Bool { seen.count >= Self.limit }
}

extension DiagnosticLog.Entry {
    /// A ROM's look for hardware that may be there: no business of the guest's.
    public var isProbe: Bool { isFirmware && category == .unmapped }
}

extension DiagnosticLog.Tally: CustomStringConvertible {
    /// "16550A: … is lost: 42 bytes lost (at 0000:00007C4F)".
    public var description: String {
        let place = entry.diagnostic.isUnbidden ? "" : " (at \(entry.site))"
        return "\(entry.diagnostic.chip): \(entry.diagnostic.message): \(entry.diagnostic.counted(count))\(place)"
    }
}

extension DiagnosticLog.Entry: CustomStringConvertible {
    /// "8259A: … (at 0008:C0101234, tick 1234567)"; without a place where the present instruction has not asked for it.
    public var description: String {
        let place = diagnostic.isUnbidden ? "" : "at \(site), "
        return "\(diagnostic.chip): \(diagnostic.message) (\(place)tick \(tick))"
    }
}

extension DiagnosticLog.Site: CustomStringConvertible {
    /// "F000:0000E05B"; sixteen digits of RIP where eight are not enough.
    public var description: String {
        "\(hexadecimal(UInt64(cs), digits: 4)):\(hexadecimal(rip, digits: rip > 0xFFFF_FFFF ? 16 : 8))"
    }
}

/// Upper-case hexadecimal with leading zeros.
func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
