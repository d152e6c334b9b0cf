import Processor
import X86

/// Why MOV to a control register or WRMSR was refused.
struct ControlObstacle {
    let view: MachineView
    let instruction: Instruction

    /// Nil where the refusal has another reason.
    var words: String? {
        switch instruction.operation {
        case .movToControl where instruction.register0 == 0: controlRegister0
        case .movToControl where instruction.register0 == 4: controlRegister4
        case .wrmsr: modelSpecific
        default: nil
        }
    }

    private var value: UInt32 { UInt32(truncatingIfNeeded: view.general(instruction.register1)) }
    private var model: CPUModel { view.cpu.model }

    private var controlRegister0: String? {
        let new = CR0(rawValue: value)
        if new.contains(.PG), !new.contains(.PE) { return "CR0.PG (bit 31) needs CR0.PE (bit 0): paging is part of protected mode" }
        if new.contains(.NW), !new.contains(.CD) { return "CR0.NW (bit 29) needs CR0.CD (bit 30)" }
        return nil
    }

    private var controlRegister4: String? {
        guard model.cr4 != [] else { return "the model \(model.rawValue) has no CR4" }
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

    private var modelSpecific: String? {
        let number = UInt32(truncatingIfNeeded: view.state.rcx)
        guard number == 0xC000_0080 else {
            return
                "model-specific register \(h(UInt64(number))): the model \(model.rawValue) has none of this number, or not these bits"
        }
        let bits = UInt64(UInt32(truncatingIfNeeded: view.state.rdx)) << 32 | UInt64(UInt32(truncatingIfNeeded: view.state.rax))
        let words = (0..<64).filter { bits >> UInt64($0) & 1 != 0 && ($0 != 11 || !model.hasNX) }.map { bit in
            let name = Self.namesOfEFER[bit].map { "EFER.\($0) (bit \(bit))" } ?? "bit \(bit) of EFER"
            return bit == 11
                ? "\(name): the model \(model.rawValue) lacks it"
                    + (CPUModel.allCases.first(where: \.hasNX).map { "; \($0.rawValue) and later have it" } ?? "")
                : "\(name): no model has it, for all have 32 bits"
        }
        return words.isEmpty ? "the model \(model.rawValue) has no EFER" : words.joined(separator: "; ")
    }
}
