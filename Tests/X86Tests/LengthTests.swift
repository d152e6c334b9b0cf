import Testing
import X86

@Suite("Lengths") struct LengthTests {
    @Test("Fifteen bytes are an instruction, sixteen are not") func fifteen() {
        let decoder = Decoder(codeSize: .bits32, features: .all)
        let longest = [UInt8](repeating: 0x3E, count: 14) + [0x90, 0x90]
        #expect(decoder.decode(longest).operation == .nop)
        #expect(decoder.decode(longest).length == 15)
        let prefixesOnly = decoder.decode([UInt8](repeating: 0x3E, count: 20))
        #expect(prefixesOnly.operation == .tooLong)
        #expect(prefixesOnly.length == 15)
        // ADD r/m32, imm32 with SIB and displacement: 11 bytes and 4 or 5 prefixes.
        let add: [UInt8] = [0x81, 0x84, 0x8D, 1, 2, 3, 4, 5, 6, 7, 8]
        #expect(decoder.decode([0x3E, 0x3E, 0x3E, 0x3E] + add).operation == .add)
        #expect(decoder.decode([0x3E, 0x3E, 0x3E, 0x3E, 0x3E] + add).operation == .tooLong)
        #expect(decoder.decode([0x3E, 0x3E, 0x3E, 0x3E, 0x3E] + add.dropLast(2)).operation == .truncated, "14 bytes are there")
    }

    @Test("Too few bytes are truncated at every length") func truncated() {
        let samples: [(CodeSize, String)] = [
            (.bits32, "66 f0 81 84 8d 01 02 03 04 05 06"), (.bits32, "0f ba a0 11 22 33 44 05"), (.bits16, "9a 11 22 33 44"),
            (.bits16, "67 8b 84 8d 01 02 03 04"), (.bits16, "8b 86 34 12"), (.bits64, "48 b8 01 02 03 04 05 06 07 08"),
            (.bits64, "48 a1 01 02 03 04 05 06 07 08"), (.bits64, "66 0f 3a 0f 05 11 22 33 44 03"), (.bits32, "c8 00 01 02"),
            (.bits32, "d9 44 24 04"), (.bits32, "0f 38 00 04 24"), (.bits16, "a0 34 12"), (.bits32, "68 01 02 03 04"),
            (.bits32, "eb 00"),
        ]
        for (codeSize, hex) in samples {
            let decoder = Decoder(codeSize: codeSize, features: .all)
            let code = bytes(hex)
            let whole = decoder.decode(code)
            #expect(Int(whole.length) == code.count && whole.operation.isInstruction, "\(hex)")
            for count in 0..<code.count {
                let part = decoder.decode(Array(code.prefix(count)))
                #expect(part.operation == .truncated, "\(hex) cut to \(count)")
                #expect(Int(part.length) == count)
            }
        }
    }

    @Test("Random bytes: lengths hold, later bytes do not matter, fewer bytes are truncated") func random() {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        func next() -> UInt8 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        var failures = 0
        let decoders = CodeSize.allCases.flatMap { [Decoder(codeSize: $0, features: .all), Decoder(codeSize: $0, features: .p6)] }
        for round in 0..<30_000 {
            let decoder = decoders[round % 6]
            var code = (0..<20).map { _ in next() }
            let first = decoder.decode(code)
            let length = Int(first.length)
            if length < 1 || length > 15 { failures += 1 }
            for place in length..<20 { code[place] ^= 0xFF }
            if first.operation != .tooLong && decoder.decode(code) != first { failures += 1 }
            guard first.operation.isInstruction else { continue }
            if decoder.decode(Array(code.prefix(length))) != first { failures += 1 }
            if decoder.decode(Array(code.prefix(length - 1))).operation != .truncated { failures += 1 }
            if first.text(at: UInt64(round)).isEmpty { failures += 1 }
        }
        #expect(failures == 0)
    }
}
