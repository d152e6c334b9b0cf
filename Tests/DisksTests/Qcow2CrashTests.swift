import Testing
import Wiring

@testable import Disks

/// The program is killed, or the host loses power, at every write of a recorded workload: what was flushed is there, every other sector is
/// old or new, and the image is whole.
@Suite("qcow2: killed at every write") struct Qcow2CrashTests {
    /// What a sector may hold: its contents at the last flush, and everything written since.
    private struct Expectation {
        /// Steps of the journal from which on these hold.
        let step: Int
        let sectors: [[UInt8]]
    }

    private static let sectorCount = 600

    /// A workload over 4-KB clusters, with a backing file; and what may be read at each step of the journal.
    private func record(seed: UInt64) throws -> (MemoryFile, base: MemoryStore, [Expectation], flushes: [(step: Int, [UInt8])]) {
        var numbers = SplitMix(state: seed)
        let base = MemoryStore(bytes: (0..<Self.sectorCount / 2 * 512).map { UInt8(truncatingIfNeeded: $0 / 512 | 1) })
        let file = try Qcow2Tests.file(size: UInt64(Self.sectorCount) * 512, clusterBits: 12, backing: "base.img")
        file.beginJournal()
        let image = try Qcow2Tests.open(file, backing: base)
        var plain = base.bytes + [UInt8](repeating: 0, count: Self.sectorCount / 2 * 512)
        var history: [Expectation] = []
        var flushes: [(step: Int, [UInt8])] = [(0, plain)]
        for step in 0..<60 {
            let sector = Int(numbers.next() % UInt64(Self.sectorCount))
            let count = min(Int(numbers.next() % 20) + 1, Self.sectorCount - sector)
            let bytes = (0..<count * 512).map { UInt8(truncatingIfNeeded: step &+ $0 / 512 &* 3 &+ 100) }
            history.append(Expectation(step: file.journal.count, sectors: []))
            try write(bytes, to: image, UInt64(sector))
            plain.replaceSubrange(sector * 512..<sector * 512 + bytes.count, with: bytes)
            history[history.count - 1] = Expectation(step: history[history.count - 1].step, sectors: [plain])
            if step % 7 == 6 {
                try image.flush()
                flushes.append((file.journal.count, plain))
            }
        }
        return (file, base, history, flushes)
    }

    private func verify(
        _ contents: [UInt8], after step: Int, _ base: MemoryStore, _ history: [Expectation], _ flushes: [(step: Int, [UInt8])]
    ) throws {
        let file = MemoryFile(contents)
        let report = try Qcow2Tests.check(file)
        #expect(report.errorCount == 0, "after step \(step): \(report.errors)")
        let image = try Qcow2Tests.open(file, .readOnly, backing: base)
        let read = try readSectors(image, 0, Self.sectorCount)
        let flushed = flushes.last { $0.step <= step }!
        // Later states of the disk, the one that was being written included.
        let later = history.filter { $0.step >= flushed.step && $0.step <= step }.map { $0.sectors[0] }
        for sector in 0..<Self.sectorCount {
            let range = sector * 512..<sector * 512 + 512
            let isKnown = ([flushed.1] + later).contains { $0[range] == read[range] }
            if !isKnown {
                Issue.record("after step \(step) sector \(sector) is neither old nor new")
                return
            }
        }
    }

    @Test func whatWasFlushedIsThereWhereverTheProgramIsKilled() throws {
        for seed in UInt64(1)...2 {
            let (file, base, history, flushes) = try record(seed: seed)
            #expect(file.journal.count > 150)
            for step in 0...file.journal.count {
                try verify(file.contents(after: step), after: step, base, history, flushes)
            }
        }
    }

    /// A loss of power may lose any of the writes since the last barrier.
    @Test func whatWasFlushedIsThereWhereverPowerFails() throws {
        let (file, base, history, flushes) = try record(seed: 3)
        var numbers = SplitMix(state: 99)
        for step in 0...file.journal.count {
            let contents = file.contents(after: step, losing: { numbers.next() % 2 == 0 })
            try verify(contents, after: step, base, history, flushes)
        }
    }
}
