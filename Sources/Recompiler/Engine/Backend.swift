import Processor
import X86

/// The host's half of the recompiler: it turns a region into something that the host executes, and executes it.
///
/// The engine decides which blocks belong together, when they are translated, which translations lead to each other and when they are dropped. A back end knows
/// registers, instructions and calling conventions, and nothing of the life of a translation but the cells through which it is left.
package protocol Backend: AnyObject {
    /// The function that runs translations.
    var enter: NativeState.Enter { get }
    /// Another region can be translated, however large it is.
    var hasRoom: Bool { get }

    /// The parts of the guest's state that have to be in the host's units for it to execute `instruction` by itself.
    func units(for instruction: Instruction) -> HostUnits
    /// The code of `region`; nil when there was not enough room for it.
    func translate(_ region: Region, under assumptions: Assumptions) -> Translation?
    /// The cell that a translation has named when it was left; nil for one of a translation that is gone.
    func cell(_ name: UInt) -> LinkCellPointer?
    /// Takes back the room of all translations. None of them runs any more, and none is entered.
    func forgetAll()
}

/// Units of the host that can hold a part of the guest's state while a region runs; what is in them goes back before anybody else looks.
package struct HostUnits: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The registers of the FPU, MMX registers included, and its status and control words.
    package static let x87 = HostUnits(rawValue: 1)
    /// The rounding mode and the sticky flags of SSE.
    package static let MXCSR = HostUnits(rawValue: 2)
    /// Vectors of 256 bits, which hold nothing across instructions but cost others time.
    package static let longVectors = HostUnits(rawValue: 4)
}

/// A region's code.
package struct Translation {
    package let entry: UnsafeRawPointer
    /// Bytes of the host's memory that it takes.
    package let byteCount: Int
    /// Cells of transfers within the region to another page, and the number of the member that is expected there.
    package let guards: [(cell: LinkCellPointer, member: Int)]
    /// Number of all its cells.
    package let cellCount: Int

    package init(entry: UnsafeRawPointer, byteCount: Int, guards: [(cell: LinkCellPointer, member: Int)], cellCount: Int) {
        self.entry = entry
        self.byteCount = byteCount
        self.guards = guards
        self.cellCount = cellCount
    }
}

/// A transfer out of a region, or one within it that has to be looked at first: where it leads, and for how long.
package struct LinkCell {
    /// Entry of another translation, or `stub` as long as there is none; 0 in a cell that guards a transfer within its region.
    package var target: UInt
    /// The generation of linear addresses for which that holds. Where several processors execute the code, the cell's number instead: see
    /// `NativeState.generations`.
    package var generation: UInt64
    /// Leaves translated code with the cell's name.
    package let stub: UInt

    package init(target: UInt, generation: UInt64, stub: UInt) {
        self.target = target
        self.generation = generation
        self.stub = stub
    }

    /// Of cells within a page, which nobody compares.
    package static let always = UInt64.max
    package static let never: UInt64 = 0
}

/// SAFETY: valid from the translation it belongs to until the back end forgets all.
package typealias LinkCellPointer = UnsafeMutablePointer<LinkCell>
