import Compression
import Disks
import TestKit
import Testing
import Wiring

#if canImport(Glibc)
    import Glibc
#endif

@testable import Board
@testable import Processor

/// What does not fit is refused in words, and nothing in a file brings the program down.
@Suite struct SnapshotRefusalTests {
    private func saved(at tick: UInt64 = 700, _ machine: PC.Machine = .isa) throws -> [UInt8] {
        let pc = try SnapshotProgram.machine {
            $0.machine = machine
            if machine == .pc { $0.network = NetworkConnection() }
        }
        _ = pc.run(until: tick)
        return try SnapshotProgram.save(pc)
    }

    private func refusal(_ bytes: [UInt8], _ change: (inout PC.Configuration) -> Void = { _ in }) -> SnapshotError? {
        do {
            _ = try SnapshotProgram.restore(bytes, change)
            return nil
        } catch {
            return error as? SnapshotError
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let bytes = try saved()
        #expect(refusal(bytes) == nil)
        #expect(refusal([]) == .notASnapshot)
        #expect(refusal(Array("QFI\u{FB}".utf8)) == .notASnapshot)
        #expect(refusal(Array(bytes[..<10])) == .truncated)
        for count in [20, 100, bytes.count / 2, bytes.count - 1] { #expect(refusal(Array(bytes[..<count])) == .truncated) }
        var other = bytes
        other[8] = 4
        #expect(refusal(other) == .version(4))
        other = bytes
        other[bytes.count / 2] ^= 0x10
        #expect(refusal(other) != nil)

        #expect(refusal(bytes) { $0.disks = [] } == .missingDisk(drive: 0))
        #expect(refusal(bytes) { $0.disks.append(MemoryStore(sectorCount: 1)) } == .extraDisk(drive: 1))
        #expect(
            refusal(bytes) { $0.disks = [Overlay(over: MemoryStore(sectorCount: 9))] }
                == .diskSize(drive: 0, sectors: 9, wanted: 64))
        #expect(refusal(bytes) { $0.disks = [Overlay(over: MemoryStore(sectorCount: 64))] } == .diskContents(drive: 0))
        #expect(refusal(bytes) { $0.disks = [SnapshotProgram.disk()] } == .needsOverlay(drive: 0))
    }

    /// Close to the end of the clock's range a timer's next deadline would lie in the past, again and again.
    @Test func theEndOfTimeIsRefused() throws {
        var chunks = try chunks(of: try saved())
        let index = try #require(chunks.firstIndex { $0.tag == .machine })
        guard case .record(var fields)? = StateValue(parsing: chunks[index].content) else { throw SnapshotError.notASnapshot }
        let tick = try #require(fields.firstIndex { $0.name == "tick" })
        for (value, isRefused) in [
            (UInt64.max - 1, true), (1 << 63, true), (Snapshot.latestTick + 1, true), (Snapshot.latestTick, false),
        ] {
            fields[tick] = StateValue.Field(name: "tick", value: .number(value))
            var bytes: [UInt8] = []
            StateValue.record(fields).append(to: &bytes)
            chunks[index].content = bytes
            let pc = try? SnapshotProgram.restore(file(chunks), verifies: false)
            #expect((pc == nil) == isRefused, "\(value)")
            _ = pc?.run(until: value + 3000)
        }
    }

    /// A disk that the guest wrote to directly has to be as it was at that moment.
    @Test func aWrittenDiskIsCompared() throws {
        let disk = SnapshotProgram.disk()
        let pc = try SnapshotProgram.machine { $0.disks = [disk] }
        _ = pc.run(until: SnapshotProgram.length)
        let bytes = try SnapshotProgram.save(pc)
        #expect(refusal(bytes) { $0.disks = [disk] } == nil)
        #expect(refusal(bytes) { $0.disks = [SnapshotProgram.disk()] } == .diskContents(drive: 0))
    }

    @Test func refusalsAreOneLineWithARemedy() {
        let all: [SnapshotError] = [
            .notASnapshot, .version(9), .truncated, .damaged(part: "RAM "), .misfit(part: "pit", field: "CE"),
            .machine(.memorySize(bytes: 1)), .missingDisk(drive: 0), .extraDisk(drive: 3),
            .diskSize(drive: 1, sectors: 1, wanted: 2),
            .diskContents(drive: 2), .diskUnreadable(drive: 9), .needsOverlay(drive: 0), .differs, .cannotWrite, .missingKernel,
            .extraKernel, .otherKernel,
        ]
        for error in all { #expect(!error.description.contains("\n") && error.description.contains(where: { ";:,".contains($0) })) }
    }

    /// Bytes of the file changed at random: an error or a machine, never a crash.
    @Test func randomDamageIsHarmless() throws {
        let bytes = try saved()
        var numbers = RandomNumbers(seed: 17)
        var refused = 0
        for round in 0..<1500 {
            var damaged = bytes
            for _ in 0...numbers.next() % 4 {
                let place = Int(numbers.next() % UInt64(damaged.count))
                damaged[place] = UInt8(truncatingIfNeeded: numbers.next())
            }
            if numbers.next() % 8 == 0 { damaged.removeLast(Int(numbers.next() % UInt64(damaged.count))) }
            if refusal(damaged) != nil { refused += 1 }
            if round % 8 == 0 { try look(damaged) }
        }
        #expect(refused > 1400)
    }

    /// States that no machine was ever in, in files that are whole: refused, or a machine that runs without a crash.
    @Test(arguments: PC.Machine.allCases) func hostileStatesAreHarmless(_ machine: PC.Machine) throws {
        let chunks = try chunks(of: try saved(at: 700, machine))
        var numbers = RandomNumbers(seed: 23)
        var ran = 0
        for round in 0..<1500 {
            var changed = chunks
            for _ in 0...numbers.next() % 3 {
                let index = Int(numbers.next() % UInt64(changed.count))
                guard let value = StateValue(parsing: changed[index].content) else { continue }
                var bytes: [UInt8] = []
                value.changed(&numbers).append(to: &bytes)
                changed[index].content = bytes
            }
            if round % 8 == 0 { try look(file(changed)) }
            guard let pc = try? SnapshotProgram.restore(file(changed), verifies: false) else { continue }
            ran += 1
            _ = pc.run(until: pc.clock.now &+ 3000)
            pc.input.press([.a])
            _ = pc.run(until: pc.clock.now &+ 3000)
            _ = pc.vga.textFrame()
            _ = pc.vga.pixelFrame()
            _ = try SnapshotProgram.save(pc)
        }
        #expect(ran > 200, "only \(ran) of the machines could be built")
    }

    /// Every number of every part at the edges of its range, one at a time, in a machine whose processor is in 64-bit mode. An eighth of them, or all with
    /// SNAPSHOT_EDGES=1.
    @Test(arguments: PC.Machine.allCases) func numbersAtTheirEdgesAreHarmless(_ machine: PC.Machine) throws {
        let every = getenv("SNAPSHOT_EDGES") == nil ? 8 : 1
        let pc = try SnapshotProgram.machine {
            $0.machine = machine
            $0.model = .max
            if machine == .pc { $0.network = NetworkConnection() }
        }
        _ = pc.run(until: 700)
        goTo64BitCode(pc)
        _ = pc.run(until: 900)
        #expect(pc.processors[0].state.rcx > 10 && pc.processors[0].state.operatingMode == .bits64)
        let chunks = try chunks(of: SnapshotProgram.save(pc))
        var (number, refused, ran) = (0, 0, 0)
        for index in chunks.indices {
            guard let value = StateValue(parsing: chunks[index].content) else { continue }
            value.eachAtItsEdges { changedValue in
                number += 1
                guard number % every == 0 else { return }
                var changed = chunks
                changed[index].content = []
                changedValue.append(to: &changed[index].content)
                guard let pc = try? SnapshotProgram.restore(file(changed), verifies: false) else {
                    refused += 1
                    return
                }
                ran += 1
                _ = pc.run(until: pc.clock.now &+ 500)
                _ = pc.vga.pixelFrame()
            }
        }
        #expect(refused * every > 500 && ran * every > 500, "\(refused) refused, \(ran) ran of \(number)")
    }

    /// 64-bit code at 2000h that counts in RCX and writes to memory, under tables at 4000h that map 2 MBytes one to one.
    private func goTo64BitCode(_ pc: PC) {
        // again: inc rcx; mov [3000h], rcx; jmp again
        for (offset, byte) in ([0x48, 0xFF, 0xC1, 0x48, 0x89, 0x0C, 0x25, 0x00, 0x30, 0, 0, 0xEB, 0xF3] as [UInt8]).enumerated() {
            pc.poke(physical: 0x2000 + UInt64(offset), value: byte)
        }
        for (place, entry) in [(0x4000, 0x5007), (0x5000, 0x6007), (0x6000, 0x87)] as [(UInt64, UInt64)] {
            for byte in 0..<8 as Range<UInt64> {
                pc.poke(physical: place + byte, value: UInt8(truncatingIfNeeded: entry >> (8 * byte)))
            }
        }
        var state = pc.processors[0].state
        state.cr0 = [.PE, .PG, .ET, .NE]
        state.cr4 = [.PAE, .OSFXSR, .OSXSAVE]
        state.cr3 = 0x4000
        state.efer = [.LME, .LMA]
        state.cs = SegmentRegister(selector: 8, base: 0, limit: .max, attributes: 0xA09B)
        let data = SegmentRegister(selector: 16, base: 0, limit: .max, attributes: 0xC093)
        (state.ds, state.es, state.ss, state.fs, state.gs) = (data, data, data, data, data)
        (state.rip, state.rsp, state.rcx) = (0x2000, 0x7000, 0)
        state.eflags.remove(.IF)
        state.activity = .active
        pc.processors[0].state = state
    }

    /// Looks into a file of anybody without its disks.
    private func look(_ bytes: [UInt8]) throws {
        _ = try? Snapshot(source: SnapshotProgram.source(bytes)).contents()
        _ = try? Snapshot(source: SnapshotProgram.source(bytes)).verify()
    }

    @Test func aWholeFileIsDescribedAndVerified() throws {
        let pc = try SnapshotProgram.machine { $0.origin = ["disk.img", "--snapshot"] }
        _ = pc.run(until: SnapshotProgram.length)
        let bytes = try SnapshotProgram.save(pc)
        let snapshot = try Snapshot(source: SnapshotProgram.source(bytes))
        #expect(snapshot.machine.origin == ["disk.img", "--snapshot"] && snapshot.machine.tick == SnapshotProgram.length)
        let contents = try snapshot.contents()
        #expect(contents.stateHash == pc.stateHash() && contents.site == pc.site && contents.isHalted && contents.ending == nil)
        #expect(contents.writtenSectors == [1] && contents.pageCount > 0 && contents.partCount > 10)
        #expect(try Snapshot(source: SnapshotProgram.source(bytes)).verify() == pc.stateHash())
    }

    /// What a file claims of its disks is no reason to build them.
    @Test func impossibleDisksAreRefused() throws {
        let chunks = try chunks(of: try saved())
        let index = try #require(chunks.firstIndex { $0.tag == .machine })
        let disk: (UInt64) throws -> StateValue = { count in
            try StateEncoder.encode(
                Snapshot.Disk(
                    sectorCount: count, contents: #require(DiskFingerprint(of: SnapshotProgram.disk())), isOverlaid: true))
        }
        for (disks, isRefused) in [
            (try [disk(64)], false), (try [disk(0)], true), (try [disk(.max)], true), (try [disk(1 << 48)], false),
            (try (0..<100).map { _ in try disk(64) }, true),
        ] {
            guard case .record(var fields)? = StateValue(parsing: chunks[index].content) else { throw SnapshotError.notASnapshot }
            let place = try #require(fields.firstIndex { $0.name == "disks" })
            fields[place] = StateValue.Field(name: "disks", value: .list(disks))
            var changed = chunks
            changed[index].content = []
            StateValue.record(fields).append(to: &changed[index].content)
            let bytes = try file(changed)
            #expect(((try? Snapshot(source: SnapshotProgram.source(bytes)).verify()) == nil) == isRefused, "\(disks)")
        }
    }

    @Test func nothingFollowsTheEnd() throws {
        let bytes = try saved()
        #expect(refusal(bytes + [0]) == .damaged(part: "more follows its end"))
    }

    private struct Chunk {
        var tag: SnapshotChunk.Tag
        var content: [UInt8]
    }

    private func chunks(of bytes: [UInt8]) throws -> [Chunk] {
        let reader = try SnapshotReader(SnapshotProgram.source(bytes))
        var chunks: [Chunk] = []
        while chunks.last?.tag != .end {
            let chunk = try reader.next()
            chunks.append(Chunk(tag: chunk.tag, content: chunk.content))
        }
        return chunks
    }

    private func file(_ chunks: [Chunk]) throws -> [UInt8] {
        let file = SnapshotProgram.File()
        let writer = try SnapshotWriter {
            file.bytes += $0
            return true
        }
        for chunk in chunks { try writer.write(chunk.tag, chunk.content) }
        return file.bytes
    }
}

extension StateValue {
    /// Calls `body` with the value once for each of its leaves and each edge that the leaf can be set to. Of a list the first, the last and one between
    /// stand for all, and it is tried without its last element, empty, and twice as long.
    fileprivate func eachAtItsEdges(_ body: (StateValue) throws -> Void) rethrows {
        switch self {
        case .record(let fields):
            for (index, field) in fields.enumerated() {
                try field.value.eachAtItsEdges { value in
                    var changed = fields
                    changed[index] = Field(name: field.name, value: value)
                    try body(.record(changed))
                }
            }
        case .list(let values):
            try body(.list([]))
            try body(.list(values.dropLast()))
            try body(.list(values + values))
            for index in Set([0, values.count / 2, values.count - 1]).sorted() where values.indices.contains(index) {
                try values[index].eachAtItsEdges { value in
                    var changed = values
                    changed[index] = value
                    try body(.list(changed))
                }
            }
        case .number(let number):
            for edge in [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 47, 1 << 63, .max] as [UInt64] where edge != number {
                try body(.number(edge))
            }
            try body(.negative(1))
        case .negative:
            for edge in [1, 1 << 31, 1 << 63] as [UInt64] { try body(.negative(edge)) }
        case .flag(let flag): try body(.flag(!flag))
        case .null: for edge in [0, .max] as [UInt64] { try body(.number(edge)) }
        case .bytes(let bytes):
            for changed in [[], Array(bytes.dropLast()), bytes + [0], bytes.map { _ in 0xFF }] { try body(.bytes(changed)) }
        case .words(let words):
            for changed in [[], Array(words.dropLast()), words + [0], words.map { _ in .max }] { try body(.words(changed)) }
        case .text:
            for text in ["", "x", String(repeating: "x", count: 70_000)] { try body(.text(text)) }
        }
    }

    /// The value with one of its leaves replaced by something of the same or another kind.
    fileprivate func changed(_ numbers: inout RandomNumbers) -> StateValue {
        let extremes: [UInt64] = [
            0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x1_0000, 0xFFFF_FFFF, 0x1_0000_0000, 1 << 63, .max - 1, .max,
        ]
        let random = numbers.next()
        switch self {
        case .record(let fields) where !fields.isEmpty:
            var fields = fields
            let index = Int(random % UInt64(fields.count))
            fields[index] = Field(name: fields[index].name, value: fields[index].value.changed(&numbers))
            return .record(fields)
        case .list(let values) where !values.isEmpty:
            var values = values
            let index = Int(random % UInt64(values.count))
            if random >> 32 % 8 == 0 { return .list(Array(values[..<index])) }
            values[index] = values[index].changed(&numbers)
            return .list(values)
        case .bytes(var bytes):
            switch random % 4 {
            case 0: return .bytes(Array(bytes.prefix(Int(random >> 32 % 700))))
            case 1:
                return .bytes(bytes + [UInt8](repeating: UInt8(truncatingIfNeeded: random >> 8), count: Int(random >> 32 % 700)))
            default:
                for index in bytes.indices where numbers.next() % 4 == 0 {
                    bytes[index] = UInt8(truncatingIfNeeded: numbers.next())
                }
                return .bytes(bytes)
            }
        case .number(let number):
            return random % 3 == 0
                ? .number(number ^ 1 << (random >> 32 % 64)) : .number(extremes[Int(random >> 32) % extremes.count])
        case .flag(let flag): return .flag(!flag)
        case .null: return .number(extremes[Int(random >> 32) % extremes.count])
        default: return random % 2 == 0 ? .null : .negative(random >> 32)
        }
    }
}
