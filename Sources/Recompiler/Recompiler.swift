import Processor
import X86

/// The second engine: blocks that run often become x86-64 machine code.
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
        public var regions: UInt64 = 0
        public var blocks: UInt64 = 0
        public var instructions: UInt64 = 0
        public var bytes: UInt64 = 0
        public var links: UInt64 = 0
        public var invalidations: UInt64 = 0
        public var flushes: UInt64 = 0
    }

    private unowned let cpu: CPU
    private let memory: CodeMemory
    private let thunks: Thunks
    /// Bytes of `memory` that the thunks take.
    private let firstCode: Int
    private let jumps: UnsafeMutablePointer<NativeJump>
    let host: HostProcessor
    /// SAFETY: as large and aligned as FXSAVE wants it; freed in `deinit`.
    private let x87Image: UnsafeMutableRawPointer
    private let callOuts: UnsafeMutablePointer<UInt64>
    /// SAFETY: translated code refers to those that it was given; they are given again when no code is left.
    private let segmentCaches: UnsafeMutablePointer<SegmentCache>
    private var segmentCacheCount = 0
    private static let mostSegmentCaches = 8192
    /// Results of DAA, and after them of DAS.
    private let decimal: UnsafeMutablePointer<UInt32>
    public private(set) var statistics = Statistics()

    private var units: [Unit] = []
    private var unitsOfBlock: [BlockHandle: [Int]] = [:]
    private var unitOfEntry: [UnsafeRawPointer: Int] = [:]
    /// Cells that guard transfers between the pages of a region, with the block that is expected there.
    private var guards: [Int: BlockHandle] = [:]
    private var contexts: [Context: UInt64] = [:]
    /// Offsets of cells, and slots of `jumps`, that hold until CR3 is written.
    private var passingCells: [Int] = []
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
        /// Offsets of the cells that lead here.
        var incoming: Set<Int> = []
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
    public init?(
        _ cpu: CPU, codeBytes: Int? = nil, threshold: UInt32 = Recompiler.usualThreshold,
        isFrugal: Bool = true, countsTransfers: Bool = false
    ) {
        #if arch(x86_64)
            guard let memory = CodeMemory(capacity: codeBytes ?? Self.usualCodeBytes >> cpu.topology.cacheShift) else { return nil }
        #else
            return nil
        #endif
        self.cpu = cpu
        self.threshold = max(1, Int32(clamping: threshold))
        budget = TranslationBudget(threshold: self.threshold, isLimited: isFrugal)
        self.countsTransfers = countsTransfers
        self.memory = memory
        thunks = Thunks(memory)
        firstCode = memory.used
        jumps = .allocate(capacity: NativeJump.count)
        jumps.initialize(repeating: NativeJump(), count: NativeJump.count)
        callOuts = .allocate(capacity: Operation.allCases.count)
        callOuts.initialize(repeating: 0, count: Operation.allCases.count)
        segmentCaches = .allocate(capacity: Recompiler.mostSegmentCaches)
        let adjustments = cpu.decimalAdjustments(afterSubtraction: false) + cpu.decimalAdjustments(afterSubtraction: true)
        decimal = .allocate(capacity: adjustments.count)
        decimal.initialize(from: adjustments, count: adjustments.count)
        x87Image = .allocate(byteCount: 512, alignment: 16)
        x87Image.initializeMemory(as: UInt8.self, repeating: 0, count: 512)
        // The value of MXCSR that the calling convention wants.
        x87Image.storeBytes(of: 0x1F80, toByteOffset: 24, as: UInt32.self)
        host = HostProcessor(thunks)
        connect()
        cpu.use(self, threshold: self.threshold)
    }

    deinit {
        jumps.deallocate()
        x87Image.deallocate()
        callOuts.deallocate()
        segmentCaches.deallocate()
        decimal.deallocate()
    }

    private func connect() {
        cpu.core.pointee.native.jumps = UnsafeMutableRawPointer(jumps)
        cpu.core.pointee.native.enter = thunks.enter
        cpu.core.pointee.native.slowAccess = thunks.slowAccess
        cpu.core.pointee.native.callOut = thunks.callOut
        cpu.core.pointee.native.callOutAtEnd = thunks.callOutAtEnd
        cpu.core.pointee.native.portAccess = thunks.portAccess
        cpu.core.pointee.native.leave = thunks.leave
        cpu.core.pointee.native.leaveToLink = thunks.leaveToLink
        cpu.core.pointee.native.leaveIndirect = thunks.leaveIndirect
        cpu.core.pointee.native.leaveRefused = thunks.leaveRefused
        cpu.core.pointee.native.saveX87 = thunks.saveX87
        cpu.core.pointee.native.loadX87 = thunks.loadX87
        cpu.core.pointee.native.x87Function = thunks.x87Function
        for (index, thunk) in thunks.besideCode.enumerated() { cpu.core.pointee.native.besideCode[index] = thunk }
        cpu.core.pointee.native.x87Image = x87Image
        cpu.core.pointee.native.callOutsByOperation = callOuts
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

    public struct Transfers: Sendable {
        public var count: UInt64 = 0
        public var chained: UInt64 = 0
    }

    package var epoch: UInt64 { statistics.flushes }

    // MARK: Translating

    package func translate(_ block: BlockHandle) {
        guard canTranslate(block) else { return }
        let region = Region(block, cpu: cpu, host, heat: budget.leastHeat)
        if memory.room < 1 << 17 { forgetAll() }
        let start = memory.used
        let assembler = Assembler(memory.writable + start, capacity: memory.room)
        var lowering = Lowering(assembler, region, surroundings)
        guard lowering.run() else {
            // The next attempt finds an empty memory.
            return forgetAll()
        }
        memory.commit(lowering.asm.offset)
        finish(lowering, at: start)
    }

    /// The code for the block at CS:RIP alone, without what seldom runs, as if RAM were at `addend`, if it is known; for tests that read it.
    func codeOfFirstBlock(addend: Int32?) -> [UInt8] {
        guard let block = try? cpu.block() else { return [] }
        var surroundings = surroundings
        surroundings.addend = addend
        let start = memory.writable + memory.used
        var lowering = Lowering(
            Assembler(start, capacity: memory.room), Region(block, cpu: cpu, host), surroundings)
        guard lowering.run() else { return [] }
        let end = lowering.memberLabels.count > 1 ? lowering.asm.offset(of: lowering.memberLabels[1]) : lowering.coldStart
        return [UInt8](UnsafeRawBufferPointer(start: start, count: end))
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

    private var surroundings: Surroundings {
        Surroundings(
            cpu: cpu, context: { self.context($0, $1, $2) }, segmentCache: { self.newSegmentCache() },
            decimal: (UInt(bitPattern: decimal), UInt(bitPattern: decimal + 1024)), countsTransfers: countsTransfers, host: host,
            addend: cpu.unpagedAddend)
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

    private func newSegmentCache() -> UnsafeMutablePointer<SegmentCache>? {
        guard segmentCacheCount < Recompiler.mostSegmentCaches else { return nil }
        let cache = segmentCaches + segmentCacheCount
        segmentCacheCount += 1
        cache.pointee = SegmentCache()
        return cache
    }

    private func finish(_ lowering: Lowering, at start: Int) {
        for cell in lowering.cells {
            let offset = start + lowering.asm.offset(of: cell.cell)
            let stub = memory.executableAddress(start + lowering.asm.offset(of: cell.stub))
            writeCell(offset, target: stub, generation: cell.isSamePage ? Cell.always : Cell.never)
            (memory.writable + offset).storeBytes(of: stub, toByteOffset: Cell.stub, as: UInt.self)
            if let member = cell.member {
                // No code goes by the target of a guard.
                (memory.writable + offset).storeBytes(of: 0, toByteOffset: Cell.target, as: UInt.self)
                guards[offset] = lowering.region.members[member].block
                writeGeneration(offset)
            }
        }
        let first = lowering.region.members[0].block
        let entry = memory.executable + start
        let unit = units.count
        let instructions = lowering.region.members.reduce(0) { $0 + UInt64($1.block.pointee.count) }
        units.append(Unit(first: first, entry: entry, instructions: instructions, tick: cpu.tick))
        budget.charge(instructions)
        unitOfEntry[entry] = unit
        first.pointee.entry = entry
        first.pointee.context = context(of: first)
        for member in lowering.region.members {
            member.block.pointee.isTranslated = true
            unitsOfBlock[member.block, default: []].append(unit)
        }
        statistics.instructions &+= instructions
        statistics.regions &+= 1
        statistics.blocks &+= UInt64(lowering.region.members.count)
        statistics.bytes &+= UInt64(lowering.asm.offset)
    }

    // MARK: Linking

    /// A cell: where to go, the generation for which that holds, and the code that asks.
    private enum Cell {
        static let target = 0
        static let generation = 8
        static let stub = 16
        /// Of cells within a page, which no code compares.
        static let always = UInt64.max
        static let never: UInt64 = 0
    }

    private func writeCell(_ offset: Int, target: UInt, generation: UInt64) {
        (memory.writable + offset).storeBytes(of: target, toByteOffset: Cell.target, as: UInt.self)
        (memory.writable + offset).storeBytes(of: generation, toByteOffset: Cell.generation, as: UInt64.self)
    }

    private func writeGeneration(_ offset: Int) {
        (memory.writable + offset).storeBytes(
            of: cpu.core.pointee.generation, toByteOffset: Cell.generation, as: UInt64.self)
    }

    package func link(_ cell: UInt, to block: BlockHandle, _ term: LinkTerm) {
        let offset = Int(bitPattern: cell &- UInt(bitPattern: memory.executable))
        guard offset >= firstCode, offset < memory.used else { return }
        let isGuard = (memory.writable + offset).load(fromByteOffset: Cell.target, as: UInt.self) == 0
        if isGuard, let expected = guards[offset] {
            // The transfer stays within its region if it still leads to the same block.
            guard expected == block else { return }
            writeGeneration(offset)
            if term == .passing { notePassing(cell: offset) }
            return
        }
        guard let entry = block.pointee.entry else { return }
        let target = UInt(bitPattern: entry)
        if (memory.writable + offset).load(fromByteOffset: Cell.target, as: UInt.self) != target {
            guard let unit = unitOfEntry[entry] else { return }
            units[unit].incoming.insert(offset)
        }
        let old = (memory.writable + offset).load(fromByteOffset: Cell.generation, as: UInt64.self)
        writeCell(offset, target: target, generation: old == Cell.always ? Cell.always : cpu.core.pointee.generation)
        if old != Cell.always, term == .passing { notePassing(cell: offset) }
        statistics.links &+= 1
    }

    private func notePassing(cell offset: Int) {
        if passingCells.count == BlockCache.mostPassing { forgetPassing() }
        passingCells.append(offset)
    }

    package func forgetPassing() {
        for offset in passingCells {
            (memory.writable + offset).storeBytes(of: Cell.never, toByteOffset: Cell.generation, as: UInt64.self)
        }
        passingCells.removeAll(keepingCapacity: true)
        for slot in passingJumps { jumps[slot].generation = Cell.never }
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
        for offset in units[unit].incoming {
            let stub = (memory.writable + offset).load(fromByteOffset: Cell.stub, as: UInt.self)
            (memory.writable + offset).storeBytes(of: stub, toByteOffset: Cell.target, as: UInt.self)
        }
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
        memory.rewind(to: firstCode)
        segmentCacheCount = 0
        cpu.core.pointee.native.isInterrupted = true
    }
}
