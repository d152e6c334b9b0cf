import Board
import Chips

/// PCI functions as `info pci` shows them: place, ids, the windows they answer at, their interrupts.
enum PCIWords {
    static func lines(_ pc: PC) -> [String] {
        guard let pci = pc.parts.pci else { return ["this board has no PCI; --machine pc has it"] }
        return pci.bus.functions.flatMap { place, function in
            let header = function.header
            let name =
                "\(hexDigits(0, 2)):\(hexDigits(UInt64(place.device), 2)).\(place.function)  "
                + "\(hexDigits(UInt64(header.vendor), 4)):\(hexDigits(UInt64(header.device), 4)) \(function.name)"
            return [name] + function.windows.map(line) + interrupt(function)
        }
    }

    private static func line(_ window: PCIFunction.Window) -> String {
        let last = window.first + UInt64(window.size) - 1
        switch window.target {
        case .memory: return "  memory \(hexDigits(window.first, 8))-\(hexDigits(last, 8))  \(window.name)"
        case .ports: return "  ports \(hexDigits(window.first, 4))-\(hexDigits(last, 4))  \(window.name)"
        }
    }

    private static func interrupt(_ function: PCIFunction) -> [String] {
        guard function.header.interruptPin > 0 else { return [] }
        let pin = ["INTA#", "INTB#", "INTC#", "INTD#"][Int(function.header.interruptPin - 1) & 3]
        return ["  \(pin), \(function.INTx.isHigh ? "asking" : "quiet"); the guest was told IRQ \(function.interruptLine)"]
    }
}
