import X86

/// The last load of a segment register by an instruction of translated code: as long as selector, table and descriptor are the same, level 0
/// gets the same again. Never more than a guess that the code checks.
package struct SegmentCache {
    /// More than 16 bits: no selector is like that.
    package var selector = UInt64.max
    package var tableBase: UInt64 = 0
    package var tableLimit: UInt64 = 0
    /// Linear address of the descriptor, and the descriptor.
    package var address: UInt64 = 0
    package var descriptor: UInt64 = 0
    package var register = SegmentRegister()
    package var window = Window()
    package init() {}
}

extension Handle where Pointee == Core {
    /// Remembers what the instruction, the last of `block`, has just loaded, if it can be had again by comparing.
    @inline(never)
    func remember(
        _ op: OpHandle, of block: BlockHandle, in cache: UnsafeMutablePointer<SegmentCache>
    ) {
        let name = op.pointee.instruction.loadedSegment
        // Whether a segment is flat is part of the mode, and code goes on only in its own.
        guard pointee.mode == block.pointee.mode else { return }
        let state = self.state
        let register = segment(name).pointee
        guard state.pointee.cr0.contains(.PE), !state.pointee.eflags.contains(.VM), state.pointee.cpl == 0,
            let found = pointee.cpu.loadedDescriptor(of: register)
        else { return }
        cache.pointee.selector = UInt64(register.selector)
        cache.pointee.tableBase = state.pointee.gdtr.base
        cache.pointee.tableLimit = UInt64(state.pointee.gdtr.limit)
        cache.pointee.address = found.address
        cache.pointee.descriptor = found.raw
        cache.pointee.register = register
        cache.pointee.window = window(name).pointee
    }
}

extension Instruction {
    /// The segment register that MOV Sreg, POP Sreg, LDS, LES, LFS or LGS loads.
    package var loadedSegment: SegmentRegisterName {
        switch operation {
        case .lds: .ds
        case .les: .es
        case .lfs: .fs
        case .lgs: .gs
        default: SegmentRegisterName(rawValue: register0).unsafelyUnwrapped
        }
    }
}
