import Board
import Chips
import Inspection

/// The network card as `info network` shows it: whose address it has, what its rings wait for, what has passed.
enum NetworkListing {
    static func lines(_ pc: PC) -> [String] {
        guard let card = pc.parts.pci?.card, let network = pc.configuration.network else {
            return ["this machine has no network card; --nic user gives it one"]
        }
        let registers = card.registers
        func ring(_ name: String, _ ring: I82540Registers.Ring, isOn: Bool) -> String {
            "\(name) \(isOn ? "on" : "off"): \(ring.count) descriptors at \(hexDigits(ring.base, 8)), head \(ring.head), tail \(ring.tail), "
                + "\(ring.available) for the chip"
        }
        let address = network.address.map { hexDigits(UInt64($0), 2, uppercase: false) }.joined(separator: ":")
        return [
            "e1000 \(address) on the machine's own network: link \(registers.isLinkUp ? "up" : "down")",
            ring("receiver", registers.receive, isOn: registers.isReceiving),
            ring("transmitter", registers.transmit, isOn: registers.isTransmitting),
            "interrupts asked for \(hexDigits(UInt64(registers.ICR), 8)), open \(hexDigits(UInt64(registers.IMS), 8))",
            "the network: 10.0.2.15 is the guest, 10.0.2.2 the gateway, 10.0.2.3 the name server; "
                + "\(network.files.count) files by TFTP\(network.bootFile.isEmpty ? "" : ", boot file \(network.bootFile)")",
        ]
    }
}
