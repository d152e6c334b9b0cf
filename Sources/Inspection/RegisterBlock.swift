import Processor
import X86

/// The registers in the layout of QEMU's "info registers", which every forum knows.
public struct RegisterBlock {
    private let view: MachineView

    /// The registers of a view.
    public init(_ view: MachineView) { self.view = view }

    /// The block, line by line.
    public var lines: [String] {
        let s = view.state
        func x(_ value: UInt64, _ digits: Int = 8) -> String { hexDigits(value, digits, uppercase: false) }
        let isWide = s.operatingMode == .bits64
        let digits = isWide ? 16 : 8
        // Tables and control registers have 64 bits in compatibility mode, too.
        let tables = s.operatingMode.isIA32e ? 16 : 8
        let state =
            "[\(flags)] CPL=\(s.cpl) II=\(s.shadow == .none ? 0 : 1) A20=1 SMM=0 HLT=\(s.activity == .halted ? 1 : 0)"
        var lines: [String] = []
        if isWide {
            lines += [
                "RAX=\(x(s.rax, 16)) RBX=\(x(s.rbx, 16)) RCX=\(x(s.rcx, 16)) RDX=\(x(s.rdx, 16))",
                "RSI=\(x(s.rsi, 16)) RDI=\(x(s.rdi, 16)) RBP=\(x(s.rbp, 16)) RSP=\(x(s.rsp, 16))",
                "R8 =\(x(s.r8, 16)) R9 =\(x(s.r9, 16)) R10=\(x(s.r10, 16)) R11=\(x(s.r11, 16))",
                "R12=\(x(s.r12, 16)) R13=\(x(s.r13, 16)) R14=\(x(s.r14, 16)) R15=\(x(s.r15, 16))",
                "RIP=\(x(s.rip, 16)) RFL=\(x(UInt64(s.eflags.rawValue))) \(state)",
            ]
        } else {
            lines += [
                "EAX=\(x(s.rax)) EBX=\(x(s.rbx)) ECX=\(x(s.rcx)) EDX=\(x(s.rdx))",
                "ESI=\(x(s.rsi)) EDI=\(x(s.rdi)) EBP=\(x(s.rbp)) ESP=\(x(s.rsp))",
                "EIP=\(x(s.rip)) EFL=\(x(UInt64(s.eflags.rawValue))) \(state)",
            ]
        }
        let segments: [(String, SegmentRegister)] = [
            ("ES ", s.es), ("CS ", s.cs), ("SS ", s.ss), ("DS ", s.ds), ("FS ", s.fs), ("GS ", s.gs), ("LDT", s.ldtr),
            ("TR ", s.tr),
        ]
        for (name, register) in segments {
            let attributes = UInt64(register.attributes) << 8 | highLimit(register) << 16
            let head =
                "\(name)=\(x(UInt64(register.selector), 4)) \(x(register.base, digits)) \(x(UInt64(register.limit))) \(x(attributes))"
            lines.append(view.isProtected ? "\(head) \(rights(register))" : head)
        }
        lines += [
            "GDT=     \(x(s.gdtr.base, tables)) \(x(UInt64(s.gdtr.limit)))",
            "IDT=     \(x(s.idtr.base, tables)) \(x(UInt64(s.idtr.limit)))",
            "CR0=\(x(UInt64(s.cr0.rawValue))) CR2=\(x(s.cr2, tables)) CR3=\(x(s.cr3, tables)) CR4=\(x(UInt64(s.cr4.rawValue)))",
            "DR0=\(x(s.dr0, tables)) DR1=\(x(s.dr1, tables)) DR2=\(x(s.dr2, tables)) DR3=\(x(s.dr3, tables))",
            "DR6=\(x(UInt64(s.dr6.rawValue), tables)) DR7=\(x(UInt64(s.dr7.rawValue), tables))",
            "EFER=\(x(UInt64(s.efer.rawValue), 16))",
        ]
        return lines
    }

    /// "DOSZAPC", a dash for each that is clear.
    private var flags: String {
        let letters: [(EFLAGS, Character)] = [(.DF, "D"), (.OF, "O"), (.SF, "S"), (.ZF, "Z"), (.AF, "A"), (.PF, "P"), (.CF, "C")]
        return String(letters.map { view.state.eflags.contains($0.0) ? $0.1 : "-" })
    }

    /// Bits 16–19 of the limit as the descriptor has it.
    private func highLimit(_ register: SegmentRegister) -> UInt64 {
        let isPages = register.attributes & 0x8000 != 0
        return UInt64(isPages ? register.limit >> 28 : register.limit >> 16) & 0xF
    }

    /// "DPL=0 CS32 [-RA]".
    private func rights(_ register: SegmentRegister) -> String {
        let type = register.type
        guard register.isCodeOrData else {
            let names = [
                "Reserved", "TSS16-avl", "LDT", "TSS16-busy", "CallGate16", "TaskGate", "IntGate16", "TrapGate16", "Reserved",
                "TSS32-avl",
                "Reserved", "TSS32-busy", "CallGate32", "Reserved", "IntGate32", "TrapGate32",
            ]
            let name = names[Int(type)]
            // In IA-32e mode a TSS, and the gates of 32 bits, are of 64. SDM Vol. 3A, table 3-2.
            let isWide = view.state.operatingMode.isIA32e
            return "DPL=\(register.DPL) \(isWide ? name.replacing("32", with: "64") : name)"
        }
        let name =
            register.isCode
            ? (register.isLong && view.is64Bit ? "CS64" : register.isBig ? "CS32" : "CS16") : (register.isBig ? "DS  " : "DS16")
        let first: Character = type & 4 != 0 ? (register.isCode ? "C" : "E") : "-"
        let second: Character = type & 2 != 0 ? (register.isCode ? "R" : "W") : "-"
        return "DPL=\(register.DPL) \(name) [\(first)\(second)\(type & 1 != 0 ? "A" : "-")]"
    }

    /// The meaning of the registers, in a few sentences.
    public var words: [String] {
        let s = view.state
        let code = "ring \(s.cpl), \(s.cs.isBig ? 32 : 16)-bit code"
        let mode =
            switch s.operatingMode {
            case .realAddress, .virtual8086: s.operatingMode.rawValue
            case .protected, .compatibility: "\(s.operatingMode.rawValue), \(code)"
            case .bits64: "64-bit mode, ring \(s.cpl)"
            }
        let paging =
            switch view.cpu.paging.kind {
            case .none: "no paging"
            case .bits32: "paging, directory at \(h(s.cr3))"
            case .PAE: "PAE paging, tables at \(h(s.cr3))"
            case .level4: "4-level paging, tables at \(h(s.cr3))"
            }
        let interrupts = s.eflags.contains(.IF) ? "interrupts on" : "interrupts off"
        var words = ["The processor is in \(mode), with \(paging) and \(interrupts)."]
        if view.isProtected {
            words.append(
                s.gdtr.limit == 0
                    ? "No GDT is loaded."
                    : "The GDT at \(h(s.gdtr.base)) has \((UInt64(s.gdtr.limit) + 1) / 8) entries, the IDT at \(h(s.idtr.base)) \(s.idtr.limit == 0 ? "none" : "\((UInt64(s.idtr.limit) + 1) / view.gateSize)")."
            )
        }
        return words
    }
}
