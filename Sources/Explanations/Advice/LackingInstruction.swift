import X86

/// Instructions of real processors that no model here has, by their opcodes: whoever runs into one has not asked CPUID. SDM Vol. 2, appendix A,
/// and AMD's Programmer's Manual, Vol. 3.
enum LackingInstruction {
    /// "RDRAND, which no model here has: …"; nil for bytes that are none of these.
    static func words(_ bytes: [UInt8], _ codeSize: CodeSize) -> String? {
        let prefixes: Set<UInt8> = [0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF2, 0xF3]
        let given = Set(bytes.prefix { prefixes.contains($0) })
        var opcode = bytes.drop { prefixes.contains($0) }
        if codeSize == .bits64, let first = opcode.first, 0x40...0x4F ~= first { opcode = opcode.dropFirst() }
        guard opcode.count >= 3, let (name, leaf) = found(Array(opcode), given, codeSize) else { return nil }
        return "\(name), which no model here has: ask CPUID (\(leaf)) before it is used, or compile without it"
    }

    private static func found(_ opcode: [UInt8], _ prefixes: Set<UInt8>, _ codeSize: CodeSize) -> (String, String)? {
        let isRegister = opcode[2] >= 0xC0
        switch (opcode[0], opcode[1]) {
        case (0x62, let next) where codeSize == .bits64 || next >= 0xC0: return ("an instruction of AVX-512", "leaf 7, EBX bit 16")
        case (0xC6, 0xF8): return ("XABORT", transactions)
        case (0xC7, 0xF8): return ("XBEGIN", transactions)
        case (0x0F, 0x01): return system(opcode[2])
        case (0x0F, 0x0F): return ("an instruction of 3DNow!", "leaf 80000001h, EDX bit 31")
        case (0x0F, 0x37): return ("GETSEC", "leaf 1, ECX bit 6")
        case (0x0F, 0x78): return ("VMREAD", virtualMachines)
        case (0x0F, 0x79): return ("VMWRITE", virtualMachines)
        case (0x0F, 0x38): return extended(opcode[2], prefixes)
        case (0x0F, 0x3A) where opcode[2] == 0xCC: return ("SHA1RNDS4", "leaf 7, EBX bit 29")
        case (0x0F, 0x3A) where [0xCE, 0xCF].contains(opcode[2]): return ("an instruction of GFNI", "leaf 7, ECX bit 8")
        case (0x0F, 0xAE): return lines(opcode[2] >> 3 & 7, isRegister, prefixes)
        case (0x0F, 0xC7): return group9(opcode[2] >> 3 & 7, isRegister, prefixes)
        default: return nil
        }
    }

    private static let transactions = "leaf 7, EBX bit 11"
    private static let virtualMachines = "leaf 1, ECX bit 5"

    private static func system(_ last: UInt8) -> (String, String)? {
        let intel: [UInt8: String] = [0xC1: "VMCALL", 0xC2: "VMLAUNCH", 0xC3: "VMRESUME", 0xC4: "VMXOFF"]
        let amd = ["VMRUN", "VMMCALL", "VMLOAD", "VMSAVE", "STGI", "CLGI", "SKINIT", "INVLPGA"]
        switch last {
        case 0xC1...0xC4: return intel[last].map { ($0, virtualMachines) }
        case 0xD5: return ("XEND", transactions)
        case 0xD6: return ("XTEST", transactions)
        case 0xD8...0xDF: return (amd[Int(last - 0xD8)], "leaf 80000001h, ECX bit 2")
        case 0xFA: return ("MONITORX", "leaf 80000001h, ECX bit 29")
        case 0xFB: return ("MWAITX", "leaf 80000001h, ECX bit 29")
        case 0xFC: return ("CLZERO", "leaf 80000008h, EBX bit 0")
        default: return nil
        }
    }

    private static func extended(_ last: UInt8, _ prefixes: Set<UInt8>) -> (String, String)? {
        switch last {
        case 0xC8...0xCD: ("an instruction of SHA", "leaf 7, EBX bit 29")
        case 0xCF: ("an instruction of GFNI", "leaf 7, ECX bit 8")
        case 0xF8 where prefixes.contains(0x66): ("MOVDIR64B", "leaf 7, ECX bit 28")
        case 0xF9: ("MOVDIRI", "leaf 7, ECX bit 27")
        default: nil
        }
    }

    /// 0F AE: CLFLUSHOPT and what came after it.
    private static func lines(_ digit: UInt8, _ isRegister: Bool, _ prefixes: Set<UInt8>) -> (String, String)? {
        switch (digit, isRegister) {
        case (7, false) where prefixes.contains(0x66): return ("CLFLUSHOPT", "leaf 7, EBX bit 23")
        case (6, false) where prefixes.contains(0x66): return ("CLWB", "leaf 7, EBX bit 24")
        case (6, true):
            let names: [UInt8: String] = [0x66: "TPAUSE", 0xF2: "UMWAIT", 0xF3: "UMONITOR"]
            return names.first { prefixes.contains($0.key) }.map { ($0.value, "leaf 7, ECX bit 5") }
        default: return nil
        }
    }

    /// 0F C7: random numbers, virtual machines, XSAVES.
    private static func group9(_ digit: UInt8, _ isRegister: Bool, _ prefixes: Set<UInt8>) -> (String, String)? {
        switch (digit, isRegister) {
        case (6, true) where !prefixes.contains(0xF3): ("RDRAND", "leaf 1, ECX bit 30")
        case (7, true) where !prefixes.contains(0xF3): ("RDSEED", "leaf 7, EBX bit 18")
        case (6, false): (prefixes.contains(0xF3) ? "VMXON" : prefixes.contains(0x66) ? "VMCLEAR" : "VMPTRLD", virtualMachines)
        case (7, false): ("VMPTRST", virtualMachines)
        case (3, false): ("XRSTORS", "leaf 0Dh, subleaf 1, EAX bit 3")
        case (5, false): ("XSAVES", "leaf 0Dh, subleaf 1, EAX bit 3")
        default: nil
        }
    }
}
