import Processor
import X86

/// The second engine: blocks that run often become machine code of the host.
///
/// A translation covers the blocks that are reached from its first by direct transfers. Translations lead to each other
/// through cells that lie beside the code: code is never changed once it is written. When the code memory is full everything is
/// forgotten.
///
/// Not translated: code with alignment checks or instruction breakpoints in force. A block whose
/// instruction reaches into a second page begins no translation, but may be part of one.
public final class Recompiler: TranslationEngine {
    /// Counters since the engine was made.
    public struct Statistics: Sendable {
        /// Number of translations.
        public var regions: UInt64 = 0
        /// Number of blocks in them.
        public var blocks: UInt64 = 0
        /// Number of instructions in them.
        public var instructions: UInt64 = 0
        /// Length of their code in bytes.
        public var bytes: UInt64 = 0
        /// Number of times that a way out of one translation was led to another.
        public var links: UInt64 = 0
        /// Number of translations that were given up one by one, as their code changed or could no longer be reached.
        public var invalidations: UInt64 = 0
        /// Number of times that everything was forgotten.
        public var flushes: UInt64 = 0
    }

    private unowned let cpu: CPU
    let backend: any Backend
    private let jumps: UnsafeMutablePointer<NativeJump>
    private let callOuts: UnsafeMutablePointer<UInt64>
    /// Counters since the engine was made.
    public private(set) var statistics = Statistics()

    private var units: [Unit] = []
    private var unitsOfBlock: [BlockHandle: [Int]] = [:]
    private var unitOfEntry: [UnsafeRawPointer: Int] = [:]
    /// Cells that guard transfers between the pages of a region, with the block that is expected there.
    private var guards: [LinkCellPointer: BlockHandle] = [:]
    private var contexts: [Context: UInt64] = [:]
    /// Cells, and slots of `jumps`, that hold until CR3 is written.
    private var passingCells: [LinkCellPointer] = []
    private var passingJumps: [Int] = []
    private var budget: TranslationBudget

    /// The assumptions of indirect transfers about their target.
    private struct Context: Hashable {
        let mode: Mode
        let base: UInt64
        let limit: UInt32
    }

    private struct Unit {
        let first: BlockHandle
        let entry: UnsafeRawPointer
        let instructions: UInt64
        /// The tick at which it was made.
        let tick: UInt64
        var isValid = true
        /// The cells that lead here.
        var incoming: Set<LinkCellPointer> = []
    }

    /// There is code for this host's processor.
    public static var isBuiltIn: Bool {
        #if arch(x86_64)
            true
        #else
            false
        #endif
    }

    /// Code memory of a processor alone.
    private static let usualCodeBytes = 32 << 20

    /// Times a block is entered before it is translated.
    public static let usualThreshold: UInt32 = 64
    private let threshold: Int32
    private let countsTransfers: Bool

    /// An engine for `cpu`, which uses it from now on. Nil on hosts that it has no code for.
    /// `isFrugal`: blocks wait longer where translating does not pay; tests want all translated. `countsTransfers`: at the cost of some time, `transfers` is known.
    public convenience init?(
        _ cpu: CPU, codeBytes: Int? = nil, threshold: UInt32 = Recompiler.usualThreshold,
        isFrugal: Bool = true, countsTransfers: Bool = false
    ) {
        #if arch(x86_64)
            let bytes = codeBytes ?? Self.usualCodeBytes >> cpu.topology.cacheShift
            guard let backend = X86_64Backend(cpu, codeBytes: bytes) else { return nil }
            self.init(cpu, backend, threshold: threshold, isFrugal: isFrugal, countsTransfers: countsTransfers)
        #else
            return nil
        #endif
    }

    /// An engine for `cpu` with another back end.
    package init(
        _ cpu: CPU, _ backend: any Backend, threshold: UInt32 = Recompiler.usualThreshold, isFrugal: Bool = true,
        countsTransfers: Bool = false
    ) {
        self.cpu = cpu
        self.backend = backend
        self.threshold = max(1, Int32(clamping: threshold))
        budget = TranslationBudget(threshold: self.threshold, isLimited: isFrugal)
        self.countsTransfers = countsTransfers
        jumps = .allocate(capacity: NativeJump.count)
        jumps.initialize(repeating: NativeJump(), count: NativeJump.count)
        callOuts = .allocate(capacity: Operation.allCases.count)
        callOuts.initialize(repeating: 0, count: Operation.allCases.count)
        cpu.core.pointee.native.jumps = UnsafeMutableRawPointer(jumps)
        cpu.core.pointee.native.enter = backend.enter
        cpu.core.pointee.native.callOutsByOperation = callOuts
        cpu.use(self, threshold: self.threshold)
    }

    deinit {
        jumps.deallocate()
        callOuts.deallocate()
    }

    /// Operations that the interpreter executed for translated code, the most frequent first.
    public var callOutsByOperation: [(operation: Operation, count: UInt64)] {
        Operation.allCases.map { ($0, callOuts[Int($0.rawValue)]) }.filter { $0.count > 0 }.sorted { $0.count > $1.count }
    }

    /// Transfers between pages or out of a region, to addresses in the code and to computed ones, and how many of them were chained: had not to
    /// be looked up. Zero unless they are counted.
    public var transfers: (direct: Transfers, indirect: Transfers) {
        let native = cpu.core.pointee.native
        guard countsTransfers else { return (Transfers(), Transfers()) }
        return (
            Transfers(count: native.directTransfers, chained: native.directTransfers &- native.directMisses),
            Transfers(count: native.indirectTransfers, chained: native.indirectTransfers &- native.indirectMisses)
        )
    }

    /// A count of transfers between translations.
    public struct Transfers: Sendable {
        /// Number of transfers.
        public var count: UInt64 = 0
        /// Number of those that had not to be looked up.
        public var chained: UInt64 = 0
    }

    package var epoch: UInt64 { statistics.flushes }

    // MARK: Translating

    package func translate(_ block: BlockHandle) {
        guard canTranslate(block) else { return }
        let region = Region(block, cpu: cpu, backend, heat: budget.leastHeat)
        if !backend.hasRoom { forgetAll() }
        guard let translation = backend.translate(region, under: assumptions) else {
            // The next attempt finds an empty memory.
            return forgetAll()
        }
        register(translation, of: region)
    }

    private func canTranslate(_ block: BlockHandle) -> Bool {
        let refused: Mode = [.alignment, .oneByOne]
        guard block.pointee.mode.isDisjoint(with: refused), !block.pointee.isTransient else {
            return false
        }
        return block.pointee.hasWaited || budget.wait(block.pointee.physical, at: cpu.tick) == 0
    }

    package func initialHeat(of block: BlockHandle) -> Int32 {
        0 - budget.wait(block.pointee.physical, at: cpu.tick)
    }

    var assumptions: Assumptions {
        Assumptions(
            cpu: cpu, context: { self.context($0, $1, $2) }, countsTransfers: countsTransfers, addend: cpu.unpagedAddend)
    }

    private func context(of block: BlockHandle) -> UInt64 {
        context(block.pointee.mode, block.pointee.csBase, block.pointee.csLimit)
    }

    private func context(_ mode: Mode, _ base: UInt64, _ limit: UInt32) -> UInt64 {
        let key = Context(mode: mode, base: base, limit: limit)
        if let known = contexts[key] { return known }
        // Not 0: see `NativeJump.key`.
        let new = UInt64(contexts.count) + 1
        contexts[key] = new
        return new
    }

    private func register(_ translation: Translation, of region: Region) {
        for (cell, member) in translation.guards {
            guards[cell] = region.members[member].block
            cell.pointee.generation = cpu.core.pointee.generation
        }
        let first = region.members[0].block
        let entry = translation.entry
        let unit = units.count
        let instructions = region.members.reduce(0) { $0 + UInt64($1.block.pointee.count) }
        units.append(Unit(first: first, entry: entry, instructions: instructions, tick: cpu.tick))
        budget.charge(instructions)
        unitOfEntry[entry] = unit
        first.pointee.entry = entry
        first.pointee.context = context(of: first)
        for member in region.members {
            member.block.pointee.isTranslated = true
            unitsOfBlock[member.block, default: []].append(unit)
        }
        statistics.instructions &+= instructions
        statistics.regions &+= 1
        statistics.blocks &+= UInt64(region.members.count)
        statistics.bytes &+= UInt64(translation.byteCount)
    }

    // MARK: Linking

    package func link(_ name: UInt, to block: BlockHandle, _ term: LinkTerm) {
        guard let cell = backend.cell(name) else { return }
        if cell.pointee.target == 0, let expected = guards[cell] {
            // The transfer stays within its region if it still leads to the same block.
            guard expected == block else { return }
            cell.pointee.generation = cpu.core.pointee.generation
            if term == .passing { notePassing(cell) }
            return
        }
        guard let entry = block.pointee.entry else { return }
        let target = UInt(bitPattern: entry)
        if cell.pointee.target != target {
            guard let unit = unitOfEntry[entry] else { return }
            units[unit].incoming.insert(cell)
            cell.pointee.target = target
        }
        if cell.pointee.generation != LinkCell.always {
            cell.pointee.generation = cpu.core.pointee.generation
            if term == .passing { notePassing(cell) }
        }
        statistics.links &+= 1
    }

    private func notePassing(_ cell: LinkCellPointer) {
        if passingCells.count == BlockCache.mostPassing { forgetPassing() }
        passingCells.append(cell)
    }

    package func forgetPassing() {
        for cell in passingCells { cell.pointee.generation = LinkCell.never }
        passingCells.removeAll(keepingCapacity: true)
        for slot in passingJumps { jumps[slot].generation = LinkCell.never }
        passingJumps.removeAll(keepingCapacity: true)
    }

    package func remember(_ block: BlockHandle, _ term: LinkTerm) {
        guard let entry = block.pointee.entry else { return }
        let number = Int(truncatingIfNeeded: block.pointee.rip & UInt64(NativeJump.count - 1))
        if term == .passing {
            if passingJumps.count == BlockCache.mostPassing { forgetPassing() }
            passingJumps.append(number)
        }
        let slot = jumps + number
        let context = block.pointee.context
        slot.pointee.key = block.pointee.mode.contains(.code64) ? context : context << 32 | block.pointee.rip
        slot.pointee.rip = block.pointee.rip
        slot.pointee.generation = cpu.core.pointee.generation
        slot.pointee.entry = UInt(bitPattern: entry)
    }

    // MARK: Forgetting

    package func refused(_ block: BlockHandle) {
        guard let entry = block.pointee.entry, let unit = unitOfEntry[entry] else { return }
        invalidate(unit)
    }

    package func dropped(_ block: BlockHandle) {
        let running = cpu.runningBlock.flatMap { unitsOfBlock[$0] } ?? []
        guard let members = unitsOfBlock.removeValue(forKey: block) else { return }
        for unit in members where units[unit].isValid {
            if running.contains(unit) { cpu.core.pointee.native.isInterrupted = true }
            budget.dropped(block.pointee.physical, units[unit].instructions, since: units[unit].tick, at: cpu.tick)
            invalidate(unit)
        }
    }

    private func invalidate(_ unit: Int) {
        statistics.invalidations &+= 1
        units[unit].isValid = false
        let entry = units[unit].entry
        let first = units[unit].first
        if first.pointee.entry == entry {
            first.pointee.entry = nil
            cpu.cool(first)
        }
        unitOfEntry[entry] = nil
        for cell in units[unit].incoming { cell.pointee.target = cell.pointee.stub }
        units[unit].incoming = []
        let slot = jumps + Int(truncatingIfNeeded: first.pointee.rip & UInt64(NativeJump.count - 1))
        if slot.pointee.entry == UInt(bitPattern: entry) { slot.pointee = NativeJump() }
    }

    /// The blocks are there still; their translations are not.
    private func forgetAll() {
        for unit in units where unit.isValid && unit.first.pointee.entry == unit.entry {
            unit.first.pointee.entry = nil
            unit.first.pointee.heat = 0
        }
        reset()
    }

    package func reset() {
        statistics.flushes &+= 1
        forgetPassing()
        units.removeAll(keepingCapacity: true)
        unitsOfBlock.removeAll(keepingCapacity: true)
        unitOfEntry.removeAll(keepingCapacity: true)
        contexts.removeAll(keepingCapacity: true)
        guards.removeAll(keepingCapacity: true)
        jumps.update(repeating: NativeJump(), count: NativeJump.count)
        backend.forgetAll()
        cpu.core.pointee.native.isInterrupted = true
    }
}
