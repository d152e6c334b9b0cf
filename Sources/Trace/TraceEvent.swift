import Inspection
import X86

/// A kind of event that can be traced.
public enum TraceKind: String, CaseIterable, Sendable {
    /// Faults, traps and aborts that were delivered.
    case exceptions
    /// Interrupts from outside and NMIs that were delivered.
    case interrupts
    /// INT n, INT3, INTO, INT1.
    case software
    /// Changes between real, protected and virtual-8086 mode, and of paging.
    case modes
    /// Every port access.
    case ports
    /// Commands to drives, and their errors.
    case disk
    /// Every instruction, each iteration of a repeated one by itself.
    case instructions

    /// All but instructions, of which there are too many to be meant by "all".
    public static let events: Set<TraceKind> = Set(allCases).subtracting([.instructions])
}

/// Something that happened in the guest, with its place and time.
public struct TraceEvent: Equatable, Sendable {
    /// Instructions and skipped ticks since power-on.
    public let tick: UInt64
    /// The kind of event.
    public let kind: TraceKind
    /// The place: the instruction itself, or for exceptions and interrupts the address that was saved.
    public let cs: UInt16
    /// The offset of that place.
    public let rip: UInt64
    /// `rip` in the linear address space.
    public let linear: UInt64
    /// Privilege level, 0 to 3; virtual-8086 mode has 3.
    public let ring: UInt8
    /// The processor's mode.
    public let mode: ExecutionMode
    /// The event itself.
    public let what: What
    /// "kmain+0x1c (kernel.c:42)", as far as symbols say.
    public let symbol: String?
    /// The processor's number; nil where there is but one.
    public internal(set) var processor: Int?

    /// An event with its numbers.
    public enum What: Equatable, Sendable {
        /// `error` is the error code, `address` CR2 after a page fault; `cs`:`rip` is the handler.
        case delivery(name: String, vector: UInt8, error: UInt32?, address: UInt64?, cs: UInt16, rip: UInt64)
        case mode(from: ExecutionMode, to: ExecutionMode)
        /// Bytes in `size`: 1, 2 or 4.
        case port(number: UInt16, size: Int, value: UInt32, isWrite: Bool)
        case disk(channel: String, drive: Int, command: String, sector: UInt64?, count: UInt64?, error: String?)
        case instruction(bytes: [UInt8], text: String)
    }
}

/// A mode of the processor: SDM Vol. 3A, section 2.2 and 4.1.1. Both sub-modes of IA-32e mode are one.
public struct ExecutionMode: Equatable, Sendable {
    /// A mode of operation.
    public enum Kind: String, Sendable {
        case real
        case protected
        case virtual8086 = "virtual-8086"
        case IA32e = "IA-32e"
    }

    /// A mode of paging. SDM Vol. 3A, section 4.1.1.
    public enum Paging: String, Sendable {
        case none
        case bits32 = "32-bit"
        case PAE
        case level4 = "4-level"
    }

    /// The mode of operation.
    public let kind: Kind
    /// The mode of paging.
    public let paging: Paging

    /// A mode with its paging.
    public init(kind: Kind, paging: Paging) {
        self.kind = kind
        self.paging = paging
    }

    /// "real", "protected, 32-bit paging".
    public var words: String { paging == .none ? kind.rawValue : "\(kind.rawValue), \(paging.rawValue) paging" }

    /// Hexadecimal digits of an address.
    fileprivate var digits: Int { kind == .IA32e ? 16 : 8 }
}

extension TraceEvent {
    /// One line: tick, CS:EIP, ring, kind, what, and the place in the source behind a semicolon.
    public var line: String {
        let place = "\(hexDigits(UInt64(cs), 4)):\(hexDigits(rip, mode.digits))"
        let who = processor.map { " cpu\($0)" } ?? ""
        let head = "\(Self.padded(String(tick), 12, left: true))\(who) \(place) \(ring) \(Self.padded(kind.rawValue, 12)) \(words)"
        return symbol.map { "\(head)  ; \($0)" } ?? head
    }

    /// The event, without place and time.
    public var words: String {
        switch what {
        case .delivery(let name, _, _, let address, let cs, let rip):
            let cr2 = address.map { " CR2=\(hexDigits($0, mode.digits))" } ?? ""
            return "\(name)\(cr2) -> \(hexDigits(UInt64(cs), 4)):\(hexDigits(rip, mode.digits))"
        case .mode(let from, let to): return "\(from.words) -> \(to.words)"
        case .port(let number, let size, let value, let isWrite):
            let port = h(UInt64(number), 4)
            let data = h(UInt64(value), 2 * size)
            return isWrite ? "out \(port) <- \(data)" : "in  \(port) -> \(data)"
        case .disk(let channel, let drive, let command, let sector, let count, let error):
            var words = "\(channel) drive \(drive): \(command)"
            if let sector { words += ", sector \(sector)" }
            if let count { words += ", count \(count)" }
            if let error { words += ", failed: \(error)" }
            return words
        case .instruction(let bytes, let text):
            return "\(Self.padded(bytes.map { hexDigits(UInt64($0), 2, uppercase: false) }.joined(), 16)) \(text)"
        }
    }

    private static func padded(_ text: String, _ width: Int, left: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.utf8.count))
        return left ? space + text : text + space
    }
}
