import Inspection
import Processor
import X86

/// The reason why MOV to a control register or WRMSR was refused.
struct ControlObstacle {
    let view: MachineView
    let instruction: Instruction

    /// Nil where the refusal has another reason.
    var words: String? {
        switch instruction.operation {
        case .movToControl where instruction.register0 == 0: controlRegister0
        case .movToControl where instruction.register0 == 3: controlRegister3
        case .movToControl where instruction.register0 == 4: controlRegister4
        case .movToControl where instruction.register0 == 8:
            whole > 15 ? "CR8 holds a priority from 0 to 15, and the value is \(h(whole))" : nil
        case .wrmsr: modelSpecific
        default: nil
        }
    }

    private var whole: UInt64 {
        view.is64Bit ? view.general(instruction.register1) : view.general(instruction.register1) & 0xFFFF_FFFF
    }
    private var value: UInt32 { UInt32(truncatingIfNeeded: whole) }
    private var model: CPUModel { view.cpu.model }

    private var controlRegister0: String? {
        let new = CR0(rawValue: value)
        if whole > 0xFFFF_FFFF { return "bits 63 to 32 of CR0 have to be 0, and the value is \(h(whole))" }
        if new.contains(.PG), !new.contains(.PE) { return "CR0.PG (bit 31) needs CR0.PE (bit 0): paging is part of protected mode" }
        if new.contains(.NW), !new.contains(.CD) { return "CR0.NW (bit 29) needs CR0.CD (bit 30)" }
        let state = view.state
        if new.contains(.PG), !state.cr0.contains(.PG), state.efer.contains(.LME) {
            if !state.cr4.contains(.PAE) {
                return
                    "CR0.PG with EFER.LME needs CR4.PAE (bit 5): the four-level tables of IA-32e mode have PAE's entries; set it first"
            }
            if state.cs.attributes & 0x2000 != 0 {
                return "CR0.PG with EFER.LME needs a CS with L = 0: make the far jump to 64-bit code afterwards"
            }
            if state.tr.type & 8 == 0, state.tr.selector & 0xFFFC != 0 {
                return "CR0.PG with EFER.LME is refused while TR holds a 16-bit TSS"
            }
        }
        if new.contains(.PG), !state.cr0.contains(.PG), state.cr4.contains(.PAE), !state.efer.contains(.LME) {
            return pagePointers(state.cr3, "CR0.PG with CR4.PAE (bit 5)")
        }
        if !new.contains(.PG), state.cr0.contains(.PG), view.is64Bit {
            return "paging cannot be switched off in 64-bit code: go to 32-bit code (compatibility mode) first"
        }
        return nil
    }

    /// The four entries that CR3 leads to with PAE, which are looked at when it is loaded or paging comes on. SDM Vol. 3A, section 4.4.1.
    private func pagePointers(_ root: UInt64, _ what: String) -> String? {
        let place = root & 0xFFFF_FFE0
        for index in 0..<4 as Range<UInt64> {
            let entry = view.physical(place &+ 8 &* index, 8)
            guard entry & 1 != 0, entry & (0x1E6 | ~model.physicalAddressMask) != 0 else { continue }
            return
                "\(what) takes four entries of 8 bytes at \(h(place)), where CR3 leads, and entry \(index) is \(h(entry)): bits 1, 2, 5 to 8 and those beyond the model's \(model.physicalAddressBits) address bits "
                + "are reserved there. A page directory of two levels, with 4 bytes an entry, goes with CR4.PAE clear"
        }
        return nil
    }

    private var controlRegister3: String? {
        if view.state.cr4.contains(.PAE), view.state.cr0.contains(.PG), !view.state.operatingMode.isIA32e {
            return pagePointers(whole, "CR3 with CR4.PAE (bit 5)")
        }
        let beyond = whole & ~(view.state.cr4.contains(.PCIDE) ? 1 << 63 : 0) & ~model.physicalAddressMask
        guard view.state.operatingMode.isIA32e, beyond != 0 else { return nil }
        return
            "CR3 would be \(h(whole)), which has bits beyond the \(model.physicalAddressBits) that a physical address of the model has: the physical address of the PML4 is needed"
    }

    private var controlRegister4: String? {
        guard model.cr4 != [] else { return "the model \(model.rawValue) has no CR4" }
        let new = CR4(rawValue: value)
        if view.state.operatingMode.isIA32e, !new.contains(.PAE) { return "CR4.PAE (bit 5) cannot be cleared in IA-32e mode" }
        if new.contains(.PCIDE), !view.state.cr4.contains(.PCIDE), model.cr4.contains(.PCIDE) {
            if !view.state.operatingMode.isIA32e { return "CR4.PCIDE (bit 17) can be set in IA-32e mode only" }
            if view.state.cr3 & 0xFFF != 0 { return "CR4.PCIDE (bit 17) can be set only while bits 11 to 0 of CR3 are 0" }
        }
        let refused = (0..<32).filter { (value & ~model.cr4.rawValue) >> UInt32($0) & 1 != 0 }
        guard !refused.isEmpty else { return nil }
        return refused.map(refusal).joined(separator: "; ")
    }

    private func refusal(_ bit: Int) -> String {
        let name = Self.names[bit].map { "CR4.\($0) (bit \(bit))" } ?? "bit \(bit) of CR4"
        let known = CPUModel.allCases.first { $0.cr4.rawValue >> UInt32(bit) & 1 != 0 }
        guard let known else { return "\(name): no model has it" }
        return "\(name): the model \(model.rawValue) lacks it; \(known.rawValue) and later have it"
    }

    /// SDM Vol. 3A, section 2.5.
    private static let names: [Int: String] = [
        0: "VME", 1: "PVI", 2: "TSD", 3: "DE", 4: "PSE", 5: "PAE", 6: "MCE", 7: "PGE", 8: "PCE", 9: "OSFXSR", 10: "OSXMMEXCPT",
        11: "UMIP", 12: "LA57", 13: "VMXE", 14: "SMXE", 16: "FSGSBASE", 17: "PCIDE", 18: "OSXSAVE", 20: "SMEP", 21: "SMAP",
        22: "PKE", 23: "CET", 24: "PKS",
    ]

    /// SDM Vol. 4, table 2-2: IA32_EFER.
    private static let namesOfEFER: [Int: String] = [0: "SCE", 8: "LME", 10: "LMA", 11: "NXE"]

    /// Registers that hold an address.
    private static let addresses: [UInt32: String] = [
        0x175: "IA32_SYSENTER_ESP", 0x176: "IA32_SYSENTER_EIP", 0xC000_0082: "IA32_LSTAR", 0xC000_0083: "IA32_CSTAR",
        0xC000_0100: "IA32_FS_BASE", 0xC000_0101: "IA32_GS_BASE", 0xC000_0102: "IA32_KERNEL_GS_BASE",
    ]

    private var modelSpecific: String? {
        let number = UInt32(truncatingIfNeeded: view.state.rcx)
        let bits = UInt64(UInt32(truncatingIfNeeded: view.state.rdx)) << 32 | UInt64(UInt32(truncatingIfNeeded: view.state.rax))
        if let name = Self.addresses[number], !AddressSpace.isCanonical(bits) {
            return "\(name) would be \(h(bits)), which is not canonical (bits 63 to 47 have to be equal): EDX has the upper half"
        }
        guard number == 0xC000_0080 else {
            return
                "model-specific register \(h(UInt64(number))): the model \(model.rawValue) has none of this number, or not these bits"
        }
        let refused = bits & ~UInt64(model.efer.rawValue)
        let words = (0..<64).filter { refused >> UInt64($0) & 1 != 0 }.map { bit in
            let name = Self.namesOfEFER[bit].map { "EFER.\($0) (bit \(bit))" } ?? "bit \(bit) of EFER"
            let known = CPUModel.allCases.first { UInt64($0.efer.rawValue) >> UInt64(bit) & 1 != 0 }
            guard let known else { return "\(name): no model has it" }
            return "\(name): the model \(model.rawValue) lacks it; \(known.rawValue) and later have it"
        }
        guard words.isEmpty else { return words.joined(separator: "; ") }
        return model.efer == []
            ? "the model \(model.rawValue) has no EFER" : "EFER.LME (bit 8) cannot change while paging is on: set it before CR0.PG"
    }
}
