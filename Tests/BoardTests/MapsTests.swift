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
            try PortTable([PortRange("one", 0x10...0x12, device), PortRange("two", 0x12...0x13, device)])
        }
    }

    @Test func overlappingRegionsAreAnError() {
        #expect(throws: BoardError.addressOverlap("one", "two", at: 0x1000)) {
            try RegionFinder([Region("two", 0x1000..<0x2000, .vga), Region("one", 0..<0x1001, .ram(offset: 0))])
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
        let table = try PortTable([PortRange("one", 0x10...0x13, one, offset: 4), PortRange("two", 0x14, Recorder())])
        func isDevice(_ port: UInt16, _ width: AccessWidth, offset: Int) -> Bool {
            if case .device(_, offset) = table.target(port, width) { true } else { false }
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
        var site = DiagnosticLog.Site(cs: 8, eip: 0x1000)
        pc.log.now = { (site, 7) }
        for _ in 0..<3 { _ = pc.bus.readPort(0x3E4, .byte) }
        #expect(entries == ["bus: port 03E4h is not connected; reads FFh (at 0008:00001000, tick 7)"])
        pc.bus.writePort(0x3E4, .byte, 1)
        site.eip = 0x1001
        _ = pc.bus.readPort(0x3E4, .byte)
        #expect(entries.count == 3)
        pc.log.report(Diagnostic(chip: "x", message: "y"))
        pc.log.report(Diagnostic(chip: "x", message: "y"))
        #expect(entries.count == 4)
        for port in 0..<10_000 {
            site.eip = UInt32(port)
            _ = pc.bus.readPort(0x3E4, .byte)
        }
        #expect(entries.count <= DiagnosticLog.limit)
        #expect(pc.log.isFull)
    }

    @Test func impossibleMachinesAreRefused() {
        for bytes: UInt64 in [0, 1, 1 << 19, (1 << 20) + 1, (3 << 30) + 4096, .max] {
            #expect(throws: BoardError.memorySize(bytes: bytes)) { try Self.machine { $0.memoryBytes = bytes } }
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
}
