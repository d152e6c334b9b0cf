import X86

/// Follows a processor instruction by instruction and access by access, for checks. It sees all and changes nothing: the guest cannot tell.
package protocol ExecutionObserver: AnyObject {
    /// The instruction at a linear address, whose first byte is at `physical`, is the next one; nothing of it has happened.
    func willExecute(_ instruction: Instruction, at linear: UInt64, physical: UInt64, by cpu: CPU)
    /// Bytes of memory were read or written.
    func didAccess(_ access: ObservedAccess, by cpu: CPU)
    /// An interrupt or exception was delivered. An exception that an instruction raised takes the instruction's place.
    func didDeliver(_ delivery: CPU.Delivery, by cpu: CPU)
    /// The instruction is over: it was executed, or an exception came instead.
    func didExecute(by cpu: CPU)
    /// All translations were dropped, or all but those of global pages.
    func didForgetTranslations(keepingGlobal: Bool, by cpu: CPU)
    /// INVLPG.
    func didForgetTranslation(of linear: UInt64, by cpu: CPU)
    /// All registers got other values: by a reset, a boot loader, or who goes back in time.
    func didReplaceState(of cpu: CPU)
    /// Somebody else than a processor wrote memory.
    func didWrite(physical: UInt64, count: Int)
}

/// Holds an observer: who holds this needs to count no references to that.
final class ObserverHolder {
    let observer: any ExecutionObserver

    init(_ observer: any ExecutionObserver) { self.observer = observer }
}

/// An access of at most eight bytes, by an instruction or by the delivery of an interrupt. Not seen: page walks and reads of descriptors.
package struct ObservedAccess {
    package let linear: UInt64
    /// Physical address of the first byte, and of the first byte on the second page where the access crosses a page.
    package let physical: UInt64
    package let secondPhysical: UInt64
    /// Bytes on the first page.
    package let firstCount: UInt64
    package let size: UInt64
    package let isWrite: Bool
    package let value: UInt64
    /// By the operands of an instruction; otherwise by a frame of an interrupt, a far transfer or IRET.
    package let isOperand: Bool
}

extension CPU {
    /// Lets `observer` follow each instruction from now on; nil: nobody. Only the interpreter tells: no translation engine may be connected.
    ///
    /// It costs nothing while there is none: blocks for stops have a mode of their own, and the accesses are those that a TLB without entries does
    /// not answer.
    package func observe(_ observer: (any ExecutionObserver)?) {
        precondition(engine == nil, "translated code tells no observer")
        self.observer = observer
        longestBlock = observer == nil ? BlockCache.longest : 1
        blocks.drop { _ in true }
        let conditions = stopConditions
        stopConditions = StopConditions()
        arm(conditions)
        updateHiddenPages()
    }

}

/// What an observer asks for at each instruction. Other modules go through `core` by a function that is made for no type, and copy what is large.
extension CPU {
    /// Paging is on.
    package var isPaging: Bool { core.pointee.state.cr0.contains(.PG) }

    /// SS:rSP as a linear address.
    package var linearStackPointer: UInt64 {
        if core.pointee.mode.contains(.code64) { return core.pointee.state.rsp }
        return (core.pointee.state.ss.base &+ (core.pointee.state.rsp & core.pointee.stackMask)) & 0xFFFF_FFFF
    }

    /// CS, whether the processor is in protected mode, rIP, the base of CS, and the tick.
    ///
    /// In this order they are four words, which come in registers: in memory, where they would be copied two at once, they cost a sixth of a check's time.
    package var instructionPlace: (cs: UInt16, isProtected: Bool, rip: UInt64, base: UInt64, tick: UInt64) {
        let state = core.state
        return (state.pointee.cs.selector, isProtectedMode, state.pointee.rip, state.pointee.cs.base, core.pointee.ticks)
    }
}
