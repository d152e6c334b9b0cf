import Inspection
import Processor

/// A line for each traced instruction.
enum TraceListing {
    static func line(_ view: MachineView) -> String {
        let line = view.instructions(count: 1).first
        let state = view.state
        let words = RegisterListing(state)
        let registers = words.names.map {
            "\($0)=\(hexDigits(RegisterAccess.value($0, in: state) ?? 0, words.digits, uppercase: false))"
        }
        return
            "\(view.pc.clock.now) \(farPointer(state.cs.selector, state.rip)) \(Columns.pad(line?.text ?? "(no page)", to: 32)) "
            + registers.joined(separator: " ")
    }
}
