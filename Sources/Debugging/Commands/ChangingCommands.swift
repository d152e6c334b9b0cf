import Inspection

/// Commands that change the machine, or what is known of it.
extension CommandTable {
    private static let floppyDrives = ["fda", "fdb"]

    static let changingCommands: [Command] = [
        Command(
            "set", "set", [], "REGISTER = VALUE | byte[ADDRESS] = VALUE | SETTING on|off",
            what: "set a register, a flag, memory (byte, word, dword, physical byte…), or a setting", example: "set eax = 5",
            .changing,
            completion: .settings
        ) { session, text throws(DebuggerError) in try Assignment.run(session, text) },
        Command(
            "setpmem", "setp", [], "ADDRESS SIZE VALUE", what: "write 1, 2 or 4 bytes at a physical address",
            example: "setpmem 0x500 4 1", .changing
        ) { session, text throws(DebuggerError) in
            let words = text.words
            guard words.count == 3 else { throw DebuggerError("write: setpmem ADDRESS SIZE VALUE") }
            let (address, value) = (try session.physicalAddress(words[0]), try session.value(words[2]))
            let size = try session.number(words[1], "a size", in: 1...4)
            guard size != 3 else { throw DebuggerError("a size is 1, 2 or 4, not \(size)") }
            try CommandSession.requireFit(
                value, bits: 8 * Int(size), in: "\(size == 1 ? "a byte" : "\(size) bytes") at \(h(address))")
            try session.debugger.write(Assignment.bytes(value, Int(size)), toPhysical: address)
        },
        Command(
            "type", "ty", [], "\"TEXT\"", what: "type on the machine's keyboard; \\n is Enter", example: "type \"dir\\n\"",
            .changing
        ) { session, text throws(DebuggerError) in
            guard text.hasPrefix("\""), text.hasSuffix("\""), text.count > 2 else { throw DebuggerError("write: type \"text\\n\"") }
            try session.host.type(String(text.dropFirst().dropLast()).replacing("\\n", with: "\n"))
        },
        Command("key", "k", [], "CHORD…", what: "press keys by name", example: "key ctrl-alt-delete", .changing) {
            session, text throws(DebuggerError) in
            guard !text.isEmpty else { throw DebuggerError("which keys? as in: key down ret") }
            for chord in text.words { try session.host.press(chord) }
        },
        Command(
            "insert", "ins", [], "[fda|fdb] DISC", what: "put a disc of --cdrom, or a diskette of --fda or --fdb, into its drive",
            example: "insert 2", .changing
        ) { session, text throws(DebuggerError) in
            guard !text.isEmpty else { throw DebuggerError("which disc? as in: insert 2, insert fda 2") }
            let words = text.split(separator: " ", maxSplits: 1).map(String.init)
            if words.count == 2, let drive = floppyDrives.firstIndex(of: words[0]) {
                return try session.host.changeDiskette(of: drive, words[1])
            }
            try session.host.changeDisc(text)
        },
        Command(
            "eject", "ej", [], "[fda|fdb]",
            what: "take out the disc that is in the CD-ROM drive, or the diskette of a floppy drive",
            example: "eject", .changing
        ) { session, text throws(DebuggerError) in
            guard let drive = floppyDrives.firstIndex(of: text) else { return try session.host.changeDisc(nil) }
            try session.host.changeDiskette(of: drive, nil)
        },
        Command(
            "load-symbols", "load-s", ["file", "symbol-file", "ldsym"], "FILE",
            what: "take symbols and source lines from an ELF file",
            example: "load-symbols kernel.elf", .changing
        ) { session, text throws(DebuggerError) in try session.loadSymbols(text) },
    ]
}
