import Chips
import Wiring

/// Who answers at which physical address. The only file that knows addresses.
///
/// Not emulated: chipset control over the ROM area (shadow RAM), memory above 4 GB, PCI windows.
enum AddressMap {
    /// Conventional memory ends here; what lies above belongs to cards and ROMs.
    static let conventionalEnd: UInt64 = 0xA_0000
    /// A0000h–BFFFFh, the VGA's window: graphics at A0000h, monochrome text at B0000h, colour text at B8000h.
    static let vgaWindow: Range<UInt64> = 0xA_0000..<0xC_0000
    /// The display adapter's memory as one stretch, at the address that ISA adapters with Bochs' interface have used.
    static let frameBuffer: Range<UInt64> = 0xE000_0000..<0xE000_0000 + UInt64(VGA.memorySize)
    /// C0000h–EFFFFh, where cards have their ROMs. Without one reads float to FFh.
    static let optionROMs: Range<UInt64> = 0xC_0000..<0xF_0000
    /// Where the kernel loader's boot ROM is, when there is one.
    static let bootROM: UInt64 = 0xD_0000
    /// RAM goes on at 1 MB.
    static let extendedStart: UInt64 = 0x10_0000
    /// The 4-GB mark; the firmware's last byte lies below it, because the processor starts at FFFFFFF0h.
    static let top: UInt64 = 0x1_0000_0000
    /// RAM ends at 3 GB at most, to leave room for windows of cards below 4 GB.
    static let memoryLimit: UInt64 = 0xC000_0000
    /// The firmware's size in bytes: 64 KB, 128 KB or 256 KB. The last 128 KB at most are seen below 1 MB, too.
    static let firmwareSizes = [0x1_0000, 0x2_0000, 0x4_0000]

    /// The regions of a machine with `memory` bytes of RAM and `firmware` bytes of ROM, and `card` of boot ROM.
    static func regions(memory: UInt64, firmware: UInt64, card: UInt64 = 0) -> [Region] {
        let shadow = min(firmware, 0x2_0000)
        return [
            Region("conventional memory", 0..<min(memory, conventionalEnd), .ram(offset: 0)),
            Region("VGA memory", vgaWindow, .vga),
            Region("boot ROM", bootROM..<(bootROM + card), .card),
            Region("firmware below 1 MB", (extendedStart - shadow)..<extendedStart, .rom(offset: Int(firmware - shadow))),
            Region("extended memory", extendedStart..<max(memory, extendedStart), .ram(offset: Int(extendedStart))),
            Region("linear frame buffer", frameBuffer, .frameBuffer),
            Region("firmware below 4 GB", (top - firmware)..<top, .rom(offset: 0)),
        ].filter { !$0.range.isEmpty }
    }
}

/// A stretch of physical addresses with one owner.
struct Region: Equatable {
    enum Owner: Equatable {
        /// RAM, from `offset` in main memory on.
        case ram(offset: Int)
        /// ROM, from `offset` in the firmware on.
        case rom(offset: Int)
        /// The boot ROM.
        case card
        case vga
        /// The display adapter's memory from its first byte on.
        case frameBuffer
    }
    let name: String
    let range: Range<UInt64>
    let owner: Owner

    init(_ name: String, _ range: Range<UInt64>, _ owner: Owner) {
        self.name = name
        self.range = range
        self.owner = owner
    }
}

/// Finds the region of an address; made once from a list without overlaps.
struct RegionFinder {
    private let regions: [Region]

    init(_ regions: [Region]) throws(BoardError) {
        self.regions = regions.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (lower, upper) in zip(self.regions, self.regions.dropFirst()) where lower.range.overlaps(upper.range) {
            throw .addressOverlap(lower.name, upper.name, at: upper.range.lowerBound)
        }
    }

    func region(at physical: UInt64) -> Region? {
        for region in regions where physical < region.range.upperBound {
            return physical >= region.range.lowerBound ? region : nil
        }
        return nil
    }
}
