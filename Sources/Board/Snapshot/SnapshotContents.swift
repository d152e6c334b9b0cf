import Chips
import Processor
import Wiring

/// The contents of a snapshot, without the machine's disks and kernel.
extension Snapshot {
    /// The findings of a look at the whole file.
    public struct Contents: Sendable {
        /// The next instruction, of the processor whose turn it is.
        public internal(set) var site = DiagnosticLog.Site(cs: 0, rip: 0)
        /// The processor waits for an interrupt.
        public internal(set) var isHalted = false
        /// The machine's end; nil while it could go on.
        public internal(set) var ending: PC.Ending?
        /// Pages of 4 KBytes that are not all zero.
        public internal(set) var pageCount: UInt64 = 0
        /// Sectors written over each drive's disk, in pieces of 64.
        public internal(set) var writtenSectors: [UInt64] = []
        /// Number of parts of the file.
        public internal(set) var partCount: UInt64 = 1
        /// Of the machine, as it was saved.
        public internal(set) var stateHash = StateHash()
    }

    /// Reads the rest of the file. Damage is found, but nothing is put together: that is `verify()`.
    public func contents() throws(SnapshotError) -> Contents {
        var contents = Contents()
        contents.writtenSectors = machine.disks.map { _ in 0 }
        var tag = SnapshotChunk.Tag.machine
        while tag != .end {
            let content: [UInt8]
            (tag, content) = try reader.next()
            contents.partCount += 1
            try contents.take(tag, content)
        }
        try reader.requireEnd()
        return contents
    }

    /// Puts the state into a machine with blank disks and compares its hash, in which disks are not: so all of the file was read and makes sense.
    public func verify() throws(SnapshotError) -> StateHash { try fill(blankMachine(), verifies: true) }

    /// The machine with blank disks, to be looked at.
    public func machineWithoutDisks() throws(SnapshotError) -> PC {
        let pc = try blankMachine()
        _ = try fill(pc, verifies: true)
        return pc
    }

    private func blankMachine() throws(SnapshotError) -> PC {
        var configuration = configuration(PC.Configuration())
        let disks = try machine.disks.map { disk throws(SnapshotError) -> (any BlockStore)? in
            guard let disk else { return nil }
            return try BlankDisk(standingInFor: disk)
        }
        configuration.setWritableStores(disks, diskettes: machine.diskettes)
        if let media = machine.media {
            let blank = try media.map { disc throws(SnapshotError) -> any BlockStore in try BlankDisk(standingInFor: disc) }
            configuration.cdrom = CDROMMedia(stores: blank, inserted: nil)
        }
        do {
            return try PC(configuration)
        } catch {
            throw .machine(error)
        }
    }
}

extension Snapshot.Contents {
    fileprivate mutating func take(_ tag: SnapshotChunk.Tag, _ content: [UInt8]) throws(SnapshotError) {
        switch tag {
        case .memory: pageCount += UInt64(content.count / 4104)
        case .disk: try takeDisk(content)
        case .processor:
            let record = try Snapshot.decode(ProcessorRecord.self, Snapshot.value(content, tag), tag)
            guard record.processors.indices.contains(record.turn.processor) else { throw .damaged(part: tag.rawValue) }
            let state = record.processors[record.turn.processor]
            site = DiagnosticLog.Site(cs: state.cs.selector, rip: state.rip)
            isHalted = record.processors.allSatisfy { $0.activity.awaitsInterrupt || $0.activity == .waitForSIPI }
            ending = record.ending
        case .end: stateHash = try Snapshot.decode(StateHash.self, Snapshot.value(content, tag), tag)
        case .machine: throw .damaged(part: tag.rawValue)
        case .chip, .input: _ = try Snapshot.value(content, tag)
        }
    }

    private mutating func takeDisk(_ content: [UInt8]) throws(SnapshotError) {
        guard let piece = DiskPiece(content), piece.drive < UInt64(writtenSectors.count) else {
            throw .damaged(part: SnapshotChunk.Tag.disk.rawValue)
        }
        writtenSectors[Int(piece.drive)] += UInt64(piece.written.nonzeroBitCount)
    }
}

/// A disk as large as another one, and empty. It forgets what is written, so that a file cannot make it grow.
private final class BlankDisk: OverlaidStore {
    let sectorCount: UInt64
    var isReadOnly: Bool { false }
    var base: any BlockStore { self }
    var writes: SectorWrites {
        get { SectorWrites() }
        set {}
    }

    /// No ATA disk has more sectors: ATA/ATAPI-6, section 6.2, 48-bit addresses.
    private static let most: UInt64 = 1 << 48

    init(standingInFor disk: Snapshot.Disk) throws(SnapshotError) {
        guard (1...Self.most).contains(disk.sectorCount) else { throw .damaged(part: SnapshotChunk.Tag.machine.rawValue) }
        sectorCount = disk.sectorCount
    }

    func read(sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) { buffer.initializeMemory(as: UInt8.self, repeating: 0) }
    func write(sector: UInt64, from buffer: UnsafeRawBufferPointer) {}
    func flush() {}
}
