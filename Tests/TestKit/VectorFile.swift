/// A file of single-instruction vectors captured from silicon: format "XVEC", versions 1 and 2, inside gzip.
///
/// A vector is one instruction, the state before it, and the state a real processor was in after it. The header is read at once; the
/// vectors are parsed when they are walked over. Any malformed file throws `VectorFileError`.
public struct VectorFile: Sendable {
    /// The mode the instructions were executed in.
    public enum Mode: UInt8, Sendable {
        case real16 = 0
        case protected16 = 1
        case protected32 = 2
        case long64 = 3
    }

    public let mode: Mode
    /// The vectors carry x87, MMX and SSE state, and it is to be compared.
    public let hasFloatingPointState: Bool
    /// Version 2: the vectors carry the upper halves of the YMM registers, too.
    public let hasUpperHalves: Bool
    /// Name of the instruction group: "alu", "x87-arith".
    public let group: String
    /// What every vector starts from, before its own initial items.
    public let base: VectorState
    public let regions: [VectorRegion]
    public let descriptors: [VectorDescriptor]
    public let forms: [VectorForm]
    /// How many vectors follow.
    public let count: Int

    let stream: [UInt8]
    let firstVector: Int

    /// Reads and decompresses the file at `path`.
    public init(contentsOf path: String) throws(VectorFileError) {
        try self.init(stream: gunzip(path))
    }

    /// Reads a stream that is already decompressed.
    public init(stream: [UInt8]) throws(VectorFileError) {
        var cursor = VectorCursor(position: 0)
        var header = Header()
        var failure: VectorFileError?
        stream.withUnsafeBytes { bytes in
            do throws(VectorFileError) { header = try Header(&cursor, bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        self.stream = stream
        firstVector = cursor.position
        mode = header.mode
        hasFloatingPointState = header.hasFloatingPointState
        hasUpperHalves = header.hasUpperHalves
        group = header.group
        base = header.base
        regions = header.regions
        descriptors = header.descriptors
        forms = header.forms
        count = header.count
    }

    /// Calls `body` with each vector and its index, in the order of the file. After the last one the stream must be at its end.
    public func forEach(_ body: (Int, Vector) throws -> Void) throws {
        try stream.withUnsafeBytes { bytes in
            var cursor = VectorCursor(position: firstVector)
            for index in 0..<count {
                try body(index, Vector(&cursor, bytes, mode: mode, forms: forms))
            }
            if cursor.position != bytes.count {
                throw VectorFileError.trailingBytes(bytes.count - cursor.position)
            }
        }
    }

    /// All vectors at once. A large group has some tens of thousands: prefer `forEach`.
    public func vectors() throws -> [Vector] {
        var all: [Vector] = []
        all.reserveCapacity(count)
        try forEach { _, vector in all.append(vector) }
        return all
    }
}

/// The reason why a vector file could not be read.
public enum VectorFileError: Error, Equatable {
    case unreadable(path: String)
    /// Not "XVEC", or another version than 1 and 2, or an unknown mode.
    case notVersion1Or2
    /// The stream ended inside something.
    case truncated(at: Int)
    /// A vector names a form that the header does not list.
    case unknownForm(Int, at: Int)
    /// An item has an id that the format does not define.
    case unknownItem(UInt8, at: Int)
    case trailingBytes(Int)
}

extension VectorFile {
    /// Everything before the first vector.
    struct Header {
        var mode = Mode.real16
        var hasFloatingPointState = false
        var hasUpperHalves = false
        var group = ""
        var base = VectorState()
        var regions: [VectorRegion] = []
        var descriptors: [VectorDescriptor] = []
        var forms: [VectorForm] = []
        var count = 0

        init() {}

        init(_ cursor: inout VectorCursor, _ bytes: UnsafeRawBufferPointer) throws(VectorFileError) {
            guard try cursor.uint32(bytes) == 0x4345_5658, case let version = try cursor.uint16(bytes),
                version == 1 || version == 2,
                let mode = try Mode(rawValue: cursor.uint8(bytes))
            else { throw .notVersion1Or2 }
            self.mode = mode
            hasUpperHalves = version == 2
            hasFloatingPointState = try cursor.uint8(bytes) & 1 != 0
            count = try Int(cursor.uint32(bytes))
            let formCount = try cursor.uint16(bytes)
            let descriptorCount = try cursor.uint8(bytes)
            let regionCount = try cursor.uint8(bytes)
            group = try cursor.name(bytes)
            base = try VectorState(&cursor, bytes, hasUpperHalves: hasUpperHalves)
            for _ in 0..<regionCount {
                regions.append(
                    try VectorRegion(
                        base: cursor.uint64(bytes), size: cursor.uint64(bytes), rights: cursor.uint8(bytes),
                        fill: cursor.uint8(bytes)))
            }
            for _ in 0..<descriptorCount {
                descriptors.append(try VectorDescriptor(selector: cursor.uint16(bytes), raw: cursor.uint64(bytes)))
            }
            for _ in 0..<formCount {
                forms.append(
                    try VectorForm(
                        name: cursor.name(bytes), flagsMask: cursor.uint32(bytes), fswMask: cursor.uint16(bytes),
                        approximation: cursor.uint8(bytes), parameter: cursor.uint8(bytes)))
            }
        }
    }
}
