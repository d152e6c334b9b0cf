import Chips
import Processor
import Wiring

/// A run's outside input, each with the tick at which it entered, and what is needed to run it again anywhere: text, to be attached to a bug
/// report. One line a fact:
///
///     swemu-recording 2
///     machine pc                without such a line: isa
///     memory 134217728
///     processor p6
///     rate 100000000
///     clock 2000-01-01T00:00:00
///     firmware 9f3c…            fingerprint
///     disk 0 131072 5b1d…       drive, sectors, fingerprint
///     cdrom 0 2048 77d0…        disc of the CD-ROM drive, sectors of 512 bytes, fingerprint; "cdrom none" for a drive without any
///     network 48d2…             fingerprint of the card and of the files for TFTP
///     diskettes 1 none          of drive A and drive B; their disk lines have numbers from 4 on
///     reset stops               also: triple-fault resets; isa-debug-exit 244; debug-console 1026; device pc-testdev; serial instant; kernel 5d20…
///     booted disk.img           the command line's words about images and kernels, with %XX for spaces, as in URLs
///     start 0 77aa…             tick, state hash
///     6000000 key a down
///     6000015 serial 0 41       line, byte; also: key a again, mouse 3 -2 0 1, reset, power-button, insert 1, eject, floppy 0 insert 1, floppy 0 eject
///     end 12000000 03bf…        tick, state hash
public struct RunRecording: Equatable, Sendable {
    /// Version of the written form, in its first line.
    public static let version = 2

    /// A moment of the machine.
    public struct Moment: Equatable, Sendable {
        /// The time, in ticks of the machine's clock.
        public var tick: UInt64
        /// The machine's state at that time.
        public var hash: StateHash
    }

    /// An input with the time at which it entered the machine.
    public struct Entry: Equatable, Sendable {
        /// The time, in ticks of the machine's clock.
        public var tick: UInt64
        /// The input.
        public var input: InputGate.Input

        /// An input at a tick.
        public init(tick: UInt64, input: InputGate.Input) {
            self.tick = tick
            self.input = input
        }
    }

    /// The contents of a disk, disc or diskette: how to know them again.
    public struct Disk: Equatable, Sendable {
        /// Length in sectors of 512 bytes.
        public var sectorCount: UInt64
        /// The fingerprint of all sectors.
        public var contents: DiskFingerprint
    }

    /// The board.
    public var machine = PC.Machine.isa
    /// RAM in bytes.
    public var memoryBytes: UInt64 = 0
    /// The model of the processors.
    public var model = CPUModel.p6
    /// Sockets, cores and threads.
    public var processors = ProcessorTopology()
    /// Instructions in a processor's turn; of effect with several processors.
    public var quantum = PC.usualQuantum
    /// Ticks in a second of the machine.
    public var ticksPerSecond: UInt64 = 0
    /// Date and time of the machine's clock when it was switched on.
    public var clockStart = MC146818.DateTime(year: 2000, month: 1, day: 1)
    /// A fingerprint of the firmware and of all that it was told.
    public var firmware = StateHash()
    /// By drive: four disks, and from number 4 on the diskettes of drive A and B.
    public var disks: [Int: Disk] = [:]
    /// The discs of the CD-ROM drive; nil without one. Which of them was in it, and the boot order, are part of `start`.
    public var media: [Disk]?
    /// Numbers of diskettes of drive A and B, where such a drive is; nil without floppy drives.
    public var diskettes: [Int?]?
    /// The network card with the files that TFTP offers; they have to be given again.
    public var network: StateHash?
    /// A reset ends the run.
    public var stopsAtReset = false
    /// A triple fault resets the processor; otherwise it ends the run.
    public var resetsAtTripleFault = false
    /// The port of QEMU's isa-debug-exit; nil without one.
    public var debugExitPort: UInt16?
    /// The port of the debug console.
    public var debugConsolePort: UInt16 = 0xE9
    /// The machine has QEMU's pc-testdev.
    public var hasTestDevice = false
    /// The transmitters of the serial lines are ready at once.
    public var hasInstantLines = false
    /// The kernel that was loaded without a disk, with its modules and command line; they have to be given again.
    public var kernel: StateHash?
    /// `PC.Configuration.origin`; empty in recordings that do not have it.
    public var origin: [String] = []
    /// The moment from which on inputs are recorded.
    public var start = Moment(tick: 0, hash: StateHash())
    /// The inputs in the order in which they entered.
    public var entries: [Entry] = []
    /// Missing when the recording program was killed.
    public var end: Moment?

    /// A recording without inputs, to be filled in.
    public init() {}

    /// The beginning of a recording of `pc` from now on. nil when a disk cannot be read.
    public init?(startOf pc: PC) {
        let configuration = pc.configuration
        machine = configuration.machine
        memoryBytes = configuration.memoryBytes
        model = configuration.model
        processors = configuration.processors
        quantum = configuration.quantum
        ticksPerSecond = configuration.ticksPerSecond
        clockStart = configuration.clockStart
        firmware.combine(encoding: configuration.firmware ?? Firmware.builtIn)
        if let displayROM = configuration.displayROM { firmware.combine(encoding: displayROM) }
        if !configuration.firmwareFiles.isEmpty { firmware.combine(encoding: configuration.firmwareFiles) }
        if !configuration.optionROMs.isEmpty { firmware.combine(encoding: configuration.optionROMs) }
        if configuration.hasBootMenu { firmware.combine(1) }
        if let uuid = configuration.uuid { firmware.combine(encoding: uuid) }
        if !configuration.bootOrderOnce.isEmpty { firmware.combine(encoding: configuration.bootOrder.map(\.rawValue)) }
        for (drive, store) in configuration.writableStores.enumerated() {
            guard let store else { continue }
            guard let contents = DiskFingerprint(of: store) else { return nil }
            disks[drive] = Disk(sectorCount: store.sectorCount, contents: contents)
        }
        if let cdrom = configuration.cdrom {
            media = []
            for store in cdrom.stores {
                guard let contents = DiskFingerprint(of: store) else { return nil }
                media?.append(Disk(sectorCount: store.sectorCount, contents: contents))
            }
        }
        diskettes = configuration.disketteCounts
        network = configuration.network?.fingerprint
        stopsAtReset = configuration.stopsAtReset
        origin = configuration.origin
        resetsAtTripleFault = configuration.resetsAtTripleFault
        debugExitPort = configuration.debugExitPort
        debugConsolePort = configuration.debugConsolePort
        hasTestDevice = configuration.hasTestDevice
        hasInstantLines = configuration.serialPace == .instant
        kernel = configuration.directBoot?.fingerprint
        start = pc.moment
    }

    /// `configuration` with what belongs to the recorded machine.
    public func configuration(_ configuration: PC.Configuration) -> PC.Configuration {
        var configuration = configuration
        configuration.machine = machine
        configuration.memoryBytes = memoryBytes
        configuration.model = model
        configuration.processors = processors
        configuration.quantum = quantum
        configuration.ticksPerSecond = ticksPerSecond
        configuration.clockStart = clockStart
        configuration.stopsAtReset = stopsAtReset
        configuration.resetsAtTripleFault = resetsAtTripleFault
        configuration.debugExitPort = debugExitPort
        configuration.debugConsolePort = debugConsolePort
        configuration.hasTestDevice = hasTestDevice
        configuration.serialPace = hasInstantLines ? .instant : .line
        return configuration
    }

    /// Tells why `pc`, at its start, is not the machine that was recorded; nil when it is.
    public func misfit(_ pc: PC) -> RecordingError? {
        guard let now = RunRecording(startOf: pc) else { return .diskUnreadable }
        if kernel != now.kernel { return kernel == nil ? .kernelExtra : now.kernel == nil ? .kernelMissing : .kernelDiffers }
        if diskettes != now.diskettes { return .floppiesDiffer }
        for drive in Set(disks.keys).union(now.disks.keys).sorted() where disks[drive] != now.disks[drive] {
            return disks[drive] == nil
                ? .diskExtra(drive: drive) : now.disks[drive] == nil ? .diskMissing(drive: drive) : .diskDiffers(drive: drive)
        }
        if media != now.media { return media == nil ? .mediaExtra : now.media == nil ? .mediaMissing : .mediaDiffer }
        if network != now.network { return .networkDiffers }
        if firmware != now.firmware { return .firmware }
        return start == now.start ? nil : .start(recorded: start, now: now.start)
    }
}

extension PC {
    /// The place where this machine is now.
    public var moment: RunRecording.Moment { RunRecording.Moment(tick: clock.now, hash: stateHash()) }
}

/// The reason why a recording cannot be replayed. `description` is what and the remedy; the file's name is the caller's to add.
public enum RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
    case notARecording
    case version(String)
    /// Lines count from 1.
    case line(Int, String)
    case missing(String)
    case kernelMissing
    case kernelExtra
    case kernelDiffers
    case diskMissing(drive: Int)
    case diskExtra(drive: Int)
    case diskDiffers(drive: Int)
    /// A CD-ROM drive with its discs.
    case mediaMissing
    case mediaExtra
    case mediaDiffer
    /// Floppy drives, or how many diskettes they have.
    case floppiesDiffer
    case diskUnreadable
    /// A network card, or files for TFTP.
    case networkDiffers
    case firmware
    case start(recorded: RunRecording.Moment, now: RunRecording.Moment)

    public var description: String {
        switch self {
        case .notARecording: "is not a recording of swemu; name a file that --record has written"
        case .version(let text): "is a recording of format \(text), this swemu reads format \(RunRecording.version)"
        case .line(let number, let what): "line \(number): \(what); record the run again"
        case .missing(let what): "has no line \"\(what)\"; record the run again"
        case .kernelMissing: "was recorded with a kernel; give it with --kernel, and its modules"
        case .kernelExtra: "was recorded without a kernel; leave --kernel out"
        case .kernelDiffers:
            "was recorded with another kernel, module or command line; give the same --kernel, --initrd and --append"
        case .floppiesDiffer:
            "was recorded with other floppy drives or diskettes; give the same --fda and --fdb options in the same order"
        case .diskDiffers(let drive) where drive >= 4:
            "was recorded with other contents of a diskette; give the --fda and --fdb images as they were before the recorded run"
        case .diskMissing(let drive): "was recorded with a disk as --hd\(letter(drive)); give its image"
        case .diskExtra(let drive): "was recorded without a disk as --hd\(letter(drive)); leave it out"
        case .diskDiffers(let drive):
            "was recorded with other contents of --hd\(letter(drive)); give the image as it was before the recorded run"
        case .mediaMissing: "was recorded with a CD-ROM drive; give its discs with --cdrom, in the same order"
        case .mediaExtra: "was recorded without a CD-ROM drive; leave --cdrom out"
        case .mediaDiffer:
            "was recorded with other discs for the CD-ROM drive; give the same --cdrom options in the same order"
        case .diskUnreadable: "cannot be compared with the disks, of which one cannot be read; check the images"
        case .networkDiffers: "was recorded with another network card, or other files for TFTP; give the same --nic option, or none"
        case .firmware:
            "was recorded with another firmware, or it was told something else; give the same --bios, --fw-cfg, --boot-menu, --boot-once and --uuid, or use the swemu that recorded it"
        case .start(let recorded, let now):
            "starts from another machine (state \(recorded.hash) at tick \(recorded.tick), here \(now.hash) at \(now.tick)); "
                + "give the --restore, --kernel and --append of the recorded run, or use the swemu that recorded it"
        }
    }

    private func letter(_ drive: Int) -> String { drive < 4 ? ["a", "b", "c", "d"][max(drive, 0)] : "?" }
}
