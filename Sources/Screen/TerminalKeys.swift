import Wiring

/// Turns the bytes that a terminal sends into keys of a PC keyboard: UTF-8, control characters, and the CSI and SS3 sequences of
/// ECMA-48 as xterm and the Linux console send them.
///
/// Ctrl-A is the prefix of commands to the emulator, as with QEMU's -nographic; `help` lists them. A terminal tells no key releases: each chord is
/// pressed and released at once. Keys that a terminal cannot send are typed by name: Ctrl-A k ctrl-alt-f2 Enter.
/// Characters that the US layout does not have are dropped. What the terminal itself reports goes to `reports`.
public struct TerminalKeys {
    /// Something that a user does: here a key, or a command behind Ctrl-A.
    public typealias Event = UserEvent

    private enum Pending: Equatable {
        case none
        case escape
        case CSI([UInt8])
        case SS3
        /// ESC [ [, the Linux console's F1 to F5.
        case linuxFunction
        case prefix
        /// Ctrl-A k, and the letters of a key's name so far.
        case name(String)
        case UTF8(remaining: Int)
        /// ESC _, an answer of kitty's graphics protocol; true after an ESC in it.
        case APC([UInt8], endsNext: Bool)
    }
    private var pending = Pending.none
    /// Bytes of a control sequence's parameters that are looked at.
    private static let longestSequence = 32

    /// The terminal's words about itself, and the place of its mouse.
    var reports = TerminalReports()

    /// A decoder to which nothing has come yet.
    public init() {}

    /// The commands behind Ctrl-A.
    static let help = [
        "Ctrl-A x  end the machine         Ctrl-A a  send Ctrl-A",
        "Ctrl-A p  pause, go on            Ctrl-A d  send Ctrl-Alt-Delete",
        "Ctrl-A r  reset                   Ctrl-A m  give the mouse, take it back",
        "Ctrl-A s  picture into a file     Ctrl-A h  this help",
        "Ctrl-A i  insert the next disc    (--cdrom; behind the last one: none)",
        "Ctrl-A k  name of keys, Enter     as in: ctrl-alt-f2, print, caps_lock, shift-pgup",
    ]

    /// An ESC byte waits for what follows it. When nothing does for some tens of milliseconds, call `finish()`.
    public var isWaiting: Bool {
        switch pending {
        case .none, .prefix, .name: false
        default: true
        }
    }

    /// The events that `bytes` complete.
    public mutating func decode(_ bytes: some Sequence<UInt8>) -> [Event] {
        var events: [Event] = []
        for byte in bytes { decode(byte, &events) }
        return events
    }

    /// Nothing more comes: a lone ESC byte was the Esc key, any other beginning of a sequence is forgotten.
    public mutating func finish() -> [Event] {
        guard isWaiting else { return [] }
        defer { pending = .none }
        return pending == .escape ? [.press([.escape])] : []
    }

    private mutating func decode(_ byte: UInt8, _ events: inout [Event]) {
        let before = pending
        pending = .none
        switch before {
        case .none: single(byte, [], &events)
        case .escape:
            switch byte {
            case UInt8(ascii: "["): pending = .CSI([])
            case UInt8(ascii: "O"): pending = .SS3
            case UInt8(ascii: "_") where reports.isAwaited: pending = .APC([], endsNext: false)
            case 0x1B:
                events.append(.press([.escape]))
                pending = .escape
            default: single(byte, [.alt], &events)
            }
        case .CSI(let parameters):
            switch byte {
            case UInt8(ascii: "[") where parameters.isEmpty: pending = .linuxFunction
            case 0x40...0x7E:
                if let report = reports.take(parameters, final: byte) {
                    events += report
                } else {
                    sequence(parameters, final: byte, &events)
                }
            case 0x20...0x3F: pending = .CSI(parameters.count < Self.longestSequence ? parameters + [byte] : parameters)
            case 0x1B: pending = .escape
            default: break
            }
        case .SS3: if let key = Self.letters[byte] { events.append(.press([key])) }
        case .linuxFunction:
            let keys: [Key] = [.f1, .f2, .f3, .f4, .f5]
            let index = Int(byte) - 0x41
            if keys.indices.contains(index) { events.append(.press([keys[index]])) }
        case .prefix:
            switch byte {
            case UInt8(ascii: "x"): events.append(.quit)
            case UInt8(ascii: "h"), UInt8(ascii: "?"): events.append(.help)
            case UInt8(ascii: "c"): events.append(.monitor)
            case UInt8(ascii: "p"): events.append(.pause)
            case UInt8(ascii: "r"): events.append(.reset)
            case UInt8(ascii: "s"): events.append(.screenshot)
            case UInt8(ascii: "m"): events.append(.grab)
            case UInt8(ascii: "i"): events.append(.disc)
            case UInt8(ascii: "d"): events.append(.press([.ctrl, .alt, .delete]))
            case UInt8(ascii: "k"): pending = .name("")
            case 0x01, UInt8(ascii: "a"): events.append(.press([.ctrl, .a]))
            default: break
            }
        case .name(let name):
            switch byte {
            case 0x0D, 0x0A: if let chord = Key.chord(named: name) { events.append(.press(chord)) }
            case 0x1B, 0x03: break
            case 0x08, 0x7F: pending = .name(String(name.dropLast()))
            default: pending = .name(name.count < Self.longestSequence ? name + String(UnicodeScalar(byte)) : name)
            }
        case .APC(let text, let endsNext):
            if endsNext { return reports.takeAPC(text) }
            pending = .APC(text.count < Self.longestSequence ? text + [byte] : text, endsNext: byte == 0x1B)
        case .UTF8(let remaining):
            if byte & 0xC0 != 0x80 { return single(byte, [], &events) }
            if remaining > 1 { pending = .UTF8(remaining: remaining - 1) }
        }
    }

    /// A byte that is a character or a control character.
    private mutating func single(_ byte: UInt8, _ modifiers: Key.Chord, _ events: inout [Event]) {
        let chord: Key.Chord?
        switch byte {
        case 0x01 where modifiers.isEmpty:
            pending = .prefix
            return
        case 0x1B where modifiers.isEmpty:
            pending = .escape
            return
        case 0x00: chord = [.ctrl, .space]
        case 0x08: chord = [.backspace]
        case 0x09, 0x0D, 0x1B, 0x20...0x7F: chord = Key.chord(typing: Unicode.Scalar(byte))
        case 0x01...0x1A: chord = [.ctrl] + Key.chord(typing: Unicode.Scalar(byte + 0x60))!
        case 0x1C: chord = [.ctrl, .backslash]
        case 0x1D: chord = [.ctrl, .bracketRight]
        case 0x1E: chord = [.ctrl, .shift, .digit6]
        case 0x1F: chord = [.ctrl, .shift, .minus]
        case 0xC2...0xF4:
            pending = .UTF8(remaining: byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3)
            return
        default: chord = nil
        }
        if let chord { events.append(.press(modifiers + chord)) }
    }

    /// A control sequence: the key by its final byte or first number, the modifiers as 1 + bits in the second number.
    private func sequence(_ parameters: [UInt8], final: UInt8, _ events: inout [Event]) {
        let numbers = parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .map { Int(String(decoding: $0, as: UTF8.self)) ?? 1 }
        if final == UInt8(ascii: "Z") { return events.append(.press([.shift, .tab])) }
        guard let key = final == UInt8(ascii: "~") ? Self.numbered[numbers.first ?? 1] : Self.letters[final] else { return }
        let bits = numbers.count > 1 ? numbers[1] &- 1 : 0
        var chord: Key.Chord = []
        if bits & 4 != 0 { chord.append(.ctrl) }
        if bits & 2 != 0 { chord.append(.alt) }
        if bits & 1 != 0 { chord.append(.shift) }
        events.append(.press(chord + [key]))
    }

    private static let letters: [UInt8: Key] = [
        UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right, UInt8(ascii: "D"): .left,
        UInt8(ascii: "H"): .home, UInt8(ascii: "F"): .end, UInt8(ascii: "E"): .keypad5, UInt8(ascii: "M"): .keypadEnter,
        UInt8(ascii: "P"): .f1, UInt8(ascii: "Q"): .f2, UInt8(ascii: "R"): .f3, UInt8(ascii: "S"): .f4,
    ]

    private static let numbered: [Int: Key] = [
        1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end, 11: .f1, 12: .f2, 13: .f3, 14: .f4,
        15: .f5, 17: .f6, 18: .f7, 19: .f8, 20: .f9, 21: .f10, 23: .f11, 24: .f12,
    ]
}
