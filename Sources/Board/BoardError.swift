import Processor

/// The reason why a machine could not be built.
public enum BoardError: Error, Equatable, Sendable {
    /// Below 1 MB, above 32 GB, or not a multiple of 4 KB.
    case memorySize(bytes: UInt64)
    /// More than the physical addresses of a model reach.
    case memoryBeyondAddresses(bytes: UInt64, String)
    case outOfHostMemory(bytes: Int)
    /// A firmware image has whole 64 KB.
    case firmwareSize(bytes: Int)
    /// A video BIOS has up to 64 KB.
    case displayROMSize(bytes: Int)
    /// Flash memories have whole 4-KB blocks, and 16 MB together at most.
    case flashSize(bytes: Int)
    /// ROMs of cards have 128 KB together.
    case optionROMs
    case rate(UInt64)
    /// More processors than a machine has, or in an arrangement that their identifications cannot tell.
    case topology(ProcessorTopology)
    /// Several processors where there are no APICs for them.
    case processorsWithoutAPIC(of: String, remedy: String)
    case quantum(UInt64)
    case networkWithoutPCI
    /// Not six bytes of one station.
    case networkAddress([UInt8])
    /// A disk and the CD-ROM drive at the same place.
    case twoSecondaryMasters
    /// A piece of the kernel lies outside RAM.
    case kernelOutsideMemory(address: UInt64, bytes: UInt64)
    /// The board's own maps contradict each other.
    case addressOverlap(String, String, at: UInt64)
    case portOverlap(String, String, at: UInt16)
    case portBeyondEnd(String)
}

extension BoardError: CustomStringConvertible {
    /// The mistake and its remedy, in one line.
    public var description: String {
        switch self {
        case .memorySize(let bytes):
            "a machine cannot have \(bytes) bytes of memory; give 1 MB to 32 GB in whole 4-KB pages"
        case .memoryBeyondAddresses(let bytes, let model):
            "the model \(model) has no addresses for \(bytes) bytes of memory; give 3 GB at most, or choose a later --cpu"
        case .outOfHostMemory(let bytes):
            "the host has no \(bytes) bytes of memory left; give the guest less with --memory, or this program more with ulimit -v"
        case .firmwareSize(let bytes):
            "a firmware image of \(bytes) bytes does not fit; it has a multiple of 65536 bytes, up to 16 MB"
        case .displayROMSize(let bytes):
            "a video BIOS of \(bytes) bytes does not fit; it has up to 65536 bytes"
        case .flashSize(let bytes):
            "a flash memory of \(bytes) bytes does not fit; it has a multiple of 4096 bytes, and all have 16 MB at most"
        case .optionROMs:
            "the ROMs of cards do not fit between D0000h and EFFFFh; give fewer with --option-rom"
        case .rate(let rate):
            "a clock rate of \(rate) ticks per second is impossible; give 1000000 to 100000000000"
        case .topology(let topology):
            "\(topology.sockets) sockets of \(topology.cores) cores of \(topology.threads) threads are impossible; give 1 to 16 processors in all, powers of two of cores and threads where there are several sockets"
        case .processorsWithoutAPIC(let what, let remedy):
            "\(what) has no APICs, which several processors need; \(remedy)"
        case .quantum(let quantum):
            "a turn of \(quantum) instructions is impossible; give 1 to 1000000000"
        case .networkWithoutPCI:
            "the board without PCI has no network card; use --machine pc, or leave --nic out"
        case .networkAddress(let bytes):
            "\(bytes) is no address of a network card; give six bytes, the first one even"
        case .twoSecondaryMasters:
            "the CD-ROM drive is the secondary master; put the disk elsewhere, as with --hdd"
        case .kernelOutsideMemory(let address, let bytes):
            "the kernel needs \(bytes) bytes at \(String(address, radix: 16))h, where there is no RAM; give the guest more"
        case .addressOverlap(let one, let other, let address):
            "\(one) and \(other) overlap at physical address \(String(address, radix: 16))h"
        case .portOverlap(let one, let other, let port):
            "\(one) and \(other) overlap at port \(String(port, radix: 16))h"
        case .portBeyondEnd(let name):
            "\(name) goes beyond port FFFFh"
        }
    }
}
