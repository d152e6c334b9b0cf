import Processor
import X86

/// From the intermediate representation of a region to x86-64 machine code.
///
/// One pass, instruction by instruction. An instruction changes nothing before its last access has succeeded, so whenever it needs
/// help the interpreter executes it as a whole. What has no lowering is called out for.
struct Lowering {
    /// The place where a node's value is.
    enum Place {
        case none
        case constant(UInt64)
        /// In a register, zero-extended when it is not the guest's.
        case register(HostRegister, isGuest: Bool)
        /// In one of the guest's registers that are in `CPUState`: see `LoweringCode64`.
        case extended(UInt8)
        /// The effective address of the instruction, not computed yet.
        case address
        /// A memory operand whose access has been checked.
        case memory(HostOperand)
        /// A truth value: a condition of the guest's flags, or a node compared with zero, or two of them.
        case condition(UInt8)
        case zero(IRValue, isZero: Bool)
        case both(IRValue, IRValue)
    }

    var asm: Assembler
    let region: Region
    let mode: Mode
    let isCode64: Bool

    // The member that is being translated
    var number = 0
    var nodes: [IRNode] = []
    var live: [FlagParts] = []
    var places: [Place] = []
    var lastUse: [Int32] = []
    var uses: [UInt8] = []
    /// Nodes that an earlier one has done along with itself.
    var isDone: [Bool] = []
    /// The indices at which the nodes of each instruction begin, and behind them the one at which the last ones end.
    var starts: [Int] = []
    var flags = FlagState()
    /// While the instructions of an `AccessRun` are lowered: what the current one has beside it. The run's look at the TLB is in `addend`, as long as that
    /// is untouched, and in `Core`.
    var held: OtherAccesses?

    // The instruction that is being translated
    var op: OpHandle
    var range = 0..<0
    /// It looks at the flags after its accesses.
    var consumesFlags = false
    /// Its transfer, emitted when all else is done.
    var transfer: IRValue = IRNode.none

    /// In this block it has been looked at whether SSE is available, and AVX.
    var hasCheckedSSE = false
    var hasCheckedAVX = false

    /// FIP and its like as they should be.
    var x87Pointers: X87Pointers?

    // What comes behind the code
    var cold: [ColdPath] = []
    var sites: [(label: Assembler.Label, site: NativeSite)] = []
    var cells: [LinkCell] = []
    /// The place where members begin, and where they begin when their ticks have been taken.
    var memberLabels: [Assembler.Label] = []
    var bodyLabels: [Assembler.Label] = []
    let indirectMiss: Assembler.Label
    var usesIndirect = false
    var isInColdPath = false
    var coldStart = 0
    /// The engine's name for mode and code segment.
    let context: UInt64
    let assumptions: Assumptions
    let backend: X86_64Backend
    /// The places of the guest's registers while the region runs.
    let plan: RegisterPlan

    /// A transfer out of the region.
    struct LinkCell {
        let cell: Assembler.Label
        let generation: Assembler.Label
        let stub: Assembler.Label
        let rip: UInt64
        let isSamePage: Bool
        /// It guards a transfer within the region.
        let member: Int?
    }

    init(_ asm: Assembler, _ region: Region, _ assumptions: Assumptions, _ backend: X86_64Backend) {
        let first = region.members[0].block
        context = assumptions.context(first.pointee.mode, first.pointee.csBase, first.pointee.csLimit)
        self.assumptions = assumptions
        self.backend = backend
        plan = RegisterPlan(region, backend.host)
        self.asm = asm
        self.region = region
        mode = region.members[0].block.pointee.mode
        isCode64 = mode.contains(.code64)
        indirectMiss = self.asm.makeLabel()
        op = region.members[0].block.pointee.ops
        for _ in region.members {
            memberLabels.append(self.asm.makeLabel())
            bodyLabels.append(self.asm.makeLabel())
        }
    }

    var block: BlockHandle { region.members[number].block }
    var instruction: Instruction { op.pointee.instruction }

    /// Writes the whole region. False when the buffer is too small.
    mutating func run() -> Bool {
        if region.usesFPU {
            let refused = asm.makeLabel()
            loadFPU(orTo: refused)
            addCold(refused, .refused(rip: block.pointee.rip))
        }
        exchangeRegisters(undo: false)
        for number in region.members.indices {
            guard lower(member: number) else { return false }
        }
        guard finishColdPaths() else { return false }
        placeData()
        asm.resolve()
        return true
    }

    // MARK: Blocks

    private mutating func lower(member number: Int) -> Bool {
        self.number = number
        takeNodes()
        flags = FlagState()
        (hasCheckedSSE, hasCheckedAVX) = (false, false)
        asm.place(memberLabels[number])
        takeBudget()
        asm.place(bodyLabels[number])
        var position = 0
        while position < starts.count - 1 {
            guard asm.hasRoom else { return false }
            if let run = accessRun(from: position) {
                guard lower(run) else { return false }
                position = run.instructions.upperBound
            } else {
                lowerInstruction(at: position)
                position += 1
            }
        }
        return true
    }

    /// Takes up the nodes of member `number`, of which none is lowered.
    mutating func takeNodes() {
        let member = region.members[number]
        nodes = member.intermediate.nodes
        live = member.liveAfter
        places = [Place](repeating: .none, count: nodes.count)
        isDone = [Bool](repeating: false, count: nodes.count)
        starts = nodes.indices.filter { nodes[$0].operation == .instruction } + [nodes.count]
        countUses()
    }

    /// Makes instruction `position` of the block the one that is translated.
    mutating func place(at position: Int) {
        op = block.pointee.ops + Int(truncatingIfNeeded: nodes[starts[position]].immediate)
        range = starts[position] + 1..<starts[position + 1]
    }

    mutating func lowerInstruction(at position: Int) {
        place(at: position)
        lowerInstruction(isLast: position + 2 == starts.count)
    }

    private mutating func countUses() {
        uses = [UInt8](repeating: 0, count: nodes.count)
        lastUse = [Int32](repeating: -1, count: nodes.count)
        for (index, node) in nodes.enumerated() {
            for operand in [node.a, node.b, node.c] where operand >= 0 {
                uses[Int(operand)] &+= 1
                lastUse[Int(operand)] = Int32(truncatingIfNeeded: index)
            }
        }
    }

    /// No block begins that would end after the limit.
    private mutating func takeBudget() {
        let count = UInt64(block.pointee.count)
        let label = asm.makeLabel()
        asm.alu(.sub, HostMap.budget, immediate: count, .quadword)
        asm.jump(if: HostCondition.less, label)
        addCold(label, .budget(count: count, rip: block.pointee.rip, isSaved: false))
    }

    mutating func addCold(_ label: Assembler.Label, _ work: ColdPath.Work) {
        var part = ColdPath(label, work)
        part.member = number
        cold.append(part)
    }

    private mutating func lowerInstruction(isLast: Bool) {
        let ending = isLast ? region.members[number].intermediate.ending : .fallsThrough
        if op.pointee.changes.areFrequent { return lowerAny(isLast: isLast) }
        noteInCode()
        if ending == .callsOut || ending == .leaves {
            if !lowerSystem(ending) { callOutAtEnd(callSite(), ending) }
        } else if region.usesX87, instruction.operation.isX87, lowerX87() {
            if isLast { goOn() }
        } else if instruction.operation.isPacked, (region.usesX87 && lowerMMX()) || lowerSSE() || lowerAVX() {
            if isLast { goOn() }
        } else if !canLower() {
            if ending == .branches {
                callOutAtEnd(callSite(), .callsOut)
            } else if !lowerSystem(ending) {
                callOut(callSite())
            }
            if isLast && ending == .fallsThrough { goOn() }
        } else {
            transfer = IRNode.none
            consumesFlags = range.contains { nodes[$0].consumesFlags }
            let (before, firstCold, firstSite) = (flags, cold.count, sites.count)
            for index in range where !isDone[index] { lower(index) }
            if transfer == IRNode.none { joinDevices(from: firstCold, firstSite, before) }
            if transfer != IRNode.none { lowerTransfer(Int(transfer)) } else if isLast { goOn() }
        }
    }

    /// The interpreter executes whatever is in the instruction's place.
    private mutating func lowerAny(isLast: Bool) {
        let site = callSite()
        sites[sites.count - 1].site.isForAny = true
        if isLast { callOutAtEnd(site, .leaves) } else { callOut(site) }
    }

    /// Notes what the code depends on, for when the instruction is replaced. A mere call-out finds the instruction in its place.
    private func noteInCode() {
        let isCallOut = range.count == 1 && nodes[range.lowerBound].operation == .callOut
        if isCallOut && !hasSystemLowering && !instruction.operation.isX87 && !instruction.operation.isPacked {
            op.pointee.changes.isRowInCode = true
        } else {
            op.pointee.changes.areInCode = true
        }
    }

    /// On to the next block.
    mutating func goOn() {
        guard let next = region.members[number].next else { return leave(at: nextRIP) }
        go(to: next)
    }

    var nextRIP: UInt64 { block.pointee.end }

    // MARK: What can be lowered

    func canLower() -> Bool {
        // CMPS: two values would have to survive an access.
        guard !mixesHighByteWithMemory, instruction.operation != .cmps, !exchangesExtended else { return false }
        return range.allSatisfy { index in
            let node = nodes[index]
            switch node.operation {
            case .callOut: return false
            case .divide: return node.width != .byte
            case .divideSigned: return node.width == .doubleword || node.width == .quadword
            case .rcl, .rcr: return nodes.constantCount(node.b, node.width) != nil && !isFullTurn(node)
            case .shld, .shrd:
                return canShiftDouble(index)
            case .branch, .branchIf, .checkBranch:
                guard case .constant = nodes[Int(node.a)].operation else { return true }
                return block.pointee.mayReach(nodes[Int(node.a)].immediate)
            default: return isCode64 || node.width != .quadword || node.operation.isFreeOfWidth
            }
        }
    }

    /// AH…BH cannot stand in one host instruction with the registers of an access. MOV finds a way.
    private var mixesHighByteWithMemory: Bool {
        let i = instruction
        guard i.hasMemoryOperand, i.operation != .mov else { return false }
        return (i.kind0 == .byteRegister && i.register0 >= 16) || (i.kind1 == .byteRegister && i.register1 >= 16)
    }

    /// RCL and RCR of narrow operands by a multiple of width + 1 change nothing, which the host does not know of its OF.
    private func isFullTurn(_ node: IRNode) -> Bool {
        guard let count = nodes.constantCount(node.b, node.width), node.width != .doubleword else { return false }
        return count % UInt64(node.width.bits + 1) == 0
    }

    // MARK: Nodes

    private mutating func lower(_ index: Int) {
        let node = nodes[index]
        switch node.operation {
        case .instruction, .upperHalf, .remainder: break
        case .constant: places[index] = .constant(node.immediate)
        case .register where isExtended(node.number): places[index] = .extended(node.number)
        case .register: places[index] = .register(hostRegister(node.number, node.width), isGuest: true)
        case .address: places[index] = .address
        case .load, .top, .frameTop: lowerLoad(index)
        case .selector: lowerSelector(index)
        case .stringStep: lowerStringStep(index)
        case .bit: lowerBit(index)
        case .locate: lowerLocate(index)
        case .loadAt: lowerLoadAt(index)
        case .setRegister: setRegister(node.number, node.width, Int(node.a), at: index)
        case .store: lowerStore(index)
        case .storeAt: lowerStoreAt(index)
        case .push: lowerPush(index)
        case .release, .releaseFrame: lowerRelease(index)
        case .add, .addWithCarry, .subtract, .subtractWithBorrow, .and, .or, .xor: lowerALU(index)
        case .increment, .decrement: lowerStep(index)
        case .rol, .ror, .rcl, .rcr, .shl, .shr, .sar: lowerShift(index)
        case .shld, .shrd: lowerShiftDouble(index)
        case .multiply, .multiplySigned: lowerMultiply(index)
        case .divide, .divideSigned: lowerDivide(index)
        case .not, .sum, .byteSwap, .signExtend, .signFill: lowerPlain(index)
        case .condition: places[index] = .condition(node.number)
        case .isZero: places[index] = .zero(node.a, isZero: true)
        case .isNotZero: places[index] = .zero(node.a, isZero: false)
        case .both: places[index] = .both(node.a, node.b)
        case .select: lowerSelect(index)
        case .branch, .branchIf, .checkBranch: beginTransfer(index)
        case .setCarry, .clearCarry, .complementCarry: lowerCarry(index)
        case .setDirection: setDirection(node.number != 0)
        case .lowFlags: lowerLowFlags(index)
        case .setLowFlags: lowerSetLowFlags(index)
        case .callOut: break
        }
    }

    /// Of a register that is not extended; AH…BH are numbered in the same way.
    func hostRegister(_ number: UInt8, _ width: Width) -> HostRegister {
        width == .byte && number >= 16 ? number : plan.host(number) ?? HostMap.register(number)
    }
}

extension IROperation {
    /// Operations whose nodes have no width of their own, or any.
    fileprivate var isFreeOfWidth: Bool {
        switch self {
        case .instruction, .constant, .signFill, .signExtend, .address: true
        default: false
        }
    }
}

extension IRNode {
    /// Looks at flags that an earlier instruction has left.
    fileprivate var consumesFlags: Bool {
        switch operation {
        case .addWithCarry, .subtractWithBorrow, .rcl, .rcr, .bit, .condition, .complementCarry, .lowFlags, .setLowFlags: true
        case .increment, .decrement, .rol, .ror, .shl, .shr, .sar, .setCarry, .clearCarry: true
        default: false
        }
    }
}

/// Conditions of the host by their codes. SDM Vol. 1, appendix B.
enum HostCondition {
    static let overflow: UInt8 = 0
    static let below: UInt8 = 2
    static let notBelow: UInt8 = 3
    static let equal: UInt8 = 4
    static let notEqual: UInt8 = 5
    static let above: UInt8 = 7
    static let sign: UInt8 = 8
    static let less: UInt8 = 12

    /// Tells whether a condition, or all flags (nil), include CF.
    static func looksAtCarry(_ code: UInt8?) -> Bool { code.map { 2...3 ~= $0 || 6...7 ~= $0 } ?? true }
}
