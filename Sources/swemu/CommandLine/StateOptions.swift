import ArgumentParser
import Chips

/// Options of `swemu run` about the machine's state: snapshots, recordings, and the time limit of the host.
struct StateOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Go on from this snapshot instead of power-on.", valueName: "file"), completion: .file())
    var restore: String?
    @Option(
        help: ArgumentHelp(
            "Save snapshots here: when --save-at says, and on SIGUSR1. {tick} in the name becomes the instruction count.",
            valueName: "file"), completion: .file())
    var save: String?
    @Option(
        help: ArgumentHelp(
            "When to save: \(SaveMoment.words).", valueName: "when"))
    var saveAt: [SaveMoment] = []
    @Option(
        help: ArgumentHelp("Keep all outside input with its instruction count, for --replay.", valueName: "file"),
        completion: .file())
    var record: String?
    @Option(help: ArgumentHelp("Repeat a recorded run; no other input is taken.", valueName: "file"), completion: .file())
    var replay: String?
    @Option(
        help: ArgumentHelp(
            "End after this much of the host's time, as in 30s or 5m. A safety net: --max-instructions judges the guest.",
            valueName: "time"))
    var timeout: HostTime?

    func validate() throws {
        if save == nil, !saveAt.isEmpty { throw ValidationError("--save-at says when to save; say where with --save FILE") }
        if record != nil, record == replay {
            throw ValidationError("--record would overwrite the recording that is replayed; give it another name")
        }
    }
}

/// The moment when a snapshot is saved.
enum SaveMoment: ExpressibleByArgument, Equatable {
    case tick(UInt64)
    /// The run ends, however it does.
    case end
    /// It ends, and not as it should: everything but success, and a user who has had enough.
    case failure
    case tripleFault
    case postCode(UInt8)
    /// A text on COM1, on the debug console, on the text screen.
    case serial([UInt8])
    case debugConsole([UInt8])
    case screen([UInt8])

    init?(argument: String) {
        func text(after name: String) -> [UInt8]? {
            guard argument.hasPrefix(name) else { return nil }
            let text = Array(argument.utf8.dropFirst(name.utf8.count))
            return text.isEmpty || text.count > 4096 ? nil : text
        }
        if argument == "end" {
            self = .end
        } else if argument == "failure" {
            self = .failure
        } else if argument == "triple-fault" {
            self = .tripleFault
        } else if argument.hasPrefix("post=") {
            guard let code = UInt8(argument.dropFirst(5), radix: 16) else { return nil }
            self = .postCode(code)
        } else if let text = text(after: "serial=") {
            self = .serial(text)
        } else if let text = text(after: "debugcon=") {
            self = .debugConsole(text)
        } else if let text = text(after: "screen=") {
            self = .screen(text)
        } else {
            guard let count = Count(argument: argument) else { return nil }
            self = .tick(count.value)
        }
    }

    /// For help texts.
    static let words =
        "an instruction count, serial=TEXT (on COM1), debugcon=TEXT, screen=TEXT, post=HH (a byte at port 80h), triple-fault, failure or end"

    static let allValueStrings = [
        "COUNT", "serial=TEXT", "debugcon=TEXT", "screen=TEXT", "post=HH", "triple-fault", "failure", "end",
    ]
}

/// "30", "30s", "5m", "1h": time of the host.
struct HostTime: ExpressibleByArgument, Equatable {
    let nanoseconds: UInt64

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        let unit = argument.last.flatMap { units[$0] }
        guard let number = Double(unit == nil ? argument : String(argument.dropLast())), number > 0, number <= 1e9 else {
            return nil
        }
        let seconds = number * (unit ?? 1)
        guard seconds <= 1e9 else { return nil }
        nanoseconds = UInt64(seconds * 1e9)
    }
}
