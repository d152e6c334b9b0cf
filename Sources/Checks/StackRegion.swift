import Executables
import Inspection
import Processor

/// A stack as it was seen: where its pointer has been, and how far it may go down.
struct StackRegion {
    /// The lowest and the highest value of the stack pointer, as linear addresses.
    var low: UInt64
    var high: UInt64
    /// The place where `top` led when the stack was seen first: another address space has another stack at the same addresses.
    let top: UInt64
    let topPhysical: UInt64?
    /// The lowest address that belongs to it, as far as is known, and what lies there.
    var floor: UInt64 = 0
    var floorName = ""
    var isBelowFloor = false

    init(at pointer: UInt64, _ cpu: CPU) {
        (low, high, top) = (pointer, pointer, pointer)
        topPhysical = cpu.physicalAddress(ofLinear: pointer)
    }

    /// Tells whether `pointer` may be this stack's: a frame or two above what was seen is the same one, entered anew.
    func holds(_ pointer: UInt64, _ cpu: CPU) -> Bool {
        pointer >= low && pointer <= high &+ 48 && cpu.physicalAddress(ofLinear: top) == topPhysical
    }

    /// Looks for the lower end: the variable or the label that the stack lies in, or the next lower stack of the TSS.
    mutating func findFloor(_ view: MachineView, _ sources: SourceMap?) {
        guard view.isProtected, !view.isVirtual8086, view.is64Bit || view.state.ss.base == 0 else { return }
        if let symbol = sources?.symbols.symbol(before: top), !symbol.isFunction, sources?.isCode(symbol.address) == false,
            top <= symbol.sectionEnd, case let size = top &- symbol.address, size >= 64, size <= 1 << 20
        {
            (floor, floorName) = (symbol.address, symbol.name)
        }
        for other in Self.taskStacks(view) where other < top && other > floor && other &+ 64 <= top {
            (floor, floorName) = (other, "another stack of the TSS")
        }
    }

    /// The tops of the stacks that the TSS names. SDM Vol. 3A, sections 8.2.1 and 8.7.
    private static func taskStacks(_ view: MachineView) -> [UInt64] {
        let tr = view.state.tr
        guard tr.isUsable, tr.limit >= 103 else { return [] }
        if view.state.operatingMode.isIA32e {
            return ([4, 12, 20] + (0..<7).map { 36 + 8 * $0 }).compactMap { view.linear(tr.base &+ $0, 8) }.filter { $0 != 0 }
        }
        return [4, 12, 20].compactMap { view.linear(tr.base &+ $0, 4) }.filter { $0 != 0 }
    }
}
