import Board
import Chips
import Formats

/// A network card, on a network inside the machine.
package struct NetworkPlan {
    /// The card's address, six bytes; nil for the usual one.
    package var address: [UInt8]?
    /// A folder, or a file, that TFTP offers.
    package var tftp: String?
    package var bootFile = ""
    /// The option that says this.
    package var words: [String] = []

    /// Files that TFTP offers at most, and bytes of all of them.
    private static let mostFiles = 1000, mostBytes = 256 << 20
    /// Folders in folders.
    private static let deepest = 8

    package init() {}

    func configure(_ configuration: inout PC.Configuration) throws {
        var connection = NetworkConnection()
        if let address { connection.address = address }
        if let tftp { connection.files = try Self.files(tftp) }
        connection.bootFile = bootFile
        configuration.network = connection
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
}
