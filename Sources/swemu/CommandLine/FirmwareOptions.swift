import ArgumentParser
import Board
import Chips
import Disks
import Wiring

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

    private static let debianCode = "/usr/share/OVMF/OVMF_CODE_4M.fd", debianVariables = "/usr/share/OVMF/OVMF_VARS_4M.fd"
    /// The most named items, and the most bytes of one.
    private static let mostItems = 100, longestItem = 64 << 20

    func validate() throws {
        if flashes.count > 2 { throw ValidationError("there are two flash memories; give --pflash at most twice") }
        if uefi, !flashes.isEmpty { throw ValidationError("--uefi and --pflash exclude each other; give one") }
        if items.count > Self.mostItems { throw ValidationError("--fw-cfg: \(Self.mostItems) items at most") }
    }

    /// Another firmware than ours starts the machine.
    var isPresent: Bool { uefi || !flashes.isEmpty }

    func configure(_ configuration: inout PC.Configuration, _ options: Run) throws {
        if uefi {
            guard configuration.model.features.hasLongMode else {
                throw UserError(
                    .usage, "UEFI needs 64 bits", "--cpu \(configuration.model.rawValue)", remedy: "add --cpu x86-64-v2")
            }
            for path in [Self.debianCode, Self.debianVariables] {
                guard access(path, R_OK) == 0 else {
                    throw UserError(.firmware, "no UEFI firmware", path, remedy: "install Debian's package ovmf, or give --pflash")
                }
                let contents = try Self.read(path, "the firmware", limit: CFIFlash.sizes.upperBound)
                configuration.flashMemories.append(FlashMemory(contents: contents, store: nil, isReadOnly: path == Self.debianCode))
            }
        }
        for flash in flashes { configuration.flashMemories.append(try Self.open(flash, options)) }
        configuration.optionROMs = try optionROMs.map { path in
            let bytes = try Self.read(path, "the ROM", limit: 1 << 18)
            guard bytes.count > 3, bytes[0] == 0x55, bytes[1] == 0xAA else {
                throw UserError(.firmware, "no ROM of a card", path, remedy: "it begins with 55 AA; check the file")
            }
            return bytes
        }
        configuration.firmwareFiles = try items.map(Self.item)
        configuration.hasBootMenu = bootMenu
        configuration.uuid = uuid?.bytes
    }

    /// A flash memory's file, opened for writing where the guest may write to it.
    private static func open(_ text: String, _ options: Run) throws -> FlashMemory {
        let isReadOnly = text.hasSuffix(",readonly") || options.readOnly
        let path = text.hasSuffix(",readonly") ? String(text.dropLast(9)) : text
        let contents = try read(path, "the flash memory", limit: CFIFlash.sizes.upperBound)
        guard contents.count % 4096 == 0, CFIFlash.sizes.contains(contents.count) else {
            throw UserError(
                .firmware, "a flash memory has whole 4096 bytes, up to 16 MB", path, remedy: "pad it with truncate -s %4K")
        }
        guard !isReadOnly, !options.snapshot else { return FlashMemory(contents: contents, store: nil, isReadOnly: isReadOnly) }
        do throws(ImageError) {
            let image = try DiskImage.open(path: path, format: .raw, access: .readWrite, completesLastSector: false)
            return FlashMemory(contents: contents, store: image, isReadOnly: false)
        } catch {
            throw UserError(.firmware, line: "\(UserError(error)), or write \(path),readonly")
        }
    }

    /// "name=opt/x,file=FILE", "name=opt/x,string=TEXT"; QEMU lets the first word be the name.
    private static func item(_ text: String) throws -> FirmwareConfiguration.File {
        let properties = QEMUSpelling.Properties(text, bare: "name")
        guard let name = properties["name"], (1...FirmwareConfiguration.File.longestName).contains(name.utf8.count) else {
            throw UserError(
                .usage, "no name", "--fw-cfg \(text)",
                remedy: "write name=opt/NAME,file=FILE; a name has up to \(FirmwareConfiguration.File.longestName) bytes")
        }
        if let string = properties["string"] { return .init(name, Array(string.utf8)) }
        guard let path = properties["file"] else {
            throw UserError(.usage, "no contents", "--fw-cfg \(text)", remedy: "add file=FILE or string=TEXT")
        }
        return .init(name, try read(path, "the item \(name)", limit: longestItem))
    }

    private static func read(_ path: String, _ what: String, limit: Int) throws -> [UInt8] {
        switch readFile(path, limit: limit) {
        case .success(let bytes): return bytes
        case .failure(let reason):
            throw UserError(.firmware, "cannot read \(what) (\(reason.text))", path, remedy: "check the name")
        }
    }
}

/// A UUID as RFC 4122 writes it, with or without hyphens.
struct MachineName: ExpressibleByArgument, Equatable {
    let bytes: [UInt8]

    init?(argument: String) {
        let digits = argument.filter { $0 != "-" }.compactMap(\.hexDigitValue)
        guard digits.count == 32, argument.filter({ $0 != "-" }).count == 32 else { return nil }
        bytes = stride(from: 0, to: 32, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
