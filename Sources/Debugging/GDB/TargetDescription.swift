/// What gdb is told of the processor: XML as in "Debugging with GDB", appendix G, "Target Descriptions".
///
/// Sizes and numbers of registers are the same in all modes. The architecture is `i8086` when the processor is in real mode as gdb attaches, so
/// that 16-bit code is disassembled as such: gdb's `set architecture i386` goes on from there. The other direction gdb refuses.
enum TargetDescription {
    static func xml(isRealMode: Bool) -> String {
        """
        <?xml version="1.0"?>
        <!DOCTYPE target SYSTEM "gdb-target.dtd">
        <target version="1.0">
        <architecture>\(isRealMode ? "i8086" : "i386")</architecture>
        <osabi>none</osabi>
        <feature name="org.gnu.gdb.i386.core">
        \(flags("i386_eflags", eflags))
        \(registers(GDBRegisters.core))
        </feature>
        <feature name="org.gnu.gdb.i386.sse">
        \(vector)
        \(flags("i386_mxcsr", mxcsr))
        \(registers(GDBRegisters.sse))
        </feature>
        <feature name="swemu.system">
        \(flags("x86_cr0", cr0))
        \(flags("x86_cr4", cr4))
        \(registers(GDBRegisters.system))
        </feature>
        <feature name="org.gnu.gdb.i386.avx">
        \(registers(GDBRegisters.avx))
        </feature>
        </target>

        """
    }

    private static func registers(_ registers: [GDBRegister]) -> String {
        registers.map { register in
            let group = register.group.map { " group=\"\($0)\"" } ?? ""
            return "<reg name=\"\(register.name)\" bitsize=\"\(register.bits)\" type=\"\(register.type)\"\(group)/>"
        }.joined(separator: "\n")
    }

    private static func flags(_ name: String, _ fields: [(String, Int)]) -> String {
        let lines = fields.map { "<field name=\"\($0.0)\" start=\"\($0.1)\" end=\"\($0.1)\"/>" }
        return "<flags id=\"\(name)\" size=\"4\">\n\(lines.joined(separator: "\n"))\n</flags>"
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
        ("OSXMMEXCPT", 10), ("OSXSAVE", 18),
    ]

    /// How the 128 bits of an XMM register can be looked at.
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
