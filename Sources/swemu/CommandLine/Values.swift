import ArgumentParser
import Board
import Chips
import Disks
import Processor

/// "64", "64M", "1G", "512K": bytes, where a bare number means megabytes.
struct MemorySize: ExpressibleByArgument, Equatable {
    let bytes: UInt64

    init?(argument: String) {
        guard let number = Self.parse(argument, bare: 1 << 20) else { return nil }
        bytes = number
    }

    static func parse(_ text: String, bare: UInt64) -> UInt64? {
        var digits = text.uppercased()
        if digits.hasSuffix("IB") { digits.removeLast(2) } else if digits.hasSuffix("B") { digits.removeLast() }
        let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        var unit = bare
        if let last = digits.last, let factor = units[last] {
            unit = factor
            digits.removeLast()
        }
        guard let number = UInt64(digits) else { return fraction(digits, of: unit) }
        let product = number.multipliedReportingOverflow(by: unit)
        return product.overflow ? nil : product.partialValue
    }

    /// "0.5" of a unit: digits around one point, and whole bytes.
    private static func fraction(_ text: String, of unit: UInt64) -> UInt64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } && (1...9).contains($0.count) }),
            let whole = UInt64(parts[0]), let part = UInt64(parts[1])
        else { return nil }
        let scale = (0..<parts[1].count).reduce(UInt64(1)) { power, _ in power * 10 }
        let (high, overflow) = whole.multipliedReportingOverflow(by: unit)
        let (product, tooLarge) = part.multipliedReportingOverflow(by: unit)
        guard !overflow, !tooLarge else { return nil }
        return high + product / scale
    }
}

/// "1000000", "300M", "2G", "1_000_000": a count in powers of ten.
struct Count: ExpressibleByArgument, Equatable {
    let value: UInt64

    init(_ value: UInt64) { self.value = value }

    init?(argument: String) {
        var digits = argument.uppercased().filter { $0 != "_" }
        let units: [Character: UInt64] = ["K": 1_000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000]
        var unit: UInt64 = 1
        if let last = digits.last, let factor = units[last] {
            unit = factor
            digits.removeLast()
        }
        guard let number = UInt64(digits) else { return nil }
        let product = number.multipliedReportingOverflow(by: unit)
        guard !product.overflow else { return nil }
        value = product.partialValue
    }

    var defaultValueDescription: String { String(value) }
}

/// The place where `--lockstep` compares the engines: every so many instructions, or where translated code is left, at least so many after the last
/// comparison.
enum ComparisonPlace: ExpressibleByArgument, Equatable {
    case every(UInt64)
    case exits(apart: UInt64)

    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts[0] == "exits" else {
            guard let count = Count(argument: argument) else { return nil }
            self = .every(max(1, count.value))
            return
        }
        guard let count = parts.count == 1 ? Count(1) : Count(argument: parts[1]) else { return nil }
        self = .exits(apart: count.value)
    }
}

/// The place where the bytes of a serial line or of the debug console go, and come from.
enum Destination: ExpressibleByArgument, Equatable {
    case null
    case stdio
    case file(String)
    /// A socket that we make and listen on.
    case listen(String)
    /// A socket that is there already.
    case connect(String)
    /// A terminal of ours, which another program opens.
    case terminal
    /// Named pipes PATH.in and PATH.out, or PATH for both ways.
    case pipe(String)
    /// A TCP socket of ours, or of another program; without a host of this host alone.
    case tcp(host: String, port: UInt16, connects: Bool)

    init?(argument: String) {
        switch argument {
        case "null", "none": self = .null
        case "stdio": self = .stdio
        case "pty": self = .terminal
        default:
            if argument.hasPrefix("file:"), argument.count > 5 {
                self = .file(String(argument.dropFirst(5)))
            } else if argument.hasPrefix("pipe:"), argument.count > 5 {
                self = .pipe(String(argument.dropFirst(5)))
            } else if argument.hasPrefix("unix:"), argument.count > 5 {
                let path = String(argument.dropFirst(5))
                self = path.hasSuffix(",connect") ? .connect(String(path.dropLast(8))) : .listen(path)
            } else {
                let connects = argument.hasSuffix(",connect")
                guard case .tcp(let host, let port)? = GDBAddress(argument: argument) else { return nil }
                self = .tcp(host: host, port: port, connects: connects)
            }
        }
    }

    static let allValueStrings = ["stdio", "null", "file:PATH", "pty", "pipe:PATH", "unix:PATH", "tcp:HOST:PORT"]
}

/// A board by its name or by QEMU's.
extension PC.Machine: ExpressibleByArgument {
    public init?(argument: String) {
        switch argument.lowercased() {
        case "pc", "i440fx": self = .pc
        case "isa", "isapc": self = .isa
        default: return nil
        }
    }
}

/// A CPUModel by its name or by a usual other one.
extension CPUModel: ExpressibleByArgument {
    public init?(argument: String) {
        switch argument.lowercased() {
        case "486", "i486": self = .i486
        case "pentium", "586", "i586": self = .pentium
        case "p6", "686", "i686", "pentiumpro": self = .p6
        default:
            guard let model = CPUModel(rawValue: argument.lowercased()) else { return nil }
            self = model
        }
    }
}

/// The clock's date and time at power-on.
enum ClockStart: ExpressibleByArgument, Equatable {
    /// 2000-01-01 00:00:00.
    case fixed
    /// The host's time as UTC.
    case hostUTC
    /// The host's time in its own zone.
    case hostLocal
    case date(MC146818.DateTime)

    init?(argument: String) {
        switch argument {
        case "fixed": self = .fixed
        case "utc": self = .hostUTC
        case "host": self = .hostLocal
        default:
            guard let date = MC146818.DateTime(text: argument) else { return nil }
            self = .date(date)
        }
    }

    static let allValueStrings = ["fixed", "utc", "host", "YYYY-MM-DDThh:mm:ss"]

    /// The moment itself; asks the host only where the user chose that.
    var moment: MC146818.DateTime {
        switch self {
        case .fixed: return MC146818.DateTime(year: 2000, month: 1, day: 1)
        case .date(let date): return date
        case .hostUTC: return MC146818.DateTime(secondsSince1970: Int64(time(nil)))
        case .hostLocal:
            var now = time(nil)
            var local = tm()
            localtime_r(&now, &local)
            return MC146818.DateTime(secondsSince1970: Int64(now) + Int64(local.tm_gmtoff))
        }
    }
}

/// The use of the time in which the guest waits.
enum IdleTime: String, ExpressibleByArgument, CaseIterable {
    /// `wait` when somebody can type (a terminal, --keys, a serial line with input), otherwise `skip`.
    case auto
    /// Halted time passes at once.
    case skip
    /// Halted time passes as the host's clock does.
    case wait
}

extension DiskImage.Format: ExpressibleByArgument {}

extension MC146818.DateTime {
    /// "2024-02-29" or "2024-02-29T23:59:59": a moment that exists, from 1980 to 2099.
    init?(text: String) {
        func numbers(_ text: Substring, _ separator: Character) -> [Int]? {
            let parts = text.split(separator: separator, omittingEmptySubsequences: false)
            let values = parts.compactMap { $0.allSatisfy(\.isASCIIDigit) ? Int($0) : nil }
            return values.count == parts.count && values.count == 3 ? values : nil
        }
        let halves = text.split(separator: "T", omittingEmptySubsequences: false)
        guard halves.count <= 2, let date = numbers(halves[0], "-"),
            let time = halves.count == 2 ? numbers(halves[1], ":") : [0, 0, 0]
        else { return nil }
        let february = date[0] % 4 == 0 ? 29 : 28
        let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1980...2099).contains(date[0]), (1...12).contains(date[1]), (1...lengths[date[1] - 1]).contains(date[2]),
            time[0] < 24, time[1] < 60, time[2] < 60
        else { return nil }
        self.init(year: date[0], month: date[1], day: date[2], hour: time[0], minute: time[1], second: time[2])
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}

/// A device that is added to the board.
enum ExtraDevice: String, ExpressibleByArgument, CaseIterable {
    case testDevice = "pc-testdev"
}

/// The pace of the serial lines.
enum SerialPace: String, ExpressibleByArgument, CaseIterable {
    case baud, instant
}

/// The engine that executes the guest's instructions.
enum EngineChoice: String, ExpressibleByArgument, CaseIterable {
    case interpreter, recompiler
}
