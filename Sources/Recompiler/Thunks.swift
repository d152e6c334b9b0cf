import Processor
import X86

/// The way into translated code, out of it, and from it to the functions of `NativeCall`: a piece of code that is made once.
struct Thunks {
    let enter: UInt
    let slowAccess: UInt
    let callOut: UInt
    let callOutAtEnd: UInt
    let leave: UInt
    let leaveToLink: UInt
    let leaveIndirect: UInt
    /// A function without arguments: nonzero when the host's logic instructions leave AF alone.
    let keepsAdjust: UInt

    private static let saved: [HostRegister] = [.rbp, .rbx, .r12, .r13, .r14, .r15]

    /// Writes them at the beginning of `memory`.
    init(_ memory: CodeMemory) {
        var asm = Assembler(memory.writable, capacity: memory.capacity)
        func address(_ offset: Int) -> UInt { memory.executableAddress(offset) }

        enter = address(asm.offset)
        for register in Thunks.saved { asm.push(register) }
        // The stack is a multiple of 16 again.
        asm.alu(.sub, .rsp, immediate: 8, .quadword)
        asm.mov(HostMap.core, .rdi, .quadword)
        asm.store(HostMap.core(CoreOffset.hostStack), .rsp, .quadword)
        asm.load(HostMap.tlb, HostMap.core(CoreOffset.tlb), .quadword)
        asm.load(HostMap.budget, HostMap.core(CoreOffset.budget), .quadword)
        asm.mov(HostMap.addend, .rsi, .quadword)
        asm.loadGuest()
        asm.jump(HostMap.addend)

        let epilogue = asm.makeLabel()
        let interpreted = asm.makeLabel()
        asm.place(interpreted)
        asm.mov(.rax, immediate: UInt64(NativeExit.interpreted), .doubleword)
        asm.place(epilogue)
        asm.load(.rsp, HostMap.core(CoreOffset.hostStack), .quadword)
        asm.alu(.add, .rsp, immediate: 8, .quadword)
        for register in Thunks.saved.reversed() { asm.pop(register) }
        asm.ret()

        func exit(_ asm: inout Assembler, _ result: (inout Assembler) -> Void) -> UInt {
            let start = address(asm.offset)
            asm.storeGuest()
            asm.store(HostMap.core(CoreOffset.rip), HostMap.addend, .quadword)
            asm.store(HostMap.core(CoreOffset.budget), HostMap.budget, .quadword)
            result(&asm)
            asm.jump(epilogue)
            return start
        }
        leave = exit(&asm) { $0.mov(.rax, immediate: UInt64(NativeExit.boundary), .doubleword) }
        leaveToLink = exit(&asm) { $0.mov(.rax, HostMap.scratch, .quadword) }
        leaveIndirect = exit(&asm) { $0.mov(.rax, immediate: UInt64(NativeExit.indirect), .doubleword) }

        func help(_ asm: inout Assembler, _ function: NativeCall.Function, keepsAccess: Bool, reloadsBudget: Bool) -> UInt {
            let start = address(asm.offset)
            asm.storeGuest()
            asm.store(HostMap.core(CoreOffset.budget), HostMap.budget, .quadword)
            if keepsAccess {
                asm.push(HostMap.value)
                asm.push(HostMap.linear)
            }
            asm.alu(.sub, .rsp, immediate: 8, .quadword)
            asm.mov(.rdi, HostMap.core, .quadword)
            asm.mov(.rsi, HostMap.addend, .quadword)
            asm.mov(.rdx, HostMap.linear, .quadword)
            asm.mov(.rax, immediate: UInt64(UInt(bitPattern: unsafeBitCast(function, to: Int.self))), .quadword)
            asm.call(.rax)
            asm.alu(.add, .rsp, immediate: 8, .quadword)
            if keepsAccess {
                asm.pop(HostMap.linear)
                asm.pop(HostMap.value)
            }
            asm.test(.rax, .rax, .quadword)
            asm.jump(if: HostCondition.notEqual, interpreted)
            if reloadsBudget { asm.load(HostMap.budget, HostMap.core(CoreOffset.budget), .quadword) }
            asm.loadGuest()
            asm.ret()
            return start
        }
        slowAccess = help(&asm, NativeCall.slowAccess, keepsAccess: true, reloadsBudget: false)
        callOut = help(&asm, NativeCall.callOut, keepsAccess: false, reloadsBudget: false)
        callOutAtEnd = help(&asm, NativeCall.callOutAtEnd, keepsAccess: false, reloadsBudget: true)

        keepsAdjust = address(asm.offset)
        asm.pushFlags()
        asm.alu(.or, HostMemory(.rsp), immediate: 0x10, .doubleword)
        asm.popFlags()
        asm.alu(.and, .rax, .rax, .doubleword)
        asm.pushFlags()
        asm.pop(.rax)
        asm.alu(.and, .rax, immediate: 0x10, .doubleword)
        asm.ret()

        asm.resolve()
        memory.commit(asm.offset)
    }
}

extension Assembler {
    private static let guests = 0..<8 as Range<UInt8>

    fileprivate mutating func loadGuest() {
        for number in Assembler.guests {
            load(HostMap.register(number), HostMap.core(CoreOffset.register(number)), .quadword)
        }
    }
    fileprivate mutating func storeGuest() {
        for number in Assembler.guests {
            store(HostMap.core(CoreOffset.register(number)), HostMap.register(number), .quadword)
        }
    }
    fileprivate mutating func pushFlags() { byte(0x9C) }
    fileprivate mutating func popFlags() { byte(0x9D) }
}
