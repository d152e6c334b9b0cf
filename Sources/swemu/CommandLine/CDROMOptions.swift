import ArgumentParser
import Session

/// The CD-ROM drive and what boots.
struct CDROMOptions: ParsableArguments {
    @Option(
        name: .customLong("cdrom"), parsing: .singleValue,
        help: ArgumentHelp(
            "Disc of the CD-ROM drive, in it at power-on; again for discs to be put in later. First none: an empty drive.",
            valueName: "image"),
        completion: .file())
    var given: [String] = []
    @Option(
        name: .customLong("boot"),
        help: ArgumentHelp(
            "What boots, in this order: a floppy drive A, c the hard disk, d the CD-ROM drive. Default cad.", valueName: "order"))
    var bootOrder: BootOrder?
    @Option(
        name: .customLong("boot-once"),
        help: ArgumentHelp("The same until the first reset; --boot counts from then on.", valueName: "order"))
    var bootOrderOnce: BootOrder?

    func validate() throws {
        if given.dropFirst().contains(emptyDrive) {
            throw ValidationError("--cdrom none is an empty drive at power-on; give it first, or write an eject step")
        }
        for (order, name) in [(bootOrder, "--boot"), (bootOrderOnce, "--boot-once")] {
            guard given.isEmpty, let order, order.devices == [.cdrom] else { continue }
            throw ValidationError("\(name) \(order.text): there is no CD-ROM drive; give --cdrom FILE, too")
        }
    }
}
