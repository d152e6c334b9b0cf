/// One instruction, the state before it, and what a real processor made of it.
public struct Vector: Sendable {
    /// Index into `VectorFile.forms`.
    public var form = 0
    /// The instruction's bytes, 1…18 of them. The bytes behind them are F4h.
    public var instruction: [UInt8] = []
    /// Initial state where it differs from the base state.
    public var initial: [VectorItem] = []
    /// Initial memory where it differs from the regions' fill (real mode: from zero).
    public var initialMemory: [VectorChunk] = []
    /// Final state where it differs from the initial state. RIP: see `finalRIP`.
    public var final: [VectorItem] = []
    /// Final memory where it differs from initial memory.
    public var finalMemory: [VectorChunk] = []
    /// Memory bytes that are compared only under this mask; other memory is compared whole.
    public var memoryMasks: [VectorChunk] = []
    /// The exception that was raised, nil if none.
    public var exception: VectorException?
    /// EFLAGS bits to compare: the vector's own, or its form's.
    public var flagsMask: UInt32 = 0
    /// Bits of the x87 status word to compare: the vector's own, or its form's.
    public var fswMask: UInt16 = 0

    public init() {}

    /// Tells where RIP is afterwards, for a RIP of `start` before: an item says so, or the instruction ended, or it faulted and will be restarted.
    /// Vectors 1, 3 and 4 report behind the instruction.
    public func finalRIP(start: UInt64) -> UInt64 {
        if let item = final.last(where: { $0.id == VectorItem.rip }) { return item.low }
        if let exception, ![1, 3, 4].contains(exception.vector) { return start }
        return start &+ UInt64(instruction.count)
    }
}

/// An exception the processor raised.
public struct VectorException: Equatable, Sendable {
    public var vector: UInt8
    public var errorCode: UInt32?
    public var cr2: UInt64?

    public init(vector: UInt8, errorCode: UInt32? = nil, cr2: UInt64? = nil) {
        self.vector = vector
        self.errorCode = errorCode
        self.cr2 = cr2
    }
}

/// One register and its value.
public struct VectorItem: Equatable, Sendable {
    /// 0…15 general registers in encoding order, 16 RIP, 17 EFLAGS, 18…23 CS SS DS ES FS GS, 24 FCW, 25 FSW, 26 FTW (abridged),
    /// 27 MXCSR, 32…39 x87 registers by physical number, 48…63 XMM0…15, 64…79 upper halves of YMM0…15.
    public var id: UInt8
    /// The low 64 bits; the significand of an x87 register.
    public var low: UInt64
    /// Bits 127…64 of XMM; sign and exponent of an x87 register.
    public var high: UInt64

    public static let rip: UInt8 = 16
    public static let eflags: UInt8 = 17

    public init(id: UInt8, low: UInt64, high: UInt64 = 0) {
        self.id = id
        self.low = low
        self.high = high
    }
}

/// Some bytes at a linear address.
public struct VectorChunk: Equatable, Sendable {
    public var address: UInt64
    public var bytes: [UInt8]

    public init(address: UInt64, bytes: [UInt8]) {
        self.address = address
        self.bytes = bytes
    }
}

/// A name for vectors of one kind, and how to compare them.
public struct VectorForm: Equatable, Sendable {
    public var name: String
    /// EFLAGS bits to compare.
    public var flagsMask: UInt32
    /// Bits of the x87 status word to compare.
    public var fswMask: UInt16
    /// 0 exact; 1 x87 transcendental, registers within `parameter` units in the last place; 2 RCPPS and RSQRTPS.
    public var approximation: UInt8
    public var parameter: UInt8
}

/// A segment descriptor in its raw form. Selector bit 2 clear: GDT, set: LDT.
public struct VectorDescriptor: Equatable, Sendable {
    public var selector: UInt16
    public var raw: UInt64

    public init(selector: UInt16, raw: UInt64) {
        self.selector = selector
        self.raw = raw
    }
}

/// A piece of linear memory that is mapped, and what it holds before a vector's own chunks.
public struct VectorRegion: Equatable, Sendable {
    public var base: UInt64
    public var size: UInt64
    /// 1 read, 2 write, 4 execute.
    public var rights: UInt8
    /// 0: a hash of the address; 1: F4h everywhere.
    public var fill: UInt8

    public init(base: UInt64, size: UInt64, rights: UInt8, fill: UInt8) {
        self.base = base
        self.size = size
        self.rights = rights
        self.fill = fill
    }

    public func fillByte(at address: UInt64) -> UInt8 {
        if fill == 1 { return 0xF4 }
        return UInt8(truncatingIfNeeded: (UInt32(truncatingIfNeeded: address) &* 0x9E37_79B1) &>> 24)
    }
}

extension Vector {
    private enum Present {
        static let exception: UInt8 = 1
        static let errorCode: UInt8 = 2
        static let cr2: UInt8 = 4
        static let flagsMask: UInt8 = 8
        static let memoryMasks: UInt8 = 16
        static let fswMask: UInt8 = 32
    }

    init(
        _ cursor: inout VectorCursor, _ bytes: UnsafeRawBufferPointer, mode: VectorFile.Mode, forms: [VectorForm]
    ) throws(VectorFileError) {
        let start = cursor.position
        form = try Int(cursor.uint16(bytes))
        guard form < forms.count else { throw .unknownForm(form, at: start) }
        flagsMask = forms[form].flagsMask
        fswMask = forms[form].fswMask
        let length = try Int(cursor.uint8(bytes))
        instruction = try cursor.array(length, bytes)
        let present = try cursor.uint8(bytes)
        let wide = mode == .long64
        initial = try cursor.items(bytes, wide: wide)
        initialMemory = try cursor.chunks(bytes, wide: wide)
        final = try cursor.items(bytes, wide: wide)
        finalMemory = try cursor.chunks(bytes, wide: wide)
        if present & Present.exception != 0 { exception = try VectorException(vector: cursor.uint8(bytes)) }
        if present & Present.errorCode != 0 {
            let code = try cursor.uint32(bytes)
            exception?.errorCode = code
        }
        if present & Present.cr2 != 0 {
            let address = try cursor.uint64(bytes)
            exception?.cr2 = address
        }
        if present & Present.flagsMask != 0 { flagsMask = try cursor.uint32(bytes) }
        if present & Present.fswMask != 0 { fswMask = try cursor.uint16(bytes) }
        if present & Present.memoryMasks != 0 { memoryMasks = try cursor.chunks(bytes, wide: wide) }
    }
}

extension VectorCursor {
    mutating func items(_ bytes: UnsafeRawBufferPointer, wide: Bool) throws(VectorFileError) -> [VectorItem] {
        let count = try Int(uint8(bytes))
        var items: [VectorItem] = []
        items.reserveCapacity(count)
        for _ in 0..<count {
            let id = try uint8(bytes)
            var item = VectorItem(id: id, low: 0)
            switch id {
            case 0...16: item.low = wide ? try uint64(bytes) : try UInt64(uint32(bytes))
            case 17, 27: item.low = try UInt64(uint32(bytes))
            case 18...26: item.low = try UInt64(uint16(bytes))
            case 32...39:
                item.low = try uint64(bytes)
                item.high = try UInt64(uint16(bytes))
            case 48...79:
                item.low = try uint64(bytes)
                item.high = try uint64(bytes)
            default: throw .unknownItem(id, at: position)
            }
            items.append(item)
        }
        return items
    }

    mutating func chunks(_ bytes: UnsafeRawBufferPointer, wide: Bool) throws(VectorFileError) -> [VectorChunk] {
        let count = try Int(uint8(bytes))
        var chunks: [VectorChunk] = []
        chunks.reserveCapacity(count)
        for _ in 0..<count {
            let address = wide ? try uint64(bytes) : try UInt64(uint32(bytes))
            let length = try Int(uint16(bytes))
            chunks.append(VectorChunk(address: address, bytes: try array(length, bytes)))
        }
        return chunks
    }
}
