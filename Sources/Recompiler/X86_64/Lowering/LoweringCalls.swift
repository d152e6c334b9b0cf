import Processor
import X86

/// Calls and returns beside the guest's stack, where somebody wants to know those that are open: what `Core.openCall` and `closeCall` do.
extension Lowering {
    /// A near CALL has pushed its return address, or a near RET has dropped it; the target of a RET is in `addend`.
    mutating func keepTransfer(_ index: Int) {
        let width = nodes[index].width
        guard assumptions.keepsCalls, width != .word, mode.contains(.bigStack) || isCode64 else { return }
        switch instruction.operation {
        case .call, .callIndirect:
            loseHostFlags(at: index)
            keepCall()
        case .ret:
            let released = instruction.kind0 == .immediate ? instruction.immediate & 0xFFFF : 0
            keepReturn(UInt64(width.bytes) + released)
        default: break
        }
    }

    /// Measured: two instructions more are 3 % of a loop that does nothing but call.
    private mutating func keepCall() {
        let key = isUser ? HostMap.linear : HostMap.stackPointer
        let other = isUser ? HostMap.value : HostMap.linear
        asm.mov(HostMap.scratch, HostMap.stackPointer, .doubleword)
        locateCall()
        if isUser {
            asm.mov(key, HostMap.stackPointer, isCode64 ? .quadword : .doubleword)
            makeKey(key)
        }
        asm.store(call(\.key), key, .quadword)
        asm.load(other, HostMap.core(CoreOffset.lastCall), .quadword)
        asm.store(call(\.outer), other, .quadword)
        asm.store(HostMap.core(CoreOffset.lastCall), key, .quadword)
        if Int32(exactly: Int64(bitPattern: nextRIP)) != nil {
            asm.store(call(\.address), immediate: nextRIP, .quadword)
        } else {
            asm.mov(other, constant: nextRIP)
            asm.store(call(\.address), other, .quadword)
        }
    }

    private mutating func keepReturn(_ bytes: UInt64) {
        let (open, other, done) = (asm.makeLabel(), asm.makeLabel(), asm.makeLabel())
        asm.lea(HostMap.scratch, placeOfReturn(bytes), .doubleword)
        locateCall()
        asm.alu(.cmp, HostMap.addend, call(\.address), .quadword)
        asm.jump(if: HostCondition.notEqual, other)
        asm.place(open)
        asm.store(call(\.address), immediate: OpenCall.closed, .quadword)
        asm.place(done)
        addCold(other, .otherReturn(bytes: bytes, open: open, done: done))
    }

    /// A return through a place where nothing is open, or to something else than was called: `call` is prepared, its target is in `addend`.
    mutating func keepOtherReturn(_ bytes: UInt64, open: Assembler.Label, done: Assembler.Label) {
        asm.lea(HostMap.linear, placeOfReturn(bytes), isCode64 ? .quadword : .doubleword)
        makeKey(HostMap.linear)
        asm.alu(.cmp, HostMap.linear, HostMap.core(CoreOffset.lastCall), .quadword)
        asm.jump(if: HostCondition.equal, open)
        asm.store(HostMap.core(CoreOffset.lastCall), immediate: 0, .quadword)
        asm.store(call(\.key), HostMap.linear, .quadword)
        asm.mov(HostMap.linear, constant: OpenCall.rootMark)
        asm.alu(.xor, HostMap.linear, HostMap.addend, .quadword)
        asm.store(call(\.address), HostMap.linear, .quadword)
        asm.jump(done)
    }

    /// Where a return address lay that a RET has dropped with `bytes`.
    private func placeOfReturn(_ bytes: UInt64) -> HostOperand {
        HostOperand(HostMap.stackPointer, -Int32(truncatingIfNeeded: bytes))
    }

    /// Code of ring 3, whose stacks are told apart by CR3.
    private var isUser: Bool { mode.contains(.user) }

    /// The table's address, if an instruction has room for it.
    private var table: Int32? { assumptions.cpu.openCalls.flatMap { Int32(exactly: $0.address) } }

    /// Makes a stack pointer the name of a call.
    private mutating func makeKey(_ pointer: HostRegister) {
        if isUser { asm.alu(.xor, pointer, HostMap.core(CoreOffset.callSpace), .quadword) }
    }

    /// Prepares `call` for the stack pointer in `scratch`. Uses `value`.
    private mutating func locateCall() {
        asm.alu(.and, HostMap.scratch, immediate: OpenCalls.placeMask, .doubleword)
        guard table == nil else { return }
        asm.load(HostMap.value, HostMap.core(CoreOffset.openCalls), .quadword)
        asm.lea(HostMap.scratch, HostOperand(HostMap.value, index: HostMap.scratch, scale: OpenCalls.placeShift), .quadword)
    }

    /// A word of the call.
    private func call(_ word: KeyPath<OpenCall, UInt64>) -> HostOperand {
        guard let offset = MemoryLayout<OpenCall>.offset(of: word).map({ Int32(truncatingIfNeeded: $0) }) else {
            preconditionFailure("a stored property has an offset")
        }
        guard let table else { return HostOperand(HostMap.scratch, offset) }
        return HostOperand(nil, index: HostMap.scratch, scale: OpenCalls.placeShift, table + offset)
    }
}
