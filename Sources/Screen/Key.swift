/// A key of the 104-key PC keyboard in its US layout. The raw values are the names that QEMU's `sendkey` uses.
public enum Key: String, CaseIterable, Sendable {
    case a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z
    case digit0 = "0"
    case digit1 = "1"
    case digit2 = "2"
    case digit3 = "3"
    case digit4 = "4"
    case digit5 = "5"
    case digit6 = "6"
    case digit7 = "7"
    case digit8 = "8"
    case digit9 = "9"
    case minus, equal, semicolon, apostrophe, backslash, comma, dot, slash, less
    case bracketLeft = "bracket_left"
    case bracketRight = "bracket_right"
    case graveAccent = "grave_accent"
    case enter = "ret"
    case space = "spc"
    case escape = "esc"
    case backspace, tab
    case shift, ctrl, alt
    case shiftRight = "shift_r"
    case ctrlRight = "ctrl_r"
    case altRight = "alt_r"
    case metaLeft = "meta_l"
    case metaRight = "meta_r"
    case menu
    case capsLock = "caps_lock"
    case numLock = "num_lock"
    case scrollLock = "scroll_lock"
    case f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12
    case print, sysrq, pause
    case insert, delete, home, end
    case pageUp = "pgup"
    case pageDown = "pgdn"
    case up, down, left, right
    case keypad0 = "kp_0"
    case keypad1 = "kp_1"
    case keypad2 = "kp_2"
    case keypad3 = "kp_3"
    case keypad4 = "kp_4"
    case keypad5 = "kp_5"
    case keypad6 = "kp_6"
    case keypad7 = "kp_7"
    case keypad8 = "kp_8"
    case keypad9 = "kp_9"
    case keypadAdd = "kp_add"
    case keypadSubtract = "kp_subtract"
    case keypadMultiply = "kp_multiply"
    case keypadDivide = "kp_divide"
    case keypadDecimal = "kp_decimal"
    case keypadEnter = "kp_enter"

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

    private static let alias: [String: Key] = ["asterisk": .keypadMultiply, "backspace": .backspace, "compose": .menu]

    /// How a character is typed in the US layout; `nil` when no key has it.
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
