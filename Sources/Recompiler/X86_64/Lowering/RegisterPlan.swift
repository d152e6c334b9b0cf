import Processor
import X86

/// The registers of the guest that are in registers of the host while a region runs.
///
/// In 64-bit code one of R8 to R15 that a loop uses may change places with a register that the loop uses less, or not at all: the one is in the host's
/// register then, the other in `CPUState`. The region makes the exchange when it is entered, and undoes it before it is left or anybody
/// else looks at the registers; so all that is outside of it, and all that is called, knows nothing of it.
struct RegisterPlan {
    struct Exchange {
        /// One of R8 to R15.
        let extended: UInt8
        /// One of RAX to RDI, but RSP.
        let usual: UInt8
    }

    private(set) var exchanges: [Exchange] = []
    /// The host's register of each of the guest's; nil: in `CPUState`.
    private var hosts = RegisterPlan.usualHosts
    private static let usualHosts: [HostRegister?] = (0..<17 as Range<UInt8>).map { $0 < 8 ? HostMap.register($0) : nil }

    func host(_ number: UInt8) -> HostRegister? { hosts[Int(number)] }

    /// The usual places, or those that are best for the loops of `region`.
    init(_ region: Region, _ host: HostProcessor) {
        let (members, numbers) = (region.members, region.numbers)
        guard let first = members.first, first.block.pointee.mode.contains(.code64), !region.usesX87 else { return }
        let loops = RegisterPlan.membersInLoops(members, numbers)
        guard loops.contains(true) else { return }
        var uses = RegisterUses(features: host.features)
        for (number, member) in members.enumerated() {
            uses.count(member, weight: loops[number] ? RegisterPlan.rounds : 1, numbers)
        }
        choose(uses)
    }

    /// Times that a loop is supposed to go round each time that its region is entered.
    private static let rounds = 8
    /// Instructions that one exchange is, there and back.
    private static let price = 4

    /// The members that lie between the target of a transfer backward and its origin.
    private static func membersInLoops(_ members: [Region.Member], _ numbers: [UInt64: Int]) -> [Bool] {
        var result = [Bool](repeating: false, count: members.count)
        for (number, member) in members.enumerated() {
            for rip in member.successors {
                guard let target = numbers[rip], target <= number else { continue }
                for between in target...number { result[between] = true }
            }
        }
        return result
    }

    private mutating func choose(_ uses: RegisterUses) {
        guard !uses.isImpossible else { return }
        let extended = (8..<16 as Range<UInt8>).sorted { uses[$0] > uses[$1] }
        let usual = ([0, 1, 2, 3, 5, 6, 7] as [UInt8]).filter { !uses.isFixed($0) }.sorted { uses[$0] < uses[$1] }
        for (one, other) in zip(extended, usual) {
            let gain = uses[one] - uses[other] - RegisterPlan.price * (uses.exits + 1)
            guard gain >= 2 * RegisterPlan.rounds else { return }
            exchanges.append(Exchange(extended: one, usual: other))
            hosts[Int(one)] = HostMap.register(other)
            hosts[Int(other)] = nil
        }
    }
}

/// Counts of how often the code of a region names each register.
private struct RegisterUses {
    private var counts = [Int](repeating: 0, count: 17)
    /// The host's.
    private let features: FeatureSet
    /// Registers that instructions expect where they usually are.
    private var fixed: UInt16 = 0
    /// Times that the region is left, or something is called out for.
    private(set) var exits = 0
    /// An instruction goes by all registers.
    private(set) var isImpossible = false

    init(features: FeatureSet) { self.features = features }

    subscript(_ number: UInt8) -> Int { counts[Int(number)] }

    func isFixed(_ number: UInt8) -> Bool { fixed >> UInt16(number) & 1 != 0 }

    private mutating func fix(_ numbers: UInt8...) {
        for number in numbers { fixed |= 1 << UInt16(number) }
    }

    mutating func count(_ member: Region.Member, weight: Int, _ numbers: [UInt64: Int]) {
        let code = member.intermediate
        var i = member.block.pointee.ops.pointee.instruction
        for node in code.nodes {
            switch node.operation {
            case .instruction:
                i = member.block.pointee.ops[Int(truncatingIfNeeded: node.immediate)].instruction
                count(i, weight)
            case .register, .setRegister: name(node.number, weight, isByte: node.width == .byte)
            case .frameTop, .releaseFrame: fix(5)
            case .rol, .ror, .rcl, .rcr, .shl, .shr, .sar: needsCount(code.nodes[Int(node.b)])
            case .shld, .shrd: needsCount(code.nodes[Int(node.c)])
            case .callOut: if !isNative(i) { exits += weight }
            case .branch, .branchIf:
                let leadsBack = member.back.map { numbers[$0] != nil } ?? false
                if code.nodes[Int(node.a)].operation != .constant && !leadsBack { exits += weight }
            default: break
            }
        }
        if code.ending == .leaves { exits += weight }
        // Out of the region by the less likely way, as a rule.
        for rip in member.successors where numbers[rip] == nil { exits += 1 }
    }

    /// The instruction is called out for in the intermediate representation, and not in the code.
    private func isNative(_ i: Instruction) -> Bool {
        switch i.operation {
        case .bsf, .bsr, .tzcnt, .lzcnt, .popcnt, .bt, .bts, .btr, .btc, .cmpxchg, .cmpxchg8b, .cmpxchg16b, .rdtsc, .cli, .pushf,
            .popf,
            .andn, .blsr, .blsmsk, .blsi, .bextr, .bzhi, .pext, .pdep, .mulx, .shlx, .sarx, .shrx, .rorx, .lfence, .mfence, .sfence:
            true
        default: i.operation.isPacked && (i.isVEX ? VEXForm(i, features) != nil : SSEForm(i, features) != nil)
        }
    }

    private mutating func name(_ number: UInt8, _ weight: Int, isByte: Bool) {
        if isByte && number >= 16 {
            // AH to BH are where the host has them.
            fix(number - 16)
        } else {
            counts[Int(number)] += weight
        }
    }

    private mutating func needsCount(_ count: IRNode) {
        if count.operation != .constant { fix(1) }
    }

    private mutating func count(_ i: Instruction, _ weight: Int) {
        if i.hasMemoryOperand {
            for number in [i.base, i.index] where number < 16 { counts[Int(number)] += weight }
        }
        for (kind, number) in [(i.kind0, i.register0), (i.kind1, i.register1)] where kind == .byteRegister && number >= 16 {
            fix(number - 16)
        }
        switch i.operation {
        case .cmpxchg, .fnstsw: fix(0)
        case .mul, .imul, .div, .idiv, .rdtsc: fix(0, 2)
        case .mulx: fix(2)
        case .cmpxchg8b, .cmpxchg16b: fix(0, 1, 2, 3)
        case .xlat: fix(0, 3)
        case .syscall, .sysret, .sysenter, .sysexit: isImpossible = true
        default: break
        }
    }
}

extension Lowering {
    /// Makes the plan's exchanges, or undoes them: it is the same but for the direction. Flags stay.
    mutating func exchangeRegisters(undo: Bool) {
        for exchange in plan.exchanges {
            let host = HostMap.register(exchange.usual)
            let (leaving, coming) = undo ? (exchange.extended, exchange.usual) : (exchange.usual, exchange.extended)
            asm.store(HostMap.core(CoreOffset.register(leaving)), host, .quadword)
            asm.load(host, HostMap.core(CoreOffset.register(coming)), .quadword)
        }
    }
}
