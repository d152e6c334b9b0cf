import Debugging
import Processor

/// Registers and memory: `g G p P m M X`.
extension GDBStub {
    // MARK: Registers

    func readRegister(_ cursor: inout PacketCursor) -> Answer {
        guard let number = cursor.number(), number < UInt64(description.inPackets.count) else { return Self.refuse(.badRequest) }
        return .reply([PacketWriter.hex(registers.all[Int(number)].read(debugger.view))])
    }

    func writeRegister(_ cursor: inout PacketCursor) -> Answer {
        guard let number = cursor.number(), number < UInt64(description.inPackets.count), cursor.skip("="),
            let bytes = cursor.hexBytes()
        else {
            return Self.refuse(.badRequest)
        }
        let register = registers.all[Int(number)]
        guard bytes.count == register.byteCount else { return Self.refuse(.badRequest) }
        // After a call gdb puts all registers back, those that follow from others among them.
        if bytes == register.read(debugger.view) { return Self.ok }
        return set(register, bytes) ? Self.ok : Self.refuse(.badRequest)
    }

    /// All registers. What cannot be set stays; a segment register is loaded only where gdb gives another selector.
    func writeAllRegisters(_ cursor: inout PacketCursor) -> Answer {
        guard let bytes = cursor.hexBytes(), bytes.count <= description.inPackets.reduce(0, { $0 + $1.byteCount }) else {
            return Self.refuse(.badRequest)
        }
        var rest = bytes[...]
        for register in description.inPackets {
            guard rest.count >= register.byteCount else { break }
            let value = Array(rest.prefix(register.byteCount))
            rest = rest.dropFirst(register.byteCount)
            if register.write != nil, value != register.read(debugger.view), !set(register, value) {
                return Self.refuse(.badRequest)
            }
        }
        return Self.ok
    }

    private func set(_ register: GDBRegister, _ bytes: [UInt8]) -> Bool {
        guard let write = register.write else { return false }
        if register.isSelector {
            // The descriptor comes along, from the table that the mode of the moment has.
            do throws(DebuggerError) {
                try debugger.set(register: register.name, to: GDBRegister.value(bytes[...]))
                return true
            } catch {
                return false
            }
        }
        var state = debugger.pc.observed.state
        write(&state, bytes)
        debugger.pc.observed.state = state
        debugger.onChange()
        return true
    }

    // MARK: Memory

    /// As many bytes as can be read from the address on; what no page is behind is an error.
    func readMemory(_ cursor: inout PacketCursor) -> Answer {
        guard let (address, count) = cursor.pair() else { return Self.refuse(.badRequest) }
        let wanted = Int(min(count, UInt64((Self.packetSize - 16) / 2)))
        guard wanted > 0 else { return .reply([[]]) }
        let view = debugger.view
        let expected = isExpecting() ? self.expected : []
        var bytes: [UInt8] = []
        bytes.reserveCapacity(wanted)
        var page: UInt64?
        for offset in 0..<UInt64(wanted) {
            if usesPhysicalAddresses {
                bytes.append(debugger.pc.peek(physical: address &+ offset))
                continue
            }
            if let part = expected.first(where: { $0.range.contains(address &+ offset) }) {
                let index = Int(address &+ offset &- part.range.lowerBound)
                bytes.append(index < part.bytes.count ? part.bytes[index] : 0)
                page = nil
                continue
            }
            let linear = (address &+ offset) & view.linearMask
            if page == nil || linear & 0xFFF == 0 { page = PageWalk(view, linear: linear & ~0xFFF).physical }
            guard let page else { break }
            bytes.append(debugger.pc.peek(physical: page | linear & 0xFFF))
        }
        return bytes.isEmpty ? Self.refuse(.noMemory) : .reply([PacketWriter.hex(bytes)])
    }

    /// `M` in hexadecimal digits, `X` in bytes. Nothing is written when a part cannot be.
    func writeMemory(_ cursor: inout PacketCursor, isBinary: Bool) -> Answer {
        guard let (address, count) = cursor.pair(), cursor.skip(":"), let bytes = isBinary ? cursor.rest : cursor.hexBytes(),
            UInt64(bytes.count) == count
        else { return Self.refuse(.badRequest) }
        guard !bytes.isEmpty else { return Self.ok }
        do throws(DebuggerError) {
            if usesPhysicalAddresses {
                try debugger.write(bytes, toPhysical: address)
            } else {
                try debugger.write(bytes, toLinear: address & debugger.view.linearMask)
            }
            return Self.ok
        } catch {
            return Self.refuse(.noMemory)
        }
    }
}
