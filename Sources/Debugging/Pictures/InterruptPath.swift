import Board
import Chips
import Inspection
import Processor

/// The way of an interrupt: from the line over the interrupt controllers and IF through the table to the handler. Datasheet 231468; SDM Vol. 3A, chapter 6.
public enum InterruptPath {
    /// The usual devices at a PC's request lines.
    private static let devices = [
        "timer", "keyboard", "second controller", "COM2", "COM1", "", "diskette", "printer", "clock", "", "", "", "mouse",
        "coprocessor", "first disk channel", "second disk channel",
    ]

    /// The way of request line 0 to 15.
    public static func picture(line: Int, _ session: CommandSession) -> Picture {
        let line = min(max(line, 0), 15)
        let (pc, view) = (session.pc, session.view)
        let device = devices[line]
        let isSlave = line >= 8
        let chip = (isSlave ? pc.parts.pic2 : pc.parts.pic1).state
        let bit = UInt8(1) << UInt8(line & 7)
        let isHigh = chip.inputs & bit != 0
        var boxes = [
            Picture.Box(
                "Line IRQ\(line)", (device.isEmpty ? [] : [device]) + [isHigh ? "asks now" : "does not ask now"],
                isHigh ? .passed : .plain)
        ]
        boxes += controller(chip, line & 7, isSlave ? "Second 8259A" : "8259A")
        if isSlave { boxes += controller(pc.parts.pic1.state, 2, "8259A, for the second") }
        let isOn = view.state.eflags.contains(.IF)
        boxes.append(.init("IF", [isOn ? "1: interrupts are served" : "0: interrupts wait (CLI)"], isOn ? .passed : .failed))
        let vector = (chip.ICW2 & 0xF8) + UInt8(line & 7)
        let title = "IRQ\(line)" + (device.isEmpty ? "" : ", \(device)") + ": vector \(h(UInt64(vector), 2))"
        return Picture(title: title, boxes: boxes + handler(vector, session))
    }

    /// The way of a vector, as INT n or an exception takes it.
    public static func picture(vector: UInt8, _ session: CommandSession) -> Picture {
        if let line = InterruptOutlook(session.pc).line(ofVector: vector), session.pc.parts.apic?.mayInterrupt != true {
            return picture(line: line, session)
        }
        return Picture(title: "Vector \(h(UInt64(vector), 2))", boxes: handler(vector, session))
    }

    /// Mask and priority in a controller.
    private static func controller(_ chip: I8259A.State, _ level: Int, _ name: String) -> [Picture.Box] {
        let bit = UInt8(1) << UInt8(level)
        if chip.IMR & bit != 0 { return [.init(name, ["IMR bit \(level) is 1: masked"], .failed)] }
        // Levels from the one with the highest priority on.
        let order = (1...8).map { (Int(chip.lowestPriority) + $0) % 8 }
        let above = order.prefix { $0 != level } + [level]
        if !chip.specialMaskMode, let busy = above.first(where: { chip.ISR & (1 << UInt8($0)) != 0 }) {
            return [.init(name, ["level \(busy) is in service: its EOI is awaited"], .failed)]
        }
        return [.init(name, ["not masked", "nothing more urgent is in service"], .passed)]
    }

    /// Table, gate, stack, handler.
    private static func handler(_ vector: UInt8, _ session: CommandSession) -> [Picture.Box] {
        let view = session.view
        let table = view.isProtected ? "IDT" : "Interrupt table"
        let size: UInt64 = !view.isProtected ? 4 : view.state.operatingMode.isIA32e ? 16 : 8
        let place = (view.state.idtr.base &+ UInt64(vector) * size) & view.linearMask
        let entry = DescriptorWords.gate(UInt64(vector), in: view)
        let lines = [
            "entry \(vector) at \(h(place))", entry.split(separator: " ", maxSplits: 1).last.map(String.init)?.trimmed ?? entry,
        ]
        if let obstacle = DeliveryObstacle(view, vector: vector, hasErrorCode: false) {
            return [.init(table, lines + [obstacle.words(vector: vector)], .failed, address: place)]
        }
        guard let (selector, offset, linear) = target(vector, place, size, view) else {
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
    private static func target(_ vector: UInt8, _ place: UInt64, _ size: UInt64, _ view: MachineView) -> (UInt16, UInt64, UInt64)? {
        guard let raw = view.linear(place, size == 4 ? 4 : 8) else { return nil }
        guard view.isProtected else {
            let selector = UInt16(truncatingIfNeeded: raw >> 16)
            return (selector, raw & 0xFFFF, UInt64(selector) * 16 + (raw & 0xFFFF))
        }
        let gate = Descriptor(raw: raw, high: size == 16 ? view.linear(place &+ 8, 8) : nil)
        guard gate.isInterruptGate, gate.type != 5 else { return nil }
        let base = size == 16 ? 0 : DescriptorLookup(view, selector: gate.gateSelector).descriptor?.base ?? 0
        return (gate.gateSelector, gate.gateOffset, (base &+ gate.gateOffset) & view.linearMask)
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
