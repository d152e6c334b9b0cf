import X86

/// Segment checks that the windows do not decide. SDM Vol. 3A, chapter 5.
extension CPU {
    /// Decides an access outside its window: expand-down segments and 64-bit code pass, everything else faults with the segment's vector.
    func checkSegment(_ name: SegmentRegisterName, _ offset: UInt64, _ size: UInt64, _ access: Access) throws(Fault) {
        let segment = core.segment(name).pointee
        let fault = name == .ss ? Fault.SS(0) : Fault.GP(0)
        guard segment.isUsable else { throw fault }
        if isProtectedMode && !isVirtual8086 {
            guard access.writes ? segment.isWritable : segment.isReadable else { throw fault }
        }
        let last = offset &+ (size &- 1)
        if segment.isExpandDown {
            let top: UInt64 = segment.isBig ? 0xFFFF_FFFF : 0xFFFF
            guard offset > UInt64(segment.limit), last <= top else { throw fault }
        } else {
            guard last <= UInt64(segment.limit) else { throw fault }
        }
    }

    /// Brings up to date what is derived from one data or stack segment register.
    func updateSegment(_ name: SegmentRegisterName) {
        let segment = core.segment(name)
        core.window(name).pointee = Window(segment.pointee, anyType: checksLimitsOnly)
        var mode = core.pointee.mode
        switch name {
        case .ds: mode.set(.flatDS, segment.pointee.isFlatData)
        case .es: mode.set(.flatES, segment.pointee.isFlatData)
        case .ss:
            let isBig = segment.pointee.isBig
            mode.set(.bigStack, isBig)
            mode.set(.flatSS, isBig && segment.pointee.isFlatData)
            core.pointee.stackMask = isBig ? 0xFFFF_FFFF : 0xFFFF
        default: break
        }
        core.pointee.mode = mode
    }

    /// Brings everything derived from the segment registers, CR0, CR4, EFLAGS, DR7 and CPL up to date.
    func updateMode() {
        let state = core.state
        let anyType = checksLimitsOnly
        core.pointee.windows.es = Window(state.pointee.es, anyType: anyType)
        core.pointee.windows.ds = Window(state.pointee.ds, anyType: anyType)
        core.pointee.windows.fs = Window(state.pointee.fs, anyType: anyType)
        core.pointee.windows.gs = Window(state.pointee.gs, anyType: anyType)
        var mode: Mode = []
        if state.pointee.ds.isFlatData { mode.insert(.flatDS) }
        if state.pointee.es.isFlatData { mode.insert(.flatES) }
        if state.pointee.dr7.anyEnabled { mode.insert(.oneByOne) }
        core.pointee.mode = mode
        updateTransfer()
    }

    /// What a transfer changes: brings up to date what is derived from CS, SS, CPL and EFLAGS.AC. Not enough where CR0.PE or EFLAGS.VM
    /// changed, or another segment register. A quarter of the time of system calls went into the other four windows.
    @inline(__always)
    func updateTransfer() {
        let state = core.state
        let anyType = checksLimitsOnly
        core.pointee.windows.cs = Window(state.pointee.cs, anyType: anyType)
        core.pointee.windows.ss = Window(state.pointee.ss, anyType: anyType)
        let isBigStack = state.pointee.ss.isBig
        let kept: Mode = [.flatDS, .flatES, .oneByOne]
        var mode = core.pointee.mode.rawValue & kept.rawValue
        if state.pointee.cs.isBig { mode |= Mode.code32.rawValue }
        if state.pointee.cs.isFlatCode { mode |= Mode.flatCS.rawValue }
        if isBigStack {
            mode |= Mode.bigStack.rawValue
            if state.pointee.ss.isFlatData { mode |= Mode.flatSS.rawValue }
        }
        if state.pointee.cpl == 3 {
            mode |= Mode.user.rawValue
            if state.pointee.cr0.contains(.AM), state.pointee.eflags.contains(.AC) { mode |= Mode.alignment.rawValue }
        }
        if stopsAtCode { mode |= Mode.stops.rawValue }
        if let modeBefore { noteMode(modeBefore) }
        core.pointee.mode = Mode(rawValue: mode)
        core.pointee.stackMask = isBigStack ? 0xFFFF_FFFF : 0xFFFF
        core.pointee.tlb = state.pointee.cpl == 3 ? userTLB.data : supervisorTLB.data
    }

    /// Real mode and virtual-8086 mode look at no segment's type.
    private var checksLimitsOnly: Bool { !core.pointee.state.cr0.contains(.PE) || core.pointee.state.eflags.contains(.VM) }
}

extension Mode {
    @inline(__always) fileprivate mutating func set(_ flag: Mode, _ value: Bool) {
        if value { insert(flag) } else { remove(flag) }
    }
}

extension Window {
    @inline(__always)
    init(_ segment: SegmentRegister, anyType: Bool) {
        base = segment.base
        let isPlain = segment.isUsable && !segment.isExpandDown
        let top = isPlain ? UInt64(segment.limit) &+ 1 : 0
        readTop = anyType || segment.isReadable ? top : 0
        writeTop = anyType || segment.isWritable ? top : 0
    }
}
