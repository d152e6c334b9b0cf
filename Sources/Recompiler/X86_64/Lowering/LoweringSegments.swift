import Processor
import X86

/// Loads of segment registers, and far transfers of real mode: the usual cases of `LoweringSystem`.
extension Lowering {
    private var w16: Width { .word }
    private var w32: Width { .doubleword }
    private var w64: Width { .quadword }

    /// Of the segment register that the instruction loads.
    private var segmentNumber: UInt8 { instruction.loadedSegment.rawValue }

    mutating func lowerSegmentLoad(_ site: Int, orTo other: Assembler.Label) {
        let i = instruction
        let size = i.operandSize
        var hasPointer = false
        switch i.operation {
        case .popSegment:
            let memory = stackAccess(HostMap.stackPointer, 0, NativeSite.read, size, at: range.lowerBound)
            asm.zeroExtend(HostMap.value, memory, from: .word)
        case .movToSegment where i.kind1 != .memory: asm.zeroExtend(HostMap.value, HostMap.register(i.register1), from: .word)
        case .movToSegment: asm.zeroExtend(HostMap.value, operandAccess(NativeSite.read, 2), from: .word)
        default:
            hasPointer = true
            var memory = operandAccess(NativeSite.read, size.bytes + 2)
            asm.zeroExtend(HostMap.scratch, memory, from: size)
            asm.store(HostMap.core(CoreOffset.operand1), HostMap.scratch, w32)
            memory.displacement += Int32(truncatingIfNeeded: size.bytes)
            asm.zeroExtend(HostMap.value, memory, from: .word)
        }
        if assumptions.isReal {
            loadParagraph(orTo: other)
        } else if let cache = backend.newSegmentCache() {
            sites[site].site.cache = cache
            loadCached(cache, orTo: other)
        } else {
            return asm.jump(other)
        }
        if hasPointer {
            asm.load(HostMap.scratch, HostMap.core(CoreOffset.operand1), w32)
            asm.mov(HostMap.register(i.register0), HostMap.scratch, size)
        }
        if i.operation == .popSegment {
            setStackPointer(from: HostMap.stackPointer, Int32(truncatingIfNeeded: size.bytes), at: range.lowerBound)
        }
    }

    /// The instruction's operand in memory, `size` bytes.
    mutating func operandAccess(_ access: UInt32, _ size: Int) -> HostOperand {
        effectiveAddress(into: HostMap.linear)
        addSegment(instruction.segment.rawValue, size, writes: access != NativeSite.read, at: range.lowerBound)
        return probe(access, size, at: range.lowerBound)
    }

    /// Loads the selector in `value` as real mode does. A segment of 4 GBytes may be flat, which is part of the mode: not here.
    private mutating func loadParagraph(orTo other: Assembler.Label) {
        let number = segmentNumber
        let (value, scratch) = (HostMap.value, HostMap.scratch)
        requireReal(orTo: other)
        asm.load(scratch, HostMap.core(CoreOffset.limit(number)), w32)
        asm.alu(.add, scratch, immediate: 1, w32)
        asm.jump(if: HostCondition.equal, other)
        asm.store(HostMap.core(CoreOffset.windowTop(number, writes: false)), scratch, w64)
        asm.store(HostMap.core(CoreOffset.windowTop(number, writes: true)), scratch, w64)
        asm.store(HostMap.core(CoreOffset.selector(number)), value, w16)
        asm.shift(.shl, value, by: 4, w32)
        asm.store(HostMap.core(CoreOffset.base(number)), value, w64)
        asm.store(HostMap.core(CoreOffset.windowBase(number)), value, w64)
        setParagraphRights(number, 0x93)
    }

    private mutating func setParagraphRights(_ number: UInt8, _ rights: UInt64) {
        asm.zeroExtend(HostMap.scratch, HostMap.core(CoreOffset.attributes(number)), from: .word)
        asm.alu(.and, HostMap.scratch, immediate: 0xF000, w32)
        asm.alu(.or, HostMap.scratch, immediate: rights, w32)
        asm.store(HostMap.core(CoreOffset.attributes(number)), HostMap.scratch, w16)
    }

    /// Loads what the instruction loaded before, if the selector in `value`, the table and the descriptor are what they were.
    private mutating func loadCached(_ cache: UnsafeMutablePointer<SegmentCache>, orTo other: Assembler.Label) {
        let (scratch, addend) = (HostMap.scratch, HostMap.addend)
        let number = segmentNumber
        func field<T>(_ path: KeyPath<SegmentCache, T>, _ part: Int = 0) -> HostOperand {
            guard let offset = MemoryLayout<SegmentCache>.offset(of: path) else {
                preconditionFailure("a stored property has an offset")
            }
            return HostOperand(scratch, Int32(truncatingIfNeeded: offset + part))
        }
        func unlessEqual(_ register: HostRegister, _ memory: HostOperand) {
            asm.alu(.cmp, register, memory, w64)
            asm.jump(if: HostCondition.notEqual, other)
        }
        requireNoVirtual(orTo: other)
        requireProtected(orTo: other)
        requireLevel0(orTo: other)
        asm.mov(scratch, immediate: UInt64(UInt(bitPattern: cache)), w64)
        unlessEqual(HostMap.value, field(\.selector))
        asm.load(addend, HostMap.core(CoreOffset.tableBase), w64)
        unlessEqual(addend, field(\.tableBase))
        asm.zeroExtend(addend, HostMap.core(CoreOffset.tableLimit), from: .word)
        unlessEqual(addend, field(\.tableLimit))
        asm.load(HostMap.linear, field(\.address), w64)
        let descriptor = probe(NativeSite.read, 8, at: range.lowerBound)
        asm.load(addend, descriptor, w64)
        asm.mov(scratch, immediate: UInt64(UInt(bitPattern: cache)), w64)
        unlessEqual(addend, field(\.descriptor))
        let copies: [(HostOperand, Int)] = [
            (field(\.register), CoreOffset.selector(number)), (field(\.register, 8), CoreOffset.base(number)),
            (field(\.window), CoreOffset.windowBase(number)), (field(\.window, 8), CoreOffset.windowTop(number, writes: false)),
            (field(\.window, 16), CoreOffset.windowTop(number, writes: true)),
        ]
        for (source, destination) in copies {
            asm.load(addend, source, w64)
            asm.store(HostMap.core(destination), addend, w64)
        }
    }

    // MARK: Far transfers of real mode

    /// CALL ptr16:16 and ptr16:32.
    mutating func lowerFarCall(orTo other: Assembler.Label) -> Bool {
        let i = instruction
        let size = Int32(truncatingIfNeeded: i.operandSize.bytes)
        let target = i.immediate & (i.operandSize == .word ? 0xFFFF : 0xFFFF_FFFF)
        requireReal(orTo: other)
        var memory = stackAccess(
            HostMap.stackPointer, -2 * size, NativeSite.write, size == 2 ? .doubleword : .quadword, at: range.lowerBound)
        asm.store(memory, immediate: nextRIP, i.operandSize)
        memory.displacement += size
        asm.zeroExtend(HostMap.scratch, HostMap.core(CoreOffset.selector(1)), from: .word)
        asm.store(memory, HostMap.scratch, i.operandSize)
        setStackPointer(from: HostMap.stackPointer, -2 * size, at: range.lowerBound)
        asm.store(HostMap.core(CoreOffset.selector(1)), immediate: UInt64(i.immediate2), w16)
        let base = UInt64(i.immediate2) << 4
        asm.mov(HostMap.scratch, immediate: base, w32)
        asm.store(HostMap.core(CoreOffset.base(1)), HostMap.scratch, w64)
        asm.store(HostMap.core(CoreOffset.windowBase(1)), HostMap.scratch, w64)
        openCodeWindow()
        if base == block.pointee.csBase { go(to: target) } else { goOutside(target, isFar: true) }
        return true
    }

    /// RET far to the segment that it is in.
    mutating func lowerFarReturn(orTo other: Assembler.Label) -> Bool {
        let i = instruction
        let size = Int32(truncatingIfNeeded: i.operandSize.bytes)
        let (value, scratch, addend) = (HostMap.value, HostMap.scratch, HostMap.addend)
        requireReal(orTo: other)
        var memory = stackAccess(
            HostMap.stackPointer, 0, NativeSite.read, size == 2 ? .doubleword : .quadword, at: range.lowerBound)
        asm.zeroExtend(value, memory, from: i.operandSize)
        memory.displacement += size
        asm.zeroExtend(scratch, memory, from: .word)
        asm.alu(.cmp, value, immediate: UInt64(block.pointee.csLimit), w32)
        asm.jump(if: HostCondition.above, other)
        asm.mov(addend, scratch, w32)
        asm.shift(.shl, addend, by: 4, w32)
        asm.alu(.cmp, addend, immediate: block.pointee.csBase, w32)
        asm.jump(if: HostCondition.notEqual, other)
        asm.store(HostMap.core(CoreOffset.selector(1)), scratch, w16)
        openCodeWindow()
        let released = i.kind0 == .immediate ? Int32(truncatingIfNeeded: i.immediate & 0xFFFF) : 0
        setStackPointer(from: HostMap.stackPointer, 2 * size + released, at: range.lowerBound)
        asm.mov(addend, value, w32)
        goIndirect(context: context)
        return true
    }

    /// Makes the rest of CS, besides the base, of a paragraph number.
    private mutating func openCodeWindow() {
        asm.mov(HostMap.scratch, immediate: UInt64(block.pointee.csLimit) + 1, w32)
        asm.store(HostMap.core(CoreOffset.windowTop(1, writes: false)), HostMap.scratch, w64)
        asm.store(HostMap.core(CoreOffset.windowTop(1, writes: true)), HostMap.scratch, w64)
        setParagraphRights(1, 0x9B)
    }
}
