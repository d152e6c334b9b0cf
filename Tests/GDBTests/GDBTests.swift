import Board
import MachineKit
import Testing

@testable import Debugging
@testable import GDB

@Suite struct GDBPacketTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func aPacketIsTakenApartHoweverItArrives() {
        let stream = bytes("+$qC#b4-\u{3}$m0,4#fd")
        let expected: [PacketReader.Event] = [.acknowledged, .packet(bytes("qC")), .refused, .interrupt, .packet(bytes("m0,4"))]
        var reader = PacketReader()
        #expect(reader.take(stream) == expected)
        for byte in stream.indices {
            var reader = PacketReader()
            #expect(reader.take(stream[..<byte]) + reader.take(stream[byte...]) == expected, "cut at \(byte)")
        }
    }

    @Test func damageIsOneEvent() {
        var reader = PacketReader()
        #expect(reader.take(bytes("$qC#b5$qC#xy$qC#b4")) == [.damaged, .damaged, .packet(bytes("qC"))])
        // A packet that lost its end, and bytes between packets.
        #expect(reader.take(bytes("noise$abc$qC#b4")) == [.packet(bytes("qC"))])
        let long = bytes("$") + [UInt8](repeating: 65, count: PacketReader.limit + 1) + bytes("#00")
        #expect(reader.take(long) == [.damaged])
        #expect(reader.take(bytes("$#00")) == [.packet([])])
        // 03h inside a packet is data.
        #expect(reader.take(bytes("$\u{3}#03")) == [.packet([3])])
    }

    @Test func escapesAreUndone() {
        var reader = PacketReader()
        let body = bytes("X0,2:}") + [0x03, 0x7D, 0x5D]
        let sum = body.reduce(UInt8(0), &+)
        #expect(reader.take(bytes("$") + body + bytes("#") + PacketWriter.hex([sum])) == [.packet(bytes("X0,2:#") + [0x7D])])
    }

    /// What gdb makes of a reply.
    private func decoded(_ packet: [UInt8]) -> [UInt8]? {
        guard packet.first == 0x24, packet.count >= 4, packet[packet.count - 3] == 0x23 else { return nil }
        let body = packet[1..<packet.count - 3]
        guard PacketWriter.hex([body.reduce(UInt8(0), &+)]) == Array(packet.suffix(2)), !body.contains(0x24), !body.contains(0x23)
        else { return nil }
        var plain: [UInt8] = []
        var index = body.startIndex
        while index < body.endIndex {
            if body[index] == 0x7D {
                plain.append(body[index + 1] ^ 0x20)
                index += 2
            } else if body[index] == 0x2A {
                guard let last = plain.last else { return nil }
                plain += [UInt8](repeating: last, count: Int(body[index + 1]) - 29)
                index += 2
            } else {
                plain.append(body[index])
                index += 1
            }
        }
        return plain
    }

    @Test func repliesSurviveTheirWay() {
        var state: UInt64 = 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let letters = bytes("0#$*}ab")
        for _ in 0..<2000 {
            var body: [UInt8] = []
            for _ in 0..<next(6) {
                body += [UInt8](repeating: next(4) == 0 ? UInt8(next(256)) : letters[next(letters.count)], count: 1 + next(300))
            }
            #expect(decoded(PacketWriter.packet(body)) == body)
        }
        for count in 1...300 {
            let body = [UInt8](repeating: 0x30, count: count)
            let packet = PacketWriter.packet(body)
            #expect(decoded(packet) == body)
            #expect(count < 5 || packet.count < body.count + 4, "runs are shortened")
        }
    }

    @Test func numbersHaveBounds() {
        var cursor = PacketCursor(bytes("12ab,10:rest"))
        #expect(cursor.pair().map { [$0.0, $0.1] } == [0x12AB, 0x10])
        #expect(cursor.skip(":") && cursor.rest == bytes("rest"))
        cursor = PacketCursor(bytes("12345678123456789"))
        #expect(cursor.number() == nil)
        cursor = PacketCursor([])
        #expect(cursor.number() == nil && cursor.byte() == nil && cursor.pair() == nil)
        #expect(PacketCursor.bytes(fromHex: bytes("0aF")) == nil && PacketCursor.bytes(fromHex: bytes("0g")) == nil)
    }
}

@Suite struct GDBStubTests {
    /// mov eax, 1; inc eax; mov [200000h], eax; jmp to the inc
    private static let code: [UInt8] = [0xB8, 1, 0, 0, 0, 0x40, 0xA3, 0, 0, 0x20, 0, 0xEB, 0xF8]

    private func stub() throws -> GDBStub { GDBStub(Debugger(try Guests.entered(Self.code)), is32Bit: true) }

    private func text(_ answer: GDBStub.Answer) -> String? {
        guard case .reply(let replies) = answer, let last = replies.last else { return nil }
        return String(decoding: last, as: UTF8.self)
    }

    private func ask(_ stub: GDBStub, _ packet: String) -> String? { text(stub.answer(Array(packet.utf8))) }

    @Test func registersHaveQEMUsOrder() throws {
        let names = GDBRegisters.i386.all.map(\.name)
        #expect(
            names.prefix(16) == [
                "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags", "cs", "ss", "ds", "es", "fs", "gs",
            ])
        #expect(names[16] == "st0" && names[24] == "fctrl" && names[31] == "fop" && names[32] == "xmm0" && names[40] == "mxcsr")
        #expect(Set(names).count == names.count)
        #expect(
            names.contains("gdtr_base") && names.contains("tr_limit") && names.contains("cs_attributes") && names.contains("dr7"))
        let stub = try stub()
        let all = try #require(ask(stub, "g"))
        #expect(all.utf8.count == 2 * GDBRegisters.i386.all.reduce(0) { $0 + $1.byteCount })
        var position = all.startIndex
        for (number, register) in GDBRegisters.i386.all.enumerated() {
            let end = all.index(position, offsetBy: 2 * register.byteCount)
            #expect(ask(stub, "p" + String(number, radix: 16)) == String(all[position..<end]), "\(register.name)")
            position = end
        }
        #expect(ask(stub, "p8") == "00001000")
    }

    @Test func registersOf64BitsHaveQEMUsOrder() throws {
        let names = GDBRegisters.x86_64.all.map(\.name)
        let first = [
            "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip",
            "eflags",
            "cs", "ss", "ds", "es", "fs", "gs", "fs_base", "gs_base", "k_gs_base", "cr0", "cr2", "cr3", "cr4", "cr8", "efer", "st0",
        ]
        #expect(Array(names.prefix(first.count)) == first)
        #expect(names[41] == "fctrl" && names[48] == "fop" && names[49] == "xmm0" && names[64] == "xmm15" && names[65] == "mxcsr")
        #expect(Set(names).count == names.count)
        let stub = GDBStub(Debugger(try Guests.entered(Self.code, model: .x86_64v2)))
        let xml = stub.description.xml
        #expect(xml.contains("<architecture>i386:x86-64</architecture>"))
        for (number, register) in GDBRegisters.x86_64.all.enumerated() {
            #expect(
                xml.contains(
                    "<reg name=\"\(register.name)\" bitsize=\"\(register.bits)\" type=\"\(register.type)\" regnum=\"\(number)\""))
        }
        let all = try #require(ask(stub, "g"))
        #expect(all.utf8.count == 2 * GDBRegisters.x86_64.all.reduce(0) { $0 + $1.byteCount })
        #expect(ask(stub, "p10") == "0000100000000000" && ask(stub, "?")?.contains("10:0000100000000000;") == true)
        #expect(ask(stub, "P8=8877665544332211") == "OK" && ask(stub, "p8") == "8877665544332211")
        #expect(ask(stub, "Z0,ffffffff80001000,1") == "OK" && ask(stub, "Z2,ffffffffffffff00,100") == "E16")
        // What gdb expects after `set architecture i8086`: 308 bytes, its own registers alone.
        #expect(ask(stub, "qRcmd,6172636869746563747572652069383038360a") == "OK")
        #expect(ask(stub, "g")?.utf8.count == 616 && ask(stub, "p8") == "00001000" && ask(stub, "p29") == "E16")
        #expect(ask(stub, "qRcmd,617263686974656374757265206175746f") == "OK" && ask(stub, "g") == String(all.prefix(128)))
    }

    @Test func registersAreSetAndRead() throws {
        let stub = try stub()
        for (number, register) in GDBRegisters.i386.all.enumerated() where register.write != nil && !register.isSelector {
            // Values that every field of the register can hold.
            let fits = [
                "eflags": "d7080000", "cr0": "31000000", "cr4": "00000000", "fop": "55050000", "dr6": "f00fffff",
                "ftag": "ffff0000",
            ]
            let wide = register.name.hasPrefix("f") || register.name == "mxcsr" || register.name.hasSuffix("_limit")
            let value =
                fits[register.name]
                ?? (register.byteCount == 4 ? (wide ? "34120000" : "78563412") : String(repeating: "5a", count: register.byteCount))
            let name = String(number, radix: 16)
            #expect(ask(stub, "P\(name)=\(value)") == "OK", "\(register.name)")
            #expect(ask(stub, "p\(name)") == value, "\(register.name)")
        }
        // The selector of a data segment brings its descriptor along; one that is in no table is refused.
        #expect(ask(stub, "Pc=18000000") == "E16" || ask(stub, "pc") == "18000000")
        let whole = try #require(ask(stub, "g"))
        #expect(ask(stub, "G" + whole) == "OK" && ask(stub, "g") == whole)
    }

    @Test func theDescriptionNamesEveryRegisterInOrder() throws {
        let xml = TargetDescription.i386.xml
        var rest = xml[...]
        for register in GDBRegisters.i386.all {
            let wanted = "<reg name=\"\(register.name)\" bitsize=\"\(register.bits)\""
            let found = try #require(rest.ranges(of: wanted).first, "\(register.name)")
            rest = rest[found.upperBound...]
        }
        #expect(xml.contains("<architecture>i386</architecture>"))
        #expect(TargetDescription.i8086.xml == xml.replacing("i386</arch", with: "i8086</arch"))
        // In pieces it is the same.
        let stub = try stub()
        var whole = ""
        while true {
            let piece = try #require(ask(stub, "qXfer:features:read:target.xml:\(String(whole.utf8.count, radix: 16)),7b"))
            whole += piece.dropFirst()
            if piece.first == "l" { break }
        }
        #expect(whole == xml)
    }

    @Test func memoryIsReadAndWritten() throws {
        let stub = try stub()
        #expect(ask(stub, "m100000,5") == "b801000000")
        #expect(ask(stub, "M200000,2:beef") == "OK" && ask(stub, "m200000,2") == "beef")
        #expect(text(stub.answer(Array("X200000,3:".utf8) + [0x00, 0xFF, 0x23])) == "OK" && ask(stub, "m200000,3") == "00ff23")
        #expect(ask(stub, "X200000,0:") == "OK")
        // ROM is read, not written; a length that does not agree is refused.
        #expect(ask(stub, "mfffffff0,1") == "ea" && ask(stub, "Mfffffff0,1:00") == "E0e")
        #expect(ask(stub, "M200000,2:be") == "E16" && ask(stub, "mzz") == "E16")
    }

    @Test func lookingChangesNothing() throws {
        let stub = try stub()
        let before = stub.debugger.pc.stateHash()
        for address in ["0", "a0000", "b8000", "c0000", "fff00", "100000", "3ffff0", "400000", "e0000000", "fffffff0", "ffffffff"] {
            _ = ask(stub, "m\(address),200")
        }
        for packet in [
            "g", "?", "qSupported", "qXfer:features:read:target.xml:0,3fff", "qfThreadInfo", "Z0,100000,1", "z0,100000,1",
            "Z3,200000,4",
        ] {
            _ = ask(stub, packet)
        }
        #expect(stub.debugger.pc.stateHash() == before)
    }

    @Test func theBeginningOfThePastIsTold() throws {
        let stub = try stub()
        let reply = String(decoding: stub.stopReply(for: StopReport(.beginning, stub.debugger.pc)), as: UTF8.self)
        #expect(reply.hasPrefix("T05replaylog:begin;thread:01;"))
    }

    @Test func pointsStopAndLeaveNoTrace() throws {
        let stub = try stub()
        #expect(ask(stub, "Z0,100006,1") == "OK" && ask(stub, "m100006,1") == "a3", "nothing is written into the guest")
        #expect(ask(stub, "Z2,200000,4") == "OK")
        guard case .resume(let motion) = stub.answer(Array("vCont;c:1".utf8)) else { return #expect(Bool(false)) }
        var stop = String(decoding: stub.stopReply(for: stub.move(motion)), as: UTF8.self)
        #expect(stop.hasPrefix("T05swbreak:;thread:01;08:06001000;"), "\(stop)")
        stop = String(decoding: stub.stopReply(for: stub.move(.go)), as: UTF8.self)
        #expect(stop.hasPrefix("T05watch:00200000;thread:01;08:0b001000;"), "\(stop)")
        #expect(ask(stub, "z2,200000,4") == "OK" && ask(stub, "z0,100006,1") == "OK" && stub.debugger.points.isEmpty)
        #expect(ask(stub, "m200000,4") == "02000000")
        stop = String(decoding: stub.stopReply(for: stub.move(.step)), as: UTF8.self)
        #expect(stop.hasPrefix("T05thread:01;08:05001000;"), "\(stop)")
        stop = String(decoding: stub.stopReply(for: stub.move(.stepOut(of: 0x10_0005..<0x10_000B))), as: UTF8.self)
        #expect(stop.hasPrefix("T05thread:01;08:0b001000;"), "\(stop)")
        #expect(ask(stub, "Z2,fffffffe,4") == "E16" && ask(stub, "Z2,0,0") == "E16" && ask(stub, "Z5,0,1")?.isEmpty == true)
        for number in 0..<4096 { _ = ask(stub, "Z0,\(String(number, radix: 16)),1") }
        #expect(ask(stub, "Z0,5000,1") == "E1c")
        _ = ask(stub, "?")
        #expect(stub.debugger.points.isEmpty)
    }

    @Test func queriesAreAnswered() throws {
        let stub = try stub()
        #expect(
            ask(stub, "qSupported:multiprocess+;swbreak+")?.contains(
                "PacketSize=4000;qXfer:features:read+;qXfer:memory-map:read+;QStartNoAckMode+") == true)
        #expect(ask(stub, "qXfer:memory-map:read::0,1000")?.contains("type=\"ram\"") == true)
        #expect(ask(stub, "qSupported")?.contains("Reverse") == false, "only what works is offered")
        stub.past = GDBStub.Past(stepBack: { stub.move(.step) }, goBack: { stub.move(.step) })
        #expect(ask(stub, "qSupported")?.contains("ReverseStep+;ReverseContinue+") == true)
        #expect(stub.answer(Array("bs".utf8)) == .resume(.stepBack) && stub.answer(Array("bc".utf8)) == .resume(.goBack))
        #expect(
            ask(stub, "qC") == "QC01" && ask(stub, "qfThreadInfo") == "m01" && ask(stub, "qsThreadInfo") == "l"
                && ask(stub, "qAttached") == "1")
        #expect(ask(stub, "vCont?") == "vCont;c;C;s;S;r" && ask(stub, "vMustReplyEmpty")?.isEmpty == true)
        stub.monitor = { [$0, "#$}*"] }
        let answer = stub.answer(Array("qRcmd,".utf8) + PacketWriter.hex("info gdt".utf8))
        #expect(answer == .reply([Array("O".utf8) + PacketWriter.hex("info gdt\n#$}*\n".utf8), Array("OK".utf8)]))
        #expect(stub.answer(Array("D".utf8)) == .detach && stub.answer(Array("vKill;1".utf8)) == .kill(replies: true))
    }

    /// Malformed packets are survived: no trap, no growth, and every reply fits into a packet.
    @Test func noiseIsSurvived() throws {
        let stub = try stub()
        let words = [
            "g", "G", "p", "P", "m", "M", "X", "Z0", "Z2", "z0", "vCont;", "vCont;r", "qRcmd,", "qXfer:features:read:target.xml:",
            "qSupported", "Qqemu.sstep=",
            "QStartNoAckMode", "H", "c", "s", "C", "S", "b", "bs", "?", "k", "D", "R", "!", "T", "v", "q", "Q", "",
            "ffffffffffffffff", ",", ":", ";", "=",
            "0", "100000", "1", "7fffffff", "-1", "zz", "00", "a", "fffff000",
        ]
        var state: UInt64 = 7
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<20_000 {
            var packet: [UInt8] = []
            for _ in 0..<1 + next(6) {
                packet += Array(words[next(words.count)].utf8)
                if next(8) == 0 { packet.append(UInt8(next(256))) }
            }
            guard case .reply(let replies) = stub.answer(packet) else { continue }
            for reply in replies { #expect(reply.count <= PacketReader.limit, "\(String(decoding: packet, as: UTF8.self))") }
            #expect(stub.debugger.points.count <= 4096)
        }
        var reader = PacketReader()
        for _ in 0..<2000 { _ = reader.take((0..<64).map { _ in UInt8(next(4) == 0 ? 0x24 : next(256)) }) }
        #expect(ask(stub, "qC") == "QC01")
    }
}
