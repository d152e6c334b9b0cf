import Board
import Processor

/// A machine that waits for an interrupt which a device will not ask for any more: it has asked once, and nobody has answered.
extension Advisor {
    /// nil where no device is silent, or the processor does something else than to wait.
    var silentDevice: String? {
        guard view.state.activity.awaitsInterrupt, view.state.eflags.contains(.IF), FirstCause.handler(view) == nil else {
            return nil
        }
        return silentLocalAPIC ?? silentClock ?? silentKeyboard
    }

    private func isOpen(_ line: Int) -> Bool {
        view.pc.parts.apic?.mayInterrupt != true && view.pc.interruptOutlook.open.contains(line)
    }

    /// SDM Vol. 3A, sections 10.8.5 and 10.4.7.2.
    private var silentLocalAPIC: String? {
        guard let locals = view.pc.parts.apic?.locals, locals.indices.contains(view.cpu.number) else { return nil }
        let state = locals[view.cpu.number].state
        if state.isEnabled, state.SVR & 0x100 != 0, let vector = state.ISR.highest {
            let place = state.isX2 ? "0 to model-specific register 80Bh" : "0 to its EOI register (FEE000B0h)"
            return
                "Vector \(vector) is still in service at the local APIC: its handler sent no EOI there, so the APIC holds back everything of its priority class and below. Write \(place) before IRET; "
                + "an EOI to the 8259A (port 20h) is not heard by it"
        }
        if state.isEnabled, state.SVR & 0x100 == 0, state.initialCount != 0 {
            return
                "The local APIC's timer was given a count, and the local APIC is switched off by software: all its local vectors are masked until bit 8 of its spurious-interrupt vector register (FEE000F0h) is set"
        }
        return nil
    }

    /// MC146818A, "Register C": IRQ stays active until it is read.
    private var silentClock: String? {
        let memory = view.pc.parts.rtc.state.RAM
        guard isOpen(8), memory[0x0C] & memory[0x0B] & 0x70 != 0 else { return nil }
        return
            "The real-time clock has asked by IRQ 8, and nobody has read its register C since: until then it does not ask again. In the handler write 0Ch to port 70h and read port 71h"
    }

    private var silentKeyboard: String? {
        let state = view.pc.parts.keyboardController.state
        guard isOpen(state.output.isAuxiliary ? 12 : 1), state.OBF,
            state.RAM[0] & (state.output.isAuxiliary ? 2 : 1) != 0
        else { return nil }
        let (line, device) = state.output.isAuxiliary ? (12, "mouse") : (1, "keyboard")
        return
            "A byte of the \(device) lies at port 60h, for which IRQ \(line) has come: until its handler reads that port no other byte comes, and no other IRQ \(line)"
    }
}
