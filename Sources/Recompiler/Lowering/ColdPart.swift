import Processor
import X86

/// Code that seldom runs; it stands behind the region's.
struct ColdPart {
    enum Work {
        /// The block's ticks do not fit before the limit.
        case budget(count: UInt64, rip: UInt64)
        /// An access that the TLB does not allow; when it does, the probe is made again.
        case slow(site: Assembler.Label, again: Assembler.Label, linear: UInt64?, flags: FlagState)
        /// The interpreter executes the instruction, and the code is left.
        case interpret(site: Assembler.Label, flags: FlagState)
        /// A transfer that has to put the flags into the image first.
        case go(rip: UInt64, flags: FlagState)
    }

    let label: Assembler.Label
    let work: Work
    /// Number of the member it belongs to.
    var member = 0

    init(_ label: Assembler.Label, _ work: Work) {
        self.label = label
        self.work = work
    }
}

extension Lowering {
    /// Writes all cold parts. False when the buffer is too small.
    mutating func finishColdParts() -> Bool {
        isInColdPart = true
        var next = 0
        while next < cold.count {
            guard asm.hasRoom else { return false }
            let part = cold[next]
            number = part.member
            asm.place(part.label)
            lower(part.work)
            next += 1
        }
        if usesIndirect {
            asm.place(indirectMiss)
            asm.jump(HostMap.core(CoreOffset.leaveIndirect))
        }
        for cell in cells {
            guard asm.hasRoom else { return false }
            asm.place(cell.stub)
            asm.mov(HostMap.addend, immediate: cell.rip, .doubleword)
            asm.leaRelative(HostMap.scratch, cell.cell)
            asm.jump(HostMap.core(CoreOffset.leaveToLink))
        }
        return true
    }

    private mutating func lower(_ work: ColdPart.Work) {
        switch work {
        case .budget(let count, let rip):
            asm.alu(.add, HostMap.budget, immediate: count, .quadword)
            asm.mov(HostMap.addend, immediate: rip, .doubleword)
            asm.jump(HostMap.core(CoreOffset.leave))
        case .slow(let site, let again, let linear, let flags):
            saveFlags(flags)
            if let linear { asm.mov(HostMap.linear, immediate: linear, .doubleword) }
            asm.leaRelative(HostMap.addend, site)
            asm.call(HostMap.core(CoreOffset.slowAccess))
            asm.jump(again)
        case .interpret(let site, let flags):
            saveFlags(flags)
            asm.leaRelative(HostMap.addend, site)
            asm.call(HostMap.core(CoreOffset.slowAccess))
        case .go(let rip, let flags):
            self.flags = flags
            go(to: rip)
        }
    }

    private mutating func saveFlags(_ flags: FlagState) {
        guard flags.origin != .image else { return }
        var flags = flags
        flags.isInHost = false
        emitImage(flags)
    }

    /// What the code refers to: sites and cells.
    mutating func placeData() {
        asm.align(64)
        for (label, site) in sites {
            asm.place(label)
            withUnsafeBytes(of: site) { for byte in $0 { asm.byte(byte) } }
            asm.align(8)
        }
        asm.align(16)
        for cell in cells {
            asm.place(cell.cell)
            asm.quadword(0)
            asm.place(cell.generation)
            asm.quadword(0)
            asm.quadword(0)
        }
    }
}
