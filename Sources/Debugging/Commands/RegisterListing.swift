import Inspection
import Processor
import X86

/// Registers and flags as text.
struct RegisterListing {
    private let state: CPUState
    private let isWide: Bool
    private static let general32 = ["eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp"]
    private static let general64 = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"] + (8...15).map { "r\($0)" }
    static let segments = ["cs", "ss", "ds", "es", "fs", "gs"]

    init(_ state: CPUState) {
        self.state = state
        isWide = state.operatingMode == .bits64
    }

    /// Names and digits of the general registers that this code has.
    var names: [String] { isWide ? Self.general64 : Self.general32 }
    var digits: Int { isWide ? 16 : 8 }

    private func value(_ name: String) -> UInt64 { RegisterAccess.value(name, in: state) ?? 0 }
    private func x(_ name: String, _ digits: Int) -> String { "\(name)=\(hexDigits(value(name), digits, uppercase: false))" }

    /// General registers, four a line, EIP, flags and segments.
    var general: [String] {
        stride(from: 0, to: names.count, by: 4).map { start in
            names[start..<start + 4].map { x($0, digits) }.joined(separator: " ")
        } + [
            "\(x(isWide ? "rip" : "eip", digits)) \(x("eflags", 8)) \(flags)",
            Self.segments.map { x($0, 4) }.joined(separator: " "),
        ]
    }

    /// "of df if tf SF zf af PF CF iopl=0": set ones in capitals.
    var flags: String {
        let shown = ["of", "df", "if", "tf", "sf", "zf", "af", "pf", "cf"]
        return shown.map { value($0) != 0 ? $0.uppercased() : $0 }.joined(separator: " ")
    }

    /// The meaning of each flag, one line each.
    var flagsInWords: [String] {
        let words: [(String, String, String)] = [
            ("cf", "carry: the last sum or difference did not fit, as unsigned", "no carry"),
            ("pf", "parity: the low byte of the result has an even number of ones", "an odd number of ones"),
            ("af", "adjust: a carry out of the low four bits", "none out of the low four bits"),
            ("zf", "zero: the result was 0", "the result was not 0"),
            ("sf", "sign: the result's highest bit was 1", "the result's highest bit was 0"),
            ("tf", "trap: an exception after each instruction", "no trap"),
            ("if", "interrupts are served", "interrupts wait"), ("df", "string instructions go down", "string instructions go up"),
            ("of", "overflow: the result did not fit, as signed", "no overflow"), ("nt", "nested task", "not nested"),
            ("rf", "resume: instruction breakpoints are passed once", "not resuming"),
            ("vm", "virtual-8086 mode", "not in virtual-8086 mode"),
            ("ac", "alignment is checked in ring 3", "alignment is not checked"),
        ]
        return words.map { name, set, clear in
            value(name) != 0 ? "\(name.uppercased()) = 1  \(set)" : "\(name.uppercased()) = 0  \(clear)"
        } + ["IOPL = \(state.eflags.rawValue >> 12 & 3)  rings 0 to \(state.eflags.rawValue >> 12 & 3) may use ports and CLI"]
    }

    /// "eax 00000000 -> 00000005", "ZF 0 -> 1".
    func changes(from old: CPUState) -> [String] {
        let names = names + Self.segments + ["cr0", "cr2", "cr3", "cr4"]
        var changes: [String] = []
        for name in names {
            let (before, after) = (RegisterAccess.value(name, in: old) ?? 0, value(name))
            guard before != after else { continue }
            let digits = Self.segments.contains(name) ? 4 : isWide && name != "cr0" && name != "cr4" ? 16 : 8
            changes.append(
                "\(name) \(hexDigits(before, digits, uppercase: false)) -> \(hexDigits(after, digits, uppercase: false))")
        }
        for (name, flag) in RegisterAccess.flags where flag != .RF && old.eflags.contains(flag) != state.eflags.contains(flag) {
            changes.append("\(name.uppercased()) \(old.eflags.contains(flag) ? "1 -> 0" : "0 -> 1")")
        }
        return changes
    }
}
