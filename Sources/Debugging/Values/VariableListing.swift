import Executables
import Inspection
import X86

/// Variables and frames in a dialogue: what `print`, `info locals`, `display` and `frame` say.
struct VariableListing {
    private let session: CommandSession

    init(_ session: CommandSession) { self.session = session }

    private var debugger: Debugger { session.debugger }

    // MARK: print

    /// "tasks[1].name = "idle"" of a value with a type; "0000002Ah = 42" of a number. A text may begin with a format: "/x total".
    func printed(_ text: String) throws(DebuggerError) -> String {
        var (format, source): (ValueText?, String) = (nil, text)
        if text.hasPrefix("/") {
            let (letters, rest) = String(text.dropFirst()).firstWord
            guard letters.count == 1, let letter = letters.first, let known = ValueText(format: letter) else {
                throw DebuggerError("/\(letters): formats are x (hexadecimal) d u o t (binary) c z (with zeros) s")
            }
            (format, source) = (known, rest)
        }
        if format == nil,
            let lines = FloatRegisters(session.view.state).lines(source.hasPrefix("$") ? String(source.dropFirst()) : source)
        {
            return lines.joined(separator: "\n")
        }
        switch try debugger.quantity(source) {
        case .typed(let value):
            if case .lost = value.place { throw DebuggerError("\(source): the compiler has optimised it away here") }
            return "\(source) = \((format ?? ValueText()).text(value))"
        case .real(let value): return "\(source) = \(value)"
        case .number(let value, let isSigned):
            if let format {
                return
                    "\(source) = \(format.number(value, session.view.is64Bit || value >> 32 != 0 && value >> 31 != 0x1_FFFF_FFFF ? 8 : 4))"
            }
            return number(value, isSigned: isSigned)
        }
    }

    private func number(_ value: UInt64, isSigned: Bool?) -> String {
        let isWide = session.view.is64Bit
        let short = value & 0xFFFF_FFFF
        var line = "\(h(value)) = \(value)"
        if isWide, value >> 63 != 0 {
            line += " = \(Int64(bitPattern: value))"
        } else if !isWide, short >> 31 != 0, value >> 32 == 0 || value >> 32 == 0xFFFF_FFFF {
            line = "\(h(short)) = \(short) = \(Int32(truncatingIfNeeded: short))"
        }
        if isSigned == nil, let name = debugger.sources?.describe(value), value >= 0x1000 { line += " = \(name)" }
        return line
    }

    // MARK: Frames

    var locals: [String] { variables(\.locals, none: "has no locals here") }

    var parameters: [String] { variables(\.parameters, none: "has no arguments") }

    /// Variables of the chosen frame's function with their values, or why there are none.
    private func variables(_ which: KeyPath<SourceFunction, [SourceVariable]>, none: String) -> [String] {
        let frame = debugger.selectedFrame
        guard let function = frame.function else {
            return [
                debugger.sources?.debug == nil
                    ? "no variables are known; compile with -g, and give the ELF file with --kernel or --symbols"
                    : "no function of the debug information has code at \(h(frame.frame.place))"
            ]
        }
        let lines = function[keyPath: which].map { line($0, frame) }
        return lines.isEmpty ? ["\(function.name) \(none)"] : lines
    }

    private func line(_ variable: SourceVariable, _ frame: SourceFrame) -> String {
        "\(variable.name) = \(ValueText().text(frame.value(of: variable)))"
    }

    var frame: [String] {
        let frame = debugger.selectedFrame
        var lines = ["#\(debugger.selectedFrameNumber)  \(StackListing(session).words(frame))"]
        if let address = frame.frame.frameAddress {
            lines.append("canonical frame address \(h(address)), ring \(frame.frame.ring)")
        }
        if let line = frame.line { lines += [SourceListing(session).text(line)] }
        return lines
    }

    // MARK: set

    /// Sets a variable of the source; false where `target` is none. `check` throws when a number has more bits than it gets.
    func set(_ target: String, to value: Quantity, check: (UInt64, Int) throws(DebuggerError) -> Void) throws(DebuggerError) -> Bool
    {
        guard let expression = try? Expression(target), case .typed(let variable)? = try? expression.quantity(in: debugger.context)
        else { return false }
        guard variable.bits == nil else { throw DebuggerError("\(target) is a bit field; set the number that it is in") }
        let size = variable.type.size
        switch variable.type.shape {
        case .number(let format) where format.kind == .float:
            guard let address = variable.address else { throw DebuggerError("\(target) has no place here that could be set") }
            try debugger.write(SourceValue.bytes(of: value.double(), size: size), toLinear: address)
            session.put(try printed(target))
            return true
        case .number, .enumeration, .pointer: break
        default: throw DebuggerError("\(target) is \(variable.type.name); only numbers, enumerations and pointers can be set")
        }
        let real = try value.real
        let value = if let real { SourceValue.whole(real) } else { try value.number() }
        try check(value, Int(8 * min(size, 8)))
        if let address = variable.address {
            try debugger.write(Assignment.bytes(value, Int(min(size, 8))), toLinear: address)
        } else if case .register(let number) = variable.place, debugger.selectedFrameNumber == 0, let name = registerName(number) {
            try debugger.set(register: name, to: value)
        } else {
            throw DebuggerError("\(target) has no place here that could be set")
        }
        session.put(try printed(target))
        return true
    }

    private func registerName(_ number: UInt64) -> String? {
        let names32 = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"]
        guard session.view.is64Bit else { return number < 8 ? names32[Int(number)] : nil }
        guard number < 16, let index = CallFrame.numbers64.firstIndex(of: Int(number)) else { return nil }
        return index < 8 ? "r" + names32[index].dropFirst() : "r\(index)"
    }

    // MARK: display

    /// A line for each displayed expression.
    var displays: [String] { session.displays.map { "\($0.number): \(shown($0.text))" } }

    private func shown(_ text: String) -> String {
        do throws(DebuggerError) {
            return try printed(text)
        } catch {
            return "\(text): \(error)"
        }
    }

    var listOfDisplays: [String] {
        session.displays.isEmpty ? ["nothing is displayed; `display EXPRESSION` shows one after each stop"] : displays
    }
}
