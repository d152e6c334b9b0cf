import Formats
import Inspection
import Wiring

/// The tool whose words a user has in mind where tools disagree: `--words` and `set words`.
///
/// Words that only one tool has are known in each vocabulary.
public enum Vocabulary: String, CaseIterable, Sendable {
    case gdb, bochs, qemu

    /// Words of Bochs' debugger that are phrases here.
    private static let phrases = [
        "sreg": "info sregs", "creg": "info cregs", "dreg": "info dregs", "fpu": "info fpu", "ptime": "info time",
        "slist": "info symbols",
        "print-string": "x /s", "watchpoints": "blist",
    ]

    /// Letters that mean something else than gdb's.
    private static let contested: [Vocabulary: [String: String]] = [
        .bochs: ["u": "disassemble", "p": "next", "b": "pbreak", "break": "pbreak", "o": "outport", "i": "info"],
        .qemu: [
            "i": "inport", "o": "outport", "s": "stop", "u": "disassemble", "cont": "continue", "system_reset": "reset",
            "sendkey": "key",
        ],
    ]

    /// A line in the words of this debugger.
    func translated(_ line: String) -> String {
        let end = line.firstIndex { $0 == " " || $0 == "/" || $0 == "\t" } ?? line.endIndex
        let word = line[..<end].lowercased()
        guard let meaning = Self.contested[self]?[word] ?? Self.phrases[word] else { return line }
        return meaning + " " + line[end...].drop { $0 == " " }
    }
}

extension CommandTable {
    /// Ports: with QEMU's words `i` and `o`.
    static let portCommands: [Command] = [
        Command(
            "inport", "inp", [], "[/SIZE] PORT",
            what: "look at a port without the effects that a read by the guest has; sizes b h w",
            example: "inport /b 0x64", .looking
        ) { session, text throws(DebuggerError) in
            let (width, rest) = try portWidth(text)
            let port = UInt16(try session.number(rest, "a port", in: 0...0xFFFF))
            guard let value = session.pc.peek(port: port, width) else {
                throw DebuggerError("only a read of the guest's can tell what port \(h(UInt64(port), 4)) has in this size; try /b")
            }
            session.put("port \(h(UInt64(port), 4)) has \(h(UInt64(value), 2 * width.rawValue))")
        },
        Command(
            "outport", "outp", [], "[/SIZE] PORT VALUE", what: "write to a port, as OUT does; sizes b h w",
            example: "outport 0x80 1",
            .changing
        ) { session, text throws(DebuggerError) in
            let (width, rest) = try portWidth(text)
            let (first, second) = rest.firstWord
            let port = UInt16(try session.number(first, "a port", in: 0...0xFFFF))
            let value = try CommandSession.inside(
                try session.value(second), 0xFFFF_FFFF >> UInt64(32 - 8 * width.rawValue), "a value of this size")
            session.pc.poke(port: port, width, UInt32(truncatingIfNeeded: value))
            session.debugger.onChange()
        },
        Command(
            "stop", "stop", [], what: "leave the machine as it stands: between commands it does nothing", example: "stop", .running
        ) { session, _ in session.put("the machine stands at tick \(session.pc.clock.now); `continue` lets it run") },
        Command(
            "writemem", "writem", ["memsave"], "\"FILE\" ADDRESS LENGTH", what: "write memory from a linear address on into a file",
            example: "writemem \"dump.bin\" 0x7c00 512", .looking
        ) { session, text throws(DebuggerError) in
            let words = text.words
            guard words.count >= 3 else { throw DebuggerError("write: a file, an address and a length") }
            let name = words[0].filter { $0 != "\"" }
            let (start, count) = (try session.linear(try session.value(words[1])), try session.value(words[2]))
            guard count <= 1 << 28 else { throw DebuggerError("\(count) bytes are too many; \(1 << 28) at most") }
            let bytes = session.view.bytes(at: start, count: Int(count))
            guard bytes.count == Int(count) else { throw DebuggerError("no page is at \(h(start &+ UInt64(bytes.count)))") }
            try session.host.writeBytes(bytes, to: name)
            session.put("\(count) bytes from \(h(start)) on are in \(name)")
        },
        Command(
            "crc", "crc", [], "FIRST LAST", what: "compute the CRC-32 of physical memory, the last address included",
            example: "crc 0x7c00 0x7dff", .looking
        ) { session, text throws(DebuggerError) in
            let words = text.words
            guard words.count == 2 else { throw DebuggerError("crc: the first and the last physical address") }
            let (first, last) = (try session.value(words[0]), try session.value(words[1]))
            guard first <= last, last - first < 1 << 28 else {
                throw DebuggerError("\(h(first)) to \(h(last)) is no range of \(1 << 28) bytes at most")
            }
            let bytes = (first...last).lazy.map { UInt8(truncatingIfNeeded: session.view.physical($0, 1)) }
            session.put(h(UInt64(CRC32.of(bytes))))
        },
    ]

    private static func portWidth(_ text: String) throws(DebuggerError) -> (width: AccessWidth, rest: String) {
        guard text.hasPrefix("/") else { return (.byte, text) }
        let (form, rest) = String(text.dropFirst()).firstWord
        switch form.filter({ !$0.isNumber && $0 != "x" && $0 != "d" && $0 != "u" }) {
        case "", "b": return (.byte, rest)
        case "h": return (.word, rest)
        case "w": return (.doubleword, rest)
        default: throw DebuggerError("/b, /h or /w, please: ports have one, two or four bytes")
        }
    }
}
