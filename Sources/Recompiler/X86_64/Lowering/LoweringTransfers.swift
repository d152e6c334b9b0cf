import Processor
import X86

/// Control transfers: within the region, out of it, and to computed targets.
extension Lowering {
    /// The checks of a transfer; the transfer itself is emitted last.
    mutating func beginTransfer(_ index: Int) {
        let node = nodes[index]
        if case .constant = places[Int(node.a)] {
        } else if isCode64 {
            checkCanonical(index)
        } else if block.pointee.csLimit != .max {
            loseHostFlags(at: index)
            let refused = asm.makeLabel()
            let target = copy(Int(node.a), to: HostMap.addend, node.width)
            asm.alu(.cmp, target, immediate: UInt64(block.pointee.csLimit), .doubleword)
            asm.jump(if: HostCondition.above, refused)
            addCold(refused, .interpret(site: site(NativeSite.never, 0), flags: flags, pointers: x87Pointers))
        }
        if node.operation != .checkBranch { transfer = IRValue(truncatingIfNeeded: index) }
    }

    mutating func lowerTransfer(_ index: Int) {
        flushX87Pointers()
        let node = nodes[index]
        guard case .constant(let target) = places[Int(node.a)] else {
            putIntoImage()
            copy(Int(node.a), to: HostMap.addend, node.width)
            keepTransfer(index)
            guard let back = region.members[number].back, region.numbers[back] != nil else { return goIndirect(context: context) }
            return goBack(to: back)
        }
        guard node.operation == .branchIf else {
            keepTransfer(index)
            return go(to: target)
        }
        guard let next = region.members[number].next else {
            // The next instruction lies beyond the limit: rare enough for the interpreter's loop.
            putIntoImage()
            let taken = asm.makeLabel()
            branch(if: node.b, to: taken, at: index)
            leave(at: nextRIP)
            addCold(taken, .go(rip: target, flags: flags, areInHost: hostHasFlags))
            return
        }
        let isSimple: Bool
        if case .both = places[Int(node.b)] { isSimple = false } else { isSimple = true }
        if !isSimple || (needsFlags(at: target) && needsFlags(at: next)) || flags.isFragile { putIntoImage() }
        branchAway(if: node.b, to: target, isSimple: isSimple, at: index)
        go(to: next)
    }

    /// Tells whether the flags have to be in the image where the block at `rip` begins.
    private func needsFlags(at rip: UInt64) -> Bool {
        guard let member = region.numbers[rip], !isGuarded(member) else { return true }
        return !region.members[member].liveAtStart.isEmpty
    }

    /// The member lies, wholly or in part, in another page than the current block: what is there may have changed.
    private func isGuarded(_ member: Int) -> Bool { !isSamePage(region.members[member].block.pointee.rip) }

    private mutating func branchAway(if truth: IRValue, to target: UInt64, isSimple: Bool, at index: Int) {
        if let member = region.numbers[target], !isGuarded(member) {
            if flags.origin == .image { return branch(if: truth, to: memberLabels[member], at: index) }
            if isSimple && !needsFlags(at: target) {
                let not = asm.makeLabel()
                jump(unless: truth, not, at: index)
                let (before, hostFlags) = (flags, asm.hostFlags)
                if flags.origin == .image {
                    asm.jump(memberLabels[member])
                } else {
                    goChecked(member)
                    flags = before
                }
                return asm.place(not, with: hostFlags)
            }
        }
        let label = asm.makeLabel()
        branch(if: truth, to: label, at: index)
        addCold(label, .go(rip: target, flags: flags, areInHost: hostHasFlags))
    }

    /// To a member that will not look at the flags, so that they are not put into the image: its ticks are taken here, because only
    /// here is it known how to get at the flags when there are not enough.
    private mutating func goChecked(_ member: Int) {
        let target = region.members[member].block
        let count = UInt64(target.pointee.count)
        let label = asm.makeLabel()
        asm.alu(.sub, HostMap.budget, immediate: count, .quadword)
        asm.jump(if: HostCondition.less, label)
        addCold(label, .overdrawn(count: count, rip: target.pointee.rip, flags: flags))
        asm.jump(bodyLabels[member])
    }

    private mutating func branch(if truth: IRValue, to label: Assembler.Label, at index: Int) {
        guard case .both(let first, let second) = places[Int(truth)] else {
            return jump(if: truth, label, at: index)
        }
        let not = asm.makeLabel()
        jump(unless: second, not, at: index)
        jump(if: first, label, at: index)
        asm.place(not)
    }

    /// On at `rip`, with the flags where they are expected.
    mutating func go(to rip: UInt64) {
        flushX87Pointers()
        guard let member = region.numbers[rip] else {
            putIntoImage()
            return goOutside(rip)
        }
        if needsFlags(at: rip) || flags.isFragile { putIntoImage() }
        if isGuarded(member) {
            goGuarded(member)
        } else if flags.origin != .image {
            goChecked(member)
        } else if member != number + 1 || isInColdPath {
            asm.jump(memberLabels[member])
        }
    }

    /// To a member in another page, as long as linear addresses lead where they led.
    private mutating func goGuarded(_ member: Int) {
        let target = region.members[member].block
        let cell = LinkCell(
            cell: asm.makeLabel(), generation: asm.makeLabel(), stub: asm.makeLabel(), rip: target.pointee.rip, isSamePage: false,
            member: member)
        cells.append(cell)
        countTransfer(CoreOffset.directTransfers)
        compareGeneration(ofCell: cells.count - 1)
        let changed = asm.makeLabel()
        asm.jump(if: HostCondition.notEqual, changed)
        addCold(changed, .relink(stub: cell.stub))
        asm.jump(memberLabels[member])
    }

    /// Through a cell that leads to the block at `rip` as soon as it has been translated.
    /// `isFar`: in another segment or mode, which are in force already.
    mutating func goOutside(_ rip: UInt64, isSaved: Bool = false, isFar: Bool = false) {
        if !isSaved { giveBack() }
        let cell = LinkCell(
            cell: asm.makeLabel(), generation: asm.makeLabel(), stub: asm.makeLabel(), rip: rip,
            isSamePage: !isFar && isSamePage(rip), member: nil)
        cells.append(cell)
        countTransfer(CoreOffset.directTransfers)
        if !cell.isSamePage {
            // What is at the same linear address may have changed.
            compareGeneration(ofCell: cells.count - 1)
            asm.jump(if: HostCondition.notEqual, cell.stub)
        }
        asm.jumpIndirect(cell.cell)
    }

    /// Compares the processor's generation of linear addresses with the one for which the cell holds.
    private mutating func compareGeneration(ofCell index: Int) {
        asm.load(HostMap.addend, HostMap.core(CoreOffset.generation), .quadword)
        guard let first = assumptions.firstCell else { return asm.compare(HostMap.addend, cells[index].generation) }
        asm.load(HostMap.scratch, HostMap.core(CoreOffset.generations), .quadword)
        let offset = (first + index) * MemoryLayout<UInt64>.stride
        asm.alu(.cmp, HostMap.addend, HostOperand(HostMap.scratch, Int32(truncatingIfNeeded: offset)), .quadword)
    }

    private mutating func countTransfer(_ counter: Int) {
        if assumptions.countsTransfers { asm.alu(.add, HostMap.core(counter), immediate: 1, .quadword) }
    }

    /// The block at `rip` lies in the page that the current one begins in. One whose instruction reaches into the next page begins where the page ends.
    private func isSamePage(_ rip: UInt64) -> Bool {
        let base = block.pointee.csBase
        let mask: UInt64 = isCode64 ? ~0xFFF : 0xFFFF_F000
        let target = base &+ rip
        return target & mask == (base &+ block.pointee.rip) & mask && target & 0xFFF <= Block.lastOffsetInPage
    }

    mutating func leave(at rip: UInt64, isSaved: Bool = false) {
        flushX87Pointers()
        putIntoImage()
        if !isSaved { giveBack() }
        asm.mov(HostMap.addend, constant: rip)
        asm.jump(backend.stubs.leave)
    }

    /// Behind the call in this region, if the address in `addend` is that.
    private mutating func goBack(to expected: UInt64) {
        let elsewhere = asm.makeLabel()
        if !isCode64 {
            asm.alu(.cmp, HostMap.addend, immediate: expected, .doubleword)
        } else if Int32(exactly: Int64(bitPattern: expected)) != nil {
            asm.alu(.cmp, HostMap.addend, immediate: expected, .quadword)
        } else {
            asm.mov(HostMap.scratch, constant: expected)
            asm.alu(.cmp, HostMap.addend, HostMap.scratch, .quadword)
        }
        asm.jump(if: HostCondition.notEqual, elsewhere)
        addCold(elsewhere, .indirect)
        go(to: expected)
    }

    /// To the computed address in `addend`: by the table of `NativeJump`.
    mutating func goIndirect(context: UInt64) {
        giveBack()
        countTransfer(CoreOffset.indirectTransfers)
        asm.mov(HostMap.scratch, HostMap.addend, .doubleword)
        asm.alu(.and, HostMap.scratch, immediate: UInt64(NativeJump.count - 1), .doubleword)
        asm.shift(.shl, HostMap.scratch, by: 5, .doubleword)
        asm.alu(.add, HostMap.scratch, HostMap.core(CoreOffset.jumps), .quadword)
        if isCode64 {
            asm.alu(.cmp, HostOperand(HostMap.scratch, 0), immediate: context, .quadword)
            asm.jump(if: HostCondition.notEqual, indirectMiss)
            asm.alu(.cmp, HostMap.addend, HostOperand(HostMap.scratch, 24), .quadword)
        } else {
            asm.mov(HostMap.linear, immediate: context << 32, .quadword)
            asm.alu(.or, HostMap.linear, HostMap.addend, .quadword)
            asm.alu(.cmp, HostMap.linear, HostOperand(HostMap.scratch, 0), .quadword)
        }
        asm.jump(if: HostCondition.notEqual, indirectMiss)
        asm.load(HostMap.linear, HostMap.core(CoreOffset.generation), .quadword)
        asm.alu(.cmp, HostMap.linear, HostOperand(HostMap.scratch, 8), .quadword)
        asm.jump(if: HostCondition.notEqual, indirectMiss)
        asm.jump(HostOperand(HostMap.scratch, 16))
        usesIndirect = true
    }

    // MARK: The interpreter's instructions

    /// The interpreter executes the instruction, and the block goes on.
    mutating func callOut(_ site: Assembler.Label) {
        flushX87Pointers()
        putIntoImage()
        giveBack()
        asm.leaRelative(HostMap.addend, site)
        asm.call(backend.stubs.callOut)
        takeOver()
    }

    /// The guest's FPU goes back into the host's behind the instruction, and registers where the region has them.
    mutating func takeOver() {
        if region.usesFPU {
            let refused = asm.makeLabel()
            loadFPU(orTo: refused)
            let rest = UInt64(block.pointee.count) - UInt64(op.pointee.index) - 1
            addCold(refused, .budget(count: rest, rip: block.pointee.rip(at: op.pointee.end), isSaved: true))
        }
        exchangeRegisters(undo: false)
    }

    mutating func callOutAtEnd(_ site: Assembler.Label, _ ending: Intermediate.Ending) {
        flushX87Pointers()
        putIntoImage()
        giveBack()
        asm.leaRelative(HostMap.addend, site)
        asm.call(backend.stubs.callOutAtEnd)
        guard ending == .callsOut, let next = region.members[number].next else { return leave(at: nextRIP, isSaved: true) }
        guard region.numbers[next] != nil else { return goOutside(next, isSaved: true) }
        if region.usesFPU {
            let refused = asm.makeLabel()
            loadFPU(orTo: refused)
            addCold(refused, .budget(count: 0, rip: next, isSaved: true))
        }
        exchangeRegisters(undo: false)
        go(to: next)
    }

    /// EFLAGS as a whole goes to the stack or into a task, or somebody outside the processor may ask for it.
    private var savesFlags: Bool {
        switch instruction.operation {
        case .movToSegment, .popSegment, .lds, .les, .lfs, .lgs, .lss, .sysenter, .sysexit, .swapgs: false
        default: op.pointee.index + 1 == UInt16(truncatingIfNeeded: block.pointee.count)
        }
    }

    mutating func callSite() -> Assembler.Label {
        let label = site(NativeSite.never, 0)
        sites[sites.count - 1].site.isCalledOut =
            !instruction.operation.isX87 && instruction.operation != .in && instruction.operation != .out
            && range.contains { nodes[$0].operation == .callOut } && !op.pointee.changes.areFrequent
        let effects = Table.rows[Int(instruction.row)].flags
        sites[sites.count - 1].site.touchesFlags =
            !effects.read.union(effects.written).union(effects.undefined).isDisjoint(with: .status) || savesFlags
            || op.pointee.changes.areFrequent
        return label
    }
}
