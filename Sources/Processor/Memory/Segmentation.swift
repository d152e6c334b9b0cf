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

    /// Brings everything derived from the segment registers, CR0, CR4, EFLAGS and CPL up to date.
    func updateMode() {
        let state = core.state
        for name in [SegmentRegisterName.es, .cs, .ss, .ds, .fs, .gs] { updateWindow(name) }
        var mode: Mode = []
        if state.pointee.cs.isBig { mode.insert(.code32) }
        if state.pointee.cs.isFlatCode { mode.insert(.flatCS) }
        if state.pointee.ds.isFlatData { mode.insert(.flatDS) }
        if state.pointee.es.isFlatData { mode.insert(.flatES) }
        if state.pointee.ss.isFlatData && state.pointee.ss.isBig { mode.insert(.flatSS) }
        if state.pointee.ss.isBig { mode.insert(.bigStack) }
        if state.pointee.cpl == 3 { mode.insert(.user) }
        if state.pointee.cr0.contains(.AM), state.pointee.eflags.contains(.AC), state.pointee.cpl == 3 {
            mode.insert(.alignment)
        }
        if state.pointee.dr7.anyEnabled { mode.insert(.oneByOne) }
        core.pointee.mode = mode
        core.pointee.stackMask = state.pointee.ss.isBig ? 0xFFFF_FFFF : 0xFFFF
        core.pointee.tlb = state.pointee.cpl == 3 ? userTLB.data : supervisorTLB.data
    }

    private func updateWindow(_ name: SegmentRegisterName) {
        let segment = core.segment(name).pointee
        let isPlain = segment.isUsable && !segment.isExpandDown
        let top = isPlain ? UInt64(segment.limit) &+ 1 : 0
        // Real mode and virtual-8086 mode check the limit only.
        let anyType = !isProtectedMode || isVirtual8086
        core.window(name).pointee = Window(
            base: segment.base,
            readTop: anyType || segment.isReadable ? top : 0,
            writeTop: anyType || segment.isWritable ? top : 0)
    }
}
