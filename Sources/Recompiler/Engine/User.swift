import Processor
import X86

extension Recompiler {
    /// A processor that executes translations, and what holds for it alone: where its linear addresses lead.
    ///
    /// SAFETY: its processor reads the tables as long as it uses the engine, which it holds.
    final class User {
        unowned let cpu: CPU
        private let core: CoreHandle
        private let jumps: UnsafeMutablePointer<NativeJump>
        let callOuts: UnsafeMutablePointer<UInt64>
        /// By the numbers of cells, where others execute the same code.
        private var generations: UnsafeMutableBufferPointer<UInt64>?
        /// Cells, and slots of `jumps`, that hold until CR3 is written.
        private var passingCells: [LinkCellPointer] = []
        private var passingJumps: [Int] = []

        init(_ cpu: CPU) {
            self.cpu = cpu
            core = cpu.core
            jumps = .allocate(capacity: NativeJump.count)
            jumps.initialize(repeating: NativeJump(), count: NativeJump.count)
            callOuts = .allocate(capacity: Operation.allCases.count)
            callOuts.initialize(repeating: 0, count: Operation.allCases.count)
            core.pointee.native.jumps = UnsafeMutableRawPointer(jumps)
            core.pointee.native.callOutsByOperation = callOuts
            if !cpu.isAlone { makeRoom(forCells: 1 << 12) }
        }

        deinit {
            jumps.deallocate()
            callOuts.deallocate()
            generations?.deallocate()
        }

        // MARK: Transfers to an address in the code

        func makeRoom(forCells count: Int) {
            let old = generations
            guard !cpu.isAlone, count > old?.count ?? 0 else { return }
            let new = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: 2 * count)
            let used = new.update(fromContentsOf: old ?? UnsafeMutableBufferPointer(start: nil, count: 0))
            new[used...].initialize(repeating: LinkCell.never)
            old?.deallocate()
            generations = new
            core.pointee.native.generations = new.baseAddress
        }

        /// The cell's target is where its transfer leads, for as long as `term` says.
        func holds(_ cell: LinkCellPointer, _ term: LinkTerm) {
            setGeneration(core.pointee.generation, of: cell)
            guard term == .passing else { return }
            if passingCells.count == LinkTerm.mostPassing { forgetPassing() }
            passingCells.append(cell)
        }

        func holdsNoLonger(_ cell: LinkCellPointer) {
            if cell.pointee.generation != LinkCell.always { setGeneration(LinkCell.never, of: cell) }
        }

        private func setGeneration(_ generation: UInt64, of cell: LinkCellPointer) {
            if let generations {
                generations[Int(truncatingIfNeeded: cell.pointee.generation)] = generation
            } else {
                cell.pointee.generation = generation
            }
        }

        // MARK: Transfers to a computed address

        func remember(_ block: BlockHandle, _ term: LinkTerm) {
            guard let entry = block.pointee.entry else { return }
            let number = Self.slot(block)
            if term == .passing {
                if passingJumps.count == LinkTerm.mostPassing { forgetPassing() }
                passingJumps.append(number)
            }
            let slot = jumps + number
            let context = block.pointee.context
            slot.pointee.key = block.pointee.mode.contains(.code64) ? context : context << 32 | block.pointee.rip
            slot.pointee.rip = block.pointee.rip
            slot.pointee.generation = core.pointee.generation
            slot.pointee.entry = UInt(bitPattern: entry)
        }

        private static func slot(_ block: BlockHandle) -> Int {
            Int(truncatingIfNeeded: block.pointee.rip & UInt64(NativeJump.count - 1))
        }

        // MARK: Forgetting

        /// CR3 was written.
        func forgetPassing() {
            for cell in passingCells { setGeneration(LinkCell.never, of: cell) }
            passingCells.removeAll(keepingCapacity: true)
            for slot in passingJumps { jumps[slot].generation = LinkCell.never }
            passingJumps.removeAll(keepingCapacity: true)
        }

        /// The translation of `block` at `entry` is gone.
        func forget(_ block: BlockHandle, _ entry: UnsafeRawPointer) {
            let slot = jumps + Self.slot(block)
            if slot.pointee.entry == UInt(bitPattern: entry) { slot.pointee = NativeJump() }
        }

        /// All translations are gone, and their cells.
        func removeAll() {
            passingCells.removeAll(keepingCapacity: true)
            passingJumps.removeAll(keepingCapacity: true)
            jumps.update(repeating: NativeJump(), count: NativeJump.count)
            generations?.update(repeating: LinkCell.never)
            core.pointee.native.isInterrupted = true
        }
    }
}
