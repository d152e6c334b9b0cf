import Board
import Formats
import Trace

/// Writes a timeline in the format of Chrome's trace events, which Perfetto shows: an array of JSON objects, by virtual time in microseconds.
final class TimelineFile {
    private let lines: LimitedLines
    private(set) var observer: TimelineObserver!
    private let rate: UInt64
    private var isFirst = true
    /// Numbers of the tracks, in the order in which they came.
    private var tracks: [TimelineEvent.Track: UInt64] = [:]

    init(_ path: String, _ pc: PC, limit: UInt64) throws {
        rate = max(1, pc.clock.rate)
        lines = LimitedLines(try ByteStream(writingTo: path), limit: limit, name: "timeline")
        put(
            .object([
                ("name", .text("process_name")), ("ph", .text("M")), ("pid", .number(1)),
                ("args", .object([("name", .text("swemu"))])),
            ]))
        observer = TimelineObserver(pc) { [unowned self] in take($0) }
    }

    var stream: ByteStream { lines.stream }

    /// Writes what has not come to its end, and the array's end.
    func finish() {
        observer.finish()
        lines.put("]")
        stream.finish()
    }

    private func put(_ event: JSON) {
        lines.put((isFirst ? "[" : ",") + event.line)
        isFirst = false
    }

    private func take(_ event: TimelineEvent) {
        guard !lines.isFull else { return }
        var members: [(String, JSON)] = [
            ("name", .text(event.name)), ("pid", .number(1)), ("tid", .number(number(of: event.track))),
            ("ts", .decimal(microseconds(event.tick))),
        ]
        func phase(_ letter: String, _ number: UInt64) -> [(String, JSON)] {
            [("ph", .text(letter)), ("cat", .text("interrupt")), ("id", .number(number))]
        }
        switch event.kind {
        case .slice(let ticks): members += [("ph", .text("X")), ("dur", .decimal(microseconds(ticks)))]
        case .raised(let number): members += phase("b", number)
        case .delivered(let number): members += phase("n", number)
        case .ended(let number): members += phase("e", number)
        }
        let details = event.details + [(name: "tick", value: String(event.tick))]
        members.append(("args", .object(details.map { ($0.name, .text($0.value)) })))
        put(.object(members))
    }

    private func number(of track: TimelineEvent.Track) -> UInt64 {
        if let known = tracks[track] { return known }
        let number = UInt64(tracks.count + 1)
        tracks[track] = number
        let name =
            switch track {
            case .modes(let processor): "processor \(processor): mode"
            case .processor(let processor): "processor \(processor)"
            case .ports: "ports"
            case .disk(let channel): channel
            case .interrupts: "interrupts"
            }
        put(
            .object([
                ("name", .text("thread_name")), ("ph", .text("M")), ("pid", .number(1)), ("tid", .number(number)),
                ("args", .object([("name", .text(name))])),
            ]))
        return number
    }

    /// Microseconds with three digits behind the point.
    private func microseconds(_ ticks: UInt64) -> String {
        let (seconds, rest) = ticks.quotientAndRemainder(dividingBy: rate)
        // A rate has at most 40 bits.
        let micros = rest.multipliedReportingOverflow(by: 1_000_000).partialValue
        let digits = String(micros % rate * 1000 / rate)
        return "\(seconds * 1_000_000 + micros / rate).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
    }
}
