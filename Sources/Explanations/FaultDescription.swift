import Board
import Inspection
import Processor
import X86

/// An exception, its error code taken apart. SDM Vol. 3A, sections 6.13 and 6.15.
public struct FaultDescription {
    let fault: Fault
    /// CR2 that goes with a page fault.
    let cr2: UInt64

    /// "page fault", as the manual's table 6-1 has it.
    var name: String { ExceptionFacts.of(fault.vector)?.name ?? "interrupt \(fault.vector)" }

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
        let code = PageFaultCode(rawValue: fault.errorCode)
        let who = code.contains(.US) ? "ring 3" : "the kernel"
        let what = code.contains(.ID) ? "fetched code from" : code.contains(.WR) ? "wrote to" : "read"
        let why =
            code.contains(.RSVD)
            ? "a reserved bit is set in an entry" : code.contains(.P) ? "the page does not allow it" : "no page there"
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
