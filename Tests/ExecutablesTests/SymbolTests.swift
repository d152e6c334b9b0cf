import Testing

@testable import Executables

/// Names and lines for addresses.
@Suite struct SymbolTests {
    @Test func theNearestSymbolBeforeAnAddressNamesIt() {
        let table = SymbolTable([
            .init(name: "start", address: 0x1000, size: 0, isFunction: false),
            .init(name: "main", address: 0x1100, size: 0x40, isFunction: true),
            .init(name: "main_label", address: 0x1100, size: 0, isFunction: false),
            .init(name: "inside", address: 0x1110, size: 0, isFunction: false),
            .init(name: "data", address: 0x2000, size: 16, isFunction: false),
        ])
        func name(_ address: UInt64) -> String? { table.symbol(at: address).map { "\($0.symbol.name)+\($0.offset)" } }
        #expect(name(0xFFF) == nil)
        #expect(name(0x1000) == "start+0")
        #expect(name(0x10FF) == "start+255")
        #expect(name(0x1100) == "main+0")
        #expect(name(0x1104) == "main+4")
        #expect(name(0x2004) == "data+4")
        #expect(name(0x20_0000_0000) == nil)
        #expect(table.address(of: "main") == 0x1100)
    }

    /// A line program by hand: DWARF 5, appendix D.5, shows the like.
    private static func unit(version: UInt8) -> [UInt8] {
        var header: [UInt8] = [1]  // minimum_instruction_length
        if version >= 4 { header.append(1) }
        header += [1, 0xFB, 14, 13]  // default_is_stmt, line_base -5, line_range 14, opcode_base 13
        header += [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]
        if version == 5 {
            // Folders: one text by DW_FORM_string; files: text, folder as udata, an MD5.
            header += [1, 1, 0x08, 1] + Array("/src".utf8) + [0]
            header += [3, 1, 0x08, 2, 0x0B, 5, 0x1E, 2]
            for name in ["kernel.c", "boot.s"] { header += Array(name.utf8) + [0, 0] + [UInt8](repeating: 9, count: 16) }
        } else {
            header += Array("/src".utf8) + [0, 0]
            for name in ["kernel.c", "boot.s"] { header += Array(name.utf8) + [0, 1, 0, 0] }
            header.append(0)
        }
        let first: UInt8 = version == 5 ? 0 : 1
        var program: [UInt8] = [4, first]  // set_file
        program += [0, 5, 2, 0x00, 0x00, 0x10, 0x00]  // set_address 100000h
        program += [3, 9, 1]  // line 10
        program += [UInt8(13 + (1 + 5) + 14 * 4)]  // +4 bytes, line 11
        program += [2, 0x10, 3, 0x7F, 1]  // +16 bytes, line 10
        program += [8, 1]  // const_add_pc: 17 bytes
        program += [9, 0x00, 0x01, 4, first + 1, 1]  // +256 bytes, the other file
        program += [2, 8, 0, 1, 1]  // +8, end
        var rest: [UInt8] = [version, 0]
        if version == 5 { rest += [4, 0] }
        rest += [UInt8(header.count), 0, 0, 0] + header + program
        return [UInt8(rest.count & 0xFF), UInt8(rest.count >> 8), 0, 0] + rest
    }

    private func rows(_ bytes: [UInt8]) -> (files: [String], rows: [LineTable.Row]) {
        var unit = LineUnit(DWARFCursor(Bytes(bytes), from: 4), strings: nil, lineStrings: nil, firstFile: 0)
        unit.read(room: 1000)
        return (unit.files, unit.rows)
    }

    @Test func lineProgramsOfAllVersionsAreRun() throws {
        for version: UInt8 in 2...5 {
            let (files, rows) = rows(Self.unit(version: version))
            #expect(
                rows.map(\.address) == [0x10_0000, 0x10_0004, 0x10_0014, 0x10_0025, 0x10_0125, 0x10_012D], "version \(version)")
            #expect(rows.map(\.line) == [10, 11, 10, 10, 10, 10])
            #expect(
                rows.map { files[$0.file] } == [
                    "/src/kernel.c", "/src/kernel.c", "/src/kernel.c", "/src/kernel.c", "/src/boot.s", "/src/boot.s",
                ])
            #expect(rows.last?.endsSequence == true)
        }
        #expect(rows([0, 0, 0, 0, 6, 0, 0, 0, 0, 0]).rows.isEmpty, "an unknown version is left out")
    }

    /// Cut off anywhere, or with any byte changed: less may be known, nothing traps or hangs.
    @Test func damagedProgramsAreHarmless() {
        var total = 0
        for version: UInt8 in 2...5 {
            let whole = Self.unit(version: version)
            for count in 4..<whole.count { total += rows(Array(whole[..<count])).rows.count }
            for index in 4..<whole.count {
                for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                    var changed = whole
                    changed[index] = value
                    total += rows(changed).rows.count
                }
            }
        }
        #expect(total > 1000)
    }
}
