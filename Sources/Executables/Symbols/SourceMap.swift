/// The place where an address is in the source: symbol, file and line, from one ELF file. This is what debuggers and post-mortems ask.
public struct SourceMap: Sendable {
    /// The names of addresses.
    public let symbols: SymbolTable
    /// The lines of addresses.
    public let lines: LineTable
    /// The file is of 64 bits; nil where there is none.
    public let is64Bit: Bool?
    /// The place where it comes from, for what is read when it is asked for.
    private let file: ELFFile?
    private let variables = Once<DebugInformation?>()
    private let frames = Once<CallFrameTable?>()
    /// The file's sections of code: what can be an address of an instruction.
    private let code: [Range<UInt64>]

    /// The map that an ELF file's symbols, lines and debug information give; parts that are missing or damaged stay empty.
    public init(_ elf: ELFFile) {
        symbols = SymbolTable(elf)
        lines = LineTable(elf)
        is64Bit = elf.fileClass == .bits64
        file = elf
        // SHF_EXECINSTR
        code = elf.sections.filter { $0.flags & 4 != 0 }.map { $0.address..<max($0.address, $0.address &+ $0.size) }
    }

    /// Reads an ELF file. Throws what is wrong with it.
    public init(bytes: [UInt8]) throws(ExecutableError) { self.init(try ELFFile(Bytes(bytes))) }

    /// Functions, variables and types; nil where the file was compiled without -g.
    public var debug: DebugInformation? {
        variables.value {
            let debug = file.map { DebugInformation($0, firstFiles: lines.firstFiles) }
            return debug.flatMap { $0.isEmpty ? nil : $0 }
        }
    }

    /// The rules by which callers' registers are found.
    public var callFrames: CallFrameTable? { frames.value { file.map { CallFrameTable($0) } } }

    /// The file says which of its bytes are code.
    public var hasSections: Bool { !code.isEmpty }

    /// Tells whether the file has code at `address`. True for every address when the file has no section headers.
    public func isCode(_ address: UInt64) -> Bool { code.isEmpty || code.contains { $0.contains(address) } }

    /// "kmain+0x1c (kernel.c:42)", as far as is known; nil when nothing is.
    public func describe(_ address: UInt64) -> String? { describe(address, inside: address) }

    /// Describes an address that belongs to the instruction around `inside`: a caller's, behind its call.
    public func describe(_ address: UInt64, inside: UInt64) -> String? {
        let place = lines.location(of: inside).map { "\(Self.shortened($0.file)):\($0.line)" }
        guard let symbol = symbols.symbol(at: inside)?.symbol else { return place }
        let offset = address &- symbol.address
        let name = offset == 0 ? symbol.name : "\(symbol.name)+\(hex(offset))"
        return place.map { "\(name) (\($0))" } ?? name
    }

    /// Finds the place of a breakpoint on the function that begins at `address`: behind the prologue, where its second line begins, if its variables are in a
    /// frame that the prologue makes; at its first instruction otherwise. gdb chooses the same.
    public func placeOfBreakpoint(onFunctionAt address: UInt64) -> UInt64 {
        guard let code = debug?.codeWithFrame(at: address) else { return address }
        let next = lines.rows.first { $0.address > address && code.contains($0.address) && !$0.endsSequence && $0.line > 0 }
        return next?.address ?? address
    }

    /// The last two parts of a path.
    private static func shortened(_ path: String) -> String { path.split(separator: "/").suffix(2).joined(separator: "/") }
}

extension SourceMap {
    /// Symbols without lines.
    public init(symbols: SymbolTable) {
        self.symbols = symbols
        lines = LineTable()
        is64Bit = nil
        file = nil
        code = []
    }
}
