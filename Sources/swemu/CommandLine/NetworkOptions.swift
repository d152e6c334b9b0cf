import ArgumentParser
import Formats
import Session

/// The network card, and the network inside the machine.
struct NetworkOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The network card, an Intel 82540EM (e1000), on a network inside the machine: user (usual on a board with PCI), user,mac=ADDRESS,tftp=FOLDER,bootfile=NAME, or none.",
            valueName: "network"))
    var nic: String?
    @Option(
        help: ArgumentHelp("File for what passes on the network card's cable, for Wireshark and tcpdump.", valueName: "file"),
        completion: .file())
    var netDump: String?

    func validate() throws {
        if netDump != nil, nic == "none" { throw ValidationError("--net-dump needs a network card; add --nic user") }
    }

    /// The card; nil without one. Throws a `UserError` for what is no network.
    /// `isUsual`: the machine has one where nothing is said about it.
    func plan(isUsual: Bool) throws -> NetworkPlan? {
        guard let nic else {
            guard isUsual || netDump == nil else {
                throw UserError(.usage, "no network card", "--net-dump", remedy: "add --nic user, on a board with PCI")
            }
            return isUsual ? NetworkPlan() : nil
        }
        let properties = QEMUSpelling.Properties(nic, bare: "type")
        let type = properties["type"] ?? ""
        if type == "none", properties.all.count == 1 { return nil }
        guard type == "user" else {
            throw UserError(
                .usage, "no such network", "--nic \(nic)",
                remedy: "write user, with mac=, tftp= and bootfile= if you like, or none")
        }
        var plan = NetworkPlan()
        plan.words = ["--nic", nic]
        for (key, value) in properties.all where key != "type" {
            switch key {
            case "model":
                guard ["e1000", "e1000-82540em"].contains(value) else {
                    throw UserError(
                        .usage, "no such network card", "model=\(value)", remedy: "write model=e1000, or leave it out")
                }
            case "mac": plan.address = try Self.address(value)
            case "tftp": plan.tftp = value
            case "bootfile": plan.bootFile = value
            default:
                throw UserError(
                    .usage, "unknown property", "--nic \(key)=\(value)", remedy: "mac, tftp, bootfile and model are known")
            }
        }
        if plan.bootFile.utf8.count > 127 {
            throw UserError(
                .usage, "too long", "bootfile=\(plan.bootFile)", remedy: "the name of a boot file has up to 127 bytes")
        }
        return plan
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
}
