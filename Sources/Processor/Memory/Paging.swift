import Wiring
import X86

/// Linear to physical translation. SDM Vol. 3A, chapter 4.
extension CPU {
    /// The place where a linear address leads, and what the tables allow there.
    struct Translation {
        var physical: UInt64
        /// Later writes by this privilege level need no further check and no dirty bit.
        var allowsWrites: Bool
        var isGlobal: Bool
        /// Bytes of the page.
        var span: UInt64 = 0x1000
        /// The access stays allowed as long as the tables are the same: EFLAGS.AC does not matter.
        var isLasting = true
    }

    /// Physical address for an access at the current privilege level. Sets accessed and dirty flags, fills no TLB.
    func translate(_ linear: UInt64, _ access: Access, asSupervisor: Bool = false) throws(Fault) -> Translation {
        let paging = pagingMode
        guard paging.pointee.kind != .none else {
            return Translation(physical: linear & a20Mask, allowsWrites: true, isGlobal: true)
        }
        let isUser = core.pointee.state.cpl == 3 && !asSupervisor
        let mayReachUser = !paging.pointee.preventsAccess || (!asSupervisor && core.pointee.state.eflags.contains(.AC))
        let purpose = PageWalk.Purpose(access, isUser: isUser, mayReachUser: mayReachUser)
        let walk = walk(linear)
        guard let refusal = walk.refusal(purpose, paging.pointee) else {
            setAccessedAndDirty(walk, access)
            return Translation(
                physical: walk.physical ?? 0,
                allowsWrites: walk.isWritable(paging.pointee, isUser: isUser) && (access.writes || walk.isDirty),
                isGlobal: walk.isGlobal && paging.pointee.hasGlobalPages,
                span: walk.span,
                isLasting: !paging.pointee.preventsAccess || isUser || access == .execute || !walk.isUserPage)
        }
        core.pointee.state.cr2 = linear
        throw Fault.PF(PageFaultCode(refusal, purpose, paging.pointee))
    }

    /// The bits of a physical address that leave the processor: all, or all but bit 20 while A20 is masked.
    public var addressMask: UInt64 { a20Mask }

    /// Physical address for a debugger: no rights, no flags, no fault.
    public func physicalAddress(ofLinear linear: UInt64) -> UInt64? {
        guard paging.kind != .none else { return linear & a20Mask }
        let walk = walk(linear)
        return walk.physical
    }

    /// The way through the tables as they are now, whatever the TLB knows.
    package func lookUp(_ linear: UInt64) -> PageWalk { walk(linear) }

    @inline(__always)
    private func walk(_ linear: UInt64) -> PageWalk {
        PageWalk(
            linear, root: core.pointee.state.pagingRoot(linear, pagingMode.pointee.kind),
            pointers: core.pointee.state.cr3 & 0xFFFF_FFE0, pagingMode.pointee, ProcessorView(cpu: self))
    }

    /// Page tables as the processor reads them.
    private struct ProcessorView: PhysicalView {
        unowned(unsafe) let cpu: CPU
        let addressMask: UInt64

        @inline(__always)
        init(cpu: CPU) {
            self.cpu = cpu
            addressMask = cpu.a20Mask
        }

        @inline(__always)
        func pagingEntry(at physical: UInt64, bytes: UInt64) -> UInt64 {
            let address = physical & addressMask
            if let page = cpu.tablePages[address & ~0xFFF] {
                return (page + Int(truncatingIfNeeded: address & 0xFFF)).loadBytes(bytes)
            }
            return firstPagingEntry(at: address, bytes: bytes)
        }

        /// Reads an entry of a page that is not remembered, and remembers the page if it is memory.
        @inline(never)
        private func firstPagingEntry(at address: UInt64, bytes: UInt64) -> UInt64 {
            if let page = cpu.bus.page(at: address & ~0xFFF).read {
                cpu.tablePages[address & ~0xFFF] = page
                return (page + Int(truncatingIfNeeded: address & 0xFFF)).loadBytes(bytes)
            }
            let low = cpu.readPhysical(address, .doubleword)
            return bytes == 4 ? low : low | (cpu.readPhysical(address &+ 4, .doubleword) &<< 32)
        }
    }

    @inline(__always)
    private func setAccessedAndDirty(_ walk: PageWalk, _ access: Access) {
        for step in 0..<walk.count {
            let isLeaf = step == walk.count &- 1
            let bits = EntryBit.A | (isLeaf && access.writes ? EntryBit.D : 0)
            guard walk.value(step) & bits != bits, let address = walk.address(step) else { continue }
            // One entry may be at two levels: what is set in it already was not when it was read.
            writePhysical(address, .byte, readPhysical(address, .byte) | bits)
        }
    }

    /// Brings up to date what CR0, CR4 and IA32_EFER say about paging.
    func updatePaging() {
        let state = core.state
        paging = PagingMode(cr0: state.pointee.cr0, cr4: state.pointee.cr4, efer: state.pointee.efer, model)
    }

    /// Loads the four PDPTE registers from CR3. Throws #GP(0) when a present one has reserved bits set. SDM Vol. 3A, section 4.4.1.
    func loadPDPTEs(cr3: UInt64) throws(Fault) {
        let table = cr3 & 0xFFFF_FFE0
        let view = ProcessorView(cpu: self)
        var entries: [UInt64] = []
        for index in 0..<4 as Range<UInt64> {
            let entry = view.pagingEntry(at: table &+ 8 &* index, bytes: 8)
            if entry & EntryBit.P != 0, entry & (~model.physicalAddressMask | 0x1E6) != 0 { throw Fault.GP(0) }
            entries.append(entry)
        }
        core.pointee.state.pdpte0 = entries[0]
        core.pointee.state.pdpte1 = entries[1]
        core.pointee.state.pdpte2 = entries[2]
        core.pointee.state.pdpte3 = entries[3]
    }
}

extension CPUState {
    /// CR3, or under PAE the pointer for an address.
    func pagingRoot(_ linear: UInt64, _ kind: PagingMode.Kind) -> UInt64 {
        guard kind == .PAE else { return cr3 }
        switch (linear &>> 30) & 3 {
        case 0: return pdpte0
        case 1: return pdpte1
        case 2: return pdpte2
        default: return pdpte3
        }
    }
}
