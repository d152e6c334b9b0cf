/// The processor as gdb is told of it: XML as in "Debugging with GDB", appendix G, "Target Descriptions".
///
/// Sizes and numbers of registers are the same in all modes, for gdb knows one description a session.
enum TargetDescription: Equatable {
    case i386
    /// The registers of i386; code is disassembled as 16-bit code. gdb's `set architecture i386` goes on from there; the other direction gdb refuses.
    case i8086
    /// For processors with IA-32e mode.
    case x86_64
    /// A processor with IA-32e mode for as long as its user wants to see code of 16 or 32 bits: no more registers than gdb itself has for these
    /// architectures, for it compares the length of packets with its own before it takes a new description.
    case visited8086
    case visited386

    var isVisited: Bool { self == .visited8086 || self == .visited386 }

    var registers: GDBRegisters { self == .x86_64 ? .x86_64 : .i386 }

    /// The registers that a packet has.
    var inPackets: ArraySlice<GDBRegister> { isVisited ? registers.all.prefix(GDBRegisters.i386Own) : registers.all[...] }

    var xml: String {
        let names: [TargetDescription: String] = [.i8086: "i8086", .visited8086: "i8086", .x86_64: "i386:x86-64"]
        let registers = registers
        let bases =
            registers.bases.isEmpty
            ? "" : "<feature name=\"org.gnu.gdb.i386.segments\">\n\(lines(registers.bases))\n</feature>\n"
        return """
            <?xml version="1.0"?>
            <!DOCTYPE target SYSTEM "gdb-target.dtd">
            <target version="1.0">
            <architecture>\(names[self] ?? "i386")</architecture>
            <osabi>none</osabi>
            <feature name="org.gnu.gdb.i386.core">
            \(Self.flags("i386_eflags", Self.eflags))
            \(lines(registers.core))
            </feature>
            \(bases)<feature name="org.gnu.gdb.i386.sse">
            \(Self.vector)
            \(Self.flags("i386_mxcsr", Self.mxcsr))
            \(lines(registers.sse))
            </feature>
            \(isVisited ? "" : system)</target>

            """
    }

    private var system: String {
        """
        <feature name="swemu.system">
        \(Self.flags("x86_cr0", Self.cr0, bytes: self == .x86_64 ? 8 : 4))
        \(Self.flags("x86_cr4", Self.cr4, bytes: self == .x86_64 ? 8 : 4))
        \(lines(registers.system))
        </feature>
        <feature name="org.gnu.gdb.i386.avx">
        \(lines(registers.avx))
        </feature>

        """
    }

    private func lines(_ some: [GDBRegister]) -> String {
        let numbers = Dictionary(uniqueKeysWithValues: registers.all.enumerated().map { ($0.element.name, $0.offset) })
        return some.map { register in
            let group = register.group.map { " group=\"\($0)\"" } ?? ""
            let number = numbers[register.name].map { " regnum=\"\($0)\"" } ?? ""
            return "<reg name=\"\(register.name)\" bitsize=\"\(register.bits)\" type=\"\(register.type)\"\(number)\(group)/>"
        }.joined(separator: "\n")
    }

    private static func flags(_ name: String, _ fields: [(String, Int)], bytes: Int = 4) -> String {
        let lines = fields.map { "<field name=\"\($0.0)\" start=\"\($0.1)\" end=\"\($0.1)\"/>" }
        return "<flags id=\"\(name)\" size=\"\(bytes)\">\n\(lines.joined(separator: "\n"))\n</flags>"
    }

    /// Bits by their names in SDM Vol. 1, figure 3-8. Bit 1 is always one.
    private static let eflags = [
        ("CF", 0), ("", 1), ("PF", 2), ("AF", 4), ("ZF", 6), ("SF", 7), ("TF", 8), ("IF", 9), ("DF", 10), ("OF", 11), ("IOPL0", 12),
        ("IOPL1", 13), ("NT", 14), ("RF", 16), ("VM", 17), ("AC", 18), ("VIF", 19), ("VIP", 20), ("ID", 21),
    ]
    /// SDM Vol. 1, figure 10-3.
    private static let mxcsr = [
        ("IE", 0), ("DE", 1), ("ZE", 2), ("OE", 3), ("UE", 4), ("PE", 5), ("DAZ", 6), ("IM", 7), ("DM", 8), ("ZM", 9), ("OM", 10),
        ("UM", 11),
        ("PM", 12), ("RC0", 13), ("RC1", 14), ("FZ", 15),
    ]
    /// SDM Vol. 3A, section 2.5.
    private static let cr0 = [
        ("PE", 0), ("MP", 1), ("EM", 2), ("TS", 3), ("ET", 4), ("NE", 5), ("WP", 16), ("AM", 18), ("NW", 29), ("CD", 30),
        ("PG", 31),
    ]
    private static let cr4 = [
        ("VME", 0), ("PVI", 1), ("TSD", 2), ("DE", 3), ("PSE", 4), ("PAE", 5), ("MCE", 6), ("PGE", 7), ("PCE", 8), ("OSFXSR", 9),
        ("OSXMMEXCPT", 10), ("UMIP", 11), ("FSGSBASE", 16), ("PCIDE", 17), ("OSXSAVE", 18), ("SMEP", 20), ("SMAP", 21),
    ]

    /// Readings of the 128 bits of an XMM register.
    private static let vector = """
        <vector id="v4f" type="ieee_single" count="4"/>
        <vector id="v2d" type="ieee_double" count="2"/>
        <vector id="v16i8" type="int8" count="16"/>
        <vector id="v8i16" type="int16" count="8"/>
        <vector id="v4i32" type="int32" count="4"/>
        <vector id="v2i64" type="int64" count="2"/>
        <union id="vec128">
        <field name="v4_float" type="v4f"/>
        <field name="v2_double" type="v2d"/>
        <field name="v16_int8" type="v16i8"/>
        <field name="v8_int16" type="v8i16"/>
        <field name="v4_int32" type="v4i32"/>
        <field name="v2_int64" type="v2i64"/>
        <field name="uint128" type="uint128"/>
        </union>
        """
}
