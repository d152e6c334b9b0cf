import Board
import MachineKit
import Processor
import Testing

@testable import Checks

/// `--check` on a few instructions: what is found, and that the machine comes to the same state as without.
@Suite struct CheckTests {
    /// mov eax,[250000h]; test eax,eax; jz $+2; jmp $
    private static let unwritten: [UInt8] = [0xA1, 0, 0, 0x25, 0, 0x85, 0xC0, 0x74, 0, 0xEB, 0xFE]
    /// mov esp,120000h; call f; jmp $; f: mov ebp,esp; mov dword [ebp],100016h; ret; jmp $
    private static let overwritten: [UInt8] = [
        0xBC, 0, 0, 0x12, 0, 0xE8, 2, 0, 0, 0, 0xEB, 0xFE, 0x89, 0xE5, 0xC7, 0x45, 0, 0x16, 0, 0x10, 0, 0xC3, 0xEB, 0xFE,
    ]

    private func findings(_ code: [UInt8], _ checks: Set<Check>) throws -> [CheckFinding] {
        let (pc, plain) = (try Guests.machine(code), try Guests.machine(code))
        let observed = try MachineChecks(pc, checks, sources: nil)
        for machine in [pc, plain] { _ = machine.run(until: 200_000) }
        #expect(pc.stateHash() == plain.stateHash())
        observed.finish()
        return observed.findings
    }

    @Test func namesOfChecksAreAListWithCommas() {
        #expect(Check.list("stack,uninit") == .success([.stack, .uninit]))
        #expect(Check.list("stack,") == .failure(Check.UnknownCheck(name: "")))
        #expect(Check.list("stale") == .failure(Check.UnknownCheck(name: "stale")))
    }

    @Test func aBranchOnAnUnwrittenByteIsFoundOnce() throws {
        let found = try findings(Self.unwritten, [.uninit])
        #expect(found.count == 1 && found.first?.place.hasPrefix("0010:00100007") == true)
        #expect(found.first?.details.contains { $0.contains("00250000h") && $0.contains("0010:00100000") } == true)
        #expect(try findings(Self.unwritten, [.stack, .staleTLB]).isEmpty)
    }

    @Test func aReturnAddressThatWasOverwrittenIsFound() throws {
        let found = try findings(Self.overwritten, [.stack])
        #expect(found.count == 1 && found.first?.sentence == "a return address was overwritten")
        #expect(found.first?.details.contains { $0.hasPrefix("overwritten by:") && $0.contains("0010:0010000E") } == true)
        #expect(try findings(Self.overwritten, [.uninit, .staleTLB]).isEmpty)
    }

    @Test func bytesAreWrittenOneByOne() throws {
        var memory = try WrittenMemory(bytes: 2 << 20)
        defer { memory.deallocate() }
        #expect(memory.unwritten(0x1000, 8) == 0xFF && memory.unwritten(0x1000, 4) == 0x0F)
        memory.write(0x1001, 2)
        #expect(memory.unwritten(0x1000, 4) == 0b1001)
        memory.store(0x1000, 4, unwritten: 0b0100, from: UnwrittenByte(linear: 5, reader: CodePlace()))
        #expect(memory.unwritten(0x1000, 8) == 0b1111_0100 && memory.origin(of: 0x1002)?.linear == 5)
        // Beyond RAM nothing is followed, and nothing traps.
        memory.write(.max, .max)
        memory.store(.max - 3, 8, unwritten: 0xFF, from: nil)
        #expect(memory.unwritten(.max - 2, 8) == 0 && memory.unwritten((2 << 20) - 1, 8) & 1 == 1)
    }

    @Test func keptAddressesAreFoundByAnyByte() throws {
        var kept = try KeptAddresses(memoryBytes: 1 << 20)
        defer { kept.deallocate() }
        kept.insert(
            .init(value: 1, size: 4, linear: 0x2000, stack: 0, isFrame: false, caller: CodePlace()), at: 0x2000)
        #expect(kept.touches(0x2003, 1) && kept.touches(0x1FFF, 2) && !kept.touches(0x2004, 8) && !kept.touches(.max - 1, 8))
        var seen = 0
        kept.forEach(touching: 0x2003, 1) { _, place in
            seen += 1
            return place
        }
        #expect(seen == 1)
        kept.forEach(touching: 0x1FFC, 8) { _, _ in nil }
        #expect(!kept.touches(0x2000, 4) && kept.remove(at: 0x2000) == nil)
    }
}
