import Formats
import Session

/// QEMU's words for network cards and for what their cables lead to. There is one card, and one network.
extension QEMUSpelling {
    struct Network {
        /// Something was said about networks: there is no card but those that were asked for.
        var isSaid = false
        /// Properties of our `--nic`; nil while no card was asked for.
        var card: [String]?
        /// Networks by their id, with the properties that count here; they wait for a card.
        var parked: [String: [String]] = [:]
        /// The network of the card, where another option names it.
        var id: String?
        /// The words of `-net user`.
        var user: [String]?
    }

    private static let inside = "the network is inside the machine, and nothing leads to the host's"

    /// `-nic user,model=e1000,…`: card and network at once.
    mutating func nic(_ value: String) throws {
        network.isSaid = true
        let properties = Properties(value, bare: "type")
        if properties["type"] == "none" || value == "driver=none" { return }
        let words = try networkWords(properties, "-nic \(value)") + cardWords(properties, "-nic \(value)")
        try addCard(words, "-nic \(value)")
    }

    /// `-net nic` and `-net user`.
    mutating func net(_ value: String) throws {
        network.isSaid = true
        let properties = Properties(value, bare: "type")
        switch properties["type"] {
        case "none": return
        case "nic": try addCard(cardWords(properties, "-net \(value)"), "-net \(value)")
        default: network.user = try networkWords(properties, "-net \(value)")
        }
    }

    mutating func netdev(_ value: String) throws {
        network.isSaid = true
        let properties = Properties(value, bare: "type")
        let words = try networkWords(properties, "-netdev \(value)")
        guard let id = properties["id"] else {
            throw UserError(.usage, "no id", "-netdev \(value)", remedy: "write -netdev user,id=NAME and -device e1000,netdev=NAME")
        }
        network.parked[id] = words
    }

    /// `-device e1000,netdev=NAME,mac=…`
    mutating func cardDevice(_ properties: Properties) throws {
        network.id = properties["netdev"]
        try addCard(cardWords(properties, "-device e1000"), "-device e1000")
    }

    /// Of QEMU's objects there is one: `filter-dump`, which keeps what passes on the cable. Those that say how the host
    /// does its part are left out.
    mutating func object(_ value: String) throws {
        let properties = Properties(value, bare: "type")
        let type = properties["type"] ?? properties["qom-type"] ?? ""
        if type.hasPrefix("memory-backend-") { return note("-object \(type): left out; -m SIZE says how much memory there is") }
        if ["iothread", "main-loop", "thread-context", "throttle-group"].contains(type) {
            return note("-object \(type): left out; nothing is different without it")
        }
        guard type == "filter-dump", let file = properties["file"] else {
            throw UserError(
                .usage, "not available", "-object \(value)",
                remedy:
                    "of objects there is filter-dump,file=FILE; --record FILE keeps what came from outside, leave the option out")
        }
        output += ["--net-dump", file]
    }

    private mutating func addCard(_ words: [String], _ option: String) throws {
        guard network.card == nil else {
            throw UserError(.usage, "two network cards", option, remedy: "there is one; leave the other option out")
        }
        network.card = words
    }

    /// Puts card and network together.
    mutating func attachNetwork() throws {
        if let id = network.id, network.parked[id] == nil {
            throw UserError(.usage, "no such network", "netdev=\(id)", remedy: "add -netdev user,id=\(id)")
        }
        guard let card = network.card else {
            if let id = network.parked.keys.min() {
                note("-netdev user,id=\(id): left out; no card takes it, add -device e1000,netdev=\(id)")
            }
            if network.isSaid { output += ["--nic", "none"] }
            return
        }
        let words = network.id.flatMap { network.parked[$0] } ?? network.user ?? []
        output += ["--nic", (["user"] + words + card).joined(separator: ",")]
    }

    /// Takes those of a network's properties that are ours; those that ask for the world outside are refused.
    private mutating func networkWords(_ properties: Properties, _ option: String) throws -> [String] {
        let type = properties["type"] ?? ""
        guard type == "user" else {
            throw UserError(.usage, "not available", option, remedy: "\(Self.inside); write user for \(type)")
        }
        var words: [String] = []
        for (key, value) in properties.all {
            switch key {
            case "type", "id", "model", "mac", "macaddr", "addr", "name", "vlan": break
            case "tftp", "bootfile": words.append("\(key)=\(value.replacing(",", with: ",,"))")
            case "hostfwd", "guestfwd", "smb", "smbserver":
                throw UserError(.usage, "not available", "\(key)=\(value)", remedy: "\(Self.inside); leave \(key)= out")
            case "net", "host", "dhcpstart", "dns":
                note("\(key)=\(value): left out; the guest is 10.0.2.15, the gateway 10.0.2.2, the name server 10.0.2.3")
            case "restrict", "ipv4", "ipv6", "hostname", "domainname", "dnssearch", "tftp-server-name", "ipv6-net", "ipv6-prefix",
                "ipv6-prefixlen", "ipv6-host", "ipv6-dns":
                break
            default:
                throw UserError(.usage, "unknown property", "\(key)=\(value)", remedy: "id, tftp, bootfile and model are known")
            }
        }
        return words
    }

    private func cardWords(_ properties: Properties, _ option: String) throws -> [String] {
        if let model = properties["model"], !["e1000", "e1000-82540em"].contains(model) {
            throw UserError(.usage, "not available", option, remedy: "the network card is an Intel 82540EM; write model=e1000")
        }
        return (properties["mac"] ?? properties["macaddr"]).map { ["mac=\($0)"] } ?? []
    }
}
