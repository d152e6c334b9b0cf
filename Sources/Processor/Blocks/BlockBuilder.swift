import Wiring
import X86

/// From CS:RIP to a block that can run.
extension CPU {
    /// The block at CS:RIP under the current mode, if the jump cache has it.
    @inline(__always)
    var guessedBlock: BlockHandle? {
        let rip = core.pointee.state.rip
        let linear = core.wrapped(core.pointee.state.cs.base &+ rip)
        guard let guess = places.guess(linear: linear), guess.pointee.rip == rip, guess.pointee.mode == core.pointee.mode,
            guess.pointee.csBase == core.pointee.state.cs.base, guess.pointee.csLimit == core.pointee.state.cs.limit
        else { return nil }
        return guess
    }

    /// The block at CS:RIP under the current mode. Throws what fetching its first instruction throws.
    package func block() throws(Fault) -> BlockHandle {
        if let guessedBlock { return guessedBlock }
        let rip = core.pointee.state.rip
        let linear = core.wrapped(core.pointee.state.cs.base &+ rip)
        guard bytesInSegment > 0 else { throw Fault.GP(0) }
        let page = try fetchPage(linear)
        var key = key(at: linear, in: page)
        if page.host == nil {
            key.isTransient = true
        } else if let found = try known(key, at: linear) {
            return found
        }
        return try build(&key, page, linear)
    }

    /// The block at CS:RIP under the current mode, if it has been built. Throws what fetching its first instruction throws.
    func knownBlock() throws(Fault) -> BlockHandle? {
        if let guessedBlock { return guessedBlock }
        let rip = core.pointee.state.rip
        guard bytesInSegment > 0 else { throw Fault.GP(0) }
        let linear = core.wrapped(core.pointee.state.cs.base &+ rip)
        return try known(key(at: linear, in: try fetchPage(linear)), at: linear)
    }

    private func key(at linear: UInt64, in page: FetchTLBEntry) -> Block {
        var key = Block(ops: blocks.opsForNewBlock())
        key.physical = page.physical | (linear & 0xFFF)
        key.rip = core.pointee.state.rip
        key.csBase = core.pointee.state.cs.base
        key.csLimit = core.pointee.state.cs.limit
        key.mode = core.pointee.mode
        if key.mode.contains(.stops) { key.owner = UInt8(truncatingIfNeeded: number) }
        return key
    }

    private func known(_ key: Block, at linear: UInt64) throws(Fault) -> BlockHandle? {
        let last = places.last(linear: linear).flatMap { $0.pointee.hasKey(of: key) ? $0 : nil }
        guard let found = last ?? blocks.find(key) else { return nil }
        // The bytes on a second page may be others than when it was decoded.
        if found.pointee.secondPage != 0,
            try fetchPage(core.wrapped((linear & ~0xFFF) &+ 0x1000)).physical != found.pointee.secondPage
        {
            return nil
        }
        places.remember(found, linear: linear, term(of: found))
        return found
    }

    /// The page at a linear address, checked for execution.
    private func fetchPage(_ linear: UInt64) throws(Fault) -> FetchTLBEntry {
        let isUser = core.pointee.state.cpl == 3
        let tag = linear & ~0xFFF
        let known = (isUser ? userTLB : supervisorTLB).fetch + FetchTLBEntry.slot(linear)
        if known.pointee.tag == tag { return known.pointee }
        let translation = try translate(linear, .execute)
        let physical = translation.physical & ~0xFFF
        let entry = FetchTLBEntry(
            tag: tag, physical: physical, span: translation.span, isGlobal: translation.isGlobal, host: bus.page(at: physical).read)
        if isUser { userTLB.enter(entry) } else { supervisorTLB.enter(entry) }
        return entry
    }

    /// Tells how long it may be remembered that a linear address leads to the block; notes that somebody does.
    package func term(of block: BlockHandle) -> LinkTerm {
        let linear = core.wrapped(block.pointee.csBase &+ block.pointee.rip)
        let isLasting = noteLinked(linear)
        guard block.pointee.secondPage != 0 else { return isLasting ? .lasting : .passing }
        return noteLinked(core.wrapped((linear & ~0xFFF) &+ 0x1000)) && isLasting ? .lasting : .passing
    }

    /// Notes that it is remembered where the page at a linear address leads. True if that stays when CR3 is written.
    private func noteLinked(_ linear: UInt64) -> Bool {
        let entry = (core.pointee.state.cpl == 3 ? userTLB : supervisorTLB).fetch[FetchTLBEntry.slot(linear)]
        guard entry.tag == linear & ~0xFFF else {
            linkedPages.insert(linear, span: model.features.hasGigabytePages ? .max : 0x40_0000)
            return false
        }
        linkedPages.insert(linear, span: entry.span)
        return entry.isGlobal
    }

    private func build(
        _ key: inout Block, _ page: FetchTLBEntry, _ linear: UInt64
    ) throws(Fault) -> BlockHandle {
        let decoder = decoder(for: key.mode)
        let start = linear & 0xFFF
        let inSegment = bytesInSegment
        let longest = longestBlock
        var offset: UInt64 = 0
        var count = 0
        while count < longest {
            let inPage = 0x1000 &- start &- min(offset, 0x1000 &- start)
            if inPage == 0 || offset >= inSegment { break }
            var i: Instruction
            var spillsOver = false
            if let host = page.host {
                let address = host + Int(truncatingIfNeeded: start &+ offset)
                i = decoder.decode(
                    UnsafePointer(address.assumingMemoryBound(to: UInt8.self)),
                    available: Int(truncatingIfNeeded: min(inPage, inSegment &- offset)))
            } else {
                i = decodeFromDevice(decoder, key.physical &+ offset, min(inPage, inSegment &- offset))
            }
            if i.operation == .truncated {
                // The bytes end with the segment, or go on in the next page.
                if count > 0 { break }
                guard inSegment > inPage else { throw Fault.GP(0) }
                (i, key.secondPage) = try decodeAcross(decoder, page, linear, inPage, inSegment)
                if i.operation == .truncated { throw Fault.GP(0) }
                spillsOver = true
            }
            if core.pointee.mode.contains(.stops),
                isStop(linear: linear &+ offset, physical: key.physical &+ offset, rip: key.rip &+ offset, i)
            {
                if count > 0 { break }
                // Not kept, not linked, not translated: engines come back before each use.
                key.isTransient = true
            }
            let op = key.ops + count
            op.pointer.initialize(
                to: Op(i, at: UInt16(truncatingIfNeeded: offset), index: UInt16(truncatingIfNeeded: count), key.mode, isAlone))
            count += 1
            offset &+= UInt64(i.length)
            if spillsOver || key.isTransient || op.pointee.handler.endsBlock { break }
        }
        key.count = UInt32(truncatingIfNeeded: count)
        key.byteCount = UInt32(truncatingIfNeeded: offset)
        let sentinel = key.ops + count
        sentinel.pointer.initialize(to: Op())
        sentinel.pointee.handler = .next
        sentinel.pointee.offset = UInt16(truncatingIfNeeded: offset)
        sentinel.pointee.index = UInt16(truncatingIfNeeded: count)
        return keep(key, page, linear)
    }

    /// Bytes that the code segment still has, from RIP on; 0 where there is no code. 64-bit code has no limit: it ends with the canonical
    /// addresses.
    private var bytesInSegment: UInt64 {
        let rip = core.pointee.state.rip
        guard core.pointee.mode.contains(.code64) else {
            let limit = UInt64(core.pointee.state.cs.limit)
            return rip <= limit ? limit &- rip &+ 1 : 0
        }
        return AddressSpace.isCanonical(rip) ? (rip &>> 63 == 0 ? 0x8000_0000_0000 : 0) &- rip : 0
    }

    private func decoder(for mode: Mode) -> Decoder {
        mode.contains(.code64) ? decoder64 : mode.contains(.code32) ? decoder32 : decoder16
    }

    /// Decodes again the instruction that all bytes of a write, which has been made, belong to, and puts it into its place in the block.
    /// False when the block has to be dropped: more than that instruction changes, or it is the running one.
    func refresh(_ block: BlockHandle, writtenAt physical: UInt64, count: UInt64, by running: OpHandle)
        -> Bool
    {
        guard let start = block.pointee.offset(of: physical), !block.pointee.mode.contains(.stops) else { return false }
        var op = block.pointee.ops
        while op.pointee.end <= start { op += 1 }
        guard start &+ count <= op.pointee.end, op != running, op != core.pointee.patched else { return false }
        let instruction = decodeAgain(op, of: block)
        guard instruction.operation != .truncated, instruction.length == op.pointee.instruction.length else { return false }
        // What is known of an instruction beforehand does not depend on its immediate operand, which is what is patched most often.
        var new = op.pointee
        new.instruction = instruction
        if !instruction.equalsBesidesImmediate(op.pointee.instruction) {
            new = Op(instruction, at: op.pointee.offset, index: op.pointee.index, block.pointee.mode, isAlone)
        }
        if UInt32(op.pointee.index) + 1 == block.pointee.count {
            // Successors are remembered for the transfer that it was, which may have led to another code segment.
            (block.pointee.link0, block.pointee.link1) = (Link(), Link())
        } else if new.handler.endsBlock {
            return false
        }
        let old = op.pointee.changes
        // What is no instruction has no row of its own.
        let isSameRow =
            new.instruction.row == op.pointee.instruction.row && new.instruction.operation == op.pointee.instruction.operation
        let isInTranslations = old.areInCode || old.isRowInCode && !isSameRow
        new.changes = old.counted(keepingCode: !isInTranslations)
        op.pointee = new
        block.pointee.callsSinceChange = 0
        blocks.changed(block, isInTranslations: isInTranslations)
        return true
    }

    private func decodeAgain(_ op: OpHandle, of block: BlockHandle) -> Instruction {
        let decoder = decoder(for: block.pointee.mode)
        let length = Int(op.pointee.instruction.length)
        let start = block.pointee.physical &+ UInt64(op.pointee.offset)
        if block.pointee.secondPage == 0, let page = bus.page(at: start & ~0xFFF).read {
            let bytes = page + Int(truncatingIfNeeded: start & 0xFFF)
            return decoder.decode(UnsafePointer(bytes.assumingMemoryBound(to: UInt8.self)), available: length)
        }
        var bytes: InlineArray<16, UInt8> = .init(repeating: 0)
        let inFirst = 0x1000 &- (start & 0xFFF)
        for index in 0..<length {
            let offset = UInt64(truncatingIfNeeded: index)
            let physical = offset < inFirst ? start &+ offset : block.pointee.secondPage &+ offset &- inFirst
            bytes[index] = UInt8(truncatingIfNeeded: readPhysical(physical, .byte))
        }
        return decode(decoder, bytes, length)
    }

    private func keep(_ key: Block, _ page: FetchTLBEntry, _ linear: UInt64) -> BlockHandle {
        onBlock?(linear, Int(key.byteCount))
        if key.isTransient {
            transientBlock.pointee = key
            return transientBlock
        }
        let block = blocks.insert(key)
        if page.host != nil { places.remember(block, linear: linear, term(of: block)) }
        return block
    }

    private func decodeAcross(
        _ decoder: Decoder, _ page: FetchTLBEntry, _ linear: UInt64, _ inPage: UInt64, _ inSegment: UInt64
    ) throws(Fault) -> (Instruction, UInt64) {
        let second = try fetchPage(core.wrapped((linear & ~0xFFF) &+ 0x1000))
        var bytes: InlineArray<16, UInt8> = .init(repeating: 0)
        let count = Int(truncatingIfNeeded: min(15, inSegment))
        for index in 0..<count {
            let isFirst = UInt64(truncatingIfNeeded: index) < inPage
            let physical =
                isFirst
                ? page.physical &+ (linear & 0xFFF) &+ UInt64(truncatingIfNeeded: index)
                : second.physical &+ UInt64(truncatingIfNeeded: index) &- inPage
            bytes[index] = UInt8(truncatingIfNeeded: readPhysical(physical, .byte))
        }
        return (decode(decoder, bytes, count), second.physical)
    }

    private func decodeFromDevice(_ decoder: Decoder, _ physical: UInt64, _ available: UInt64) -> Instruction {
        var bytes: InlineArray<16, UInt8> = .init(repeating: 0)
        let count = Int(truncatingIfNeeded: min(15, available))
        for index in 0..<count {
            bytes[index] = UInt8(truncatingIfNeeded: readPhysical(physical &+ UInt64(truncatingIfNeeded: index), .byte))
        }
        return decode(decoder, bytes, count)
    }

    private func decode(_ decoder: Decoder, _ bytes: InlineArray<16, UInt8>, _ count: Int) -> Instruction {
        var bytes = bytes
        return withUnsafeBytes(of: &bytes) { raw in
            decoder.decode(raw.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self), available: count)
        }
    }
}

extension Op {
    /// An instruction at its place in a block of `mode`; PAUSE ends it unless the processor `isAlone`.
    @inline(__always)
    fileprivate init(_ instruction: Instruction, at offset: UInt16, index: UInt16, _ mode: Mode, _ isAlone: Bool) {
        self.instruction = instruction
        self.offset = offset
        self.index = index
        assumptions = Assumptions(instruction, mode)
        var traits = Table.traits(of: instruction)
        if !isAlone, instruction.operation == .pause { traits.insert(.endsBlock) }
        handler = Handler.select(for: self, traits: traits)
    }
}

extension Op.Assumptions {
    /// The checks that this instruction can do without, by the mode it is decoded in.
    fileprivate init(_ i: Instruction, _ mode: Mode) {
        self = []
        guard !mode.contains(.alignment) else { return }
        if mode.contains(.flatSS) { insert(.flatStack) }
        if mode.contains(.code64), i.addressSize == .quadword {
            if i.segment != .fs, i.segment != .gs { insert(.flat64) }
            return
        }
        guard i.addressSize == .doubleword, i.base != Instruction.ripRegister else { return }
        let isFlat =
            switch i.segment {
            case .ds: mode.contains(.flatDS)
            case .ss: mode.contains(.flatSS)
            case .es: mode.contains(.flatES)
            default: false
            }
        if isFlat { insert(.flatMemory) }
    }
}
