/// A segment register with its hidden part. SDM Vol. 3A, section 3.4.3.
@frozen public struct SegmentRegister: Codable, Equatable, Sendable {
    /// The visible part.
    public var selector: UInt16 = 0
    /// Access rights in the layout of descriptor bits 40–55: type 0–3, S 4, DPL 5–6, P 7, AVL 12, L 13, D/B 14, G 15.
    public var attributes: UInt16 = 0
    /// Limit in bytes, granularity applied.
    public var limit: UInt32 = 0
    /// The linear address of the segment's first byte.
    public var base: UInt64 = 0

    /// A register of zeros, which no access may use.
    public init() {}

    /// A register with this hidden part.
    public init(selector: UInt16, base: UInt64, limit: UInt32, attributes: UInt16) {
        self.selector = selector
        self.attributes = attributes
        self.limit = limit
        self.base = base
    }

    /// The type field, 0 to 15. SDM Vol. 3A, tables 3-1 and 3-2.
    public var type: UInt8 { UInt8(truncatingIfNeeded: attributes) & 0xF }
    /// S: code or data rather than system.
    public var isCodeOrData: Bool { attributes & 0x10 != 0 }
    /// The descriptor's privilege level, 0 to 3.
    public var DPL: UInt8 { UInt8(truncatingIfNeeded: attributes &>> 5) & 3 }
    /// P is set.
    public var isPresent: Bool { attributes & 0x80 != 0 }
    /// D of a code segment, B of a stack or expand-down segment.
    public var isBig: Bool { attributes & 0x4000 != 0 }
    /// L of a code segment: 64-bit code, where IA-32e mode is active.
    public var isLong: Bool { attributes & 0x2000 != 0 }
    /// It is a code segment.
    public var isCode: Bool { attributes & 0x18 == 0x18 }
    /// It is a data segment that grows down.
    public var isExpandDown: Bool { attributes & 0x1C == 0x14 }
    /// It is a data segment, or a code segment that may be read.
    public var isReadable: Bool { attributes & 0x18 == 0x10 || attributes & 0x1A == 0x1A }
    /// It is a data segment that may be written.
    public var isWritable: Bool { attributes & 0x1A == 0x12 }
    /// Marked usable: a null selector leaves a register that no access may use.
    public var isUsable: Bool { isPresent }
    /// Base 0, all 4 GBytes, readable and writable, expand-up: no check can fail.
    public var isFlatData: Bool { base == 0 && limit == .max && attributes & 0x9E == 0x92 }
    /// Base 0, all 4 GBytes of code: no fetch can fail.
    public var isFlatCode: Bool { base == 0 && limit == .max && attributes & 0x98 == 0x98 }

    /// Makes a register of a null selector: one that no access may use outside 64-bit mode.
    public static func null(_ selector: UInt16) -> SegmentRegister {
        SegmentRegister(selector: selector, base: 0, limit: 0, attributes: 0)
    }

    /// Makes a register of a selector as real mode and virtual-8086 mode do: base = selector × 16.
    public static func realMode(_ selector: UInt16, attributes: UInt16 = 0x93) -> SegmentRegister {
        SegmentRegister(selector: selector, base: UInt64(selector) &<< 4, limit: 0xFFFF, attributes: attributes)
    }
}

/// GDTR or IDTR.
@frozen public struct DescriptorTableRegister: Codable, Equatable, Sendable {
    /// The linear address of the table.
    public var base: UInt64 = 0
    /// The offset of the table's last byte.
    public var limit: UInt16 = 0
    /// A register with this base and limit.
    public init(base: UInt64 = 0, limit: UInt16 = 0) {
        self.base = base
        self.limit = limit
    }
}

/// A selector. SDM Vol. 3A, section 3.4.2.
package struct Selector: Equatable {
    package var rawValue: UInt16
    package init(_ rawValue: UInt16) { self.rawValue = rawValue }
    package var RPL: UInt8 { UInt8(truncatingIfNeeded: rawValue) & 3 }
    /// TI: the descriptor is in the LDT.
    package var isLocal: Bool { rawValue & 4 != 0 }
    /// Byte offset of the descriptor in its table.
    package var offset: UInt32 { UInt32(rawValue & 0xFFF8) }
    package var isNull: Bool { rawValue & 0xFFFC == 0 }
    /// As pushed in an error code: the RPL bits are for EXT and IDT.
    var errorCode: UInt16 { rawValue & 0xFFFC }
}
