import Synchronization

/// A value that is made when somebody first asks for it, and kept.
final class Once<Value: Sendable>: Sendable {
    private let kept = Mutex<Value?>(nil)

    func value(_ make: () -> Value) -> Value {
        kept.withLock { kept in
            if let known = kept { return known }
            let made = make()
            kept = made
            return made
        }
    }
}
