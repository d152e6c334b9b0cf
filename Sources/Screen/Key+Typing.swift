import Wiring

extension Key {
    /// Keys held down together, pressed in this order and released in the opposite one.
    public typealias Chord = [Key]

    /// The chord that `sendkey` would take: names joined by hyphens, "ctrl-alt-delete". `nil` when a name is unknown.
    public static func chord(named names: String) -> Chord? {
        var chord: Chord = []
        for name in names.split(separator: "-", omittingEmptySubsequences: false) {
            guard let key = Key(rawValue: String(name)) ?? alias[String(name)] else { return nil }
            chord.append(key)
        }
        return chord
    }

    private static let alias: [String: Key] = ["asterisk": .keypadMultiply, "compose": .menu, "sysrq": .print]

    /// Finds how a character is typed in the US layout; `nil` when no key has it.
    public static func chord(typing character: Unicode.Scalar) -> Chord? {
        switch character {
        case "a"..."z": return [Key(rawValue: String(character))!]
        case "A"..."Z": return [.shift, Key(rawValue: String(character).lowercased())!]
        case "0"..."9": return [Key(rawValue: String(character))!]
        default: break
        }
        if let key = plain[character] { return [key] }
        return shifted[character].map { [.shift, $0] }
    }

    private static let plain: [Unicode.Scalar: Key] = [
        " ": .space, "-": .minus, "=": .equal, "[": .bracketLeft, "]": .bracketRight, ";": .semicolon, "'": .apostrophe,
        "`": .graveAccent, "\\": .backslash, ",": .comma, ".": .dot, "/": .slash, "\n": .enter, "\r": .enter, "\t": .tab,
        "\u{1B}": .escape, "\u{7F}": .backspace,
    ]

    private static let shifted: [Unicode.Scalar: Key] = [
        "!": .digit1, "@": .digit2, "#": .digit3, "$": .digit4, "%": .digit5, "^": .digit6, "&": .digit7, "*": .digit8,
        "(": .digit9,
        ")": .digit0, "_": .minus, "+": .equal, "{": .bracketLeft, "}": .bracketRight, ":": .semicolon, "\"": .apostrophe,
        "~": .graveAccent, "|": .backslash, "<": .comma, ">": .dot, "?": .slash,
    ]
}
