import Inspection
import Processor
import X86

/// The processor's registers by the names that manuals print, for looking and for setting.
public enum RegisterAccess {
    private static let general: [any WritableKeyPath<CPUState, UInt64> & Sendable] = [
        \.rax, \.rcx, \.rdx, \.rbx, \.rsp, \.rbp, \.rsi, \.rdi, \.r8, \.r9, \.r10, \.r11, \.r12, \.r13, \.r14, \.r15,
    ]
    private static let names64 = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"] + (8...15).map { "r\($0)" }
    private static let names32 = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"]
    private static let names8 = ["al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"]
    private static let segments: [(String, any WritableKeyPath<CPUState, SegmentRegister> & Sendable)] = [
        ("es", \.es), ("cs", \.cs), ("ss", \.ss), ("ds", \.ds), ("fs", \.fs), ("gs", \.gs), ("ldtr", \.ldtr), ("tr", \.tr),
    ]
    /// Single flags, in the order in which they are shown.
    static let flags: [(name: String, flag: EFLAGS)] = [
        ("cf", .CF), ("pf", .PF), ("af", .AF), ("zf", .ZF), ("sf", .SF), ("tf", .TF), ("if", .IF), ("df", .DF), ("of", .OF),
        ("nt", .NT),
        ("rf", .RF), ("vm", .VM), ("ac", .AC),
    ]
    private static let wide: [(String, any WritableKeyPath<CPUState, UInt64> & Sendable)] = [
        ("rip", \.rip), ("cr2", \.cr2), ("cr3", \.cr3), ("cr8", \.cr8), ("dr0", \.dr0), ("dr1", \.dr1), ("dr2", \.dr2),
        ("dr3", \.dr3), ("fs_base", \.fs.base), ("gs_base", \.gs.base), ("k_gs_base", \.msr.kernelGSBase), ("lstar", \.msr.lstar),
        ("star", \.msr.star),
    ]
    private static let fields: [(String, any WritableKeyPath<CPUState, UInt32> & Sendable)] = [
        ("eflags", \.eflags.rawValue), ("cr0", \.cr0.rawValue), ("cr4", \.cr4.rawValue), ("dr6", \.dr6.rawValue),
        ("dr7", \.dr7.rawValue),
    ]

    /// All names, for completion.
    public static var names: [String] {
        names64 + names32 + names32.map { String($0.dropFirst()) } + names8 + segments.map(\.0) + wide.map(\.0) + ["eip", "ip"]
            + fields.map(\.0) + ["rflags", "flags", "efer", "cpl", "gdtr", "idtr"] + flags.map(\.name)
    }

    /// The value of a register; of a segment register its selector, of GDTR and IDTR the base. Nil where there is no such register.
    public static func value(_ name: String, in state: CPUState) -> UInt64? {
        if let index = names64.firstIndex(of: name) { return state[keyPath: general[index]] }
        if let part = part(name) { return state[keyPath: general[part.index]] & part.mask }
        if let index = names32.firstIndex(of: name) { return state[keyPath: general[index]] & 0xFFFF_FFFF }
        if let index = names32.firstIndex(of: "e" + name) { return state[keyPath: general[index]] & 0xFFFF }
        if let index = names8.firstIndex(of: name) { return state[keyPath: general[index & 3]] >> (index < 4 ? 0 : 8) & 0xFF }
        if let segment = segments.first(where: { $0.0 == name }) { return UInt64(state[keyPath: segment.1].selector) }
        if let path = wide.first(where: { $0.0 == name })?.1 { return state[keyPath: path] }
        if let path = fields.first(where: { $0.0 == name })?.1 { return UInt64(state[keyPath: path]) }
        if let flag = flags.first(where: { $0.name == name })?.flag { return state.eflags.contains(flag) ? 1 : 0 }
        switch name {
        case "eip": return state.rip & 0xFFFF_FFFF
        case "ip": return state.rip & 0xFFFF
        case "rflags": return UInt64(state.eflags.rawValue)
        case "efer": return UInt64(state.efer.rawValue)
        case "flags": return UInt64(state.eflags.rawValue & 0xFFFF)
        case "cpl": return UInt64(state.cpl)
        case "gdtr": return state.gdtr.base
        case "idtr": return state.idtr.base
        default: return nil
        }
    }

    /// r8d, r8w, r8b to r15b, and the low bytes spl, bpl, sil, dil: the register and the bits of it.
    private static func part(_ name: String) -> (index: Int, mask: UInt64)? {
        if let index = ["spl", "bpl", "sil", "dil"].firstIndex(of: name) { return (index + 4, 0xFF) }
        let masks: [Character: UInt64] = ["d": 0xFFFF_FFFF, "w": 0xFFFF, "b": 0xFF]
        guard let letter = name.last, let mask = masks[letter], let index = names64.firstIndex(of: String(name.dropLast())),
            index >= 8
        else { return nil }
        return (index, mask)
    }

    /// Bits of the register called `name`; 64 for what cannot be set.
    static func bits(of name: String) -> Int {
        if names8.contains(name) { return 8 }
        if flags.contains(where: { $0.name == name }) { return 1 }
        if name == "ip" || names32.contains("e" + name) || segments.contains(where: { $0.0 == name }) { return 16 }
        if let part = part(name) { return part.mask.trailingOneCount }
        let isShort = names32.contains(name) || name == "eip" || fields.contains { $0.0 == name }
        return isShort ? 32 : 64
    }

    /// The base of a segment register by name.
    static func base(_ name: String, in state: CPUState) -> UInt64? {
        segments.prefix(6).first { $0.0 == name }.map { state[keyPath: $0.1].base }
    }

    /// `state` with the register `name` changed. A segment register is loaded as the mode of the moment has it, its descriptor from the table,
    /// without checks of rights. Throws for what cannot be set.
    static func setting(_ name: String, to value: UInt64, in view: MachineView) throws(DebuggerError) -> CPUState {
        var state = view.state
        if let index = names64.firstIndex(of: name) {
            state[keyPath: general[index]] = value
        } else if let part = part(name) {
            // As in 64-bit code: a write of 32 bits clears the upper ones.
            let kept = part.mask == 0xFFFF_FFFF ? 0 : state[keyPath: general[part.index]] & ~part.mask
            state[keyPath: general[part.index]] = kept | value & part.mask
        } else if let index = names32.firstIndex(of: name) {
            state[keyPath: general[index]] = value & 0xFFFF_FFFF
        } else if let index = names32.firstIndex(of: "e" + name) {
            state[keyPath: general[index]] = state[keyPath: general[index]] & ~0xFFFF | value & 0xFFFF
        } else if let index = names8.firstIndex(of: name) {
            let shift: UInt64 = index < 4 ? 0 : 8
            let old = state[keyPath: general[index & 3]]
            state[keyPath: general[index & 3]] = old & ~(0xFF << shift) | (value & 0xFF) << shift
        } else if let index = segments.prefix(6).firstIndex(where: { $0.0 == name }) {
            state[keyPath: segments[index].1] = try segment(UInt16(truncatingIfNeeded: value), view)
        } else if let path = wide.first(where: { $0.0 == name })?.1 {
            state[keyPath: path] = name == "cr8" ? value & 15 : value
        } else if name == "eip" {
            state.rip = value & 0xFFFF_FFFF
        } else if let path = fields.first(where: { $0.0 == name })?.1 {
            state[keyPath: path] = UInt32(truncatingIfNeeded: value)
        } else if let flag = flags.first(where: { $0.name == name })?.flag {
            if value & 1 != 0 { state.eflags.insert(flag) } else { state.eflags.remove(flag) }
        } else if name == "ip" {
            state.rip = value & 0xFFFF
        } else if RegisterAccess.value(name, in: state) != nil {
            throw DebuggerError("\(name) cannot be set here; an instruction of the guest has to load it")
        } else {
            throw DebuggerError("no register is called \(name); `info registers` shows them all")
        }
        state.eflags.insert(.alwaysOne)
        return state
    }

    private static func segment(_ selector: UInt16, _ view: MachineView) throws(DebuggerError) -> SegmentRegister {
        guard view.isProtected, !view.isVirtual8086 else { return .realMode(selector) }
        switch DescriptorLookup(view, selector: selector) {
        case .found(let descriptor):
            return SegmentRegister(
                selector: selector, base: descriptor.base, limit: UInt32(truncatingIfNeeded: descriptor.limit),
                attributes: UInt16(truncatingIfNeeded: descriptor.raw >> 40) & 0xF0FF)
        case .null: return SegmentRegister(selector: selector, base: 0, limit: 0, attributes: 0)
        case .beyondLimit(let table, let limit):
            throw DebuggerError("selector \(h(selector)) is beyond the \(table)'s limit \(h(limit, 4))")
        case .unmapped(let table, let address): throw DebuggerError("the \(table) at \(h(address)) is not mapped")
        }
    }
}

extension UInt64 {
    /// Number of bits that are one from bit 0 on.
    fileprivate var trailingOneCount: Int { (~self).trailingZeroBitCount }
}
