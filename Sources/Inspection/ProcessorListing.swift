import Board
import Processor

/// The processors of a machine as `info cpus` shows them: whose turn it is, which one is looked at, where each is and what it does.
package enum ProcessorListing {
    /// Returns a line for each processor.
    package static func lines(_ pc: PC) -> [String] {
        pc.processors.map { cpu in
            let (location, state) = (cpu.location, cpu.state)
            let mark = cpu === pc.observed ? "*" : " "
            let place = "\(hexDigits(UInt64(location.cs), 4)):\(hexDigits(location.rip, state.operatingMode == .bits64 ? 16 : 8))"
            let turn = cpu === pc.cpu && pc.processors.count > 1 ? "; its turn" : ""
            return "\(mark) cpu \(cpu.number)  \(place)  CPL \(state.cpl)  \(activity(state))\(turn)"
        }
    }

    private static func activity(_ state: CPUState) -> String {
        let interrupts = "interrupts \(state.eflags.contains(.IF) ? "on" : "off")"
        return switch state.activity {
        case .active: "running, \(interrupts)"
        case .halted: "halted, \(interrupts)"
        case .frozen: "frozen before an x87 instruction, \(interrupts)"
        case .shutdown: "shut down"
        case .waitForSIPI: "waits for a start-up message"
        }
    }
}
