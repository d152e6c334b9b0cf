/// `set`: registers, memory, settings.
enum Assignment {
    static func run(_ session: CommandSession, _ text: String) throws(DebuggerError) {
        if let equals = text.firstIndex(of: "=") {
            return try assign(session, String(text[..<equals]).trimmed, String(text[text.index(after: equals)...]).trimmed)
        }
        let (name, rest) = text.firstWord
        if let setting = Setting(rawValue: name) { return try switchSetting(session, setting, rest) }
        if text.isEmpty {
            for setting in Setting.allCases {
                session.put(
                    "\(Columns.pad(setting.rawValue, to: 12)) \(session.settings.contains(setting) ? "on " : "off")  \(setting.what)"
                )
            }
            return
        }
        throw DebuggerError("write: set eax = 5, set byte[0x500] = 1, or set explain off")
    }

    private static func switchSetting(_ session: CommandSession, _ setting: Setting, _ value: String) throws(DebuggerError) {
        guard ["on", "off"].contains(value) else { throw DebuggerError("\(setting.rawValue) is on or off") }
        if value == "on" { session.settings.insert(setting) } else { session.settings.remove(setting) }
        guard setting == .magic else { return }
        for point in session.debugger.points where point.trigger == .magic { session.debugger.remove(point.number) }
        if value == "on" { session.debugger.add(.magic) }
    }

    static func assign(_ session: CommandSession, _ target: String, _ source: String) throws(DebuggerError) {
        let value = try session.value(source)
        // Negative numbers are as wide as expressions are.
        func requireFit(_ bits: Int) throws(DebuggerError) {
            guard bits < 64, case let above = value >> UInt64(bits), above != 0, above != UInt64.max >> UInt64(bits) else { return }
            throw DebuggerError("\(source) does not fit \(target), which has \(bits) bits")
        }
        if try VariableWords(session).set(target, to: value, check: requireFit) { return }
        let name = target.hasPrefix("$") ? String(target.dropFirst()) : target
        guard let expression = try? Expression(target), case .memory(let address, let size, let isPhysical) = expression else {
            try requireFit(RegisterAccess.bits(of: name.lowercased()))
            try session.debugger.set(register: name, to: value)
            return session.put("\(name) = \(h(RegisterAccess.value(name.lowercased(), in: session.view.state) ?? value))")
        }
        try requireFit(8 * size)
        let place = try address.value(in: session.debugger.context)
        if isPhysical {
            try session.debugger.write(bytes(value, size), toPhysical: place)
        } else {
            try session.debugger.write(bytes(value, size), toLinear: place & session.view.linearMask)
        }
    }

    static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }
}
