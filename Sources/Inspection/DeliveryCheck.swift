import Board
import Processor

/// An obstacle to delivering a vector now: the checks of SDM Vol. 3A, section 6.12, in the processor's order, up to the first that fails.
public enum DeliveryObstacle: Equatable {
    /// IDTR still has what RESET or a BIOS put there: real mode's interrupt table.
    case realModeIDT(limit: UInt64)
    /// The IDT has no such entry; `needed` is the least limit.
    case beyondIDT(limit: UInt64, needed: UInt64)
    case tableUnmapped(address: UInt64, walk: PageWalk)
    /// IDTR leads to where no RAM is.
    case tableWithoutRAM(UInt64)
    case emptyGate
    case wrongGate(kind: String)
    /// INT n from a ring that the gate does not allow.
    case gateDPL(UInt8)
    case gateNotPresent
    case nullSelector
    case selectorBeyondGDT(UInt16, limit: UInt64)
    case descriptorUnmapped(UInt16)
    case notCode(UInt16, kind: String)
    case codeNotPresent(UInt16)
    case codeDPL(UInt16, UInt8)
    /// Virtual-8086 mode is left to ring 0 only.
    case notForVirtual8086(UInt16)
    case offsetBeyondLimit(UInt64)
    /// An entry of IA-32e mode whose upper half is another gate: the table has entries of 8 bytes.
    case shortEntries
    /// IA-32e mode needs 64-bit code.
    case notLongCode(UInt16, kind: String)
    case offsetNotCanonical(UInt64)
    /// A stack that the 64-bit TSS names, by the name of its field there.
    case namedStack(String, UInt64, walk: PageWalk?)
    /// A change to ring 0 without a TSS.
    case noTSS
    case innerStackSelector(UInt16, kind: String)
    /// The stack of an inner ring, which the TSS names, takes no frame.
    case innerStackPointer(UInt64, level: UInt8, walk: PageWalk)
    /// Pushing the frame: the page is missing or read-only.
    case stack(address: UInt64, walk: PageWalk)
    /// The frame does not fit the stack segment.
    case stackLimit(address: UInt64)

    /// nil when nothing does, as far as this looks: task gates are not followed.
    public init?(_ view: MachineView, vector: UInt8, hasErrorCode: Bool, isSoftware: Bool = false) {
        let obstacle: DeliveryObstacle?
        do throws(UnmappedTable) {
            obstacle =
                view.isProtected
                ? try Self.protected(view, vector, hasErrorCode, isSoftware)
                : try view.vector(inRealMode: vector).refusal.map { .init($0, view) }
        } catch {
            obstacle = .tableUnmapped(address: error.address, walk: PageWalk(view, linear: error.address))
        }
        guard let obstacle else { return nil }
        self = view.isProtected && view.hasRealModeIDT ? .realModeIDT(limit: UInt64(view.idtr.limit)) : obstacle
    }

    /// The check that failed, in the words of this type.
    private init(_ refusal: DeliveryRefusal, _ view: MachineView) {
        self =
            switch refusal {
            case .beyondIDT(let limit, let needed): .beyondIDT(limit: limit, needed: needed)
            case .wrongGate(let gate): gate.raw | (gate.high ?? 0) == 0 ? .emptyGate : .wrongGate(kind: gate.kind)
            case .gateDPL(let DPL): .gateDPL(DPL)
            case .gateNotPresent: .gateNotPresent
            case .nullSelector: .nullSelector
            case .beyondTable(let selector):
                .selectorBeyondGDT(selector.rawValue, limit: UInt64(selector.isLocal ? view.ldtr.limit : UInt32(view.gdtr.limit)))
            case .notCode(let selector, let code): .notCode(selector.rawValue, kind: code.kind)
            case .codeDPL(let selector, let DPL): .codeDPL(selector.rawValue, DPL)
            case .notForVirtual8086(let selector): .notForVirtual8086(selector.rawValue)
            case .notLongCode(let selector, let code): .notLongCode(selector.rawValue, kind: code.kind)
            case .codeNotPresent(let selector): .codeNotPresent(selector.rawValue)
            case .noStackInTSS: .noTSS
            case .nullStackSelector: view.tr.selector & 0xFFFC == 0 ? .noTSS : .innerStackSelector(0, kind: "null")
            case .stackSelector(let selector, let stack):
                .innerStackSelector(selector.rawValue, kind: stack?.kind ?? "beyond the GDT")
            case .stackNotPresent(let selector): .innerStackSelector(selector.rawValue, kind: "not present")
            case .stackNotCanonical(let pointer): .namedStack("stack", pointer, walk: nil)
            case .offsetBeyondLimit(let offset): .offsetBeyondLimit(offset)
            case .offsetNotCanonical(let offset): .offsetNotCanonical(offset)
            }
    }

    private static func protected(_ view: MachineView, _ vector: UInt8, _ hasErrorCode: Bool, _ isSoftware: Bool)
        throws(UnmappedTable) -> DeliveryObstacle?
    {
        let gate: Descriptor
        switch try view.gate(vector, isSoftware: isSoftware) {
        case .success(let found): gate = found
        case .failure(.wrongGate(let found)) where view.isIA32e && hasEntriesOf8Bytes(view, found): return .shortEntries
        case .failure(.wrongGate) where !view.isRAM(linear: view.idtr.base): return .tableWithoutRAM(view.idtr.base)
        case .failure(let refusal): return DeliveryObstacle(refusal, view)
        }
        guard gate.systemType != .taskGate else { return nil }
        let code: Descriptor
        do throws(UnmappedTable) {
            switch try view.handlerCode(gate) {
            case .success(let found): code = found
            case .failure(let refusal): return DeliveryObstacle(refusal, view)
            }
        } catch {
            return .descriptorUnmapped(gate.gateSelector)
        }
        let isInner = !code.isConforming && code.DPL < view.cpl
        let obstacle =
            view.isIA32e
            ? stackIA32e(view, gate, isInner ? code.DPL : nil, size: hasErrorCode ? 48 : 40)
            : stack(view, gate, isInner ? code.DPL : nil, hasErrorCode)
        // A stack that cannot even be named comes before the offset, one that takes no frame behind it.
        if let obstacle, !obstacle.isOfPushing { return obstacle }
        return view.refusalOfOffset(gate, code).map { DeliveryObstacle($0, view) } ?? obstacle
    }

    /// There is no IDT of a kernel's own.
    package var isWithoutTable: Bool {
        switch self {
        case .realModeIDT, .beyondIDT(limit: 0, _): true
        default: false
        }
    }

    /// The frame was to be pushed already.
    private var isOfPushing: Bool {
        switch self {
        case .stack, .stackLimit, .innerStackPointer, .namedStack(_, _, walk: .some): true
        default: false
        }
    }

    private static func hasEntriesOf8Bytes(_ view: MachineView, _ gate: Descriptor) -> Bool {
        looksLikeGate32(gate.high ?? 0) || gate.raw | (gate.high ?? 0) == 0 && hasShortEntries(view)
    }

    /// Tells whether eight bytes are a gate of an IDT of 32 bits: present, an interrupt or trap gate, nothing in the byte that is zero there.
    private static func looksLikeGate32(_ raw: UInt64) -> Bool {
        raw >> 47 & 1 != 0 && [14, 15].contains(raw >> 40 & 0x1F) && raw >> 32 & 0xFF == 0 && raw >> 16 & 0xFFFC != 0
    }

    /// Tells whether one of the exceptions' entries has a gate of 32 bits in its upper half.
    private static func hasShortEntries(_ view: MachineView) -> Bool {
        (0..<32 as Range<UInt64>).contains { number in
            16 * number + 15 <= UInt64(view.state.idtr.limit)
                && view.linear(view.state.idtr.base &+ 16 * number &+ 8, 8).map(looksLikeGate32) ?? false
        }
    }

    private static func stack(_ view: MachineView, _ gate: Descriptor, _ level: UInt8?, _ hasErrorCode: Bool) -> DeliveryObstacle? {
        let words: UInt64 = (level != nil ? 5 : 3) + (hasErrorCode ? 1 : 0) + (view.isVirtual8086 ? 4 : 0)
        let size = words * (gate.isGate32 ? 4 : 2)
        if let level { return innerStack(view, level, size) }
        let ss = view.state.ss
        if !ss.isExpandDown, size <= view.stackPointer, view.stackPointer &- 1 > UInt64(ss.limit) {
            return .stackLimit(address: view.stackPointer &- size)
        }
        return push(view, top: view.linearSP, size: size, pointer: view.stackPointer)
    }

    /// SDM Vol. 3A, sections 6.14.2 to 6.14.5. `level` is that of an inner ring.
    private static func stackIA32e(_ view: MachineView, _ gate: Descriptor, _ level: UInt8?, size: UInt64) -> DeliveryObstacle? {
        guard gate.IST != 0 || level != nil else {
            return push(view, top: view.state.rsp & ~15, size: size, pointer: view.state.rsp)
        }
        guard view.tr.selector & 0xFFFC != 0 else { return .noTSS }
        let name = gate.IST != 0 ? "IST\(gate.IST)" : "RSP\(level ?? 0)"
        switch try? view.innerStackIA32e(level ?? 0, IST: gate.IST) {
        case .success(let pointer):
            guard case .stack(_, let walk) = push(view, top: pointer & ~15, size: size, pointer: pointer) else { return nil }
            return .namedStack(name, pointer, walk: walk)
        case .failure(.stackNotCanonical(let pointer)): return .namedStack(name, pointer, walk: nil)
        case .failure, nil: return .noTSS
        }
    }

    private static func innerStack(_ view: MachineView, _ level: UInt8, _ size: UInt64) -> DeliveryObstacle? {
        guard view.tr.selector & 0xFFFC != 0 else { return .noTSS }
        switch try? view.innerStack(level) {
        case .success(let stack):
            let top = (stack.segment.base &+ stack.pointer) & view.linearMask
            guard case .stack(_, let walk) = push(view, top: top, size: size, pointer: stack.pointer) else { return nil }
            return .innerStackPointer(stack.pointer, level: level, walk: walk)
        case .failure(let refusal): return DeliveryObstacle(refusal, view)
        case nil: return .noTSS
        }
    }

    /// The frame's bytes below `top`.
    private static func push(_ view: MachineView, top: UInt64, size: UInt64, pointer: UInt64) -> DeliveryObstacle? {
        for address in [(top &- 1) & view.linearMask, (top &- size) & view.linearMask] {
            if view.state.operatingMode.isIA32e, !AddressSpace.isCanonical(address) {
                return .stack(address: address, walk: PageWalk(view, linear: address, writes: true))
            }
            let walk = PageWalk(view, linear: address, writes: true)
            if walk.refusal != nil { return .stack(address: address, walk: walk) }
        }
        return nil
    }

    /// Says what is wrong; `vector` as in "entry 13 of the IDT".
    public func words(vector: UInt8) -> String {
        let entry = "IDT entry \(vector)"
        switch self {
        case .realModeIDT(let limit):
            return "no IDT is loaded: IDTR still has the interrupt table of real mode, base 0, limit \(h(limit, 4))"
        case .beyondIDT(let limit, let needed):
            return limit == 0
                ? "no IDT is loaded (IDTR's limit is 0)" : "the IDT ends at limit \(h(limit, 4)); \(entry) needs \(h(needed, 4))"
        case .tableUnmapped(let address, let walk): return "\(entry) at \(h(address)) is not mapped: \(walk.words ?? "")"
        case .tableWithoutRAM(let base): return "IDTR's base is \(h(base)), where no RAM is"
        case .emptyGate: return "\(entry) is empty"
        case .wrongGate(let kind): return "\(entry) is \(kind), not an interrupt, trap or task gate"
        case .gateDPL(let DPL): return "\(entry) has DPL \(DPL), which INT from an outer ring may not use"
        case .gateNotPresent: return "\(entry) is not present (P is clear)"
        case .nullSelector: return "\(entry) names the null selector"
        case .selectorBeyondGDT(let selector, let limit):
            return limit == 0
                ? "\(entry) names selector \(h(selector)), and no GDT is loaded (GDTR's limit is 0)"
                : "\(entry) names selector \(h(selector)), beyond the GDT's limit \(h(limit, 4))"
        case .descriptorUnmapped(let selector): return "\(entry) names selector \(h(selector)), and the GDT is not mapped there"
        case .notCode(let selector, let kind): return "\(entry) names selector \(h(selector)), which is \(kind), not code"
        case .codeNotPresent(let selector): return "\(entry) names code segment \(h(selector)), which is not present"
        case .codeDPL(let selector, let DPL): return "\(entry) names code segment \(h(selector)) of ring \(DPL), an outer one"
        case .notForVirtual8086(let selector):
            return "\(entry) names code segment \(h(selector)), and virtual-8086 mode is left to nonconforming code of ring 0 only"
        case .offsetBeyondLimit(let offset): return "\(entry) names offset \(h(offset)), beyond the code segment's limit"
        case .shortEntries:
            return "the IDT has entries of 8 bytes; in IA-32e mode each has 16, and \(entry) is where two others are"
        case .notLongCode(let selector, let kind):
            return
                "\(entry) names selector \(h(selector)), which is \(kind): in IA-32e mode handlers are 64-bit code (L = 1, D = 0)"
        case .offsetNotCanonical(let offset): return "\(entry) names address \(h(offset)), which is not canonical"
        case .namedStack(let name, let pointer, let walk):
            return walk.map { "the TSS's \(name) is \(h(pointer)), and a frame cannot be pushed below it: \($0.words ?? "")" }
                ?? "the TSS's \(name) is \(h(pointer)), which is not canonical"
        case .noTSS: return "the handler needs a stack from a TSS, and there is none that says where it is (TR is 0)"
        case .innerStackSelector(let selector, let kind):
            return "the TSS's ring-0 stack selector \(h(selector)) is \(kind), not writable data"
        case .innerStackPointer(let pointer, let level, let walk):
            return "the TSS's ESP\(level) is \(h(pointer)), and a frame cannot be pushed below it: \(walk.words ?? "")"
        case .stack(let address, let walk):
            return "the frame cannot be pushed at \(h(address)): \(walk.words ?? "the address is not canonical")"
        case .stackLimit(let address): return "the frame at \(h(address)) does not fit the stack segment"
        }
    }
}

extension Result where Failure == DeliveryRefusal {
    fileprivate var refusal: DeliveryRefusal? { if case .failure(let refusal) = self { refusal } else { nil } }
}
