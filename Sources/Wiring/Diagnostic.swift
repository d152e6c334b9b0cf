/// Something the guest did that real hardware would answer with silence or surprise, or that we do not emulate.
/// Reported to the user once for each site; never fatal.
public struct Diagnostic: Equatable, Sendable {
    /// The chip or part that noticed, by the name of its datasheet: "8259A", "bus".
    public var chip: String
    /// The event, in one line without a full stop: "port 0x3F4 is not connected; reads FFh".
    public var message: String

    /// A noun for each time it happens, as in "bytes lost": the user is told at the end how often that was. nil where once says all.
    public var unit: String?
    /// "42 bytes lost", "1 byte lost", "3 times".
    public func counted(_ count: UInt64) -> String {
        var words = (unit ?? "times").split(separator: " ").map(String.init)
        if count == 1, let noun = words.firstIndex(where: { $0.hasSuffix("s") }) { words[noun].removeLast() }
        return "\(count) \(words.joined(separator: " "))"
    }

    /// It came from a device or from outside, not from the instruction at which it was noticed: all are one site.
    public var isUnbidden = false

    /// A report of a chip, by its name.
    public init(chip: String, message: String, unit: String? = nil, isUnbidden: Bool = false) {
        self.chip = chip
        self.message = message
        self.unit = unit
        self.isUnbidden = isUnbidden
    }
}

/// The receiver of what chips report. The board adds CS:EIP and drops repetitions.
public protocol DiagnosticSink: AnyObject {
    /// Takes a report.
    func report(_ diagnostic: Diagnostic)
}
