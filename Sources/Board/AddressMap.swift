import Chips
import Wiring

/// The physical addresses at which each device answers when the machine is switched on. The only file that knows addresses.
enum AddressMap {
    /// Conventional memory ends here; what lies above belongs to cards and ROMs.
    static let conventionalEnd: UInt64 = 0xA_0000
    /// A0000h–BFFFFh, the VGA's window: graphics at A0000h, monochrome text at B0000h, colour text at B8000h.
    static let vgaWindow: Range<UInt64> = 0xA_0000..<0xC_0000
    /// The display adapter's memory as one stretch, at the address that ISA adapters with Bochs' interface have used.
    static let frameBuffer: Range<UInt64> = 0xE000_0000..<0xE000_0000 + UInt64(VGA.memorySize)
    /// The place where a display adapter on the ISA bus has its BIOS, and the room that it takes.
    static let displayROM: UInt64 = 0xC_0000
    static let displayROMSize = 0x1_0000
    /// The place where cards have their ROMs, the kernel loader's among them. Without one reads float to FFh.
    static let cardROMs: Range<UInt64> = 0xD_0000..<0xF_0000
    /// RAM goes on at 1 MB.
    static let extendedStart: UInt64 = 0x10_0000
    /// The 4-GB mark; the firmware's last byte lies below it, because the processor starts at FFFFFFF0h.
    static let top: UInt64 = 0x1_0000_0000
    /// RAM below 4 GB ends here at most, to leave room for windows of cards; the rest goes on at 4 GB.
    static let lowMemoryLimit: UInt64 = 0xC000_0000
    /// The most RAM that a machine can have: 32 GB.
    static let memoryLimit: UInt64 = 0x8_0000_0000
    /// The firmware's size in bytes. The last 128 KB at most are seen below 1 MB, too.
    static let firmwareSizes = 0x1_0000...0x100_0000

    /// Number of bytes of the firmware that are seen below 1 MB: its last ones.
    static func lowFirmware(_ size: Int) -> Int { min(size, 0x2_0000) }

    /// Tells where the RAM of a machine with `memory` bytes of it ends below 4 GB.
    static func lowMemory(of memory: UInt64) -> UInt64 { min(memory, lowMemoryLimit) }

    /// Tells where its RAM above 4 GB is.
    static func highMemory(of memory: UInt64) -> Range<UInt64> { top..<top + memory - lowMemory(of: memory) }

    /// Physical address of the byte of RAM with number `offset`.
    static func physical(memoryOffset offset: UInt64) -> UInt64 {
        offset < lowMemoryLimit ? offset : top + offset - lowMemoryLimit
    }

    /// `count` bytes in whole pages.
    static func pages(_ count: Int) -> Int { (count + 0xFFF) & ~0xFFF }

    /// RAM and ROMs: `firmware`, and the ROMs of cards. With `isCopied` RAM lies over the firmware below 1 MB.
    static func memory(
        _ memory: MainMemory, firmware: any MemoryDevice, size firmwareSize: Int, isCopied: Bool, cards: [ReadOnlyMemory]
    ) -> [MappedRegion] {
        let size = lowMemory(of: UInt64(memory.size))
        let shadow = lowFirmware(firmwareSize)
        let low = (extendedStart - UInt64(shadow))..<extendedStart
        var regions = [
            MappedRegion("conventional memory", 0..<min(size, conventionalEnd), memory),
            MappedRegion("firmware below 1 MB", low, firmware, offset: firmwareSize - shadow, priority: isCopied ? .card : .board),
            MappedRegion("extended memory", extendedStart..<max(size, extendedStart), memory, offset: Int(extendedStart)),
            MappedRegion("firmware below 4 GB", (top - UInt64(firmwareSize))..<top, firmware),
            MappedRegion("memory above 4 GB", highMemory(of: UInt64(memory.size)), memory, offset: Int(lowMemoryLimit)),
        ]
        if isCopied { regions.append(MappedRegion("copy of the firmware", low, memory, offset: Int(low.lowerBound))) }
        var next = cardROMs.lowerBound
        for card in cards {
            regions.append(MappedRegion("ROM of a card", next..<next + UInt64(card.size), card))
            next += UInt64(card.size)
        }
        return regions
    }

    /// The memory of the test device.
    static func testDevice(_ device: PCTestDevice) -> MappedRegion {
        let start: UInt64 = 0xFF00_0000
        return MappedRegion("pc-testdev", start..<start + UInt64(PCTestDevice.memorySize), device, priority: .card)
    }

    /// The second flash memory, below the first one.
    static func variables(_ flashes: [CFIFlash]) -> [MappedRegion] {
        guard flashes.count > 1 else { return [] }
        let end = top - UInt64(flashes[0].size)
        return [MappedRegion("flash memory of variables", (end - UInt64(flashes[1].size))..<end, flashes[1])]
    }

    /// The place where a write is an interrupt.
    static let interruptMessages: Range<UInt64> = 0xFEE0_0000..<0xFEE0_0000 + InterruptMessageWindow.size

    /// The windows of the I/O APIC and the timer: FEC00000h and FED00000h; and that of messages.
    static func controllers(_ apic: PC.APICParts) -> [MappedRegion] {
        [
            MappedRegion("I/O APIC", 0xFEC0_0000..<0xFEC0_1000, apic.io),
            MappedRegion("HPET", 0xFED0_0000..<0xFED0_1000, apic.hpet),
            MappedRegion("interrupt messages", interruptMessages, apic.messages),
        ]
    }

    /// The display adapter's windows of fixed address. On the PCI bus a base address register says where the frame buffer is, and where the ROM
    /// is once more: firmware that looks for it at its old place finds it there, too.
    static func display(_ vga: VGA, ROM: ReadOnlyMemory?, isPCI: Bool) -> [MappedRegion] {
        var regions = [MappedRegion("VGA memory", vgaWindow, vga)]
        if !isPCI { regions.append(MappedRegion("linear frame buffer", frameBuffer, vga.linearFrameBuffer)) }
        if let ROM { regions.append(MappedRegion("video BIOS", displayROM..<displayROM + UInt64(ROM.size), ROM)) }
        return regions
    }
}
