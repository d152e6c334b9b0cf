import Chips
import Testing
import Wiring

@testable import Board

@Suite struct MapsTests {
    static func machine(_ change: (inout PC.Configuration) -> Void = { _ in }) throws -> PC {
        var configuration = PC.Configuration()
        configuration.memoryBytes = 4 << 20
        change(&configuration)
        return try PC(configuration)
    }

    @Test func overlappingPortsAreAnError() {
        let device = PostCodePort()
        #expect(throws: BoardError.portOverlap("one", "two", at: 0x12)) {
            try PortSpace([PortRange("one", 0x10...0x12, device), PortRange("two", 0x12...0x13, device)])
        }
    }

    @Test func overlappingRegionsAreAnError() {
        #expect(throws: BoardError.addressOverlap("one", "two", at: 0x1000)) {
            try MemoryMap([MappedRegion("two", 0x1000..<0x3000, Cells()), MappedRegion("one", 0..<0x2000, Cells())])
        }
    }

    /// A device that remembers what it was asked.
    final class Recorder: PortDevice {
        var writes: [String] = []
        func read(offset: Int) -> UInt8 { UInt8(0x40 + offset) }
        func peek(offset: Int) -> UInt8 { 0 }
        func write(offset: Int, value: UInt8) { writes.append("\(offset)=\(value)") }
        func write(offset: Int, width: AccessWidth, value: UInt32) { writes.append("\(offset)/\(width.rawValue)=\(value)") }
    }

    @Test func wideAccessesAreSplitOnlyWhereTheOwnerChanges() throws {
        let one = Recorder()
        let space = try PortSpace([PortRange("one", 0x10...0x13, one, offset: 4), PortRange("two", 0x14, Recorder())])
        let table = space.table
        func isDevice(_ port: UInt16, _ width: AccessWidth, offset: Int) -> Bool {
            guard case .chip(let chip) = table.target(port, width) else { return false }
            return chip.read() == UInt8(0x40 + offset)
        }
        func isSplit(_ port: UInt16, _ width: AccessWidth) -> Bool {
            if case .split = table.target(port, width) { true } else { false }
        }
        func isUnconnected(_ port: UInt16, _ width: AccessWidth) -> Bool {
            if case .unconnected = table.target(port, width) { true } else { false }
        }
        #expect(isDevice(0x10, .doubleword, offset: 4))
        #expect(isDevice(0x12, .word, offset: 6))
        #expect(isDevice(0x13, .byte, offset: 7))
        #expect(isSplit(0x13, .word))
        #expect(isSplit(0x11, .doubleword))
        #expect(isSplit(0x0F, .word))
        #expect(isUnconnected(0x15, .doubleword))
        #expect(isUnconnected(0xFFFF, .byte))
        #expect(isSplit(0xFFFF, .word))
        #expect(isUnconnected(PortMap.configurationAddress, .doubleword))
    }

    /// A card's ports come and go while the table stays where it is, in front of the board's and behind the host bridge's.
    @Test func portsMoveWhileTheGuestRuns() throws {
        let (board, card, bridge) = (Recorder(), Recorder(), Recorder())
        let space = try PortSpace(
            [
                PortRange("board", 0x10...0x1F, board), PortRange("bridge", 0x18, bridge, priority: .hostBridge),
                PortRange("reset control", 0xCF9, board, priority: .hostBridge),
            ], register: bridge)
        let table = space.table
        func owner(_ port: UInt16) -> (any PortDevice)? {
            if case .chip(let chip) = table.target(port, .byte) { chip.device } else { nil }
        }
        #expect(space.connect(card: PortRange("card", 0x14...0x23, card)) == "bridge")
        #expect(owner(0x13) === board && owner(0x14) === card && owner(0x18) === bridge && owner(0x23) === card)
        #expect(space.connect(card: PortRange("second", 0x20...0x2F, board)) == "card", "the first one wins")
        #expect(owner(0x23) === card && owner(0x24) === board)
        space.disconnect("card")
        #expect(owner(0x14) === board && owner(0x18) === bridge && owner(0x20) === board && owner(0x30) == nil)
        #expect(space.connect(card: PortRange("end", 0xFFF8...0xFFFF, card)) == nil && owner(0xFFFF) === card)
        if case .chip(let chip) = table.target(PortMap.configurationAddress, .doubleword) {
            chip.write(.doubleword, 1)
            #expect(bridge.writes == ["0/4=1"])
        } else {
            Issue.record("a doubleword at CF8h is not the register's")
        }
    }

    /// Memory that counts its accesses.
    final class Cells: MemoryDevice {
        var last: (offset: Int, value: UInt8)?
        func readMemory(offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: offset >> 12) }
        func peekMemory(offset: Int) -> UInt8 { readMemory(offset: offset) }
        func writeMemory(offset: Int, value: UInt8) { last = (offset, value) }
    }

    @Test func theHigherPriorityAnswersAndReadsAndWritesMayDiffer() throws {
        let (ram, rom, card) = (Cells(), Cells(), Cells())
        let map = try MemoryMap([
            MappedRegion("rom", 0x2000..<0x4000, rom), MappedRegion("ram", 0x8000..<0x9000, ram),
            MappedRegion("card", 0..<0x10000, card, priority: .card),
        ])
        func reader(_ address: UInt64) -> (any MemoryDevice)? { map.segment(at: address)?.pointee.reader?.device }
        func writer(_ address: UInt64) -> (any MemoryDevice)? { map.segment(at: address)?.pointee.writer?.device }
        #expect(reader(0x1FFF) === card && reader(0x2000) === rom && reader(0x4000) === card && reader(0x8FFF) === ram)
        #expect(reader(0x10000) == nil)
        #expect(map.segment(at: 0x4000)?.pointee.reader?.offset(0x4000) == 0x4000)
        let shadow = MappedRegion("shadow", 0x3000..<0x4000, ram, offset: 0x3000, priority: .hostBridge, accesses: .writes)
        #expect(map.replace(where: { _ in false }, by: [shadow]) == [0x3000..<0x4000])
        #expect(reader(0x3000) === rom && writer(0x3000) === ram && writer(0x2000) === rom)
        #expect(map.replace(where: { $0.name == "card" }, by: []) == [0..<0x2000, 0x4000..<0x8000, 0x9000..<0x10000])
        #expect(reader(0) == nil && writer(0x3000) === ram)
    }

    /// A block crosses from RAM to the VGA's window, a hole and the ROM; each gets its part, and the code that was there is dropped.
    @Test func busMastersMoveBlocks() throws {
        let pc = try Self.machine()
        var entries: [String] = []
        pc.log.listener = { entries.append($0.description) }
        let block = [UInt8](repeating: 0x5A, count: 0x2000)
        block.withUnsafeBytes { pc.bus.write(physical: 0x9_F000, from: $0, by: .busMaster("dma1")) }
        #expect(pc.peek(physical: 0x9_FFFF) == 0x5A)
        block.withUnsafeBytes { pc.bus.write(physical: 0xB_FFFF, from: $0, by: .busMaster("dma1")) }
        block.withUnsafeBytes { pc.bus.write(physical: 0xF_FFFF, from: $0, by: .busMaster("dma1")) }
        #expect(pc.peek(physical: 0xF_FFFF) != 0x5A && pc.peek(physical: 0x10_1FFE) == 0x5A)
        var read = [UInt8](repeating: 0, count: 0x4000)
        read.withUnsafeMutableBytes { pc.bus.read(physical: 0x3F_F000, into: $0, by: .busMaster("dma1")) }
        #expect(read[0] == 0 && read[0xFFF] == 0 && read[0x1000] == 0xFF && read[0x3FFF] == 0xFF, "RAM ends at 4 MB")
        #expect(entries.contains { $0.hasPrefix("dma1: memory 000C0000h is not connected; the write is lost") }, "\(entries)")
        #expect(entries.contains { $0.hasPrefix("dma1: a write to the ROM at 000FF000h") })
    }

    /// CF8h as PCI's address register takes doublewords alone: on a board without it nobody hears them, and CF9h hears its bytes and words.
    @Test func aDoublewordToTheConfigurationAddressReachesNoReset() throws {
        let reset = Recorder()
        let space = try PortSpace([PortRange("reset", 0xCF9, reset)])
        let table = space.table
        defer { withExtendedLifetime(space) {} }
        func words(_ port: UInt16, _ width: AccessWidth) -> String {
            switch table.target(port, width) {
            case .chip: "device"
            case .split: "split"
            case .unconnected: "nothing"
            }
        }
        #expect(words(0xCF8, .doubleword) == "nothing" && words(0xCF8, .word) == "split" && words(0xCF8, .byte) == "nothing")
        #expect(words(0xCF9, .byte) == "device" && words(0xCF9, .word) == "split" && words(0xCF7, .doubleword) == "split")
        let pc = try Self.machine()
        pc.bus.writePort(0xCF8, .doubleword, 0x8000_0600)
        #expect(pc.run(until: 1) == .limit && pc.pendingRequest == nil)
        pc.bus.writePort(0xCF8, .word, 0x0600)
        #expect(pc.pendingRequest != nil)
    }

    /// The firmware's looks for hardware that may be there are told apart, and not counted.
    @Test func probesOfTheFirmwareAreNotTheGuests() throws {
        let pc = try Self.machine()
        var entries: [DiagnosticLog.Entry] = []
        pc.log.listener = { entries.append($0) }
        pc.log.isInROM = { true }
        _ = pc.bus.readPort(0x3E4, .byte)
        #expect(entries.map(\.isProbe) == [true] && pc.log.counts[.unmapped] == nil)
        pc.log.isInROM = { false }
        _ = pc.bus.readPort(0x3E5, .byte)
        #expect(entries.map(\.isProbe) == [true, false] && pc.log.counts[.unmapped] == 1)
    }

    /// One is said as one.
    @Test func talliesCountInWords() throws {
        let pc = try Self.machine()
        pc.log.now = { (DiagnosticLog.Site(cs: 8, rip: 0x1000), 7) }
        pc.log.report(Diagnostic(chip: "x", message: "y", unit: "bytes lost"))
        #expect(pc.log.tallies.map(\.description) == ["x: y: 1 byte lost (at 0008:00001000)"])
        pc.log.report(Diagnostic(chip: "x", message: "y", unit: "bytes lost"))
        #expect(pc.log.tallies.map(\.description) == ["x: y: 2 bytes lost (at 0008:00001000)"])
        for (unit, one) in [
            ("key movements lost", "key movement lost"), ("times without effect", "time without effect"),
            ("reads of nothing", "read of nothing"),
        ] {
            #expect(Diagnostic(chip: "", message: "", unit: unit).counted(1) == "1 \(one)")
        }
    }

    @Test func nothingReadsAsOnes() throws {
        let pc = try Self.machine()
        #expect(pc.bus.readPort(0x3E4, .byte) == 0xFF)
        #expect(pc.bus.readPort(0xFFF0, .doubleword) == 0xFFFF_FFFF)
        #expect(pc.bus.readMemory(0xC_0000, .doubleword) == 0xFFFF_FFFF)
        #expect(pc.bus.readMemory(0xD000_0000, .word) == 0xFFFF)
        #expect(pc.bus.readMemory(0xFFFF_FFFF_F000, .byte) == 0xFF)
        #expect(pc.bus.page(at: 0x40_0000).read == nil)
        #expect(pc.bus.readPort(0xE9, .byte) == 0xE9)
    }

    @Test func memoryIsWhereThePCHasIt() throws {
        let pc = try Self.machine()
        for address: UInt64 in [0, 0x9_F000, 0x10_0000, 0x3F_F000] {
            let page = pc.bus.page(at: address)
            #expect(page.write == pc.memory.base + Int(address), "\(String(address, radix: 16))")
            #expect(page.read == page.write)
        }
        #expect(pc.bus.page(at: 0xA_0000).read == nil)
        #expect(pc.bus.page(at: 0xF_F000).write == nil)
        #expect(pc.bus.page(at: 0xF_F000).read == pc.bus.page(at: 0xFFFF_F000).read)
        #expect(pc.peek(physical: 0xF_FFF0) == 0xEA, "the reset vector holds a far jump")
        pc.bus.writeMemory(0x10_0001, .doubleword, 0x1234_5678)
        #expect(pc.bus.readMemory(0x10_0002, .word) == 0x3456)
        pc.bus.writeMemory(0xF_FFF0, .byte, 0)
        #expect(pc.peek(physical: 0xF_FFF0) == 0xEA, "ROM does not change")
    }

    @Test func eachSiteIsReportedOnce() throws {
        let pc = try Self.machine()
        var entries: [String] = []
        pc.log.listener = { entries.append($0.description) }
        var site = DiagnosticLog.Site(cs: 8, rip: 0x1000)
        #expect(site.description == "0008:00001000")
        #expect(DiagnosticLog.Site(cs: 8, rip: 0xFFFF_8000_0010_0000).description == "0008:FFFF800000100000")
        pc.log.now = { (site, 7) }
        for _ in 0..<3 { _ = pc.bus.readPort(0x3E4, .byte) }
        #expect(entries == ["bus: port 03E4h is not connected; reads FFh (at 0008:00001000, tick 7)"])
        pc.bus.writePort(0x3E4, .byte, 1)
        site.rip = 0x1001
        _ = pc.bus.readPort(0x3E4, .byte)
        #expect(entries.count == 3)
        pc.log.report(Diagnostic(chip: "x", message: "y"))
        pc.log.report(Diagnostic(chip: "x", message: "y"))
        #expect(entries.count == 4)
        for port in 0..<10_000 {
            site.rip = UInt64(port)
            _ = pc.bus.readPort(0x3E4, .byte)
        }
        #expect(entries.count <= DiagnosticLog.limit)
        #expect(pc.log.isFull)
    }

    @Test func impossibleMachinesAreRefused() {
        for bytes: UInt64 in [0, 1, 1 << 19, (1 << 20) + 1, (32 << 30) + 4096, .max] {
            #expect(throws: BoardError.memorySize(bytes: bytes)) { try Self.machine { $0.memoryBytes = bytes } }
        }
        #expect(throws: BoardError.memoryBeyondAddresses(bytes: 4 << 30, "pentium")) {
            try Self.machine {
                $0.memoryBytes = 4 << 30
                $0.model = .pentium
            }
        }
        #expect(throws: BoardError.firmwareSize(bytes: 3)) { try Self.machine { $0.firmware = [1, 2, 3] } }
        #expect(throws: BoardError.rate(0)) { try Self.machine { $0.ticksPerSecond = 0 } }
    }

    @Test func theFirmwareIsWhole() {
        #expect(Firmware.builtIn.count == 0x1_0000)
        #expect(Firmware.decode("QUJD\n*2\nRA==\n") == Array("ABCABCABCD".utf8))
    }

    @Test func CMOSSaysWhatIsInstalled() throws {
        let pc = try Self.machine {
            $0.memoryBytes = 64 << 20
        }
        func word(_ address: Int) -> Int { Int(pc.parts.rtc.CMOS(address)) | Int(pc.parts.rtc.CMOS(address + 1)) << 8 }
        #expect(word(0x15) == 640)
        #expect(word(0x17) == 63 * 1024)
        #expect(word(0x30) == 63 * 1024)
        #expect(word(0x34) == 48 * 16)
        #expect(pc.parts.rtc.CMOS(0x10) == 0)
        #expect(pc.parts.rtc.CMOS(0x12) == 0)
        let sum = (0x10...0x2D).reduce(0) { $0 + Int(pc.parts.rtc.CMOS($1)) }
        #expect(Int(pc.parts.rtc.CMOS(0x2E)) << 8 | Int(pc.parts.rtc.CMOS(0x2F)) == sum)
    }

    @Test func memoryBeyond3GBIsAbove4GB() throws {
        let pc = try Self.machine { $0.memoryBytes = 5 << 30 }
        let end: UInt64 = 0x1_8000_0000
        #expect(pc.parts.rtc.CMOS(0x34) == 0 && pc.parts.rtc.CMOS(0x35) == 0xBF)
        #expect(pc.parts.rtc.CMOS(0x5B) == 0 && pc.parts.rtc.CMOS(0x5C) == 0x80 && pc.parts.rtc.CMOS(0x5D) == 0)
        pc.bus.writeMemory(0x1_0000_0000, .doubleword, 0x1234_5678)
        pc.bus.writeMemory(end - 4, .doubleword, 0x9ABC_DEF0)
        #expect(pc.bus.readMemory(0x1_0000_0000, .doubleword) == 0x1234_5678)
        #expect(pc.peek(physical: end - 1) == 0x9A)
        #expect(!pc.isRAM(at: 0xC000_0000) && pc.isRAM(at: 0xBFFF_F000) && pc.isRAM(at: end - 1) && !pc.isRAM(at: end))
        #expect(pc.configuration.memoryMap.isUsable(0x1_0000_0000..<end))
        #expect(!pc.configuration.memoryMap.isUsable(0..<0x1_0000_0000))
        #expect(AddressMap.physical(memoryOffset: 0xC000_0000) == 0x1_0000_0000)
    }

    @Test func A20OpensByEitherGate() throws {
        let pc = try Self.machine()
        #expect(pc.parts.keyboardController.a20.isHigh, "the 8042 opens A20 at power-on")
        pc.bus.writePort(0x92, .byte, 2)
        #expect(pc.parts.portA.a20.isHigh)
    }

    @Test func everyPartHasANameOfItsOwn() throws {
        let names = try Self.machine().parts.chips.map(\.name)
        #expect(Set(names).count == names.count)
    }

    /// A chip that is not among them is forgotten by reset, snapshots and the state's hash.
    @Test func everyPartIsAmongTheChips() throws {
        let parts = try Self.machine().parts
        let stateless: Set = ["debugExit"]
        for (name, value) in Mirror(reflecting: parts).children {
            guard let chip = value as? any Chip, let name, !stateless.contains(name) else { continue }
            #expect(parts.chips.contains { $0 === chip }, "\(name)")
        }
    }

    @Test func everyPartWithRegistersIsAtPorts() throws {
        let parts = try Self.machine().parts
        let ranges = PortMap.ranges(parts, debugExit: 0x501)
        for (name, value) in Mirror(reflecting: parts).children {
            guard let device = value as? any PortDevice else { continue }
            #expect(ranges.contains { $0.device === device }, "\(name ?? "")")
        }
    }
}
