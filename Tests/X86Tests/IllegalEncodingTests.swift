import Testing
import X86

@Suite("Illegal encodings") struct IllegalEncodingTests {
    /// The place where an encoding is illegal.
    private static let everywhere = CodeSize.allCases
    private static let legacy: [CodeSize] = [.bits16, .bits32]
    private static let long: [CodeSize] = [.bits64]

    private static let illegal: [(String, [CodeSize])] = [
        // LOCK: register destination, operations that cannot be locked, memory as source only
        ("f0 01 c0", everywhere), ("f0 03 00", everywhere), ("f0 38 00", everywhere), ("f0 39 00", everywhere),
        ("f0 80 38 00", everywhere),
        ("f0 89 00", everywhere), ("f0 8b 00", everywhere), ("f0 84 00", everywhere), ("f0 90", everywhere), ("f0 a4", everywhere),
        ("f0 87 c0", everywhere), ("f0 fe c0", everywhere), ("f0 f6 00 00", everywhere), ("f0 0f a3 00", everywhere),
        ("f0 0f ba 20 00", everywhere), ("f0 0f b6 00", everywhere), ("f0 c1 00 01", everywhere), ("f0 ff 30", everywhere),
        ("f0 0f 20 c0", everywhere), ("f0 cf", everywhere), ("f0 fa", everywhere), ("f0 d8 00", everywhere),
        ("f0 8d 00", everywhere),
        // Memory where only a register may be, and the other way round
        ("8d c0", everywhere), ("0f 01 c0", everywhere), ("0f 01 d8", everywhere), ("0f c7 c8", everywhere),
        ("0f b2 c0", everywhere),
        ("ff d8", everywhere), ("ff e8", everywhere), ("62 c0", everywhere), ("c4 c0", everywhere), ("c5 c0", everywhere),
        ("0f 12 00", []), ("0f 13 c0", everywhere), ("0f 2b c0", everywhere), ("0f 50 00", everywhere), ("0f c3 c0", everywhere),
        ("0f e7 c0", everywhere), ("0f f7 00", everywhere), ("0f c5 00 00", everywhere), ("0f d7 00", everywhere),
        // Groups with holes
        ("8f c8", everywhere), ("8f 08", everywhere), ("c6 08 00", everywhere), ("c7 38 00 00 00 00", everywhere),
        ("fe 10", everywhere),
        ("fe f8", everywhere), ("ff 38", everywhere), ("ff f8", everywhere), ("0f 00 30", everywhere), ("0f 00 f8", everywhere),
        ("0f 01 28", everywhere), ("0f ba 00 00", everywhere), ("0f ba 18 00", everywhere), ("0f c7 00", everywhere),
        ("0f 71 c0 00", everywhere), ("0f 72 00 00", everywhere), ("0f 73 d8 00", everywhere), ("0f ae c0", everywhere),
        // Segment, control and debug registers that do not exist; CS as destination
        ("8e c8", everywhere), ("8e 08", everywhere), ("8e f0", everywhere), ("8e f8", everywhere), ("8c f0", everywhere),
        ("8c 38", everywhere),
        ("0f 20 c8", everywhere), ("0f 20 e8", everywhere), ("0f 20 f0", everywhere), ("0f 20 f8", everywhere),
        ("0f 22 c8", everywhere),
        ("0f 22 f8", everywhere), ("44 0f 20 c8", long), ("44 0f 22 d0", long), ("44 0f 21 c0", long), ("44 0f 23 f8", long),
        // Holes of the maps
        ("0f 04", everywhere), ("0f 0a", everywhere), ("0f 0c", everywhere), ("0f 0e", everywhere), ("0f 24 c0", everywhere),
        ("0f 26 c0", everywhere), ("0f 36", everywhere), ("0f 37", everywhere), ("0f 39", everywhere), ("0f a6", everywhere),
        ("0f a7", everywhere),
        ("0f b8 c0", everywhere), ("0f 38 0f", everywhere), ("0f 38 ff", everywhere), ("0f 3a 00", everywhere),
        ("0f 3a ff", everywhere),
        // Holes of the x87
        ("d9 08", everywhere), ("d9 d1", everywhere), ("d9 e2", everywhere), ("d9 e6", everywhere), ("d9 ef", everywhere),
        ("da e8", everywhere),
        ("da f0", everywhere), ("db 20", everywhere), ("db 30", everywhere), ("db e5", everywhere), ("db f8", everywhere),
        ("dd 28", everywhere),
        ("dd f0", everywhere), ("de d8", everywhere), ("de da", everywhere), ("df e1", everywhere), ("df f8", everywhere),
        // Mandatory prefixes
        ("f3 0f 28 c0", everywhere), ("f2 0f 28 c0", everywhere), ("66 0f 52 c0", everywhere), ("f2 0f 6f c0", everywhere),
        ("f3 0f fc c0", everywhere), ("66 0f 12 c0", everywhere), ("66 0f 16 c0", everywhere), ("0f d6 c0", everywhere),
        ("0f e6 c0", everywhere),
        ("f3 0f 38 f0 00", everywhere), ("0f 38 14 c0", everywhere), ("66 0f ae 00", everywhere), ("f2 0f b8 c0", everywhere),
        // By mode
        ("06", long), ("0e", long), ("16", long), ("1e", long), ("07", long), ("17", long), ("1f", long), ("27", long),
        ("2f", long),
        ("37", long), ("3f", long), ("60", long), ("61", long), ("62 00", long), ("82 c0 00", long), ("9a 00 00 00 00 00 00", long),
        ("c4 00", long), ("c5 00", long), ("ce", long), ("d4 0a", long), ("d5 0a", long), ("d6", long),
        ("ea 00 00 00 00 00 00", long),
        ("0f 05", legacy), ("0f 07", legacy), ("0f 01 f8", legacy),
    ]

    @Test("Undefined encodings decode to invalidOpcode") func undefined() {
        for codeSize in CodeSize.allCases {
            let decoder = Decoder(codeSize: codeSize, features: .all)
            for (hex, sizes) in Self.illegal {
                let code = bytes(hex)
                let isIllegal = decoder.decode(code + [0, 0, 0, 0, 0, 0]).operation == .invalidOpcode
                if sizes.contains(codeSize) || hex.hasPrefix("44") == false {
                    #expect(isIllegal == sizes.contains(codeSize), "\(codeSize) \(hex)")
                }
            }
        }
    }

    @Test("The same rows are legal with their LOCK, register and memory forms") func legal() {
        let legal = [
            "f0 01 00", "f0 87 00", "f0 86 10", "f0 fe 00", "f0 f6 10", "f0 f6 18", "f0 0f ab 00", "f0 0f ba 28 01", "f0 0f b0 00",
            "f0 0f c1 00", "f0 0f c7 08", "8d 00", "0f 01 38", "0f 01 e0", "8c c8", "8e d8", "0f 20 e0", "0f 21 e0", "0f 23 f8",
            "0f 20 00",
            "0f 22 18", "f3 90", "0f 0b", "0f 1f 00", "0f 0d c0", "0f 18 c0", "f1", "df c0", "d9 d8", "dc d0", "c0 f0 01",
            "f6 c8 01", "66 90",
            "66 f3 0f 58 c0", "f2 f3 0f 10 c0", "0f ff c0", "0f b9 00",
        ]
        for codeSize in CodeSize.allCases {
            let decoder = Decoder(codeSize: codeSize, features: .all)
            for hex in legal {
                let instruction = decoder.decode(bytes(hex) + [0, 0, 0, 0, 0, 0])
                #expect(instruction.operation.isInstruction, "\(codeSize) \(hex)")
            }
        }
    }

    @Test("An illegal instruction is as long as the bytes that were looked at") func lengths() {
        let decoder = Decoder(codeSize: .bits32, features: .all)
        for (hex, length) in [
            ("0f 04 00 00", 2), ("ff 78 12 00", 2), ("f0 01 c0 00", 3), ("f0 81 c0 01 02 03 04 05", 7), ("0f 38 ff 00", 3),
        ] {
            let instruction = decoder.decode(bytes(hex))
            #expect(instruction.operation == .invalidOpcode)
            #expect(Int(instruction.length) == length, "\(hex)")
            var expected = Instruction()
            expected.length = instruction.length
            expected.prefixes = instruction.prefixes
            #expect(instruction == expected, "everything else keeps its default")
        }
    }
}
