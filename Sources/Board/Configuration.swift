import Chips
import Processor
import Wiring

extension PC {
    /// The machine to build. The defaults are the machine of every test: nothing in it depends on the host.
    public struct Configuration {
        /// The board: an AT with ISA slots alone, or a PC with PCI.
        public var machine = Machine.isa
        /// RAM in bytes: 1 MB to 32 GB in whole 4-KB pages, and as much as the model has addresses for.
        public var memoryBytes: UInt64 = 128 << 20
        /// The model of each processor.
        public var model = CPUModel.usual
        /// Several need a board with APICs.
        public var processors = ProcessorTopology()
        /// Instructions that each of several processors executes in its turn at most.
        public var quantum = PC.usualQuantum
        /// Clock ticks, which are instructions, in a virtual second: 1 MHz to 100 GHz.
        public var ticksPerSecond: UInt64 = 100_000_000
        /// The MC146818's date and time at power-on.
        public var clockStart = MC146818.DateTime(year: 2000, month: 1, day: 1)
        /// Primary master and slave, secondary master and slave.
        public var disks: [(any BlockStore)?] = []
        /// A CD-ROM drive as secondary master, with the discs that can be put into it; nil for none.
        public var cdrom: CDROMMedia?
        /// Floppy drives A and B with the diskettes that can be put into them; nil for no drive.
        public var floppies: [FloppyMedia?] = []
        /// The firmware's order of devices to boot.
        public var bootOrder = BootDevice.usualOrder
        /// The order until the first reset, where that is another; empty for no other.
        public var bootOrderOnce: [BootDevice] = []
        /// The firmware waits for a key that shows a menu of what boots.
        public var hasBootMenu = false
        /// The machine's name in firmware tables: 16 bytes in the order in which they are written; nil for nothing.
        public var uuid: [UInt8]?
        /// Whole 64 KB, up to 16 MB; nil is the firmware that is built in.
        public var firmware: [UInt8]?
        /// Flash memories in place of a firmware's ROM: the first one ends at 4 GB, the second one lies below it.
        public var flashMemories: [FlashMemory] = []
        /// Named items of fw_cfg.
        public var firmwareFiles: [FirmwareConfiguration.File] = []
        /// QEMU's pc-testdev is there, for kvm-unit-tests.
        public var hasTestDevice = false
        /// ROMs of expansion cards.
        public var optionROMs: [[UInt8]] = []
        /// The display adapter's own BIOS for firmware that has none, up to 64 KB; nil for none. The firmware that is built in needs none.
        public var displayROM: [UInt8]?
        /// The time that the serial lines take for a character.
        public var serialPace = NS16550A.Pace.line
        /// Hears each byte that left COM1 and COM2.
        public var serialOutput: [(UInt8) -> Void] = []
        /// Hears each byte that LPT1's printer takes.
        public var parallelOutput: ((UInt8) -> Void)?
        /// Hears each byte written to the debug console.
        public var debugOutput: ((UInt8) -> Void)?
        /// The place where the debug console is: E9h, or 402h for firmware that looks for it there.
        public var debugConsolePort: UInt16 = 0xE9
        /// Hears each byte written to port 80h.
        public var postCodeOutput: ((UInt8) -> Void)?

        /// A network card with its network; nil for none. Needs a board with PCI.
        public var network: NetworkConnection?
        /// Hears each frame on the card's cable, and the tick at which it passed.
        public var frameOutput: ((NetworkFrame) -> Void)?

        /// A kernel to start instead of what a disk boots.
        public var directBoot: DirectBoot?
        /// The place where QEMU's isa-debug-exit sits; nil for none, and then port F4h takes plain exit codes.
        public var debugExitPort: UInt16?

        /// A reset the guest asks for ends the machine.
        public var stopsAtReset = false
        /// A triple fault resets the processor, as a PC's chipset does, and does not end the machine.
        public var resetsAtTripleFault = false

        /// The user's name of what is booted, as words of his command line: for people alone, who find them in a snapshot.
        public var origin: [String] = []

        /// The machine of every test: 128 MB, one processor, no disk.
        public init() {}

        /// A device that the BIOS looks at for something to boot, with the number that CMOS has for it.
        public enum BootDevice: UInt8, Sendable {
            case floppy = 1
            case hardDisk = 2
            case cdrom = 3

            /// The order of a machine whose user says nothing.
            public static let usualOrder: [BootDevice] = [.hardDisk, .floppy, .cdrom]
        }

        /// Another firmware than ours writes to its own variables below 1 MB. A chipset with PCI has shadow RAM for that; on the board without,
        /// it finds a copy of itself in RAM.
        var copiesFirmware: Bool { machine == .isa && flashMemories.isEmpty && (firmwareCopy ?? (firmware != nil)) }
        /// The machine that was saved had such a copy: its firmware may be the program's own of then.
        var firmwareCopy: Bool?

        func validate() throws(BoardError) {
            guard (1 << 20...AddressMap.memoryLimit).contains(memoryBytes), memoryBytes % 4096 == 0 else {
                throw .memorySize(bytes: memoryBytes)
            }
            let high = AddressMap.highMemory(of: memoryBytes)
            guard high.isEmpty || high.upperBound - 1 <= model.physicalAddressMask else {
                throw .memoryBeyondAddresses(bytes: memoryBytes, model.rawValue)
            }
            guard (1_000_000...100_000_000_000).contains(ticksPerSecond) else { throw .rate(ticksPerSecond) }
            guard processors.isPossible else { throw .topology(processors) }
            if processors.count > 1 {
                guard machine == .pc else { throw .processorsWithoutAPIC(of: "the board without PCI", remedy: "use --machine pc") }
                guard model.hasLocalAPIC else {
                    throw .processorsWithoutAPIC(of: "the model \(model.rawValue)", remedy: "use --cpu pentium2 or a later one")
                }
            }
            if let network {
                guard machine == .pc else { throw .networkWithoutPCI }
                guard network.isPossible else { throw .networkAddress(network.address) }
            }
            guard PC.possibleQuanta.contains(quantum) else { throw .quantum(quantum) }
            for piece in directBoot?.pieces ?? []
            where piece.end > AddressMap.lowMemory(of: memoryBytes) || piece.end < piece.address {
                throw .kernelOutsideMemory(address: piece.address, bytes: piece.size)
            }
            if cdrom != nil, disks.count > 2, disks[2] != nil { throw .twoSecondaryMasters }
            if let displayROM, !(1...AddressMap.displayROMSize).contains(displayROM.count) {
                throw .displayROMSize(bytes: displayROM.count)
            }
            if let firmware, firmware.count % 0x1_0000 != 0 || !AddressMap.firmwareSizes.contains(firmware.count) {
                throw .firmwareSize(bytes: firmware.count)
            }
            let flash = flashMemories.map(\.contents.count)
            if let size = flash.first(where: { $0 % 4096 != 0 || !CFIFlash.sizes.contains($0) }) { throw .flashSize(bytes: size) }
            guard flash.reduce(0, +) <= CFIFlash.sizes.upperBound else { throw .flashSize(bytes: flash.reduce(0, +)) }
            guard cardROMs.reduce(0, { $0 + AddressMap.pages($1.count) }) <= AddressMap.cardROMs.count else { throw .optionROMs }
        }
    }
}
