import Wiring
import X86

/// A call that has not returned, or the place that an interrupt or exception came to and that its handler has not gone back to; or the beginning of a task.
package struct OpenCall {
    /// The name of its place on the stack: see `OpenCalls.key`. 0: there is none.
    package var key: UInt64 = 0
    /// What it returns to, as an offset in CS; that of an interrupt and of a beginning is marked. `closed`: something has returned through it.
    package var address: UInt64 = 0
    /// The place at which something was called last before it, or that an interrupt found the stack at; 0: none is known.
    package var outer: UInt64 = 0
    /// Makes it 32 bytes, so that its place follows from the stack pointer's by a shift.
    private var unused: UInt64 = 0

    /// No code returns there.
    package static let closed = UInt64.max
    /// Bits that turn a canonical address into one that is none, and back.
    package static let interruptMark: UInt64 = 1 << 62, rootMark: UInt64 = 1 << 61

    private func has(_ mark: UInt64) -> Bool { (address & mark != 0) != (address >> 63 != 0) }

    /// An interrupt came there: it is no place behind a CALL.
    package var isInterrupt: Bool { has(Self.interruptMark) }
    /// What was put there was returned to though nobody had called it: no caller is further out.
    package var isRoot: Bool { has(Self.rootMark) }
    /// What it returns to, as an offset in CS.
    package var returnAddress: UInt64 {
        address ^ (isInterrupt ? Self.interruptMark : 0) ^ (isRoot ? Self.rootMark : 0)
    }
}

/// The calls, interrupts and exceptions that have not returned, kept beside the guest's stacks for who wants to know the callers at any moment, whatever a
/// compiler or a hand has made of its frames. Both engines keep it, while somebody asks for it.
///
/// Each lies at a place that its return address's place on the stack gives, until something returns through it: so the callers are the open ones from the stack
/// pointer on upward, whichever stack that is, and nobody has to notice that stacks are switched. A return through a place where nothing is open, or to
/// something else than was called, begins a task, and is kept as its root. Two stacks 1 MB apart may take each other's places; a call whose return address
/// memory no longer holds is none.
///
/// Calls and returns of 16 bits are left out: nobody has symbols for them.
package final class OpenCalls {
    /// SAFETY: `count` calls, allocated in `init` and given back in `deinit`; places are masked. Processors hold the object as long as they hold this.
    let calls: UnsafeMutablePointer<OpenCall>
    private static let count = 1 << 18
    /// The bits of a stack pointer that say where its call lies, and the shift that makes them an offset.
    package static let placeMask: UInt64 = UInt64(count - 1) << 2
    package static let placeShift: UInt8 = 3
    /// Puts the number of the page that CR3 names above the 47 bits that a user's stack pointer has: processes have stacks at the same addresses.
    private static let spaceShift: UInt64 = 35
    /// Sets bit 63 there, so that a user's stack is never the kernel's.
    private static let userBit: UInt64 = 1 << 28
    /// What turns a stack pointer of a user's into a key.
    static func space(cr3: UInt64) -> UInt64 { (cr3 | userBit) &<< spaceShift }

    package init() throws(HostMemory.Exhausted) { calls = try HostMemory.zeroed(OpenCall.self, count: Self.count, isLow: true) }

    deinit { HostMemory.free(calls, count: Self.count) }

    /// Where they lie, for translated code: below 2 GB, if there is room.
    package var address: Int { Int(bitPattern: calls) }

    /// The place of the call at a stack pointer.
    @inline(__always)
    static func place(_ pointer: UInt64) -> Int { Int(truncatingIfNeeded: (pointer & placeMask) &>> 2) }

    /// The stack pointer in a key.
    package static func pointer(_ key: UInt64) -> UInt64 {
        let above = key >> 47
        return above == 0 || above == 0x1FFFF ? key : key & 0x7FFF_FFFF_FFFF
    }

    /// The call of this name, if it is open.
    package subscript(_ key: UInt64) -> OpenCall? {
        let call = calls[Self.place(key)]
        return call.key == key && key != 0 && call.address != OpenCall.closed ? call : nil
    }
}

extension CPU {
    /// Keeps the calls that are open in `calls` from now on. Processors of one machine share them: threads go from one to the other.
    package func keep(_ calls: OpenCalls?) {
        precondition(engine == nil, "translated code is made to keep them, or not to")
        openCalls = calls
        core.pointee.openCalls = calls.map { UnsafeMutableRawPointer($0.calls) }
        core.pointee.lastCall = 0
        core.pointee.callSpace = OpenCalls.space(cr3: core.pointee.state.cr3)
    }

    /// The place at which something was called last, or the stack as an interrupt's handler has given it back.
    package var lastCall: UInt64 { core.pointee.lastCall }

    /// The name that a call has at a stack pointer.
    package func keyOfCall(at pointer: UInt64) -> UInt64 { core.keyOfCall(at: pointer) }

    /// An interrupt or exception has pushed its frame, with words of `size` bytes; the stack pointer was `pointer` before.
    @inline(__always)
    func keepInterrupt(_ delivery: Delivery, _ size: UInt64, from pointer: UInt64) {
        guard core.pointee.openCalls != nil, size >= 4 else { return }
        // INT n is a call of a kind: what it belongs to stands before it.
        let mark = delivery.source == .software ? 0 : OpenCall.interruptMark
        let place = core.pointee.state.rsp &+ (delivery.fault.hasErrorCode ? size : 0)
        core.pointee.lastCall = core.keyOfCall(at: pointer, level: delivery.cpl)
        core.openCall(at: place & core.pointee.stackMask, returningTo: delivery.rip ^ mark)
    }
}

extension Handle where Pointee == Core {
    private var calls: UnsafeMutablePointer<OpenCall>? { pointee.openCalls?.assumingMemoryBound(to: OpenCall.self) }

    /// The key of the call whose return address lies at a stack pointer of the running code.
    func keyOfCall(at pointer: UInt64) -> UInt64 { keyOfCall(at: pointer, level: pointee.state.cpl) }

    func keyOfCall(at pointer: UInt64, level: UInt8) -> UInt64 {
        level == 3 ? pointer ^ pointee.callSpace : pointer
    }

    /// Something is called, or interrupted. The recompiler's `keepCall` does the same.
    @inline(never)
    func openCall(at pointer: UInt64, returningTo address: UInt64) {
        guard let calls else { return }
        let (place, key) = (OpenCalls.place(pointer), keyOfCall(at: pointer))
        calls[place].key = key
        calls[place].address = address
        calls[place].outer = pointee.lastCall
        pointee.lastCall = key
    }

    /// Control returns to `target` through the word at `pointer`, of code at `level`. The recompiler's `keepReturn` does the same.
    @inline(never)
    func closeCall(at pointer: UInt64, level: UInt8, to target: UInt64, isIRET: Bool = false) {
        guard let calls else { return }
        let (place, key) = (OpenCalls.place(pointer), keyOfCall(at: pointer, level: level))
        let call = calls[place]
        // The return address is enough for a near RET: who calls the same at the same place of another stack is closed in its stead.
        if isIRET ? call.key == key && !call.isRoot && call.returnAddress == target : call.address == target {
            calls[place].address = OpenCall.closed
            if call.isInterrupt { pointee.lastCall = call.outer }
        } else if pointee.lastCall == key {
            // A function has changed its own return address: a jump.
            calls[place].address = OpenCall.closed
        } else {
            pointee.lastCall = 0
            // The stack of another ring has no place for a mark, and this one is free again.
            guard pointee.state.cpl == level else { return }
            calls[place].key = key
            calls[place].address = target ^ OpenCall.rootMark
        }
    }
}
