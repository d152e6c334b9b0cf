/// An ELF kernel's section headers as boot loaders hand them over: sections that no segment loads (symbols, strings, debug
/// information) are put into memory, too, and their headers say where.
struct KernelSections {
    let count: UInt64
    let entrySize: UInt64
    let nameIndex: UInt64
    /// The headers with the addresses filled in.
    let headers: [UInt8]

    /// nil when the file has no sections. Sections are added to `layout`.
    init?(_ elf: ELFFile, in layout: inout KernelLayout) throws(ExecutableError) {
        let table = elf.sectionHeaders
        let total = table.count.multipliedReportingOverflow(by: table.entrySize)
        guard !elf.sections.isEmpty, UInt64(elf.sections.count) == table.count, !total.overflow,
            var headers = elf.bytes.slice(table.offset, total.partialValue)
        else { return nil }
        let is64 = elf.fileClass == .bits64
        let field = is64 ? 16 : 12
        for (index, section) in elf.sections.enumerated() where section.address == 0 && section.size > 0 {
            // Debug information is large, and no kernel reads it at run time.
            guard section.type != ELFFile.Section.NOBITS, !section.name.hasPrefix(".debug"),
                let contents = elf.bytes.slice(section.offset, section.size)
            else { continue }
            let address = try layout.append(contents, what: "ELF section \(section.name)")
            for byte in 0..<(is64 ? 8 : 4) {
                headers[index * Int(truncatingIfNeeded: table.entrySize) + field + byte] =
                    UInt8(truncatingIfNeeded: address &>> UInt64(8 &* byte))
            }
        }
        self.headers = headers
        count = table.count
        entrySize = table.entrySize
        nameIndex = table.names
    }
}
