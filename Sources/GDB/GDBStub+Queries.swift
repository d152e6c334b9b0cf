import Inspection
import Processor

/// `q`, `Q` and `v` packets.
extension GDBStub {
    func answerQuery(_ cursor: inout PacketCursor) -> Answer {
        if cursor.skip("Supported") { return Self.text(supported) }
        if cursor.skip("Xfer:features:read:target.xml:") {
            return part(of: description.xml, &cursor)
        }
        if cursor.skip("Xfer:memory-map:read::") { return part(of: memoryMap, &cursor) }
        if cursor.skip("Rcmd,") { return command(&cursor) }
        // A processor is a thread.
        if cursor.skip("fThreadInfo") { return Self.text("m" + debugger.pc.processors.map(threadID).joined(separator: ",")) }
        if cursor.skip("sThreadInfo") { return Self.text("l") }
        if cursor.skip("ThreadExtraInfo,") {
            guard let cpu = thread(&cursor) else { return Self.refuse(.badRequest) }
            let isHalted = cpu.state.activity.awaitsInterrupt || cpu.state.activity == .waitForSIPI
            return .reply([PacketWriter.hex("CPU \(cpu.number) [\(isHalted ? "halted" : "running")]".utf8)])
        }
        if cursor.skip("Attached") { return Self.text("1") }
        if cursor.skip("Symbol:") { return Self.ok }
        if cursor.skip("qemu.PhyMemMode") { return Self.text(usesPhysicalAddresses ? "1" : "0") }
        if cursor.skip("qemu.sstepbits") { return Self.text("ENABLE=1,NOIRQ=2,NOTIMER=4") }
        if cursor.skip("qemu.sstep") { return Self.text(debugger.stepsIntoInterrupts ? "0x1" : "0x7") }
        if cursor.isAtEnd { return Self.unknown }
        return cursor.skip("C") && cursor.isAtEnd ? Self.text("QC" + threadID(debugger.pc.observed)) : Self.unknown
    }

    private var supported: String {
        var features = [
            "PacketSize=\(hexDigits(UInt64(Self.packetSize), 1, uppercase: false))", "qXfer:features:read+",
            "qXfer:memory-map:read+",
            "QStartNoAckMode+",
            "vContSupported+",
            "swbreak+", "hwbreak+",
        ]
        if past != nil { features += ["ReverseStep+", "ReverseContinue+"] }
        return features.joined(separator: ";")
    }

    /// gdb asks once, refuses all that is left out, and never writes to what is a ROM. Addresses are linear ones, and page tables lead them elsewhere while it
    /// believes what it was told: so all is RAM, and only what is no address is left out. An end of 2^64 is 0.
    private var memoryMap: String {
        let half: UInt64 = 1 << 47
        let isLong = debugger.pc.cpu.model.features.hasLongMode
        let starts: [UInt64] = isLong ? [0, 0 &- half] : [0]
        let length = String(isLong ? half : 1 << 32, radix: 16)
        let entries = starts.map { #"<memory type="ram" start="0x\#(String($0, radix: 16))" length="0x\#(length)"/>"# }
        return #"<?xml version="1.0"?><!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" "#
            + #""http://sourceware.org/gdb/gdb-memory-map.dtd"><memory-map>\#(entries.joined())</memory-map>"#
    }

    /// A piece of a document: `m` before it when there is more, `l` when there is not.
    private func part(of document: String, _ cursor: inout PacketCursor) -> Answer {
        guard let (offset, count) = cursor.pair() else { return Self.refuse(.badRequest) }
        let bytes = Array(document.utf8)
        let first = Int(min(offset, UInt64(bytes.count)))
        // Escapes may double a byte.
        let room = UInt64(Self.packetSize / 2 - 8)
        let piece = bytes[first...].prefix(Int(min(count, room)))
        return .reply([[UInt8(ascii: first + piece.count < bytes.count ? "m" : "l")] + piece])
    }

    /// `monitor`: a command of the debugger, its answer in pieces that fit.
    private func command(_ cursor: inout PacketCursor) -> Answer {
        guard let bytes = cursor.hexBytes() else { return Self.refuse(.badRequest) }
        let line = String(decoding: bytes, as: UTF8.self)
        let text = (architecture(line) ?? monitor(line)).map { $0 + "\n" }.joined()
        let digits = PacketWriter.hex(text.utf8.prefix(1 << 20))
        let room = (Self.packetSize - 16) / 2 * 2
        var replies = stride(from: 0, to: digits.count, by: room).map {
            [UInt8(ascii: "O")] + digits[$0..<min($0 + room, digits.count)]
        }
        replies.append(Array("OK".utf8))
        return .reply(replies)
    }

    /// `monitor architecture`: how an x86-64 processor is described from now on, and which registers packets have. gdb takes another architecture
    /// only with another description, and asks for one again at `unset tdesc filename`.
    private func architecture(_ line: String) -> [String]? {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.first == "architecture" else { return nil }
        let name = words.count == 2 ? String(words[1]) : ""
        switch (name, description) {
        case ("i8086", .x86_64), ("i386", .x86_64):
            description = name == "i386" ? .visited386 : .visited8086
            return ["32-bit registers from now on; tell gdb: unset tdesc filename, then set architecture \(name)"]
        case ("auto", .visited8086), ("auto", .visited386):
            (description, answersShortly) = (.x86_64, true)
            return ["64-bit registers from now on; tell gdb: unset tdesc filename, then set architecture auto"]
        default:
            return [
                "architecture i8086, i386, auto: which registers gdb is given; now those of "
                    + (description == .x86_64 ? "x86-64" : "i386")
            ]
        }
    }

    func answerSetting(_ cursor: inout PacketCursor) -> Answer {
        if cursor.skip("StartNoAckMode") {
            stopUsingAcknowledgements()
            return Self.ok
        }
        if cursor.skip("qemu.PhyMemMode:") {
            usesPhysicalAddresses = cursor.number() == 1
            return Self.ok
        }
        if cursor.skip("qemu.sstep") {
            guard cursor.skip("=") || cursor.skip(":") else { return Self.refuse(.badRequest) }
            _ = cursor.skip("0x")
            guard let bits = cursor.number() else { return Self.refuse(.badRequest) }
            debugger.stepsIntoInterrupts = bits & 2 == 0
            return Self.ok
        }
        return Self.unknown
    }

    func answerLong(_ cursor: inout PacketCursor) -> Answer {
        if cursor.skip("Cont?") { return Self.text("vCont;c;C;s;S;r") }
        if cursor.skip("Cont") { return continuation(&cursor) }
        if cursor.skip("Kill") { return .kill(replies: true) }
        if cursor.skip("Run") {
            restart()
            return .reply([currentStop])
        }
        return Self.unknown
    }

    /// `;action[:thread]`, again for other threads: the first one that is a step says which processor makes it. The others have their turns meanwhile,
    /// unless there is one action, for one thread.
    private func continuation(_ cursor: inout PacketCursor) -> Answer {
        var motion: Motion?
        var actions = 0
        var namesOne = false
        while cursor.skip(";"), let letter = cursor.byte() {
            actions += 1
            var step: Motion?
            switch Character(UnicodeScalar(letter)) {
            case "c": break
            case "C", "S":
                guard cursor.number() != nil else { return Self.refuse(.badRequest) }
                if letter == UInt8(ascii: "S") { step = .step }
            case "s": step = .step
            case "r":
                guard let (first, end) = cursor.pair() else { return Self.refuse(.badRequest) }
                step = first < end ? .stepOut(of: first..<end) : .step
            default: return Self.refuse(.badRequest)
            }
            var cpu: CPU?
            if cursor.skip(":") {
                var ahead = cursor
                let isAny = ahead.skip("-1") || ahead.number() == 0
                guard let named = thread(&cursor) else { return Self.refuse(.badRequest) }
                if !isAny { (cpu, namesOne) = (named, true) }
            }
            if motion == nil, let cpu, !cpu.isAlone, step != nil || actions == 1 { debugger.pc.focus = cpu.number }
            if motion == nil { motion = step }
        }
        isLocked = actions == 1 && (motion != nil || namesOne) && debugger.pc.processors.count > 1
        return cursor.isAtEnd ? .resume(motion ?? .go) : Self.refuse(.badRequest)
    }

    // MARK: Threads

    /// Two digits: processors count from 0, threads from 1.
    func threadID(_ cpu: CPU) -> String { hexDigits(UInt64(cpu.number) + 1, 2, uppercase: false) }

    /// The processor that is a thread, by its number; 0, -1 and nothing are any, and leave it at the one that is looked at. nil for one that is not there.
    func thread(_ cursor: inout PacketCursor) -> CPU? {
        let pc = debugger.pc
        if cursor.isAtEnd || cursor.skip("-1") { return pc.observed }
        guard let number = cursor.number(), number <= UInt64(pc.processors.count) else { return nil }
        return number == 0 ? pc.observed : pc.processors[Int(number) - 1]
    }

    /// `Hg`: whose registers and memory are meant from now on. `Hc` says with whom older packets go on.
    func chooseThread(_ cursor: inout PacketCursor) -> Answer {
        guard cursor.byte() != nil, let cpu = thread(&cursor) else { return Self.refuse(.badRequest) }
        if !cpu.isAlone { debugger.pc.focus = cpu.number }
        return Self.ok
    }
}
