import Board
import Inspection
import Processor

/// Changing a stopped machine.
extension Debugger {
    /// Sets a register by its manual's name. Throws where there is none, or where it cannot be set.
    public func set(register name: String, to value: UInt64) throws(DebuggerError) {
        pc.observed.state = try RegisterAccess.setting(name.lowercased(), to: value, in: view)
        onChange()
    }

    /// The next instructions are those of the processor that is looked at: others wait, though it would be their turn.
    public func takeTurn() {
        let number = pc.observed.number
        guard pc.turn.processor != number || pc.clock.now >= pc.turn.end else { return }
        pc.giveTurn(to: number)
        if pc.turn.processor == number { onChange() }
    }

    /// Lets the processor that is looked at go alone from now on, or all in their turns again.
    public func hold(others: Bool) {
        let only = others ? pc.observed.number : nil
        guard pc.turn.only != only else { return }
        pc.hold(allBut: only)
        onChange()
    }

    /// Writes bytes at a linear address, whatever the page allows. Throws where a page is missing, or no RAM; nothing is written then.
    public func write(_ bytes: [UInt8], toLinear address: UInt64) throws(DebuggerError) {
        let view = view
        var places: [UInt64] = []
        for index in bytes.indices {
            let linear = (address &+ UInt64(index)) & view.linearMask
            guard let physical = PageWalk(view, linear: linear).physical else {
                throw DebuggerError("no page is at linear address \(h(linear)): `info paging \(hexDigits(linear, 8))h` shows why")
            }
            places.append(physical)
        }
        try write(bytes, at: places)
    }

    /// Writes bytes at a physical address. Throws where no RAM is; nothing is written then.
    public func write(_ bytes: [UInt8], toPhysical address: UInt64) throws(DebuggerError) {
        try write(bytes, at: bytes.indices.map { address &+ UInt64($0) })
    }

    private func write(_ bytes: [UInt8], at places: [UInt64]) throws(DebuggerError) {
        for physical in places where !pc.isRAM(at: physical) {
            throw DebuggerError("no RAM is at physical address \(h(physical)); ROM, devices and holes cannot be written")
        }
        for (byte, physical) in zip(bytes, places) { pc.poke(physical: physical, value: byte) }
        onChange()
    }
}
