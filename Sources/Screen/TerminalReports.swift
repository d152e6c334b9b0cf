/// A terminal's answers about itself, and the doings of its mouse. xterm's "Control Sequences"; kitty's "The terminal graphics protocol".
struct TerminalReports: Equatable {
    /// Asks for kitty graphics, the size of a cell, and last, because every terminal answers it, the device attributes.
    static let questions = "\u{1B}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\\u{1B}[16t\u{1B}[c"

    /// Questions were sent, and the last answer has not come.
    var isAwaited = false
    private(set) var knowsKitty = false
    private(set) var knowsSixel = false
    /// Width and height of a cell in dots; as of a VGA's when the terminal does not tell.
    private(set) var cell = (width: 8, height: 16)

    private var place: (x: Int, y: Int)?
    private var buttons: UInt8 = 0

    static func == (a: Self, b: Self) -> Bool {
        (a.isAwaited, a.knowsKitty, a.knowsSixel, a.buttons) == (b.isAwaited, b.knowsKitty, b.knowsSixel, b.buttons)
            && a.cell == b.cell
    }

    /// The mouse starts anew.
    mutating func forgetMouse() { (place, buttons) = (nil, 0) }

    /// Takes a control sequence that is a report; `nil` when it is a key.
    mutating func take(_ parameters: [UInt8], final: UInt8) -> [UserEvent]? {
        switch (parameters.first, final) {
        case (UInt8(ascii: "?"), UInt8(ascii: "c")):
            // 4: sixel graphics.
            knowsSixel = Self.numbers(parameters.dropFirst()).dropFirst().contains(4)
            isAwaited = false
            return []
        case (UInt8(ascii: "6"), UInt8(ascii: "t")):
            let numbers = Self.numbers(parameters[...])
            if numbers.count == 3, (1...128).contains(numbers[1]), (1...128).contains(numbers[2]) {
                cell = (width: numbers[2], height: numbers[1])
            }
            return []
        case (UInt8(ascii: "<"), UInt8(ascii: "M")), (UInt8(ascii: "<"), UInt8(ascii: "m")):
            return mouse(Self.numbers(parameters.dropFirst()), isRelease: final == UInt8(ascii: "m"))
        case (UInt8(ascii: "?"), _), (UInt8(ascii: "<"), _), (UInt8(ascii: ">"), _): return []
        default: return nil
        }
    }

    /// Takes the text of an application program command.
    mutating func takeAPC(_ text: [UInt8]) {
        knowsKitty = text.starts(with: "Gi=31;OK".utf8)
    }

    private static func numbers(_ text: ArraySlice<UInt8>) -> [Int] {
        text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map {
            min(max(Int(String(decoding: $0, as: UTF8.self)) ?? 0, 0), 100_000)
        }
    }

    /// Code, column and row as xterm's mode 1006 reports them. A terminal's mouse has a place, a PC's has none: its movements follow from the
    /// difference, a cell as many dots as a VGA's character.
    private mutating func mouse(_ numbers: [Int], isRelease: Bool) -> [UserEvent] {
        guard numbers.count == 3 else { return [] }
        let code = numbers[0], new = (x: numbers[1], y: numbers[2])
        var movement = MouseMovement()
        if let place {
            movement.dx = min(max(new.x - place.x, -500), 500) * 8
            movement.dy = min(max(new.y - place.y, -500), 500) * 16
        }
        place = new
        if code & 64 != 0 {
            movement.wheel = code & 1 == 0 ? -1 : 1
        } else if code & 32 == 0, code & 3 < 3 {
            let bit: UInt8 = [0x01, 0x04, 0x02][code & 3]
            buttons = isRelease ? buttons & ~bit : buttons | bit
        }
        movement.buttons = buttons
        return [.mouse(movement)]
    }
}
