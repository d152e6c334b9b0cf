import X86

/// GDT, LDT, IDT and TSS as the processor goes through them on its own account, with the rights of level 0. The processor's own way may end in a page fault;
/// a debugger only looks. What is found wrong is the same for both.
package protocol SystemTables {
    /// Why a table cannot be read.
    associatedtype Obstacle: Error

    var idtr: DescriptorTableRegister { get }
    var gdtr: DescriptorTableRegister { get }
    var ldtr: SegmentRegister { get }
    var tr: SegmentRegister { get }
    var cpl: UInt8 { get }
    var isIA32e: Bool { get }
    var isVirtual8086: Bool { get }

    /// Reads up to eight bytes of a table.
    func readSystem(_ linear: UInt64, _ size: UInt64) throws(Obstacle) -> UInt64
}

extension SystemTables {
    /// The addresses of these accesses: in IA-32e mode all 64 bits count, whatever the code is.
    @inline(__always) package var systemSpace: AddressSpace { isIA32e ? .canonical48 : .bits32 }

    /// The linear address `offset` bytes behind `base`. It wraps at 4 GBytes outside IA-32e mode.
    @inline(__always) package func systemAddress(_ base: UInt64, _ offset: UInt64) -> UInt64 { (base &+ offset) & systemSpace.mask }

    // MARK: Descriptors. SDM Vol. 3A, section 3.5.1

    /// The descriptor a selector names; nil when its table is too short or, for the LDT, there is none.
    @inline(__always) package func descriptor(_ selector: Selector) throws(Obstacle) -> Descriptor? {
        try descriptor(selector, ldt: ldtr)
    }

    /// Reads a descriptor with another LDT than the present one.
    @inline(__always) func descriptor(_ selector: Selector, ldt ldtr: SegmentRegister) throws(Obstacle) -> Descriptor? {
        let base: UInt64
        let limit: UInt32
        if selector.isLocal {
            guard ldtr.isUsable else { return nil }
            (base, limit) = (ldtr.base, ldtr.limit)
        } else {
            (base, limit) = (gdtr.base, UInt32(gdtr.limit))
        }
        guard selector.offset | 7 <= limit else { return nil }
        let address = systemAddress(base, UInt64(selector.offset))
        return Descriptor(raw: try readSystem(address, 8), address: address)
    }

    // MARK: Gates. SDM Vol. 3A, sections 6.12 and 6.14; Vol. 2A, "INT n/INTO/INT3/INT1"

    /// Bytes of an entry of the IDT.
    @inline(__always) package var gateSize: UInt64 { isIA32e ? 16 : 8 }

    /// Linear address of a vector's entry in the IDT.
    @inline(__always) package func gateAddress(_ vector: UInt8) -> UInt64 { systemAddress(idtr.base, UInt64(vector) &* gateSize) }

    /// The entry of a vector as it stands in the IDT, whatever it is; nil beyond the table's limit.
    @inline(__always) package func gateEntry(_ vector: UInt8) throws(Obstacle) -> Descriptor? {
        guard UInt64(vector) &* gateSize &+ (gateSize &- 1) <= UInt64(idtr.limit) else { return nil }
        let address = gateAddress(vector)
        var gate = Descriptor(raw: try readSystem(address, 8), address: address)
        if isIA32e { gate.high = try readSystem(systemAddress(address, 8), 8) }
        return gate
    }

    /// Linear address of an entry of real mode's interrupt table.
    @inline(__always) package func vectorAddress(inRealMode vector: UInt8) -> UInt64 {
        systemAddress(idtr.base, UInt64(vector) &* 4)
    }

    /// The entry of real mode's interrupt table: a selector above an offset. SDM Vol. 3B, section 20.1.4.
    @inline(__always) package func vector(inRealMode vector: UInt8) throws(Obstacle) -> Result<UInt64, DeliveryRefusal> {
        let needed = UInt64(vector) &* 4 &+ 3
        guard needed <= UInt64(idtr.limit) else { return .failure(.beyondIDT(limit: UInt64(idtr.limit), needed: needed)) }
        return .success(try readSystem(vectorAddress(inRealMode: vector), 4))
    }

    /// The gate of a vector, with its own checks. `isSoftware`: INT n, INT3 or INTO asks, for whom the gate's DPL counts.
    @inline(__always)
    package func gate(_ vector: UInt8, isSoftware: Bool) throws(Obstacle) -> Result<Descriptor, DeliveryRefusal> {
        guard let gate = try gateEntry(vector) else {
            let needed = UInt64(vector) &* gateSize &+ (gateSize &- 1)
            return .failure(.beyondIDT(limit: UInt64(idtr.limit), needed: needed))
        }
        if let high = gate.high {
            guard gate.isSystem(.interruptGate32) || gate.isSystem(.trapGate32), high & 0x1F00_0000_0000 == 0 else {
                return .failure(.wrongGate(gate))
            }
        } else {
            guard gate.isInterruptGate else { return .failure(.wrongGate(gate)) }
        }
        if isSoftware, gate.DPL < cpl { return .failure(.gateDPL(gate.DPL)) }
        return gate.isPresent ? .success(gate) : .failure(.gateNotPresent)
    }

    /// The code segment of an interrupt or trap gate.
    @inline(__always) package func handlerCode(_ gate: Descriptor) throws(Obstacle) -> Result<Descriptor, DeliveryRefusal> {
        let selector = Selector(gate.gateSelector)
        guard !selector.isNull else { return .failure(.nullSelector) }
        guard let code = try descriptor(selector) else {
            return .failure(.beyondTable(selector, limit: selector.isLocal ? ldtr.limit : UInt32(gdtr.limit)))
        }
        guard code.isCode else { return .failure(.notCode(selector, code)) }
        guard code.DPL <= cpl else { return .failure(.codeDPL(selector, code.DPL)) }
        if isIA32e, !code.isLong || code.isBig { return .failure(.notLongCode(selector, code)) }
        guard code.isPresent else { return .failure(.codeNotPresent(selector)) }
        if isVirtual8086, code.isConforming || code.DPL != 0 { return .failure(.notForVirtual8086(selector)) }
        return .success(code)
    }

    /// Refuses an offset that lies outside the code segment: the last thing that is checked before the frame is pushed.
    @inline(__always) package func refusalOfOffset(_ gate: Descriptor, _ code: Descriptor) -> DeliveryRefusal? {
        if isIA32e { return AddressSpace.isCanonical(gate.gateOffset) ? nil : .offsetNotCanonical(gate.gateOffset) }
        return gate.gateOffset <= UInt64(code.limit) ? nil : .offsetBeyondLimit(gate.gateOffset)
    }

    // MARK: Stacks of the TSS. SDM Vol. 3A, sections 5.8.5 and 6.14.5

    /// Offset of an inner level's rSP in the TSS, and its size in bytes. SS is behind it.
    package func innerStackField(_ level: UInt8) -> (offset: UInt64, size: UInt64) {
        tr.type & 8 != 0 ? (UInt64(level) &* 8 &+ 4, 4) : (UInt64(level) &* 4 &+ 2, 2)
    }

    /// SS:rSP of an inner level.
    @inline(__always)
    package func innerStack(_ level: UInt8) throws(Obstacle) -> Result<InnerStack, DeliveryRefusal> {
        let (offset, size) = innerStackField(level)
        guard offset &+ size &+ 1 <= UInt64(tr.limit) else { return .failure(.noStackInTSS(tr.selector)) }
        let pointer = try readSystem(systemAddress(tr.base, offset), size)
        let selector = Selector(UInt16(truncatingIfNeeded: try readSystem(systemAddress(tr.base, offset &+ size), 2)))
        guard !selector.isNull else { return .failure(.nullStackSelector) }
        guard let stack = try descriptor(selector) else { return .failure(.stackSelector(selector, nil)) }
        guard selector.RPL == level, stack.DPL == level, stack.isWritableData else {
            return .failure(.stackSelector(selector, stack))
        }
        guard stack.isPresent else { return .failure(.stackNotPresent(selector)) }
        return .success(InnerStack(selector: selector, segment: stack, pointer: pointer))
    }

    /// Offset of RSP of an inner level in the TSS of IA-32e mode, or with `IST` not 0 of that of the interrupt stack table.
    package func innerStackFieldIA32e(_ level: UInt8, IST: UInt64) -> UInt64 { IST != 0 ? 28 &+ 8 &* IST : 4 &+ 8 &* UInt64(level) }

    /// RSP of an inner level, or with `IST` not 0 that of the interrupt stack table.
    package func innerStackIA32e(_ level: UInt8, IST: UInt64) throws(Obstacle) -> Result<UInt64, DeliveryRefusal> {
        let offset = innerStackFieldIA32e(level, IST: IST)
        guard tr.isUsable, offset &+ 7 <= UInt64(tr.limit) else { return .failure(.noStackInTSS(tr.selector)) }
        let pointer = try readSystem(systemAddress(tr.base, offset), 8)
        return AddressSpace.isCanonical(pointer) ? .success(pointer) : .failure(.stackNotCanonical(pointer))
    }
}

/// A stack that a TSS names.
package struct InnerStack {
    package let selector: Selector
    package var segment: Descriptor
    package let pointer: UInt64
}

/// The first check that the delivery of an interrupt or exception fails, in the processor's order.
package enum DeliveryRefusal: Error, Equatable {
    case beyondIDT(limit: UInt64, needed: UInt64)
    case wrongGate(Descriptor)
    case gateDPL(UInt8)
    case gateNotPresent
    case nullSelector
    /// The limit is that of the GDT or LDT, whichever the selector means.
    case beyondTable(Selector, limit: UInt32)
    case notCode(Selector, Descriptor)
    case codeDPL(Selector, UInt8)
    /// IA-32e mode needs 64-bit code.
    case notLongCode(Selector, Descriptor)
    case codeNotPresent(Selector)
    /// Out of virtual-8086 mode only nonconforming code of ring 0 can be entered.
    case notForVirtual8086(Selector)
    /// TR's selector: the TSS is too short for the stack, or there is none.
    case noStackInTSS(UInt16)
    case nullStackSelector
    /// The descriptor, where the table has one.
    case stackSelector(Selector, Descriptor?)
    case stackNotPresent(Selector)
    case stackNotCanonical(UInt64)
    case offsetBeyondLimit(UInt64)
    case offsetNotCanonical(UInt64)

    /// The exception that it raises. `EXT` is bit 0 of the error code.
    func fault(_ vector: UInt8, _ EXT: UInt16) -> Fault {
        let entry = UInt16(vector) &* 8 | 2 | EXT
        return switch self {
        case .beyondIDT, .wrongGate, .gateDPL: .GP(entry)
        case .gateNotPresent: .NP(entry)
        case .nullSelector, .offsetBeyondLimit, .offsetNotCanonical: .GP(EXT)
        case .beyondTable(let selector, _), .notCode(let selector, _), .codeDPL(let selector, _), .notLongCode(let selector, _),
            .notForVirtual8086(let selector):
            .GP(selector.errorCode | EXT)
        case .codeNotPresent(let selector): .NP(selector.errorCode | EXT)
        case .noStackInTSS(let selector): .TS(selector & 0xFFFC | EXT)
        case .nullStackSelector: .TS(EXT)
        case .stackSelector(let selector, _): .TS(selector.errorCode | EXT)
        case .stackNotPresent(let selector): .SS(selector.errorCode | EXT)
        case .stackNotCanonical: .SS(EXT)
        }
    }
}

extension Result where Failure == DeliveryRefusal {
    /// Returns what was read, or throws the exception of the check that failed.
    @inline(__always) func orFault(_ vector: UInt8, _ EXT: UInt16) throws(Fault) -> Success {
        switch self {
        case .success(let value): return value
        case .failure(let refusal): throw refusal.fault(vector, EXT)
        }
    }
}
