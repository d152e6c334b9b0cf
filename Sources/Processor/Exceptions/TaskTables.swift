import X86

/// Tasks as the processor goes through their tables. SDM Vol. 3A, chapter 7.
extension SystemTables {
    /// The TSS that a task gate names, with the checks of it. SDM Vol. 3A, section 7.2.5.
    package func task(of gate: Descriptor) throws(Obstacle) -> Result<Descriptor, TaskRefusal> {
        let selector = Selector(gate.gateSelector)
        guard !selector.isLocal, !selector.isNull, let tss = try descriptor(selector) else { return .failure(.TSS(selector, nil)) }
        guard tss.systemType == .availableTSS16 || tss.systemType == .availableTSS32 else { return .failure(.TSS(selector, tss)) }
        return tss.isPresent ? .success(tss) : .failure(.notPresent(selector))
    }

    /// Refuses a TSS that does not hold all that a switch to it loads.
    package func refusalOfLimit(_ tss: Descriptor, _ selector: Selector) -> TaskRefusal? {
        tss.limit >= (tss.isGate32 ? 0x67 : 0x2B) ? nil : .short(selector, limit: tss.limit)
    }

    /// The fields of a TSS that a switch loads. SDM Vol. 3A, figures 7-2 and 7-10.
    package func image(of tss: Descriptor) throws(Obstacle) -> TaskImage {
        let is32 = tss.isGate32
        let word: UInt64 = is32 ? 4 : 2
        func field(_ offset: UInt64, _ size: UInt64) throws(Obstacle) -> UInt64 {
            try readSystem(systemAddress(tss.base, offset), size)
        }
        var image = TaskImage()
        if is32 { image.cr3 = try field(0x1C, 4) }
        var offset: UInt64 = is32 ? 0x20 : 0xE
        image.rip = try field(offset, word)
        image.eflags = try field(offset &+ word, word)
        offset &+= 2 &* word
        for _ in 0..<8 {
            image.registers.append(try field(offset, word) | (is32 ? 0 : 0xFFFF_0000))
            offset &+= word
        }
        for _ in 0..<(is32 ? 6 : 4) {
            image.selectors.append(UInt16(truncatingIfNeeded: try field(offset, 2)))
            offset &+= word
        }
        if !is32 { image.selectors += [0, 0] }
        image.ldt = UInt16(truncatingIfNeeded: try field(offset, 2))
        image.trap = is32 ? try field(0x64, 2) & 1 != 0 : false
        return image
    }

    /// The LDT that a task names; nil where it has none.
    package func taskLDT(_ image: TaskImage) throws(Obstacle) -> Result<Descriptor?, TaskRefusal> {
        let selector = Selector(image.ldt)
        guard !selector.isNull else { return .success(nil) }
        guard !selector.isLocal, let table = try descriptor(selector), table.systemType == .LDT, table.isPresent else {
            return .failure(.LDT(selector))
        }
        return .success(table)
    }

    /// A segment of a task whose level is `level` and whose LDT is `ldt`; nil for a data segment with the null selector. The level of CS is its own.
    package func taskSegment(
        _ name: SegmentRegisterName, _ rawSelector: UInt16, level: UInt8, ldt: SegmentRegister
    ) throws(Obstacle) -> Result<Descriptor?, TaskRefusal> {
        let selector = Selector(rawSelector)
        if selector.isNull, name != .cs, name != .ss { return .success(nil) }
        guard !selector.isNull, let segment = try descriptor(selector, ldt: ldt) else {
            return .failure(.segment(name, selector, nil))
        }
        let isAllowed =
            switch name {
            case .cs: segment.isCode && (segment.isConforming ? segment.DPL <= selector.RPL : segment.DPL == selector.RPL)
            case .ss: segment.isWritableData && segment.DPL == level && selector.RPL == level
            default: segment.isReadable && (segment.isConforming || segment.DPL >= max(level, selector.RPL))
            }
        guard isAllowed else { return .failure(.segment(name, selector, segment)) }
        return segment.isPresent ? .success(segment) : .failure(.segmentNotPresent(name, selector))
    }

    /// The first check of a task's LDT, segments and EIP that a switch to it fails, for whoever only looks: by the tables that are there now.
    package func refusal(of image: TaskImage) throws(Obstacle) -> TaskRefusal? {
        var ldt = SegmentRegister()
        switch try taskLDT(image) {
        case .success(let table): if let table { ldt = table.segmentRegister(selector: image.ldt) }
        case .failure(let refusal): return refusal
        }
        guard !image.isVirtual8086 else { return nil }
        for name in TaskImage.order {
            switch try taskSegment(name, image.selector(name), level: image.level, ldt: ldt) {
            case .success(let segment?) where name == .cs && image.rip > UInt64(segment.limit): return .offsetBeyondLimit(image.rip)
            case .success: break
            case .failure(let refusal): return refusal
            }
        }
        return nil
    }
}

/// The part of a TSS that a switch to its task loads.
package struct TaskImage {
    package var cr3: UInt64 = 0
    package var rip: UInt64 = 0
    package var eflags: UInt64 = 0
    /// In the order of their numbers; of a 16-bit TSS with ones above.
    package var registers: [UInt64] = []
    /// ES CS SS DS FS GS; of a 16-bit TSS the last two are null.
    package var selectors: [UInt16] = []
    package var ldt: UInt16 = 0
    /// The debug trap flag.
    package var trap = false

    /// The order in which the segments are loaded, which is that of the checks: CS and SS first.
    package static let order: [SegmentRegisterName] = [.cs, .ss, .es, .ds, .fs, .gs]
    package func selector(_ name: SegmentRegisterName) -> UInt16 { selectors[Int(name.rawValue)] }

    package var isVirtual8086: Bool { EFLAGS(rawValue: UInt32(truncatingIfNeeded: eflags)).contains(.VM) }
    /// The level at which the task begins.
    package var level: UInt8 { isVirtual8086 ? 3 : UInt8(truncatingIfNeeded: selector(.cs)) & 3 }
}

/// The first check that a task switch fails, in the processor's order.
package enum TaskRefusal: Error, Equatable {
    /// No available TSS of the GDT; the descriptor, where the table has one.
    case TSS(Selector, Descriptor?)
    case notPresent(Selector)
    case short(Selector, limit: UInt32)
    case LDT(Selector)
    case segment(SegmentRegisterName, Selector, Descriptor?)
    case segmentNotPresent(SegmentRegisterName, Selector)
    case offsetBeyondLimit(UInt64)

    /// The exception that it raises; from `LDT` on in the new task. `EXT` is bit 0 of the error code.
    func fault(_ EXT: UInt16) -> Fault {
        switch self {
        case .TSS(let selector, _): .GP(selector.errorCode | EXT)
        case .notPresent(let selector): .NP(selector.errorCode | EXT)
        case .short(let selector, _), .LDT(let selector), .segment(_, let selector, _): .TS(selector.errorCode | EXT)
        case .segmentNotPresent(.ss, let selector): .SS(selector.errorCode | EXT)
        case .segmentNotPresent(_, let selector): .NP(selector.errorCode | EXT)
        case .offsetBeyondLimit: .GP(EXT)
        }
    }
}

extension Result where Failure == TaskRefusal {
    /// Returns what was read, or throws the exception of the check that failed.
    func orFault(_ EXT: UInt16) throws(Fault) -> Success {
        switch self {
        case .success(let value): return value
        case .failure(let refusal): throw refusal.fault(EXT)
        }
    }
}
