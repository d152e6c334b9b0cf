import X86

/// Segment checks that the windows do not decide. SDM Vol. 3A, chapter 5.
extension CPU {
    /// Decides an access outside its window: expand-down segments and 64-bit code pass, everything else faults with the segment's vector.
    func checkSegment(_ name: SegmentRegisterName, _ offset: UInt64, _ size: UInt64, _ access: Access) throws(Fault) {
        let fault = name == .ss ? Fault.SS(0) : Fault.GP(0)
        if core.pointee.mode.contains(.code64) {
            guard AddressSpace.canonical48.contains(core.window(name).pointee.base &+ offset, size) else { throw fault }
            return
        }
        let segment = core.segment(name).pointee
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
        if core.pointee.mode.contains(.code64) {
            if name == .fs || name == .gs { core.window(name).pointee = Window(canonicalFrom: segment.pointee.base) }
            return
        }
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

    /// Brings up to date what is derived from CS where CS is a paragraph number: nothing else changes with it.
    @inline(__always)
    func updateCode() {
        let cs = core.state.pointee.cs
        core.pointee.windows.cs = Window(cs, anyType: true)
        core.pointee.mode.set(.code32, cs.isBig)
        core.pointee.mode.set(.flatCS, cs.isFlatCode)
    }

    /// Brings everything derived from the segment registers, CR0, CR4, EFLAGS, DR7 and CPL up to date.
    func updateMode() {
        let state = core.state
        updateDataWindows()
        var mode: Mode = []
        if state.pointee.ds.isFlatData { mode.insert(.flatDS) }
        if state.pointee.es.isFlatData { mode.insert(.flatES) }
        if state.pointee.dr7.anyEnabled { mode.insert(.oneByOne) }
        core.pointee.mode = mode
        updateTransfer()
    }

    private func updateDataWindows() {
        let state = core.state
        if is64BitCode {
            core.pointee.windows = Windows(fs: state.pointee.fs.base, gs: state.pointee.gs.base)
            return
        }
        let anyType = checksLimitsOnly
        core.pointee.windows.es = Window(state.pointee.es, anyType: anyType)
        core.pointee.windows.ds = Window(state.pointee.ds, anyType: anyType)
        core.pointee.windows.fs = Window(state.pointee.fs, anyType: anyType)
        core.pointee.windows.gs = Window(state.pointee.gs, anyType: anyType)
    }

    /// IA32_EFER.LMA and CS.L.
    private var is64BitCode: Bool { core.pointee.state.efer.contains(.LMA) && core.pointee.state.cs.isLong }

    /// Follows a transfer: brings up to date what is derived from CS, SS, CPL and EFLAGS.AC. Not enough where CR0.PE or EFLAGS.VM
    /// changed, or another segment register. A quarter of the time of system calls went into the other four windows.
    @inline(__always)
    func updateTransfer() {
        let state = core.state
        if state.pointee.efer.contains(.LMA) || core.pointee.linearMask == AddressSpace.canonical48.mask, updateTransfer64() {
            return
        }
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
        if state.pointee.efer.contains(.LMA) { mode |= Mode.compatibility.rawValue }
        if stopsAtCode { mode |= Mode.stops.rawValue }
        if let modeBefore { noteMode(modeBefore) }
        core.pointee.mode = Mode(rawValue: mode)
        core.pointee.stackMask = isBigStack ? 0xFFFF_FFFF : 0xFFFF
        core.pointee.tlb = state.pointee.cpl == 3 ? userTLB.data : supervisorTLB.data
    }

    /// `updateTransfer` for 64-bit code, which does not look at CS and SS; false for other code.
    private func updateTransfer64() -> Bool {
        let is64 = is64BitCode
        let space: AddressSpace = is64 ? .canonical48 : .bits32
        if core.pointee.linearMask != space.mask {
            core.pointee.linearMask = space.mask
            updateDataWindows()
            if !is64 { leave64BitCode() }
        }
        guard is64 else { return false }
        let state = core.state
        var mode: Mode = [.code64, .flatCS, .flatDS, .flatES, .flatSS, .bigStack]
        if core.pointee.mode.contains(.oneByOne) { mode.insert(.oneByOne) }
        if state.pointee.cpl == 3 {
            mode.insert(.user)
            if state.pointee.cr0.contains(.AM), state.pointee.eflags.contains(.AC) { mode.insert(.alignment) }
        }
        if stopsAtCode { mode.insert(.stops) }
        if let modeBefore { noteMode(modeBefore) }
        core.pointee.mode = mode
        core.pointee.stackMask = .max
        core.pointee.tlb = state.pointee.cpl == 3 ? userTLB.data : supervisorTLB.data
        return true
    }

    /// The upper halves of RAX…RDI are not preserved in other modes, which know nothing of them. SDM Vol. 1, section 3.4.1.1.
    private func leave64BitCode() {
        for number in 0..<8 as Range<UInt8> { core.setRegister(number, core.register(number) & 0xFFFF_FFFF) }
        core.pointee.state.rip &= 0xFFFF_FFFF
        // Which of the other segments are flat counts again.
        let state = core.state
        var mode = core.pointee.mode
        mode.set(.flatDS, state.pointee.ds.isFlatData)
        mode.set(.flatES, state.pointee.es.isFlatData)
        core.pointee.mode = mode
    }

    /// Real mode and virtual-8086 mode look at no segment's type.
    private var checksLimitsOnly: Bool { !core.pointee.state.cr0.contains(.PE) || core.pointee.state.eflags.contains(.VM) }
}

extension Handle where Pointee == Core {
    /// Checks a near transfer beyond the limit of CS: 64-bit code looks at no limit, and wants a canonical target.
    @inline(never)
    func checkBranchBeyondLimit(to target: UInt64) throws(Fault) {
        guard pointee.mode.contains(.code64), AddressSpace.isCanonical(target) else { throw Fault.GP(0) }
    }
}

extension Mode {
    @inline(__always) fileprivate mutating func set(_ flag: Mode, _ value: Bool) {
        if value { insert(flag) } else { remove(flag) }
    }
}

extension Windows {
    /// Those of 64-bit code.
    fileprivate init(fs: UInt64, gs: UInt64) {
        es = Window(canonicalFrom: 0)
        cs = es
        ss = es
        ds = es
        self.fs = Window(canonicalFrom: fs)
        self.gs = Window(canonicalFrom: gs)
    }
}

extension Window {
    /// The canonical addresses from `base` to the end of its half: no rights and no limit are looked at in 64-bit code.
    fileprivate init(canonicalFrom base: UInt64) {
        self.base = base
        readTop = (base &>> 63 == 0 ? 0x8000_0000_0000 : 0) &- base
        writeTop = readTop
    }

    @inline(__always)
    init(_ segment: SegmentRegister, anyType: Bool) {
        base = segment.base
        let isPlain = segment.isUsable && !segment.isExpandDown
        let top = isPlain ? UInt64(segment.limit) &+ 1 : 0
        readTop = anyType || segment.isReadable ? top : 0
        writeTop = anyType || segment.isWritable ? top : 0
    }
}
