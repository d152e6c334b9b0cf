import Wiring
import X86

/// IN, OUT and who may use them. SDM Vol. 1, chapter 19.
extension CPU {
    func portIn<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let port = portNumber(r.instruction, isInput: true)
        try checkPort(port, W.bytes)
        core.setRegister(0, readPort(port, W.bytes, r.op), w)
    }

    func portOut<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let port = portNumber(r.instruction, isInput: false)
        try checkPort(port, W.bytes)
        writePort(port, W.bytes, core.register(0, w), r.op)
    }

    @inline(__always)
    func portNumber(_ i: Instruction, isInput: Bool) -> UInt16 {
        let kind = isInput ? i.kind1 : i.kind0
        return UInt16(truncatingIfNeeded: kind == .immediate ? i.immediate & 0xFF : core.register(2))
    }

    /// IOPL, then the I/O permission bit map of the TSS. SDM Vol. 1, section 19.5.2.
    func checkPort(_ port: UInt16, _ size: UInt64) throws(Fault) {
        guard isProtectedMode, isVirtual8086 || core.pointee.state.cpl > IOPL else { return }
        let tr = core.pointee.state.tr
        guard tr.type & 8 != 0, tr.limit >= 103 else { throw Fault.GP(0) }
        let map = try readSystem(wrappedSystem(tr.base &+ 102), 2)
        let byte = map &+ UInt64(port &>> 3)
        // Two bytes are read always, so that a port at the end of a byte is covered.
        guard byte &+ 1 <= UInt64(tr.limit) else { throw Fault.GP(0) }
        let bits = try readSystem(wrappedSystem(tr.base &+ byte), 2) &>> UInt64(port & 7)
        guard bits & ((1 &<< size) &- 1) == 0 else { throw Fault.GP(0) }
    }

    @inline(__always)
    func readPort(_ port: UInt16, _ size: UInt64, _ op: OpHandle) -> UInt64 {
        notePortAccess(port, size, op)
        beginBusAccess(op)
        let value = bus.readPort(port, width(size))
        endBusAccess(op)
        if !stopConditions.ports.isEmpty { notePort(port, size, isWrite: false, UInt64(value), op) }
        return UInt64(value)
    }

    @inline(__always)
    func writePort(_ port: UInt16, _ size: UInt64, _ value: UInt64, _ op: OpHandle) {
        notePortAccess(port, size, op)
        beginBusAccess(op)
        bus.writePort(port, width(size), UInt32(truncatingIfNeeded: value))
        endBusAccess(op)
        if !stopConditions.ports.isEmpty { notePort(port, size, isWrite: true, value, op) }
    }

    @inline(__always)
    func width(_ size: UInt64) -> AccessWidth { size == 1 ? .byte : size == 2 ? .word : .doubleword }
}
