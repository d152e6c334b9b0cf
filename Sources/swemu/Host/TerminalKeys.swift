/// Turns what a terminal sends into keys of a PC: characters, and the escape sequences of xterm (ctlseqs, "PC-Style Function Keys")
/// and of the Linux console.
struct TerminalKeys {
    /// Bytes of a sequence that is not complete yet.
    private var pending: [UInt8] = []
    private var sawPrefix = false
    /// Ctrl-A x was typed.
    private(set) var wantsEnd = false

    private static let prefix: UInt8 = 1
    private static let escape: UInt8 = 0x1B

    mutating func take(_ bytes: some Collection<UInt8>) -> [KeyScript.Chord] {
        bytes.flatMap { take($0) }
    }

    /// Nothing more has come: an escape that stands alone is the key.
    mutating func finish() -> [KeyScript.Chord] {
        guard !pending.isEmpty else { return [] }
        defer { pending = [] }
        if pending == [Self.escape] { return [["esc"]] }
        return pending.dropFirst().compactMap { Self.character($0) }
    }

    private mutating func take(_ byte: UInt8) -> [KeyScript.Chord] {
        if sawPrefix {
            sawPrefix = false
            if byte == UInt8(ascii: "x") { wantsEnd = true }
            return byte == UInt8(ascii: "a") || byte == Self.prefix ? [["ctrl", "a"]] : []
        }
        if pending.isEmpty, byte == Self.prefix {
            sawPrefix = true
            return []
        }
        guard !pending.isEmpty || byte == Self.escape else { return Self.character(byte).map { [$0] } ?? [] }
        pending.append(byte)
        return sequence()
    }

    /// The chord of the pending sequence, once it is complete.
    private mutating func sequence() -> [KeyScript.Chord] {
        guard pending.count > 1 else { return [] }
        let second = pending[1]
        guard second == UInt8(ascii: "[") || second == UInt8(ascii: "O") else {
            // Escape and a character: the Alt key.
            pending = []
            return second == Self.escape ? [["esc"]] : Self.character(second).map { [["alt"] + $0] } ?? []
        }
        guard pending.count > 2, let last = pending.last else { return [] }
        // ESC [ [ A … E: F1 to F5 of the Linux console.
        if pending.count == 3, last == UInt8(ascii: "[") { return [] }
        guard (0x40...0x7E).contains(last) || pending.count > 32 else { return [] }
        let text = String(decoding: pending.dropFirst(2), as: UTF8.self)
        pending = []
        return Self.chord(ofSequence: text).map { [$0] } ?? []
    }

    /// What stands between `ESC [` or `ESC O` and the end, the final character included: "A", "1;5C", "15~", "[A".
    private static func chord(ofSequence text: String) -> KeyScript.Chord? {
        guard let final = text.last else { return nil }
        let parameters = text.dropLast().split(separator: ";").map { Int($0) ?? 0 }
        let key: String? =
            if text.hasPrefix("[") {
                ["A": "f1", "B": "f2", "C": "f3", "D": "f4", "E": "f5"][final]
            } else if final == "~" {
                numbered[parameters.first ?? 0]
            } else {
                lettered[final]
            }
        guard let key else { return nil }
        // The second parameter is 1 plus Shift 1, Alt 2, Ctrl 4.
        let modifiers = parameters.count > 1 ? max(parameters[1] - 1, 0) : 0
        var chord: KeyScript.Chord = []
        if modifiers & 1 != 0 || final == "Z" { chord.append("shift") }
        if modifiers & 2 != 0 { chord.append("alt") }
        if modifiers & 4 != 0 { chord.append("ctrl") }
        return chord + [key]
    }

    private static let lettered: [Character: String] = [
        "A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end", "P": "f1", "Q": "f2", "R": "f3", "S": "f4",
        "Z": "tab", "M": "kp_enter",
    ]
    private static let numbered: [Int: String] = [
        1: "home", 2: "insert", 3: "delete", 4: "end", 5: "pgup", 6: "pgdn", 7: "home", 8: "end", 11: "f1", 12: "f2", 13: "f3",
        14: "f4", 15: "f5", 17: "f6", 18: "f7", 19: "f8", 20: "f9", 21: "f10", 23: "f11", 24: "f12",
    ]

    private static func character(_ byte: UInt8) -> KeyScript.Chord? {
        switch byte {
        case 0: ["ctrl", "spc"]
        // Enter sends a carriage return; a line feed is Ctrl-J. The Backspace key sends 7Fh, Ctrl-H 08h.
        case 0x0A: ["ctrl", "j"]
        default: KeyScript.chord(typing: Unicode.Scalar(byte))
        }
    }
}
