/// One compilation unit of `.debug_line`: its header, and the program that makes its rows.
struct LineUnit {
    private(set) var files: [String] = []
    private(set) var rows: [LineTable.Row] = []

    private var cursor: DWARFCursor
    private let strings: Bytes?
    private let lineStrings: Bytes?
    /// The number that index 0 of `files` has in the whole table.
    private let firstFile: Int

    // Of the header, section 6.2.4.
    private var version: UInt16 = 0
    private var addressSize: UInt64 = 4
    private var minimumInstructionLength: UInt64 = 1
    private var lineBase: Int64 = 0
    private var lineRange: UInt64 = 1
    private var opcodeBase: UInt8 = 1
    private var operandCounts: [UInt8] = []
    private var folders: [String] = []

    /// `cursor` stands behind the unit's length.
    init(_ cursor: DWARFCursor, strings: Bytes?, lineStrings: Bytes?, firstFile: Int) {
        self.cursor = cursor
        self.strings = strings
        self.lineStrings = lineStrings
        self.firstFile = firstFile
    }

    /// Reads header and program; leaves what was read when something is damaged.
    mutating func read(room: Int) {
        version = cursor.u16()
        guard (2...5).contains(version) else { return }
        if version == 5 {
            addressSize = UInt64(cursor.u8())
            cursor.skip(1)  // segment_selector_size
        }
        let headerLength = UInt64(cursor.u32())
        let program = cursor.position &+ headerLength
        minimumInstructionLength = UInt64(cursor.u8())
        if version >= 4 { cursor.skip(1) }  // maximum_operations_per_instruction
        cursor.skip(1)  // default_is_stmt
        lineBase = Int64(Int8(bitPattern: cursor.u8()))
        lineRange = UInt64(cursor.u8())
        opcodeBase = cursor.u8()
        guard lineRange > 0, opcodeBase > 0, !cursor.isBroken else { return }
        operandCounts = (1..<opcodeBase).map { _ in cursor.u8() }
        if version == 5 { readTables5() } else { readTables2() }
        guard !cursor.isBroken, program >= cursor.position || version < 5, program <= cursor.end else { return }
        cursor.position = program
        run(room: room)
    }

    // MARK: Names

    /// Versions 2 to 4: lists of texts that end with an empty one. File 1 is the first.
    private mutating func readTables2() {
        folders = [""]
        while case let folder = cursor.text(), !folder.isEmpty, !cursor.isBroken { folders.append(folder) }
        files = [""]
        while case let name = cursor.text(), !name.isEmpty, !cursor.isBroken {
            let folder = cursor.uleb()
            _ = cursor.uleb()
            _ = cursor.uleb()
            files.append(path(name, folder))
        }
    }

    /// Version 5: tables that describe their own form. Folder 0 is where the compiler ran.
    private mutating func readTables5() {
        for entry in readTable5() { folders.append(entry.name) }
        for entry in readTable5() { files.append(path(entry.name, entry.folder)) }
    }

    private func path(_ name: String, _ folder: UInt64) -> String {
        guard !name.hasPrefix("/"), folder < UInt64(folders.count), case let folder = folders[Int(folder)], !folder.isEmpty else {
            return name
        }
        return "\(folder)/\(name)"
    }

    /// Section 6.2.4.1.
    private mutating func readTable5() -> [(name: String, folder: UInt64)] {
        let formats = (0..<cursor.u8()).map { _ in (content: cursor.uleb(), form: cursor.uleb()) }
        let count = cursor.uleb()
        var entries: [(String, UInt64)] = []
        for _ in 0..<min(count, cursor.end) where !cursor.isBroken {
            var entry = (name: "", folder: UInt64(0))
            for format in formats {
                switch format.content {
                case 1: entry.name = textForm(format.form)
                case 2: entry.folder = numberForm(format.form)
                default: skipForm(format.form)
                }
            }
            entries.append(entry)
            if formats.isEmpty { break }
        }
        return entries
    }

    /// DW_FORM codes, section 7.5.6.
    private mutating func textForm(_ form: UInt64) -> String {
        switch form {
        case 0x08: return cursor.text()
        case 0x0E: return strings?.text(UInt64(cursor.u32())) ?? ""
        case 0x1F: return lineStrings?.text(UInt64(cursor.u32())) ?? ""
        default:
            skipForm(form)
            return ""
        }
    }

    private mutating func numberForm(_ form: UInt64) -> UInt64 {
        switch form {
        case 0x0B: return UInt64(cursor.u8())
        case 0x05: return UInt64(cursor.u16())
        case 0x06: return UInt64(cursor.u32())
        case 0x07: return cursor.u64()
        case 0x0F: return cursor.uleb()
        default:
            skipForm(form)
            return 0
        }
    }

    private mutating func skipForm(_ form: UInt64) {
        switch form {
        case 0x0B: cursor.skip(1)
        case 0x05: cursor.skip(2)
        case 0x06, 0x0E, 0x1F, 0x17: cursor.skip(4)
        case 0x07: cursor.skip(8)
        case 0x1E: cursor.skip(16)  // data16: the MD5 of a file
        case 0x08: _ = cursor.text()
        case 0x0F: _ = cursor.uleb()
        case 0x09: cursor.skip(cursor.uleb())
        default: cursor.skip(.max)
        }
    }

    // MARK: Program

    /// The state machine's registers, section 6.2.2.
    private struct Registers {
        var address: UInt64 = 0
        var file: UInt64 = 1
        var line: Int64 = 1
        var column: UInt64 = 0
    }

    private mutating func run(room: Int) {
        var registers = Registers()
        while !cursor.isAtEnd, rows.count < room {
            let opcode = cursor.u8()
            if opcode >= opcodeBase {
                let adjusted = UInt64(opcode &- opcodeBase)
                registers.address &+= (adjusted / lineRange) &* minimumInstructionLength
                registers.line &+= lineBase &+ Int64(adjusted % lineRange)
                append(registers)
            } else if opcode == 0 {
                extended(&registers)
            } else {
                standard(opcode, &registers)
            }
        }
    }

    private mutating func append(_ registers: Registers, endsSequence: Bool = false) {
        rows.append(
            LineTable.Row(
                address: registers.address, file: firstFile &+ Int(truncatingIfNeeded: min(registers.file, 0xFFFF_FFFF)),
                line: UInt32(clamping: registers.line), column: UInt32(clamping: registers.column), endsSequence: endsSequence))
    }

    /// Section 6.2.5.2.
    private mutating func standard(_ opcode: UInt8, _ registers: inout Registers) {
        switch opcode {
        case 1: append(registers)
        case 2: registers.address &+= cursor.uleb() &* minimumInstructionLength
        case 3: registers.line &+= cursor.sleb()
        case 4: registers.file = cursor.uleb()
        case 5: registers.column = cursor.uleb()
        case 6, 7, 10, 11: break  // statements, basic blocks, prologue, epilogue
        case 8: registers.address &+= (UInt64(255 &- opcodeBase) / lineRange) &* minimumInstructionLength
        case 9: registers.address &+= UInt64(cursor.u16())
        default:
            // Also 12, set_isa: the header says how many operands there are.
            for _ in 0..<(operandCounts.indices.contains(Int(opcode) - 1) ? operandCounts[Int(opcode) - 1] : 0) {
                _ = cursor.uleb()
            }
        }
    }

    /// Section 6.2.5.3.
    private mutating func extended(_ registers: inout Registers) {
        let length = cursor.uleb()
        guard length > 0, length <= cursor.end &- min(cursor.position, cursor.end) else { return cursor.skip(.max) }
        let next = cursor.position &+ length
        switch cursor.u8() {
        case 1:
            append(registers, endsSequence: true)
            registers = Registers()
        case 2: registers.address = cursor.unsigned(length &- 1)
        case 3: files.append(path(cursor.text(), cursor.uleb()))
        default: break
        }
        cursor.position = next
    }
}
