/// An ELF file: header, segments and sections. System V gABI, chapters 4 and 5; little-endian files for i386 and x86-64.
///
/// Not read: relocations, dynamic linking, more than 65,279 sections; more than 1,024 program headers are refused.
public struct ELFFile: Sendable {
    /// The width of a file's addresses: EI_CLASS.
    public enum Class: UInt8, Sendable {
        case bits32 = 1
        case bits64 = 2
    }

    /// A program header.
    public struct Segment: Equatable, Sendable {
        /// PT_LOAD: the segment is put into memory.
        public static let LOAD: UInt32 = 1
        static let NOTE: UInt32 = 4
        /// p_type.
        public var type: UInt32
        /// p_offset: the place of its bytes in the file.
        public var offset: UInt64
        /// p_vaddr: the address for which it was linked.
        public var virtualAddress: UInt64
        /// p_paddr: the address to which a loader without paging puts it.
        public var physicalAddress: UInt64
        /// p_filesz: bytes in the file.
        public var fileSize: UInt64
        /// p_memsz: bytes in memory; those that are not in the file are zeros.
        public var memorySize: UInt64

        /// Addresses the segment occupies when linked addresses are used, and when physical ones are.
        public var virtualRange: Range<UInt64> { virtualAddress..<max(virtualAddress, virtualAddress &+ memorySize) }
        /// The physical addresses that the segment occupies.
        public var physicalRange: Range<UInt64> { physicalAddress..<max(physicalAddress, physicalAddress &+ memorySize) }
    }

    /// A section header.
    public struct Section: Equatable, Sendable {
        static let SYMTAB: UInt32 = 2
        static let NOTE: UInt32 = 7
        static let NOBITS: UInt32 = 8
        static let ALLOC: UInt64 = 2
        static let COMPRESSED: UInt64 = 0x800
        /// The name from the table of section names.
        public var name: String
        /// sh_type.
        public var type: UInt32
        /// sh_flags.
        public var flags: UInt64
        /// sh_addr: the address for which it was linked; 0 where it is not in memory.
        public var address: UInt64
        /// sh_offset: the place of its bytes in the file.
        public var offset: UInt64
        /// sh_size: length in bytes.
        public var size: UInt64
        /// sh_link: the number of a section that it refers to.
        public var link: UInt32
        /// sh_entsize: length of an entry in bytes, of a table.
        public var entrySize: UInt64
    }

    /// The most program headers.
    private static let mostSegments: UInt64 = 1024
    /// e_type, e_machine.
    static let EXEC: UInt16 = 2
    static let DYN: UInt16 = 3
    static let machine386: UInt16 = 3
    static let machineX86_64: UInt16 = 62

    /// The whole file.
    public let bytes: Bytes
    /// The width of addresses.
    public let fileClass: Class
    /// e_type.
    public let type: UInt16
    /// e_machine: 3 is i386, 62 is x86-64.
    public let machine: UInt16
    /// e_entry: the address of the first instruction.
    public let entry: UInt64
    /// The program headers in the order of the file.
    public let segments: [Segment]
    /// The section headers in the order of the file.
    public let sections: [Section]
    /// The place where the section headers lie in the file, how long each is, and which one has the names.
    let sectionHeaders: (offset: UInt64, entrySize: UInt64, count: UInt64, names: UInt64)

    /// Tells whether `bytes` begin as an ELF file does.
    public static func isELF(_ bytes: Bytes) -> Bool { bytes.u32(0) == 0x464C_457F }

    /// Reads the headers. Throws when a header is cut off, or is for another kind of processor.
    public init(_ bytes: Bytes) throws(ExecutableError) {
        self.bytes = bytes
        guard Self.isELF(bytes), let code = bytes.u8(4), let fileClass = Class(rawValue: code) else {
            throw ExecutableError(
                "no ELF file: its first bytes are not 7F 45 4C 46 with a class of 1 or 2", remedy: "check the file")
        }
        self.fileClass = fileClass
        guard bytes.u8(5) == 1 else {
            throw ExecutableError("ELF header, e_ident[EI_DATA] is not 1: the file is big-endian", remedy: "build it for i386")
        }
        let is64 = fileClass == .bits64
        guard let type = bytes.u16(16), let machine = bytes.u16(18), bytes.count >= (is64 ? 64 : 52) else {
            throw ExecutableError("the ELF header is cut off after \(bytes.count) bytes", remedy: "build or copy the file again")
        }
        guard machine == Self.machine386 || machine == Self.machineX86_64 else {
            throw ExecutableError(
                "ELF header, e_machine is \(machine): not for this processor", remedy: "build it for i386 (3) or x86-64 (62)")
        }
        self.type = type
        self.machine = machine
        func word(_ offset32: UInt64, _ offset64: UInt64) -> UInt64 {
            (is64 ? bytes.u64(offset64) : bytes.u32(offset32).map { UInt64($0) }) ?? 0
        }
        func half(_ offset32: UInt64, _ offset64: UInt64) -> UInt64 { UInt64(bytes.u16(is64 ? offset64 : offset32) ?? 0) }
        entry = word(24, 24)
        segments = try Self.segments(bytes, is64, offset: word(28, 32), size: half(42, 54), count: half(44, 56))
        sectionHeaders = (word(32, 40), half(46, 58), half(48, 60), half(50, 62))
        sections = Self.sections(bytes, is64, sectionHeaders)
    }

    private static func segments(
        _ bytes: Bytes, _ is64: Bool, offset: UInt64, size: UInt64, count: UInt64
    ) throws(ExecutableError) -> [Segment] {
        var segments: [Segment] = []
        guard count > 0 else { return [] }
        // Each is compared with each. Linux has the same limit for programs, 64 KB of headers.
        guard count <= mostSegments else {
            throw ExecutableError(
                "ELF header, e_phnum is \(count): more than \(mostSegments) program headers",
                remedy: "link the file with fewer segments")
        }
        guard size >= (is64 ? 56 : 32) else {
            throw ExecutableError(
                "ELF header, e_phentsize is \(size): too small for a program header", remedy: "link the file again")
        }
        for index in 0..<count {
            let at = offset &+ index &* size
            guard bytes.slice(at, is64 ? 56 : 32) != nil else {
                throw ExecutableError(
                    "ELF header, e_phoff and e_phnum: program header \(index) lies beyond the file's end",
                    remedy: "link the file again")
            }
            func word(_ offset32: UInt64, _ offset64: UInt64) -> UInt64 {
                (is64 ? bytes.u64(at &+ offset64) : bytes.u32(at &+ offset32).map { UInt64($0) }) ?? 0
            }
            segments.append(
                Segment(
                    type: bytes.u32(at) ?? 0, offset: word(4, 8), virtualAddress: word(8, 16), physicalAddress: word(12, 24),
                    fileSize: word(16, 32), memorySize: word(20, 40)))
        }
        return segments
    }

    /// Sections that lie in the file; a damaged table only costs names.
    private static func sections(
        _ bytes: Bytes, _ is64: Bool, _ table: (offset: UInt64, entrySize: UInt64, count: UInt64, names: UInt64)
    ) -> [Section] {
        guard table.offset != 0, table.entrySize >= (is64 ? 64 : 40) else { return [] }
        func header(_ index: UInt64) -> (name: UInt32, Section)? {
            let at = table.offset &+ index &* table.entrySize
            guard bytes.slice(at, is64 ? 64 : 40) != nil else { return nil }
            func word(_ offset32: UInt64, _ offset64: UInt64) -> UInt64 {
                (is64 ? bytes.u64(at &+ offset64) : bytes.u32(at &+ offset32).map { UInt64($0) }) ?? 0
            }
            let section = Section(
                name: "", type: bytes.u32(at &+ 4) ?? 0, flags: word(8, 8), address: word(12, 16), offset: word(16, 24),
                size: word(20, 32), link: bytes.u32(at &+ (is64 ? 40 : 24)) ?? 0, entrySize: word(36, 56))
            return (bytes.u32(at) ?? 0, section)
        }
        let names = header(table.names)?.1
        return (0..<table.count).compactMap { index in
            guard let (name, found) = header(index) else { return nil }
            var section = found
            if let names, UInt64(name) < names.size { section.name = bytes.text(names.offset &+ UInt64(name), limit: 256) ?? "" }
            return section
        }
    }

    /// Contents of the section `name`; nil when there is none, or it is compressed or cut off.
    public func contents(of name: String) -> Bytes? {
        guard let section = sections.first(where: { $0.name == name }), section.type != Section.NOBITS,
            section.flags & Section.COMPRESSED == 0, let slice = bytes.slice(section.offset, section.size)
        else { return nil }
        return Bytes(slice)
    }

    /// Segments to load, in file order.
    public var loadable: [Segment] { segments.filter { $0.type == Segment.LOAD && $0.memorySize > 0 } }

    /// Tells whether a segment holds nothing but the file's own headers and notes, with zeros between them. Linkers make such a segment in front of the
    /// code when only the code's address was chosen; no program needs it.
    func hasOnlyHeaders(_ segment: Segment) -> Bool {
        segment.memorySize == segment.fileSize && headers(of: segment) == segment.fileSize
    }

    /// Counts the bytes at a segment's beginning that are nothing but the file's own headers and notes, with zeros between them.
    func headers(of segment: Segment) -> UInt64 {
        let needed = sections.filter {
            $0.flags & Section.ALLOC != 0 && $0.size > 0 && $0.type != Section.NOTE && segment.virtualRange.contains($0.address)
        }
        let places = needed.map(\.address) + (segment.virtualRange.contains(entry) ? [entry] : [])
        // A file without sections does not say what its segments are for.
        guard !sections.isEmpty || places.isEmpty else { return 0 }
        let first = min(places.min() ?? .max, segment.virtualAddress &+ segment.fileSize)
        let count = first &- segment.virtualAddress
        return isHeaders(segment.offset, count) ? count : 0
    }

    private func isHeaders(_ start: UInt64, _ count: UInt64) -> Bool {
        guard count > 0, let contents = bytes.slice(start, count) else { return false }
        let end = start &+ count
        let own = headerRanges + segments.filter { $0.type == Segment.NOTE }.map { ($0.offset, $0.fileSize) }
        let inside = own.filter { $0.offset < end && $0.offset &+ $0.size > start }
        guard !inside.isEmpty else { return false }
        return contents.enumerated().allSatisfy { index, byte in
            let at = start &+ UInt64(index)
            return byte == 0 || inside.contains { at >= $0.offset && at &- $0.offset < $0.size }
        }
    }

    /// The place where in the file the ELF header and the program headers lie.
    private var headerRanges: [(offset: UInt64, size: UInt64)] {
        let is64 = fileClass == .bits64
        let table = (is64 ? bytes.u64(32) : bytes.u32(28).map { UInt64($0) }) ?? 0
        let entrySize = UInt64(bytes.u16(is64 ? 54 : 42) ?? 0)
        return [(0, is64 ? 64 : 52), (table, entrySize &* UInt64(segments.count))]
    }
}

extension ELFFile {
    /// The bytes that its segments put into memory, at the addresses that they are linked for and at those that they are loaded to. Zeros follow the bytes.
    public var loaded: [(range: Range<UInt64>, bytes: [UInt8])] {
        segments.filter { $0.type == Segment.LOAD && !$0.virtualRange.isEmpty }.flatMap { segment in
            let bytes = self.bytes.slice(segment.offset, min(segment.fileSize, segment.memorySize)) ?? []
            let places =
                segment.virtualRange == segment.physicalRange
                ? [segment.virtualRange] : [segment.virtualRange, segment.physicalRange]
            return places.map { (range: $0, bytes: bytes) }
        }
    }
}
