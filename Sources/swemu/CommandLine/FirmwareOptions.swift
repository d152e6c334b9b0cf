import ArgumentParser
import Chips
import Formats
import Session

/// Firmware in place of ours, and what it is given.
struct FirmwareOptions: ParsableArguments {
    @Option(
        name: .customLong("pflash"), parsing: .singleValue,
        help: ArgumentHelp(
            "Flash memory with a firmware, and a second one with its variables; FILE,readonly refuses writes.", valueName: "file"),
        completion: .file())
    var flashes: [String] = []
    @Flag(help: "Start with Debian's UEFI firmware (package ovmf); its variables are forgotten at the end.")
    var uefi = false
    @Option(
        help: ArgumentHelp("EFI application for the UEFI firmware, on a disk that is made for it in memory.", valueName: "file"),
        completion: .file())
    var efi: String?
    @Option(
        name: .customLong("option-rom"), parsing: .singleValue,
        help: ArgumentHelp("ROM of an expansion card, which the firmware starts; again for more.", valueName: "file"),
        completion: .file())
    var optionROMs: [String] = []
    @Option(
        name: .customLong("fw-cfg"), parsing: .singleValue,
        help: ArgumentHelp(
            "A file that firmware and guest find by QEMU's fw_cfg: name=opt/NAME,file=FILE or …,string=TEXT.", valueName: "item"))
    var items: [String] = []
    @Flag(help: "The BIOS waits 2.5 seconds for F12 (Esc in SeaBIOS), which shows a menu of what boots.")
    var bootMenu = false
    @Option(help: ArgumentHelp("What the machine is called in SMBIOS.", valueName: "uuid"))
    var uuid: MachineName?

    /// The most named items.
    private static let mostItems = 100

    func validate() throws {
        if flashes.count > 2 { throw ValidationError("there are two flash memories; give --pflash at most twice") }
        if uefi, !flashes.isEmpty { throw ValidationError("--uefi and --pflash exclude each other; give one") }
        if items.count > Self.mostItems { throw ValidationError("--fw-cfg: \(Self.mostItems) items at most") }
    }

    var plan: FirmwarePlan {
        get throws {
            var plan = FirmwarePlan()
            plan.flashes = flashes.map { text in
                let isReadOnly = text.hasSuffix(",readonly")
                return .init(path: isReadOnly ? String(text.dropLast(9)) : text, isReadOnly: isReadOnly)
            }
            plan.uefi = uefi || efi != nil && flashes.isEmpty
            plan.efi = efi
            plan.optionROMs = optionROMs
            plan.items = try items.map(Self.item)
            plan.bootMenu = bootMenu
            plan.uuid = uuid?.bytes
            return plan
        }
    }

    /// "name=opt/x,file=FILE", "name=opt/x,string=TEXT"; QEMU lets the first word be the name.
    private static func item(_ text: String) throws -> FirmwarePlan.Item {
        let properties = QEMUSpelling.Properties(text, bare: "name")
        guard let name = properties["name"], (1...FirmwareConfiguration.File.longestName).contains(name.utf8.count) else {
            throw UserError(
                .usage, "no name", "--fw-cfg \(text)",
                remedy: "write name=opt/NAME,file=FILE; a name has up to \(FirmwareConfiguration.File.longestName) bytes")
        }
        if let string = properties["string"] { return .init(name, .text(string)) }
        guard let path = properties["file"] else {
            throw UserError(.usage, "no contents", "--fw-cfg \(text)", remedy: "add file=FILE or string=TEXT")
        }
        return .init(name, .file(path))
    }
}
