import Wiring
import X86

/// Linear to physical translation. SDM Vol. 3A, chapter 4.
extension CPU {
    /// Where a linear address leads, and what the tables allow there.
    struct Translation {
        var physical: UInt64
        /// Later writes by this privilege level need no further check and no dirty bit.
        var allowsWrites: Bool
        var isGlobal: Bool
    }

    /// Physical address for an access at the current privilege level. Sets accessed and dirty flags, fills no TLB.
    func translate(_ linear: UInt64, _ access: Access, asSupervisor: Bool = false) throws(Fault) -> Translation {
        guard core.pointee.state.cr0.contains(.PG) else {
            return Translation(physical: linear & a20Mask, allowsWrites: true, isGlobal: false)
        }
        let walk = walk(linear, access, isUser: core.pointee.state.cpl == 3 && !asSupervisor)
        guard let fault = walk.fault else {
            setAccessedAndDirty(walk, access)
            return Translation(
                physical: walk.physical & a20Mask,
                allowsWrites: walk.isWritable && (access.writes || walk.isDirty),
                isGlobal: walk.isGlobal && core.pointee.state.cr4.contains(.PGE))
        }
        core.pointee.state.cr2 = linear
        throw Fault.PF(fault)
    }

    /// The bits of a physical address that leave the processor: all, or all but bit 20 while A20 is masked.
    public var addressMask: UInt64 { a20Mask }

    /// Physical address for a debugger: no rights, no flags, no fault.
    public func physicalAddress(ofLinear linear: UInt64) -> UInt64? {
        guard core.pointee.state.cr0.contains(.PG) else { return linear & a20Mask }
        let walk = walk(linear, .read, isUser: false)
        return walk.fault == nil ? walk.physical & a20Mask : nil
    }

    /// The entries used for one translation and what they say.
    struct Walk {
        var fault: PageFaultCode?
        var physical: UInt64 = 0
        var isWritable = false
        var isDirty = false
        var isGlobal = false
        /// Physical addresses of the page-directory entry and the page-table entry (0: none), and of which size.
        var directoryEntry: UInt64 = 0
        var tableEntry: UInt64 = 0
        var entrySize: AccessWidth = .doubleword
    }

    /// Bits of a paging-structure entry. SDM Vol. 3A, tables 4-4 to 4-6 and 4-8 to 4-11.
    private enum EntryBit {
        static let P: UInt64 = 1
        static let RW: UInt64 = 2
        static let US: UInt64 = 4
        static let A: UInt64 = 0x20
        static let D: UInt64 = 0x40
        static let PS: UInt64 = 0x80
        static let G: UInt64 = 0x100
        static let XD: UInt64 = 1 &<< 63
    }

    private func walk(_ linear: UInt64, _ access: Access, isUser: Bool) -> Walk {
        core.pointee.state.cr4.contains(.PAE) ? walkPAE(linear, access, isUser: isUser) : walk32(linear, access, isUser: isUser)
    }

    /// 32-bit paging. SDM Vol. 3A, section 4.3.
    private func walk32(_ linear: UInt64, _ access: Access, isUser: Bool) -> Walk {
        var walk = Walk()
        walk.directoryEntry = (core.pointee.state.cr3 & 0xFFFF_F000) | ((linear &>> 20) & 0xFFC)
        let directory = readPhysical(walk.directoryEntry, .doubleword)
        guard directory & EntryBit.P != 0 else { return failed(walk, [], access, isUser) }
        if directory & EntryBit.PS != 0, core.pointee.state.cr4.contains(.PSE) {
            // PSE-36: bits 13–16 are address bits 32–35.
            let high = model.features.hasPSE36 ? (directory &>> 13) & 0xF : 0
            let reserved: UInt64 = model.features.hasPSE36 ? 0x3E_0000 : 0x3F_E000
            guard directory & reserved == 0 else { return failed(walk, [.P, .RSVD], access, isUser) }
            walk.physical = (high &<< 32) | (directory & 0xFFC0_0000) | (linear & 0x3F_FFFF)
            return checked(walk, rights: directory, leaf: directory, access, isUser)
        }
        walk.tableEntry = (directory & 0xFFFF_F000) | ((linear &>> 10) & 0xFFC)
        let table = readPhysical(walk.tableEntry, .doubleword)
        guard table & EntryBit.P != 0 else { return failed(walk, [], access, isUser) }
        walk.physical = (table & 0xFFFF_F000) | (linear & 0xFFF)
        return checked(walk, rights: directory & table, leaf: table, access, isUser)
    }

    /// PAE paging. SDM Vol. 3A, section 4.4.
    private func walkPAE(_ linear: UInt64, _ access: Access, isUser: Bool) -> Walk {
        var walk = Walk()
        walk.entrySize = .doubleword
        let pointers = [core.pointee.state.pdpte0, core.pointee.state.pdpte1, core.pointee.state.pdpte2, core.pointee.state.pdpte3]
        let pointer = pointers[Int(truncatingIfNeeded: (linear &>> 30) & 3)]
        guard pointer & EntryBit.P != 0 else { return failed(walk, [], access, isUser) }
        let reserved =
            ~model.physicalAddressMask & 0x7FFF_FFFF_FFFF_F000 | (core.pointee.state.efer.contains(.NXE) ? 0 : EntryBit.XD)

        walk.directoryEntry = (pointer & model.physicalAddressMask & ~0xFFF) | ((linear &>> 18) & 0xFF8)
        let directory = readPhysicalQuadword(walk.directoryEntry)
        guard directory & EntryBit.P != 0 else { return failed(walk, [], access, isUser) }
        if directory & EntryBit.PS != 0 {
            guard directory & (reserved | 0x1F_E000) == 0 else { return failed(walk, [.P, .RSVD], access, isUser) }
            walk.physical = (directory & model.physicalAddressMask & ~0x1F_FFFF) | (linear & 0x1F_FFFF)
            return checked(walk, rights: directory ^ EntryBit.XD, leaf: directory, access, isUser)
        }
        guard directory & reserved == 0 else { return failed(walk, [.P, .RSVD], access, isUser) }
        walk.tableEntry = (directory & model.physicalAddressMask & ~0xFFF) | ((linear &>> 9) & 0xFF8)
        let table = readPhysicalQuadword(walk.tableEntry)
        guard table & EntryBit.P != 0 else { return failed(walk, [], access, isUser) }
        guard table & reserved == 0 else { return failed(walk, [.P, .RSVD], access, isUser) }
        walk.physical = (table & model.physicalAddressMask & ~0xFFF) | (linear & 0xFFF)
        // XD is inverted so that AND combines it like the others.
        return checked(walk, rights: (directory ^ EntryBit.XD) & (table ^ EntryBit.XD), leaf: table, access, isUser)
    }

    /// Applies R/W, U/S and XD. SDM Vol. 3A, section 4.6.
    private func checked(_ walk: Walk, rights: UInt64, leaf: UInt64, _ access: Access, _ isUser: Bool) -> Walk {
        var walk = walk
        walk.isWritable = rights & EntryBit.RW != 0 || (!isUser && !core.pointee.state.cr0.contains(.WP))
        walk.isDirty = leaf & EntryBit.D != 0
        walk.isGlobal = leaf & EntryBit.G != 0
        let isForbidden =
            (isUser && rights & EntryBit.US == 0) || (access.writes && !walk.isWritable)
            || (access == .execute && reportsFetches && rights & EntryBit.XD == 0)
        return isForbidden ? failed(walk, .P, access, isUser) : walk
    }

    /// Whether execute-disable is in force; only then an error code tells fetches apart.
    private var reportsFetches: Bool { core.pointee.state.efer.contains(.NXE) && core.pointee.state.cr4.contains(.PAE) }

    private func failed(_ walk: Walk, _ cause: PageFaultCode, _ access: Access, _ isUser: Bool) -> Walk {
        var code = cause
        if access.writes { code.insert(.WR) }
        if isUser { code.insert(.US) }
        if access == .execute, reportsFetches { code.insert(.ID) }
        var walk = walk
        walk.fault = code
        return walk
    }

    private func setAccessedAndDirty(_ walk: Walk, _ access: Access) {
        let leafBits = EntryBit.A | (access.writes ? EntryBit.D : 0)
        if walk.tableEntry == 0 {
            setBits(leafBits, at: walk.directoryEntry)
        } else {
            setBits(EntryBit.A, at: walk.directoryEntry)
            setBits(leafBits, at: walk.tableEntry)
        }
    }

    private func setBits(_ bits: UInt64, at entry: UInt64) {
        let old = readPhysical(entry, .byte)
        if old & bits != bits { writePhysical(entry, .byte, old | bits) }
    }

    private func readPhysicalQuadword(_ physical: UInt64) -> UInt64 {
        readPhysical(physical, .doubleword) | (readPhysical(physical &+ 4, .doubleword) &<< 32)
    }

    /// Loads the four PDPTE registers from CR3. Throws #GP(0) when a present one has reserved bits set. SDM Vol. 3A, section 4.4.1.
    func loadPDPTEs(cr3: UInt64) throws(Fault) {
        let table = cr3 & 0xFFFF_FFE0
        var entries: [UInt64] = []
        for index in 0..<4 as Range<UInt64> {
            let entry = readPhysicalQuadword(table &+ 8 &* index)
            if entry & EntryBit.P != 0, entry & (~model.physicalAddressMask | 0x1E6) != 0 { throw Fault.GP(0) }
            entries.append(entry)
        }
        core.pointee.state.pdpte0 = entries[0]
        core.pointee.state.pdpte1 = entries[1]
        core.pointee.state.pdpte2 = entries[2]
        core.pointee.state.pdpte3 = entries[3]
    }
}
