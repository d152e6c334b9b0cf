import Processor
import X86

/// Machine code for hosts with x86-64 processors.
///
/// Cells lie behind the code that leads through them, in the same memory; their names are the addresses at which translated code sees them.
final class X86_64Backend: Backend {
    let memory: CodeMemory
    let stubs: Stubs
    var host: HostProcessor
    /// Bytes of `memory` that the stubs take.
    private let firstCode: Int
    /// SAFETY: as large and aligned as FXSAVE wants it; freed in `deinit`.
    private let x87Image: UnsafeMutableRawPointer
    /// SAFETY: translated code refers to those that it was given; they are given again when no code is left.
    private let segmentCaches: UnsafeMutablePointer<SegmentCache>
    private var segmentCacheCount = 0
    private static let mostSegmentCaches = 8192
    /// Results of DAA, and after them of DAS; see `CPU.decimalAdjustments(afterSubtraction:)`.
    private let decimal: UnsafeMutablePointer<UInt32>
    private static let decimalCount = 1024

    /// Bytes that a region may take; one that takes more is tried again in an empty memory.
    private static let roomForRegion = 1 << 17

    /// A back end for the processors of a machine with `codeBytes` of code memory. Nil where the host gives no executable memory.
    init?(_ processors: [CPU], codeBytes: Int) {
        guard let memory = CodeMemory(capacity: codeBytes) else { return nil }
        self.memory = memory
        x87Image = .allocate(byteCount: 512, alignment: 16)
        x87Image.initializeMemory(as: UInt8.self, repeating: 0, count: 512)
        // The value of MXCSR that the calling convention wants.
        x87Image.storeBytes(of: 0x1F80, toByteOffset: 24, as: UInt32.self)
        for cpu in processors { cpu.core.pointee.native.words[BackendWord.hostMXCSR] = 0x1F80 }
        stubs = Stubs(memory, x87Image: x87Image)
        firstCode = memory.used
        host = HostProcessor(stubs)
        segmentCaches = .allocate(capacity: X86_64Backend.mostSegmentCaches)
        let cpu = processors[0]
        let adjustments = cpu.decimalAdjustments(afterSubtraction: false) + cpu.decimalAdjustments(afterSubtraction: true)
        decimal = .allocate(capacity: adjustments.count)
        decimal.initialize(from: adjustments, count: adjustments.count)
    }

    deinit {
        x87Image.deallocate()
        segmentCaches.deallocate()
        decimal.deallocate()
    }

    // SAFETY: the stub is such a function.
    var enter: NativeState.Enter { unsafeBitCast(stubs.enter, to: NativeState.Enter.self) }

    var hasRoom: Bool { memory.room >= X86_64Backend.roomForRegion }

    func units(for i: Instruction) -> HostUnits {
        var units: HostUnits = []
        if i.operation.isX87 || i.operation.isPacked {
            if let form = X87Form(i) {
                if !form.isControl { units.insert(.x87) }
            } else if X87Function(i.operation) != nil || MMXForm(i, host.features) != nil {
                units.insert(.x87)
            }
        }
        guard i.operation.isPacked else { return units }
        let usesMXCSR = i.isVEX ? VEXForm(i, host.features)?.usesMXCSR : SSEForm(i, host.features)?.usesMXCSR
        if usesMXCSR ?? false { units.insert(.MXCSR) }
        if i.isVEX && i.is256 && host.features.contains(.AVX) { units.insert(.longVectors) }
        return units
    }

    // MARK: Translating

    func translate(_ region: Region, under assumptions: Assumptions) -> Translation? {
        let start = memory.used
        guard let lowering = lower(region, assumptions) else { return nil }
        memory.commit(lowering.asm.offset)
        var guards: [(cell: LinkCellPointer, member: Int)] = []
        for (index, cell) in lowering.cells.enumerated() {
            let stub = memory.executableAddress(start + lowering.asm.offset(of: cell.stub))
            let pointer = cellPointer(start + lowering.asm.offset(of: cell.cell))
            // No code goes by the target of a guard.
            let generation = assumptions.firstCell.map { UInt64($0 + index) } ?? LinkCell.never
            pointer.pointee = LinkCell(
                target: cell.member == nil ? stub : 0, generation: cell.isSamePage ? LinkCell.always : generation, stub: stub)
            if let member = cell.member { guards.append((pointer, member)) }
        }
        return Translation(
            entry: memory.executable + start, byteCount: lowering.asm.offset, guards: guards, cellCount: lowering.cells.count)
    }

    private func lower(_ region: Region, _ assumptions: Assumptions) -> Lowering? {
        let asm = Assembler(memory.writable + memory.used, capacity: memory.room, origin: memory.used)
        var lowering = Lowering(asm, region, assumptions, self)
        return lowering.run() ? lowering : nil
    }

    /// The code of the region's first block alone, without what seldom runs; for tests that read it.
    func codeOfFirstBlock(_ region: Region, under assumptions: Assumptions) -> [UInt8] {
        guard let lowering = lower(region, assumptions) else { return [] }
        let end = lowering.memberLabels.count > 1 ? lowering.asm.offset(of: lowering.memberLabels[1]) : lowering.coldStart
        return [UInt8](UnsafeRawBufferPointer(start: memory.writable + memory.used, count: end))
    }

    func cell(_ name: UInt) -> LinkCellPointer? {
        let offset = Int(bitPattern: name &- UInt(bitPattern: memory.executable))
        return offset >= firstCode && offset < memory.used ? cellPointer(offset) : nil
    }

    private func cellPointer(_ offset: Int) -> LinkCellPointer {
        (memory.writable + offset).assumingMemoryBound(to: LinkCell.self)
    }

    func forgetAll() {
        memory.rewind(to: firstCode)
        segmentCacheCount = 0
    }

    // MARK: What translated code refers to

    /// Room for what one instruction loads a segment register with; nil when there is no more.
    func newSegmentCache() -> UnsafeMutablePointer<SegmentCache>? {
        guard segmentCacheCount < X86_64Backend.mostSegmentCaches else { return nil }
        let cache = segmentCaches + segmentCacheCount
        segmentCacheCount += 1
        cache.pointee = SegmentCache()
        return cache
    }

    /// Address of the table of DAA's results, or of DAS's.
    func decimalTable(afterSubtraction: Bool) -> UInt {
        UInt(bitPattern: decimal + (afterSubtraction ? X86_64Backend.decimalCount : 0))
    }

    /// Address of the image by which the FPU's state goes to the host and back.
    var x87ImageAddress: UInt64 { UInt64(UInt(bitPattern: x87Image)) }
}

/// The uses of `NativeState.words`.
enum BackendWord {
    /// Operands of the last instruction that set flags, when registers no longer hold them; scratch of an instruction.
    static let operand0 = 0
    static let operand1 = 1
    /// Stack pointer of the host inside `enter`.
    static let hostStack = 2
    /// MXCSR as the calling convention of the host wants it.
    static let hostMXCSR = 3
    /// The difference between addresses of the guest and the host's that a run of accesses goes by.
    static let heldAddend = 4
    /// Not 0 while the guest's FPU is in the host's.
    static let heldX87 = 5
}
