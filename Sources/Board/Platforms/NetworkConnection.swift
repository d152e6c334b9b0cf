import Chips
import Wiring

/// A network card and the network that its cable leads to.
public struct NetworkConnection: Equatable, Sendable {
    /// The address that QEMU gives its first card.
    public static let usualAddress: [UInt8] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56]

    /// Six bytes, of one station.
    public var address = NetworkConnection.usualAddress
    /// The file that DHCP names to who boots from the network; empty for none.
    public var bootFile = ""
    /// Those that TFTP offers.
    public var files: [UserNetwork.File] = []

    /// A card with the usual address on a network that offers no file.
    public init() {}

    var isPossible: Bool { address.count == 6 && address[0] & 1 == 0 && address.contains { $0 != 0 } }

    /// Of the files' names and contents.
    var filesFingerprint: StateHash {
        var hash = StateHash()
        for file in files {
            hash.combine(file.name)
            hash.combine(bytes: file.contents)
        }
        return hash
    }

    /// Of all that a guest can see.
    var fingerprint: StateHash {
        var hash = filesFingerprint
        hash.combine(bytes: address)
        hash.combine(bootFile)
        return hash
    }
}

/// A frame on the cable, without its check sequence.
public struct NetworkFrame: Sendable {
    /// The time at which it was sent, in ticks of the machine's clock.
    public let tick: UInt64
    /// The frame from its destination address on.
    public let bytes: [UInt8]
}

extension PC.Parts {
    /// Plugs the cable in: what the card sends the network takes, and the other way round; `output` hears both.
    static func connectNetwork(_ pci: PC.PCIParts, clock: Clock, output: ((NetworkFrame) -> Void)?) {
        guard let card = pci.card, let network = pci.network else { return }
        card.onFrame = { [unowned network] frame in
            output?(NetworkFrame(tick: clock.now, bytes: frame))
            network.take(frame)
        }
        network.onFrame = { [unowned card] frame in
            output?(NetworkFrame(tick: clock.now, bytes: frame))
            card.receive(frame)
        }
    }
}
