import Board
import Chips
import Disks
import Inspection
import Processor

/// "64", "64M", "1G", "512K": bytes, where a bare number means megabytes.
package struct MemorySize: Equatable {
    package let bytes: UInt64

    package init?(argument: String) {
        guard let number = Self.parse(argument, bare: 1 << 20) else { return nil }
        bytes = number
    }

    package static func parse(_ text: String, bare: UInt64) -> UInt64? {
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
package struct Count: Equatable {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package init?(argument: String) {
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

    package var defaultValueDescription: String { String(value) }
}

/// The moments at which `--lockstep` compares the engines: every so many instructions, or where translated code is left, at least so many after the last
/// comparison.
package enum ComparisonPlace: Equatable {
    case every(UInt64)
    case exits(apart: UInt64)

    package init?(argument: String) {
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

/// A place that the bytes of a serial line or of the debug console go to, and come from.
package enum Destination: Equatable {
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

    package init?(argument: String) {
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

    package static let allValueStrings = ["stdio", "null", "file:PATH", "pty", "pipe:PATH", "unix:PATH", "tcp:HOST:PORT"]
}

/// The clock's date and time at power-on.
package enum ClockStart: Equatable {
    /// 2000-01-01 00:00:00.
    case fixed
    /// The host's time as UTC.
    case hostUTC
    /// The host's time in its own zone.
    case hostLocal
    case date(MC146818.DateTime)

    package init?(argument: String) {
        switch argument {
        case "fixed": self = .fixed
        case "utc": self = .hostUTC
        case "host": self = .hostLocal
        default:
            guard let date = MC146818.DateTime(text: argument) else { return nil }
            self = .date(date)
        }
    }

    package static let allValueStrings = ["fixed", "utc", "host", "YYYY-MM-DDThh:mm:ss"]

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
package enum IdleTime: String, CaseIterable, Sendable {
    /// `wait` when somebody can type (a terminal, --keys, a serial line with input), otherwise `skip`.
    case auto
    /// Halted time passes at once.
    case skip
    /// Halted time passes as the host's clock does.
    case wait
}

extension MC146818.DateTime {
    /// "2024-02-29" or "2024-02-29T23:59:59": a moment that exists, from 1980 to 2099.
    package init?(text: String) {
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
package enum ExtraDevice: String, CaseIterable, Sendable {
    case testDevice = "pc-testdev"
}

/// The pace of the serial lines.
package enum SerialPace: String, CaseIterable, Sendable {
    case baud, instant
}

/// The engine that executes the guest's instructions.
package enum EngineChoice: String, CaseIterable, Sendable {
    case interpreter, recompiler
}

/// A number in decimal, or in hexadecimal as 0x7C00 or 7C00h.
package struct Number: Equatable {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package init?(argument: String) {
        let text = argument.lowercased()
        let digits = text.hasPrefix("0x") ? String(text.dropFirst(2)) : text.hasSuffix("h") ? String(text.dropLast()) : nil
        guard let number = digits.map({ UInt64($0, radix: 16) }) ?? UInt64(text) else { return nil }
        value = number
    }

    /// As it is typed: addresses and ports are written in hexadecimal.
    package var defaultValueDescription: String { value < 10 ? String(value) : "0x" + String(value, radix: 16) }
}

/// "30", "30s", "5m", "1h": time of the host.
package struct HostTime: Equatable {
    package let nanoseconds: UInt64

    package init?(argument: String) {
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

/// "c", "dc": devices by QEMU's letters.
package struct BootOrder: Equatable {
    package let text: String
    package let devices: [PC.Configuration.BootDevice]

    package init?(argument: String) {
        text = argument
        var devices: [PC.Configuration.BootDevice] = []
        for letter in argument {
            switch letter {
            case "c": devices.append(.hardDisk)
            case "d": devices.append(.cdrom)
            case "a": devices.append(.floppy)
            // Drive B and the network, which QEMU's users have between the others.
            case "b", "n": break
            default: return nil
            }
        }
        guard !devices.isEmpty, Set(devices).count == devices.count else { return nil }
        self.devices = devices
    }

    package static let allValueStrings = ["a", "c", "d", "ac", "ca", "cd", "dc", "cad"]
}

/// A UUID as RFC 4122 writes it, with or without hyphens.
package struct MachineName: Equatable {
    package let bytes: [UInt8]

    package init?(argument: String) {
        let digits = argument.filter { $0 != "-" }.compactMap(\.hexDigitValue)
        guard digits.count == 32, argument.filter({ $0 != "-" }).count == 32 else { return nil }
        bytes = stride(from: 0, to: 32, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
