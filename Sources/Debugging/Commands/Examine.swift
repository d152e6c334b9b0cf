import Inspection
import X86

/// The form in which `x` shows memory, kept from one call to the next.
struct ExamineForm {
    var count = 1
    /// x d u o t c s i
    var format: Character = "x"
    /// Bytes: 1, 2, 4.
    var size = 4
}

/// `x /8xw ADDRESS`: gdb's and Bochs' way of looking at memory.
enum Examine {
    static func run(_ session: CommandSession, _ text: String, isPhysical: Bool) throws(DebuggerError) {
        var place = text
        if text.hasPrefix("/") {
            let (form, rest) = String(text.dropFirst()).firstWord
            session.examineForm = try parse(form, from: session.examineForm)
            place = rest
        }
        let address =
            try place.isEmpty
            ? session.examineNext.address
            : isPhysical ? session.physicalAddress(place) : session.address(place)
        let form = session.examineForm
        if !isPhysical { session.memoryShown = address }
        let next: UInt64
        switch form.format {
        case "i":
            let code = CodeListing(session)
            for line in code.lines(from: address, count: form.count) { session.put(line) }
            next = code.address(after: form.count, from: address)
        case "s": next = try strings(session, address, form.count, isPhysical)
        default: next = try table(session, address, form, isPhysical)
        }
        session.examineNext = (next, isPhysical)
    }

    private static func parse(_ text: String, from old: ExamineForm) throws(DebuggerError) -> ExamineForm {
        var form = old
        form.count = 1
        let digits = text.prefix(while: \.isNumber)
        if !digits.isEmpty {
            guard let count = Int(digits), (1...65536).contains(count) else {
                throw DebuggerError("a count from 1 to 65536, please, not \(digits)")
            }
            form.count = count
        }
        for letter in text.dropFirst(digits.count) {
            switch letter {
            case "x", "d", "u", "o", "t", "i": form.format = letter
            case "c", "s": (form.format, form.size) = (letter, 1)
            case "b": form.size = 1
            case "h": form.size = 2
            case "w": form.size = 4
            case "g": form.size = 8
            default: throw DebuggerError("/\(text): formats are x d u o t c s i, sizes b (1 byte) h (2) w (4) g (8)")
            }
        }
        return form
    }

    private static func read(_ session: CommandSession, _ address: UInt64, _ size: Int, _ isPhysical: Bool) throws(DebuggerError)
        -> UInt64
    {
        let view = session.view
        if isPhysical { return view.physical(address, size) }
        guard let value = view.linear(address & view.linearMask, size) else {
            throw DebuggerError("nothing is mapped at linear address \(h(address)); `page \(h(address))` shows why")
        }
        return value
    }

    private static func table(
        _ session: CommandSession, _ start: UInt64, _ form: ExamineForm, _ isPhysical: Bool
    ) throws(DebuggerError) -> UInt64 {
        let perLine = form.format == "t" ? (form.size == 1 ? 4 : 2) : [1: 16, 2: 8, 4: 4, 8: 2][form.size] ?? 4
        var address = start
        var left = form.count
        while left > 0 {
            var line = "\(hexDigits(address, 8, uppercase: false)):"
            var characters = ""
            for _ in 0..<min(perLine, left) {
                let value = try read(session, address, form.size, isPhysical)
                line += " " + write(value, form)
                for byte in 0..<form.size { characters += printable(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) }
                address = address &+ UInt64(form.size)
            }
            left -= perLine
            let isShownAsText = form.format == "x" && form.size == 1
            session.put(isShownAsText ? Columns.pad(line, to: 9 + 3 * 16) + "  " + characters : line)
        }
        return address
    }

    private static func write(_ value: UInt64, _ form: ExamineForm) -> String {
        switch form.format {
        case "d": return String(Int64(bitPattern: value << UInt64(64 - 8 * form.size)) >> Int64(64 - 8 * form.size))
        case "u": return String(value)
        case "o": return "0" + String(value, radix: 8)
        case "t": return String(repeating: "0", count: 8 * form.size - String(value, radix: 2).count) + String(value, radix: 2)
        case "c": return "'\(printable(UInt8(truncatingIfNeeded: value)))'"
        default: return hexDigits(value, 2 * form.size, uppercase: false)
        }
    }

    private static func strings(_ session: CommandSession, _ start: UInt64, _ count: Int, _ isPhysical: Bool) throws(DebuggerError)
        -> UInt64
    {
        var address = start
        for _ in 0..<count {
            var text = ""
            let first = address
            while text.count < 200 {
                let byte = UInt8(truncatingIfNeeded: try read(session, address, 1, isPhysical))
                address = address &+ 1
                if byte == 0 { break }
                text += printable(byte)
            }
            session.put("\(hexDigits(first, 8, uppercase: false)): \"\(text)\"")
        }
        return address
    }

    static func printable(_ byte: UInt8) -> String {
        (0x20..<0x7F).contains(byte) ? String(Character(UnicodeScalar(byte))) : "."
    }
}
