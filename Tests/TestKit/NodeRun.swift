import Processor
import Recompiler
import X86

/// One way through a region, from its entry until it is left.
struct NodeRun {
    private let core: CoreHandle
    private let region: NodeRegion
    private var values: [UInt64] = []
    /// Upper halves of products, by node.
    private var upper: [Int: UInt64] = [:]
    private var step: NodeRegion.Step
    private var nodes: [IRNode] = []
    /// Of the member that runs.
    private var number = 0

    /// The region is left: with what, or to which translation.
    private typealias Way = (result: UInt, next: UnsafeRawPointer?)
    private enum Leaving: Error {
        /// The interpreter has executed the instruction.
        case interpreted
    }

    init(_ core: CoreHandle, _ region: NodeRegion) {
        (self.core, self.region) = (core, region)
        step = region.steps[0][0]
    }

    private var state: CPUState {
        get { core.pointee.state }
        nonmutating _modify { yield &core.pointee.state }
    }
    private var flags: UInt16 {
        get { core.pointee.native.flags }
        nonmutating _modify { yield &core.pointee.native.flags }
    }

    mutating func toItsEnd() -> (UInt, UnsafeRawPointer?) {
        while true {
            let member = region.members[number]
            let count = UInt64(member.block.pointee.count)
            guard core.pointee.native.budget >= count else { return leave(at: member.block.pointee.rip, NativeExit.boundary) }
            core.pointee.native.budget -= count
            do {
                guard let next = try run() else { return (NativeExit.interpreted, nil) }
                switch next {
                case .member(let other): number = other
                case .way(let way): return way
                }
            } catch {
                return (NativeExit.interpreted, nil)
            }
        }
    }

    private enum Next {
        case member(Int)
        case way(Way)
    }

    private func leave(at rip: UInt64, _ result: UInt) -> Way {
        core.pointee.state.rip = rip
        return (result, nil)
    }

    // MARK: Blocks

    /// Executes a block. Nil: the interpreter has left it.
    private mutating func run() throws(Leaving) -> Next? {
        let member = region.members[number]
        nodes = member.intermediate.nodes
        values = [UInt64](repeating: 0, count: nodes.count)
        upper = [:]
        var ending = member.intermediate.ending
        var target: UInt64?
        for (index, current) in region.steps[number].enumerated() {
            step = current
            let isLast = index + 1 == region.steps[number].count
            if isLast, step.isCalledOut, ending == .branches { ending = .callsOut }
            if isLast, ending == .callsOut || ending == .leaves { return atEnd(member, ending) }
            if step.isCalledOut {
                guard NativeCall.callOut(core.raw, step.site, 0) == 0 else { return nil }
            } else {
                for index in step.nodes { if let place = try execute(index) { target = place } }
            }
        }
        return go(to: target ?? member.block.pointee.end, isComputed: isComputed(member))
    }

    /// The last instruction of the block is the interpreter's.
    private func atEnd(_ member: Region.Member, _ ending: Intermediate.Ending) -> Next? {
        switch NativeCall.callOutAtEnd(core.raw, step.site, 0) {
        case 0:
            guard ending == .callsOut, let next = member.next else {
                return .way(leave(at: member.block.pointee.end, NativeExit.boundary))
            }
            return go(to: next, isComputed: false)
        case NativeExit.interpreted: return nil
        case let entry: return .way((NativeExit.boundary, UnsafeRawPointer(bitPattern: entry)))
        }
    }

    private func isComputed(_ member: Region.Member) -> Bool {
        guard member.intermediate.ending == .branches,
            let node = nodes.last(where: { $0.operation == .branch || $0.operation == .branchIf })
        else { return false }
        return nodes[Int(node.a)].operation != .constant
    }

    private func go(to rip: UInt64, isComputed: Bool) -> Next {
        if isComputed { return .way(jump(to: rip)) }
        switch region.ways[number][rip] {
        case .member(let other): return .member(other)
        case .cell(let cell) where cell.pointee.target != 0 && cell.pointee.generation == core.pointee.generation:
            return .way((NativeExit.boundary, UnsafeRawPointer(bitPattern: cell.pointee.target)))
        case .cell(let cell): return .way(leave(at: rip, UInt(bitPattern: cell)))
        // Beyond the segment's limit.
        case nil: return .way(leave(at: rip, NativeExit.boundary))
        }
    }

    /// To a computed address, by the table of them.
    private func jump(to rip: UInt64) -> Way {
        guard let jumps = core.pointee.native.jumps else { return leave(at: rip, NativeExit.indirect) }
        let jump = jumps.assumingMemoryBound(to: NativeJump.self)[Int(truncatingIfNeeded: rip & UInt64(NativeJump.count - 1))]
        let key = region.isCode64 ? region.context : region.context << 32 | rip
        guard jump.key == key, jump.rip == rip, jump.generation == core.pointee.generation else {
            return leave(at: rip, NativeExit.indirect)
        }
        return (NativeExit.boundary, UnsafeRawPointer(bitPattern: jump.entry))
    }

    // MARK: Nodes

    /// Yields the target of a transfer that is made.
    private mutating func execute(_ index: Int) throws(Leaving) -> UInt64? {
        let node = nodes[index]
        let (a, b) = (value(node.a), value(node.b))
        let mask = node.width.mask
        switch node.operation {
        case .constant: values[index] = node.immediate
        case .register: values[index] = register(node.number, node.width)
        case .address: values[index] = effectiveAddress
        case .load: values[index] = try read(at: linear(node.number, a, node.width, writes: false), node.width)
        case .top:
            values[index] = try read(at: linear(2, state.rsp & core.pointee.stackMask, node.width, writes: false), node.width)
        case .frameTop:
            values[index] = try read(at: linear(2, state.rbp & core.pointee.stackMask, node.width, writes: false), node.width)
        case .locate:
            let place = try linear(node.number, a, node.width, writes: true)
            values[index] = UInt64(UInt(bitPattern: try host(place, node.width, NativeSite.readWrite)))
        case .loadAt: values[index] = UnsafeRawPointer(bitPattern: UInt(a)).map { load($0, node.width) } ?? 0
        case .storeAt: if let place = UnsafeMutableRawPointer(bitPattern: UInt(a)) { store(place, b, node.width) }
        case .selector: values[index] = UInt64(selector(node.number))
        case .stringStep: values[index] = state.eflags.contains(.DF) ? 0 &- UInt64(node.width.bytes) : UInt64(node.width.bytes)
        case .setRegister: setRegister(node.number, a, node.width)
        case .store: store(try host(linear(node.number, a, node.width, writes: true), node.width, NativeSite.write), b, node.width)
        case .push:
            let offset = (state.rsp &- UInt64(node.width.bytes)) & core.pointee.stackMask
            store(try host(linear(2, offset, node.width, writes: true), node.width, NativeSite.write), a, node.width)
            setStackPointer(offset)
        case .release: setStackPointer(state.rsp &+ node.immediate)
        case .releaseFrame: setStackPointer(state.rbp &+ node.immediate)
        case .add: values[index] = sum(a, b, carry: 0, node.width)
        case .addWithCarry: values[index] = sum(a, b, carry: isSet(.CF) ? 1 : 0, node.width)
        case .subtract: values[index] = difference(a, b, borrow: 0, node.width)
        case .subtractWithBorrow: values[index] = difference(a, b, borrow: isSet(.CF) ? 1 : 0, node.width)
        case .increment, .decrement:
            let carry = isSet(.CF)
            values[index] = node.operation == .increment ? sum(a, 1, carry: 0, node.width) : difference(a, 1, borrow: 0, node.width)
            set(.CF, carry)
        case .and: values[index] = logic(a & b, node.width)
        case .or: values[index] = logic(a | b, node.width)
        case .xor: values[index] = logic(a ^ b, node.width)
        case .bit: values[index] = bit(node, a, b)
        case .multiply, .multiplySigned: multiply(index, a, b)
        case .upperHalf: values[index] = upper[Int(node.a)] ?? 0
        case .not: values[index] = ~a & mask
        case .sum: values[index] = (a &+ b) & mask
        case .byteSwap: values[index] = a.byteSwapped >> UInt64(64 - node.width.bits)
        case .signExtend: values[index] = UInt64(bitPattern: signed(a, Width(rawValue: node.number) ?? node.width)) & mask
        case .signFill: values[index] = a >> 63 != 0 ? .max : 0
        case .condition: values[index] = holds(node.number) ? 1 : 0
        case .isZero: values[index] = a == 0 ? 1 : 0
        case .isNotZero: values[index] = a != 0 ? 1 : 0
        case .both: values[index] = a & b
        case .select: values[index] = a != 0 ? b : value(node.c)
        case .checkBranch: try check(a)
        case .branch:
            try check(a)
            return a
        case .branchIf: if b != 0 { return a }
        case .setCarry: set(.CF, true)
        case .clearCarry: set(.CF, false)
        case .complementCarry: set(.CF, !isSet(.CF))
        case .setDirection: if node.number != 0 { state.eflags.insert(.DF) } else { state.eflags.remove(.DF) }
        case .lowFlags: values[index] = UInt64(flags >> 8) & 0xD5 | 2
        case .setLowFlags: flags = UInt16(truncatingIfNeeded: a & 0xD5) << 8 | flags & 1 | 0x200
        case .instruction, .remainder, .callOut, .rol, .ror, .rcl, .rcr, .shl, .shr, .sar, .shld, .shrd, .divide, .divideSigned:
            preconditionFailure("a step with such a node is called out for")
        }
        return nil
    }

    private func value(_ number: IRValue) -> UInt64 { number < 0 ? 0 : values[Int(number)] }

    private func check(_ target: UInt64) throws(Leaving) {
        let block = step.site.pointee.block
        if !block.pointee.mayReach(target) { try interpret() }
    }

    // MARK: Arithmetic

    private func signed(_ value: UInt64, _ width: Width) -> Int64 {
        let shift = Int64(64 - width.bits)
        return Int64(bitPattern: value << UInt64(shift)) >> shift
    }

    private func sum(_ a: UInt64, _ b: UInt64, carry: UInt64, _ width: Width) -> UInt64 {
        let result = (a &+ b &+ carry) & width.mask
        let carries = (a & b) | ((a | b) & ~result)
        setFlags(result, carries, overflow: (a ^ result) & (b ^ result), width)
        return result
    }

    private func difference(_ a: UInt64, _ b: UInt64, borrow: UInt64, _ width: Width) -> UInt64 {
        let result = (a &- b &- borrow) & width.mask
        let borrows = (~a & b) | ((~a | b) & result)
        setFlags(result, borrows, overflow: (a ^ b) & (a ^ result), width)
        return result
    }

    private func logic(_ result: UInt64, _ width: Width) -> UInt64 {
        setFlags(result, 0, overflow: 0, width)
        return result
    }

    private func bit(_ node: IRNode, _ a: UInt64, _ index: UInt64) -> UInt64 {
        let mask: UInt64 = 1 << (index & UInt64(node.width.bits - 1))
        set(.CF, a & mask != 0)
        return switch node.number {
        case 0: a
        case 1: a | mask
        case 2: a & ~mask
        default: a ^ mask
        }
    }

    private mutating func multiply(_ index: Int, _ a: UInt64, _ b: UInt64) {
        let width = nodes[index].width
        let isSigned = nodes[index].operation == .multiplySigned
        let product: UInt128 =
            isSigned
            ? UInt128(truncatingIfNeeded: Int128(signed(a, width)) * Int128(signed(b, width))) : UInt128(a) * UInt128(b)
        let low = UInt64(truncatingIfNeeded: product) & width.mask
        let high = UInt64(truncatingIfNeeded: product >> UInt128(width.bits)) & width.mask
        (values[index], upper[index]) = (low, high)
        // SF, ZF, AF and PF are undefined: of the lower half, as everywhere.
        setFlags(low, 0, overflow: 0, width)
        let fits = high == (isSigned && signed(low, width) < 0 ? width.mask : 0)
        set(.CF, !fits)
        set(.OF, !fits)
    }

    // MARK: Flags

    /// Bits of `NativeState.flags`.
    private enum Flag: UInt16 {
        case OF = 0
        case CF = 8
        case PF = 10
        case AF = 12
        case ZF = 14
        case SF = 15
    }

    private func isSet(_ flag: Flag) -> Bool { flags >> flag.rawValue & 1 != 0 }
    private func set(_ flag: Flag, _ value: Bool) {
        flags = flags & ~(1 << flag.rawValue) | (value ? 1 << flag.rawValue : 0)
    }

    /// `carries`: out of each bit. `overflow`: in the top bit.
    private func setFlags(_ result: UInt64, _ carries: UInt64, overflow: UInt64, _ width: Width) {
        let top = width.bits - 1
        set(.CF, carries >> top & 1 != 0)
        set(.AF, carries >> 3 & 1 != 0)
        set(.OF, overflow >> top & 1 != 0)
        set(.SF, result >> top & 1 != 0)
        set(.ZF, result == 0)
        set(.PF, (result & 0xFF).nonzeroBitCount & 1 == 0)
    }

    /// SDM Vol. 1, appendix B.
    private func holds(_ condition: UInt8) -> Bool {
        let isTrue =
            switch condition >> 1 {
            case 0: isSet(.OF)
            case 1: isSet(.CF)
            case 2: isSet(.ZF)
            case 3: isSet(.CF) || isSet(.ZF)
            case 4: isSet(.SF)
            case 5: isSet(.PF)
            case 6: isSet(.SF) != isSet(.OF)
            default: isSet(.ZF) || isSet(.SF) != isSet(.OF)
            }
        return isTrue != (condition & 1 != 0)
    }

    // MARK: Registers

    private func generalRegister(_ number: UInt8) -> UnsafeMutablePointer<UInt64> {
        // SAFETY: the general registers are the first words of `Core`.
        core.raw.assumingMemoryBound(to: UInt64.self) + Int(number)
    }

    /// 16 to 19 are AH to BH.
    private func register(_ number: UInt8, _ width: Width) -> UInt64 {
        if width == .byte, number >= 16 { return generalRegister(number - 16).pointee >> 8 & 0xFF }
        return generalRegister(number).pointee & width.mask
    }

    private func setRegister(_ number: UInt8, _ value: UInt64, _ width: Width) {
        if width == .byte, number >= 16 {
            let place = generalRegister(number - 16)
            place.pointee = place.pointee & ~0xFF00 | (value & 0xFF) << 8
        } else {
            let place = generalRegister(number)
            let kept = width == .byte || width == .word ? ~width.mask : 0
            place.pointee = place.pointee & kept | value & width.mask
        }
    }

    private func setStackPointer(_ value: UInt64) {
        let mask = core.pointee.stackMask
        state.rsp = state.rsp & ~mask | value & mask
    }

    private func selector(_ segment: UInt8) -> UInt16 {
        switch segment {
        case 0: state.es.selector
        case 1: state.cs.selector
        case 2: state.ss.selector
        case 3: state.ds.selector
        case 4: state.fs.selector
        default: state.gs.selector
        }
    }

    // MARK: Memory

    private var effectiveAddress: UInt64 {
        let op = step.site.pointee.op
        let i = op.pointee.instruction
        if i.hasOffset64 { return i.immediate }
        var sum = UInt64(bitPattern: Int64(i.displacement))
        if i.base == Instruction.ripRegister {
            sum &+= step.site.pointee.block.pointee.rip(at: op.pointee.end)
        } else if i.base != Instruction.noRegister {
            sum &+= generalRegister(i.base).pointee
        }
        if i.index != Instruction.noRegister { sum &+= generalRegister(i.index).pointee << UInt64(i.scale) }
        return sum & i.addressSize.mask
    }

    private func linear(_ segment: UInt8, _ offset: UInt64, _ width: Width, writes: Bool) throws(Leaving) -> UInt64 {
        let windows = core.pointee.windows
        let window =
            switch segment {
            case 0: windows.es
            case 1: windows.cs
            case 2: windows.ss
            case 3: windows.ds
            case 4: windows.fs
            default: windows.gs
            }
        if region.isCode64 { return window.base &+ offset }
        if offset &+ UInt64(width.bytes) > (writes ? window.writeTop : window.readTop) { try interpret() }
        return (window.base &+ offset) & 0xFFFF_FFFF
    }

    /// The interpreter executes the instruction, because something about it is not usual.
    private func interpret() throws(Leaving) {
        step.site.pointee.access = NativeSite.never
        _ = NativeCall.slowAccess(core.raw, step.site, 0)
        throw .interpreted
    }

    /// The bytes at a linear address, once the TLB allows the access.
    private func host(_ linear: UInt64, _ width: Width, _ access: UInt32) throws(Leaving) -> UnsafeMutableRawPointer {
        let page = (linear &+ UInt64(width.bytes - 1)) & ~0xFFF
        while true {
            let entry = core.pointee.tlb[Int(truncatingIfNeeded: linear >> 12 & UInt64(TLBEntry.count - 1))]
            let allowsReading = access == NativeSite.write || entry.readTag == page
            let allowsWriting = access == NativeSite.read || entry.writeTag == page
            if allowsReading, allowsWriting,
                let host = UnsafeMutableRawPointer(bitPattern: Int(truncatingIfNeeded: linear) &+ entry.addend)
            {
                return host
            }
            step.site.pointee.access = access
            step.site.pointee.size = UInt32(width.bytes)
            guard NativeCall.slowAccess(core.raw, step.site, linear) == 0 else { throw .interpreted }
        }
    }

    private func read(at linear: UInt64, _ width: Width) throws(Leaving) -> UInt64 {
        load(try host(linear, width, NativeSite.read), width)
    }

    private func load(_ place: UnsafeRawPointer, _ width: Width) -> UInt64 {
        switch width {
        case .byte: UInt64(place.load(as: UInt8.self))
        case .word: UInt64(place.loadUnaligned(as: UInt16.self))
        case .doubleword: UInt64(place.loadUnaligned(as: UInt32.self))
        case .quadword: place.loadUnaligned(as: UInt64.self)
        }
    }

    private func store(_ place: UnsafeMutableRawPointer, _ value: UInt64, _ width: Width) {
        switch width {
        case .byte: place.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
        case .word: place.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
        case .doubleword: place.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
        case .quadword: place.storeBytes(of: value, as: UInt64.self)
        }
    }
}
