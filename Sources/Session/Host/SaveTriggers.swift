import Board
import Chips

/// Listens for the words of the guest at which a snapshot is wanted.
final class SaveTriggers {
    var onTrigger: (() -> Void)?
    private let codes: Set<UInt8>
    private var serial: Listener
    private var debugConsole: Listener
    private var screen: [Pattern]
    private var isDue = false

    init(_ moments: [SaveMoment]) {
        codes = Set(moments.compactMap { if case .postCode(let code) = $0 { code } else { nil } })
        serial = Listener(moments.compactMap { if case .serial(let text) = $0 { text } else { nil } })
        debugConsole = Listener(moments.compactMap { if case .debugConsole(let text) = $0 { text } else { nil } })
        screen = moments.compactMap { moment in
            if case .screen(let text) = moment { Pattern(text: String(decoding: text, as: UTF8.self)) } else { nil }
        }
    }

    func listen(to configuration: inout PC.Configuration) {
        if !codes.isEmpty {
            let next = configuration.postCodeOutput
            configuration.postCodeOutput = { [self] code in
                next?(code)
                if codes.contains(code) { trigger() }
            }
        }
        if !debugConsole.texts.isEmpty {
            let next = configuration.debugOutput
            configuration.debugOutput = { [self] byte in
                next?(byte)
                if debugConsole.hear(byte) { trigger() }
            }
        }
        guard !serial.texts.isEmpty else { return }
        let next = configuration.serialOutput.first
        let listener: (UInt8) -> Void = { [self] byte in
            next?(byte)
            if serial.hear(byte) { trigger() }
        }
        if configuration.serialOutput.isEmpty {
            configuration.serialOutput = [listener]
        } else {
            configuration.serialOutput[0] = listener
        }
    }

    /// Tells whether a text has appeared on the screen. Each is looked for once: it stays there.
    func see(_ vga: VGA) -> Bool {
        guard !screen.isEmpty else { return false }
        let bytes = Array(vga.textFrame().lines.joined(separator: "\n").utf8)
        let count = screen.count
        screen.removeAll { $0.end(in: bytes) != nil }
        return screen.count < count
    }

    private func trigger() {
        isDue = true
        onTrigger?()
    }

    /// Tells whether something was heard since the last call.
    func take() -> Bool {
        defer { isDue = false }
        return isDue
    }

    /// Texts, and what was said last, as long as the longest of them.
    private struct Listener {
        let texts: [[UInt8]]
        private var heard: [UInt8] = []

        init(_ texts: [[UInt8]]) { self.texts = texts }

        /// Tells whether a text ends with this byte.
        mutating func hear(_ byte: UInt8) -> Bool {
            heard.append(byte)
            let isHeard = texts.contains { heard.count >= $0.count && heard.suffix($0.count).elementsEqual($0) }
            let longest = texts.map(\.count).max() ?? 0
            if heard.count >= 2 * longest + 64 { heard.removeFirst(heard.count - longest) }
            return isHeard
        }
    }
}
