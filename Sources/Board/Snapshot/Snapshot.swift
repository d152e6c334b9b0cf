import Chips
import Processor
import Wiring

/// A machine's whole state in a file: memory, processor, chips, input that waits, and what was written over its disks. Caches are not in it, nor
/// anything of the engine that ran it.
///
/// Opened, it says what machine it is of; `restore(_:)` then fills a `PC` that was built from `configuration`. Contents of disks that the
/// guest wrote to directly are not in it: the images have to be what they were, and are compared.
public struct Snapshot {
    /// Number of the format. It changes whenever an older reader would misunderstand.
    public static let version: UInt32 = 3

    /// No machine gets as far, and behind it sums of time overflow, so that a timer would fire for ever.
    static let latestTick: UInt64 = 1 << 62

    /// More disks and diskettes than any machine has.
    private static let driveCount = 64

    /// The saved machine.
    public let machine: Machine
    let reader: SnapshotReader

    /// The part of a configuration that belongs to the machine and not to the host or the run.
    public struct Machine: Codable, Equatable, Sendable {
        /// RAM in bytes.
        public var memoryBytes: UInt64
        /// As `CPUModel.rawValue`.
        public var model: String
        /// Sockets, cores and threads.
        public var processors: ProcessorTopology
        /// Instructions in a processor's turn.
        public var quantum: UInt64
        /// Ticks in a second of the machine.
        public var ticksPerSecond: UInt64
        /// The firmware's bytes.
        public var firmware: [UInt8]
        /// The tick at which it was saved.
        public var tick: UInt64
        /// Ticks of them in which the processor was halted.
        public var skipped: UInt64
        /// The port of QEMU's isa-debug-exit; nil without one.
        public var debugExitPort: UInt16?
        /// A kernel was loaded without a disk; after a reset it is loaded again, so it has to be the same.
        public var kernel: StateHash?
        /// Disks by drive, 0 to 3; nil for a drive without one.
        public var disks: [Disk?]
        /// The discs of the CD-ROM drive; nil without one.
        public var media: [Disk]?
        /// Numbers of `disks`, behind the first four, that are diskettes of drive A and of drive B, where such a drive is; nil for no floppy drive.
        public var diskettes: [Int?]?
        /// `PC.Configuration.origin`; not in older files.
        public var origin: [String]?
        /// The board; nil, and in older files, is the one without PCI.
        public var board: PC.Machine?
        /// A video BIOS that was given.
        public var displayROM: [UInt8]?
        /// The firmware lies in RAM, where the machine has a copy of it.
        public var copiesFirmware: Bool?
        /// Nil, and in older files, is E9h.
        public var debugConsolePort: UInt16?
        /// Files of fw_cfg and ROMs of cards that were given.
        public var firmwareFiles: [FirmwareConfiguration.File]?
        /// ROMs of cards; nil for none.
        public var optionROMs: [[UInt8]]?
        /// The machine has QEMU's pc-testdev; nil for none.
        public var hasTestDevice: Bool?
        /// The firmware shows a boot menu; nil for none.
        public var hasBootMenu: Bool?
        /// The machine's UUID in SMBIOS, 16 bytes; nil for none.
        public var uuid: [UInt8]?
        /// The boot order behind a reset, by number, where a reset changes it.
        public var bootOrderAfterReset: [UInt8]?
        /// Nil, and in older files, is no network card.
        public var network: Network?
    }

    /// A network card, and how to know its network again.
    public struct Network: Codable, Equatable, Sendable {
        /// The card's Ethernet address, 6 bytes.
        public var address: [UInt8]
        /// The file that DHCP names; empty for none.
        public var bootFile: String
        /// Of the files that TFTP offers; nil where there are none.
        public var files: StateHash?

        init(_ connection: NetworkConnection) {
            (address, bootFile) = (connection.address, connection.bootFile)
            files = connection.files.isEmpty ? nil : connection.filesFingerprint
        }
    }

    /// A drive's disk: how to know it again.
    public struct Disk: Codable, Equatable, Sendable {
        /// Length in sectors of 512 bytes.
        public var sectorCount: UInt64
        /// Of what lies below the writes that are in the snapshot.
        public var contents: DiskFingerprint
        /// The guest's writes went to an overlay, which is in the snapshot.
        public var isOverlaid: Bool
    }

    /// Reads the first part. `source` gives the next so many bytes of the file, fewer only at its end.
    public init(source: @escaping (Int) -> [UInt8]) throws(SnapshotError) {
        reader = try SnapshotReader(source)
        let value = try reader.value(.machine)
        do {
            machine = try StateDecoder.decode(Machine.self, from: value)
        } catch {
            throw .misfit(part: SnapshotChunk.Tag.machine.rawValue, field: error.field)
        }
        guard machine.tick <= Self.latestTick else { throw .damaged(part: SnapshotChunk.Tag.machine.rawValue) }
        guard CPUModel(rawValue: machine.model) != nil else {
            throw .misfit(part: SnapshotChunk.Tag.machine.rawValue, field: "model")
        }
        guard machine.processors.isPossible, PC.possibleQuanta.contains(machine.quantum) else {
            throw .misfit(part: SnapshotChunk.Tag.machine.rawValue, field: "processors")
        }
        guard machine.disks.count <= Self.driveCount else {
            throw .misfit(part: SnapshotChunk.Tag.machine.rawValue, field: "disks")
        }
        if let diskettes = machine.diskettes {
            // Each of them is a disk of a size that diskettes have.
            var count = 4
            for number in diskettes.compactMap({ $0 }) where (0...Self.driveCount).contains(number) { count += number }
            let stores = machine.disks.dropFirst(4)
            guard diskettes.count <= 2, diskettes.allSatisfy({ $0 ?? 0 >= 0 }), count == machine.disks.count,
                stores.allSatisfy({ $0 != nil && DisketteFormat(sectorCount: $0?.sectorCount ?? 0) != nil })
            else { throw .misfit(part: SnapshotChunk.Tag.machine.rawValue, field: "diskettes") }
        }
    }

    /// `configuration` with what belongs to the machine as it was saved.
    public func configuration(_ configuration: PC.Configuration) -> PC.Configuration {
        var configuration = configuration
        configuration.machine = machine.board ?? .isa
        configuration.displayROM = machine.displayROM
        configuration.memoryBytes = machine.memoryBytes
        configuration.model = CPUModel(rawValue: machine.model) ?? configuration.model
        configuration.processors = machine.processors
        configuration.quantum = machine.quantum
        configuration.ticksPerSecond = machine.ticksPerSecond
        configuration.firmware = machine.firmware
        configuration.firmwareCopy = machine.copiesFirmware
        configuration.debugExitPort = machine.debugExitPort
        configuration.debugConsolePort = machine.debugConsolePort ?? 0xE9
        configuration.firmwareFiles = machine.firmwareFiles ?? []
        configuration.optionROMs = machine.optionROMs ?? []
        configuration.hasTestDevice = machine.hasTestDevice ?? false
        configuration.hasBootMenu = machine.hasBootMenu ?? false
        configuration.uuid = machine.uuid
        if let network = machine.network {
            var connection = configuration.network ?? NetworkConnection()
            (connection.address, connection.bootFile) = (network.address, network.bootFile)
            configuration.network = connection
        }
        if let order = machine.bootOrderAfterReset {
            configuration.bootOrder = order.compactMap { PC.Configuration.BootDevice(rawValue: $0) }
            // The present order comes back with the CMOS memory.
            configuration.bootOrderOnce = configuration.bootOrder
        }
        return configuration
    }

    /// Puts the state into `pc`, which must have been built from `configuration` and not have run. After an error `pc` is of no use.
    public func restore(_ pc: PC) throws(SnapshotError) {
        try restore(pc, verifies: true)
    }

    /// Without the last comparison, for tests that change snapshots.
    func restore(_ pc: PC, verifies: Bool) throws(SnapshotError) {
        guard (pc.configuration.disketteCounts ?? []) == (machine.diskettes ?? []) else { throw .otherFloppies }
        guard pc.configuration.network.map(Network.init) == machine.network else { throw .otherNetwork }
        try checkDisks(pc)
        try checkMedia(pc)
        guard let kernel = machine.kernel else {
            guard pc.configuration.directBoot == nil else { throw .extraKernel }
            _ = try fill(pc, verifies: verifies)
            return
        }
        guard let boot = pc.configuration.directBoot else { throw .missingKernel }
        guard boot.fingerprint == kernel else { throw .otherKernel }
        _ = try fill(pc, verifies: verifies)
    }

    /// Reads everything behind the first part into `pc`; the hash of what it is then.
    func fill(_ pc: PC, verifies: Bool) throws(SnapshotError) -> StateHash {
        pc.clock.restart(at: machine.tick, skipped: machine.skipped)
        // Pages that are all zero are not in the file.
        pc.memory.clear()
        var state: StateValue?
        var expected: StateHash?
        while expected == nil {
            let (tag, content) = try reader.next()
            switch tag {
            case .memory: try pc.restoreMemory(content)
            case .disk: try pc.restoreDisk(content)
            default:
                let value = try Self.value(content, tag)
                switch tag {
                case .processor: state = value
                case .chip: try pc.restoreChip(value)
                case .input: try pc.restoreInput(value)
                case .end: expected = try Self.decode(StateHash.self, value, tag)
                default: throw .damaged(part: tag.rawValue)
                }
            }
        }
        try reader.requireEnd()
        guard let state else { throw .damaged(part: SnapshotChunk.Tag.processor.rawValue) }
        try pc.restoreProcessor(state)
        let hash = pc.stateHash()
        guard !verifies || hash == expected else { throw .differs }
        return hash
    }

    static func value(_ content: [UInt8], _ tag: SnapshotChunk.Tag) throws(SnapshotError) -> StateValue {
        guard let value = StateValue(parsing: content) else { throw .damaged(part: tag.rawValue) }
        return value
    }

    static func decode<T: Decodable>(
        _ type: T.Type, _ value: StateValue, _ tag: SnapshotChunk.Tag
    ) throws(SnapshotError) -> T {
        do {
            return try StateDecoder.decode(type, from: value)
        } catch {
            throw .misfit(part: tag.rawValue, field: error.field)
        }
    }

    private func checkMedia(_ pc: PC) throws(SnapshotError) {
        let stores = pc.configuration.cdrom?.stores
        guard (stores == nil) == (machine.media == nil) else { throw stores == nil ? .missingDrive : .extraDrive }
        guard let stores, let media = machine.media else { return }
        guard stores.count == media.count else { throw .mediaCount(stores.count, wanted: media.count) }
        for (number, (store, medium)) in zip(stores, media).enumerated() {
            guard let contents = DiskFingerprint(of: store) else { throw .mediumUnreadable(number) }
            guard store.sectorCount == medium.sectorCount, contents == medium.contents else { throw .otherMedium(number) }
        }
    }

    private func checkDisks(_ pc: PC) throws(SnapshotError) {
        let stores = pc.configuration.writableStores
        for drive in 0..<max(stores.count, machine.disks.count) {
            let store = drive < stores.count ? stores[drive] : nil
            let disk = drive < machine.disks.count ? machine.disks[drive] : nil
            guard let disk else {
                if store != nil { throw .extraDisk(drive: drive) }
                continue
            }
            guard let store else { throw .missingDisk(drive: drive) }
            guard store.sectorCount == disk.sectorCount else {
                throw .diskSize(drive: drive, sectors: store.sectorCount, wanted: disk.sectorCount)
            }
            if disk.isOverlaid, !(store is any OverlaidStore) { throw .needsOverlay(drive: drive) }
            guard let fingerprint = DiskFingerprint(of: (store as? any OverlaidStore)?.base ?? store) else {
                throw .diskUnreadable(drive: drive)
            }
            guard fingerprint == disk.contents else { throw .diskContents(drive: drive) }
        }
    }
}
