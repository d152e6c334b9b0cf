import X86

/// The operations that primitives cannot say, by their methods.
extension CPU {
    /// Called by every reading for what `Semantics.perform` does not list.
    @inline(never)
    func callOut(_ op: UnsafeMutablePointer<Op>) throws(Fault) {
        if op.pointee.instruction.operation.isPacked { return try SSEUnit(r: Execute(core, op)).execute() }
        switch op.pointee.instruction.operandSize {
        case .byte: try callOut(op, Byte.self)
        case .word: try callOut(op, Word.self)
        case .doubleword: try callOut(op, Doubleword.self)
        case .quadword: try callOut(op, Quadword.self)
        }
        // ENTER, PUSHA and the accessed bit of a descriptor write without saying for which instruction.
        if let block = core.pointee.block, block.pointee.rip == Block.invalidRIP { core.leaveAfter(op) }
    }

    private func callOut<W: OperandWidth>(_ op: UnsafeMutablePointer<Op>, _ w: W.Type) throws(Fault) {
        let r = Execute<AnyForm>(core, op)
        let i = op.pointee.instruction
        switch i.operation {
        case .invalidOpcode, .ud0, .ud1, .ud2, .rsm: throw Fault.UD
        case .tooLong, .truncated: throw Fault.GP(0)

        case .cmpxchg: try cmpxchg(r, w)
        case .cmpxchg8b: try cmpxchg8b(r)
        case .cmpxchg16b: try cmpxchg16b(r)
        case .daa: decimalAdjust(afterSubtraction: false)
        case .das: decimalAdjust(afterSubtraction: true)
        case .aaa: asciiAdjust(afterSubtraction: false)
        case .aas: asciiAdjust(afterSubtraction: true)
        case .aam: try aam(UInt8(truncatingIfNeeded: i.immediate))
        case .aad: aad(UInt8(truncatingIfNeeded: i.immediate))
        case .salc: core.setRegister(0, core.pointee.lazy.CF ? 0xFF : 0, Byte.self)
        case .bt: try bitString(r, .test, w)
        case .bts: try bitString(r, .set, w)
        case .btr: try bitString(r, .reset, w)
        case .btc: try bitString(r, .complement, w)
        case .bsf: try bitScan(r, reverse: false, w)
        case .bsr: try bitScan(r, reverse: true, w)
        case .lzcnt: try countZeros(r, leading: true, w)
        case .tzcnt: try countZeros(r, leading: false, w)
        case .popcnt: try popcnt(r, w)
        case .movbe: try movbe(r, w)
        // The operand size is that of the destination.
        case .crc32 where i.opcode == 0xF0: try crc32(r, Byte.self)
        case .crc32: try crc32(r, w)

        case .andn, .bextr, .blsi, .blsmsk, .blsr, .bzhi, .mulx, .pdep, .pext, .rorx, .sarx, .shlx, .shrx, .adcx, .adox:
            try manipulateBits(r, w)

        case .pop: try popToMemory(r, w)
        case .pusha: try pusha(w)
        case .popa: try popa(w)
        case .enter: try enter(r, w)
        case .popSegment: try popSegment(r, w)
        case .pushf: try pushf(r, w)
        case .popf: try popf(r, w)

        case .movs, .cmps, .stos, .lods, .scas, .ins, .outs: try repeated(r, w)
        case .in: try portIn(r, w)
        case .out: try portOut(r, w)
        case .pause: pause()
        case .cli: try setInterruptFlag(false)
        case .sti: try setInterruptFlag(true)

        case .jmpFar: try jmpFar(i.immediate2, W.truncate(i.immediate), w)
        case .callFar: try callFar(i.immediate2, W.truncate(i.immediate), w)
        case .jmpFarIndirect:
            let (offset, selector) = try farPointer(r, w)
            try jmpFar(selector, offset, w)
        case .callFarIndirect:
            let (offset, selector) = try farPointer(r, w)
            try callFar(selector, offset, w)
        case .retFar: try retFar(releasing: i.kind0 == .immediate ? i.immediate & 0xFFFF : 0, w)
        case .iret: try iret(w)
        case .int: try int(UInt8(truncatingIfNeeded: i.immediate))
        case .int3: try softwareInterrupt(3)
        case .int1:
            try softwareInterrupt(1, .trap)
        case .into: if core.pointee.lazy.OF { try softwareInterrupt(4) }
        case .bound: try bound(r, w)

        case .movToSegment: try movToSegment(r)
        case .movFromSegment: try movFromSegment(r)
        case .lds: try loadFarPointer(r, .ds, w)
        case .les: try loadFarPointer(r, .es, w)
        case .lfs: try loadFarPointer(r, .fs, w)
        case .lgs: try loadFarPointer(r, .gs, w)
        case .lss: try loadFarPointer(r, .ss, w)
        case .arpl: try arpl(r)
        case .lar: try loadAccessRightsOrLimit(r, isLimit: false, w)
        case .lsl: try loadAccessRightsOrLimit(r, isLimit: true, w)
        case .verr: try verify(r, forWrite: false)
        case .verw: try verify(r, forWrite: true)
        default: try system(r, w)
        }
    }
}
