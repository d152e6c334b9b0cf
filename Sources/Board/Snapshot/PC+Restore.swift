import Chips
import Processor
import Wiring

/// The parts of a snapshot, each checked before it is believed.
extension PC {
    func restoreProcessor(_ value: StateValue) throws(SnapshotError) {
        let record = try Snapshot.decode(ProcessorRecord.self, value, .processor)
        let hasLongMode = configuration.model.features.hasLongMode
        guard record.processors.count == processors.count,
            record.processors.allSatisfy({ $0.isWellFormed(hasLongMode: hasLongMode) }),
            processors.indices.contains(record.turn.processor), record.turn.begin <= clock.now,
            record.turn.end <= Snapshot.latestTick
        else { throw .damaged(part: SnapshotChunk.Tag.processor.rawValue) }
        putBack(record.processors, turn: record.turn, ending: record.ending)
    }

    /// The last step of putting a state back, when memory and chips are in place.
    func putBack(_ states: [CPUState], turn: Turn, ending: Ending?) {
        replacements += 1
        processors[0].isFERRAsserted = parts.coprocessor.state.FERR
        for (cpu, state) in zip(processors, states) { cpu.state = state }
        self.turn = turn
        mapChanged()
        self.ending = ending
        // What chips asked for while their lines were moved was asked for, and done, before.
        pendingRequest = nil
        wantsPause = false
    }

    func restoreChip(_ value: StateValue) throws(SnapshotError) {
        guard case .record(let fields) = value, case .text(let name)? = fields.first(where: { $0.name == "name" })?.value,
            let chip = parts.chips.first(where: { $0.name == name })
        else { throw .damaged(part: SnapshotChunk.Tag.chip.rawValue) }
        do {
            try chip.restore(value)
        } catch {
            throw .misfit(part: name, field: error.field)
        }
    }

    func restoreInput(_ value: StateValue) throws(SnapshotError) {
        input.state = try Snapshot.decode(InputGate.State.self, value, .input)
    }

    func restoreMemory(_ content: [UInt8]) throws(SnapshotError) {
        let unit = 8 + 4096
        guard content.count % unit == 0 else { throw .damaged(part: SnapshotChunk.Tag.memory.rawValue) }
        for start in stride(from: 0, to: content.count, by: unit) {
            let page = littleEndian(content, start)
            guard page < UInt64(memory.size / 4096) else { throw .damaged(part: SnapshotChunk.Tag.memory.rawValue) }
            content.withUnsafeBytes {
                (memory.base + 4096 * Int(page)).copyMemory(from: $0.baseAddress.unsafelyUnwrapped + start + 8, byteCount: 4096)
            }
        }
    }

    func restoreDisk(_ content: [UInt8]) throws(SnapshotError) {
        guard let piece = DiskPiece(content), piece.drive < UInt64(configuration.writableStores.count),
            let store = configuration.writableStores[Int(piece.drive)] as? any OverlaidStore, piece.fits(store.sectorCount)
        else { throw .damaged(part: SnapshotChunk.Tag.disk.rawValue) }
        store.writes.replace(piece: piece.number, by: SectorWrites.Piece(written: piece.written, bytes: piece.bytes))
    }
}

/// A disk's chunk: numbers of 64 bits (drive, piece, sectors written as bits), and 32 KBytes.
struct DiskPiece {
    let drive: UInt64
    let number: UInt64
    let written: UInt64
    private let content: [UInt8]

    var bytes: [UInt8] { Array(content[24...]) }

    init?(_ content: [UInt8]) {
        guard content.count == 24 + SectorWrites.Piece.sectorCount * 512 else { return nil }
        self.content = content
        drive = littleEndian(content, 0)
        number = littleEndian(content, 8)
        written = littleEndian(content, 16)
        guard written != 0 else { return nil }
    }

    /// No sector lies behind the end of the disk.
    func fits(_ sectorCount: UInt64) -> Bool {
        let first = number.multipliedReportingOverflow(by: UInt64(SectorWrites.Piece.sectorCount))
        let last = first.partialValue &+ UInt64(63 - min(written.leadingZeroBitCount, 63))
        return !first.overflow && last >= first.partialValue && last < sectorCount
    }
}

/// 64 bits, low byte first.
private func littleEndian(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
    bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
}

extension Chip {
    fileprivate func restore(_ value: StateValue) throws(StateDecoder.Misfit) {
        state = try StateDecoder.decode(ChipRecord<State>.self, from: value).state
    }
}
