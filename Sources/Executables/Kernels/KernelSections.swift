/// An ELF kernel's section headers as boot loaders hand them over: sections that no segment loads (symbols, strings, debug
/// information) are put into memory, too, and their headers say where.
struct KernelSections {
    let count: UInt64
    let entrySize: UInt64
    let nameIndex: UInt64
    /// The headers with the addresses filled in.
    let headers: [UInt8]

    /// The most sections that are handed over: each is compared with all that have a place.
    private static let most: UInt64 = 4096

    /// nil when the file has no sections, or too many. Sections that no segment loads are added to `layout` where it has room; the others were moved by `offset`.
    init?(_ elf: ELFFile, in layout: inout KernelLayout, movedBy offset: UInt64) {
        let table = elf.sectionHeaders
        let total = table.count.multipliedReportingOverflow(by: table.entrySize)
        guard !elf.sections.isEmpty, UInt64(elf.sections.count) == table.count, table.count <= Self.most, !total.overflow,
            var headers = elf.bytes.slice(table.offset, total.partialValue)
        else { return nil }
        let is64 = elf.fileClass == .bits64
        // sh_addr and sh_size of a header.
        let (addressField, sizeField) = is64 ? (16, 32) : (12, 20)
        func set(_ value: UInt64, _ field: Int, ofSection index: Int) {
            for byte in 0..<(is64 ? 8 : 4) {
                headers[index * Int(truncatingIfNeeded: table.entrySize) + field + byte] =
                    UInt8(truncatingIfNeeded: value &>> UInt64(8 &* byte))
            }
        }
        for (index, section) in elf.sections.enumerated() where section.size > 0 {
            if section.flags & ELFFile.Section.ALLOC != 0 {
                if offset != 0 { set(section.address &+ offset, addressField, ofSection: index) }
                continue
            }
            // Debug information is large, and no kernel reads it at run time.
            guard section.address == 0, section.type != ELFFile.Section.NOBITS, !section.name.hasPrefix(".debug"),
                let contents = elf.bytes.slice(section.offset, section.size)
            else { continue }
            if let address = layout.appendWhereRoomIs(contents, what: "ELF section \(section.name)") {
                set(address, addressField, ofSection: index)
            } else {
                // A kernel that looks for its symbols finds none, and not what lies at address 0.
                set(0, sizeField, ofSection: index)
            }
        }
        self.headers = headers
        count = table.count
        entrySize = table.entrySize
        nameIndex = table.names
    }
}
