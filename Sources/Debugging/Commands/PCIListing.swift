import Board
import Inspection

/// PCI functions as `info pci` shows them: place, ids, the windows they answer at, their interrupts.
enum PCIListing {
    private static let pins = ["INTA#", "INTB#", "INTC#", "INTD#"]

    static func lines(_ pc: PC) -> [String] {
        guard let pci = pc.parts.pci else { return ["this board has no PCI; --machine pc has it"] }
        return pci.bus.functions.flatMap { place, function in
            let header = function.header
            let ids = "\(hexDigits(UInt64(header.vendor), 4)):\(hexDigits(UInt64(header.device), 4))"
            var lines = ["00:\(hexDigits(UInt64(place.device), 2)).\(place.function)  \(ids) \(function.name)"]
            for window in function.windows {
                let last = window.first + UInt64(window.size) - 1
                switch window.target {
                case .memory: lines.append("  memory \(hexDigits(window.first, 8))-\(hexDigits(last, 8))  \(window.name)")
                case .ports: lines.append("  ports \(hexDigits(window.first, 4))-\(hexDigits(last, 4))  \(window.name)")
                }
            }
            if header.interruptPin > 0 {
                let pin = pins[Int(header.interruptPin - 1) & 3]
                let level = function.INTx.isHigh ? "asking" : "quiet"
                lines.append("  \(pin), \(level); the guest was told IRQ \(function.interruptLine)")
            }
            return lines
        }
    }
}
