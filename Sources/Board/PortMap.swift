import Chips
import Wiring

/// The ports at which each chip answers. The only file that knows port numbers. IBM AT Technical Reference, "I/O Address Map".
enum PortMap {
    /// Ours: the kernel loader's boot ROM writes here.
    static let kernelLoader: UInt16 = 0x8904
    /// Ours: an exit code of the guest's choice.
    static let exit: UInt16 = 0xF4

    /// PCI's configuration address, a register for doublewords: bytes and words there go to the bus, and to CF9h (PCI Local Bus Specification 2.1,
    /// section 3.7.4.1). Without PCI nobody answers at it.
    static let configurationAddress: UInt16 = 0xCF8

    static func ranges(_ parts: PC.Parts, debugExit: UInt16? = nil, debugConsole: UInt16 = 0xE9) -> [PortRange] {
        var ranges = fixedRanges(parts)
        ranges.append(PortRange("debug console", debugConsole, parts.debugConsole))
        // QEMU's device has four ports at most, and ours makes room for it.
        if let debugExit { ranges.append(PortRange("isa-debug-exit", debugExit...min(debugExit, 0xFFFC) + 3, parts.debugExit)) }
        if debugExit.map({ (exit - 3...exit + 3).contains($0) }) != true {
            ranges.append(PortRange("exit", exit...exit + 3, parts.exit))
        }
        if let pci = parts.pci {
            ranges += [
                PortRange("PCI configuration", 0xCFC...0xCFF, pci.hostBridge, offset: 4, priority: .hostBridge),
                // Where firmware that knows QEMU lets ACPI be switched on, and has general-purpose events and PCI slots.
                PortRange("apm", 0xB2...0xB3, pci.power, offset: 0x50),
                PortRange("acpi events", 0xAFE0...0xAFE3, pci.power, offset: 0x54),
                PortRange("acpi slots", 0xAE00...0xAE0F, pci.power, offset: 0x60),
            ]
        }
        if let device = parts.testDevice {
            ranges.append(PortRange("pc-testdev", 0xE0...0xE7, device))
            ranges.append(PortRange("pc-testdev lines", 0x2000...0x2017, device, offset: 32))
        }
        if let loader = parts.kernelLoader { ranges.append(PortRange("kernel loader", kernelLoader, loader)) }
        return ranges
    }

    private static func fixedRanges(_ parts: PC.Parts) -> [PortRange] {
        [
            // Two interrupt controllers, and the edge/level registers of later chipsets.
            PortRange("pic1", 0x20...0x21, parts.pic1),
            PortRange("pic2", 0xA0...0xA1, parts.pic2),
            PortRange("pic1 ELCR", 0x4D0, parts.pic1, offset: 2),
            PortRange("pic2 ELCR", 0x4D1, parts.pic2, offset: 2),
            // The timer, and port B with its gate and the speaker.
            PortRange("pit", 0x40...0x43, parts.pit),
            // Keyboard controller: data at 60h, status and command at 64h; port B between them.
            PortRange("kbc data", 0x60, parts.keyboardController, offset: 0),
            PortRange("kbc command", 0x64, parts.keyboardController, offset: 1),
            PortRange("port B", 0x61, parts.portB),
            // Port A: second A20 gate, fast reset.
            PortRange("port A", 0x92, parts.portA),
            // The reset control register lies inside PCI's configuration address.
            PortRange("reset control", 0xCF9, parts.resetControl, priority: .hostBridge),
            // Clock and CMOS memory.
            PortRange("rtc", 0x70...0x71, parts.rtc),
            // FERR# acknowledge.
            PortRange("coprocessor", 0xF0...0xF1, parts.coprocessor),
            // Serial lines COM1 and COM2.
            PortRange("com1", 0x3F8...0x3FF, parts.serial1),
            PortRange("com2", 0x2F8...0x2FF, parts.serial2),
            // The first parallel port of a machine whose display adapter has none.
            PortRange("lpt1", 0x378...0x37A, parts.parallel),
            // Disk channels: command block, and the control block's one register.
            PortRange("ide0", 0x1F0...0x1F7, parts.ide0),
            PortRange("ide0 control", 0x3F6, parts.ide0, offset: 8),
            PortRange("ide1", 0x170...0x177, parts.ide1),
            PortRange("ide1 control", 0x376, parts.ide1, offset: 8),
            // Display adapter: colour ports from 3C0h, monochrome ports from 3B0h.
            PortRange("vga", 0x3C0...0x3DF, parts.vga),
            PortRange("vga monochrome", 0x3B0...0x3BB, parts.vga, offset: 0x20),
            // Bochs' display interface: index and data of 16 bits, one port apart.
            PortRange("vbe", 0x1CE...0x1D0, parts.vga, offset: 0x30),
            // Floppy disk controller; 3F6h between its ports is the disk channel's.
            PortRange("fdc", 0x3F0...0x3F5, parts.fdc),
            PortRange("fdc DIR", 0x3F7, parts.fdc, offset: 7),
            // DMA: 8-bit channels, 16-bit channels with registers two ports apart, and the page registers. The page register at 80h
            // belongs to no channel; POST codes go there.
            PortRange("dma1", 0x00...0x0F, parts.dma1),
            PortRange("dma2", 0xC0...0xDF, parts.dma2),
            PortRange("post", 0x80, parts.postCodes),
            PortRange("dma pages", 0x81...0x8F, parts.dmaPages, offset: 1),
            // QEMU's item for firmware: selector and data, DMA.
            PortRange("fw_cfg", 0x510...0x511, parts.firmwareConfiguration),
            PortRange("fw_cfg DMA", 0x514...0x51B, parts.firmwareConfiguration, offset: 4),
            // What other emulators have for switching off.
            PortRange("power off", 0x604...0x605, parts.powerOff),
            PortRange("power off, older", 0xB004...0xB005, parts.powerOff),
            PortRange("shutdown", 0x8900, parts.shutdown),
        ]
    }
}
