import Board
import Processor

/// An obstacle to delivering a vector now: the checks of SDM Vol. 3A, section 6.12, in the processor's order, up to the first that fails.
package enum DeliveryObstacle: Equatable {
    /// A check of the processor's own failed.
    case refused(DeliveryRefusal)
    /// IDTR still has what RESET or a BIOS put there: real mode's interrupt table.
    case realModeIDT(limit: UInt64)
    case tableUnmapped(address: UInt64, walk: PageWalk)
    /// IDTR leads to where no RAM is.
    case tableWithoutRAM(UInt64)
    case descriptorUnmapped(UInt16)
    /// The switch to the task of a task gate fails.
    case task(UInt16, TaskRefusal)
    case taskUnmapped(UInt16, address: UInt64, walk: PageWalk)
    /// An entry of IA-32e mode whose upper half is another gate: the table has entries of 8 bytes.
    case shortEntries
    /// The TSS, or the descriptor of the stack that it names, is not mapped.
    case stackUnmapped(address: UInt64, walk: PageWalk)
    /// A stack that the 64-bit TSS names, by the name of its field there.
    case namedStack(String, UInt64, walk: PageWalk?)
    /// The stack of an inner ring, which the TSS names, takes no frame.
    case innerStackPointer(UInt64, level: UInt8, walk: PageWalk)
    /// Pushing the frame: the page is missing or read-only.
    case stack(address: UInt64, walk: PageWalk)
    /// The frame does not fit the stack segment.
    case stackLimit(address: UInt64)

    /// nil when nothing does, as far as this looks: a task that has page tables of its own is followed up to its TSS.
    package init?(_ view: MachineView, vector: UInt8, hasErrorCode: Bool, isSoftware: Bool = false) {
        let obstacle: DeliveryObstacle?
        do throws(UnmappedTable) {
            obstacle =
                view.isProtected
                ? try Self.protected(view, vector, hasErrorCode, isSoftware)
                : try view.vector(inRealMode: vector).refusal.map { .refused($0) }
        } catch {
            obstacle = .tableUnmapped(address: error.address, walk: PageWalk(view, linear: error.address))
        }
        guard let obstacle else { return nil }
        self = view.isProtected && view.hasRealModeIDT ? .realModeIDT(limit: UInt64(view.idtr.limit)) : obstacle
    }

    private static func protected(_ view: MachineView, _ vector: UInt8, _ hasErrorCode: Bool, _ isSoftware: Bool)
        throws(UnmappedTable) -> DeliveryObstacle?
    {
        let gate: Descriptor
        switch try view.gate(vector, isSoftware: isSoftware) {
        case .success(let found): gate = found
        case .failure(.wrongGate(let found)) where view.isIA32e && hasEntriesOf8Bytes(view, found): return .shortEntries
        case .failure(.wrongGate) where !view.isRAM(linear: view.idtr.base),
            .failure(.beyondIDT(limit: 1..., _)) where !view.isRAM(linear: view.idtr.base):
            return .tableWithoutRAM(view.idtr.base)
        case .failure(let refusal): return .refused(refusal)
        }
        guard gate.systemType != .taskGate else { return task(view, gate) }
        let code: Descriptor
        do throws(UnmappedTable) {
            switch try view.handlerCode(gate) {
            case .success(let found): code = found
            case .failure(let refusal): return .refused(refusal)
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
        return view.refusalOfOffset(gate, code).map { .refused($0) } ?? obstacle
    }

    /// SDM Vol. 3A, sections 7.2.5 and 7.3.
    private static func task(_ view: MachineView, _ gate: Descriptor) -> DeliveryObstacle? {
        do throws(UnmappedTable) {
            return try refusalOfTask(view, gate).map { .task(gate.gateSelector, $0) }
        } catch {
            return .taskUnmapped(gate.gateSelector, address: error.address, walk: PageWalk(view, linear: error.address))
        }
    }

    private static func refusalOfTask(_ view: MachineView, _ gate: Descriptor) throws(UnmappedTable) -> TaskRefusal? {
        let selector = Selector(gate.gateSelector)
        let tss: Descriptor
        // The task that runs now is busy, which it was not when the gate led to it.
        if selector == Selector(view.tr.selector), let running = try view.descriptor(selector) {
            tss = running
        } else {
            switch try view.task(of: gate) {
            case .success(let found): tss = found
            case .failure(let refusal): return refusal
            }
        }
        if let refusal = view.refusalOfLimit(tss, selector) { return refusal }
        let image = try view.image(of: tss)
        guard !view.isPaged || !tss.isGate32 || image.cr3 == view.state.cr3 else { return nil }
        return try view.refusal(of: image)
    }

    /// There is no IDT of a kernel's own.
    package var isWithoutTable: Bool {
        switch self {
        case .realModeIDT, .refused(.beyondIDT(limit: 0, _)): true
        default: false
        }
    }

    /// The frame was to be pushed already.
    private var isOfPushing: Bool {
        switch self {
        case .stack, .stackLimit, .innerStackPointer, .namedStack(_, _, walk: .some): true
        case .refused, .realModeIDT, .tableUnmapped, .tableWithoutRAM, .descriptorUnmapped, .task, .taskUnmapped, .shortEntries,
            .stackUnmapped, .namedStack:
            false
        }
    }

    private static func hasEntriesOf8Bytes(_ view: MachineView, _ gate: Descriptor) -> Bool {
        looksLikeGate32(gate.high ?? 0) || gate.isEmpty && hasShortEntries(view)
    }

    /// Tells whether eight bytes are a gate of an IDT of 32 bits: present, an interrupt or trap gate, nothing in the byte that is zero there.
    private static func looksLikeGate32(_ raw: UInt64) -> Bool {
        raw >> 47 & 1 != 0 && [14, 15].contains(raw >> 40 & 0x1F) && raw >> 32 & 0xFF == 0 && raw >> 16 & 0xFFFC != 0
    }

    /// Tells whether one of the exceptions' entries has a gate of 32 bits in its upper half.
    private static func hasShortEntries(_ view: MachineView) -> Bool {
        (0..<32 as Range<UInt8>).contains { (try? view.gateEntry($0))?.high.map(looksLikeGate32) ?? false }
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
        let name = gate.IST != 0 ? "IST\(gate.IST)" : "RSP\(level ?? 0)"
        do throws(UnmappedTable) {
            switch try view.stackOfTSSIA32e(level ?? 0, IST: gate.IST) {
            case .success(let pointer):
                guard case .stack(_, let walk) = push(view, top: pointer & ~15, size: size, pointer: pointer) else { return nil }
                return .namedStack(name, pointer, walk: walk)
            case .failure(.stackNotCanonical(let pointer)): return .namedStack(name, pointer, walk: nil)
            case .failure(let refusal): return .refused(refusal)
            }
        } catch {
            return .stackUnmapped(address: error.address, walk: PageWalk(view, linear: error.address))
        }
    }

    private static func innerStack(_ view: MachineView, _ level: UInt8, _ size: UInt64) -> DeliveryObstacle? {
        do throws(UnmappedTable) {
            switch try view.stackOfTSS(level) {
            case .success(let stack):
                let top = view.systemAddress(stack.segment.base, stack.pointer)
                guard case .stack(_, let walk) = push(view, top: top, size: size, pointer: stack.pointer) else { return nil }
                return .innerStackPointer(stack.pointer, level: level, walk: walk)
            case .failure(let refusal): return .refused(refusal)
            }
        } catch {
            return .stackUnmapped(address: error.address, walk: PageWalk(view, linear: error.address))
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
    package func words(vector: UInt8) -> String {
        let entry = "IDT entry \(vector)"
        switch self {
        case .refused(let refusal): return refusal.words(entry)
        case .realModeIDT(let limit):
            return "no IDT is loaded: IDTR still has the interrupt table of real mode, base 0, limit \(h(limit, 4))"
        case .tableUnmapped(let address, let walk): return "\(entry) at \(h(address)) is not mapped: \(walk.words ?? "")"
        case .tableWithoutRAM(let base): return "IDTR's base is \(h(base)), where no RAM is"
        case .descriptorUnmapped(let selector): return "\(entry) names selector \(h(selector)), and the GDT is not mapped there"
        case .task(let selector, let refusal): return "\(entry) is a task gate to \(h(selector)), \(refusal.words)"
        case .taskUnmapped(let selector, let address, let walk):
            return
                "\(entry) is a task gate to \(h(selector)), and \(h(address)), which the switch reads, is not mapped: \(walk.words ?? "")"
        case .shortEntries:
            return "the IDT has entries of 8 bytes; in IA-32e mode each has 16, and \(entry) is where two others are"
        case .stackUnmapped(let address, let walk):
            return "the stack that the TSS names cannot be found: \(h(address)) is not mapped: \(walk.words ?? "")"
        case .namedStack(let name, let pointer, let walk):
            return walk.map { "the TSS's \(name) is \(h(pointer)), and a frame cannot be pushed below it: \($0.words ?? "")" }
                ?? "the TSS's \(name) is \(h(pointer)), which is not canonical"
        case .innerStackPointer(let pointer, let level, let walk):
            return "the TSS's ESP\(level) is \(h(pointer)), and a frame cannot be pushed below it: \(walk.words ?? "")"
        case .stack(let address, let walk):
            return "the frame cannot be pushed at \(h(address)): \(walk.words ?? "the address is not canonical")"
        case .stackLimit(let address): return "the frame at \(h(address)) does not fit the stack segment"
        }
    }
}

extension DeliveryRefusal {
    /// The check in words; `entry` as in "IDT entry 13".
    package func words(_ entry: String) -> String {
        switch self {
        case .beyondIDT(let limit, let needed):
            return limit == 0
                ? "no IDT is loaded (IDTR's limit is 0)" : "the IDT ends at limit \(h(limit, 4)); \(entry) needs \(h(needed, 4))"
        case .wrongGate(let gate):
            return gate.isEmpty ? "\(entry) is empty" : "\(entry) is \(gate.kind), not an interrupt, trap or task gate"
        case .gateDPL(let DPL): return "\(entry) has DPL \(DPL), which INT from an outer ring may not use"
        case .gateNotPresent: return "\(entry) is not present (P is clear)"
        case .nullSelector: return "\(entry) names the null selector"
        case .beyondTable(let selector, let limit):
            let table = selector.isLocal ? "LDT" : "GDT"
            return limit == 0
                ? "\(entry) names selector \(h(selector.rawValue)), and no \(table) is loaded (\(table)R's limit is 0)"
                : "\(entry) names selector \(h(selector.rawValue)), beyond the \(table)'s limit \(h(UInt64(limit), 4))"
        case .notCode(let selector, let code):
            return "\(entry) names selector \(h(selector.rawValue)), which is \(code.kind), not code"
        case .codeDPL(let selector, let DPL):
            return "\(entry) names code segment \(h(selector.rawValue)) of ring \(DPL), an outer one"
        case .notLongCode(let selector, let code):
            return
                "\(entry) names selector \(h(selector.rawValue)), which is \(code.kind): in IA-32e mode handlers are 64-bit code (L = 1, D = 0)"
        case .codeNotPresent(let selector): return "\(entry) names code segment \(h(selector.rawValue)), which is not present"
        case .notForVirtual8086(let selector):
            return
                "\(entry) names code segment \(h(selector.rawValue)), and virtual-8086 mode is left to nonconforming code of ring 0 only"
        case .noStackInTSS(let TR):
            return Selector(TR).isNull
                ? "the handler needs a stack from a TSS, and there is none that says where it is (TR is 0)"
                : "the handler needs a stack from the TSS, and TR's limit ends before it (TR is \(h(TR)))"
        case .nullStackSelector: return "the TSS's ring-0 stack selector 0000h is null, not writable data"
        case .stackSelector(let selector, let stack?) where stack.isWritableData:
            return
                "the TSS's ring-0 stack selector \(h(selector.rawValue)) has RPL \(selector.rawValue & 3), and its segment's DPL is \(stack.DPL): both have to be 0"
        case .stackSelector(let selector, let stack):
            return
                "the TSS's ring-0 stack selector \(h(selector.rawValue)) is \(stack?.kind ?? "beyond the GDT"), not writable data"
        case .stackNotPresent(let selector):
            return "the TSS's ring-0 stack selector \(h(selector.rawValue)) is not present, not writable data"
        case .stackNotCanonical(let pointer): return "the TSS's stack is \(h(pointer)), which is not canonical"
        case .offsetBeyondLimit(let offset): return "\(entry) names offset \(h(offset)), beyond the code segment's limit"
        case .offsetNotCanonical(let offset): return "\(entry) names address \(h(offset)), which is not canonical"
        }
    }

    /// The entry of the IDT is nothing but zeros.
    package var isOfEmptyGate: Bool { if case .wrongGate(let gate) = self { gate.isEmpty } else { false } }
}

extension TaskRefusal {
    /// The check in words, behind the TSS's selector.
    fileprivate var words: String {
        switch self {
        case .TSS(let selector, nil):
            return selector.isNull ? "which is null" : selector.isLocal ? "which is of the LDT" : "which is beyond the GDT's limit"
        case .TSS(_, let found?):
            let isBusy = found.systemType == .busyTSS16 || found.systemType == .busyTSS32
            return "which is \(found.kind), not an available TSS" + (isBusy ? ": its task has not come back" : "")
        case .notPresent: return "a TSS that is not present"
        case .short(_, let limit): return "a TSS that is too short for the state of a task (limit \(h(UInt64(limit), 4)))"
        case .LDT(let selector): return "and the LDT of that task, \(h(selector.rawValue)), is none of the GDT's"
        case .segment(let name, let selector, let found):
            let what = found.map { "\($0.kind) of ring \($0.DPL)" } ?? (selector.isNull ? "null" : "beyond its table's limit")
            return "and the TSS has \(h(selector.rawValue)) for \("\(name)".uppercased()), which is \(what)"
        case .segmentNotPresent(let name, let selector):
            return "and the TSS has \(h(selector.rawValue)) for \("\(name)".uppercased()), which is not present"
        case .offsetBeyondLimit(let offset): return "and the TSS has EIP \(h(offset)), beyond the limit of its code segment"
        }
    }
}

extension Descriptor {
    fileprivate var isEmpty: Bool { raw | (high ?? 0) == 0 }
}

extension Result where Failure == DeliveryRefusal {
    fileprivate var refusal: DeliveryRefusal? { if case .failure(let refusal) = self { refusal } else { nil } }
}
