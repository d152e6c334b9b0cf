import Inspection

/// `set`: registers, memory, settings.
enum Assignment {
    static func run(_ session: CommandSession, _ text: String) throws(DebuggerError) {
        // gdb's `set var`, which tells a variable from a setting.
        let (first, assignment) = text.firstWord
        if ["var", "variable"].contains(first), assignment.contains("="), !assignment.hasPrefix("=") {
            return try run(session, assignment)
        }
        if let equals = text.firstIndex(of: "=") {
            return try assign(session, String(text[..<equals]).trimmed, String(text[text.index(after: equals)...]).trimmed)
        }
        let (name, rest) = text.firstWord
        if let setting = Setting(rawValue: name) { return try switchSetting(session, setting, rest) }
        if name == "words" {
            guard let vocabulary = Vocabulary(rawValue: rest) else {
                throw DebuggerError("write: set words \(Vocabulary.allCases.map(\.rawValue).joined(separator: ", or "))")
            }
            return session.vocabulary = vocabulary
        }
        if text.isEmpty {
            session.put(
                "\(Columns.pad("words", to: 12)) \(session.vocabulary.rawValue)  whose words are meant where tools disagree")
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
        let quantity = try Expression(source).quantity(in: session.debugger.context)
        let requireFit = { (value: UInt64, bits: Int) throws(DebuggerError) in
            try CommandSession.requireFit(value, bits: bits, in: target)
        }
        if try VariableListing(session).set(target, to: quantity, check: requireFit) { return }
        let value = try quantity.number()
        let name = target.hasPrefix("$") ? String(target.dropFirst()) : target
        guard let expression = try? Expression(target), case .memory(let address, let given, let isPhysical) = expression else {
            try CommandSession.requireFit(value, bits: RegisterAccess.bits(of: name.lowercased()), in: name)
            try session.debugger.set(register: name, to: value)
            return session.put("\(name) = \(h(RegisterAccess.value(name.lowercased(), in: session.view.state) ?? value))")
        }
        let size = given > 0 ? given : session.view.is64Bit ? 8 : 4
        try CommandSession.requireFit(value, bits: 8 * size, in: target)
        let place = try address.value(in: session.debugger.context)
        let mask = isPhysical ? session.view.cpu.model.physicalAddressMask : session.view.linearMask
        let inside = try CommandSession.inside(place, mask, isPhysical ? "a physical address" : "a linear address")
        if isPhysical {
            try session.debugger.write(bytes(value, size), toPhysical: inside)
        } else {
            try session.debugger.write(bytes(value, size), toLinear: inside)
        }
    }

    static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }
}
