import Testing
import X86

/// The fields of decoded instructions, one line for each.
@Suite("Fields") struct FieldTests {
    private func decode(_ codeSize: CodeSize, _ hex: String) -> Instruction {
        Decoder(codeSize: codeSize, features: .all).decode(bytes(hex))
    }

    @Test("A whole instruction, field by field") func whole() {
        var expected = Instruction()
        expected.operation = .add
        expected.row = decode(.bits32, "83 c0 00").row
        expected.kind0 = .memory
        expected.kind1 = .immediate
        expected.immediate = UInt64(bitPattern: -2)
        expected.displacement = -16
        expected.base = 5
        expected.index = 2
        expected.scale = 2
        expected.opcode = 0x83
        expected.modRM = 0x44
        expected.length = 7
        expected.sizes = Instruction.Sizes(operand: .word, address: .doubleword)
        expected.segment = .gs
        expected.prefixes = [.lock, .operandSize, .segmentOverride]
        #expect(decode(.bits32, "f0 66 65 83 44 95 f0 fe") != expected, "length 8")
        expected.length = 8
        #expect(decode(.bits32, "f0 66 65 83 44 95 f0 fe") == expected)
    }

    @Test("Byte registers") func byteRegisters() {
        for (number, expected) in [0, 1, 2, 3, 16, 17, 18, 19].enumerated() {
            let low = String(number, radix: 16)
            #expect(decode(.bits32, "b\(low) 00").register0 == expected)
            #expect(decode(.bits64, "b\(low) 00").register0 == expected)
            #expect(decode(.bits64, "40 b\(low) 00").register0 == number)
            #expect(decode(.bits64, "41 b\(low) 00").register0 == number + 8)
            #expect(decode(.bits32, "88 c\(low)").register0 == expected)
        }
        #expect(decode(.bits32, "88 e0").register1 == 16)
        #expect(decode(.bits64, "44 88 e0").register1 == 12)
        #expect(decode(.bits32, "88 e0").kind1 == .byteRegister)
    }

    @Test("Operand and address size") func sizes() {
        let cases: [(CodeSize, String, Width, Width)] = [
            (.bits16, "01 00", .word, .word), (.bits16, "66 01 00", .doubleword, .word), (.bits16, "67 01 00", .word, .doubleword),
            (.bits32, "01 00", .doubleword, .doubleword), (.bits32, "66 01 00", .word, .doubleword),
            (.bits32, "67 01 00", .doubleword, .word),
            (.bits64, "01 00", .doubleword, .quadword), (.bits64, "66 01 00", .word, .quadword),
            (.bits64, "48 01 00", .quadword, .quadword),
            (.bits64, "66 48 01 00", .quadword, .quadword), (.bits64, "67 01 00", .doubleword, .doubleword),
            (.bits32, "00 00", .byte, .doubleword),
            (.bits64, "50", .quadword, .quadword), (.bits64, "66 50", .word, .quadword), (.bits64, "c3", .quadword, .quadword),
            (.bits64, "66 c3", .quadword, .quadword), (.bits64, "e8 00 00 00 00", .quadword, .quadword),
            (.bits16, "0f 20 c0", .doubleword, .word),
            (.bits32, "66 0f 20 c0", .doubleword, .doubleword), (.bits64, "0f 20 c0", .quadword, .quadword),
            (.bits32, "e6 80", .byte, .doubleword),
            (.bits32, "e7 80", .doubleword, .doubleword), (.bits64, "48 ed", .doubleword, .quadword),
            (.bits32, "aa", .byte, .doubleword),
            (.bits32, "6e", .byte, .doubleword), (.bits32, "0f b6 c0", .doubleword, .doubleword),
            (.bits32, "0f 90 c0", .byte, .doubleword),
            (.bits32, "66 0f 7e c0", .doubleword, .doubleword), (.bits64, "66 48 0f 7e c0", .quadword, .quadword),
            (.bits64, "0f 01 10", .quadword, .quadword), (.bits16, "0f 01 10", .word, .word),
            (.bits64, "48 cf", .quadword, .quadword),
        ]
        for (codeSize, hex, operand, address) in cases {
            let instruction = decode(codeSize, hex + (hex.hasSuffix(" 10") ? " 00" : ""))
            #expect(instruction.operandSize == operand && instruction.addressSize == address, "\(codeSize) \(hex)")
        }
    }

    @Test("Segments: SS for stack bases, overrides, strings at the source only") func segments() {
        let cases: [(CodeSize, String, SegmentRegisterName)] = [
            (.bits16, "8b 07", .ds), (.bits16, "8b 02", .ss), (.bits16, "8b 03", .ss), (.bits16, "8b 46 00", .ss),
            (.bits16, "8b 06 00 00", .ds),
            (.bits16, "3e 8b 46 00", .ds), (.bits16, "26 8b 07", .es), (.bits16, "2e 8b 07", .cs), (.bits16, "36 8b 07", .ss),
            (.bits32, "8b 45 00", .ss), (.bits32, "8b 04 24", .ss), (.bits32, "8b 05 00 00 00 00", .ds),
            (.bits32, "8b 44 05 00", .ss),
            (.bits32, "8b 04 28", .ds), (.bits32, "64 8b 00", .fs), (.bits32, "65 64 8b 00", .fs), (.bits64, "8b 45 00", .ss),
            (.bits64, "41 8b 45 00", .ds), (.bits64, "41 8b 04 24", .ds), (.bits64, "26 8b 00", .ds), (.bits64, "64 26 8b 00", .fs),
            (.bits32, "a4", .ds), (.bits32, "65 a4", .gs), (.bits32, "65 aa", .ds), (.bits32, "2e a1 00 00 00 00", .cs),
            (.bits32, "65 d7", .gs),
            (.bits32, "64 6e", .fs),
        ]
        for (codeSize, hex, segment) in cases { #expect(decode(codeSize, hex).segment == segment, "\(codeSize) \(hex)") }
        #expect(decode(.bits32, "a4").kind0 == .stringDestination && decode(.bits32, "a4").kind1 == .stringSource)
        #expect(decode(.bits32, "a6").kind0 == .stringSource && decode(.bits32, "a6").kind1 == .stringDestination)
    }

    @Test("Displacements and moffs") func displacements() {
        #expect(decode(.bits16, "8b 46 80").displacement == -128)
        #expect(decode(.bits16, "8b 86 00 80").displacement == -32768)
        #expect(decode(.bits16, "8b 06 00 80").displacement == 0x8000)
        #expect(decode(.bits16, "a1 00 80").displacement == 0x8000)
        #expect(decode(.bits32, "a1 00 00 00 80").displacement == Int32.min)
        #expect(decode(.bits64, "a1 01 00 00 00 00 00 00 80").immediate == 0x8000_0000_0000_0001)
        #expect(decode(.bits64, "67 a1 01 00 00 80").displacement == Int32.min + 1)
        #expect(decode(.bits64, "8b 05 fc ff ff ff").base == Instruction.ripRegister)
        #expect(decode(.bits64, "8b 04 25 fc ff ff ff").base == Instruction.noRegister)
        #expect(decode(.bits32, "8b 04 65 00 00 00 00").index == Instruction.noRegister, "index 4 is none")
        #expect(decode(.bits64, "42 8b 04 60").index == 12)
        #expect(decode(.bits64, "43 8b 44 85 01").base == 13)
    }

    @Test("Immediates") func immediates() {
        #expect(decode(.bits32, "83 c0 80").immediate == UInt64(bitPattern: -128))
        #expect(decode(.bits32, "80 c0 80").immediate == 0x80)
        #expect(decode(.bits32, "81 c0 00 00 00 80").immediate == 0x8000_0000)
        #expect(decode(.bits64, "48 81 c0 00 00 00 80").immediate == 0xFFFF_FFFF_8000_0000)
        #expect(decode(.bits64, "68 00 00 00 80").immediate == 0xFFFF_FFFF_8000_0000)
        #expect(decode(.bits16, "e8 fe ff").immediate == UInt64(bitPattern: -2))
        #expect(decode(.bits32, "eb fe").immediate == UInt64(bitPattern: -2))
        let far = decode(.bits16, "ea 34 12 78 56")
        #expect(far.kind0 == .farPointer && far.immediate == 0x1234 && far.immediate2 == 0x5678)
        let enter = decode(.bits32, "c8 34 12 05")
        #expect(enter.kind0 == .immediate && enter.kind1 == .immediate && enter.immediate == 0x1234 && enter.immediate2 == 5)
        let imul = decode(.bits32, "6b c1 ff")
        #expect(imul.kind2 == .immediate && imul.register0 == 0 && imul.register1 == 1)
        let shld = decode(.bits32, "0f a5 c1")
        #expect(shld.kind2 == .byteRegister && shld.register0 == 1 && shld.register1 == 0)
        #expect(decode(.bits32, "d1 e0").kind1 == .one && decode(.bits32, "d3 e0").kind1 == .byteRegister)
    }

    @Test("Prefixes: the last REP counts, REX only before the opcode") func prefixes() {
        #expect(decode(.bits32, "f2 f3 a4").prefixes == .rep)
        #expect(decode(.bits32, "f3 f2 a4").prefixes == .repne)
        #expect(decode(.bits64, "48 66 01 00").prefixes == .operandSize)
        #expect(decode(.bits64, "66 48 01 00").prefixes == [.operandSize, .rex, .rexW])
        #expect(decode(.bits64, "40 48 41 88 e0").prefixes == .rex, "the last REX counts")
        #expect(decode(.bits64, "41 90").operation == .xchg)
        #expect(decode(.bits64, "f3 41 90").operation == .xchg)
        #expect(decode(.bits64, "48 90").operation == .nop)
        #expect(decode(.bits32, "f3 90").operation == .pause)
        #expect(decode(.bits64, "48 0f c7 08").operation == .cmpxchg16b)
        #expect(decode(.bits64, "0f c7 08").operation == .cmpxchg8b)
        #expect(decode(.bits64, "63 c1").operation == .movsxd && decode(.bits32, "63 c1").operation == .arpl)
    }

    @Test("Implied operands of ports, segments and the x87") func implied() {
        let input = decode(.bits32, "ed")
        #expect(input.kind0 == .register && input.register0 == 0 && input.kind1 == .register && input.register1 == 2)
        let output = decode(.bits32, "e6 80")
        #expect(output.kind0 == .immediate && output.kind1 == .byteRegister && output.immediate == 0x80)
        let push = decode(.bits32, "0f a8")
        #expect(
            push.operation == .pushSegment && push.kind0 == .segmentRegister && push.register0 == SegmentRegisterName.gs.rawValue)
        let add = decode(.bits32, "dc c3")
        #expect(add.kind0 == .stackRegister && add.register0 == 3 && add.kind1 == .stackRegister && add.register1 == 0)
        let control = decode(.bits32, "0f 22 1b")
        #expect(control.kind0 == .controlRegister && control.register0 == 3 && control.kind1 == .register && control.register1 == 3)
        #expect(control.length == 3, "ModRM.mod is ignored")
        for condition in 0..<16 {
            #expect(decode(.bits32, "7" + String(condition, radix: 16) + " 00").condition == condition)
            #expect(decode(.bits32, "0f 4" + String(condition, radix: 16) + " c0").condition == condition)
        }
    }
}
