import Board
import Inspection
import Processor
import X86

/// Sentences for handlers that cannot work: left by RET, or entered through a gate of the 286 by code that is of the 386.
extension Advisor {
    func words(_ left: Recollection.LeftHandler) -> String {
        let vector = left.record.delivery.fault.vector
        let what = left.record.delivery.source == .exception ? Fault.name(vector) : "vector \(vector)"
        let isReal = !left.record.isProtected
        let rest = view.is64Bit ? "CS, RFLAGS, RSP and SS" : isReal ? "CS and FLAGS" : "CS and EFLAGS"
        let pointer = isReal ? "IP" : view.nameOfIP
        let took =
            left.tookErrorCode
            ? "it takes the error code for \(pointer)" : "it takes \(pointer) alone, and \(rest) stay on the stack"
        return
            "The handler of \(what) ends with RET at \(name(left.place.rip, left.base)): \(took). A handler ends with \(view.is64Bit ? "IRETQ" : isReal ? "IRET" : "IRETD"); one in C needs a stub in assembly around it"
    }

    /// A 32-bit handler behind a gate of type 6 or 7, which has no room for the upper half of an address and pushes words of two bytes.
    /// SDM Vol. 3A, section 6.12.1; Intel 286 Programmer's Reference.
    func narrowGate(_ rip: UInt64, _ instruction: Instruction?) -> String? {
        guard let record = isAtFault ? view.cpu.history.recent.last : previous, case .stack(let frame, 2) = record.frame,
            let (what, remedy, address) = narrowGate(record)
        else { return nil }
        if address != nil { return lostUpperHalf(record) }
        guard instruction?.operation == .iret, instruction?.operandSize == .doubleword, isAtFault || top == frame else {
            return nil
        }
        return
            "\(what): it pushed a frame of 2-byte words, and IRETD at \(at(rip)) took words of 4 bytes; \(remedy)"
    }

    /// The first interrupt or exception whose gate took half of its handler's address: whatever happened at the other place came of it.
    var lostUpperHalf: String? { view.cpu.history.recent.lazy.compactMap(lostUpperHalf).first }

    private func lostUpperHalf(_ record: DeliveryHistory.Record) -> String? {
        guard case let (what, remedy, address?)? = narrowGate(record) else { return nil }
        return
            "\(what): of the handler's address \(h(address)) such a gate takes \(h(address & 0xFFFF)) alone, and the processor went there; \(remedy)"
    }

    /// The gate of the 286 that a delivery took to 32-bit code, what helps, and the whole address of the handler if it has lost the upper half.
    private func narrowGate(_ record: DeliveryHistory.Record) -> (what: String, remedy: String, address: UInt64?)? {
        guard record.isProtected, !view.state.operatingMode.isIA32e, case .stack(_, 2) = record.frame,
            case let vector = record.delivery.fault.vector, view.codeSize == .bits32,
            let gate = try? view.gateEntry(vector), gate.isInterruptGate, !gate.isGate32
        else { return nil }
        return (
            "IDT entry \(vector) is \(gate.kind) (type \(gate.type)), and its handler is 32-bit code",
            "a 32-bit handler needs type \(gate.type == 6 ? "Eh, an interrupt gate" : "Fh, a trap gate") of 32 bits",
            gate.raw >> 48 == 0 ? nil : gate.gateOffset | gate.raw >> 32 & 0xFFFF_0000
        )
    }

    /// #DB. SDM Vol. 3B, sections 17.2 and 17.3.
    func debugException(_ rip: UInt64, _ line: Disassembly.Line?) -> String? {
        let status = view.state.dr6.rawValue
        let what = "\(at(rip))\(text(rip))"
        if line?.instruction?.operation == .int1 { return "The instruction INT1 (byte F1h) ran at \(at(rip))" }
        if status & 1 << 13 != 0 { return "\(what) touched a debug register while DR7.GD (bit 13) was set: general detect" }
        if status & 1 << 14 != 0 { return "EFLAGS.TF (bit 8) is set: #DB comes after each instruction, here before \(what)" }
        if status & 1 << 15 != 0 { return "A task switch to a TSS with its T bit set raised #DB at \(at(rip))" }
        let registers = (0..<4).filter { status >> UInt32($0) & 1 != 0 }
        guard let number = registers.first else { return nil }
        let addresses = [view.state.dr0, view.state.dr1, view.state.dr2, view.state.dr3]
        return "The breakpoint in DR\(number) (\(h(addresses[number]))) was hit at \(what)"
    }
}
