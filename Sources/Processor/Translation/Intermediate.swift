import X86

/// A block in the intermediate representation.
package struct Intermediate {
    package var nodes: [IRNode]
    package var ending: Ending

    /// What the last instruction does.
    package enum Ending {
        /// Nothing special: the next instruction follows.
        case fallsThrough
        /// A near transfer; `branch` or `branchIf` is the last node.
        case branches
        /// The interpreter executes it; usually the next instruction follows.
        case callsOut
        /// The same, but interrupts, modes and time have to be looked at afterwards.
        case leaves
    }
}

extension CPU {
    /// What the block means.
    package func intermediate(of block: UnsafeMutablePointer<Block>) -> Intermediate {
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
            if ending == .callsOut || ending == .leaves {
                reading.callOut()
            } else {
                reading.perform()
            }
        }
        return Intermediate(nodes: builder.nodes, ending: ending)
    }
}

extension CPU {
    /// The block at `rip` in the same page, code segment and mode as `block`, which is running or about to run.
    package func neighbour(of block: UnsafeMutablePointer<Block>, at rip: UInt64) -> UnsafeMutablePointer<Block>? {
        let here = block.pointee.csBase &+ block.pointee.rip
        let there = (block.pointee.csBase &+ rip) & 0xFFFF_FFFF
        guard here & ~0xFFF == there & ~0xFFF, block.pointee.secondPage == 0, blocks.hasRoom(forBlocks: 1) else { return nil }
        let saved = core.pointee.state.rip
        core.pointee.state.rip = rip
        defer { core.pointee.state.rip = saved }
        guard let found = try? self.block(), found.pointee.secondPage == 0,
            !found.pointee.isTransient, found.pointee.physical & ~0xFFF == block.pointee.physical & ~0xFFF
        else { return nil }
        return found
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
        case .linkedByte, .linkedWord, .linkedDoubleword, .inByte, .outByte: .callsOut
        case .endByte, .endWord, .endDoubleword, .endQuadword: .leaves
        default: .fallsThrough
        }
    }
}
