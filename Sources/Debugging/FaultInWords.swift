import Board
import Processor

/// An exception, its error code taken apart. SDM Vol. 3A, sections 6.13 and 6.15.
public struct FaultInWords {
    let fault: Fault
    /// CR2 that goes with a page fault.
    let cr2: UInt64

    /// "page fault", as the manual's table 6-1 has it.
    var name: String {
        let names: [UInt8: String] = [
            0: "divide error", 1: "debug exception", 3: "breakpoint", 4: "overflow", 5: "BOUND range exceeded", 6: "invalid opcode",
            7: "no x87 available", 8: "double fault", 10: "invalid TSS", 11: "segment not present", 12: "stack fault",
            13: "general protection", 14: "page fault", 16: "x87 error", 17: "alignment check", 18: "machine check",
            19: "SIMD floating-point exception",
        ]
        return names[fault.vector] ?? "interrupt \(fault.vector)"
    }

    /// "page fault: the kernel wrote to C0000000h, no page there".
    var words: String {
        guard fault.hasErrorCode else { return name }
        switch fault.vector {
        case 14: return "\(name): \(pageFault)"
        case 10, 11, 12, 13: return fault.errorCode == 0 ? "\(name), no selector involved" : "\(name): \(selector)"
        default: return name
        }
    }

    /// "a write, by ring 0, page not present": the bits of a page fault's error code. SDM Vol. 3A, figure 4-12.
    var bits: String {
        let code = fault.errorCode
        let what = code & 16 != 0 ? "a fetch" : code & 2 != 0 ? "a write" : "a read"
        let who = code & 4 != 0 ? "by ring 3" : "by ring 0 to 2"
        return "\(what), \(who), page \(code & 1 != 0 ? "present" : "not present")" + (code & 8 != 0 ? ", reserved bit set" : "")
    }

    private var pageFault: String {
        let code = fault.errorCode
        let who = code & 4 != 0 ? "ring 3" : "the kernel"
        let what = code & 16 != 0 ? "fetched code from" : code & 2 != 0 ? "wrote to" : "read"
        let why =
            code & 8 != 0 ? "a reserved bit is set in an entry" : code & 1 != 0 ? "the page does not allow it" : "no page there"
        return "\(who) \(what) \(h(cr2)); \(why)"
    }

    /// The error code of #TS, #NP, #SS and #GP: a selector, or a number in the IDT.
    private var selector: String {
        let code = UInt16(truncatingIfNeeded: fault.errorCode)
        let external = code & 1 != 0 ? ", while delivering an interrupt or exception" : ""
        if code & 2 != 0 { return "entry \(code >> 3) of the IDT\(external)" }
        let table = code & 4 != 0 ? "LDT" : "GDT"
        return "selector \(h(code & 0xFFFC)), entry \(code >> 3) of the \(table)\(external)"
    }
}
