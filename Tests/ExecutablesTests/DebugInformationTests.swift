import Testing

@testable import Executables

/// DWARF by hand: expressions, call frames, lists, entries, types.
@Suite struct DebugInformationTests {
    /// Registers 0 to 7 hold 100h to 107h; memory holds its own address.
    private struct Frame: FrameContext {
        func register(_ number: UInt64) -> UInt64? { number < 8 ? 0x100 + number : nil }
        func memory(_ address: UInt64, _ size: Int) -> UInt64? { address < 0x1000_0000 ? address : nil }
        var frameAddress: UInt64? { 0x2000 }
        var frameBase: UInt64? { 0x3000 }
    }

    private func location(_ bytes: [UInt8], addressSize: UInt64 = 4) -> ValueLocation {
        LocationExpression(Bytes(bytes), 0..<UInt64(bytes.count), addressSize: addressSize).location(in: Frame())
    }

    @Test func expressionsSayWhereAValueIs() {
        let cases: [([UInt8], ValueLocation)] = [
            ([0x03, 0x78, 0x56, 0x34, 0x12], .memory(0x1234_5678)),  // addr
            ([0x91, 0x70], .memory(0x2FF0)),  // fbreg -16
            ([0x9C, 0x23, 0x08], .memory(0x2008)),  // call_frame_cfa, plus_uconst
            ([0x53], .register(3)), ([0x90, 0x05], .register(5)), ([0x75, 0x04], .memory(0x109)),  // reg3, regx, breg5 + 4
            ([0x39, 0x9F], .value(9)), ([0x08, 0xFF, 0x09, 0xFF, 0x22, 0x9F], .value(0xFE)),
            ([0x70, 0x00, 0x06, 0x06], .memory(0x100)),
            ([0x34, 0x32, 0x1C, 0x9F], .value(2)), ([0x09, 0xF8, 0x32, 0x1B, 0x9F], .value(0xFFFF_FFFC)),
            ([0x31, 0x32, 0x33, 0x17, 0x16, 0x9F], .value(1)),  // 1 2 3 rot: 3 1 2; swap
            ([0x31, 0x28, 0x02, 0x00, 0x35, 0x9F, 0x36, 0x9F], .value(6)),  // bra over two operations
            ([0x9E, 0x03, 1, 2, 3], .bytes([1, 2, 3])),
            (
                [0x50, 0x93, 4, 0x93, 2, 0x51, 0x93, 2],
                .pieces([
                    .init(location: .register(0), size: 4), .init(location: .lost, size: 2), .init(location: .register(1), size: 2),
                ])
            ),
            ([], .lost), ([0x79, 0x00], .lost), ([0x30, 0x31, 0x1B, 0x1B], .lost), ([0xA3, 1, 0x50], .lost), ([0x06], .lost),
            ([0x03, 1, 2], .lost), ([0xFF], .lost),
            ([0x2F, 0xFD, 0xFF], .lost),  // a jump to itself
        ]
        for (bytes, expected) in cases { #expect(location(bytes) == expected, "\(bytes)") }
    }

    /// The rules of a function that pushes EBP, makes it its frame, and calls: `.debug_frame` as a compiler writes it, and `.eh_frame`.
    private static func frames(isExceptionFrame: Bool) -> [UInt8] {
        var common: [UInt8] = isExceptionFrame ? [0, 0, 0, 0, 1] + Array("zR".utf8) + [0] : [0xFF, 0xFF, 0xFF, 0xFF, 3, 0]
        common += [1, 0x7C, 8]  // factors 1 and -4, the return address in column 8
        if isExceptionFrame { common += [1, 0x1B] }  // pcrel, sdata4
        common += [0x0C, 4, 4, 0x88, 1]  // def_cfa esp + 4; offset r8, cfa - 4
        while common.count % 4 != 0 { common.append(0) }
        var bytes: [UInt8] = [UInt8(common.count), 0, 0, 0] + common
        let start = UInt8(bytes.count)
        var function: [UInt8] = isExceptionFrame ? [start + 4, 0, 0, 0] : [0, 0, 0, 0]
        // The section is at 100000h, the function at 100100h.
        function += isExceptionFrame ? [UInt8(truncatingIfNeeded: 0x100 - Int(start) - 8), 0, 0, 0] : [0x00, 0x01, 0x10, 0]
        function += [0x20, 0, 0, 0]
        if isExceptionFrame { function.append(0) }
        function += [0x41, 0x0E, 8, 0x85, 2]  // +1: cfa esp + 8, ebp at cfa - 8
        function += [0x42, 0x0D, 5]  // +2: cfa by ebp
        // remember; +4: def_cfa esp + 4, ebp as at the beginning; +2: restore
        function += [0x0A, 0x44, 0x0C, 4, 4, 0xC5, 0x42, 0x0B]
        while function.count % 4 != 0 { function.append(0) }
        bytes += [UInt8(function.count), 0, 0, 0] + function
        return bytes
    }

    @Test func rulesOfCallFramesAreRunUpToAnAddress() throws {
        for isExceptionFrame in [false, true] {
            var reader = CallFrameReader(
                Bytes(Self.frames(isExceptionFrame: isExceptionFrame)), address: 0x10_0000, isExceptionFrame: isExceptionFrame,
                is64Bit: false)
            let functions = reader.read(limit: 10)
            let function = try #require(functions.first)
            #expect(functions.count == 1 && function.range == 0x10_0100..<0x10_0120, "\(functions.map(\.range))")
            // ESP is register 4, EBP 5.
            for (distance, address, isSaved) in [
                (0, 0x108, false), (1, 0x10C, true), (3, 0x10D, true), (7, 0x108, false), (9, 0x10D, true),
            ] as [(UInt64, UInt64, Bool)] {
                let rules = CallFrameRules(function, at: function.range.lowerBound + distance, is64Bit: false)
                let caller = try #require(rules.caller(in: Frame(), registerCount: 8))
                #expect(caller.frameAddress == address, "at +\(distance)")
                #expect(caller.returnAddress == address - 4 && caller.registers[4] == address && caller.registers[3] == 0x103)
                #expect(caller.registers[5] == (isSaved ? address - 8 : 0x105), "at +\(distance)")
            }
        }
    }

    @Test func damagedCallFramesAreHarmless() {
        for isExceptionFrame in [false, true] {
            let whole = Self.frames(isExceptionFrame: isExceptionFrame)
            for index in whole.indices {
                for byte: UInt8 in [0, 1, 0x0B, 0x7F, 0x80, 0xFF] {
                    var bytes = whole
                    bytes[index] = byte
                    for count in [index, whole.count] {
                        var reader = CallFrameReader(
                            Bytes(Array(bytes.prefix(count))), address: 0, isExceptionFrame: isExceptionFrame,
                            is64Bit: index % 2 == 0)
                        for function in reader.read(limit: 10) {
                            _ = CallFrameRules(function, at: function.range.lowerBound &+ 5, is64Bit: false).caller(
                                in: Frame(), registerCount: 8)
                        }
                    }
                }
            }
        }
    }

    /// An ELF file of 32 bits with a unit of DWARF 4: `struct pair { int first; struct pair *next; } pairs[3];`
    static func file(info: [UInt8], abbreviations: [UInt8]) -> [UInt8] {
        let names = Array("\0.debug_info\0.debug_abbrev\0.shstrtab\0".utf8)
        let parts: [(name: UInt8, type: UInt8, bytes: [UInt8])] = [
            (0, 0, []), (1, 1, info), (13, 1, abbreviations), (27, 3, names),
        ]
        var body: [UInt8] = []
        var headers: [UInt8] = []
        func word(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        for part in parts {
            headers +=
                word(Int(part.name)) + word(Int(part.type)) + word(0) + word(0) + word(52 + body.count) + word(part.bytes.count)
                + word(0) + word(0) + word(1) + word(0)
            body += part.bytes
        }
        let head: [UInt8] =
            [0x7F, 0x45, 0x4C, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0] + word(1) + word(0) + word(0)
            + word(52 + body.count) + word(0)
        return head + [52, 0, 0, 0, 0, 0, 40, 0, UInt8(parts.count), 0, UInt8(parts.count - 1), 0] + body + headers
    }

    static let abbreviations: [UInt8] = [
        1, 0x11, 1, 0x03, 0x08, 0, 0,  // compile_unit, with a name
        2, 0x24, 0, 0x03, 0x08, 0x0B, 0x0B, 0x3E, 0x0B, 0, 0,  // base_type: name, size, encoding
        3, 0x13, 1, 0x03, 0x08, 0x0B, 0x0B, 0, 0,  // structure_type
        4, 0x0D, 0, 0x03, 0x08, 0x49, 0x13, 0x38, 0x0B, 0, 0,  // member: name, type, location
        5, 0x0F, 0, 0x0B, 0x0B, 0x49, 0x13, 0, 0,  // pointer_type
        6, 0x01, 1, 0x49, 0x13, 0, 0,  // array_type
        7, 0x21, 0, 0x2F, 0x0B, 0, 0,  // subrange_type: upper bound
        8, 0x34, 0, 0x03, 0x08, 0x49, 0x13, 0x02, 0x18, 0, 0,  // variable
        0,
    ]

    static var info: [UInt8] {
        func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }
        var bytes: [UInt8] = [0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 4] + [1] + text("k.c")
        func here() -> UInt8 { UInt8(bytes.count) }
        let int = here()
        bytes += [2] + text("int") + [4, 5]
        let pair = here()
        let pointer = pair + 31
        bytes += [3] + text("pair") + [8]
        bytes += [4] + text("first") + [int, 0, 0, 0, 0]
        bytes += [4] + text("next") + [pointer, 0, 0, 0, 4, 0]
        bytes += [5, 4, pair, 0, 0, 0]
        let array = here()
        bytes += [6, pair, 0, 0, 0, 7, 2, 0]
        bytes += [8] + text("pairs") + [array, 0, 0, 0, 5, 0x03, 0x00, 0x20, 0x10, 0x00, 0]
        bytes[0] = UInt8(bytes.count - 4)
        return bytes
    }

    @Test func entriesBecomeVariablesAndTypes() throws {
        let map = try SourceMap(bytes: Self.file(info: Self.info, abbreviations: Self.abbreviations))
        let debug = try #require(map.debug)
        let pairs = try #require(debug.variable(named: "pairs", near: 0))
        #expect(pairs.type.size == 24 && pairs.type.name == "struct pair [3]", "\(pairs.type.name)")
        #expect(debug.location(of: pairs, at: 0, in: Frame()) == .memory(0x10_2000))
        let type = try #require(debug.type(named: "struct pair"))
        #expect(type.members.map { $0.type.declaration(of: $0.name) } == ["int first", "struct pair *next"])
        #expect(type.members.map(\.offset) == [0, 4])
        #expect(debug.type(named: "struct other") == nil && debug.variable(named: "other", near: 0) == nil)
    }

    /// Any byte of the entries or of their abbreviations changed: less may be known, nothing traps or hangs. A type may be made of itself.
    @Test func damagedEntriesAreHarmless() throws {
        let (info, abbreviations) = (Self.info, Self.abbreviations)
        var known = 0
        for index in 0..<info.count + abbreviations.count {
            for byte: UInt8 in [0, 1, 2, 0x13, 0x16, 0x29, 0x7F, 0x80, 0xFF] {
                var (info, abbreviations) = (info, abbreviations)
                if index < info.count { info[index] = byte } else { abbreviations[index - info.count] = byte }
                let map = try SourceMap(bytes: Self.file(info: info, abbreviations: abbreviations))
                guard let debug = map.debug, let pairs = debug.variable(named: "pairs", near: 0) else { continue }
                known += 1
                _ = (
                    pairs.type.name.count, pairs.type.size, pairs.type.members.count, debug.location(of: pairs, at: 0, in: Frame()),
                    debug.functions(at: 0).count
                )
                _ = (debug.type(named: "struct pair")?.members.map { ($0.type.name, $0.type.size) })?.count
            }
        }
        #expect(known > 100)
    }
}
