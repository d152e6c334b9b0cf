import Board

/// The end of a run, in the words of a test: what is printed at the end, written to the report, and told to the shell.
package struct Verdict: Equatable {
    package enum Kind: String, CaseIterable {
        /// The guest said so: it switched the machine off, or wrote 0 to the exit port; or all that was expected came true.
        case passed
        /// The guest gave a code other than 0.
        case guestFailed = "guest-failed"
        case tripleFault = "triple-fault"
        /// Nothing can ever happen again.
        case dead
        case reset
        case budget
        case expectation
        /// A mistake was found by --check.
        case check = "check-failed"
        case interrupted
        case timeout
        case replayed
        case replayDiffers = "replay-differs"
        /// It printed too much, or took too much of the host's memory.
        case ceiling
        /// A file that was asked for could not be written to its end.
        case outputLost = "output-lost"
        /// The engines differ, or another mistake of swemu's.
        case ownBug = "own-bug"

        /// Neither success, nor the wish of a user, nor a replay as recorded.
        var isFailure: Bool { self != .passed && self != .interrupted && self != .replayed }
    }

    let kind: Kind
    /// The exit status.
    package let status: Int32
    /// The event, without a full stop.
    var sentence: String
    /// The code the guest gave, if it gave one.
    var guestCode: UInt32?

    init(_ kind: Kind, _ status: ExitStatus, _ sentence: String) {
        self.kind = kind
        self.status = status.rawValue
        self.sentence = sentence
    }

    /// The guest wrote `code` to the exit port. Codes from 1 to 9 are the exit status; greater ones would be taken for something else.
    init(exitCode code: UInt32) {
        kind = code == 0 ? .passed : .guestFailed
        status = Int32(min(code, 9))
        sentence = code == 0 ? "the guest wrote 0 to the exit port" : "the guest wrote \(code) to the exit port"
        guestCode = code
    }

    /// The guest wrote to isa-debug-exit: QEMU's status, which is never 0.
    init(debugExitStatus status: UInt8) {
        kind = .guestFailed
        self.status = Int32(status)
        sentence = "the guest wrote \(status >> 1) to isa-debug-exit"
        guestCode = UInt32(status >> 1)
    }

    /// "passed: the guest …".
    package var line: String { "\(kind.rawValue.split(separator: "-").joined(separator: " ")): \(sentence)" }

    /// "passed: the guest … (1234567 instructions, 1300000 ticks, 0.013 s)".
    func line(instructions: UInt64, ticks: UInt64, seconds: Double) -> String {
        "\(line) (\(instructions) instructions, \(ticks) ticks, \(Self.rounded(seconds)) s)"
    }

    /// Virtual seconds with three significant digits or to the millisecond, whichever is more.
    package static func rounded(_ seconds: Double) -> String {
        let micros = seconds > 0 ? UInt64(min((seconds * 1e6).rounded(), 1e18)) : 0
        let fraction = String(micros % 1_000_000)
        var digits = String(repeating: "0", count: 6 - fraction.count) + fraction
        while digits.count > 3, digits.hasSuffix("0") { digits.removeLast() }
        return "\(micros / 1_000_000).\(digits)"
    }
}
