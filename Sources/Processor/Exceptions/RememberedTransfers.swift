import X86

/// Ways that were gone lately through an interrupt gate or trap gate, or back by IRET, with the bytes of the tables that led there and with what came of them.
///
/// A cache, of which nothing has to be dropped: whoever goes a way again compares the table registers and the bytes of gate, segments and TSS with those of
/// the last time. If they are the same, what comes of them is, too, and the checks and the decoding are not done again. Ways that are not frequent are not
/// remembered: tasks, virtual-8086 mode, compatibility mode, 16-bit gates and stacks, conforming code, segments of an LDT.
///
/// SAFETY: both tables are allocated in `init` and freed in `deinit`; the functions below mask their indices.
final class RememberedTransfers {
    fileprivate let gates: UnsafeMutablePointer<RememberedGate>
    fileprivate let returns: UnsafeMutablePointer<RememberedReturn>

    fileprivate static let gateCount = 64, returnCount = 32
    /// Times that a way was gone again.
    fileprivate(set) var uses: UInt64 = 0

    init() {
        gates = .allocate(capacity: Self.gateCount)
        gates.initialize(repeating: RememberedGate(), count: Self.gateCount)
        returns = .allocate(capacity: Self.returnCount)
        returns.initialize(repeating: RememberedReturn(), count: Self.returnCount)
    }

    deinit {
        gates.deallocate()
        returns.deallocate()
    }

    /// Forgets all.
    func removeAll() {
        gates.update(repeating: RememberedGate(), count: Self.gateCount)
        returns.update(repeating: RememberedReturn(), count: Self.returnCount)
    }

    /// Timer, page fault and system call come from level 3 and from level 0, in turn.
    fileprivate func gate(_ vector: UInt8, from level: UInt8) -> UnsafeMutablePointer<RememberedGate> {
        gates + (Int(vector & 31) &<< 1 | Int(level & 1))
    }

    fileprivate func way(back selector: UInt16, from level: UInt8) -> UnsafeMutablePointer<RememberedReturn> {
        returns + (Int((selector &>> 3) & 15) &<< 1 | Int(level & 1))
    }
}

/// A descriptor of the GDT, by its selector, as it was.
private struct RememberedDescriptor {
    var selector: UInt16 = 0
    var raw: UInt64 = 0
}

/// What CS, SS and CPL become, and what is derived from them.
private struct RememberedSegments {
    var cs = SegmentRegister()
    /// As before, where the way does not lead to another level: then it has been the same.
    var ss = SegmentRegister()
    var cpl: UInt8 = 0
    var mode: Mode = []
    var csWindow = Window()
    var ssWindow = Window()
    var stackMask: UInt64 = 0
    /// `Core.linearMask` before and afterwards; with IA32_EFER.LMA it tells the sub-mode.
    var linearMask: UInt64 = 0

    /// Bits of `Mode` that a transfer does not change.
    static let kept: Mode = [.flatDS, .flatES, .oneByOne]
}

private struct RememberedGate {
    /// Of the way as a whole; 0: there is none.
    var wordSize: UInt64 = 0
    var vector: UInt8 = 0
    var cpl: UInt8 = 0
    var idtr = DescriptorTableRegister()
    var gdtr = DescriptorTableRegister()
    /// The gate's bytes, and the second eight of them in IA-32e mode.
    var gate: UInt64 = 0
    var gateHigh: UInt64 = 0
    var code = RememberedDescriptor()
    /// The stack comes from the TSS, at this offset.
    var stackField: UInt64 = 0
    var tr = SegmentRegister()
    var stack = RememberedDescriptor()
    var offset: UInt64 = 0
    var segments = RememberedSegments()

    /// SS is loaded.
    var isInner: Bool { segments.cpl < cpl }
}

private struct RememberedReturn {
    /// Of the way as a whole; 0: there is none.
    var wordSize: UInt64 = 0
    var cpl: UInt8 = 0
    var gdtr = DescriptorTableRegister()
    var code = RememberedDescriptor()
    var stack = RememberedDescriptor()
    var segments = RememberedSegments()

    var changesLevel: Bool { segments.cpl != cpl }
    /// rSP and SS are popped as well.
    var hasStack: Bool { wordSize == 8 || changesLevel }
}

extension CPU {
    // MARK: What is compared

    /// The bytes at the address of a table, if the TLB has its page.
    @inline(__always)
    private func tableBytes(_ linear: UInt64) -> UInt64? { supervisorTLB.host(linear, 8, forWrite: false)?.loadBytes(8) }

    @inline(__always)
    private func isAsBefore(_ known: RememberedDescriptor) -> Bool {
        tableBytes(systemAddress(core.pointee.state.gdtr.base, UInt64(known.selector & 0xFFF8))) == known.raw
    }

    /// The descriptor that a segment register was loaded from; nil for conforming code, too.
    private func remembered(_ register: SegmentRegister) -> RememberedDescriptor? {
        guard let found = loadedDescriptor(of: register), !found.isConforming else { return nil }
        return RememberedDescriptor(selector: register.selector, raw: found.raw)
    }

    /// Nobody hears of changes of the mode or stops at them, and exceptions are delivered.
    @inline(__always)
    private var remembersTransfers: Bool { modeBefore == nil && !stopsAtCode && !interceptsExceptions }

    /// Protected mode or 64-bit mode: the ones in which ways are remembered.
    @inline(__always)
    private var isPlainMode: Bool {
        let state = core.state
        guard state.pointee.cr0.contains(.PE), !state.pointee.eflags.contains(.VM) else { return false }
        return state.pointee.efer.contains(.LMA) == core.pointee.mode.contains(.code64)
    }

    // MARK: What comes of it

    /// The present segments, after a transfer that began with `linearMask`.
    private func segments(since linearMask: UInt64) -> RememberedSegments? {
        let state = core.state
        guard isPlainMode, core.pointee.linearMask == linearMask, core.pointee.stackMask != 0xFFFF,
            !core.pointee.mode.contains(.alignment), remembersTransfers
        else { return nil }
        return RememberedSegments(
            cs: state.pointee.cs, ss: state.pointee.ss, cpl: state.pointee.cpl,
            mode: core.pointee.mode.subtracting(RememberedSegments.kept), csWindow: core.pointee.windows.cs,
            ssWindow: core.pointee.windows.ss, stackMask: core.pointee.stackMask, linearMask: linearMask)
    }

    @inline(__always)
    private func load(_ known: UnsafeMutablePointer<RememberedSegments>, withStack: Bool) {
        let core = core
        if withStack { core.pointee.state.ss = known.pointee.ss }
        core.pointee.state.cs = known.pointee.cs
        core.pointee.state.cpl = known.pointee.cpl
        core.pointee.windows.cs = known.pointee.csWindow
        core.pointee.windows.ss = known.pointee.ssWindow
        core.pointee.stackMask = known.pointee.stackMask
        let kept = core.pointee.mode.rawValue & RememberedSegments.kept.rawValue
        core.pointee.mode = Mode(rawValue: known.pointee.mode.rawValue | kept)
        core.pointee.tlb = known.pointee.cpl == 3 ? userTLB.data : supervisorTLB.data
    }

    // MARK: Interrupts and exceptions

    /// Delivers by the way that was gone the last time, and answers the size of the frame's words. Nil, and nothing has changed, if the tables do not say
    /// the same, or an access has to be looked at.
    @inline(__always)
    func deliverAsRemembered(_ vector: UInt8, errorCode: UInt32?, isSoftware: Bool, _ image: EFLAGS) -> UInt64? {
        let state = core.state
        let cpl = state.pointee.cpl
        let known = transfers.gate(vector, from: cpl)
        let size = known.pointee.wordSize
        guard size != 0, known.pointee.vector == vector, known.pointee.cpl == cpl, remembersTransfers, isPlainMode,
            core.pointee.linearMask == known.pointee.segments.linearMask, known.pointee.idtr == state.pointee.idtr,
            known.pointee.gdtr == state.pointee.gdtr, !isSoftware || Descriptor(raw: known.pointee.gate).DPL >= cpl
        else { return nil }
        let address = gateAddress(vector)
        guard tableBytes(address) == known.pointee.gate,
            size == 4 || tableBytes(systemAddress(address, 8)) == known.pointee.gateHigh, isAsBefore(known.pointee.code)
        else { return nil }

        var pointer = state.pointee.rsp
        if known.pointee.stackField != 0 {
            guard known.pointee.tr == state.pointee.tr else { return nil }
            let field = systemAddress(state.pointee.tr.base, known.pointee.stackField)
            guard let bytes = tableBytes(field) else { return nil }
            pointer = bytes
            if size == 4 {
                pointer &= 0xFFFF_FFFF
                guard UInt16(truncatingIfNeeded: bytes &>> 32) == known.pointee.stack.selector, isAsBefore(known.pointee.stack)
                else {
                    return nil
                }
            }
        } else if size == 4, known.pointee.segments.ss != state.pointee.ss {
            return nil
        }
        if size == 8 { pointer &= ~15 }

        let hasStack = known.pointee.isInner || size == 8
        let count: UInt64 = (hasStack ? 5 : 3) &+ (errorCode == nil ? 0 : 1)
        let bottom = (pointer &- count &* size) & known.pointee.segments.stackMask
        guard size == 8 || bottom &+ count &* size <= known.pointee.segments.ssWindow.writeTop,
            let frame = supervisorTLB.host(known.pointee.segments.ssWindow.base &+ bottom, count &* size, forWrite: true)
        else { return nil }
        let (rip, cs, rsp, ss) = (
            state.pointee.rip, state.pointee.cs.selector, state.pointee.rsp, state.pointee.ss.selector
        )
        if size == 4 {
            storeFrame(frame, errorCode, UInt32(truncatingIfNeeded: rip), UInt32(cs), image.rawValue)
            if hasStack { storeStack(frame + Int(count &* 4 &- 8), UInt32(truncatingIfNeeded: rsp), UInt32(ss)) }
        } else {
            storeFrame(frame, errorCode.map(UInt64.init), rip, UInt64(cs), UInt64(image.rawValue))
            storeStack(frame + Int(count &* 8 &- 16), rsp, UInt64(ss))
        }
        load(&known.pointee.segments, withStack: known.pointee.isInner)
        state.pointee.rsp = bottom
        state.pointee.rip = known.pointee.offset
        state.pointee.eflags.subtract(Descriptor(raw: known.pointee.gate).clearedFlags)
        transfers.uses &+= 1
        return size
    }

    @inline(__always)
    private func storeFrame<W: FixedWidthInteger>(_ frame: UnsafeMutableRawPointer, _ errorCode: W?, _ rip: W, _ cs: W, _ flags: W)
    {
        var place = frame
        if let errorCode {
            place.storeBytes(of: errorCode, as: W.self)
            place += MemoryLayout<W>.size
        }
        place.storeBytes(of: rip, as: W.self)
        place.storeBytes(of: cs, toByteOffset: MemoryLayout<W>.size, as: W.self)
        place.storeBytes(of: flags, toByteOffset: 2 * MemoryLayout<W>.size, as: W.self)
    }

    @inline(__always)
    private func storeStack<W: FixedWidthInteger>(_ place: UnsafeMutableRawPointer, _ rsp: W, _ ss: W) {
        place.storeBytes(of: rsp, as: W.self)
        place.storeBytes(of: ss, toByteOffset: MemoryLayout<W>.size, as: W.self)
    }

    /// Remembers the way of an interrupt or exception that has just been delivered. `linearMask`, `cpl`: as they were before.
    @inline(never)
    func rememberGate(_ vector: UInt8, linearMask: UInt64, cpl: UInt8) {
        let state = core.state
        let known = transfers.gate(vector, from: cpl)
        known.pointee.wordSize = 0
        guard let segments = segments(since: linearMask), state.pointee.cpl < 3, let gate = try? gateEntry(vector),
            gate.isSystem(.interruptGate32) || gate.isSystem(.trapGate32), gate.gateOffset == state.pointee.rip,
            let code = remembered(state.pointee.cs), code.selector & 0xFFFC == gate.gateSelector & 0xFFFC
        else { return }
        let isInner = state.pointee.cpl < cpl
        var stack: RememberedDescriptor?
        var field: UInt64 = 0
        if isIA32e {
            if gate.IST != 0 || isInner { field = innerStackFieldIA32e(state.pointee.cpl, IST: gate.IST) }
            stack = RememberedDescriptor()
        } else {
            stack = remembered(state.pointee.ss)
            if isInner {
                guard state.pointee.tr.type & 8 != 0 else { return }
                field = innerStackField(state.pointee.cpl).offset
            }
        }
        guard let stack else { return }
        known.pointee = RememberedGate(
            wordSize: isIA32e ? 8 : 4, vector: vector, cpl: cpl, idtr: state.pointee.idtr, gdtr: state.pointee.gdtr, gate: gate.raw,
            gateHigh: gate.high ?? 0, code: code, stackField: field, tr: state.pointee.tr, stack: stack, offset: gate.gateOffset,
            segments: segments)
    }

    // MARK: IRET

    /// Returns by the way that was gone the last time. False, and nothing has changed, if the tables do not say the same, or an access has to be looked at.
    @inline(__always)
    func returnAsRemembered(_ size: UInt64) -> Bool {
        let state = core.state
        let mask = core.pointee.stackMask
        let window = core.pointee.windows.ss
        let is64 = size == 8
        guard mask != 0xFFFF, is64 == core.pointee.mode.contains(.code64), isPlainMode, remembersTransfers,
            !state.pointee.eflags.contains(.NT)
        else { return false }
        let offset = state.pointee.rsp & mask
        let linear = window.base &+ offset
        guard is64 || offset &+ 3 &* size <= window.readTop,
            let frame = core.pointee.tlb.host(linear, 3 &* size, forWrite: false)
        else { return false }
        let rip = frame.loadBytes(size)
        let selector = (frame + Int(size)).loadUnaligned(as: UInt16.self)
        let flags = (frame + 2 * Int(size)).loadBytes(size)
        let cpl = state.pointee.cpl
        let known = transfers.way(back: selector, from: cpl)
        guard known.pointee.wordSize == size, known.pointee.code.selector == selector, known.pointee.cpl == cpl,
            core.pointee.linearMask == known.pointee.segments.linearMask, known.pointee.gdtr == state.pointee.gdtr,
            flags & UInt64(EFLAGS([.AC, .VM]).rawValue) == 0, isAsBefore(known.pointee.code),
            is64 ? AddressSpace.isCanonical(rip) : rip <= UInt64(known.pointee.segments.cs.limit)
        else { return false }
        if known.pointee.hasStack {
            guard (linear & 0xFFF) &+ 5 &* size <= 0x1000, is64 || offset &+ 5 &* size <= window.readTop,
                (frame + 4 * Int(size)).loadUnaligned(as: UInt16.self) == known.pointee.stack.selector,
                known.pointee.stack.raw == 0 || isAsBefore(known.pointee.stack)
            else { return false }
            let rsp = (frame + 3 * Int(size)).loadBytes(size)
            load(&known.pointee.segments, withStack: true)
            state.pointee.rsp = rsp
            state.pointee.rip = rip
            if known.pointee.changesLevel { dropInnerSegments() }
        } else {
            guard known.pointee.segments.ss == state.pointee.ss else { return false }
            load(&known.pointee.segments, withStack: false)
            state.pointee.rsp = (offset &+ 3 &* size) & mask
            state.pointee.rip = rip
        }
        setFlags(flags, size: size, oldLevel: cpl)
        transfers.uses &+= 1
        return true
    }

    /// Remembers the way of an IRET that has just been executed. `linearMask`, `cpl`: as they were before.
    @inline(never)
    func rememberReturn(_ size: UInt64, linearMask: UInt64, cpl: UInt8) {
        let state = core.state
        let selector = state.pointee.cs.selector
        let place = transfers.way(back: selector, from: cpl)
        place.pointee.wordSize = 0
        guard size >= 4, let segments = segments(since: linearMask), size == 8 || !isIA32e,
            let code = remembered(state.pointee.cs)
        else { return }
        var known = RememberedReturn(wordSize: size, cpl: cpl, gdtr: state.pointee.gdtr, code: code, segments: segments)
        // 64-bit code needs no stack segment.
        if known.hasStack, size == 4 || !Selector(state.pointee.ss.selector).isNull {
            guard let stack = remembered(state.pointee.ss) else { return }
            known.stack = stack
        } else {
            known.stack.selector = state.pointee.ss.selector
        }
        place.pointee = known
    }
}
