import X86

/// A block in the intermediate representation.
package struct Intermediate {
    package var nodes: [IRNode]
    package var ending: Ending

    /// The effect of the last instruction on the way on.
    package enum Ending {
        /// Nothing special: the next instruction follows.
        case fallsThrough
        /// A near transfer; `branch` or `branchIf` is the last node.
        case branches
        /// The interpreter executes it; usually the next instruction follows.
        case callsOut
        /// The interpreter executes it, and interrupts, modes and time have to be looked at afterwards.
        case leaves
    }
}

extension CPU {
    /// Reads the block's meaning.
    package func intermediate(of block: BlockHandle) -> Intermediate {
        let builder = IRBuilder()
        builder.nodes.reserveCapacity(Int(block.pointee.count) * 6)
        var ending = Intermediate.Ending.fallsThrough
        for index in 0..<Int(block.pointee.count) {
            let op = block.pointee.ops + index
            var start = IRNode(.instruction)
            start.immediate = UInt64(index)
            _ = builder.append(start)
            ending = op.pointee.handler.ending
            let next = core.truncatedRIP(block.pointee.rip &+ op.pointee.end)
            let reading = Translate(builder: builder, instruction: op.pointee.instruction, next: next)
            if op.pointee.changes.areFrequent { ending = index + 1 == Int(block.pointee.count) ? .leaves : .fallsThrough }
            if op.pointee.changes.areFrequent || ending == .callsOut || ending == .leaves {
                reading.callOut()
            } else {
                reading.perform()
            }
        }
        return Intermediate(nodes: builder.nodes, ending: ending)
    }
}

extension CPU {
    /// The block at `rip` in the same code segment and mode as `block`, which is running or about to run. Only where looking for it
    /// leaves no trace: in pages that have been fetched from already. `heat`: only if it has been entered so often.
    package func neighbour(of block: BlockHandle, at rip: UInt64, heat: Int32) -> BlockHandle? {
        let there = core.wrapped(block.pointee.csBase &+ rip)
        guard blocks.hasRoom(forBlocks: 1), block.pointee.mayReach(rip), isFetchable(there),
            there & 0xFFF <= Block.lastOffsetInPage || isFetchable(there &+ 0x1000)
        else { return nil }
        let saved = core.pointee.state.rip
        core.pointee.state.rip = rip
        defer { core.pointee.state.rip = saved }
        guard let found = heat > 0 || onBlock != nil ? try? knownBlock() : try? self.block(), !found.pointee.isTransient,
            found.pointee.heat >= heat
        else { return nil }
        return found
    }
}

extension Block {
    /// A block that begins behind this offset in a page may reach into the next one: an instruction has 15 bytes at most, and one that reaches there is
    /// a block of its own.
    package static let lastOffsetInPage: UInt64 = 0xFF1

    /// RIP of the byte `offset` bytes behind its first one. EIP has 32 bits outside 64-bit mode.
    package func rip(at offset: UInt64) -> UInt64 {
        let sum = rip &+ offset
        return mode.contains(.code64) ? sum : sum & 0xFFFF_FFFF
    }

    /// RIP of the byte behind it.
    package var end: UInt64 { rip(at: UInt64(byteCount)) }

    /// Tells whether its code may go on at `target`: within the segment's limit, or in 64-bit code at a canonical address.
    package func mayReach(_ target: UInt64) -> Bool {
        mode.contains(.code64) ? AddressSpace.isCanonical(target) : target <= UInt64(csLimit)
    }
}

extension CPU {
    /// The page has been fetched from under the current privilege level.
    private func isFetchable(_ linear: UInt64) -> Bool {
        let tlb = core.pointee.state.cpl == 3 ? userTLB : supervisorTLB
        return tlb.fetch[FetchTLBEntry.slot(linear)].tag == linear & ~0xFFF
    }
}

extension Translate {
    fileprivate func perform() {
        // Nothing that translates throws.
        switch instruction.operandSize {
        case .byte: try? Semantics.perform(self, Byte.self)
        case .word: try? Semantics.perform(self, Word.self)
        case .doubleword: try? Semantics.perform(self, Doubleword.self)
        case .quadword: try? Semantics.perform(self, Quadword.self)
        }
    }
}

extension Handler {
    fileprivate var ending: Intermediate.Ending {
        switch self {
        case .branchWord, .branchDoubleword, .branchQuadword, .jcc32, .jmp32, .call32, .ret32: .branches
        case .linkedByte, .linkedWord, .linkedDoubleword, .linkedQuadword, .inByte, .outByte: .callsOut
        case .endByte, .endWord, .endDoubleword, .endQuadword: .leaves
        default: .fallsThrough
        }
    }
}
