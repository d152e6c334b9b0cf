import Inspection
import Processor
import X86

/// The frame on the stack of instructions that push or pop several things, by the names that the manual gives them.
struct FrameSentences {
    let view: MachineView
    let outcome: DryRun.Outcome

    /// One thing on the stack: its name, and its value where it means something.
    private struct Slot {
        let name: String
        var isSelector = false
        var isIgnored = false

        static let outer = [Slot(name: "ESP"), Slot(name: "SS", isSelector: true)]
        static let code = [Slot(name: "EIP"), Slot(name: "CS", isSelector: true)]
        static let interrupt = code + [Slot(name: "EFLAGS")]
        static let dataOfVirtual8086 = ["ES", "DS", "FS", "GS"].map { Slot(name: $0, isSelector: true) }
        static func general(ignoresESP: Bool) -> [Slot] {
            ["EDI", "ESI", "EBP", "ESP", "EBX", "EDX", "ECX", "EAX"].map { Slot(name: $0, isIgnored: $0 == "ESP" && ignoresESP) }
        }
    }

    /// The line, and the physical addresses that it speaks of.
    typealias Line = (text: String, written: Set<UInt64>)

    /// Nil for an instruction without a frame, or one that switched to another task.
    func line(of i: Instruction) -> Line? {
        guard outcome.before.tr == outcome.after.tr else { return nil }
        let size = i.operandSize.bytes
        switch i.operation {
        case .popf: return popped([Slot(name: "EFLAGS")], size)
        case .popa: return popped(Slot.general(ignoresESP: true), size)
        case .popSegment:
            return popped([Slot(name: "\(SegmentRegisterName(rawValue: i.register0) ?? .ds)".uppercased(), isSelector: true)], size)
        case .retFar:
            let released = i.immediate & 0xFFFF
            let line = popped(Slot.code, size, beyond: changesRing ? (UInt64(2 * size) &+ released, Slot.outer) : nil)
            return released == 0 ? line : line.map { (Phrase.thenReleased.with($0.text, String(released)), $0.written) }
        case .iret:
            if outcome.after.eflags.contains(.VM), !outcome.before.eflags.contains(.VM) {
                return popped(Slot.interrupt + Slot.outer + Slot.dataOfVirtual8086, size)
            }
            return popped(Slot.interrupt + (changesRing ? Slot.outer : []), size)
        case .pushf: return pushed([Slot(name: "EFLAGS")], size)
        case .pusha: return pushed(Slot.general(ignoresESP: false), size)
        case .callFar, .callFarIndirect: return changesRing ? nil : pushed(Slot.code, bytesPushed / 2)
        case .int, .int3, .int1, .into: return delivered(hasErrorCode: false)
        default: return nil
        }
    }

    /// The frame that the delivery of an interrupt or exception has pushed. SDM Vol. 3A, figure 6-4.
    func delivered(hasErrorCode: Bool) -> Line? {
        guard outcome.before.tr == outcome.after.tr, let delivery = outcome.deliveries.last else { return nil }
        var slots = Slot.interrupt
        let state = outcome.before
        guard state.cr0.contains(.PE) else { return pushed(slots, 2) }
        if hasErrorCode { slots.insert(Slot(name: "error code"), at: 0) }
        if changesRing { slots += Slot.outer }
        if state.eflags.contains(.VM) { slots += Slot.dataOfVirtual8086 }
        if state.operatingMode.isIA32e { return pushed(slots + (changesRing ? [] : Slot.outer), 8) }
        guard let gate = try? view.gateEntry(delivery.fault.vector) else { return nil }
        return pushed(slots, gate.isGate32 ? 4 : 2)
    }

    private var changesRing: Bool { outcome.before.cpl != outcome.after.cpl }

    private func offset(_ state: CPUState) -> UInt64 { state.rsp & mask(state) }
    private func mask(_ state: CPUState) -> UInt64 {
        state.operatingMode == .bits64 ? .max : state.ss.isBig ? 0xFFFF_FFFF : 0xFFFF
    }
    private var bytesPushed: Int { Int((offset(outcome.before) &- offset(outcome.after)) & mask(outcome.after)) }

    // MARK: Lines

    private func popped(_ slots: [Slot], _ size: Int, beyond: (UInt64, [Slot])? = nil) -> Line? {
        let state = outcome.before
        let start = offset(state)
        var words = read(slots, size, at: start, of: state) { view.linear($0, $1) }
        if let (distance, slots) = beyond {
            words += read(slots, size, at: start &+ distance, of: state) { view.linear($0, $1) }
        }
        guard !words.isEmpty else { return nil }
        return (
            Phrase.framePopped.with(
                h(start, state.operatingMode == .bits64 ? 16 : state.ss.isBig ? 8 : 4), words.joined(separator: ", ")), []
        )
    }

    private func pushed(_ slots: [Slot], _ size: Int) -> Line? {
        guard [2, 4, 8].contains(size) else { return nil }
        let state = outcome.after
        var written: Set<UInt64> = []
        let words = read(slots, size, at: offset(state), of: state) { linear, count in
            var value: UInt64 = 0
            for byte in 0..<UInt64(count) {
                guard let physical = PageWalk(view, linear: (linear &+ byte) & view.linearMask).physical,
                    let written = outcome.writes[physical]
                else { return nil }
                value |= UInt64(written) << (8 * byte)
            }
            for byte in 0..<UInt64(size) {
                if let physical = PageWalk(view, linear: (linear &+ byte) & view.linearMask).physical { written.insert(physical) }
            }
            return value
        }
        guard !words.isEmpty else { return nil }
        return (
            Phrase.framePushed.with(
                h(offset(state), state.operatingMode == .bits64 ? 16 : state.ss.isBig ? 8 : 4), words.joined(separator: ", ")),
            written
        )
    }

    /// "EIP = 00001234h" of each slot; nothing where one of them cannot be read.
    private func read(
        _ slots: [Slot], _ size: Int, at start: UInt64, of state: CPUState, _ value: (UInt64, Int) -> UInt64?
    ) -> [String] {
        var words: [String] = []
        for (number, slot) in slots.enumerated() {
            let place = (start &+ UInt64(number * size)) & mask(state)
            let base = state.operatingMode == .bits64 ? 0 : state.ss.base
            guard let value = value((base &+ place) & view.linearMask, slot.isSelector ? 2 : size) else { return [] }
            let isWide = slot.name.hasPrefix("E") && slot.name != "ES"
            let name = !isWide || size == 4 ? slot.name : (size == 8 ? "R" : "") + slot.name.dropFirst()
            let text = "\(name) = \(h(value, slot.isSelector ? 4 : 2 * size))"
            words.append(slot.isIgnored ? Phrase.slotIgnored.with(text) : text)
        }
        return words
    }
}
