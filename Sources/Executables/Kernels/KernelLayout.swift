import Wiring

/// Where the parts of a kernel go in memory. Nothing overlaps, and everything lies in RAM.
struct KernelLayout {
    let memory: GuestMemoryMap
    private(set) var pieces: [DirectBoot.Piece] = []
    /// What was left out of memory, one line each.
    private(set) var notes: [String] = []
    private var taken: [Range<UInt64>] = []

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

    /// Puts `bytes` at a page boundary above everything so far, and answers where.
    mutating func append(_ bytes: [UInt8], what: String) throws(ExecutableError) -> UInt64 {
        let address = (end &+ 0xFFF) & ~0xFFF
        try add(bytes, at: address, what: what)
        // An empty module has an address, too.
        return address
    }

    /// A place for `count` bytes of boot information: at 10000h if that is free, as boot loaders do, otherwise above everything.
    func informationAddress(count: UInt64) -> UInt64 {
        let low: UInt64 = 0x1_0000
        let isFree = memory.isUsable(low..<low &+ count) && !taken.contains { $0.overlaps(low..<low &+ count) }
        return isFree ? low : (end &+ 0xFFF) & ~0xFFF
    }

    /// Loads an ELF file by its physical addresses, and answers the physical address of its entry.
    mutating func load(_ elf: ELFFile) throws(ExecutableError) -> UInt32 {
        guard elf.type == ELFFile.EXEC else {
            throw ExecutableError(
                "ELF header, e_type is \(elf.type): not an executable file (2)",
                remedy: elf.type == 1 ? "link it with ld" : "link it with -no-pie, or ld without -pie")
        }
        let segments = elf.loadable
        guard !segments.isEmpty else {
            throw ExecutableError("ELF header, e_phnum: there is no PT_LOAD segment", remedy: "link the kernel with ld")
        }
        var loaded: [ELFFile.Segment] = []
        for (index, segment) in segments.enumerated() {
            if !hasPlace(for: segment, among: segments), elf.hasOnlyHeaders(segment) {
                notes.append(
                    "the segment at \(hex(segment.physicalAddress)) holds only ELF headers and notes, and has no place there; it is left out"
                )
                continue
            }
            loaded.append(segment)
            guard segment.fileSize <= segment.memorySize, let bytes = elf.bytes.slice(segment.offset, segment.fileSize) else {
                throw ExecutableError(
                    "ELF program header \(index), p_offset and p_filesz: the segment's bytes lie beyond the file's end or p_memsz",
                    remedy: "link the file again")
            }
            try add(
                bytes, size: segment.memorySize, at: segment.physicalAddress,
                what: "ELF program header \(index), p_paddr and p_memsz", remedy: Self.linkingRemedy)
        }
        return try physicalEntry(elf, loaded)
    }

    private static let linkingRemedy =
        "ld -n keeps ELF headers out of memory, -Ttext-segment moves all segments, a linker script each"

    /// Whether nothing is in the way of `segment`: it is in RAM, above the BIOS's interrupt vectors and data, and over no other segment.
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

    private var ramInWords: String {
        memory.entries.filter(\.isUsable).map { "\(hex($0.range.lowerBound)) to \(hex($0.range.upperBound))" }.joined(
            separator: " and ")
    }
}
