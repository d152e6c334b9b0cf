import Inspection
import Processor
import X86

/// The way of one access: effective address, segment and its descriptor, linear address, page tables, physical address.
public struct ExplainedAddress {
    /// "[EBX+4]".
    public let name: String
    /// The segment register whose base is added.
    public let segment: SegmentRegisterName
    /// The effective address.
    public let offset: UInt64
    /// The linear address.
    public let linear: UInt64
    /// nil where the page tables lead nowhere, or refuse the access.
    public let physical: UInt64?
    /// One line each, in the order in which the processor goes.
    public let lines: [String]
}

/// Writes the way of an access down.
package struct AddressSentences {
    let view: MachineView
    let instruction: Instruction

    package init(view: MachineView, instruction: Instruction) {
        self.view = view
        self.instruction = instruction
    }

    func explained(_ access: MemoryAccess, name: String) -> ExplainedAddress {
        let walk = PageWalk(
            view, linear: access.linear, writes: access.kind == .write || access.kind == .readWrite, user: view.state.cpl == 3)
        var lines = [Phrase.addressOf.with(name, computation(access))]
        lines += segment(access.segment)
        lines.append(
            Phrase.linearIs.with(h(base(access.segment)), h(access.offset), h(access.linear)))
        if view.is64Bit, !AddressSpace.isCanonical(access.linear) {
            lines.append(Phrase.notCanonical.with(h(access.linear)))
        } else {
            lines += pages(walk)
        }
        return ExplainedAddress(
            name: name, segment: access.segment, offset: access.offset, linear: access.linear,
            physical: walk.refusal == nil ? walk.physical : nil, lines: lines)
    }

    private func computation(_ access: MemoryAccess) -> String {
        guard access.cause == .operand else { return h(access.offset) }
        let parts = Self.parts(instruction).map { part in part.filled(view) }
        return parts.count > 1 ? "\(parts.joined(separator: " + ")) = \(h(access.offset))" : h(access.offset)
    }

    // MARK: Segments

    package func register(_ name: SegmentRegisterName) -> SegmentRegister {
        let s = view.state
        return [s.es, s.cs, s.ss, s.ds, s.fs, s.gs, s.ldtr, s.tr][name.number]
    }

    /// The base that counts: in 64-bit code that of FS and GS alone.
    package func base(_ name: SegmentRegisterName) -> UInt64 {
        view.is64Bit && [.es, .cs, .ss, .ds].contains(name) ? 0 : register(name).base
    }

    /// Describes the segment register, and where it differs from its table.
    package func segment(_ name: SegmentRegisterName) -> [String] {
        let register = register(name)
        let title = "\(name)".uppercased()
        guard view.isProtected, !view.isVirtual8086 else {
            return [Phrase.segmentReal.with(title, h(register.selector), h(register.base), h(UInt64(register.limit)))]
        }
        if view.is64Bit {
            let hasBase = [.fs, .gs].contains(name)
            return [hasBase ? Phrase.baseSegment.with(title, h(register.base)) : Phrase.flatSegment.with(title)]
        }
        guard register.isUsable else { return [Phrase.nullSegment.with(title, h(register.selector))] }
        let line = Phrase.segmentIs.with(
            title, h(register.selector), Self.kind(register), String(register.DPL), h(register.base), h(UInt64(register.limit)))
        guard let now = DescriptorLookup(view, selector: register.selector).descriptor,
            now.base != register.base || now.limit != UInt64(register.limit) || now.DPL != register.DPL
        else { return [line] }
        return [line, Phrase.descriptorChanged.with()]
    }

    package static func kind(_ register: SegmentRegister) -> String {
        Descriptor(raw: UInt64(register.attributes) << 40).kind
    }

    // MARK: Pages

    private func pages(_ walk: PageWalk) -> [String] {
        guard view.isPaged else { return [Phrase.unpaged.with(h(walk.physical ?? 0))] }
        var lines = walk.steps.map { step in
            Phrase.walkStep.with(step.name, h(step.index, 3), h(step.address), step.valueText)
        }
        if walk.refusal != nil {
            lines[lines.count - 1] = walk.words ?? ""
        } else if let physical = walk.physical {
            lines.append(Phrase.physicalIs.with(h(physical)))
        }
        return lines
    }

    // MARK: The operand

    /// One summand of an effective address.
    enum Part {
        case register(UInt8, Width, scale: UInt8)
        /// RIP of the next instruction, `length` bytes on.
        case nextIP(length: UInt8)
        case displacement(Int64, Width)

        func filled(_ view: MachineView) -> String {
            switch self {
            case .nextIP(let length): return h(view.state.rip &+ UInt64(length))
            case .register(let number, let width, let scale):
                let value = view.general(number) & width.mask
                let text = TermText.number(value, width, .hexadecimal)
                return scale == 0 ? text : "\(text) * \(1 << Int(scale))"
            case .displacement(let value, let width):
                let bits = UInt64(bitPattern: value) & width.mask
                return TermText.number(bits, width, .hexadecimal)
            }
        }
    }

    static func parts(_ i: Instruction) -> [Part] {
        var parts: [Part] = []
        if i.base < Instruction.noRegister { parts.append(.register(i.base, i.addressSize, scale: 0)) }
        if i.base == Instruction.ripRegister { parts.append(.nextIP(length: i.length)) }
        if i.index < Instruction.noRegister { parts.append(.register(i.index, i.addressSize, scale: i.scale & 3)) }
        if i.displacement != 0 || parts.isEmpty { parts.append(.displacement(Int64(i.displacement), i.addressSize)) }
        return parts
    }

    /// "EBX + ECX*4 + 10h".
    static func expression(_ i: Instruction, separator: String = " + ") -> String {
        var text = ""
        for part in parts(i) {
            switch part {
            case .nextIP: text = "RIP"
            case .register(let number, let width, let scale):
                let name = RegisterNames.general(number, width).uppercased()
                text += (text.isEmpty ? "" : separator) + (scale == 0 ? name : "\(name)*\(1 << Int(scale))")
            case .displacement(let value, let width) where text.isEmpty:
                text = h(UInt64(bitPattern: value) & width.mask, 2 * width.bytes)
            case .displacement(let value, _):
                let sign = value < 0 ? separator.replacing("+", with: "-") : separator
                let size = value.magnitude
                text += sign + (size < 10 ? String(size) : hexDigits(size, 1) + "h")
            }
        }
        return text
    }

    /// "[EBX+4]", with its segment where that is not the usual one.
    static func operand(_ i: Instruction) -> String {
        let usesStack = i.base == 4 || i.base == 5
        let segment = i.segment == (usesStack ? .ss : .ds) ? "" : "\(i.segment):".uppercased()
        return "\(segment)[\(expression(i, separator: "+"))]"
    }
}
