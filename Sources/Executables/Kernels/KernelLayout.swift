import Wiring

/// The place where the parts of a kernel go in memory. Nothing overlaps, and everything lies in RAM.
struct KernelLayout {
    let memory: GuestMemoryMap
    private(set) var pieces: [DirectBoot.Piece] = []
    /// Parts that were left out of memory, one line each.
    private(set) var notes: [String] = []
    private var taken: [Range<UInt64>] = []
    /// How many parts found no room; each has looked everywhere.
    private var leftOut = 0
    private static let mostLeftOut = 16

    init(memory: GuestMemoryMap) { self.memory = memory }

    /// The end of everything that has a place above 1 MB.
    private var end: UInt64 { max(0x10_0000, taken.map(\.upperBound).max() ?? 0) }

    /// Puts `bytes`, and zeros up to `size`, at `address`. `what` names them in an error, with the field that chose the address.
    mutating func add(_ bytes: [UInt8], size: UInt64? = nil, at address: UInt64, what: String, remedy: String? = nil)
        throws(ExecutableError)
    {
        let piece = DirectBoot.Piece(address: address, bytes: bytes, size: size)
        guard piece.size > 0 else { return }
        let sum = address.addingReportingOverflow(piece.size)
        guard !sum.overflow, memory.isUsable(address..<sum.partialValue) else {
            throw ExecutableError(
                "\(what): \(hex(address)) to \(hex(sum.partialValue)) is not RAM of this machine",
                remedy: "RAM is \(ramInWords); \(remedy ?? "link it elsewhere") or give more --memory")
        }
        if let other = taken.first(where: { $0.overlaps(address..<piece.end) }) {
            throw ExecutableError(
                "\(what): \(hex(address)) to \(hex(piece.end)) overlaps what is at \(hex(other.lowerBound)) to \(hex(other.upperBound))",
                remedy: remedy ?? "check the linker script's addresses")
        }
        taken.append(address..<piece.end)
        pieces.append(piece)
    }

    /// Puts `bytes` at a page boundary above everything so far, or where else there is room above 1 MB, and answers where.
    mutating func append(_ bytes: [UInt8], what: String) throws(ExecutableError) -> UInt64 {
        let address = placeAbove(count: UInt64(bytes.count))
        try add(bytes, at: address, what: what)
        // An empty module has an address, too.
        return address
    }

    /// Puts `bytes`, which the kernel can do without, where `append` would; nil, and a note, where no RAM is left for them.
    mutating func appendWhereRoomIs(_ bytes: [UInt8], what: String) -> UInt64? {
        guard leftOut < Self.mostLeftOut else { return nil }
        do throws(ExecutableError) {
            return try append(bytes, what: what)
        } catch {
            leftOut += 1
            notes.append("\(what): RAM has no room for its \(bytes.count) bytes, and it is left out; give more --memory")
            return nil
        }
    }

    /// A place for `count` bytes of boot information: at 10000h if that is free, as boot loaders do, otherwise above everything.
    func informationAddress(count: UInt64) -> UInt64 {
        let low: UInt64 = 0x1_0000
        let isFree = memory.isUsable(low..<low &+ count) && !taken.contains { $0.overlaps(low..<low &+ count) }
        return isFree ? low : placeAbove(count: count)
    }

    /// A page boundary with room for `count` bytes: above everything so far, or above 1 MB where a kernel lies at the end of RAM.
    private func placeAbove(count: UInt64) -> UInt64 {
        let above = (end &+ 0xFFF) & ~0xFFF
        guard count > 0, !memory.isUsable(above..<above &+ count) else { return above }
        return freePlace(count, alignment: 4096, within: 0x10_0000..<UInt64(UInt32.max), isHighest: false) ?? above
    }

    /// The lowest or highest multiple of `alignment` (a power of two) at which `count` bytes of RAM are free, all of them inside `range`.
    func freePlace(_ count: UInt64, alignment: UInt64, within range: Range<UInt64>, isHighest: Bool) -> UInt64? {
        func isFree(_ place: Range<UInt64>) -> Bool {
            place.lowerBound >= range.lowerBound && place.upperBound <= range.upperBound && memory.isUsable(place)
                && !taken.contains { $0.overlaps(place) }
        }
        let usable = memory.entries.filter(\.isUsable).map(\.range)
        // The best place begins, or ends, where something else ends or begins, apart from the alignment.
        let edges =
            isHighest
            ? [range.upperBound] + usable.map(\.upperBound) + taken.map(\.lowerBound)
            : [range.lowerBound] + usable.map(\.lowerBound) + taken.map(\.upperBound)
        let places = edges.compactMap { edge -> UInt64? in
            guard isHighest ? edge >= count : edge <= .max - (alignment - 1) - count else { return nil }
            let start = (isHighest ? edge - count : edge + (alignment - 1)) & ~(alignment - 1)
            return isFree(start..<start + count) ? start : nil
        }
        return isHighest ? places.max() : places.min()
    }

    /// Loads an ELF file by its physical addresses, or moved as one block to where `relocation` wants it. Answers the physical address of its
    /// entry, and how far everything was moved (modulo 2³²).
    mutating func load(
        _ elf: ELFFile, relocation: Relocation? = nil
    ) throws(ExecutableError) -> (entry: UInt32, base: UInt64, offset: UInt64) {
        guard elf.type == ELFFile.EXEC || relocation != nil && elf.type == ELFFile.DYN else {
            throw ExecutableError(
                "ELF header, e_type is \(elf.type): not an executable file (2)",
                remedy: elf.type == 1 ? "link it with ld" : "link it with -no-pie, or ld without -pie")
        }
        let segments = elf.loadable
        guard !segments.isEmpty else {
            throw ExecutableError("ELF header, e_phnum: there is no PT_LOAD segment", remedy: "link the kernel with ld")
        }
        var loaded: [(index: Int, segment: ELFFile.Segment)] = []
        for (index, segment) in segments.enumerated() {
            if !hasPlace(for: segment, among: segments), elf.hasOnlyHeaders(segment) {
                notes.append(
                    "the segment at \(hex(segment.physicalAddress)) holds only ELF headers and notes, and has no place there; it is left out"
                )
                continue
            }
            loaded.append((index, hasPlace(for: segment, among: segments) ? segment : withoutHeaders(segment, of: elf)))
        }
        let block = try linkedBlock(loaded.map(\.segment))
        let base = try relocation?.base(for: block, in: self) ?? block.lowerBound
        let offset = base &- block.lowerBound
        for (index, segment) in loaded {
            guard segment.fileSize <= segment.memorySize, let bytes = elf.bytes.slice(segment.offset, segment.fileSize) else {
                throw ExecutableError(
                    "ELF program header \(index), p_offset and p_filesz: the segment's bytes lie beyond the file's end or p_memsz",
                    remedy: "link the file again")
            }
            try add(
                bytes, size: segment.memorySize, at: segment.physicalAddress &+ offset,
                what: "ELF program header \(index), p_paddr and p_memsz", remedy: Self.linkingRemedy)
        }
        return (try physicalEntry(elf, loaded.map(\.segment)) &+ UInt32(truncatingIfNeeded: offset), base, offset)
    }

    /// A segment without the ELF headers at its beginning, where they alone have no place.
    private mutating func withoutHeaders(_ segment: ELFFile.Segment, of elf: ELFFile) -> ELFFile.Segment {
        let count = elf.headers(of: segment)
        var rest = segment
        rest.offset &+= count
        rest.virtualAddress &+= count
        rest.physicalAddress &+= count
        rest.fileSize &-= count
        rest.memorySize &-= count
        guard count > 0, memory.isUsable(rest.physicalRange) else { return segment }
        notes.append(
            "the segment at \(hex(segment.physicalAddress)) begins with \(count) bytes of ELF headers, which have no place there; they are left out"
        )
        return rest
    }

    /// From the first to the last byte of all segments, as linked.
    private func linkedBlock(_ segments: [ELFFile.Segment]) throws(ExecutableError) -> Range<UInt64> {
        let first = segments.map(\.physicalAddress).min() ?? 0
        let ends = segments.map { $0.physicalAddress.addingReportingOverflow($0.memorySize) }
        guard !ends.contains(where: \.overflow), let last = ends.map(\.partialValue).max(), last >= first else {
            throw ExecutableError(
                "ELF program headers, p_paddr and p_memsz: a segment ends beyond 2^64", remedy: "link the file again")
        }
        return first..<last
    }

    private static let linkingRemedy =
        "ld -n keeps ELF headers out of memory, -Ttext-segment moves all segments, a linker script each"

    /// Tells whether nothing is in the way of `segment`: it is in RAM, above the BIOS's interrupt vectors and data, and over no other segment.
    private func hasPlace(for segment: ELFFile.Segment, among others: [ELFFile.Segment]) -> Bool {
        let range = segment.physicalRange
        return range.lowerBound >= 0x500 && memory.isUsable(range)
            && !others.contains { $0 != segment && $0.physicalRange.overlaps(range) }
    }

    /// e_entry is meant as a physical address when it lies in one; a higher-half kernel's linked address is translated.
    private func physicalEntry(_ elf: ELFFile, _ segments: [ELFFile.Segment]) throws(ExecutableError) -> UInt32 {
        var entry = elf.entry
        if !segments.contains(where: { $0.physicalRange.contains(entry) }),
            let segment = segments.first(where: { $0.virtualRange.contains(entry) })
        {
            entry = entry &- segment.virtualAddress &+ segment.physicalAddress
        }
        guard segments.contains(where: { $0.physicalRange.contains(entry) }), let entry = UInt32(exactly: entry) else {
            throw ExecutableError(
                "ELF header, e_entry \(hex(elf.entry)) lies in no loaded segment",
                remedy: "name an entry symbol: ENTRY(start) in the linker script")
        }
        return entry
    }

    var ramInWords: String {
        memory.entries.filter(\.isUsable).map { "\(hex($0.range.lowerBound)) to \(hex($0.range.upperBound))" }.joined(
            separator: " and ")
    }
}
