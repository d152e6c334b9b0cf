import Board
import Chips
import Inspection
import Processor
import Wiring

/// The part of an interrupt's way that leads over APICs. SDM Vol. 3A, chapter 10; datasheet 290566.
extension InterruptPath {
    /// Input of the I/O APIC for a request line: the timer is at 2, where the second 8259A hangs on the first. MultiProcessor Specification 1.4,
    /// section 4.3.4.
    private static func pin(of line: Int) -> Int { line == 0 ? 2 : line }

    /// The redirection entry of a request line; masked where there is no I/O APIC.
    static func entry(of line: Int, _ pc: PC) -> IOAPIC.Entry {
        IOAPIC.Entry(rawValue: pc.parts.apic?.io.state.entries[pin(of: line)] ?? IOAPIC.Entry.masked)
    }

    /// The line's requests go over the I/O APIC: it is open there, or at no place and APICs are in use.
    static func isOverAPIC(_ line: Int, _ pc: PC) -> Bool {
        guard pc.parts.apic?.mayInterrupt == true, line != 2 else { return false }
        if !entry(of: line, pc).isMasked { return true }
        return controller(of: line, pc).state.IMR & UInt8(1) << UInt8(line & 7) != 0
    }

    static func overIOAPIC(_ line: Int, _ session: CommandSession) -> (boxes: [Picture.Box], vector: UInt8?) {
        let entry = entry(of: line, session.pc)
        let first = "input \(pin(of: line)): \(h(entry.rawValue, 16))"
        guard !entry.isMasked else { return ([.init("I/O APIC", [first, "bit 16 is 1: masked"], .failed)], nil) }
        guard !entry.isRemote else {
            return (
                [.init("I/O APIC", [first, "remote IRR: the EOI for vector \(h(UInt64(entry.vector), 2)) is awaited"], .failed)],
                entry.vector
            )
        }
        let trigger = entry.isLevelTriggered ? "level triggered" : "edge triggered"
        let chip = Picture.Box("I/O APIC", [first, "not masked, \(trigger)"], .passed)
        let message = message(entry, session.pc)
        guard let number = message.processor else { return ([chip, message.box], nil) }
        guard entry.mode == .fixed || entry.mode == .lowestPriority else { return ([chip, message.box], nil) }
        return ([chip, message.box] + local(number, entry.vector, session), entry.vector)
    }

    /// The message on the APIC bus, and the processor that takes it: the one that is looked at, if it is among them.
    private static func message(_ entry: IOAPIC.Entry, _ pc: PC) -> (box: Picture.Box, processor: Int?) {
        let message = InterruptMessage(
            vector: entry.vector, mode: entry.mode ?? .fixed, destination: entry.destination, isLogical: entry.isLogical,
            isLevelTriggered: entry.isLevelTriggered)
        let named = (pc.parts.apic?.locals ?? []).indices.filter { pc.parts.apic?.locals[$0].isNamed(by: message) == true }
        let kind =
            switch entry.mode {
            case .fixed: "vector \(h(UInt64(entry.vector), 2))"
            case .lowestPriority: "vector \(h(UInt64(entry.vector), 2)), to one of them"
            case .NMI: "NMI"
            case .SMI: "SMI"
            case .INIT: "INIT"
            case .extINT: "the vector comes from the 8259A"
            case .startUp, nil: "a reserved delivery mode"
            }
        let place = entry.isLogical ? "to the set \(h(UInt64(entry.destination), 2))" : "to APIC \(entry.destination)"
        let list = named.map(String.init).joined(separator: ", ")
        let to = named.isEmpty ? "no processor is meant" : named.count == 1 ? "processor \(list)" : "processors \(list)"
        let number = named.contains(pc.observed.number) ? pc.observed.number : named.first
        return (.init("Message", [kind, place, to], named.isEmpty ? .failed : .passed), number)
    }

    /// From a processor's local APIC to the handler.
    private static func local(_ number: Int, _ vector: UInt8, _ session: CommandSession) -> [Picture.Box] {
        guard let chip = session.pc.parts.apic?.locals[number] else { return [] }
        let state = chip.state
        let title = session.pc.processors.count > 1 ? "Local APIC of processor \(number)" : "Local APIC"
        let view = view(of: number, session)
        var gate: Picture.Box
        if !state.isEnabled {
            gate = .init(title, ["IA32_APIC_BASE bit 11 is 0: off"], .failed)
        } else if state.SVR & 0x100 == 0 {
            gate = .init(title, ["SVR bit 8 is 0: off"], .failed)
        } else if vector >> 4 > chip.PPR >> 4 {
            gate = .init(title, ["class \(vector >> 4) is above PPR \(h(UInt64(chip.PPR), 2))"], .passed)
        } else if let busy = state.ISR.highest, busy >> 4 >= vector >> 4 {
            gate = .init(title, ["vector \(h(UInt64(busy), 2)) is in service: its EOI is awaited"], .failed)
        } else {
            gate = .init(title, ["TPR \(h(UInt64(state.TPR), 2)) lets only higher classes through"], .failed)
        }
        if state.IRR[vector] { gate.lines.insert("waits in IRR", at: 0) }
        return [gate, flag(view)] + handler(vector, view, session)
    }

    /// The machine as a processor sees it.
    private static func view(of number: Int, _ session: CommandSession) -> MachineView {
        guard number != session.pc.observed.number, session.pc.processors.indices.contains(number) else { return session.view }
        let cpu = session.pc.processors[number]
        return MachineView(session.pc, of: cpu, state: cpu.state)
    }

    /// The way of the local APIC's timer, if it has this vector on the processor that is looked at.
    static func localTimer(_ vector: UInt8, _ session: CommandSession) -> Picture? {
        let number = session.pc.observed.number
        guard let state = session.pc.parts.apic?.locals[number].state else { return nil }
        let entry = LocalVector(rawValue: state.timer)
        guard entry.vector == vector, !entry.isMasked else { return nil }
        let mode = ["one-shot", "periodic", "TSC deadline", "of a reserved mode"][Int(entry.timerMode)]
        let runs = state.timerDeadline != 0
        let timer = Picture.Box(
            "Local APIC timer",
            ["LVT entry \(h(UInt64(state.timer)))", mode, runs ? "asks at tick \(state.timerDeadline)" : "does not run"],
            runs ? .passed : .plain)
        return Picture(
            title: "Local APIC timer: vector \(h(UInt64(vector), 2))", boxes: [timer] + local(number, vector, session))
    }

    /// The local APIC between the 8259As and the first processor: as if it were not there, or a pin of it. SDM Vol. 3A, section 10.5.1.
    static func LINT0(_ pc: PC) -> [Picture.Box] {
        guard let state = pc.parts.apic?.locals.first?.state, state.isEnabled else { return [] }
        let entry = LocalVector(rawValue: state.LINT0)
        let value = "LINT0 = \(h(UInt64(state.LINT0)))"
        if entry.isMasked { return [.init("Local APIC", [value, "bit 16 is 1: masked"], .failed)] }
        let isExternal = entry.mode == InterruptMessage.DeliveryMode.extINT.rawValue
        return [
            .init(
                "Local APIC", [value, isExternal ? "ExtINT: passed on" : "another vector than the 8259A's"],
                isExternal ? .passed : .plain)
        ]
    }
}
