import X86

/// A segment or gate descriptor as it lies in memory. SDM Vol. 3A, sections 3.4.5, 3.5 and 5.8.
package struct Descriptor: Equatable {
    package var raw: UInt64
    /// The second half of a system descriptor of IA-32e mode; nil where there is none. SDM Vol. 3A, sections 5.8.3.1 and 7.2.3.
    package var high: UInt64?
    /// Linear address it was read from.
    package var address: UInt64 = 0

    package init(raw: UInt64, high: UInt64? = nil, address: UInt64 = 0) {
        self.raw = raw
        self.high = high
        self.address = address
    }

    /// Access rights as `SegmentRegister.attributes` keeps them: the two bytes at offset 5, limit bits 16–19 cleared.
    var attributes: UInt16 { UInt16(truncatingIfNeeded: raw &>> 40) & 0xF0FF }
    package var type: UInt8 { UInt8(truncatingIfNeeded: raw &>> 40) & 0xF }
    package var isSystem: Bool { !isCodeOrData }
    package var isCodeOrData: Bool { raw & (1 &<< 44) != 0 }
    package var DPL: UInt8 { UInt8(truncatingIfNeeded: raw &>> 45) & 3 }
    package var isPresent: Bool { raw & (1 &<< 47) != 0 }
    package var base: UInt64 { ((raw &>> 16) & 0xFF_FFFF) | ((raw &>> 32) & 0xFF00_0000) | ((high ?? 0) &<< 32) }
    /// L and D of a code segment. Both at once are reserved where L counts.
    package var isLong: Bool { raw & (1 &<< 53) != 0 }
    package var isBig: Bool { raw & (1 &<< 54) != 0 }
    package var limit: UInt32 {
        let limit = UInt32(truncatingIfNeeded: raw) & 0xFFFF | UInt32(truncatingIfNeeded: raw &>> 32) & 0xF_0000
        return raw & (1 &<< 55) != 0 ? limit &<< 12 | 0xFFF : limit
    }
    package var isCode: Bool { isCodeOrData && type & 8 != 0 }
    package var isConforming: Bool { isCode && type & 4 != 0 }
    var isReadable: Bool { isCodeOrData && (type & 8 == 0 || type & 2 != 0) }
    package var isWritableData: Bool { isCodeOrData && type & 0xA == 2 }
    var isData: Bool { isCodeOrData && type & 8 == 0 }
    package var systemType: SystemType? { isCodeOrData ? nil : SystemType(rawValue: type) }
    /// It has this type, in one comparison: interrupts ask several times on their way.
    @inline(__always) package func isSystem(_ type: SystemType) -> Bool { raw &>> 40 & 0x1F == UInt64(type.rawValue) }

    // Gates
    /// A gate that the IDT may hold.
    package var isInterruptGate: Bool {
        isSystem(.interruptGate32) || isSystem(.trapGate32) || isSystem(.interruptGate16) || isSystem(.trapGate16)
            || isSystem(.taskGate)
    }
    package var isGate: Bool { isInterruptGate || systemType == .callGate16 || systemType == .callGate32 }
    package var gateSelector: UInt16 { UInt16(truncatingIfNeeded: raw &>> 16) }
    package var gateOffset: UInt64 {
        let low = raw & 0xFFFF
        return isGate32 ? low | ((raw &>> 32) & 0xFFFF_0000) | ((high ?? 0) &<< 32) : low
    }
    /// Bit 3 of the type: 32-bit gate or TSS.
    package var isGate32: Bool { type & 8 != 0 }
    /// The stack of the TSS that a gate of IA-32e mode asks for, 1…7; 0 for none.
    package var IST: UInt64 { high == nil ? 0 : (raw &>> 32) & 7 }
    /// The flags that an interrupt or trap gate clears. SDM Vol. 3A, section 6.12.1.3.
    @inline(__always) var clearedFlags: EFLAGS {
        isSystem(.interruptGate32) || isSystem(.interruptGate16) ? [.TF, .VM, .RF, .NT, .IF] : [.TF, .VM, .RF, .NT]
    }
    /// Parameters that a call gate copies.
    var gateCount: UInt64 { (raw &>> 32) & 0x1F }

    func segmentRegister(selector: UInt16) -> SegmentRegister {
        SegmentRegister(selector: selector, base: base, limit: limit, attributes: attributes)
    }

    /// A code segment as CS holds it. 64-bit code has neither base nor limit.
    func codeSegment(selector: UInt16, inIA32e: Bool) -> SegmentRegister {
        guard inIA32e, isLong else { return segmentRegister(selector: selector) }
        return SegmentRegister(selector: selector, base: 0, limit: .max, attributes: attributes)
    }

    /// SDM Vol. 3A, table 3-2. In IA-32e mode the names with 32 are those of the 64-bit forms, and those with 16 and the task gate are reserved.
    package enum SystemType: UInt8 {
        case availableTSS16 = 1
        case LDT = 2
        case busyTSS16 = 3
        case callGate16 = 4
        case taskGate = 5
        case interruptGate16 = 6
        case trapGate16 = 7
        case availableTSS32 = 9
        case busyTSS32 = 11
        case callGate32 = 12
        case interruptGate32 = 14
        case trapGate32 = 15
    }
}
