import ArgumentParser
import Board

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

    /// In the first place of `given`: an empty drive.
    static let none = "none"

    /// The discs, in the order of their numbers.
    var discs: [String] { given.first == Self.none ? Array(given.dropFirst()) : given }
    var isPresent: Bool { !given.isEmpty }
    /// The number of the one of `discs` that is in at power-on.
    var inserted: Int? { isPresent && given.first != Self.none ? 0 : nil }

    func validate() throws {
        if given.dropFirst().contains(Self.none) {
            throw ValidationError("--cdrom none is an empty drive at power-on; give it first, or write an eject step")
        }
        for (order, name) in [(bootOrder, "--boot"), (bootOrderOnce, "--boot-once")] {
            guard !isPresent, let order, order.devices == [.cdrom] else { continue }
            throw ValidationError("\(name) \(order.text): there is no CD-ROM drive; give --cdrom FILE, too")
        }
    }
}

/// "c", "dc": devices by QEMU's letters.
struct BootOrder: ExpressibleByArgument, Equatable {
    let text: String
    let devices: [PC.Configuration.BootDevice]

    init?(argument: String) {
        text = argument
        var devices: [PC.Configuration.BootDevice] = []
        for letter in argument {
            switch letter {
            case "c": devices.append(.hardDisk)
            case "d": devices.append(.cdrom)
            case "a": devices.append(.floppy)
            // Drive B and the network, which QEMU's users have between the others.
            case "b", "n": break
            default: return nil
            }
        }
        guard !devices.isEmpty, Set(devices).count == devices.count else { return nil }
        self.devices = devices
    }

    static let allValueStrings = ["a", "c", "d", "ac", "ca", "cd", "dc", "cad"]
}

extension CDROMOptions {
    /// The number of a disc that is called by its number from 1, by its name as it was given, or by that without folders.
    func number(of name: String) -> Int? {
        if let number = discs.firstIndex(of: name) { return number }
        if let number = Int(name), discs.indices.contains(number - 1) { return number - 1 }
        return discs.firstIndex { $0.split(separator: "/").last.map(String.init) == name }
    }

    /// The drives and discs that there are, for those who asked for something else.
    var known: String {
        guard isPresent else { return "there is no CD-ROM drive; give --cdrom FILE for each disc" }
        let list = discs.enumerated().map { "\($0.offset + 1) \($0.element)" }.joined(separator: ", ")
        return discs.isEmpty ? "there are no discs; give --cdrom FILE for each" : "known: \(list)"
    }
}
