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
            "When to save: an instruction count, end, post=HH (a byte at port 80h), or serial=TEXT (on COM1).", valueName: "when"))
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

/// When a snapshot is saved.
enum SaveMoment: ExpressibleByArgument, Equatable {
    case tick(UInt64)
    case end
    case postCode(UInt8)
    case serial([UInt8])

    init?(argument: String) {
        if argument == "end" {
            self = .end
        } else if argument.hasPrefix("post=") {
            guard let code = UInt8(argument.dropFirst(5), radix: 16) else { return nil }
            self = .postCode(code)
        } else if argument.hasPrefix("serial=") {
            let text = Array(argument.dropFirst(7).utf8)
            guard !text.isEmpty, text.count <= 4096 else { return nil }
            self = .serial(text)
        } else {
            guard let count = Count(argument: argument) else { return nil }
            self = .tick(count.value)
        }
    }

    static let allValueStrings = ["COUNT", "end", "post=HH", "serial=TEXT"]
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
