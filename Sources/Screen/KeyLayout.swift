import Wiring

/// The characters that keys type: national layouts, for typing into a guest that uses one. `Key` names keys by what they are in the US layout.
public enum KeyLayout: String, CaseIterable, Sendable {
    case us
    /// United Kingdom.
    case uk
    /// Germany, without dead keys.
    case de
    /// France, AZERTY, without dead keys.
    case fr
    /// Spain, without dead keys.
    case es
    /// Italy.
    case it

    /// Finds how `character` is typed; nil when no key has it.
    public func chord(typing character: Unicode.Scalar) -> Key.Chord? {
        if let key = Self.everywhere[character] { return [key] }
        guard self != .us else { return Key.chord(typing: character) }
        let rows = rows
        if let key = Self.key(of: character, in: rows.plain) { return [key] }
        if let key = Self.key(of: character, in: rows.shifted) { return [.shift, key] }
        return Self.key(of: character, in: rows.AltGr).map { [.altRight, $0] }
    }

    private static let everywhere: [Unicode.Scalar: Key] = [
        "\n": .enter, "\r": .enter, "\t": .tab, "\u{1B}": .escape, "\u{7F}": .backspace, "\u{8}": .backspace, " ": .space,
    ]

    /// The keys of the typing area, row by row; the strings below have one character for each. The last is the key between Shift and Z.
    private static let keys: [Key] = [
        .graveAccent, .digit1, .digit2, .digit3, .digit4, .digit5, .digit6, .digit7, .digit8, .digit9, .digit0, .minus, .equal,
        .q, .w, .e, .r, .t, .y, .u, .i, .o, .p, .bracketLeft, .bracketRight,
        .a, .s, .d, .f, .g, .h, .j, .k, .l, .semicolon, .apostrophe, .backslash,
        .z, .x, .c, .v, .b, .n, .m, .comma, .dot, .slash, .less,
    ]

    /// U+00A0 stands where a key types nothing, or a dead key.
    private var rows: (plain: String, shifted: String, AltGr: String) {
        let none = String(repeating: "\u{A0}", count: 48)
        switch self {
        case .us: return (none, none, none)
        case .uk:
            return (
                "`1234567890-=" + "qwertyuiop[]" + "asdfghjkl;'#" + "zxcvbnm,./\\",
                "¬!\"£$%^&*()_+" + "QWERTYUIOP{}" + "ASDFGHJKL:@~" + "ZXCVBNM<>?|", none
            )
        case .de:
            return (
                "^1234567890ß´" + "qwertzuiopü+" + "asdfghjklöä#" + "yxcvbnm,.-<",
                "°!\"§$%&/()=?`" + "QWERTZUIOPÜ*" + "ASDFGHJKLÖÄ'" + "YXCVBNM;:_>",
                "\u{A0}\u{A0}²³\u{A0}\u{A0}\u{A0}{[]}\\\u{A0}" + "@\u{A0}€\u{A0}\u{A0}\u{A0}\u{A0}\u{A0}\u{A0}\u{A0}\u{A0}~"
                    + String(repeating: "\u{A0}", count: 12) + "\u{A0}\u{A0}\u{A0}\u{A0}\u{A0}\u{A0}µ\u{A0}\u{A0}\u{A0}|"
            )
        case .fr:
            return (
                "²&é\"'(-è_çà)=" + "azertyuiop^$" + "qsdfghjklmù*" + "wxcvbn,;:!<",
                "\u{A0}1234567890°+" + "AZERTYUIOP\u{A0}£" + "QSDFGHJKLM%µ" + "WXCVBN?./§>",
                "\u{A0}\u{A0}~#{[|`\\^@]}" + "\u{A0}\u{A0}€" + String(repeating: "\u{A0}", count: 9)
                    + String(repeating: "\u{A0}", count: 23)
            )
        case .es:
            return (
                "º1234567890'¡" + "qwertyuiop`+" + "asdfghjklñ´ç" + "zxcvbnm,.-<",
                "ª!\"·$%&/()=?¿" + "QWERTYUIOP^*" + "ASDFGHJKLÑ¨Ç" + "ZXCVBNM;:_>",
                Self.row([
                    .graveAccent: "\\", .digit1: "|", .digit2: "@", .digit3: "#", .digit4: "~", .digit6: "¬", .e: "€",
                    .bracketLeft: "[",
                    .bracketRight: "]", .apostrophe: "{", .backslash: "}",
                ])
            )
        case .it:
            return (
                "\\1234567890'ì" + "qwertyuiopè+" + "asdfghjklòàù" + "zxcvbnm,.-<",
                "|!\"£$%&/()=?^" + "QWERTYUIOPé*" + "ASDFGHJKLç°§" + "ZXCVBNM;:_>",
                Self.row([
                    .digit7: "{", .digit0: "}", .minus: "`", .equal: "~", .e: "€", .bracketLeft: "[", .bracketRight: "]",
                    .semicolon: "@",
                    .apostrophe: "#",
                ])
            )
        }
    }

    /// A row with these characters and nothing else.
    private static func row(_ characters: [Key: Character]) -> String { String(keys.map { characters[$0] ?? "\u{A0}" }) }

    private static func key(of character: Unicode.Scalar, in row: String) -> Key? {
        guard character != "\u{A0}" else { return nil }
        return zip(row.unicodeScalars, keys).first { $0.0 == character }?.1
    }
}
