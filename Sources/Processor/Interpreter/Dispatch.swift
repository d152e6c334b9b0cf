import X86

/// The interpreter's inner loop. Measured: an exhaustive switch over decoded instructions in a loop, state behind a pointer.
///
/// It knows nothing of faults' delivery, interrupts, modes and time limits: it leaves to `CPU.run(until:)` for all of them.
enum Dispatch {
    /// The reason why the loop was left.
    enum Exit {
        /// At an instruction boundary; RIP and ticks are exact.
        case boundary
        /// `fault` was raised by the instruction at RIP, which has done nothing.
        case fault(Fault)
    }

    /// Runs `first` and whatever can be reached from it without looking at anything but the tick limit.
    static func run(_ core: CoreHandle, _ first: BlockHandle) -> Exit {
        var block = first
        var op = block.pointee.ops
        core.pointee.block = block
        do throws(Fault) {
            while true {
                switch op.pointee.handler {
                case .leave:
                    leave(core, block, op)
                    return .boundary
                case .next:
                    core.pointee.state.rip = core.afterRIP(block, op)
                    guard let successor = follow(core, block) else { return .boundary }
                    block = successor
                    op = block.pointee.ops
                    continue
                case .byte: try any(core, op, Byte.self)
                case .word: try any(core, op, Word.self)
                case .doubleword: try any(core, op, Doubleword.self)
                case .quadword: try any(core, op, Quadword.self)
                case .x87: try core.executeX87(op)
                case .branchWord, .branchDoubleword, .branchQuadword, .jcc32, .jmp32, .call32, .ret32:
                    core.pointee.state.rip = core.afterRIP(block, op)
                    switch op.pointee.handler {
                    case .jcc32: try Semantics.jcc(Execute<RI>(core, op), Doubleword.self)
                    case .jmp32: try Semantics.jmp(Execute<RI>(core, op), Doubleword.self)
                    case .call32: try Semantics.call(Execute<RI>(core, op), Doubleword.self)
                    case .ret32: try Semantics.ret(Execute<RI>(core, op), Doubleword.self)
                    case .branchWord: try any(core, op, Word.self)
                    case .branchDoubleword: try any(core, op, Doubleword.self)
                    default: try any(core, op, Quadword.self)
                    }
                    guard let successor = follow(core, block) else { return .boundary }
                    block = successor
                    op = block.pointee.ops
                    continue
                case .linkedByte, .linkedWord, .linkedDoubleword, .linkedQuadword, .inByte, .outByte:
                    core.pointee.state.rip = core.afterRIP(block, op)
                    switch op.pointee.handler {
                    case .inByte: try core.pointee.cpu.portIn(Execute(core, op), Byte.self)
                    case .outByte: try core.pointee.cpu.portOut(Execute(core, op), Byte.self)
                    case .linkedByte: try any(core, op, Byte.self)
                    case .linkedWord: try any(core, op, Word.self)
                    case .linkedDoubleword: try any(core, op, Doubleword.self)
                    default: try any(core, op, Quadword.self)
                    }
                    guard let successor = followInMode(core, block) else { return .boundary }
                    block = successor
                    op = block.pointee.ops
                    continue
                case .endByte, .endWord, .endDoubleword, .endQuadword:
                    core.pointee.state.rip = core.afterRIP(block, op)
                    switch op.pointee.handler {
                    case .endByte: try any(core, op, Byte.self)
                    case .endWord: try any(core, op, Word.self)
                    case .endDoubleword: try any(core, op, Doubleword.self)
                    default: try any(core, op, Quadword.self)
                    }
                    core.pointee.ticks &+= UInt64(truncatingIfNeeded: block.pointee.count)
                    return .boundary

                case .add8RR: try Semantics.add(Execute<RR>(core, op), Byte.self)
                case .add8RM: try Semantics.add(Execute<RM>(core, op), Byte.self)
                case .add8MR: try Semantics.add(Execute<MR>(core, op), Byte.self)
                case .add8RI: try Semantics.add(Execute<RI>(core, op), Byte.self)
                case .add8MI: try Semantics.add(Execute<MI>(core, op), Byte.self)
                case .add16RR: try Semantics.add(Execute<RR>(core, op), Word.self)
                case .add16RM: try Semantics.add(Execute<RM>(core, op), Word.self)
                case .add16MR: try Semantics.add(Execute<MR>(core, op), Word.self)
                case .add16RI: try Semantics.add(Execute<RI>(core, op), Word.self)
                case .add16MI: try Semantics.add(Execute<MI>(core, op), Word.self)
                case .add32RR: try Semantics.add(Execute<RR>(core, op), Doubleword.self)
                case .add32RM: try Semantics.add(Execute<RM>(core, op), Doubleword.self)
                case .add32MR: try Semantics.add(Execute<MR>(core, op), Doubleword.self)
                case .add32RI: try Semantics.add(Execute<RI>(core, op), Doubleword.self)
                case .add32MI: try Semantics.add(Execute<MI>(core, op), Doubleword.self)
                case .adc32RR: try Semantics.adc(Execute<RR>(core, op), Doubleword.self)
                case .adc32RM: try Semantics.adc(Execute<RM>(core, op), Doubleword.self)
                case .adc32MR: try Semantics.adc(Execute<MR>(core, op), Doubleword.self)
                case .adc32RI: try Semantics.adc(Execute<RI>(core, op), Doubleword.self)
                case .sub8RR: try Semantics.sub(Execute<RR>(core, op), Byte.self)
                case .sub8RM: try Semantics.sub(Execute<RM>(core, op), Byte.self)
                case .sub8MR: try Semantics.sub(Execute<MR>(core, op), Byte.self)
                case .sub8RI: try Semantics.sub(Execute<RI>(core, op), Byte.self)
                case .sub8MI: try Semantics.sub(Execute<MI>(core, op), Byte.self)
                case .sub16RR: try Semantics.sub(Execute<RR>(core, op), Word.self)
                case .sub16RM: try Semantics.sub(Execute<RM>(core, op), Word.self)
                case .sub16MR: try Semantics.sub(Execute<MR>(core, op), Word.self)
                case .sub16RI: try Semantics.sub(Execute<RI>(core, op), Word.self)
                case .sub32RR: try Semantics.sub(Execute<RR>(core, op), Doubleword.self)
                case .sub32RM: try Semantics.sub(Execute<RM>(core, op), Doubleword.self)
                case .sub32MR: try Semantics.sub(Execute<MR>(core, op), Doubleword.self)
                case .sub32RI: try Semantics.sub(Execute<RI>(core, op), Doubleword.self)
                case .sub32MI: try Semantics.sub(Execute<MI>(core, op), Doubleword.self)
                case .sbb32RR: try Semantics.sbb(Execute<RR>(core, op), Doubleword.self)
                case .sbb32RM: try Semantics.sbb(Execute<RM>(core, op), Doubleword.self)
                case .sbb32MR: try Semantics.sbb(Execute<MR>(core, op), Doubleword.self)
                case .sbb32RI: try Semantics.sbb(Execute<RI>(core, op), Doubleword.self)
                case .cmp8RR: try Semantics.cmp(Execute<RR>(core, op), Byte.self)
                case .cmp8RM: try Semantics.cmp(Execute<RM>(core, op), Byte.self)
                case .cmp8MR: try Semantics.cmp(Execute<MR>(core, op), Byte.self)
                case .cmp8RI: try Semantics.cmp(Execute<RI>(core, op), Byte.self)
                case .cmp8MI: try Semantics.cmp(Execute<MI>(core, op), Byte.self)
                case .cmp16RR: try Semantics.cmp(Execute<RR>(core, op), Word.self)
                case .cmp16RM: try Semantics.cmp(Execute<RM>(core, op), Word.self)
                case .cmp16MR: try Semantics.cmp(Execute<MR>(core, op), Word.self)
                case .cmp16RI: try Semantics.cmp(Execute<RI>(core, op), Word.self)
                case .cmp16MI: try Semantics.cmp(Execute<MI>(core, op), Word.self)
                case .cmp32RR: try Semantics.cmp(Execute<RR>(core, op), Doubleword.self)
                case .cmp32RM: try Semantics.cmp(Execute<RM>(core, op), Doubleword.self)
                case .cmp32MR: try Semantics.cmp(Execute<MR>(core, op), Doubleword.self)
                case .cmp32RI: try Semantics.cmp(Execute<RI>(core, op), Doubleword.self)
                case .cmp32MI: try Semantics.cmp(Execute<MI>(core, op), Doubleword.self)
                case .and8RR: try Semantics.and(Execute<RR>(core, op), Byte.self)
                case .and8RM: try Semantics.and(Execute<RM>(core, op), Byte.self)
                case .and8MR: try Semantics.and(Execute<MR>(core, op), Byte.self)
                case .and8RI: try Semantics.and(Execute<RI>(core, op), Byte.self)
                case .and8MI: try Semantics.and(Execute<MI>(core, op), Byte.self)
                case .and16RR: try Semantics.and(Execute<RR>(core, op), Word.self)
                case .and16RM: try Semantics.and(Execute<RM>(core, op), Word.self)
                case .and16MR: try Semantics.and(Execute<MR>(core, op), Word.self)
                case .and16RI: try Semantics.and(Execute<RI>(core, op), Word.self)
                case .and32RR: try Semantics.and(Execute<RR>(core, op), Doubleword.self)
                case .and32RM: try Semantics.and(Execute<RM>(core, op), Doubleword.self)
                case .and32MR: try Semantics.and(Execute<MR>(core, op), Doubleword.self)
                case .and32RI: try Semantics.and(Execute<RI>(core, op), Doubleword.self)
                case .and32MI: try Semantics.and(Execute<MI>(core, op), Doubleword.self)
                case .or8RR: try Semantics.or(Execute<RR>(core, op), Byte.self)
                case .or8RM: try Semantics.or(Execute<RM>(core, op), Byte.self)
                case .or8MR: try Semantics.or(Execute<MR>(core, op), Byte.self)
                case .or8RI: try Semantics.or(Execute<RI>(core, op), Byte.self)
                case .or8MI: try Semantics.or(Execute<MI>(core, op), Byte.self)
                case .or16RR: try Semantics.or(Execute<RR>(core, op), Word.self)
                case .or16RM: try Semantics.or(Execute<RM>(core, op), Word.self)
                case .or16MR: try Semantics.or(Execute<MR>(core, op), Word.self)
                case .or16RI: try Semantics.or(Execute<RI>(core, op), Word.self)
                case .or32RR: try Semantics.or(Execute<RR>(core, op), Doubleword.self)
                case .or32RM: try Semantics.or(Execute<RM>(core, op), Doubleword.self)
                case .or32MR: try Semantics.or(Execute<MR>(core, op), Doubleword.self)
                case .or32RI: try Semantics.or(Execute<RI>(core, op), Doubleword.self)
                case .or32MI: try Semantics.or(Execute<MI>(core, op), Doubleword.self)
                case .xor8RR: try Semantics.xor(Execute<RR>(core, op), Byte.self)
                case .xor8RM: try Semantics.xor(Execute<RM>(core, op), Byte.self)
                case .xor8MR: try Semantics.xor(Execute<MR>(core, op), Byte.self)
                case .xor8RI: try Semantics.xor(Execute<RI>(core, op), Byte.self)
                case .xor8MI: try Semantics.xor(Execute<MI>(core, op), Byte.self)
                case .xor16RR: try Semantics.xor(Execute<RR>(core, op), Word.self)
                case .xor16RM: try Semantics.xor(Execute<RM>(core, op), Word.self)
                case .xor16MR: try Semantics.xor(Execute<MR>(core, op), Word.self)
                case .xor16RI: try Semantics.xor(Execute<RI>(core, op), Word.self)
                case .xor32RR: try Semantics.xor(Execute<RR>(core, op), Doubleword.self)
                case .xor32RM: try Semantics.xor(Execute<RM>(core, op), Doubleword.self)
                case .xor32MR: try Semantics.xor(Execute<MR>(core, op), Doubleword.self)
                case .xor32RI: try Semantics.xor(Execute<RI>(core, op), Doubleword.self)
                case .xor32MI: try Semantics.xor(Execute<MI>(core, op), Doubleword.self)
                case .test8RR: try Semantics.test(Execute<RR>(core, op), Byte.self)
                case .test8MR: try Semantics.test(Execute<MR>(core, op), Byte.self)
                case .test8RI: try Semantics.test(Execute<RI>(core, op), Byte.self)
                case .test8MI: try Semantics.test(Execute<MI>(core, op), Byte.self)
                case .test16RR: try Semantics.test(Execute<RR>(core, op), Word.self)
                case .test16MR: try Semantics.test(Execute<MR>(core, op), Word.self)
                case .test16RI: try Semantics.test(Execute<RI>(core, op), Word.self)
                case .test32RR: try Semantics.test(Execute<RR>(core, op), Doubleword.self)
                case .test32MR: try Semantics.test(Execute<MR>(core, op), Doubleword.self)
                case .test32RI: try Semantics.test(Execute<RI>(core, op), Doubleword.self)
                case .test32MI: try Semantics.test(Execute<MI>(core, op), Doubleword.self)
                case .mov8RR: try Semantics.mov(Execute<RR>(core, op), Byte.self)
                case .mov8RM: try Semantics.mov(Execute<RM>(core, op), Byte.self)
                case .mov8MR: try Semantics.mov(Execute<MR>(core, op), Byte.self)
                case .mov8RI: try Semantics.mov(Execute<RI>(core, op), Byte.self)
                case .mov8MI: try Semantics.mov(Execute<MI>(core, op), Byte.self)
                case .mov16RR: try Semantics.mov(Execute<RR>(core, op), Word.self)
                case .mov16RM: try Semantics.mov(Execute<RM>(core, op), Word.self)
                case .mov16MR: try Semantics.mov(Execute<MR>(core, op), Word.self)
                case .mov16RI: try Semantics.mov(Execute<RI>(core, op), Word.self)
                case .mov16MI: try Semantics.mov(Execute<MI>(core, op), Word.self)
                case .mov32RR: try Semantics.mov(Execute<RR>(core, op), Doubleword.self)
                case .mov32RM: try Semantics.mov(Execute<RM>(core, op), Doubleword.self)
                case .mov32MR: try Semantics.mov(Execute<MR>(core, op), Doubleword.self)
                case .mov32RI: try Semantics.mov(Execute<RI>(core, op), Doubleword.self)
                case .mov32MI: try Semantics.mov(Execute<MI>(core, op), Doubleword.self)
                case .inc8RR: try Semantics.inc(Execute<RR>(core, op), Byte.self)
                case .inc16RR: try Semantics.inc(Execute<RR>(core, op), Word.self)
                case .inc32RR: try Semantics.inc(Execute<RR>(core, op), Doubleword.self)
                case .inc32MR: try Semantics.inc(Execute<MR>(core, op), Doubleword.self)
                case .dec8RR: try Semantics.dec(Execute<RR>(core, op), Byte.self)
                case .dec16RR: try Semantics.dec(Execute<RR>(core, op), Word.self)
                case .dec32RR: try Semantics.dec(Execute<RR>(core, op), Doubleword.self)
                case .dec32MR: try Semantics.dec(Execute<MR>(core, op), Doubleword.self)
                case .neg32RR: try Semantics.neg(Execute<RR>(core, op), Doubleword.self)
                case .not32RR: try Semantics.not(Execute<RR>(core, op), Doubleword.self)
                case .movzx32RR: try Semantics.movzx(Execute<RR>(core, op), Doubleword.self)
                case .movzx32RM: try Semantics.movzx(Execute<RM>(core, op), Doubleword.self)
                case .movsx32RR: try Semantics.movsx(Execute<RR>(core, op), Doubleword.self)
                case .movsx32RM: try Semantics.movsx(Execute<RM>(core, op), Doubleword.self)
                case .lea32RM: try Semantics.lea(Execute<RM>(core, op), Doubleword.self)
                case .lea16RM: try Semantics.lea(Execute<RM>(core, op), Word.self)
                case .imulTruncating32RR: try Semantics.imulTruncating(Execute<RR>(core, op), Doubleword.self)
                case .imulTruncating32RM: try Semantics.imulTruncating(Execute<RM>(core, op), Doubleword.self)
                case .mul32RR: try Semantics.mul(Execute<RR>(core, op), Doubleword.self)
                case .shl32RI: try Semantics.shift(Execute<RI>(core, op), .shl, Doubleword.self)
                case .shl32RR: try Semantics.shift(Execute<RR>(core, op), .shl, Doubleword.self)
                case .shl16RI: try Semantics.shift(Execute<RI>(core, op), .shl, Word.self)
                case .shl8RI: try Semantics.shift(Execute<RI>(core, op), .shl, Byte.self)
                case .shr32RI: try Semantics.shift(Execute<RI>(core, op), .shr, Doubleword.self)
                case .shr32RR: try Semantics.shift(Execute<RR>(core, op), .shr, Doubleword.self)
                case .shr16RI: try Semantics.shift(Execute<RI>(core, op), .shr, Word.self)
                case .shr8RI: try Semantics.shift(Execute<RI>(core, op), .shr, Byte.self)
                case .sar32RI: try Semantics.shift(Execute<RI>(core, op), .sar, Doubleword.self)
                case .sar32RR: try Semantics.shift(Execute<RR>(core, op), .sar, Doubleword.self)
                case .rol32RI: try Semantics.shift(Execute<RI>(core, op), .rol, Doubleword.self)
                case .rol32RR: try Semantics.shift(Execute<RR>(core, op), .rol, Doubleword.self)
                case .ror32RI: try Semantics.shift(Execute<RI>(core, op), .ror, Doubleword.self)
                case .ror32RR: try Semantics.shift(Execute<RR>(core, op), .ror, Doubleword.self)
                case .push32RR: try Semantics.push(Execute<RR>(core, op), Doubleword.self)
                case .push32I: try Semantics.push(Execute<I>(core, op), Doubleword.self)
                case .push32MR: try Semantics.push(Execute<MR>(core, op), Doubleword.self)
                case .push16RR: try Semantics.push(Execute<RR>(core, op), Word.self)
                case .pop32RR: try Semantics.pop(Execute<RR>(core, op), Doubleword.self)
                case .pop16RR: try Semantics.pop(Execute<RR>(core, op), Word.self)
                case .cmovcc32RR: try Semantics.cmovcc(Execute<RR>(core, op), Doubleword.self)
                case .cmovcc32RM: try Semantics.cmovcc(Execute<RM>(core, op), Doubleword.self)
                case .setcc8RR: try Semantics.setcc(Execute<RR>(core, op))
                case .xchg32RR: try Semantics.xchg(Execute<RR>(core, op), Doubleword.self)
                }
                op += 1
            }
        } catch {
            leave(core, block, op)
            return .fault(error)
        }
    }

    /// Any instruction, by the definition itself.
    @inline(never)
    static func any<W: OperandWidth>(
        _ core: CoreHandle, _ op: OpHandle, _ w: W.Type
    ) throws(Fault) {
        try Semantics.perform(Execute<AnyForm>(core, op), w)
    }

    /// Any instruction, at its own width.
    private static func any(_ core: CoreHandle, _ op: OpHandle) throws(Fault) {
        switch op.pointee.instruction.operandSize {
        case .byte: try any(core, op, Byte.self)
        case .word: try any(core, op, Word.self)
        case .doubleword: try any(core, op, Doubleword.self)
        case .quadword: try any(core, op, Quadword.self)
        }
    }

    /// Does what `single` does, for an instruction that is defined by a method of the processor.
    static func calledOut(
        _ core: CoreHandle, _ block: BlockHandle, _ op: OpHandle
    ) -> Fault? {
        core.pointee.state.rip = core.afterRIP(block, op)
        do throws(Fault) {
            try any(core, op)
        } catch {
            leave(core, block, op)
            return error
        }
        core.pointee.ticks &+= UInt64(truncatingIfNeeded: op.pointee.index) &+ 1
        return nil
    }

    /// Executes one instruction of a block, for translated code. Afterwards RIP and ticks are exact; with a fault, those before it.
    @inline(never)
    static func single(
        _ core: CoreHandle, _ block: BlockHandle, _ op: OpHandle
    ) -> Fault? {
        let handler = op.pointee.handler
        if handler.endsBlock { core.pointee.state.rip = core.afterRIP(block, op) }
        do throws(Fault) {
            switch handler {
            case .x87: try core.executeX87(op)
            case .inByte: try core.pointee.cpu.portIn(Execute(core, op), Byte.self)
            case .outByte: try core.pointee.cpu.portOut(Execute(core, op), Byte.self)
            default: try any(core, op)
            }
        } catch {
            leave(core, block, op)
            return error
        }
        if handler.endsBlock {
            core.pointee.ticks &+= UInt64(truncatingIfNeeded: block.pointee.count)
        } else {
            core.pointee.state.rip = core.afterRIP(block, op)
            core.pointee.ticks &+= UInt64(truncatingIfNeeded: op.pointee.index) &+ 1
        }
        return nil
    }

    /// RIP and ticks as they are before `op`.
    static func leave(
        _ core: CoreHandle, _ block: BlockHandle, _ op: OpHandle
    ) {
        core.pointee.state.rip = core.truncatedRIP(core.pointee.entryRIP &+ UInt64(truncatingIfNeeded: op.pointee.offset))
        core.pointee.ticks &+= UInt64(truncatingIfNeeded: op.pointee.index)
    }

    /// The block is done and RIP is where to go: the linked successor, if it may begin now.
    @inline(__always)
    private static func follow(
        _ core: CoreHandle, _ block: BlockHandle
    ) -> BlockHandle? {
        core.pointee.ticks &+= UInt64(truncatingIfNeeded: block.pointee.count)
        let rip = core.pointee.state.rip
        if let target = block.pointee.link0.target, target.pointee.rip == rip,
            block.pointee.link0.generation == core.pointee.generation || block.pointee.link0.generation == Link.always
        {
            return enter(core, target)
        }
        if let target = block.pointee.link1.target, target.pointee.rip == rip,
            block.pointee.link1.generation == core.pointee.generation || block.pointee.link1.generation == Link.always
        {
            return enter(core, target)
        }
        guard let target = core.pointee.link(block) else { return nil }
        return enter(core, target)
    }

    /// `follow`, where the instruction may have changed the mode or CS: links are for the mode of their block, and lead to one CS.
    @inline(never)
    private static func followInMode(
        _ core: CoreHandle, _ block: BlockHandle
    ) -> BlockHandle? {
        guard block.pointee.mode == core.pointee.mode, !core.pointee.state.eflags.contains(.RF) else {
            core.pointee.ticks &+= UInt64(truncatingIfNeeded: block.pointee.count)
            return nil
        }
        guard let target = follow(core, block) else { return nil }
        let cs = core.segment(.cs)
        return target.pointee.csBase == cs.pointee.base && target.pointee.csLimit == cs.pointee.limit ? target : nil
    }

    @inline(__always)
    private static func enter(
        _ core: CoreHandle, _ target: BlockHandle
    ) -> BlockHandle? {
        guard core.pointee.ticks &+ UInt64(truncatingIfNeeded: target.pointee.count) <= core.pointee.limit else { return nil }
        target.pointee.heat &+= 1
        if target.pointee.heat >= core.pointee.threshold { return nil }
        core.pointee.block = target
        core.pointee.entryRIP = target.pointee.rip
        return target
    }
}
