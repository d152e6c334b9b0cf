import Explanations
import Inspection
import Processor
import X86

/// The way of an address: selector, descriptor, linear address, page tables, physical address. SDM Vol. 3A, chapters 3 and 4.
public enum AddressPath {
    /// The picture of `text`: `ds:0x10`, a register pair as `ss:esp`, or an expression for a linear address. Throws what is wrong with it.
    public static func picture(_ text: String, in context: ExpressionContext) throws(DebuggerError) -> Picture {
        let expression = try Expression(text)
        if case .far(.name(let name), let offset) = expression, let segment = segment(named: name.lowercased()) {
            return picture(segment, offset: try offset.value(in: context), context.view)
        }
        let linear = try expression.value(in: context) & context.view.linearMask
        return Picture(
            title: "Linear address \(h(linear))",
            boxes: [.init("Linear address", [h(linear)], .plain, address: linear)] + pages(linear, context.view))
    }

    private static func segment(named name: String) -> SegmentRegisterName? {
        let names: [(String, SegmentRegisterName)] = [("es", .es), ("cs", .cs), ("ss", .ss), ("ds", .ds), ("fs", .fs), ("gs", .gs)]
        return names.first { $0.0 == name }?.1
    }

    /// The way of an offset in a segment.
    public static func picture(_ segment: SegmentRegisterName, offset: UInt64, _ view: MachineView) -> Picture {
        let words = AddressSentences(view: view, instruction: view.instruction ?? Instruction())
        let register = words.register(segment)
        let title = "\(segment)".uppercased()
        let base = words.base(segment)
        let linear = (base &+ offset) & view.linearMask
        var boxes: [Picture.Box] = []
        if !view.isProtected || view.isVirtual8086 {
            boxes.append(
                .init(
                    "Segment \(title)", ["selector \(h(register.selector))", "base = \(h(register.selector)) * 16 = \(h(base))"],
                    .passed))
        } else if view.is64Bit {
            boxes.append(.init("Segment \(title)", words.segment(segment), .passed))
        } else {
            boxes += descriptor(register, title, view)
        }
        let isInside = view.is64Bit || Self.isInside(offset, register)
        if !view.is64Bit {
            boxes.append(
                .init(
                    "Limit",
                    [
                        "offset \(h(offset))",
                        isInside
                            ? "within limit \(h(UInt64(register.limit)))"
                            : "beyond limit \(h(UInt64(register.limit))): #\(segment == .ss ? "SS" : "GP")",
                    ],
                    isInside ? .passed : .failed))
        }
        boxes.append(.init("Linear address", ["\(h(base)) + \(h(offset))", "= \(h(linear))"], .passed, address: linear))
        return Picture(title: "\(title):\(h(offset))", boxes: boxes + pages(linear, view))
    }

    private static func isInside(_ offset: UInt64, _ register: SegmentRegister) -> Bool {
        register.isExpandDown ? offset > UInt64(register.limit) : offset <= UInt64(register.limit)
    }

    /// The selector and what it chose when it was loaded.
    private static func descriptor(_ register: SegmentRegister, _ title: String, _ view: MachineView) -> [Picture.Box] {
        let selector = register.selector
        let table = selector & 4 == 0 ? "GDT" : "LDT"
        let selectorLines = ["selector \(h(selector))", "entry \(selector >> 3) of the \(table), RPL \(selector & 3)"]
        guard register.isUsable else {
            return [.init("Segment \(title)", ["selector \(h(selector))", "null: no use for memory, #GP"], .failed)]
        }
        let place = (selector & 4 == 0 ? view.state.gdtr.base : view.state.ldtr.base) &+ UInt64(selector & 0xFFF8)
        var lines = [
            "\(AddressSentences.kind(register)), ring \(register.DPL)", "base \(h(register.base))",
            "limit \(h(UInt64(register.limit)))",
        ]
        // What was loaded counts; a table that was written since is told of.
        if let now = DescriptorLookup(view, selector: selector).descriptor {
            if now.base != register.base || now.limit != UInt64(register.limit) { lines.append("the table has another one now") }
        } else {
            lines.append("loaded earlier; the table has none now")
        }
        return [
            .init("Segment \(title)", selectorLines, .passed),
            .init("Descriptor", lines, .passed, address: place & view.linearMask),
        ]
    }

    /// From a linear address to what is there.
    static func pages(_ linear: UInt64, _ view: MachineView) -> [Picture.Box] {
        guard !view.is64Bit || AddressSpace.isCanonical(linear) else {
            return [.init("Canonical", ["bits 63 to 47 have to be equal: #GP"], .failed)]
        }
        let walk = PageWalk(view, linear: linear)
        var boxes = walk.steps.enumerated().map { index, step in
            let isLast = walk.refusal != nil && index == walk.steps.count - 1
            return Picture.Box(
                step.name.prefix(1).uppercased() + step.name.dropFirst(),
                ["entry \(h(step.index, 3)) at \(h(step.address))", "= \(step.valueText)"]
                    + (isLast ? [walk.words ?? ""] : [rights(step)]),
                isLast ? .failed : .passed)
        }
        if !view.isPaged { boxes.append(.init("Paging", ["is off: the linear address is the physical one"], .passed)) }
        guard walk.refusal == nil, let physical = walk.physical else { return boxes }
        let kind =
            view.isRAM(physical: physical)
            ? "RAM" : view.answers(physical: physical) ? "ROM or a device" : "nothing answers: reads ones"
        let value = view.answers(physical: physical) ? ["byte \(h(view.physical(physical, 1), 2))"] : []
        boxes.append(
            .init(
                "Physical address", [h(physical), kind] + value, view.answers(physical: physical) ? .passed : .failed,
                address: linear))
        return boxes
    }

    /// "P W U A D": what an entry allows, and what has been done with it.
    private static func rights(_ step: PageWalk.Step) -> String {
        guard !step.isRegister else { return "P" }
        let bits: [(UInt64, String)] = [(0, "present"), (1, "writable"), (2, "for ring 3"), (5, "accessed"), (6, "dirty")]
        return bits.filter { step.value >> $0.0 & 1 != 0 }.map(\.1).joined(separator: ", ")
    }
}
