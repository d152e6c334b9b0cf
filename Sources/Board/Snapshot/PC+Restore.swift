import Chips
import Processor
import Wiring

/// The parts of a snapshot, each checked before it is believed.
extension PC {
    func restoreProcessor(_ value: StateValue) throws(SnapshotError) {
        let record = try Snapshot.decode(ProcessorRecord.self, value, .processor)
        guard record.state.isWellFormed else { throw .damaged(part: SnapshotChunk.Tag.processor.rawValue) }
        putBack(record.state, ending: record.ending)
    }

    /// The last step of putting a state back, when memory and chips are in place.
    func putBack(_ state: CPUState, ending: Ending?) {
        replacements += 1
        cpu.isFERRAsserted = parts.coprocessor.state.FERR
        cpu.state = state
        cpu.mapChanged()
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
            let page = Self.number(content, start)
            guard page < UInt64(memory.size / 4096) else { throw .damaged(part: SnapshotChunk.Tag.memory.rawValue) }
            content.withUnsafeBytes {
                (memory.base + 4096 * Int(page)).copyMemory(from: $0.baseAddress.unsafelyUnwrapped + start + 8, byteCount: 4096)
            }
        }
    }

    func restoreDisk(_ content: [UInt8]) throws(SnapshotError) {
        guard content.count == 24 + SectorWrites.Piece.sectorCount * 512 else {
            throw .damaged(part: SnapshotChunk.Tag.disk.rawValue)
        }
        let (drive, number, written) = (Self.number(content, 0), Self.number(content, 8), Self.number(content, 16))
        guard drive < UInt64(configuration.disks.count), let store = configuration.disks[Int(drive)] as? any OverlaidStore else {
            throw .damaged(part: SnapshotChunk.Tag.disk.rawValue)
        }
        // No sector behind the end of the disk.
        let first = number.multipliedReportingOverflow(by: UInt64(SectorWrites.Piece.sectorCount))
        let last = first.partialValue &+ UInt64(63 - min(written.leadingZeroBitCount, 63))
        guard !first.overflow, written != 0, last >= first.partialValue, last < store.sectorCount else {
            throw .damaged(part: SnapshotChunk.Tag.disk.rawValue)
        }
        var pieces = store.writes.pieces
        pieces[number] = SectorWrites.Piece(written: written, bytes: Array(content[24...]))
        store.writes = SectorWrites(pieces: pieces)
    }

    private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
        bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    }
}

extension Chip {
    fileprivate func restore(_ value: StateValue) throws(StateDecoder.Misfit) {
        state = try StateDecoder.decode(ChipRecord<State>.self, from: value).state
    }
}
