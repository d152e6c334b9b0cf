import Formats
import Session

/// QEMU's devices: those that can be added, those that are there anyway, and what to do where there is none.
extension QEMUSpelling {
    /// Those that `-device` adds.
    static let devices = [
        "ide-hd", "ide-cd", "floppy", "isa-debug-exit", "isa-debugcon", "isa-serial", "isa-parallel", "pc-testdev", "e1000",
    ]

    /// Devices that change nothing here, and why.
    private static let devicesLeftOut: [(names: Set<String>, why: String)] = [
        (["piix3-ide", "piix4-ide", "isa-ide"], "two channels of IDE are there anyway"),
        (["VGA", "isa-vga", "bochs-display"], "a VGA with Bochs' VBE is there anyway"),
        (["isa-fdc"], "a floppy controller is there anyway"),
        (["i8042", "vmmouse"], "a PS/2 keyboard and a PS/2 mouse are there anyway"),
        (["mc146818rtc", "hpet"], "the clocks of a PC are there anyway"),
        (["pci-testdev"], "only a test of that device itself asks for it"),
        (
            ["pvpanic", "pvpanic-pci", "vmcoreinfo", "vmgenid"],
            "a guest that does not find it goes on; it can end a run by writing to port F4h"
        ),
        (
            [
                "virtio-balloon-pci", "virtio-balloon-pci-non-transitional", "virtio-balloon-pci-transitional",
                "virtio-balloon-device",
            ], "memory stays as large as it is"
        ),
    ]

    /// Families of devices that are not there, and the remedy; the first one that knows the name counts.
    private static let absentDevices: [(prefixes: [String], remedy: String)] = [
        (
            ["usb-storage", "usb-bot", "usb-uas", "usb-mtp"], "there is no USB; write -drive file=IMAGE,format=raw for an IDE disk"
        ),
        (
            [
                "usb-", "piix3-usb", "piix4-usb", "ich9-usb", "nec-usb", "qemu-xhci", "pci-ohci", "ich9-ehci", "sysbus-ohci",
                "u2f-",
                "ccid-",
            ], "there is no USB; a PS/2 keyboard and a PS/2 mouse are there, leave the option out"
        ),
        (
            [
                "virtio-blk", "virtio-scsi", "scsi-", "nvme", "megasas", "lsi53c", "am53c974", "dc390", "mptsas", "pvscsi",
                "vhost-scsi", "vhost-user-blk", "vhost-user-scsi", "ahci", "ich9-ahci", "ide-drive", "sd-card", "sdhci", "ufs",
            ], "drives are IDE; write -device ide-hd,drive=NAME, or -hda IMAGE"
        ),
        (
            [
                "e1000", "rtl8139", "pcnet", "ne2k_", "i8255", "i8256", "i82550", "i82551", "i82557", "i82558", "i82559", "i82562",
                "i82801", "tulip", "virtio-net", "vmxnet3", "rocker", "pvrdma", "igb", "vhost-user-net",
            ], "the network card is an Intel 82540EM; write -device e1000"
        ),
        (
            [
                "sb16", "adlib", "AC97", "ac97", "ES1370", "es1370", "gus", "cs4231a", "hda-", "intel-hda", "ich9-intel-hda",
                "virtio-sound",
            ], "there is no sound card; leave the option out"
        ),
        (
            [
                "cirrus-vga", "isa-cirrus-vga", "ati-vga", "qxl", "vmware-svga", "virtio-vga", "virtio-gpu", "vhost-user-gpu",
                "vhost-user-vga", "ramfb", "secondary-vga", "xenfb",
            ], "there is one display, a VGA with Bochs' VBE; write -vga std or leave it out"
        ),
        (
            ["loader", "guest-loader"],
            "a kernel is started by -kernel FILE, a flat binary with --kernel-format flat --load-address ADDRESS behind it"
        ),
        (["sga"], "the BIOS writes to the screen alone; --screen-text FILE keeps that as text"),
        (
            ["pci-serial", "virtio-serial", "virtserialport", "virtconsole", "ipoctal232", "tpci200"],
            "there are COM1 and COM2; write -serial, or -device isa-serial"
        ),
        (
            ["virtio-keyboard", "virtio-mouse", "virtio-tablet", "virtio-input", "vhost-user-input"],
            "a PS/2 keyboard and a PS/2 mouse are there; leave the option out"
        ),
        (["pc-dimm", "nvdimm", "virtio-mem", "virtio-pmem", "cxl-type3"], "all memory is given by -m SIZE"),
        (
            [
                "pci-bridge", "pcie-", "ioh3420", "i82801b11", "pxb", "x3130", "xio3130", "cxl-", "vfio-pci-igd", "vmbus-bridge",
                "dec-21154",
            ], "there is one PCI bus without bridges; leave it and bus= out"
        ),
        (["intel-iommu", "amd-iommu", "AMDVI-PCI", "virtio-iommu"], "there is no IOMMU; leave the option out"),
        (["i6300esb", "ib700", "wdt_"], "there is no watchdog; --max-ticks and --timeout bound a run"),
        (["virtio-9p", "vhost-user-fs"], "put the files into a disk image, as mtools does"),
        (["vhost-", "virtio-vsock", "ivshmem"], "a guest talks to the host on COM1 or COM2, as by -serial unix:PATH,server=on"),
        (["virtio-rng", "vhost-user-rng"], "nothing is random here, so that each run is the same; leave the option out"),
        (["tpm-"], "there is no TPM; leave the option out"),
        (["vfio-", "x-pci-proxy"], "no device of the host is led through; leave the option out"),
    ]

    mutating func device(_ properties: Properties) throws {
        let driver = properties["driver"] ?? ""
        if let (_, why) = Self.devicesLeftOut.first(where: { $0.names.contains(driver) }) {
            return note("-device \(driver): left out; \(why)")
        }
        switch driver {
        case "isa-debug-exit":
            // 501h is where QEMU puts it when nothing is said.
            output += ["--isa-debug-exit", properties["iobase"] ?? "0x501"]
        case "ide-hd", "ide-cd", "ide-drive", "floppy": attachments.append(properties)
        case "isa-debugcon":
            if let port = properties["iobase"], Number(argument: port)?.value != 0xE9 { output += ["--debugcon-port", port] }
            output += ["--debugcon", try destination(of: properties)]
        case "pc-testdev": output += ["--device", driver]
        case "e1000", "e1000-82540em": try cardDevice(properties)
        case "isa-serial": output += ["--serial", try destination(of: properties)]
        case "isa-parallel": output += ["--parallel", try destination(of: properties)]
        default:
            let remedy = Self.absentDevices.first { $0.prefixes.contains { driver.hasPrefix($0) } }?.remedy
            throw UserError(
                .usage, "no such device", "-device \(driver)",
                remedy: remedy ?? "\(Self.devices.joined(separator: ", ")) can be added; leave it out")
        }
    }

    /// Tells where a device that is given `chardev=` leads.
    private mutating func destination(of device: Properties) throws -> String {
        try device["chardev"].map { try character("chardev:\($0)", of: "device") } ?? "null"
    }

    /// A property of a device that is there anyway, or of one that we lack.
    mutating func global(_ value: String) throws {
        let properties = Properties(value, bare: "driver")
        var (driver, property, setting) = (properties["driver"] ?? "", properties["property"] ?? "", properties["value"] ?? "")
        if let pair = properties.all.first, pair.key.contains(".") {
            let words = pair.key.split(separator: ".", maxSplits: 1).map(String.init)
            (driver, property, setting) = (words[0], words.last ?? "", pair.value)
        }
        guard !driver.isEmpty, !property.isEmpty else {
            throw UserError(.usage, "no property", "-global \(value)", remedy: "write -global DRIVER.PROPERTY=VALUE")
        }
        if driver == "isa-debugcon", property == "iobase" { return output += ["--debugcon-port", setting] }
        if driver == "isa-debug-exit", property == "iobase" { return output += ["--isa-debug-exit", setting] }
        note("-global \(driver).\(property)=\(setting): left out; devices here are as they are")
    }
}
