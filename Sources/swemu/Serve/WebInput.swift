import Formats

#if Web
    import Board
    import Chips
    import Screen
    import Wiring

    /// A page's input, for the guest.
    struct WebInput {
        private let pc: PC

        init(_ pc: PC) { self.pc = pc }

        /// Takes a message about keys, text, the mouse, or a serial line. What it does not understand it leaves. Answers which characters of a text no
        /// key has.
        func take(_ message: JSON) -> String? {
            guard pc.input.hasRoom || message["key"] != nil else { return nil }
            if let name = message["key"]?.text, let key = Key(name: name) {
                if message["repeat"]?.flag == true {
                    pc.input.repeatKey(key)
                } else {
                    pc.input.move(key, down: message["down"]?.flag ?? true)
                }
            } else if let text = message["type"]?.text {
                let layout = KeyLayout(rawValue: message["layout"]?.text ?? "us") ?? .us
                var missing = String.UnicodeScalarView()
                for character in text.unicodeScalars.prefix(Self.longest) {
                    guard let chord = layout.chord(typing: character) else {
                        if missing.count < 20, !missing.contains(character) { missing.append(character) }
                        continue
                    }
                    pc.input.press(chord)
                }
                guard missing.isEmpty else { return "no key of the layout \(layout.rawValue) types \(String(missing))" }
            } else if let line = message["line"]?.integer, (0...1).contains(line), let text = message["text"]?.text {
                pc.input.send(text.utf8.prefix(Self.longest), to: line)
            } else if let mouse = message["mouse"] {
                func number(_ name: String) -> Int { min(max(mouse[name]?.integer ?? 0, -1000), 1000) }
                pc.input.moveMouse(
                    dx: number("dx"), dy: number("dy"), wheel: number("wheel"),
                    buttons: .init(rawValue: UInt8(number("buttons") & 7)))
            }
            return nil
        }

        /// Characters of a text that are typed at once.
        private static let longest = 2000
    }
#endif
