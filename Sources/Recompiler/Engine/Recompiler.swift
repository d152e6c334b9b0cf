import Processor
import X86

/// The second engine: blocks that run often become machine code of the host, which all processors of a machine execute.
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

    let backend: any Backend
    /// By number of the processor.
    private let users: [User]
    /// Counters since the engine was made.
    public private(set) var statistics = Statistics()

    private var units: [Unit] = []
    private var unitsOfBlock: [BlockHandle: [Int]] = [:]
    private var unitOfEntry: [UnsafeRawPointer: Int] = [:]
    /// Cells that guard transfers between the pages of a region, with the block that is expected there.
    private var guards: [LinkCellPointer: BlockHandle] = [:]
    private var contexts: [Context: UInt64] = [:]
    /// Cells that have numbers: those of code that several processors share.
    private var cellCount = 0
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

    private static let usualCodeBytes = 32 << 20

    /// Times a block is entered before it is translated.
    public static let usualThreshold: UInt32 = 64
    private let threshold: Int32
    private let countsTransfers: Bool

    /// An engine for a processor alone, which uses it from now on. Nil on hosts that it has no code for.
    /// `isFrugal`: blocks wait longer where translating does not pay; tests want all translated. `countsTransfers`: at the cost of some time, `transfers` is known.
    public convenience init?(
        _ cpu: CPU, codeBytes: Int? = nil, threshold: UInt32 = Recompiler.usualThreshold,
        isFrugal: Bool = true, countsTransfers: Bool = false
    ) {
        self.init([cpu], codeBytes: codeBytes, threshold: threshold, isFrugal: isFrugal, countsTransfers: countsTransfers)
    }

    /// An engine for all processors of a machine, in the order of their numbers.
    public convenience init?(
        _ processors: [CPU], codeBytes: Int? = nil, threshold: UInt32 = Recompiler.usualThreshold,
        isFrugal: Bool = true, countsTransfers: Bool = false
    ) {
        #if arch(x86_64)
            guard let backend = X86_64Backend(processors, codeBytes: codeBytes ?? Self.usualCodeBytes) else { return nil }
            self.init(processors, backend, threshold: threshold, isFrugal: isFrugal, countsTransfers: countsTransfers)
        #else
            return nil
        #endif
    }

    /// An engine with another back end.
    package init(
        _ processors: [CPU], _ backend: any Backend, threshold: UInt32 = Recompiler.usualThreshold, isFrugal: Bool = true,
        countsTransfers: Bool = false
    ) {
        self.backend = backend
        self.threshold = max(1, Int32(clamping: threshold))
        budget = TranslationBudget(threshold: self.threshold, isLimited: isFrugal)
        self.countsTransfers = countsTransfers
        users = processors.map(User.init)
        for cpu in processors {
            cpu.core.pointee.native.enter = backend.enter
            cpu.use(self, threshold: self.threshold)
        }
    }

    /// Operations that the interpreter executed for translated code, the most frequent first.
    public var callOutsByOperation: [(operation: Operation, count: UInt64)] {
        Operation.allCases.map { operation in (operation, users.reduce(0) { $0 + $1.callOuts[Int(operation.rawValue)] }) }
            .filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }
    }

    /// Transfers between pages or out of a region, to addresses in the code and to computed ones, and how many of them were chained: had not to
    /// be looked up. Zero unless they are counted.
    public var transfers: (direct: Transfers, indirect: Transfers) {
        var (direct, indirect) = (Transfers(), Transfers())
        guard countsTransfers else { return (direct, indirect) }
        for user in users {
            let native = user.cpu.core.pointee.native
            direct.count += native.directTransfers
            direct.chained += native.directTransfers &- native.directMisses
            indirect.count += native.indirectTransfers
            indirect.chained += native.indirectTransfers &- native.indirectMisses
        }
        return (direct, indirect)
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

    package func translate(_ block: BlockHandle, for cpu: CPU) {
        guard canTranslate(block) else { return }
        let region = Region(block, cpu: cpu, backend, heat: budget.leastHeat)
        if !backend.hasRoom { forgetAll() }
        guard let translation = backend.translate(region, under: assumptions(of: cpu)) else {
            // The next attempt finds an empty memory.
            return forgetAll()
        }
        register(translation, of: region, for: users[cpu.number])
    }

    private func canTranslate(_ block: BlockHandle) -> Bool {
        let refused: Mode = [.alignment, .oneByOne]
        guard block.pointee.mode.isDisjoint(with: refused), !block.pointee.isTransient else {
            return false
        }
        return block.pointee.hasWaited || budget.wait(block.pointee.physical, at: tick) == 0
    }

    package func initialHeat(of block: BlockHandle) -> Int32 {
        0 - budget.wait(block.pointee.physical, at: tick)
    }

    /// Of the processor that runs: the others had their last one earlier.
    private var tick: UInt64 { users.reduce(0) { max($0, $1.cpu.tick) } }

    func assumptions(of cpu: CPU) -> Assumptions {
        Assumptions(
            cpu: cpu, context: { self.context($0, $1, $2) }, countsTransfers: countsTransfers, addend: cpu.usualAddend,
            firstCell: cpu.isAlone ? nil : cellCount)
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

    private func register(_ translation: Translation, of region: Region, for user: User) {
        cellCount += translation.cellCount
        for user in users { user.makeRoom(forCells: cellCount) }
        for (cell, member) in translation.guards {
            let block = region.members[member].block
            guards[cell] = block
            user.holds(cell, user.cpu.term(of: block))
        }
        let first = region.members[0].block
        let entry = translation.entry
        let unit = units.count
        let instructions = region.members.reduce(0) { $0 + UInt64($1.block.pointee.count) }
        units.append(Unit(first: first, entry: entry, instructions: instructions, tick: tick))
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

    package func link(_ name: UInt, to block: BlockHandle, _ term: LinkTerm, for cpu: CPU) {
        guard let cell = backend.cell(name) else { return }
        let user = users[cpu.number]
        if cell.pointee.target == 0, let expected = guards[cell] {
            // The transfer stays within its region if it still leads to the same block.
            guard expected == block else { return }
            return user.holds(cell, term)
        }
        guard let entry = block.pointee.entry else { return }
        let target = UInt(bitPattern: entry)
        if cell.pointee.target != target {
            guard let unit = unitOfEntry[entry] else { return }
            units[unit].incoming.insert(cell)
            cell.pointee.target = target
            // Where it led before, it led for others, too.
            for other in users where other !== user { other.holdsNoLonger(cell) }
        }
        if cell.pointee.generation != LinkCell.always { user.holds(cell, term) }
        statistics.links &+= 1
    }

    package func forgetPassing(of cpu: CPU) { users[cpu.number].forgetPassing() }

    package func remember(_ block: BlockHandle, _ term: LinkTerm, for cpu: CPU) { users[cpu.number].remember(block, term) }

    // MARK: Forgetting

    package func refused(_ block: BlockHandle) {
        guard let entry = block.pointee.entry, let unit = unitOfEntry[entry] else { return }
        invalidate(unit)
    }

    package func dropped(_ block: BlockHandle) {
        let running = users.compactMap { user in user.cpu.runningBlock.flatMap { unitsOfBlock[$0] }.map { (user, $0) } }
        guard let members = unitsOfBlock.removeValue(forKey: block) else { return }
        for unit in members where units[unit].isValid {
            for (user, units) in running where units.contains(unit) { user.cpu.core.pointee.native.isInterrupted = true }
            budget.dropped(block.pointee.physical, units[unit].instructions, since: units[unit].tick, at: tick)
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
            users[0].cpu.cool(first)
        }
        unitOfEntry[entry] = nil
        for cell in units[unit].incoming { cell.pointee.target = cell.pointee.stub }
        units[unit].incoming = []
        for user in users { user.forget(first, entry) }
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
        for user in users { user.removeAll() }
        cellCount = 0
        units.removeAll(keepingCapacity: true)
        unitsOfBlock.removeAll(keepingCapacity: true)
        unitOfEntry.removeAll(keepingCapacity: true)
        contexts.removeAll(keepingCapacity: true)
        guards.removeAll(keepingCapacity: true)
        backend.forgetAll()
    }
}
