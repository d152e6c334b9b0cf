import Chips
import Processor
import Wiring

/// The written form, line by line.
extension RunRecording {
    /// The lines in front of the first input.
    public var header: [String] {
        var lines = [
            "swemu-recording \(Self.version)", "memory \(memoryBytes)", "processor \(model.rawValue)", "rate \(ticksPerSecond)",
            "clock \(clockStart.text)", "firmware \(firmware)",
        ]
        if machine != .isa { lines.append("machine \(machine.rawValue)") }
        if processors.count > 1 {
            lines.append("processors \(processors.sockets) \(processors.cores) \(processors.threads) \(quantum)")
        }
        for (drive, disk) in disks.sorted(by: { $0.key < $1.key }) {
            lines.append("disk \(drive) \(disk.sectorCount) \(disk.contents)")
        }
        for (number, disc) in (media ?? []).enumerated() {
            lines.append("cdrom \(number) \(disc.sectorCount) \(disc.contents)")
        }
        if media?.isEmpty == true { lines.append("cdrom none") }
        if let diskettes { lines.append("diskettes \(diskettes.map { $0.map(String.init) ?? "none" }.joined(separator: " "))") }
        if let network { lines.append("network \(network)") }
        if stopsAtReset { lines.append("reset stops") }
        if resetsAtTripleFault { lines.append("triple-fault resets") }
        if hasTestDevice { lines.append("device pc-testdev") }
        if debugConsolePort != 0xE9 { lines.append("debug-console \(debugConsolePort)") }
        if let debugExitPort { lines.append("isa-debug-exit \(debugExitPort)") }
        if hasInstantLines { lines.append("serial instant") }
        if let kernel { lines.append("kernel \(kernel)") }
        if !origin.isEmpty { lines.append("booted \(origin.map(\.recorded).joined(separator: " "))") }
        lines.append("start \(start.tick) \(start.hash)")
        return lines
    }

    /// Writes an input as a line, without its end.
    public static func line(_ tick: UInt64, _ input: InputGate.Input) -> String {
        switch input {
        case .key(let key, let down): "\(tick) key \(key.rawValue) \(down ? "down" : "up")"
        case .repetition(let key): "\(tick) key \(key.rawValue) again"
        case .mouse(let dx, let dy, let wheel, let buttons): "\(tick) mouse \(dx) \(dy) \(wheel) \(buttons.rawValue)"
        case .reset: "\(tick) reset"
        case .powerButton: "\(tick) power-button"
        case .medium(let number?): "\(tick) insert \(number)"
        case .medium(nil): "\(tick) eject"
        case .diskette(let drive, let number?): "\(tick) floppy \(drive) insert \(number)"
        case .diskette(let drive, nil): "\(tick) floppy \(drive) eject"
        case .serial(let line, let byte): "\(tick) serial \(line) \(hexadecimal(UInt64(byte), digits: 2))"
        }
    }

    /// Writes the end of a recording as a line, without its end.
    public static func endLine(_ moment: Moment) -> String { "end \(moment.tick) \(moment.hash)" }

    /// All of it.
    public var text: String {
        let lines = header + entries.map { Self.line($0.tick, $0.input) } + (end.map { [Self.endLine($0)] } ?? [])
        return lines.map { $0 + "\n" }.joined()
    }

    /// Reads what `text` and the lines above have written; a last line that was cut off is left out.
    public init(parsing text: String) throws(RecordingError) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // What follows the last end of line is nothing, or a line that was being written.
        lines.removeLast()
        guard let first = lines.first, first.hasPrefix("swemu-recording ") else { throw .notARecording }
        guard first == "swemu-recording \(Self.version)" else { throw .version(String(first.dropFirst(16))) }
        var seen: Set<Substring> = []
        for (index, line) in lines.enumerated().dropFirst() {
            let words = line.split(separator: " ")
            guard let word = words.first else { continue }
            let isUnderstood = word.first?.isNumber == true ? parseEntry(words) : parseFact(word, Array(words.dropFirst()))
            guard isUnderstood else { throw .line(index + 1, "\"\(line.prefix(80))\" is not understood") }
            if let last = entries.dropLast().last, let entry = entries.last, entry.tick < last.tick {
                throw .line(index + 1, "time runs backwards")
            }
            seen.insert(word)
        }
        for word in ["memory", "processor", "rate", "clock", "firmware", "start"] where !seen.contains(Substring(word)) {
            throw .missing(word)
        }
    }

    private mutating func parseFact(_ word: Substring, _ values: [Substring]) -> Bool {
        switch (word, values.count) {
        case ("machine", 1): return Self.set(&machine, PC.Machine(rawValue: String(values[0])))
        case ("memory", 1): return Self.set(&memoryBytes, UInt64(values[0]))
        case ("processor", 1): return Self.set(&model, CPUModel(rawValue: String(values[0])))
        case ("processors", 4):
            let numbers = values.compactMap { Int($0) }
            guard numbers.count == 4, PC.possibleQuanta.contains(UInt64(clamping: numbers[3])) else { return false }
            processors = ProcessorTopology(sockets: numbers[0], cores: numbers[1], threads: numbers[2])
            quantum = UInt64(numbers[3])
            return processors.isPossible
        case ("rate", 1): return Self.set(&ticksPerSecond, UInt64(values[0]))
        case ("clock", 1): return Self.set(&clockStart, MC146818.DateTime(recorded: values[0]))
        case ("firmware", 1): return Self.set(&firmware, StateHash(String(values[0])))
        case ("disk", 3):
            guard let drive = Int(values[0]), (0..<64).contains(drive), let count = UInt64(values[1]),
                let contents = DiskFingerprint(String(values[2]))
            else { return false }
            disks[drive] = Disk(sectorCount: count, contents: contents)
        case ("cdrom", 1) where values[0] == "none": media = []
        case ("cdrom", 3):
            guard Int(values[0]) == (media ?? []).count, let count = UInt64(values[1]),
                let contents = DiskFingerprint(String(values[2]))
            else { return false }
            media = (media ?? []) + [Disk(sectorCount: count, contents: contents)]
        case ("diskettes", 1...2):
            diskettes = values.map { Int($0) }
            return zip(values, diskettes ?? []).allSatisfy { $0 == "none" || ($1 ?? -1) >= 0 }
        case ("network", 1):
            guard let hash = StateHash(String(values[0])) else { return false }
            network = hash
        case ("reset", 1): stopsAtReset = true
        case ("triple-fault", 1): resetsAtTripleFault = true
        case ("device", 1) where values[0] == "pc-testdev": hasTestDevice = true
        case ("debug-console", 1):
            guard let port = UInt16(values[0]) else { return false }
            debugConsolePort = port
        case ("isa-debug-exit", 1): debugExitPort = UInt16(values[0])
        case ("serial", 1): hasInstantLines = true
        case ("kernel", 1):
            guard let hash = StateHash(String(values[0])) else { return false }
            kernel = hash
        case ("booted", 1...):
            let words = values.compactMap { String(recorded: $0) }
            origin = words
            return words.count == values.count
        case ("start", 2):
            guard let moment = Self.moment(values) else { return false }
            start = moment
        case ("end", 2):
            guard let moment = Self.moment(values) else { return false }
            end = moment
        default: return false
        }
        return true
    }

    private static func set<T>(_ place: inout T, _ value: T?) -> Bool {
        guard let value else { return false }
        place = value
        return true
    }

    private static func moment(_ values: [Substring]) -> Moment? {
        guard let tick = UInt64(values[0]), let hash = StateHash(String(values[1])) else { return nil }
        return Moment(tick: tick, hash: hash)
    }

    /// "insert 1", "eject"; nil for neither.
    private static func change(_ words: [Substring]) -> Int?? {
        if words == ["eject"] { return .some(nil) }
        guard words.count == 2, words[0] == "insert", let number = Int(words[1]), number >= 0 else { return nil }
        return number
    }

    private mutating func parseEntry(_ words: [Substring]) -> Bool {
        guard words.count >= 2, let tick = UInt64(words[0]) else { return false }
        switch (words[1], words.count) {
        case ("key", 4):
            guard let key = Key(rawValue: String(words[2])), ["down", "up", "again"].contains(words[3]) else { return false }
            entries.append(Entry(tick: tick, input: words[3] == "again" ? .repetition(key) : .key(key, down: words[3] == "down")))
        case ("mouse", 6):
            guard let dx = Int(words[2]), let dy = Int(words[3]), let wheel = Int(words[4]), let buttons = UInt8(words[5]) else {
                return false
            }
            entries.append(Entry(tick: tick, input: .mouse(dx: dx, dy: dy, wheel: wheel, buttons: .init(rawValue: buttons))))
        case ("power-button", 2): entries.append(Entry(tick: tick, input: .powerButton))
        case ("reset", 2): entries.append(Entry(tick: tick, input: .reset))
        case ("insert", 3):
            guard let number = Int(words[2]), number >= 0 else { return false }
            entries.append(Entry(tick: tick, input: .medium(number)))
        case ("floppy", 4...5):
            guard let drive = Int(words[2]), (0...1).contains(drive), let change = Self.change(Array(words[3...])) else {
                return false
            }
            entries.append(Entry(tick: tick, input: .diskette(drive: drive, change)))
        case ("eject", 2): entries.append(Entry(tick: tick, input: .medium(nil)))
        case ("serial", 4):
            guard let line = Int(words[2]), (0...1).contains(line), let byte = UInt8(words[3], radix: 16) else { return false }
            entries.append(Entry(tick: tick, input: .serial(line: line, byte: byte)))
        default: return false
        }
        return true
    }
}

extension MC146818.DateTime {
    /// "2000-01-01T00:00:00".
    fileprivate var text: String {
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        return "\(year)-\(two(month))-\(two(day))T\(two(hour)):\(two(minute)):\(two(second))"
    }

    fileprivate init?(recorded text: Substring) {
        let numbers = text.split(whereSeparator: { "-T:".contains($0) }).compactMap { Int($0) }
        guard numbers.count == 6, (1980...2099).contains(numbers[0]), (1...12).contains(numbers[1]), (1...31).contains(numbers[2]),
            (0...23).contains(numbers[3]), (0...59).contains(numbers[4]), (0...59).contains(numbers[5])
        else { return nil }
        self.init(
            year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4], second: numbers[5])
    }
}

extension String {
    /// The word without spaces and control characters: %20, and "%" for an empty one.
    fileprivate var recorded: String {
        guard !isEmpty else { return "%" }
        return String(
            String.UnicodeScalarView(
                utf8.flatMap { byte -> [Unicode.Scalar] in
                    guard byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "%") else { return [Unicode.Scalar(byte)] }
                    return ["%"] + hexadecimal(UInt64(byte), digits: 2).unicodeScalars
                }))
    }

    fileprivate init?(recorded word: Substring) {
        guard word != "%" else {
            self = ""
            return
        }
        var bytes: [UInt8] = []
        var rest = word.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        self = String(decoding: bytes, as: UTF8.self)
    }
}
