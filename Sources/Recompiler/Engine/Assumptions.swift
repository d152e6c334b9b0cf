import Processor
import X86

/// The facts that a translation may take for granted besides its blocks: whoever changes them drops it, or enters others.
package struct Assumptions {
    package let cpu: CPU
    /// The engine's name for a mode and code segment; see `NativeJump.key`.
    package let context: (Mode, UInt64, UInt32) -> UInt64
    /// Each transfer to another translation is counted, which takes time.
    package let countsTransfers: Bool
    /// Somebody wants to know the calls that are open.
    var keepsCalls: Bool { cpu.openCalls != nil }
    /// The TLB's addend for most pages, where it is the same for them and fits into an instruction: see `CPU.usualAddend`.
    package var addend: Int32?
    /// The number of the first cell of the translation, where cells have numbers: several processors execute it, and each has a generation of its
    /// own for each cell.
    package var firstCell: Int?

    var state: CPUState { cpu.core.pointee.state }
    /// Selectors are paragraph numbers, and there is but one privilege level.
    var isReal: Bool { !state.cr0.contains(.PE) }
    /// SYSENTER comes from level 3.
    var isPlainOrUser: Bool { state.cr0.contains(.PE) && !state.eflags.contains(.VM) }
    var isPlainProtected: Bool { state.cr0.contains(.PE) && !state.eflags.contains(.VM) && state.cpl == 0 }
}
