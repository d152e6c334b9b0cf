import Wiring

extension PC {
    /// What the reset lines of a PC reach. Intel 82371SB, section 3.4, "Reset Support".
    public enum ResetKind: Equatable, Sendable {
        /// INIT: the processor alone. The 8042's pulse, port 92h, CF9h without "full", a triple fault.
        case processor
        /// The processor and every chip: power-on, and CF9h.
        case machine
    }

    /// What a chip can ask of the board while the processor executes the access; carried out at the next instruction boundary.
    enum Request: Equatable {
        case reset(ResetKind)
        case powerOff
        case debugExit(UInt8)
    }

    /// Asks for `request`; the first one in a slice counts.
    func request(_ request: Request) {
        if pendingRequest == nil { pendingRequest = request }
        cpu.requestStop()
    }

    func takeRequest() -> Request? {
        defer { pendingRequest = nil }
        return pendingRequest
    }

    /// The RESET or INIT line. Main memory keeps its contents.
    public func reset(_ kind: ResetKind) {
        if kind == .machine {
            for chip in parts.chips { chip.reset() }
        }
        cpu.reset()
    }
}
