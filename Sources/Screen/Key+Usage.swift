import Wiring

extension Key {
    /// The key at a place of the keyboard, whatever is printed on it: a number of the USB HID Usage Tables, page 07h, which SDL's scan codes are.
    /// `nil` where a PC keyboard of 104 keys has none.
    public init?(usage: Int) {
        guard let key = Self.usages[usage] else { return nil }
        self = key
    }

    private static let usages: [Int: Key] = {
        // Runs of successive usages.
        let runs: [(Int, [Key])] = [
            (0x04, [.a, .b, .c, .d, .e, .f, .g, .h, .i, .j, .k, .l, .m, .n, .o, .p, .q, .r, .s, .t, .u, .v, .w, .x, .y, .z]),
            (0x1E, [.digit1, .digit2, .digit3, .digit4, .digit5, .digit6, .digit7, .digit8, .digit9, .digit0]),
            (0x28, [.enter, .escape, .backspace, .tab, .space, .minus, .equal, .bracketLeft, .bracketRight, .backslash]),
            // 32h is where 31h is on keyboards with a large Enter key.
            (0x32, [.backslash, .semicolon, .apostrophe, .graveAccent, .comma, .dot, .slash, .capsLock]),
            (0x3A, [.f1, .f2, .f3, .f4, .f5, .f6, .f7, .f8, .f9, .f10, .f11, .f12, .print, .scrollLock, .pause]),
            (0x49, [.insert, .home, .pageUp, .delete, .end, .pageDown, .right, .left, .down, .up]),
            (0x53, [.numLock, .keypadDivide, .keypadMultiply, .keypadSubtract, .keypadAdd, .keypadEnter]),
            (0x59, [.keypad1, .keypad2, .keypad3, .keypad4, .keypad5, .keypad6, .keypad7, .keypad8, .keypad9, .keypad0]),
            (0x63, [.keypadDecimal, .less, .menu]),
            (0xE0, [.ctrl, .shift, .alt, .metaLeft, .ctrlRight, .shiftRight, .altRight, .metaRight]),
        ]
        var usages: [Int: Key] = [:]
        for (first, keys) in runs {
            for (index, key) in keys.enumerated() { usages[first + index] = key }
        }
        return usages
    }()
}
