import Inspection
import Processor
import X86

/// Sentences for the way from real to protected mode: a GDT that LGDT did not find, and code that was assembled for the other size.
extension Advisor {
    /// A selector that is in no table, because LGDT was given the wrong place.
    func misplacedTable(_ fault: Fault, _ line: Disassembly.Line?) -> String? {
        guard isAtFault, 10...13 ~= fault.vector, fault.errorCode & 0xFFF8 != 0, fault.errorCode & 6 == 0,
            let load = moments?.tableLoad
        else { return nil }
        let table = view.state.gdtr
        let what = "LGDT at \(name(load.place.rip, load.base)) (\(load.text))"
        let segment = "\(load.segment)".uppercased()
        let origin = "\(segment) (\(h(load.selector))), or the address that the program was assembled for (ORG), is wrong"
        if load.operand < 0x500 {
            return
                "\(what) read its operand from \(h(load.operand)), where the real-mode interrupt table and the BIOS's data are: \(origin)"
        }
        if table.limit == 0 {
            return "\(what) read limit 0 and base \(h(table.base)) from \(h(load.operand)): \(origin)"
        }
        let size = Int(min(table.limit, 0xFF))
        guard size > 8, view.bytes(at: (table.base &+ 8) & view.linearMask, count: size - 7).allSatisfy({ $0 == 0 }) else {
            return nil
        }
        let isFirst = line?.instruction.map { [.jmpFar, .jmpFarIndirect, .retFar].contains($0.operation) } ?? false
        return isFirst
            ? "The GDT that \(what) has loaded, at \(h(table.base)), holds nothing but zeros: its base has to be a linear address, segment * 16 + offset"
            : "The GDT at \(h(table.base)) holds nothing but zeros now: somebody has written over it"
    }

    /// Code that a far jump has come to, and that was assembled for another size than its segment has.
    func codeOfOtherSize() -> String? {
        guard view.isProtected, !view.isVirtual8086, !view.state.operatingMode.isIA32e,
            let jump = moments?.branches.last(where: {
                [.jmpFar, .jmpFarIndirect, .retFar].contains($0.operation) && !$0.isDelivery
            }),
            jump.to.cs == selector
        else { return nil }
        let bytes = view.bytes(at: jump.target, count: 24)
        let size = view.codeSize
        let meant = Array(Disassembly(bytes, at: jump.to.rip, codeSize: size == .bits32 ? .bits16 : .bits32).prefix(2))
        let taken = Array(Disassembly(bytes, at: jump.to.rip, codeSize: size).prefix(2))
        guard Self.loadsSegment(meant), let number = taken.first?.instruction, number.operation == .mov, number.kind1 == .immediate,
            number.immediate > 0xFFFF
        else { return nil }
        let text = "(\(meant[0].text); \(meant[1].text)), and segment \(h(selector)) makes it"
        let place =
            "The code at \(name(jump.to.rip, jump.targetBase)), where the far jump at \(name(jump.from.rip, jump.base)) went, is of"
        return size == .bits32
            ? "\(place) 16 bits \(text) 32-bit code (\(taken[0].text)): assemble what follows the jump with BITS 32 (.code32)"
            : "\(place) 32 bits \(text) 16-bit code (\(taken[0].text)): its descriptor needs D (bit 54)"
    }

    /// MOV of a number to a register, and of that to a segment register: how protected mode begins.
    private static func loadsSegment(_ lines: [Disassembly.Line]) -> Bool {
        guard lines.count == 2, let first = lines[0].instruction, let second = lines[1].instruction else { return false }
        return first.operation == .mov && first.kind0 == .register && first.kind1 == .immediate && first.immediate <= 0xFFFF
            && second.operation == .movToSegment
            && second.kind1 == .register && second.register1 == first.register0
    }
}
