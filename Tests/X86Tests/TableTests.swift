import Testing

@testable import X86

@Suite("Table") struct TableTests {
    /// One encoding of a row: memory operands at [BX+SI], [EAX] or [RAX], or a register where the row has the choice and is asked for it.
    private func sample(_ row: Row, register: Bool = false) -> [UInt8] {
        var code: [UInt8] = []
        if let vex = row.vex {
            // Outside 64-bit code VEX.R and VEX.X, which are inverted, are ones. VEX.vvvv names register 1 if it names one.
            let names = row.operands.contains { [.vvvvXMM, .vvvvGeneral].contains($0.form) }
            let pp: UInt8 = row.prefix == .p66 ? 1 : row.prefix == .pF3 ? 2 : row.prefix == .pF2 ? 3 : 0
            let w: UInt8 = vex.contains(.W0) ? 0 : 0x80
            code = [0xC4, 0xE0 | (row.map.rawValue - OpcodeMap.vex0F.rawValue + 1)]
            code += [w | (names ? 0x70 : 0x78) | (vex.contains(.L0) ? 0 : 4) | pp, row.opcode]
            let needsRegister = row.rm == .registerOnly || row.rm == .either && register
            // A vector of addresses has a SIB byte, and its index is a register of its own.
            let hasVector = row.operands.contains { $0.form == .vectorAddress }
            code.append((row.digit ?? 0) << 3 | (needsRegister ? 0xC0 : hasVector ? 4 : 0))
            return code + (hasVector ? [0x10] : []) + [UInt8](repeating: 0, count: 6)
        }
        if !row.prefix.contains(.none) { code.append(row.prefix.contains(.p66) ? 0x66 : row.prefix.contains(.pF3) ? 0xF3 : 0xF2) }
        if row.traits.contains(.needsREXW) { code.append(0x48) }
        code += row.map.escape
        code.append(row.opcode + (row.opcode == 0x90 && row.operation == .xchg ? 1 : 0))
        if row.hasModRM {
            let needsRegister = row.rm == .registerOnly && !row.ignoresMod || row.rm == .either && register
            code.append(row.modRM?.lowerBound ?? (row.digit ?? 0) << 3 | (needsRegister ? 0xC0 : 0))
        }
        return code + [UInt8](repeating: 0, count: 10)
    }

    @Test("Every row decodes to itself, prints, and has a card") func rows() {
        for codeSize in CodeSize.allCases {
            let decoder = Decoder(codeSize: codeSize, features: .all)
            for (number, row) in Table.rows.enumerated() {
                // In 16-bit code an address of 16 bits is no vector of addresses.
                if codeSize == .bits16, row.operands.contains(where: { $0.form == .vectorAddress }) { continue }
                if row.traits.contains(codeSize == .bits64 ? .invalid64 : .only64) { continue }
                var instruction = decoder.decode(sample(row))
                // The memory forms of 0F 18 are prefetches.
                if Int(instruction.row) != number { instruction = decoder.decode(sample(row, register: true)) }
                #expect(
                    Int(instruction.row) == number && instruction.operation == row.operation,
                    "\(codeSize) \(row.encoding) \(row.mnemonic)")
                #expect(row.mnemonics.contains { instruction.text().contains($0) }, "\(row.encoding) \(instruction.text())")
                #expect(ReferenceCard(row).text.contains(row.encoding))
            }
        }
    }

    @Test("Cards are found by every printed name") func cards() {
        for name in ReferenceCard.mnemonics {
            let cards = ReferenceCard.cards(mnemonic: name)
            #expect(!cards.isEmpty && cards.allSatisfy { $0.row.mnemonics.contains(name) }, "\(name)")
        }
    }

    @Test("Every operation has a row") func operations() {
        let inRows = Set(Table.rows.map(\.operation))
        for operation in Operation.allCases { #expect(inRows.contains(operation) == operation.isInstruction, "\(operation)") }
    }

    @Test("A row exists only with its feature") func features() {
        for row in Table.rows where row.feature != .i8086 && row.prefix != .none && row.operation != .nop {
            let without = FeatureSet(Feature.allCases.filter { $0 != row.feature })
            let decoder = Decoder(codeSize: row.traits.contains(.only64) ? .bits64 : .bits32, features: without)
            #expect(Table.row(of: decoder.decode(sample(row)))?.encoding != row.encoding, "\(row.encoding)")
        }
        let p6 = Decoder(codeSize: .bits32, features: .p6)
        let i486 = Decoder(codeSize: .bits32, features: .i486)
        let cases: [([UInt8], Bool, Bool)] = [
            ([0x0F, 0x40, 0xC0], true, false), ([0x0F, 0xA2], true, true), ([0x0F, 0x31], true, false),
            ([0x0F, 0xC7, 0x08], true, false),
            ([0x0F, 0xB0, 0xC0], true, true), ([0xDA, 0xC0], true, false), ([0x0F, 0x58, 0xC0], false, false),
            ([0x0F, 0xFC, 0xC0], false, false),
            ([0x0F, 0x34], true, false), ([0x0F, 0x1F, 0xC0], true, false), ([0x0F, 0xAE, 0x00], false, false),
            ([0x0F, 0x0B], true, true),
        ]
        for (code, inP6, in486) in cases {
            #expect(p6.decode(code).operation.isInstruction == inP6, "\(hex(code))")
            #expect(i486.decode(code).operation.isInstruction == in486, "\(hex(code))")
        }
    }

    @Test("Traits") func traits() {
        let decoder = Decoder(codeSize: .bits32, features: .all)
        func traits(_ hex: String) -> Traits { Table.traits(of: decoder.decode(bytes(hex))) }
        let ends = [
            "eb fe", "74 00", "c3", "cc", "cf", "f4", "fa", "fb", "9d", "8e d0", "17", "0f 22 c0", "0f 23 c0", "e4 60", "ee", "6c",
            "f3 a4", "f2 ae",
            "0f 31", "0f a2", "0f 30", "0f 01 10", "0f 01 38", "c4 00", "0f b2 00", "0f 34", "0f 0b", "0f 04", "f0 90", "62",
            "0f 06", "0f 00 d0",
        ]
        for hex in ends { #expect(traits(hex).contains(.endsBlock), "\(hex)") }
        let continues = [
            "01 c0", "a4", "ae", "50", "8c d8", "d8 c0", "90", "0f 40 c0", "f3 90", "9c", "fc", "0f a3 c0", "0f af c0",
        ]
        for hex in continues { #expect(!traits(hex).contains(.endsBlock), "\(hex)") }
        for hex in ["f4", "0f 22 c0", "0f 30", "0f 09", "0f 01 10", "0f 00 d8"] {
            #expect(traits(hex).contains(.privileged), "\(hex)")
        }
        for hex in ["fa", "0f 01 20", "0f a2", "cd 80", "e4 60"] { #expect(!traits(hex).contains(.privileged), "\(hex)") }
    }

    @Test("Flags") func flags() {
        let decoder = Decoder(codeSize: .bits32, features: .all)
        let cases: [(String, FlagEffects)] = [
            ("01 c0", FlagEffects(written: .status)), ("11 c0", FlagEffects(read: .CF, written: .status)),
            ("40", FlagEffects(written: [.OF, .SF, .ZF, .AF, .PF])), ("89 c0", .none), ("74 00", FlagEffects(read: .ZF)),
            ("0f 47 c0", FlagEffects(read: [.CF, .ZF])), ("0f 9f c0", FlagEffects(read: [.ZF, .SF, .OF])),
            ("f5", FlagEffects(read: .CF, written: .CF)),
            ("21 c0", FlagEffects(written: [.OF, .SF, .ZF, .PF, .CF], undefined: .AF)),
            ("d1 c0", FlagEffects(written: [.CF, .OF])),
            ("d3 c0", FlagEffects(written: .CF, undefined: .OF)), ("f7 d0", .none),
            ("9f", FlagEffects(read: [.SF, .ZF, .AF, .PF, .CF])),
            ("0f 04", .none), ("f7 e0", FlagEffects(written: [.CF, .OF], undefined: [.SF, .ZF, .AF, .PF])),
            ("a4", FlagEffects(read: .DF)),
        ]
        for (hex, effects) in cases { #expect(Table.flags(of: decoder.decode(bytes(hex))) == effects, "\(hex)") }
        for row in Table.rows {
            #expect(row.flags.written.isDisjoint(with: row.flags.undefined), "\(row.encoding) \(row.mnemonic)")
        }
    }
}
