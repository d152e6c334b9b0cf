import Chips
import Processor
import Wiring

extension PC {
    /// What machine to build. The defaults are the machine of every test: nothing in it depends on the host.
    public struct Configuration {
        public var machine = Machine.isa
        /// RAM in bytes: 1 MB to 3 GB in whole 4-KB pages.
        public var memoryBytes: UInt64 = 128 << 20
        public var model: CPUModel = .pentium4
        /// Several need a board with APICs.
        public var processors = ProcessorTopology()
        /// Instructions that each of several processors executes in its turn at most.
        public var quantum = PC.usualQuantum
        /// Clock ticks, which are instructions, in a virtual second: 1 MHz to 100 GHz.
        public var ticksPerSecond: UInt64 = 100_000_000
        /// What the MC146818 shows at power-on.
        public var clockStart = MC146818.DateTime(year: 2000, month: 1, day: 1)
        /// Primary master and slave, secondary master and slave.
        public var disks: [(any BlockStore)?] = []
        /// A CD-ROM drive as secondary master, with the discs that can be put into it; nil for none.
        public var cdrom: CDROMMedia?
        /// Floppy drives A and B with the diskettes that can be put into them; nil for no drive.
        public var floppies: [FloppyMedia?] = []
        /// What the firmware tries to boot, in this order.
        public var bootOrder = BootDevice.usualOrder
        /// 64, 128 or 256 KB; nil is the firmware that is built in.
        public var firmware: [UInt8]?
        /// The display adapter's own BIOS for firmware that has none, up to 64 KB; nil for none. The firmware that is built in needs none.
        public var displayROM: [UInt8]?
        /// How long the serial lines take for a character.
        public var serialPace = NS16550A.Pace.line
        /// Hears each byte that left COM1 and COM2.
        public var serialOutput: [(UInt8) -> Void] = []
        /// Hears each byte written to port E9h.
        public var debugOutput: ((UInt8) -> Void)?
        /// Hears each byte written to port 80h.
        public var postCodeOutput: ((UInt8) -> Void)?

        /// A kernel to start instead of what a disk boots.
        public var directBoot: DirectBoot?
        /// Where QEMU's isa-debug-exit sits; nil for none, and then port F4h takes plain exit codes.
        public var debugExitPort: UInt16?

        /// A reset the guest asks for ends the machine.
        public var stopsAtReset = false
        /// A triple fault resets the processor, as a PC's chipset does, and does not end the machine.
        public var resetsAtTripleFault = false

        /// What its user calls what it boots, as words of his command line: for people alone, who find them in a snapshot.
        public var origin: [String] = []

        public init() {}

        public enum BootDevice: UInt8, Sendable {
            case floppy = 1
            case hardDisk = 2
            case cdrom = 3

            public static let usualOrder: [BootDevice] = [.hardDisk, .floppy, .cdrom]
        }

        /// Another firmware than ours writes to its own variables below 1 MB. A chipset with PCI has shadow RAM for that; on the board without,
        /// it finds a copy of itself in RAM.
        var copiesFirmware: Bool { machine == .isa && (firmwareCopy ?? (firmware != nil)) }
        /// Whether the machine that was saved had such a copy: its firmware may be the program's own of then.
        var firmwareCopy: Bool?

        func validate() throws(BoardError) {
            guard (1 << 20...AddressMap.memoryLimit).contains(memoryBytes), memoryBytes % 4096 == 0 else {
                throw .memorySize(bytes: memoryBytes)
            }
            guard (1_000_000...100_000_000_000).contains(ticksPerSecond) else { throw .rate(ticksPerSecond) }
            guard processors.isPossible else { throw .topology(processors) }
            if processors.count > 1 {
                guard machine == .pc else { throw .processorsWithoutAPIC(of: "the board without PCI", remedy: "use --machine pc") }
                guard model.hasLocalAPIC else {
                    throw .processorsWithoutAPIC(of: "the model \(model.rawValue)", remedy: "use --cpu pentium2 or a later one")
                }
            }
            guard PC.possibleQuanta.contains(quantum) else { throw .quantum(quantum) }
            for piece in directBoot?.pieces ?? [] where piece.end > memoryBytes || piece.end < piece.address {
                throw .kernelOutsideMemory(address: piece.address, bytes: piece.size)
            }
            if cdrom != nil, disks.count > 2, disks[2] != nil { throw .twoSecondaryMasters }
            if let displayROM, !(1...AddressMap.displayROMSize).contains(displayROM.count) {
                throw .displayROMSize(bytes: displayROM.count)
            }
            if let firmware, !AddressMap.firmwareSizes.contains(firmware.count) { throw .firmwareSize(bytes: firmware.count) }
        }
    }
}
