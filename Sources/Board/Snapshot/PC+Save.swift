import Chips
import Processor
import Wiring

extension PC {
    /// Writes the machine's whole state, piece by piece, to `sink`, which says whether it could take a piece. To be called between runs;
    /// changes nothing.
    public func save(to sink: @escaping ([UInt8]) -> Bool) throws(SnapshotError) {
        let writer = try SnapshotWriter(sink)
        try writer.write(.machine, Self.encode(try describe()))
        try writer.write(.processor, Self.encode(ProcessorRecord(processors: processors.map(\.state), turn: turn, ending: ending)))
        for chip in parts.chips { try writer.write(.chip, Self.encode(chip.record)) }
        try writer.write(.input, Self.encode(input.state))
        for (drive, store) in configuration.writableStores.enumerated() {
            guard let store = store as? any OverlaidStore else { continue }
            try saveWrites(store.writes, drive, writer)
        }
        try saveMemory(writer)
        try writer.write(.end, Self.encode(stateHash()))
    }

    /// Encodes a value of a machine: plain data, which always encodes.
    private static func encode<T: Encodable>(_ value: T) throws(SnapshotError) -> StateValue {
        do {
            return try StateEncoder.encode(value)
        } catch {
            throw .cannotWrite
        }
    }

    private func describe() throws(SnapshotError) -> Snapshot.Machine {
        var disks: [Snapshot.Disk?] = []
        for (drive, store) in configuration.writableStores.enumerated() {
            guard let store else {
                disks.append(nil)
                continue
            }
            let overlaid = store as? any OverlaidStore
            guard let contents = DiskFingerprint(of: overlaid?.base ?? store) else { throw .diskUnreadable(drive: drive) }
            disks.append(Snapshot.Disk(sectorCount: store.sectorCount, contents: contents, isOverlaid: overlaid != nil))
        }
        var media: [Snapshot.Disk]?
        if let cdrom = configuration.cdrom {
            media = []
            for (number, store) in cdrom.stores.enumerated() {
                guard let contents = DiskFingerprint(of: store) else { throw .mediumUnreadable(number) }
                media?.append(Snapshot.Disk(sectorCount: store.sectorCount, contents: contents, isOverlaid: false))
            }
        }
        return Snapshot.Machine(
            memoryBytes: configuration.memoryBytes, model: configuration.model.rawValue, processors: configuration.processors,
            quantum: configuration.quantum,
            ticksPerSecond: configuration.ticksPerSecond, firmware: configuration.firmware ?? Firmware.builtIn, tick: clock.now,
            skipped: clock.skipped, debugExitPort: configuration.debugExitPort, kernel: configuration.directBoot?.fingerprint,
            disks: disks, media: media, diskettes: configuration.disketteCounts,
            origin: configuration.origin.isEmpty ? nil : configuration.origin,
            board: configuration.machine == .isa ? nil : configuration.machine, displayROM: configuration.displayROM,
            copiesFirmware: configuration.copiesFirmware,
            debugConsolePort: configuration.debugConsolePort == 0xE9 ? nil : configuration.debugConsolePort,
            firmwareFiles: configuration.firmwareFiles.isEmpty ? nil : configuration.firmwareFiles,
            optionROMs: configuration.optionROMs.isEmpty ? nil : configuration.optionROMs,
            hasTestDevice: configuration.hasTestDevice ? true : nil, hasBootMenu: configuration.hasBootMenu ? true : nil,
            uuid: configuration.uuid,
            bootOrderAfterReset: configuration.bootOrderOnce.isEmpty ? nil : configuration.bootOrder.map(\.rawValue),
            network: configuration.network.map(Snapshot.Network.init))
    }

    /// RAM: chunks of a 64-bit page number and 4096 bytes, for each page that is not all zero.
    private func saveMemory(_ writer: SnapshotWriter) throws(SnapshotError) {
        var chunk: [UInt8] = []
        for page in 0..<memory.size / 4096 {
            let bytes = UnsafeRawBufferPointer(start: memory.base + 4096 * page, count: 4096)
            if bytes.isZero { continue }
            withUnsafeBytes(of: UInt64(page).littleEndian) { chunk += $0 }
            chunk += bytes
            if chunk.count + 4104 > SnapshotChunk.usual {
                try writer.write(.memory, chunk)
                chunk.removeAll(keepingCapacity: true)
            }
        }
        if !chunk.isEmpty { try writer.write(.memory, chunk) }
    }

    /// A disk's writes: chunks of 64-bit numbers (drive, piece, sectors written as bits) and 32 KBytes.
    private func saveWrites(_ writes: SectorWrites, _ drive: Int, _ writer: SnapshotWriter) throws(SnapshotError) {
        for (number, piece) in writes.pieces.sorted(by: { $0.key < $1.key }) {
            var chunk: [UInt8] = []
            for value in [UInt64(drive), number, piece.written] { withUnsafeBytes(of: value.littleEndian) { chunk += $0 } }
            try writer.write(.disk, chunk + piece.bytes)
        }
    }
}

/// The processors, whose turn it is, and whether the machine has ended.
struct ProcessorRecord: Codable {
    var processors: [CPUState]
    var turn: PC.Turn
    var ending: PC.Ending?
}

/// A chip's state with its name.
struct ChipRecord<State: Codable>: Codable {
    var name: String
    var state: State
}

extension Chip {
    fileprivate var record: any Encodable { ChipRecord(name: name, state: state) }
}

extension UnsafeRawBufferPointer {
    /// All bytes are zero; the count is a multiple of 64.
    var isZero: Bool {
        var offset = 0
        while offset < count {
            var any: UInt64 = 0
            for word in 0..<8 { any |= loadUnaligned(fromByteOffset: offset + 8 * word, as: UInt64.self) }
            guard any == 0 else { return false }
            offset += 64
        }
        return true
    }
}
