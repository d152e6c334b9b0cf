import Inspection
import Processor
import X86

/// Sentences for the #GP(0), #SS(0) and selector faults whose check is the instruction's own and no operand's in memory: null selectors, privilege
/// levels that do not match, registers that the processor does not have, reserved bits, alignment that is always asked for. SDM Vol. 2, "Exceptions".
extension Advisor {
    /// Nil where the instruction, as it stands with these registers, passes the checks that this knows.
    func protection(_ fault: Fault, _ rip: UInt64, _ i: Instruction) -> String? {
        guard view.isProtected, !view.isVirtual8086 else { return virtual8086(rip, i) }
        let words: String? =
            switch i.operation {
            case .movToSegment where i.register0 == 2, .popSegment where i.register0 == 2, .lss: stackSelector(i)
            case .movToSegment, .popSegment, .lds, .les, .lfs, .lgs: dataSelector(i)
            case .jmpFar, .callFar, .jmpFarIndirect, .callFarIndirect:
                farSelector(i).flatMap {
                    $0 & 0xFFFC == 0
                        ? "the selector of its target is \(h($0)), the null selector: nothing can be executed there" : nil
                }
            case .iret, .retFar: outerReturn(i)
            case .ltr:
                loaded(i).flatMap {
                    $0 & 0xFFFC == 0 ? "TR cannot hold the null selector: it has to be that of an available TSS" : nil
                }
            case .sysenter, .sysexit: fastCall(i)
            case .rdmsr where cpl == 0: unknownMSR
            case .rdtsc, .rdtscp:
                cpl > 0 && view.state.cr4.contains(.TSD) ? "CR4.TSD (bit 2) keeps the time-stamp counter from ring \(cpl)" : nil
            case .rdpmc: performanceCounter
            case .xgetbv, .xsetbv: extendedControl(i)
            case .monitor, .mwait: hint(i)
            case .ldmxcsr: mxcsr(at: view.address(of: i, at: rip))
            case .fxsave, .fxrstor, .xsave, .xsaveopt, .xsavec, .xrstor: area(i, rip)
            case .cmpxchg16b: unaligned(i, rip, 16)
            case .invpcid: invalidation(i, rip)
            case .movToDebug: debugRegister(i)
            case .tooLong: "an instruction has 15 bytes at most, prefixes included, and these are more"
            default: StringCheck(view: view, instruction: i).words
            }
        return words.map { "\(at(rip))\(text(rip)): \($0)" }
    }

    /// POPF, PUSHF, INT n, IRET, CLI and STI of virtual-8086 code with IOPL < 3. SDM Vol. 3B, section 20.2.7.
    private func virtual8086(_ rip: UInt64, _ i: Instruction) -> String? {
        guard view.isVirtual8086, view.state.eflags.rawValue >> 12 & 3 < 3 else { return nil }
        switch i.operation {
        case .pushf, .popf, .int, .iret, .cli, .sti:
            return
                "\(at(rip))\(text(rip)) in virtual-8086 mode with IOPL \(view.state.eflags.rawValue >> 12 & 3): PUSHF, POPF, INT n, IRET, CLI and STI need IOPL 3 there, or a monitor that handles this #GP"
        default: return nil
        }
    }

    // MARK: Selectors

    /// The selector that an instruction loads into a segment register, TR or LDTR.
    private func loaded(_ i: Instruction) -> UInt16? {
        let value: UInt64?
        switch i.operation {
        case .popSegment: value = view.linear(isAtFault ? view.linearSP : top, 2)
        case .lds, .les, .lfs, .lgs, .lss:
            value = view.address(of: i).flatMap { view.linear($0 &+ UInt64(i.operandSize.bytes), 2) }
        default:
            let isFirst = i.operation == .ltr || i.operation == .lldt
            let (kind, register) = isFirst ? (i.kind0, i.register0) : (i.kind1, i.register1)
            value = kind == .memory ? view.address(of: i).flatMap { view.linear($0, 2) } : view.general(register)
        }
        return value.map { UInt16(truncatingIfNeeded: $0) }
    }

    private func farSelector(_ i: Instruction) -> UInt16? {
        switch i.operation {
        case .jmpFar, .callFar: i.immediate2
        default:
            view.address(of: i).flatMap { view.linear($0 &+ UInt64(i.operandSize.bytes), 2) }.map { UInt16(truncatingIfNeeded: $0) }
        }
    }

    private func stackSelector(_ i: Instruction) -> String? { loaded(i).flatMap { stack($0, level: cpl, by: "CPL") } }

    /// Tells why a selector is no stack's of a level. SDM Vol. 3A, section 5.7.
    private func stack(_ selector: UInt16, level: UInt8, by whose: String) -> String? {
        if selector & 0xFFFC == 0 { return "SS cannot hold the null selector: it has to be that of a writable data segment" }
        if UInt8(selector & 3) != level {
            return
                "the RPL of selector \(h(selector)) is \(selector & 3) and \(whose) is \(level): SS needs both, and the segment's DPL, to be the same"
        }
        guard let descriptor = DescriptorLookup(view, selector: selector).descriptor, descriptor.isPresent else { return nil }
        if !descriptor.isWritableData {
            return "SS cannot hold selector \(h(selector)), which is \(descriptor.kind): it has to be writable data"
        }
        guard descriptor.DPL != level else { return nil }
        return
            "the DPL of SS's segment \(h(selector)) is \(descriptor.DPL) and \(whose) is \(level): SS needs both, and the selector's RPL, to be the same"
    }

    private func dataSelector(_ i: Instruction) -> String? {
        guard let selector = loaded(i), let descriptor = DescriptorLookup(view, selector: selector).descriptor,
            descriptor.isPresent,
            !descriptor.isSystem, descriptor.raw != 0
        else { return nil }
        if descriptor.isCode, descriptor.type & 2 == 0 {
            return "selector \(h(selector)) is of \(descriptor.kind) that may be executed only: data cannot be read through it"
        }
        let level = max(cpl, UInt8(selector & 3))
        guard !descriptor.isConforming, descriptor.DPL < level else { return nil }
        let whose = cpl >= UInt8(selector & 3) ? "CPL \(cpl)" : "the selector's RPL \(selector & 3)"
        return "the DPL of segment \(h(selector)) is \(descriptor.DPL), an inner ring's, and \(whose) is an outer one"
    }

    /// IRET and RETF to 32-bit code: the selectors that lie on the stack.
    private func outerReturn(_ i: Instruction) -> String? {
        guard !view.state.operatingMode.isIA32e, isAtFault else { return nil }
        let size = UInt64(i.operandSize.bytes)
        func word(_ index: UInt64, beyond: UInt64 = 0) -> UInt64? {
            view.linear((view.linearSP &+ index &* size &+ beyond) & view.linearMask, Int(size))
        }
        guard let target = word(0), let selector = word(1).map({ UInt16(truncatingIfNeeded: $0) }) else { return nil }
        if i.operation == .iret, view.state.eflags.contains(.NT) {
            return "EFLAGS.NT (bit 14) is set, and IRET returns to the task whose TSS the current one links to"
        }
        if selector & 0xFFFC == 0 { return "CS on the stack is \(h(selector)), the null selector: there is no frame to return to" }
        let level = UInt8(selector & 3)
        if level < view.state.cpl {
            return "CS on the stack is \(h(selector)), of ring \(level): a return goes to the same ring or an outer one"
        }
        guard let code = DescriptorLookup(view, selector: selector).descriptor, code.isCode, code.isPresent else { return nil }
        if code.isConforming ? code.DPL > level : code.DPL != level {
            return
                "CS on the stack is \(h(selector)) with RPL \(level), and its segment's DPL is \(code.DPL): they have to be the same"
        }
        if target > UInt64(code.limit) {
            return "EIP on the stack is \(h(target)), beyond the limit \(h(UInt64(code.limit))) of code segment \(h(selector))"
        }
        guard level > view.state.cpl else { return nil }
        let released = i.operation == .retFar ? i.immediate & 0xFFFF : 0
        let place: UInt64 = i.operation == .iret ? 4 : 3
        return word(place, beyond: released).flatMap {
            stack(UInt16(truncatingIfNeeded: $0), level: level, by: "the ring returned to")
        }
    }

    // MARK: Registers

    private func fastCall(_ i: Instruction) -> String? {
        if i.operation == .sysexit, cpl > 0 { return "SYSEXIT is not allowed in ring \(cpl)" }
        let selector = UInt16(truncatingIfNeeded: view.state.msr.sysenterCS)
        if selector & 0xFFFC == 0 {
            return
                "IA32_SYSENTER_CS (model-specific register 174h) is \(h(selector)), the null selector: set it, IA32_SYSENTER_ESP (175h) and IA32_SYSENTER_EIP (176h) by WRMSR first"
        }
        guard i.operation == .sysexit, i.operandSize == .quadword || view.is64Bit else { return nil }
        let bad = [("RDX", view.state.rdx), ("RCX", view.state.rcx)].first { !AddressSpace.isCanonical($0.1) }
        return bad.map { "\($0.0) is \(h($0.1)), which is not canonical: SYSEXIT takes RIP from RDX and RSP from RCX" }
    }

    private var unknownMSR: String {
        "there is no model-specific register \(h(view.state.rcx & 0xFFFF_FFFF)) (ECX) in the model \(view.cpu.model.rawValue)"
    }

    private var performanceCounter: String? {
        if cpl > 0, !view.state.cr4.contains(.PCE) {
            return "CR4.PCE (bit 8) is clear, and ring \(cpl) asks for a performance counter"
        }
        return "there is no performance counter \(h(view.state.rcx & 0xFFFF_FFFF)) (ECX) in the model \(view.cpu.model.rawValue)"
    }

    private func extendedControl(_ i: Instruction) -> String? {
        let number = view.state.rcx & 0xFFFF_FFFF
        if number != 0 { return "there is no extended control register \(h(number)) (ECX): 0 is XCR0" }
        guard i.operation == .xsetbv, cpl == 0 else { return nil }
        let bits = (view.state.rdx & 0xFFFF_FFFF) << 32 | view.state.rax & 0xFFFF_FFFF
        if bits & 1 == 0 { return "bit 0 of XCR0 (x87) has to be 1, and EDX:EAX is \(h(bits, 16))" }
        if bits & 6 == 4 { return "bit 2 of XCR0 (AVX) needs bit 1 (SSE)" }
        let lacking = bits & ~view.cpu.model.xcr0.rawValue
        return lacking == 0
            ? nil
            : "XCR0 would be \(h(bits, 16)), with bits that the model \(view.cpu.model.rawValue) does not have: \(h(lacking, 16))"
    }

    private func hint(_ i: Instruction) -> String? {
        let number = view.state.rcx & 0xFFFF_FFFF
        return number == 0 || i.operation == .mwait && number < 2
            ? nil : "ECX is \(h(number)), and no such hint or extension is there"
    }

    private func mxcsr(at address: UInt64?) -> String? {
        guard let address, let value = view.linear(address, 4), case let bits = value & ~UInt64(view.cpu.model.mxcsrMask), bits != 0
        else { return nil }
        return "MXCSR would be \(h(value)), and bits \(h(bits)) of it are reserved in the model \(view.cpu.model.rawValue)"
    }

    private func area(_ i: Instruction, _ rip: UInt64) -> String? {
        let isLegacy = i.operation == .fxsave || i.operation == .fxrstor
        if let words = unaligned(i, rip, isLegacy ? 16 : 64) { return words }
        guard i.operation == .fxrstor || i.operation == .xrstor, let address = view.address(of: i, at: rip) else { return nil }
        if i.operation == .xrstor, let words = header(at: address &+ 512) { return words }
        return mxcsr(at: address &+ 24)
    }

    /// The header of XSAVE's area: XSTATE_BV, XCOMP_BV, and bytes that have to be 0. SDM Vol. 1, section 13.8.
    private func header(at address: UInt64) -> String? {
        let words = (0..<8).compactMap { view.linear(address &+ $0 &* 8, 8) }
        guard words.count == 8 else { return nil }
        let (present, format, enabled) = (words[0], words[1] & ~(1 << 63), view.state.avx.xcr0.rawValue)
        let isCompacted = words[1] >> 63 != 0
        func beyond(_ name: String, _ value: UInt64, _ limit: UInt64, _ limitName: String) -> String? {
            value & ~limit == 0 ? nil : "\(name) of its header is \(h(value)), with bits that \(limitName) (\(h(limit))) has not"
        }
        if !isCompacted && format != 0 { return "XCOMP_BV of its header is \(h(format)), and without bit 63 it has to be 0" }
        if let words = beyond("XCOMP_BV", format, enabled, "XCR0") { return words }
        if let words = isCompacted
            ? beyond("XSTATE_BV", present, format, "XCOMP_BV") : beyond("XSTATE_BV", present, enabled, "XCR0")
        {
            return words
        }
        let zeros = isCompacted ? 2..<8 : 2..<3
        guard let index = zeros.first(where: { words[$0] != 0 }) else { return nil }
        return
            "bytes 16 to \(zeros.upperBound * 8 - 1) of its header, at \(h(address &+ 16)), have to be 0, and at \(h(address &+ UInt64(index) &* 8)) is "
            + "\(h(words[index])); the area has to be cleared before it is used for the first time"
    }

    private func unaligned(_ i: Instruction, _ rip: UInt64, _ alignment: UInt64) -> String? {
        guard let address = view.address(of: i, at: rip), address & (alignment - 1) != 0 else { return nil }
        return "its operand is at \(h(address)), not on a boundary of \(alignment) bytes, which it needs"
    }

    /// SDM Vol. 2A, "INVPCID".
    private func invalidation(_ i: Instruction, _ rip: UInt64) -> String? {
        guard cpl == 0, case let type = view.general(i.register0) & (view.is64Bit ? .max : 0xFFFF_FFFF),
            let descriptor = view.address(of: i, at: rip).flatMap({ view.linear($0, 8) })
        else { return nil }
        if type > 3 { return "there is no invalidation of type \(h(type)): types are 0 to 3" }
        if descriptor > 0xFFF {
            return "bits 63 to 12 of its descriptor have to be 0, and the PCID is in bits 11 to 0; they are \(h(descriptor, 16))"
        }
        return descriptor != 0 && type <= 1 ? "PCID \(h(descriptor, 3)) while CR4.PCIDE (bit 17) is clear: PCIDs need it" : nil
    }

    private func debugRegister(_ i: Instruction) -> String? {
        let value = view.general(i.register1)
        guard view.is64Bit, i.register0 >= 6, value > 0xFFFF_FFFF else { return nil }
        return "bits 63 to 32 of DR\(i.register0) have to be 0, and the value is \(h(value))"
    }
}

/// The operands of string instructions, PUSHA and POPA, which no ModR/M byte names: what a segment does not allow.
struct StringCheck {
    let view: MachineView
    let instruction: Instruction

    var words: String? {
        guard !view.is64Bit else { return nil }
        let size = UInt64(instruction.operandSize.bytes)
        let mask = instruction.addressSize.mask
        let (source, destination) = (view.state.rsi & mask, view.state.rdi & mask)
        switch instruction.operation {
        case .movs: return check(instruction.segment, source, size, writes: false) ?? check(.es, destination, size, writes: true)
        case .lods, .outs: return check(instruction.segment, source, size, writes: false)
        case .stos, .ins: return check(.es, destination, size, writes: true)
        case .scas: return check(.es, destination, size, writes: false)
        case .cmps: return check(instruction.segment, source, size, writes: false) ?? check(.es, destination, size, writes: false)
        case .pusha: return stack((view.stackPointer &- 8 &* size) & stackMask, 8 &* size)
        case .popa: return stack(view.stackPointer, 8 &* size)
        default: return nil
        }
    }

    private var stackMask: UInt64 { view.state.ss.isBig ? 0xFFFF_FFFF : 0xFFFF }

    private func stack(_ offset: UInt64, _ size: UInt64) -> String? {
        check(.ss, offset, size, writes: instruction.operation == .pusha)
    }

    private func check(_ name: SegmentRegisterName, _ offset: UInt64, _ size: UInt64, writes: Bool) -> String? {
        let register = AddressSentences(view: view, instruction: instruction).register(name)
        let title = "\(name)".uppercased()
        guard register.isUsable else { return Phrase.segmentNull.with(title, h(register.selector)) }
        if writes, !register.isWritable {
            return Phrase.segmentReadOnly.with(title, h(register.selector), AddressSentences.kind(register))
        }
        if !writes, !register.isReadable {
            return Phrase.segmentNotReadable.with(title, h(register.selector), AddressSentences.kind(register))
        }
        if register.isExpandDown {
            return offset <= UInt64(register.limit) ? Phrase.belowLimit.with(title, h(UInt64(register.limit)), h(offset)) : nil
        }
        let last = offset &+ size &- 1
        return last > UInt64(register.limit) ? Phrase.beyondLimit.with(h(last), title, h(UInt64(register.limit))) : nil
    }
}
