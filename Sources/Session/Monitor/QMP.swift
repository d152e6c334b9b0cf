import Formats

/// Cuts what a client of QEMU's machine protocol sends into requests: JSON objects one behind the other, with or without line feeds.
struct QMPReader {
    /// The longest request.
    private static let longest = 1 << 20
    private var bytes: [UInt8] = []
    /// Complete requests.
    private var requests: [Result<JSON, JSONReader.Mistake>] = []
    private var depth = 0
    private var isInText = false
    private var isEscaped = false
    /// Requests that wait before nothing more is to be taken.
    private static let mostWaiting = 1024
    var hasRoom: Bool { requests.count < Self.mostWaiting }

    mutating func take(_ new: [UInt8]) {
        for byte in new { take(byte) }
    }

    private mutating func take(_ byte: UInt8) {
        if depth == 0, byte != UInt8(ascii: "{") {
            // Between requests there are blanks; anything else ends with its line.
            if byte > 0x20 { bytes.append(byte) } else if byte == 0x0A, !bytes.isEmpty { complete() }
            if bytes.count > Self.longest { bytes = [] }
            return
        }
        bytes.append(byte)
        if isInText {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInText = false
            }
        } else {
            switch byte {
            case UInt8(ascii: "\""): isInText = true
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        if depth == 0 || bytes.count > Self.longest { complete() }
    }

    private mutating func complete() {
        do throws(JSONReader.Mistake) {
            requests.append(.success(try JSONReader.read(bytes)))
        } catch {
            requests.append(.failure(error))
        }
        (bytes, depth, isInText, isEscaped) = ([], 0, false, false)
    }

    mutating func next() -> Result<JSON, JSONReader.Mistake>? { requests.isEmpty ? nil : requests.removeFirst() }
}

/// The protocol's messages. QEMU, docs/interop/qmp-spec.
enum QMPMessages {
    static let commands = [
        "qmp_capabilities", "query-commands", "query-cpus-fast", "query-kvm", "query-name", "query-status", "query-version", "stop",
        "cont",
        "quit", "screendump", "send-key", "system_powerdown", "system_reset", "human-monitor-command",
    ]

    static var version: JSON {
        .object([
            ("qemu", .object([("micro", .number(0)), ("minor", .number(2)), ("major", .number(7))])),
            ("package", .text("swemu \(swemuVersion)")),
        ])
    }

    static var greeting: JSON { .object([("QMP", .object([("version", version), ("capabilities", .list([]))]))]) }

    static func answer(_ result: JSON, id: JSON?) -> JSON { .object([("return", result)] + (id.map { [("id", $0)] } ?? [])) }

    static func error(_ kind: String, _ words: String, id: JSON?) -> JSON {
        .object([("error", .object([("class", .text(kind)), ("desc", .text(words))]))] + (id.map { [("id", $0)] } ?? []))
    }

    static func event(_ name: String, _ data: JSON) -> JSON {
        let now = realTime()
        let moment = JSON.object([("seconds", .number(now.seconds)), ("microseconds", .number(now.microseconds))])
        return .object([("event", .text(name)), ("data", data), ("timestamp", moment)])
    }

    /// The host's time, for whoever reads the events.
    private static func realTime() -> (seconds: UInt64, microseconds: UInt64) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return (UInt64(clamping: time.tv_sec), UInt64(clamping: time.tv_nsec / 1000))
    }
}
