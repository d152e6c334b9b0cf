/// The modes of the manual in which code runs. SDM Vol. 3A, section 2.2; the last two are the sub-modes of IA-32e mode.
public enum OperatingMode: String, CaseIterable, Sendable {
    case realAddress = "real-address mode"
    case virtual8086 = "virtual-8086 mode"
    case protected = "protected mode"
    case compatibility = "compatibility mode"
    case bits64 = "64-bit mode"

    /// IA32_EFER.LMA is set: tables, gates and page tables have their 64-bit forms.
    public var isIA32e: Bool { self == .compatibility || self == .bits64 }
    /// Selectors are paragraph numbers.
    public var usesParagraphs: Bool { self == .realAddress || self == .virtual8086 }
}

extension CPUState {
    /// The operating mode that CR0, EFLAGS, IA32_EFER and CS say.
    public var operatingMode: OperatingMode {
        if efer.contains(.LMA) { return cs.isLong ? .bits64 : .compatibility }
        if !cr0.contains(.PE) { return .realAddress }
        return eflags.contains(.VM) ? .virtual8086 : .protected
    }
}
