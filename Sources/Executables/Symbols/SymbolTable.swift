/// Names for addresses, from an ELF file's symbol table. gABI, "Symbol Table".
public struct SymbolTable: Sendable {
    /// A name with its address.
    public struct Symbol: Equatable, Sendable {
        /// The name as the source has it.
        public let name: String
        /// The name in the file, where `name` is the one of the source: that of C++ and Rust.
        public let linkageName: String?
        /// The address of its first byte.
        public let address: UInt64
        /// Bytes, or 0 where the file does not say (assembly without `size`).
        public let size: UInt64
        /// It is a function, as the file says.
        public let isFunction: Bool
        /// The place where its section ends: nothing from there on belongs to a symbol without a size.
        public internal(set) var sectionEnd: UInt64 = .max

        init(name: String, address: UInt64, size: UInt64, isFunction: Bool) {
            let plain = name.hasPrefix("_") ? PlainName.read(name) : nil
            (self.name, linkageName) = (plain ?? name, plain == nil ? nil : name)
            (self.address, self.size, self.isFunction) = (address, size, isFunction)
        }

        /// A label of an assembler, which has no size.
        public init(label: String, address: UInt64) { self.init(name: label, address: address, size: 0, isFunction: false) }
    }

    /// By rising address.
    public let symbols: [Symbol]

    /// A table of these symbols, in any order.
    public init(_ symbols: [Symbol]) {
        self.symbols = symbols.sorted { ($0.address, $0.isFunction ? 0 : 1) < ($1.address, $1.isFunction ? 0 : 1) }
    }

    /// The symbols of `elf` that stand for places in memory; empty when the file was stripped.
    public init(_ elf: ELFFile) {
        let is64 = elf.fileClass == .bits64
        let entrySize: UInt64 = is64 ? 24 : 16
        var found: [Symbol] = []
        // A file has one such section.
        if let table = elf.sections.first(where: { $0.type == ELFFile.Section.SYMTAB }), Int(table.link) < elf.sections.count,
            let entries = elf.bytes.slice(table.offset, table.size).map(Bytes.init),
            let names = elf.bytes.slice(elf.sections[Int(table.link)].offset, elf.sections[Int(table.link)].size).map(Bytes.init)
        {
            for at in stride(from: 0, to: entries.count &- entries.count % entrySize, by: Int(entrySize)) {
                guard var symbol = Self.symbol(entries, at, names, is64) else { continue }
                if let section = entries.u16(at &+ (is64 ? 6 : 14)), Int(section) < elf.sections.count {
                    let (end, overflow) = elf.sections[Int(section)].address.addingReportingOverflow(
                        elf.sections[Int(section)].size)
                    symbol.sectionEnd = overflow ? .max : end
                }
                found.append(symbol)
            }
        }
        self.init(found)
    }

    private static func symbol(_ entries: Bytes, _ at: UInt64, _ names: Bytes, _ is64: Bool) -> Symbol? {
        guard let nameOffset = entries.u32(at), let info = entries.u8(at &+ (is64 ? 4 : 12)),
            let section = entries.u16(at &+ (is64 ? 6 : 14)),
            let value = is64 ? entries.u64(at &+ 8) : entries.u32(at &+ 4).map({ UInt64($0) }),
            let size = is64 ? entries.u64(at &+ 16) : entries.u32(at &+ 8).map({ UInt64($0) })
        else { return nil }
        // Types NOTYPE, OBJECT, FUNC; in a section of the file, or absolute ones are no places: SHN_UNDEF, SHN_ABS.
        guard info & 0xF <= 2, section != 0, section != 0xFFF1, let name = names.text(UInt64(nameOffset), limit: 1024),
            !name.isEmpty
        else { return nil }
        return Symbol(name: name, address: value, size: size, isFunction: info & 0xF == 2)
    }

    /// The symbol whose bytes hold `address`, and the distance from its beginning. Without sizes it is the nearest one before, at most 1 MB away.
    public func symbol(at address: UInt64) -> (symbol: Symbol, offset: UInt64)? {
        var (low, high) = (0, symbols.count)
        while low < high {
            let middle = (low + high) / 2
            if symbols[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        // Of several at one address, a function that says its size is the best.
        var best: Symbol?
        var index = low - 1
        while index >= 0, low - index < 64 {
            let candidate = symbols[index]
            let offset = address &- candidate.address
            if candidate.size > 0
                ? offset < candidate.size
                : offset < 0x10_0000 && best == nil && (offset == 0 || address < candidate.sectionEnd)
            {
                if candidate.size > 0 {
                    best = candidate
                    if candidate.isFunction { break }
                } else if best == nil {
                    best = candidate
                }
            }
            if let best, best.size == 0, candidate.address != best.address { break }
            index -= 1
        }
        return best.map { ($0, address &- $0.address) }
    }

    /// The nearest symbol that begins below `address`.
    public func symbol(before address: UInt64) -> Symbol? {
        var (low, high) = (0, symbols.count)
        while low < high {
            let middle = (low + high) / 2
            if symbols[middle].address < address { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? symbols[low - 1] : nil
    }

    /// The address of the symbol called `name`.
    public func address(of name: String) -> UInt64? { symbols.first { $0.name == name || $0.linkageName == name }?.address }
}
