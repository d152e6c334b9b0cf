import Processor
import X86

/// Accesses to memory: address, segment, TLB. Whatever the TLB does not allow at once is the slow path's.
extension Lowering {
    private var w32: Width { .doubleword }

    // MARK: Addresses

    /// The effective address of the instruction's operand, or `width` bits of it. Uses `linear` and `addend` for registers that are extended.
    mutating func effectiveAddress(into register: HostRegister, _ width: Width = .quadword) {
        let i = instruction
        let w = i.addressSize == .quadword ? width : w32
        if let address = constantAddress { return asm.mov(register, constant: w == .quadword ? address : address & 0xFFFF_FFFF) }
        let base = i.base == Instruction.noRegister ? nil : hostRegister(ofAddress: i.base, HostMap.linear)
        let index = i.index == Instruction.noRegister ? nil : hostRegister(ofAddress: i.index, HostMap.addend)
        switch (base, index) {
        case (let base?, nil) where i.displacement == 0: asm.mov(register, base, w)
        case (nil, let index?) where i.scale == 0: asm.lea(register, HostOperand(index, i.displacement), w)
        default: asm.lea(register, HostOperand(base, index: index, scale: i.scale, i.displacement), w)
        }
        if i.addressSize == .word { asm.zeroExtend(register, register, from: .word) }
    }

    /// The effective address, where no general register is part of it.
    private var constantAddress: UInt64? {
        let i = instruction
        if i.hasOffset64 { return i.immediate }
        guard i.index == Instruction.noRegister else { return nil }
        let displacement = UInt64(bitPattern: Int64(i.displacement))
        let sum: UInt64
        switch i.base {
        case Instruction.noRegister: sum = displacement
        case Instruction.ripRegister: sum = block.pointee.rip(at: op.pointee.end) &+ displacement
        default: return nil
        }
        switch i.addressSize {
        case .byte, .word: return sum & 0xFFFF
        case .doubleword: return sum & 0xFFFF_FFFF
        case .quadword: return sum
        }
    }

    private mutating func offset(_ value: IRValue) {
        switch places[Int(value)] {
        case .address: effectiveAddress(into: HostMap.linear)
        case .constant(let constant): asm.mov(HostMap.linear, constant: constant)
        case .register(let register, _):
            asm.zeroExtend(HostMap.linear, register, from: narrower(nodes[Int(value)].width, addressWidth))
        default: break
        }
    }

    /// Tells whether accesses to the segment need no check and no base.
    func isFlat(_ segment: UInt8) -> Bool {
        switch segment {
        case 0: mode.contains(.flatES)
        case 1: isCode64
        case 2: mode.contains(.flatSS)
        case 3: mode.contains(.flatDS)
        default: false
        }
    }

    /// From the offset in `linear` to the linear address, with the limit checked.
    mutating func addSegment(_ segment: UInt8, _ size: Int, writes: Bool, at index: Int) {
        guard !(isFlat(segment) && (instruction.addressSize != .word || segment == 2)) else { return }
        if isCode64 { return asm.alu(.add, HostMap.linear, HostMap.core(CoreOffset.windowBase(segment)), .quadword) }
        let label = asm.makeLabel()
        asm.lea(HostMap.addend, HostOperand(HostMap.linear, Int32(truncatingIfNeeded: size)), .quadword)
        asm.alu(.cmp, HostMap.addend, HostMap.core(CoreOffset.windowTop(segment, writes: writes)), .quadword)
        asm.jump(if: HostCondition.above, label)
        asm.alu(.add, HostMap.linear, HostMap.core(CoreOffset.windowBase(segment)), w32)
        addCold(label, .interpret(site: site(NativeSite.never, size), flags: flags, pointers: x87Pointers))
    }

    // MARK: The TLB

    /// Goes on with the table of one privilege: of a processor alone it is always the same, and nothing waits for it.
    mutating func useTLB(isUser: Bool) {
        guard assumptions.firstCell == nil else {
            return asm.load(HostMap.tlb, HostMap.core(CoreOffset.tlb(isUser: isUser)), .quadword)
        }
        let native = assumptions.cpu.core.pointee.native
        asm.mov(HostMap.tlb, immediate: UInt64(isUser ? native.userTLB : native.supervisorTLB), .quadword)
    }

    mutating func site(_ access: UInt32, _ size: Int) -> Assembler.Label {
        var site = NativeSite(op: op, block: block)
        site.size = UInt32(truncatingIfNeeded: size)
        site.access = access
        site.touchesFlags = true
        let label = asm.makeLabel()
        sites.append((label, site))
        return label
    }

    /// Saves the flags that an access may clobber in the host's. An instruction that looks at them afterwards can make them anew, but not while it holds a
    /// memory operand: that takes the same registers.
    mutating func prepareFlags(at index: Int) {
        let holdsOperand = range.contains { nodes[$0].operation == .locate }
        if consumesFlags && !needed(before: index).isEmpty && (holdsOperand || !flags.hasRecipe) { putIntoImage() }
        loseHostFlags(at: index)
    }

    /// Checks the access at `linear`; yields the host's memory operand.
    /// `keepsLinear`: the linear address is looked at afterwards.
    mutating func probe(_ access: UInt32, _ size: Int, keepsLinear: Bool = false, at index: Int) -> HostOperand {
        let slow = asm.makeLabel()
        let again = asm.makeLabel()
        asm.place(again)
        findEntry()
        if size > 1 {
            asm.lea(HostMap.scratch, HostOperand(HostMap.linear, Int32(truncatingIfNeeded: size - 1)), .quadword)
        } else {
            asm.mov(HostMap.scratch, HostMap.linear, addressWidth)
        }
        comparePage(reads: access != NativeSite.write, writes: access != NativeSite.read, orTo: slow)
        addSlow(slow, access, size, again: again, linear: nil)
        if let addend = assumptions.addend, !keepsLinear {
            let (other, behind) = (asm.makeLabel(), asm.makeLabel())
            compareAddend(addend, orTo: other)
            asm.place(behind)
            addCold(other, .otherAddend(instead: addend, behind: behind))
            return HostOperand(HostMap.linear, addend)
        }
        asm.load(HostMap.addend, entryAddend, .quadword)
        return HostOperand(HostMap.linear, index: HostMap.addend)
    }

    /// Leaves in `addend` where the TLB's entry for `linear` is.
    mutating func findEntry() {
        let shift = 12 - CoreOffset.TLB.shift
        if backend.host.features.contains(.BMI2) {
            asm.rotateRight(HostMap.addend, HostMap.linear, by: shift)
        } else {
            asm.mov(HostMap.addend, HostMap.linear, w32)
            asm.shift(.shr, HostMap.addend, by: shift, w32)
        }
        asm.alu(.and, HostMap.addend, immediate: UInt64(TLBEntry.count - 1) << CoreOffset.TLB.shift, w32)
    }

    /// Goes to `miss` unless the entry at `addend` is for the page of `scratch`, the last byte of an access.
    mutating func comparePage(reads: Bool, writes: Bool, orTo miss: Assembler.Label) {
        asm.alu(.and, HostMap.scratch, immediate: UInt64(bitPattern: -4096), .quadword)
        for (isAsked, tag) in [(writes, CoreOffset.TLB.writeTag), (reads, CoreOffset.TLB.readTag)] where isAsked {
            asm.alu(.cmp, HostMap.scratch, HostOperand(HostMap.tlb, index: HostMap.addend, Int32(tag)), .quadword)
            asm.jump(if: HostCondition.notEqual, miss)
        }
    }

    /// What the TLB's entry at `addend` adds to linear addresses.
    var entryAddend: HostOperand { HostOperand(HostMap.tlb, index: HostMap.addend, Int32(CoreOffset.TLB.addend)) }

    /// Goes to `other` unless the entry at `addend` adds the usual.
    mutating func compareAddend(_ addend: Int32, orTo other: Assembler.Label) {
        asm.alu(.cmp, entryAddend, immediate: UInt64(bitPattern: Int64(addend)), .quadword)
        asm.jump(if: HostCondition.notEqual, other)
    }

    /// The tags that an access has to match.
    static func tags(_ access: UInt32) -> [Int] {
        switch access {
        case NativeSite.read: [CoreOffset.TLB.readTag]
        case NativeSite.write: [CoreOffset.TLB.writeTag]
        default: [CoreOffset.TLB.writeTag, CoreOffset.TLB.readTag]
        }
    }

    /// Probes an address that is known, and is a displacement for the host.
    private mutating func probe(constant address: UInt64, _ access: UInt32, _ size: Int, at index: Int) -> HostOperand {
        let slow = asm.makeLabel()
        let again = asm.makeLabel()
        let entry = Int32(truncatingIfNeeded: CoreOffset.TLB.entry(of: address))
        asm.place(again)
        for tag in Self.tags(access) {
            asm.alu(.cmp, HostOperand(HostMap.tlb, entry + Int32(tag)), immediate: address & ~0xFFF, .quadword)
            asm.jump(if: HostCondition.notEqual, slow)
        }
        addSlow(slow, access, size, again: again, linear: address)
        asm.load(HostMap.addend, HostOperand(HostMap.tlb, entry + Int32(CoreOffset.TLB.addend)), .quadword)
        return HostOperand(HostMap.addend, Int32(truncatingIfNeeded: address))
    }

    /// For an access that does not match the TLB's tag; what it does when it is allowed follows.
    mutating func addSlow(
        _ slow: Assembler.Label, _ access: UInt32, _ size: Int, again: Assembler.Label, linear: UInt64?
    ) {
        let site = site(access, size)
        var store: ColdPath.StoreProbe?
        if access != NativeSite.read, backend.stubs.besideCode(size) != nil {
            sites[sites.count - 1].site.looksBesideCode = true
            store = ColdPath.StoreProbe(size: size, found: asm.makeLabel())
        }
        addCold(slow, .slow(site: site, again: again, linear: linear, store: store, flags: flags, pointers: x87Pointers))
        if let store { asm.place(store.found) }
    }

    /// Lets the code go on behind an instruction that the interpreter has executed because an access of it goes to a device: if all
    /// that is known about flags there holds on that way, too.
    mutating func joinDevices(from firstCold: Int, _ firstSite: Int, _ before: FlagState) {
        guard cold.count > firstCold, !region.usesFPU else { return }
        let isDead = live[range.upperBound - 1].isEmpty
        let hasFlags = !isDead && hostHasFlags
        guard isDead || hostHasFlags && !flags.isSaved || flags.origin == .image || flags.isSame(as: before) else { return }
        let behind = asm.makeLabel()
        for number in firstCold..<cold.count {
            guard case .slow(let site, let again, let linear, let store, let flags, _) = cold[number].work else { continue }
            cold[number].work = .device(
                site: site, again: again, behind: behind, linear: linear, store: store, flags: flags, hasFlags: hasFlags)
        }
        for number in firstSite..<sites.count where sites[number].site.access != NativeSite.never {
            sites[number].site.goesOn = true
        }
        asm.place(behind, with: asm.hostFlags)
    }

    /// Address, segment and TLB of an operand at offset `value` of `segment`.
    private mutating func access(
        _ segment: UInt8, _ value: IRValue, _ access: UInt32, _ width: Width, at index: Int
    ) -> HostOperand {
        if let held = heldOperand(beside: nil, at: index) { return held }
        prepareFlags(at: index)
        if let address = knownAddress(segment, value), address & 0xFFF <= UInt64(0x1000 - width.bytes) {
            if address.isDisplacement {
                return probe(constant: address, access, width.bytes, at: index)
            }
            if isCode64 { return probe(distant: address, access, width.bytes) }
        }
        offset(value)
        addSegment(segment, width.bytes, writes: access != NativeSite.read, at: index)
        return probe(access, width.bytes, at: index)
    }

    /// An operand of the x87 FPU, whose offset is its linear address; afterwards in `linear`. Nil where it is not.
    mutating func x87Access(_ access: UInt32, _ size: Int, at index: Int) -> HostOperand? {
        guard !op.pointee.assumptions.isDisjoint(with: [.flatMemory, .flat64]) else { return nil }
        prepareFlags(at: index)
        effectiveAddress(into: HostMap.linear)
        return probe(access, size, keepsLinear: true, at: index)
    }

    private func knownAddress(_ segment: UInt8, _ value: IRValue) -> UInt64? {
        let i = instruction
        guard isFlat(segment), i.addressSize != .word, case .address = places[Int(value)] else { return nil }
        return constantAddress
    }

    // MARK: Loads

    mutating func lowerLoad(_ index: Int) {
        let node = nodes[index]
        let memory: HostOperand
        switch node.operation {
        case .load: memory = access(node.number, node.a, NativeSite.read, node.width, at: index)
        case .top: memory = stackAccess(HostMap.stackPointer, 0, NativeSite.read, node.width, at: index)
        default: memory = stackAccess(.rbp, 0, NativeSite.read, node.width, at: index)
        }
        finishLoad(index, memory)
    }

    /// Into the register that the next node sets, or into a temporary one.
    private mutating func finishLoad(_ index: Int, _ memory: HostOperand) {
        let width = nodes[index].width
        if let destination = fusedRegister(index),
            nodes[index + 1].width.rawValue >= w32.rawValue || nodes[index + 1].width == width
        {
            let set = nodes[index + 1]
            let register = hostRegister(set.number, set.width)
            // AH…BH cannot stand in one instruction with the registers of an access.
            if register < 16 {
                protect(register, at: destination)
                isDone[destination] = true
                places[index] = .register(register, isGuest: true)
                if set.width.rawValue >= w32.rawValue {
                    asm.zeroExtend(register, memory, from: width)
                } else {
                    asm.load(register, memory, set.width)
                }
                return
            }
        }
        asm.zeroExtend(HostMap.value, memory, from: width)
        places[index] = .register(HostMap.value, isGuest: false)
    }

    /// The node that follows, but for an upper half of a product that nobody wants, if it sets a register to this value, which has no other use.
    func fusedRegister(_ index: Int) -> Int? {
        var (next, useCount) = (index + 1, uses[index])
        if next < range.upperBound, nodes[next].operation == .upperHalf, uses[next] == 0 {
            next += 1
            useCount -= 1
        }
        guard next < range.upperBound, useCount == 1, nodes[next].operation == .setRegister, Int(nodes[next].a) == index,
            !isExtended(nodes[next].number)
        else { return nil }
        return next
    }

    mutating func lowerLocate(_ index: Int) {
        let node = nodes[index]
        places[index] = .memory(access(node.number, node.a, NativeSite.readWrite, node.width, at: index))
    }

    mutating func lowerLoadAt(_ index: Int) {
        guard case .memory(let memory) = places[Int(nodes[index].a)] else { return }
        asm.zeroExtend(HostMap.value, memory, from: nodes[index].width)
        places[index] = .register(HostMap.value, isGuest: false)
    }

    // MARK: What is in `Core`

    mutating func lowerSelector(_ index: Int) {
        asm.zeroExtend(HostMap.value, HostMap.core(CoreOffset.selector(nodes[index].number)), from: .word)
        places[index] = .register(HostMap.value, isGuest: false)
    }

    /// DF, bit 10 of EFLAGS, becomes twice the size, and that is taken off.
    mutating func lowerStringStep(_ index: Int) {
        loseHostFlags(at: index)
        let step = HostMap.scratch
        asm.load(step, HostMap.core(CoreOffset.eflags), .doubleword)
        asm.alu(.and, step, immediate: 0x400, .doubleword)
        asm.shift(.shr, step, by: 9 - nodes[index].width.rawValue, .doubleword)
        asm.neg(step, addressWidth)
        asm.alu(.add, step, immediate: UInt64(nodes[index].width.bytes), addressWidth)
        places[index] = .register(step, isGuest: false)
    }

    // MARK: Stores

    mutating func lowerStore(_ index: Int) {
        let node = nodes[index]
        let memory = access(node.number, node.a, NativeSite.write, node.width, at: index)
        store(memory, Int(node.b), node.width)
    }

    mutating func lowerStoreAt(_ index: Int) {
        let node = nodes[index]
        guard case .memory(let memory) = places[Int(node.a)] else { return }
        store(memory, Int(node.b), node.width)
    }

    private mutating func store(_ memory: HostOperand, _ value: Int, _ width: Width) {
        switch places[value] {
        case .constant(let constant) where width != .quadword || constant.isDisplacement:
            asm.store(memory, immediate: constant, width)
        default: asm.store(memory, encodable(value, width, scratch: HostMap.scratch), width)
        }
    }

    // MARK: The stack

    /// An access at `register` + `displacement`, both in the stack's width.
    mutating func stackAccess(
        _ register: HostRegister, _ displacement: Int32, _ access: UInt32, _ width: Width, at index: Int
    ) -> HostOperand {
        stackAccess(register, displacement, access, bytes: width.bytes, at: index)
    }

    mutating func stackAccess(
        _ register: HostRegister, _ displacement: Int32, _ access: UInt32, bytes: Int, at index: Int
    ) -> HostOperand {
        if let held = heldOperand(beside: (register, displacement), at: index) { return held }
        prepareFlags(at: index)
        asm.lea(HostMap.linear, HostOperand(register, displacement), addressWidth)
        if !mode.contains(.bigStack) { asm.zeroExtend(HostMap.linear, HostMap.linear, from: .word) }
        addSegment(2, bytes, writes: access != NativeSite.read, at: index)
        return probe(access, bytes, at: index)
    }

    mutating func lowerPush(_ index: Int) {
        let node = nodes[index]
        let size = Int32(truncatingIfNeeded: node.width.bytes)
        let memory = stackAccess(HostMap.stackPointer, -size, NativeSite.write, node.width, at: index)
        store(memory, Int(node.a), node.width)
        setStackPointer(from: HostMap.stackPointer, -size, at: index)
    }

    mutating func lowerRelease(_ index: Int) {
        let node = nodes[index]
        let source = node.operation == .releaseFrame ? HostRegister.rbp : HostMap.stackPointer
        setStackPointer(from: source, Int32(truncatingIfNeeded: node.immediate), at: index)
    }

    mutating func setStackPointer(from source: HostRegister, _ displacement: Int32, at index: Int) {
        beforeWriting(HostMap.stackPointer, at: index)
        protect(HostMap.stackPointer, at: index)
        if mode.contains(.bigStack) {
            asm.lea(HostMap.stackPointer, HostOperand(source, displacement), addressWidth)
        } else {
            asm.lea(HostMap.scratch, HostOperand(source, displacement), w32)
            asm.mov(HostMap.stackPointer, HostMap.scratch, .word)
        }
    }
}
