import Testing
import X86

@Suite("Text") struct TextTests {
    @Test("What nasm has no spelling for, or another") func text() {
        let cases: [(CodeSize, String, String)] = [
            (.bits32, "66 c3", "o16 ret"), (.bits16, "66 c3", "o32 ret"), (.bits16, "66 0f 01 17", "o32 lgdt [bx]"),
            (.bits32, "66 68 34 12", "o16 push 0x1234"),
            (.bits16, "66 ea 78 56 34 12 08 00", "o32 jmp 8:0x12345678"), (.bits32, "67 e2 fd", "a16 loop 0"),
            (.bits32, "67 e3 fe", "jcxz 1"),
            (.bits32, "f3 a4", "rep movsb"), (.bits32, "f3 a7", "repe cmpsd"), (.bits32, "f2 a6", "repne cmpsb"),
            (.bits32, "f3 c3", "ret"),
            (.bits32, "64 a5", "movsd dword ptr es:[edi], dword ptr fs:[esi]"), (.bits32, "67 aa", "stosb byte ptr es:[di], al"),
            (.bits32, "65 d7", "xlatb gs:[ebx]"), (.bits32, "66 6f", "outsw"), (.bits32, "2e ad", "lodsd eax, dword ptr cs:[esi]"),
            (.bits32, "ff 2d 78 56 34 12", "jmp far [0x12345678]"), (.bits64, "8b 05 10 00 00 00", "mov eax, [rip+0x10]"),
            (.bits64, "67 8b 05 10 00 00 00", "mov eax, [eip+0x10]"), (.bits64, "48 c7 c0 ff ff ff ff", "mov rax, -1"),
            (.bits64, "8b 04 25 f0 ff ff ff", "mov eax, [0xfffffffffffffff0]"), (.bits32, "8b 04 65 04 00 00 00", "mov eax, [4]"),
            (.bits64, "48 a1 88 77 66 55 44 33 22 11", "mov rax, [0x1122334455667788]"), (.bits32, "82 c0 ff", "add al, 0xff"),
            (.bits32, "d0 f0", "shl al, 1"), (.bits32, "f6 c8 01", "test al, 1"), (.bits32, "d6", "salc"), (.bits32, "f1", "int1"),
            (.bits32, "dc d1", "fcom2 st(1)"), (.bits32, "df c1", "ffreep st(1)"), (.bits32, "0f ff c1", "ud0 eax, ecx"),
            (.bits32, "83 e0 f0", "and eax, 0xfffffff0"), (.bits32, "83 c0 f0", "add eax, -0x10"),
            (.bits32, "0f 04", "(invalid opcode)"),
            (.bits32, "81", "(bytes end)"), (.bits16, "e9 fd ff", "jmp 0"), (.bits16, "eb f0", "jmp 0xfff2"),
            (.bits32, "eb f0", "jmp 0xfffffff2"),
        ]
        for (codeSize, hex, text) in cases {
            #expect(Decoder(codeSize: codeSize, features: .all).decode(bytes(hex)).text() == text, "\(codeSize) \(hex)")
        }
    }

    @Test("A walk over bytes prints what is no instruction as db") func disassembly() {
        let lines = Array(Disassembly(bytes("b8 01 00 0f 04 90 cd"), at: 0x7C00, codeSize: .bits16))
        #expect(lines.map(\.text) == ["mov ax, 1", "db 0x0f", "add al, 0x90", "db 0xcd"])
        #expect(lines.map(\.address) == [0x7C00, 0x7C03, 0x7C04, 0x7C06])
        #expect(lines.map(\.bytes.count) == [3, 1, 2, 1])
        #expect(Array(Disassembly([], codeSize: .bits64)).isEmpty)
    }

    @Test("A reference card") func card() throws {
        let add = try #require(ReferenceCard.card(of: Decoder(codeSize: .bits32, features: .all).decode(bytes("83 c0 01"))))
        #expect(
            add.text == """
                ADD r/m16/32/64, imm8
                  encoding   83 /0 ib
                  since      8086
                  flags      written: OF SF ZF AF PF CF
                  privilege  any ring
                  operation  DEST <- DEST + SRC
                  faults     #GP(0), #SS(0) for SS: beyond the segment's limit, a null selector, not readable or not writable
                             #PF: no page, or one that does not allow the access
                             #AC: not aligned, in ring 3 with CR0.AM and EFLAGS.AC
                             #UD: LOCK, unless the destination is memory
                """)
        #expect(ReferenceCard.cards(mnemonic: "JZ").count == 2)
        #expect(ReferenceCard.cards(mnemonic: "sal").count == ReferenceCard.cards(mnemonic: "shl").count)
        #expect(ReferenceCard.cards(mnemonic: "stos").count == 2 && ReferenceCard.cards(mnemonic: "Jcc").count == 32)
        #expect(ReferenceCard.cards(mnemonic: "fsave").count == 1)
        #expect(ReferenceCard.cards(mnemonic: "nosuch").isEmpty)
        #expect(ReferenceCard.cards(mnemonic: "bswap").first?.row.encoding == "0F C8+r")
        #expect(ReferenceCard.cards(mnemonic: "ffree").first?.row.encoding == "DD C0+i")
    }
}
