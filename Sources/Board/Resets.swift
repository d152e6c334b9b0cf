import Chips
import Processor
import Wiring

extension PC {
    /// The reach of a reset line of a PC. Intel 82371SB, section 3.4, "Reset Support".
    public enum ResetKind: Equatable, Sendable {
        /// INIT: the processors alone. The 8042's pulse, port 92h, CF9h without "full", a triple fault.
        case processor
        /// INIT for the bootstrap processor alone: a message between processors.
        case bootstrap
        /// The processors and every chip: power-on, and CF9h.
        case machine
    }

    /// A chip's request to the board while the processor executes the access; carried out at the next instruction boundary.
    enum Request: Equatable {
        case reset(ResetKind)
        case powerOff
        case debugExit(status: UInt8)
        case exit(code: UInt32)
        /// The BIOS is done: the kernel loader's turn.
        case enterKernel
    }

    /// Asks for `request`; the first one in a slice counts.
    func request(_ request: Request) {
        if pendingRequest == nil { pendingRequest = request }
        cpu.requestStop()
    }

    /// INIT for one processor, by a message. The one that is in the middle of an instruction is reset behind it.
    func initialize(_ target: CPU) {
        if target.number == 0 { return request(.reset(.bootstrap)) }
        if target === cpu { pendingINIT = true } else { target.initialize() }
        parts.apic?.locals[target.number].initialize(keepingID: true)
        cpu.requestStop()
    }

    /// Connects every chip that can reset or switch off.
    func connectRequests() {
        let resetProcessor: (Bool) -> Void = { [unowned self] level in
            if level { request(.reset(.processor)) }
        }
        parts.keyboardController.processorReset.connect(resetProcessor)
        parts.portA.processorReset.connect(resetProcessor)
        input.onReset = { [unowned self] in reset(.machine) }
        parts.resetControl.onReset = { [unowned self] kind in request(.reset(kind == .hard ? .machine : .processor)) }
        parts.exit.onExit = { [unowned self] value in request(.exit(code: value)) }
        parts.debugExit.onExit = { [unowned self] value in request(.debugExit(status: ExitDevice.status(of: value))) }
        parts.kernelLoader?.onRequest = { [unowned self] in request(.enterKernel) }
        parts.shutdown.onPowerOff = { [unowned self] in request(.powerOff) }
        parts.powerOff.onPowerOff = { [unowned self] in request(.powerOff) }
        parts.pci?.power.onPowerOff = { [unowned self] in request(.powerOff) }
    }

    /// Address line 20 is open when the 8042 or port A opens it.
    func connectA20() {
        parts.keyboardController.a20.connect { [unowned self] _ in driveA20() }
        parts.portA.a20.connect { [unowned self] _ in driveA20() }
        driveA20()
    }

    private func driveA20() {
        let isOpen = parts.keyboardController.a20.isHigh || parts.portA.a20.isHigh
        for cpu in processors { cpu.setA20(isOpen) }
    }

    func takeRequest() -> Request? {
        if pendingINIT {
            pendingINIT = false
            cpu.initialize()
        }
        defer { pendingRequest = nil }
        return pendingRequest
    }

    /// The boot order after a reset, where it is not the first one.
    var orderAfterReset: [UInt8]? { configuration.bootOrderOnce.isEmpty ? nil : configuration.bootOrderInCMOS }

    /// The RESET or INIT line. Main memory keeps its contents.
    public func reset(_ kind: ResetKind) {
        if kind != .bootstrap, let order = orderAfterReset {
            for (address, value) in CMOSContents.order(order) { parts.rtc.setCMOS(Int(address), value) }
        }
        if kind == .machine {
            for chip in parts.chips { chip.reset() }
            copyFirmware()
        }
        processors[0].reset()
        for cpu in processors.dropFirst() where kind != .bootstrap {
            kind == .machine ? cpu.reset() : cpu.initialize()
        }
        pendingINIT = false
        driveA20()
        onReset?()
    }
}
