/// A key of a PC keyboard, by its place in the US layout. The raw values are the names that QEMU's `sendkey` uses; recordings and snapshots have them.
public enum Key: String, CaseIterable, Codable, Sendable {
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
    case minus, equal, semicolon, apostrophe, backslash, comma, dot, slash
    /// The extra key of 102-key keyboards, left of Z.
    case less
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
    case print, pause
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
    /// Keys of Japanese and Brazilian keyboards.
    case ro, yen, henkan, muhenkan, hiragana
    case keypadComma = "kp_comma"
    case power, sleep, wake

    /// The key of that name; common other spellings are understood.
    public init?(name: String) {
        guard let key = Key(rawValue: name) ?? Self.aliases[name] else { return nil }
        self = key
    }

    private static let aliases: [String: Key] = [
        "enter": .enter, "return": .enter, "space": .space, "escape": .escape, "shift_l": .shift, "ctrl_l": .ctrl, "alt_l": .alt,
        "altgr": .altRight, "win": .metaLeft, "compose": .menu, "sysrq": .print, "asterisk": .keypadMultiply, "lessgreater": .less,
    ]
}
