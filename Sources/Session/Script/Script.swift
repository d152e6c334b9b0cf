import Screen
import Wiring

/// The script of a run: steps, one after the other, and texts that mean failure.
package struct Script {
    /// A place in which a text is looked for.
    enum Place: Equatable {
        /// COM1.
        case serial
        /// Port E9h.
        case debugConsole
        /// The text screen: these rows and columns, counted from 1; all of it without them.
        case screen(rows: ClosedRange<Int>?, columns: ClosedRange<Int>?)
        case anywhere

        var words: String {
            switch self {
            case .serial: return "on COM1"
            case .debugConsole: return "on the debug console"
            case .anywhere: return "on COM1, the debug console or the screen"
            case .screen(let rows, let columns):
                let row =
                    rows.map { $0.count == 1 ? " in row \($0.lowerBound)" : " in rows \($0.lowerBound) to \($0.upperBound)" } ?? ""
                let column = columns.map { " in columns \($0.lowerBound) to \($0.upperBound)" } ?? ""
                return "on the screen\(row)\(column)"
            }
        }
    }

    struct Expectation {
        let pattern: Pattern
        let place: Place

        var words: String { "\"\(pattern.source)\" \(place.words)" }
    }

    enum Action {
        case expect(Expectation)
        /// Keys to press, one chord after the other.
        case keys([Key.Chord])
        /// Bytes for COM1.
        case send([UInt8])
        case screenshot(String)
        case snapshot(String)
        /// A disc is put into the CD-ROM drive, by its number from 0; nil: what is in is taken out.
        case medium(Int?)
        /// A diskette is put into floppy drive A (0) or B (1), by its number from 0; nil: it is taken out.
        case diskette(drive: Int, Int?)
        /// Virtual time, in instructions.
        case wait(UInt64)
        /// The guest ends the machine itself: by power-off or code 0, or with this code.
        case exit(code: UInt32)
        /// The machine ends without a code of the guest's: by a triple fault, dead, or by a reset.
        case ending(Verdict.Kind)
    }

    /// Endings that a test can be about, by what a test file calls them.
    static let endings: [Verdict.Kind] = [.tripleFault, .dead, .reset]

    struct Step {
        let action: Action
        /// Instructions within which it has to come true.
        let within: UInt64
        /// Its place, as in "boot.yaml:7".
        let place: String

        /// It gives the guest something from outside.
        var isInput: Bool {
            switch action {
            case .keys, .send, .medium, .diskette: true
            case .expect, .screenshot, .snapshot, .wait, .exit, .ending: false
            }
        }

        /// The event that is waited for.
        var words: String {
            switch action {
            case .expect(let expectation): expectation.words
            case .exit(let code): code == 0 ? "the guest to end with success" : "the guest to end with code \(code)"
            case .ending(let kind): "the machine to end by: \(kind.rawValue)"
            case .keys: "keys to be taken"
            case .send: "bytes to be taken"
            case .diskette: "a diskette to be changed"
            case .medium: "the guest to unlock the CD-ROM drive"
            case .screenshot, .snapshot: "a file to be written"
            case .wait: "time to pass"
            }
        }
    }

    var steps: [Step] = []
    var failures: [Expectation] = []

    /// Instructions for a step that does not say.
    static let usualBudget: UInt64 = 2_000_000_000

    package var isEmpty: Bool { steps.isEmpty && failures.isEmpty }
}
