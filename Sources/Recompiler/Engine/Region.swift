import Processor
import X86

/// Blocks that are translated together: those reached from the first by direct transfers.
package struct Region {
    package struct Member {
        package let block: BlockHandle
        package let intermediate: Intermediate
        /// The place where it goes, as far as that is known: the target of its transfer, and the next block.
        package let taken: UInt64?
        package let next: UInt64?
        /// Behind the call that has led here, where the block is a near return.
        let back: UInt64?
        /// All of them that are known.
        var successors: [UInt64] { [taken, next, back].compactMap { $0 } }
        /// Flags that somebody looks at after its beginning.
        var liveAtStart: FlagParts = .all
        var liveAfter: [FlagParts] = []
    }

    package private(set) var members: [Member] = []
    /// Calls that are followed into each other, at most.
    private static let mostCalls = 8
    /// Number of a member by RIP.
    package private(set) var numbers: [UInt64: Int] = [:]
    private var instructions = 0
    /// Units of the host that hold something of the guest's while it runs.
    private(set) var units: HostUnits = []
    var usesX87: Bool { units.contains(.x87) }
    var usesMXCSR: Bool { units.contains(.MXCSR) }
    /// Something of the guest is in the host's FPU or MXCSR while it runs.
    var usesFPU: Bool { !units.isDisjoint(with: [.x87, .MXCSR]) }

    static let longest = 300
    static let mostMembers = 24

    /// The units of the host that may stand in for the guest's: its FPU is available, no exception is unmasked.
    private let allowed: HostUnits
    private let backend: any Backend
    /// Number of times that others than the first have to have been entered.
    private let heat: Int32

    init(_ first: BlockHandle, cpu: CPU, _ backend: any Backend, heat: Int32 = 0) {
        self.backend = backend
        self.heat = heat
        let state = cpu.core.pointee.state
        var allowed: HostUnits = .longVectors
        if state.cr0.isDisjoint(with: [.EM, .TS]) && state.x87.control & 0x3F == 0x3F && !state.x87.status.contains(.ES) {
            allowed.insert(.x87)
        }
        if state.sse.mxcsr.isSuperset(of: .masks) { allowed.insert(.MXCSR) }
        self.allowed = allowed
        grow(from: first, cpu: cpu)
        findLiveFlags()
    }

    /// Depth first, the next block before the target, so that code that follows also stands behind.
    private mutating func grow(from first: BlockHandle, cpu: CPU) {
        // With the places behind the calls that lead there, the last one at the end.
        var pending: [(block: BlockHandle, calls: [UInt64])] = [(first, [])]
        while let (block, above) = pending.popLast() {
            guard numbers[block.pointee.rip] == nil, members.count < Region.mostMembers,
                instructions + Int(block.pointee.count) <= Region.longest || members.isEmpty
            else { continue }
            let wanted = units(for: block)
            // Where the FPU is not available, code that uses it is left out of regions that do not begin with it.
            if wanted.contains(.x87), !allowed.contains(.x87), !members.isEmpty { continue }
            let intermediate = cpu.intermediate(of: block)
            var calls = above
            let last = block.pointee.ops[Int(block.pointee.count) - 1].instruction.operation
            let back = last == .ret ? calls.popLast() : nil
            let member = Member(
                block: block, intermediate: intermediate, taken: target(block, intermediate), next: following(block, intermediate),
                back: back)
            numbers[block.pointee.rip] = members.count
            members.append(member)
            units.formUnion(wanted.intersection(allowed))
            instructions += Int(block.pointee.count)
            if last == .call, calls.count < Region.mostCalls { calls.append(block.pointee.end) }
            for rip in member.successors {
                guard let found = cpu.neighbour(of: block, at: rip, heat: heat), !standsAlone(found, first) else {
                    continue
                }
                pending.append((found, calls))
            }
        }
    }

    /// The block has a translation already, to which the way is short: it is not translated once more. What keeps something of the guest in the
    /// host's FPU is, because that would have to go back before.
    private func standsAlone(_ block: BlockHandle, _ first: BlockHandle) -> Bool {
        block.pointee.entry != nil && block != first && !usesFPU && units(for: block).isDisjoint(with: [.x87, .MXCSR])
    }

    private func units(for block: BlockHandle) -> HostUnits {
        (0..<Int(block.pointee.count)).reduce(into: []) { $0.formUnion(backend.units(for: block.pointee.ops[$1].instruction)) }
    }

    private func target(_ block: BlockHandle, _ code: Intermediate) -> UInt64? {
        guard code.ending == .branches,
            let transfer = code.nodes.last(where: { $0.operation == .branch || $0.operation == .branchIf })
        else { return nil }
        let node = code.nodes[Int(transfer.a)]
        // What lies beyond the limit is the interpreter's.
        guard node.operation == .constant, block.pointee.mayReach(node.immediate) else { return nil }
        return node.immediate
    }

    private func following(_ block: BlockHandle, _ code: Intermediate) -> UInt64? {
        switch code.ending {
        case .fallsThrough, .callsOut: break
        case .branches: guard code.nodes.contains(where: { $0.operation == .branchIf }) else { return nil }
        case .leaves: return nil
        }
        return block.pointee.mayReach(block.pointee.end) ? block.pointee.end : nil
    }

    /// A run may end at the end of any block, so there all flags count as looked at, whoever follows. What a block replaces before
    /// anything can happen need not be handed to it.
    private mutating func findLiveFlags() {
        for number in members.indices {
            members[number].liveAfter = members[number].intermediate.nodes.liveFlags(after: .all)
            members[number].liveAtStart = members[number].liveAfter[0]
        }
    }
}
