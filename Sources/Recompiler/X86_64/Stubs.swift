import Processor
import X86

/// The way into translated code, out of it, and from it to the functions of `NativeCall`: a piece of code that is made once.
struct Stubs {
    /// A `NativeState.Enter`.
    let enter: UInt
    let slowAccess: CodePlace
    let callOut: CodePlace
    let callOutAtEnd: CodePlace
    let portAccess: CodePlace
    let leave: CodePlace
    let leaveToLink: CodePlace
    let leaveIndirect: CodePlace
    let leaveRefused: CodePlace
    let loadX87: CodePlace
    let x87Function: CodePlace
    private let besideCode: [Int: CodePlace]
    /// Decides about a store of `size` bytes to a page with code. Nil for a size that translated code does not decide about.
    func besideCode(_ size: Int) -> CodePlace? { besideCode[size] }
    private static let besideCodeSizes = [1, 2, 4, 8, 10, 16, 32]
    /// Functions without arguments, for `HostProcessor`: nonzero when logic instructions leave AF alone; ECX of CPUID leaf 1; EBX of leaf 7; the lower
    /// half of XCR0, where there is one.
    let keepsAdjust: UInt
    let features: UInt
    let extendedFeatures: UInt
    let enabledState: UInt

    private static let saved: [HostRegister] = [.rbp, .rbx, .r12, .r13, .r14, .r15]

    /// Writes them at the beginning of `memory`.
    init(_ memory: CodeMemory, x87Image: UnsafeMutableRawPointer) {
        let image = UInt64(UInt(bitPattern: x87Image))
        var asm = Assembler(memory.writable, capacity: memory.capacity, origin: 0)
        func address(_ offset: Int) -> UInt { memory.executableAddress(offset) }

        enter = address(asm.offset)
        for register in Stubs.saved { asm.push(register) }
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
        for register in Stubs.saved.reversed() { asm.pop(register) }
        asm.ret()

        let saveX87 = asm.place
        asm.saveX87(image)

        func exit(_ asm: inout Assembler, _ result: (inout Assembler) -> Void) -> CodePlace {
            let start = asm.place
            asm.giveBackX87(saveX87)
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

        leaveRefused = exit(&asm) { $0.mov(.rax, immediate: UInt64(NativeExit.refused), .doubleword) }
        loadX87 = asm.place
        asm.loadX87(image)

        func help(
            _ asm: inout Assembler, _ function: NativeCall.Function, keepsAccess: Bool, reloadsBudget: Bool, keepsX87: Bool = false
        ) -> CodePlace {
            let start = asm.place
            if !keepsX87 { asm.giveBackX87(saveX87) }
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
            let elsewhere = asm.makeLabel()
            if keepsAccess {
                // The caller finds in the flags whether it is 0 or 2.
                asm.alu(.cmp, .rax, immediate: UInt64(NativeExit.interpreted), .quadword)
                asm.jump(if: HostCondition.equal, interpreted)
            } else {
                asm.test(.rax, .rax, .quadword)
                asm.jump(if: HostCondition.notEqual, reloadsBudget ? elsewhere : interpreted)
            }
            if reloadsBudget { asm.load(HostMap.budget, HostMap.core(CoreOffset.budget), .quadword) }
            asm.loadGuest()
            asm.ret()
            guard reloadsBudget else { return start }
            // The privilege level may have changed, and with it the TLB; the return address is of no more use.
            asm.place(elsewhere)
            asm.alu(.cmp, .rax, immediate: UInt64(NativeExit.interpreted), .quadword)
            asm.jump(if: HostCondition.equal, interpreted)
            asm.pop(HostMap.addend)
            asm.mov(HostMap.addend, .rax, .quadword)
            asm.load(HostMap.budget, HostMap.core(CoreOffset.budget), .quadword)
            asm.load(HostMap.tlb, HostMap.core(CoreOffset.tlb), .quadword)
            asm.loadGuest()
            asm.jump(HostMap.addend)
            return start
        }
        slowAccess = help(&asm, NativeCall.slowAccess, keepsAccess: true, reloadsBudget: false)
        callOut = help(&asm, NativeCall.callOut, keepsAccess: false, reloadsBudget: false)
        // SAFETY: the host's FPU is not as the calling convention wants it, but x87 functions are done with integers.
        x87Function = help(&asm, NativeCall.x87Function, keepsAccess: false, reloadsBudget: false, keepsX87: true)
        // A guest that waits for a port may have let time pass.
        portAccess = help(&asm, NativeCall.portAccess, keepsAccess: false, reloadsBudget: true)
        callOutAtEnd = help(&asm, NativeCall.callOutAtEnd, keepsAccess: false, reloadsBudget: true)

        besideCode = Stubs.besideCodeSizes.reduce(into: [:]) { places, size in
            places[size] = asm.place
            asm.lookBesideCode(size)
        }

        keepsAdjust = address(asm.offset)
        asm.pushFlags()
        asm.alu(.or, HostOperand(.rsp), immediate: 0x10, .doubleword)
        asm.popFlags()
        asm.alu(.and, .rax, .rax, .doubleword)
        asm.pushFlags()
        asm.pop(.rax)
        asm.alu(.and, .rax, immediate: 0x10, .doubleword)
        asm.ret()

        features = address(asm.offset)
        asm.push(.rbx)
        asm.mov(.rax, immediate: 1, .doubleword)
        asm.word(0xA20F)  // CPUID
        asm.mov(.rax, .rcx, .doubleword)
        asm.pop(.rbx)
        asm.ret()

        extendedFeatures = address(asm.offset)
        asm.push(.rbx)
        asm.mov(.rax, immediate: 7, .doubleword)
        asm.mov(.rcx, immediate: 0, .doubleword)
        asm.word(0xA20F)
        asm.mov(.rax, .rbx, .doubleword)
        asm.pop(.rbx)
        asm.ret()

        enabledState = address(asm.offset)
        asm.mov(.rcx, immediate: 0, .doubleword)
        asm.opcode(0x0F_01D0)  // XGETBV
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

extension Assembler {
    /// A store of `size` bytes for which the TLB's tag is not `scratch`, with its entry's offset in `addend`: ZF if it is in a page with
    /// code and none of the bytes is part of a block. Changes `scratch`.
    fileprivate mutating func lookBesideCode(_ size: Int) {
        let (scratch, linear) = (HostMap.scratch, HostMap.linear)
        let not = makeLabel()
        func entry(_ field: Int) -> HostOperand { HostOperand(HostMap.tlb, index: HostMap.addend, Int32(field)) }
        alu(.or, scratch, immediate: TLBEntry.besideCode, .quadword)
        alu(.cmp, scratch, entry(CoreOffset.TLB.writeTag), .quadword)
        jump(if: HostCondition.notEqual, not)
        load(scratch, entry(CoreOffset.TLB.physical), .quadword)
        shift(.shr, scratch, by: 12, .quadword)
        shift(.shl, scratch, by: 3, .quadword)
        alu(.add, scratch, HostMap.core(CoreOffset.codePages), .quadword)
        load(scratch, HostOperand(scratch), .quadword)
        test(scratch, scratch, .quadword)
        let none = makeLabel()
        jump(if: HostCondition.equal, none)
        push(linear)
        alu(.and, linear, immediate: 0xFFF, .doubleword)
        alu(.add, scratch, linear, .quadword)
        pop(linear)
        var offset = 0
        while offset < size {
            let width = Width.allCases.last { $0.bytes <= size - offset } ?? .byte
            if offset > 0 { jump(if: HostCondition.notEqual, not) }
            alu(.cmp, HostOperand(scratch, Int32(offset)), immediate: 0, width)
            offset += width.bytes
        }
        place(not)
        ret()
        place(none)
        test(.rsp, .rsp, .quadword)
        ret()
    }
}

/// The FPU on its way: the image of FXSAVE has the registers from ST(0) on, `X87State` has them by number. SDM Vol. 2A, "FXSAVE".
///
/// A region that uses the FPU loads it, if the host does not hold it already; it goes back when translated code is left or calls a function. Functions of the
/// guest that return a number in ST(0) to code without x87 instructions, and back again, would need it saved and loaded twice in each call: with that
/// it was a third of the time of an interpreter of awk.
extension Assembler {
    /// Gives the guest's FPU back, if the host holds it. Changes flags.
    fileprivate mutating func giveBackX87(_ save: CodePlace) {
        let none = makeLabel()
        alu(.cmp, HostMap.core(CoreOffset.heldX87), immediate: 0, .byte)
        jump(if: HostCondition.equal, none)
        push(HostMap.addend)
        push(HostMap.scratch)
        call(save)
        pop(HostMap.scratch)
        pop(HostMap.addend)
        place(none)
    }

    private enum Image {
        static let control: Int32 = 0
        static let status: Int32 = 2
        static let tags: Int32 = 4
        static let registers: Int32 = 32
    }

    /// Leaves the host's FPU as the calling convention wants it. Changes `addend`, `scratch` and flags.
    fileprivate mutating func saveX87(_ address: UInt64) {
        let image = HostMap.addend
        mov(image, constant: address)
        rm(0x0FAE, 0, HostOperand(image), .doubleword)
        byte(0xDB)
        byte(0xE3)
        load(HostMap.scratch, HostOperand(image, Image.status), .word)
        store(HostMap.core(CoreOffset.x87Status), HostMap.scratch, .word)
        load(HostMap.scratch, HostOperand(image, Image.tags), .byte)
        store(HostMap.core(CoreOffset.x87Occupied), HostMap.scratch, .byte)
        zeroExtend(HostMap.scratch, HostOperand(image, Image.status), from: .word)
        copyRegisters { asm, image, state in asm.move(from: image, to: state) }
        store(HostMap.core(CoreOffset.heldX87), immediate: 0, .byte)
        ret()
    }

    /// ZF when the host holds the guest's FPU: it is available, nothing is pending and all exceptions are masked. Changes `addend`, `scratch`, XMM registers.
    fileprivate mutating func loadX87(_ address: UInt64) {
        let (refused, held) = (makeLabel(), makeLabel())
        let image = HostMap.addend
        let emulatedOrSwitched: UInt64 = 0x0C
        load(HostMap.scratch, HostMap.core(CoreOffset.cr0), .doubleword)
        test(HostMap.scratch, immediate: emulatedOrSwitched, .doubleword)
        jump(if: HostCondition.notEqual, refused)
        // What else could be in the way is changed by the interpreter alone.
        alu(.cmp, HostMap.core(CoreOffset.heldX87), immediate: 0, .byte)
        jump(if: HostCondition.notEqual, held)
        load(HostMap.scratch, HostMap.core(CoreOffset.x87Control), .word)
        alu(.and, HostMap.scratch, immediate: 0x3F, .doubleword)
        alu(.cmp, HostMap.scratch, immediate: 0x3F, .doubleword)
        jump(if: HostCondition.notEqual, refused)
        zeroExtend(HostMap.scratch, HostMap.core(CoreOffset.x87Status), from: .word)
        test(HostMap.scratch, immediate: 0x80, .doubleword)
        jump(if: HostCondition.notEqual, refused)
        mov(image, constant: address)
        store(HostOperand(image, Image.status), HostMap.scratch, .word)
        copyRegisters { asm, image, state in asm.move(from: state, to: image) }
        load(HostMap.scratch, HostMap.core(CoreOffset.x87Control), .word)
        store(HostOperand(image, Image.control), HostMap.scratch, .word)
        load(HostMap.scratch, HostMap.core(CoreOffset.x87Occupied), .byte)
        store(HostOperand(image, Image.tags), HostMap.scratch, .byte)
        rm(0x0FAE, 1, HostOperand(image), .doubleword)
        store(HostMap.core(CoreOffset.heldX87), immediate: 1, .byte)
        place(held)
        alu(.cmp, HostMap.scratch, HostMap.scratch, .doubleword)
        place(refused)
        ret()
    }

    /// All eight, from ST(0) on, with the status word in `scratch`.
    private mutating func copyRegisters(_ copy: (inout Assembler, HostOperand, HostOperand) -> Void) {
        push(HostMap.linear)
        shift(.shr, HostMap.scratch, by: 11 - 4, .doubleword)
        for number in 0..<8 as Range<Int32> {
            alu(.and, HostMap.scratch, immediate: 0x70, .doubleword)
            copy(
                &self, HostOperand(HostMap.addend, Image.registers + number * 16),
                HostOperand(HostMap.core, index: HostMap.scratch, Int32(CoreOffset.x87Registers)))
            alu(.add, HostMap.scratch, immediate: 16, .doubleword)
        }
        pop(HostMap.linear)
    }

    /// Ten bytes and no more: other fields follow.
    private mutating func move(from source: HostOperand, to destination: HostOperand) {
        var (upperSource, upperDestination) = (source, destination)
        upperSource.displacement += 8
        upperDestination.displacement += 8
        load(HostMap.linear, source, .quadword)
        store(destination, HostMap.linear, .quadword)
        load(HostMap.linear, upperSource, .word)
        store(upperDestination, HostMap.linear, .word)
    }
}
