import Board
import Chips
import Inspection
import Processor

/// The way of an interrupt: from the line over the interrupt controllers and IF through the table to the handler. Datasheets 231468 and 290566; SDM
/// Vol. 3A, chapters 6 and 10.
public enum InterruptPath {
    /// The usual devices at a PC's request lines.
    private static let devices = [
        "timer", "keyboard", "second controller", "COM2", "COM1", "", "diskette", "printer", "clock", "", "", "", "mouse",
        "coprocessor", "first disk channel", "second disk channel",
    ]

    /// The way of request line 0 to 15.
    public static func picture(line: Int, _ session: CommandSession) -> Picture {
        let line = min(max(line, 0), 15)
        let pc = session.pc
        let device = devices[line]
        let isHigh = controller(of: line, pc).state.inputs & UInt8(1) << UInt8(line & 7) != 0
        let start = Picture.Box(
            "Line IRQ\(line)", (device.isEmpty ? [] : [device]) + [isHigh ? "asks now" : "does not ask now"],
            isHigh ? .passed : .plain)
        let way = isOverAPIC(line, pc) ? overIOAPIC(line, session) : overPICs(line, session)
        let title = "IRQ\(line)" + (device.isEmpty ? "" : ", \(device)") + (way.vector.map { ": vector \(h(UInt64($0), 2))" } ?? "")
        return Picture(title: title, boxes: [start] + way.boxes)
    }

    /// The way of a vector, as INT n or an exception takes it, or the line or timer that has it.
    public static func picture(vector: UInt8, _ session: CommandSession) -> Picture {
        let pc = session.pc
        guard pc.parts.apic?.mayInterrupt == true else {
            if let line = InterruptOutlook(pc).line(ofVector: vector) { return picture(line: line, session) }
            return Picture(title: "Vector \(h(UInt64(vector), 2))", boxes: handler(vector, session.view, session))
        }
        if let line = (0..<16).first(where: { isOverAPIC($0, pc) && entry(of: $0, pc).vector == vector }) {
            return picture(line: line, session)
        }
        if let timer = localTimer(vector, session) { return timer }
        return Picture(title: "Vector \(h(UInt64(vector), 2))", boxes: handler(vector, session.view, session))
    }

    /// The vector that a request line has now; nil where the message has none, as an NMI.
    public static func vector(ofLine line: Int, _ session: CommandSession) -> UInt8? {
        let line = min(max(line, 0), 15)
        guard isOverAPIC(line, session.pc) else {
            return (controller(of: line, session.pc).state.ICW2 & 0xF8) + UInt8(line & 7)
        }
        let entry = entry(of: line, session.pc)
        return entry.mode == .fixed || entry.mode == .lowestPriority ? entry.vector : nil
    }

    // MARK: The 8259As

    /// The 8259A of a line.
    static func controller(of line: Int, _ pc: PC) -> I8259A { line >= 8 ? pc.parts.pic2 : pc.parts.pic1 }

    private static func overPICs(_ line: Int, _ session: CommandSession) -> (boxes: [Picture.Box], vector: UInt8?) {
        let chip = controller(of: line, session.pc)
        var boxes = [controller(chip, line & 7, line >= 8 ? "Second 8259A" : "8259A")]
        if line >= 8 { boxes.append(controller(session.pc.parts.pic1, 2, "8259A, for the second")) }
        boxes += LINT0(session.pc)
        let vector = (chip.state.ICW2 & 0xF8) + UInt8(line & 7)
        return (boxes + [flag(session.view)] + handler(vector, session.view, session), vector)
    }

    /// Mask and priority in a controller.
    private static func controller(_ chip: I8259A, _ level: Int, _ name: String) -> Picture.Box {
        switch chip.obstacle(to: level) {
        case .initializing: .init(name, ["\(chip.state.step.rawValue) is awaited"], .failed)
        case .masked: .init(name, ["IMR bit \(level) is 1: masked"], .failed)
        case .inService(let busy): .init(name, ["level \(busy) is in service: its EOI is awaited"], .failed)
        case nil: .init(name, ["not masked", "nothing more urgent is in service"], .passed)
        }
    }

    // MARK: The processor

    static func flag(_ view: MachineView) -> Picture.Box {
        let isOn = view.state.eflags.contains(.IF)
        return .init("IF", [isOn ? "1: interrupts are served" : "0: interrupts wait (CLI)"], isOn ? .passed : .failed)
    }

    /// Table, gate, stack, handler.
    static func handler(_ vector: UInt8, _ view: MachineView, _ session: CommandSession) -> [Picture.Box] {
        let table = view.isProtected ? "IDT" : "Interrupt table"
        let place = view.isProtected ? view.gateAddress(vector) : view.vectorAddress(inRealMode: vector)
        let entry = DescriptorListing.gate(UInt64(vector), in: view)
        let lines = [
            "entry \(vector) at \(h(place))", entry.split(separator: " ", maxSplits: 1).last.map(String.init)?.trimmed ?? entry,
        ]
        if let obstacle = DeliveryObstacle(view, vector: vector, hasErrorCode: false) {
            return [.init(table, lines + [obstacle.words(vector: vector)], .failed, address: place)]
        }
        guard let (selector, offset, linear) = target(vector, view) else {
            return [.init(table, lines, .plain, address: place)]
        }
        let name = session.debugger.sources?.describe(linear).map { [$0] } ?? []
        return [
            .init(table, lines, .passed, address: place),
            .init("Stack", stack(view, selector), .passed, address: view.linearSP),
            .init("Handler", [farPointer(selector, offset)] + name, .passed, address: linear),
        ]
    }

    /// Tells where the entry leads; nil for a task gate.
    private static func target(_ vector: UInt8, _ view: MachineView) -> (UInt16, UInt64, UInt64)? {
        guard view.isProtected else {
            guard case .success(let entry)? = try? view.vector(inRealMode: vector) else { return nil }
            let selector = UInt16(truncatingIfNeeded: entry >> 16)
            return (selector, entry & 0xFFFF, UInt64(selector) * 16 + (entry & 0xFFFF))
        }
        guard case .success(let gate)? = try? view.gate(vector, isSoftware: false), gate.systemType != .taskGate else { return nil }
        return (gate.gateSelector, gate.gateOffset, view.handlerAddress(gate))
    }

    /// Lists what is pushed, and where.
    private static func stack(_ view: MachineView, _ selector: UInt16) -> [String] {
        guard view.isProtected else { return ["FLAGS, CS, IP at SS:\(h(view.stackPointer, 4))"] }
        let isInner =
            DescriptorLookup(view, selector: selector).descriptor.map { !$0.isConforming && $0.DPL < view.state.cpl } ?? false
        if view.state.operatingMode.isIA32e { return [isInner ? "the TSS's stack" : "this stack", "SS, RSP, RFLAGS, CS, RIP"] }
        return isInner
            ? ["the TSS's stack of ring 0", "SS, ESP, EFLAGS, CS, EIP"]
            : ["this stack", "EFLAGS, CS, EIP at SS:\(h(view.stackPointer))"]
    }
}
