import Processor
import X86

/// The facts that translated code may take for granted, and the room it has, besides its block.
struct Surroundings {
    let cpu: CPU
    /// The engine's name for a mode and code segment.
    let context: (Mode, UInt64, UInt32) -> UInt64
    /// Room for what one instruction loads a segment register with; nil when there is no more.
    let segmentCache: () -> UnsafeMutablePointer<SegmentCache>?
    /// Results of DAA and DAS; see `CPU.decimalAdjustments(afterSubtraction:)`.
    let decimal: (addition: UInt, subtraction: UInt)
    /// Each transfer to another translation is counted, which takes time.
    let countsTransfers: Bool
    let host: HostProcessor
    /// The TLB's addend for addresses of RAM while paging is off, if it is that and fits into an instruction.
    var addend: Int32?

    var state: CPUState { cpu.core.pointee.state }
    /// Selectors are paragraph numbers, and there is but one privilege level.
    var isReal: Bool { !state.cr0.contains(.PE) }
    /// SYSENTER comes from level 3.
    var isPlainOrUser: Bool { state.cr0.contains(.PE) && !state.eflags.contains(.VM) }
    var isPlainProtected: Bool { state.cr0.contains(.PE) && !state.eflags.contains(.VM) && state.cpl == 0 }
}
