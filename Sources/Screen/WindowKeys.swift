import Wiring

/// Decides what a key that moved in a window is for: for the guest, or, with Ctrl and Alt held, a command to the emulator as in QEMU.
///
/// Ctrl-Alt with G: the mouse is taken or given back; F: full screen; P: pause; R: reset; D: Ctrl-Alt-Delete for the guest; S: a picture of
/// the screen into a file; I: the next disc into the CD-ROM drive; V: what the clipboard holds is typed; Q: the end; 0: the window's natural size.
struct WindowKeys {
    enum Action: Equatable {
        case guest(UserEvent)
        case grab, fullScreen, paste, naturalSize
    }

    private(set) var held: [Key] = []
    /// Keys whose release belongs to a command and is not for the guest.
    private var swallowed: Set<Key> = []

    private static let commands: [Key: Action] = [
        .g: .grab, .f: .fullScreen, .v: .paste, .digit0: .naturalSize, .p: .guest(.pause), .r: .guest(.reset),
        .d: .guest(.press([.ctrl, .alt, .delete])), .s: .guest(.screenshot), .i: .guest(.disc), .q: .guest(.quit),
    ]

    private var hasPrefix: Bool { held.contains(.ctrl) && held.contains(.alt) }

    mutating func move(_ key: Key, _ movement: KeyMovement) -> [Action] {
        switch movement {
        case .up:
            held.removeAll { $0 == key }
            return swallowed.remove(key) == nil ? [.guest(.key(key, .up))] : []
        case .repetition: return swallowed.contains(key) || !held.contains(key) ? [] : [.guest(.key(key, .repetition))]
        case .down:
            if hasPrefix, let command = Self.commands[key] {
                swallowed.insert(key)
                // The guest has seen Ctrl and Alt go down; it shall not keep them while the window does something else.
                let releases = held.map { Action.guest(.key($0, .up)) }
                swallowed.formUnion(held)
                held = held.filter { $0 == .ctrl || $0 == .alt }
                return releases + [command]
            }
            if !held.contains(key) { held.append(key) }
            return [.guest(.key(key, .down))]
        }
    }

    /// The window has lost the keyboard: nothing stays down.
    mutating func releaseAll() -> [UserEvent] {
        defer {
            held = []
            swallowed = []
        }
        return held.filter { !swallowed.contains($0) }.reversed().map { .key($0, .up) }
    }
}
