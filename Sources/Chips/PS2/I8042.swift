import Wiring

/// Intel 8042 (UPI-42) with the keyboard controller program of the PS/2 (IBM PS/2 Hardware Interface Technical Reference,
/// "Keyboard and Auxiliary Device Controller"; AMI and Phoenix 8042 notes for later commands).
///
/// Offsets: 0 is port 60h (data), 1 is port 64h (status and command).
///
/// Emulated: command byte and the controller's RAM, both device ports with enable and inhibit, self tests, output port with A20
/// and reset lines, translation from set 2 to set 1, writes that fake device bytes, pulsed outputs, IRQ1 and IRQ12 as levels that
/// follow the output buffer, one device byte each 100 µs.
///
/// Not emulated: passwords (A4h says "none"), the diagnostic dump (ACh), the input port's board jumpers beyond fixed levels,
/// the time the controller's own program takes: IBF is never seen set.
public final class I8042: Chip, PortDevice {
    /// Virtual time for one byte from a device. The real link needs about 1 ms; this is shorter for the sake of pasted text, and still
    /// leaves the guest time to serve each byte's interrupt.
    public static let microsecondsPerByte: UInt64 = 100

    public let name: String
    /// The keyboard's interrupt: the output buffer holds a byte of it.
    public let irq1 = Wire()
    /// The mouse's interrupt: the output buffer holds a byte of it.
    public let irq12 = Wire()
    /// Output port bit 1. High from power-on.
    public let a20 = Wire()
    /// High while output port bit 0 asks for a reset of the processor (that pin is active low).
    public let processorReset = Wire()
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?

    private let clock: Clock
    private let keyboard: (any PS2Device)?
    private let mouse: (any PS2Device)?
    private var registers = State()
    private var transfer: Clock.Event?

    /// The controller as it is after power-on, with what is plugged in; nil for an empty socket.
    public init(name: String = "kbc", clock: Clock, keyboard: (any PS2Device)?, mouse: (any PS2Device)?) {
        self.name = name
        self.clock = clock
        self.keyboard = keyboard
        self.mouse = mouse
        transfer = clock.register("\(name).transfer") { [unowned self] in transferByte() }
        keyboard?.onOutput = { [unowned self] in startTransfer() }
        mouse?.onOutput = { [unowned self] in startTransfer() }
        drive()
    }

    public var state: State {
        get { registers }
        set {
            registers = newValue
            if registers.RAM.count != 32 {
                registers.RAM = Array((registers.RAM + [UInt8](repeating: 0, count: 32)).prefix(32))
            }
            registers.replies = Array(registers.replies.prefix(16))
            scheduleTransfer()
            drive()
        }
    }

    public func reset() {
        state = State()
        startTransfer()
    }

    // MARK: Wires

    private var commandByte: CommandByte {
        get { CommandByte(rawValue: registers.RAM[0]) }
        set { registers.RAM[0] = newValue.rawValue }
    }

    private func drive() {
        let keyboardFull = registers.OBF && !registers.output.isAuxiliary
        let auxiliaryFull = registers.OBF && registers.output.isAuxiliary
        irq1.set(keyboardFull && commandByte.contains(.keyboardInterrupt))
        irq12.set(auxiliaryFull && commandByte.contains(.auxiliaryInterrupt))
        a20.set(registers.outputPort.contains(.A20))
        processorReset.set(!registers.outputPort.contains(.reset))
    }

    // MARK: Output buffer

    private func put(_ entry: Entry) {
        registers.output = entry
        registers.OBF = true
    }

    /// A byte of the controller's own: at once if the buffer is free, else after what is in it.
    private func reply(_ byte: UInt8, isAuxiliary: Bool = false, isTimeout: Bool = false) {
        let entry = Entry(byte: byte, isAuxiliary: isAuxiliary, isTimeout: isTimeout)
        if !registers.OBF {
            put(entry)
        } else if registers.replies.count < 16 {
            registers.replies.append(entry)
        } else {
            diagnostics?.report(
                Diagnostic(
                    chip: "8042", message: "a command is written although nobody reads the answers at port 60h",
                    unit: "answers lost"))
        }
    }

    private func startTransfer() {
        guard registers.transferDeadline == nil, !registers.OBF, nextDevice != nil else { return }
        registers.transferDeadline = clock.now &+ clock.ticks(microseconds: Self.microsecondsPerByte)
        scheduleTransfer()
    }

    private func scheduleTransfer() {
        guard let transfer else { return }
        if let deadline = registers.transferDeadline {
            clock.schedule(transfer, at: deadline)
        } else {
            clock.cancel(transfer)
        }
    }

    /// The device whose byte is clocked in next; a disabled interface holds its device's clock low.
    private var nextDevice: (device: any PS2Device, isAuxiliary: Bool)? {
        if let keyboard, keyboard.hasOutput, !commandByte.contains(.disableKeyboard) { return (keyboard, false) }
        if let mouse, mouse.hasOutput, !commandByte.contains(.disableAuxiliary) { return (mouse, true) }
        return nil
    }

    private func transferByte() {
        registers.transferDeadline = nil
        guard !registers.OBF, let (device, isAuxiliary) = nextDevice, let byte = device.takeOutput() else { return }
        if isAuxiliary {
            put(Entry(byte: byte, isAuxiliary: true))
        } else if let translated = translate(byte) {
            put(Entry(byte: translated))
        }
        startTransfer()
        drive()
    }

    /// Set 2 to set 1; F0h becomes bit 7 of the byte after it.
    private func translate(_ byte: UInt8) -> UInt8? {
        guard commandByte.contains(.translate) else { return byte }
        if byte == 0xF0 {
            registers.isBreak = true
            return nil
        }
        let mark: UInt8 = registers.isBreak ? 0x80 : 0
        registers.isBreak = false
        return PS2ScanCodes.translation[Int(byte)] | mark
    }

    // MARK: Registers

    private var status: Status {
        var status: Status = [.unlocked]
        if registers.OBF {
            status.insert(.OBF)
            if registers.output.isAuxiliary { status.insert(.AUXB) }
            if registers.output.isTimeout { status.insert(.timeout) }
        }
        if registers.SYS { status.insert(.SYS) }
        if registers.A2 { status.insert(.A2) }
        return status
    }

    public func peek(offset: Int) -> UInt8 {
        switch offset {
        case 0: registers.output.byte
        case 1: status.rawValue
        default: 0xFF
        }
    }

    /// The status register.
    public func isSteady(offset: Int) -> Bool { offset != 0 }

    public func read(offset: Int) -> UInt8 {
        let value = peek(offset: offset)
        guard offset == 0, registers.OBF else { return value }
        registers.OBF = false
        drive()
        if registers.replies.isEmpty {
            startTransfer()
        } else {
            put(registers.replies.removeFirst())
            drive()
        }
        return value
    }

    public func write(offset: Int, value: UInt8) {
        switch offset {
        case 0:
            registers.A2 = false
            writeData(value)
        case 1:
            registers.A2 = true
            registers.pendingCommand = nil
            command(value)
        default: return
        }
        startTransfer()
        drive()
    }

    private func command(_ command: UInt8) {
        switch command {
        case 0x20...0x3F: reply(registers.RAM[Int(command & 0x1F)])
        case 0x60...0x7F, 0xD1...0xD4: registers.pendingCommand = command
        case 0xA4: reply(0xF1)
        case 0xA7: commandByte.insert(.disableAuxiliary)
        case 0xA8: commandByte.remove(.disableAuxiliary)
        case 0xA9: reply(mouse == nil ? 0x02 : 0)
        case 0xAA:
            registers.SYS = true
            commandByte.insert(.systemFlag)
            reply(0x55)
        case 0xAB: reply(keyboard == nil ? 0x02 : 0)
        case 0xAD: commandByte.insert(.disableKeyboard)
        case 0xAE: commandByte.remove(.disableKeyboard)
        // Input port: keyboard not locked, color or monochrome jumper at color, manufacturing jumper not installed, 512 KB on board.
        case 0xC0: reply(0xB0)
        case 0xD0: reply(outputPortNow)
        // Hewlett-Packard's A20 commands, which many loaders try.
        case 0xDD: registers.outputPort.remove(.A20)
        case 0xDF: registers.outputPort.insert(.A20)
        // Test inputs T0 and T1: the clock lines of keyboard and auxiliary device, low where the interface is disabled.
        case 0xE0: reply((commandByte.contains(.disableKeyboard) ? 0 : 1) | (commandByte.contains(.disableAuxiliary) ? 0 : 2))
        case 0xF0...0xFF: pulseOutputs(command)
        default:
            diagnostics?.report(
                Diagnostic(chip: "8042", message: "command \(String(command, radix: 16, uppercase: true))h is not known"))
        }
    }

    private var outputPortNow: UInt8 {
        var port = registers.outputPort.subtracting([.IRQ1, .IRQ12])
        if irq1.isHigh { port.insert(.IRQ1) }
        if irq12.isHigh { port.insert(.IRQ12) }
        return port.rawValue
    }

    /// Clear bits 0–3 of the command are pulsed low for 6 µs; bit 0 is the processor's reset, the others stay untouched here.
    private func pulseOutputs(_ command: UInt8) {
        guard command & 1 == 0 else { return }
        processorReset.set(true)
        drive()
    }

    private func writeData(_ value: UInt8) {
        guard let command = registers.pendingCommand else {
            // A byte for the keyboard enables its interface.
            commandByte.remove(.disableKeyboard)
            send(value, to: keyboard, isAuxiliary: false)
            return
        }
        registers.pendingCommand = nil
        switch command {
        case 0x60:
            registers.RAM[0] = value
            registers.SYS = commandByte.contains(.systemFlag)
        case 0x61...0x7F: registers.RAM[Int(command & 0x1F)] = value
        case 0xD1: registers.outputPort = OutputPort(rawValue: value)
        case 0xD2: reply(value)
        case 0xD3: reply(value, isAuxiliary: true)
        case 0xD4:
            commandByte.remove(.disableAuxiliary)
            send(value, to: mouse, isAuxiliary: true)
        default: return
        }
    }

    private func send(_ byte: UInt8, to device: (any PS2Device)?, isAuxiliary: Bool) {
        if let device {
            device.receive(byte)
        } else {
            reply(PS2Replies.resend, isAuxiliary: isAuxiliary, isTimeout: true)
        }
    }
}
