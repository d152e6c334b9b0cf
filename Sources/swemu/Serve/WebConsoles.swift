import Formats
import Session

#if Web
    import Board

    /// The guest's words on its serial lines and on port E9h, for pages that are open, and the last of them for those that come later.
    final class WebConsoles {
        private static let names = ["COM1", "COM2", "E9"]
        /// Bytes of each that are kept.
        private static let kept = 1 << 16
        private var all: [[UInt8]] = [[], [], []]
        private var fresh: [[UInt8]] = [[], [], []]

        init(_ session: DebugSession) {
            let parts = session.host.pc.parts
            for (index, chip) in [parts.serial1, parts.serial2].enumerated() {
                let next = chip.onTransmit
                chip.onTransmit = { [unowned self, past = session.host.past] byte in
                    next?(byte)
                    if !past.isNow() { take(byte, index) }
                }
            }
            let next = parts.debugConsole.onByte
            parts.debugConsole.onByte = { [unowned self, past = session.host.past] byte in
                next?(byte)
                if !past.isNow() { take(byte, 2) }
            }
        }

        private func take(_ byte: UInt8, _ index: Int) {
            fresh[index].append(byte)
            guard fresh[index].count > 2 * Self.kept else { return }
            fresh[index].removeFirst(Self.kept)
        }

        /// Hands out what is new. Bytes go as text of one character each (ISO 8859-1).
        func flush(_ send: ([(String, JSON)]) -> Void) {
            for (index, bytes) in fresh.enumerated() where !bytes.isEmpty {
                fresh[index] = []
                all[index] += bytes
                if all[index].count > 2 * Self.kept { all[index].removeFirst(all[index].count - Self.kept) }
                send([("kind", .text("console")), ("name", .text(Self.names[index])), ("bytes", .text(Self.text(bytes)))])
            }
        }

        /// The words so far.
        var backlog: [JSON] {
            zip(Self.names, all).map { .object([("name", .text($0)), ("bytes", .text(Self.text($1)))]) }
        }

        private static func text(_ bytes: [UInt8]) -> String {
            String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        }
    }
#endif
