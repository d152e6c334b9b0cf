import Processor
import Recompiler
import X86

/// A back end without machine code: it executes the nodes of a region one by one, in Swift, on any host.
///
/// It knows of the processor what a back end has to know, and shares nothing with the interpreter but the functions of `NativeCall`; so it says that the door is
/// one, and what goes wrong with every back end is not machine code's fault. What it has no case for it calls out for, as it may: shifts, divisions, and what the
/// intermediate representation leaves to the interpreter.
public final class NodeBackend: Backend {
    /// By their entries. One that runs while all are forgotten is held by those who run it.
    private var regions: [UnsafeRawPointer: NodeRegion] = [:]
    private var cells: Set<LinkCellPointer> = []
    private static let mostRegions = 4096

    init() {}

    deinit { forgetAll() }

    package let enter: NativeState.Enter = { raw, entry in
        let core = CoreHandle(raw.assumingMemoryBound(to: Core.self))
        var next: UnsafeRawPointer? = entry
        var result = NativeExit.boundary
        while let entry = next {
            // SAFETY: entries are regions that their back end holds; this one is held while it runs.
            let region = Unmanaged<NodeRegion>.fromOpaque(entry).takeUnretainedValue()
            var run = NodeRun(core, region)
            (result, next) = run.toItsEnd()
        }
        return result
    }

    package var hasRoom: Bool { regions.count < NodeBackend.mostRegions }

    package func units(for _: Instruction) -> HostUnits { [] }

    package func translate(_ region: Region, under assumptions: Assumptions) -> Translation? {
        let translated = NodeRegion(region, assumptions)
        cells.formUnion(translated.cells)
        let entry = UnsafeRawPointer(Unmanaged.passUnretained(translated).toOpaque())
        regions[entry] = translated
        return Translation(
            entry: entry, byteCount: region.members.reduce(0) { $0 + $1.intermediate.nodes.count }, guards: [],
            cellCount: translated.cells.count)
    }

    package func cell(_ name: UInt) -> LinkCellPointer? {
        LinkCellPointer(bitPattern: name).flatMap { cells.contains($0) ? $0 : nil }
    }

    package func forgetAll() {
        regions.removeAll()
        cells.removeAll()
    }
}

/// A region as the back end keeps it: blocks with their nodes, and the ways from each of them.
final class NodeRegion {
    enum Way {
        case member(Int)
        /// Out of the region, or to a page that may be another one meanwhile.
        case cell(LinkCellPointer)
    }

    struct Step {
        let site: UnsafeMutablePointer<NativeSite>
        let nodes: Range<Int>
        /// The interpreter executes the whole instruction.
        let isCalledOut: Bool
    }

    let members: [Region.Member]
    let steps: [[Step]]
    /// Of each member, by where they lead.
    private(set) var ways: [[UInt64: Way]] = []
    let context: UInt64
    let isCode64: Bool

    init(_ region: Region, _ assumptions: Assumptions) {
        let first = region.members[0].block.pointee
        members = region.members
        isCode64 = first.mode.contains(.code64)
        context = assumptions.context(first.mode, first.csBase, first.csLimit)
        steps = region.members.map(NodeRegion.steps)
        let mask: UInt64 = isCode64 ? .max : 0xFFFF_FFFF
        func page(_ rip: UInt64) -> UInt64 { ((first.csBase &+ rip) & mask) >> 12 }
        for member in members {
            var ways: [UInt64: Way] = [:]
            for rip in [member.taken, member.next].compactMap({ $0 }) where ways[rip] == nil {
                let staysInPage =
                    (first.csBase &+ rip) & 0xFFF <= Block.lastOffsetInPage && page(rip) == page(member.block.pointee.rip)
                if staysInPage, let number = region.numbers[rip] {
                    ways[rip] = .member(number)
                } else {
                    let cell = LinkCellPointer.allocate(capacity: 1)
                    cell.initialize(to: LinkCell(target: 0, generation: LinkCell.never, stub: 0))
                    ways[rip] = .cell(cell)
                }
            }
            self.ways.append(ways)
        }
    }

    var cells: [LinkCellPointer] {
        ways.flatMap(\.values).compactMap { if case .cell(let cell) = $0 { cell } else { nil } }
    }

    deinit {
        for cell in cells { cell.deallocate() }
        for step in steps.joined() { step.site.deallocate() }
    }

    private static func steps(_ member: Region.Member) -> [Step] {
        let nodes = member.intermediate.nodes
        var steps: [Step] = []
        for start in nodes.indices where nodes[start].operation == .instruction {
            let op = member.block.pointee.ops + Int(truncatingIfNeeded: nodes[start].immediate)
            let end = nodes[(start + 1)...].firstIndex { $0.operation == .instruction } ?? nodes.endIndex
            let site = UnsafeMutablePointer<NativeSite>.allocate(capacity: 1)
            site.initialize(to: NativeSite(op: op, block: member.block))
            site.pointee.touchesFlags = true
            site.pointee.isForAny = op.pointee.changes.areFrequent
            if !site.pointee.isForAny { op.pointee.changes.areInCode = true }
            let range = start + 1..<end
            let isCalledOut = site.pointee.isForAny || range.contains { !canExecute(nodes[$0], nodes, member) }
            steps.append(Step(site: site, nodes: range, isCalledOut: isCalledOut))
        }
        return steps
    }

    private static func canExecute(_ node: IRNode, _ nodes: [IRNode], _ member: Region.Member) -> Bool {
        switch node.operation {
        case .callOut, .rol, .ror, .rcl, .rcr, .shl, .shr, .sar, .shld, .shrd, .divide, .divideSigned: false
        case .branch, .branchIf, .checkBranch:
            nodes[Int(node.a)].operation != .constant || member.block.pointee.mayReach(nodes[Int(node.a)].immediate)
        default: true
        }
    }
}
