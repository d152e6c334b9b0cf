import ArgumentParser
import Board
import Chips

/// The network card, and the network inside the machine.
struct NetworkOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A network card, an Intel 82540EM (e1000), on a network inside the machine: user, user,mac=ADDRESS,tftp=FOLDER,bootfile=NAME, or none.",
            valueName: "network"))
    var nic = "none"
    @Option(
        help: ArgumentHelp("File for what passes on the network card's cable, for Wireshark and tcpdump.", valueName: "file"),
        completion: .file())
    var netDump: String?

    /// Files that TFTP offers at most, and bytes of all of them.
    private static let mostFiles = 1000, mostBytes = 256 << 20
    /// Folders in folders.
    private static let deepest = 8

    func validate() throws {
        if netDump != nil, nic == "none" { throw ValidationError("--net-dump needs a network card; add --nic user") }
    }

    func configure(_ configuration: inout PC.Configuration) throws {
        let properties = QEMUSpelling.Properties(nic, bare: "type")
        let type = properties["type"] ?? ""
        if type == "none", properties.all.count == 1 { return }
        guard type == "user" else {
            throw UserError(
                .usage, "no such network", "--nic \(nic)", remedy: "write user, with mac=, tftp= and bootfile= if you like, or none"
            )
        }
        var connection = NetworkConnection()
        for (key, value) in properties.all where key != "type" {
            switch key {
            case "model":
                guard ["e1000", "e1000-82540em"].contains(value) else {
                    throw UserError(.usage, "no such network card", "model=\(value)", remedy: "write model=e1000, or leave it out")
                }
            case "mac": connection.address = try Self.address(value)
            case "tftp": connection.files = try Self.files(value)
            case "bootfile": connection.bootFile = value
            default:
                throw UserError(
                    .usage, "unknown property", "--nic \(key)=\(value)", remedy: "mac, tftp, bootfile and model are known")
            }
        }
        if connection.bootFile.utf8.count > 127 {
            throw UserError(
                .usage, "too long", "bootfile=\(connection.bootFile)", remedy: "the name of a boot file has up to 127 bytes")
        }
        configuration.network = connection
    }

    /// "52:54:00:12:34:56" of one station.
    private static func address(_ text: String) throws -> [UInt8] {
        let parts = text.split(whereSeparator: { $0 == ":" || $0 == "-" }).map { UInt8($0, radix: 16) }
        let bytes = parts.compactMap { $0 }
        guard parts.count == 6, bytes.count == 6, bytes[0] & 1 == 0, bytes.contains(where: { $0 != 0 }) else {
            throw UserError(
                .usage, "no address of a network card", "mac=\(text)",
                remedy: "write six bytes, the first one even, as in 52:54:00:12:34:56")
        }
        return bytes
    }

    /// The files of a folder and of the folders in it, or one file, all read now: nothing is opened later.
    private static func files(_ path: String) throws -> [UserNetwork.File] {
        var files: [UserNetwork.File] = []
        var left = mostBytes
        func add(_ path: String, _ name: String, depth: Int) throws {
            var information = stat()
            guard stat(path, &information) == 0 else {
                throw UserError(.inputFile, "cannot read (\(hostReason()))", path, remedy: "check the name after tftp=")
            }
            if information.st_mode & S_IFMT == S_IFDIR {
                guard depth < deepest, let names = names(inFolder: path) else {
                    throw UserError(
                        .inputFile, "cannot be read for TFTP", path,
                        remedy: "name a folder that you may read, and no more than \(deepest) deep")
                }
                for inner in names { try add("\(path)/\(inner)", name.isEmpty ? inner : "\(name)/\(inner)", depth: depth + 1) }
                return
            }
            guard information.st_mode & S_IFMT == S_IFREG else { return }
            guard files.count < mostFiles, case .success(let bytes) = readFile(path, limit: left) else {
                throw UserError(
                    .inputFile, "cannot be read for TFTP", path,
                    remedy:
                        "TFTP offers up to \(mostFiles) files that you may read, \(mostBytes >> 20) MB in all; name a smaller folder"
                )
            }
            left -= bytes.count
            files.append(UserNetwork.File(name, bytes))
        }
        var information = stat()
        let isFile = stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
        try add(path, isFile ? path.split(separator: "/").last.map(String.init) ?? path : "", depth: 0)
        return files
    }

    /// The option again.
    var words: [String] { nic == "none" ? [] : ["--nic", nic] }
}
