import Inspection
import Processor
import X86

/// The stack as an interrupt would leave it: without a change of the ring, and with one. SDM Vol. 3A, sections 6.12.1, 6.14.2 and 20.1.4.
public enum InterruptStack {
    /// The picture for a vector, as the machine stands.
    public static func picture(vector: UInt8, _ view: MachineView) -> MemoryPicture {
        let title = "The stack at vector \(h(UInt64(vector), 2))"
        guard view.isProtected else { return MemoryPicture(title: title, columns: [real(view)]) }
        guard case .success(let gate)? = try? view.gate(vector, isSoftware: false), gate.systemType != .taskGate else {
            let words = DeliveryObstacle(view, vector: vector, hasErrorCode: false)?.words(vector: vector)
            return MemoryPicture(
                title: title, columns: [.init("No stack", obstacle: words ?? "a task gate: the other task has its own", [])])
        }
        let frame = Frame(view, gate, hasCode: ExceptionFacts.of(vector)?.hasErrorCode ?? false)
        return MemoryPicture(title: title, columns: [frame.same, frame.inner])
    }

    /// Words above the stack's top that are shown.
    private static let wordsAbove: UInt64 = 2

    /// Reads the words that are on a stack already, the highest address first.
    fileprivate static func words(above top: UInt64, _ size: UInt64, _ view: MachineView, mark: String) -> [MemoryPicture.Cell] {
        (0..<wordsAbove).reversed().map { index in
            let address = (top &+ index * size) & view.linearMask
            let value = view.linear(address, Int(size))
            return .init(
                h(address), value.map { h($0, 2 * Int(size)) } ?? "no page", value == nil ? .empty : .plain,
                marks: index == 0 ? [mark] : [], address: address)
        }
    }

    private static func real(_ view: MachineView) -> MemoryPicture.Column {
        let state = view.state
        let values = [
            ("FLAGS", UInt64(state.eflags.rawValue) & 0xFFFF), ("CS", UInt64(state.cs.selector)), ("IP", state.rip & 0xFFFF),
        ]
        var cells = words(above: view.linearSP, 2, view, mark: "SP now")
        var sp = view.stackPointer
        for (index, (name, value)) in values.enumerated() {
            sp = (sp &- 2) & 0xFFFF
            let address = view.linear(of: sp, in: state.ss)
            cells.append(
                .init(
                    h(address), "\(name) = \(h(value, 4))", .written, marks: index == 2 ? ["SP in the handler"] : [],
                    address: address))
        }
        return .init("Real mode: this stack", ["three words; IF and TF are cleared"], isNow: true, cells)
    }
}

/// The words that a gate of protected or IA-32e mode pushes.
private struct Frame {
    private let view: MachineView
    private let gate: Descriptor
    private let hasCode: Bool
    private let isWide: Bool
    /// Bytes of a word.
    private let size: UInt64
    /// DPL of the handler's code, which is the ring it runs in.
    private let level: UInt8
    private let isInnerNow: Bool

    init(_ view: MachineView, _ gate: Descriptor, hasCode: Bool) {
        (self.view, self.gate, self.hasCode, isWide) = (view, gate, hasCode, view.isIA32e)
        size = isWide ? 8 : gate.type & 8 != 0 ? 4 : 2
        let code = DescriptorLookup(view, selector: gate.gateSelector).descriptor
        level = code.map { $0.isConforming ? view.state.cpl : $0.DPL } ?? 0
        isInnerNow = code.map { !$0.isConforming && $0.DPL < view.state.cpl } ?? false
    }

    private var letter: String { isWide ? "R" : size == 4 ? "E" : "" }

    private func value(_ number: UInt64) -> String { "= \(h(number & (size == 8 ? .max : (1 << (8 * size)) - 1), 2 * Int(size)))" }

    /// The words in the order in which they are pushed. `isNow`: of the code that runs; otherwise of some program in an outer ring.
    private func words(withStack: Bool, isNow: Bool) -> [String] {
        let state = view.state
        func word(_ name: String, _ number: UInt64, _ other: String) -> String { name + " " + (isNow ? value(number) : other) }
        var words: [String] = []
        if withStack, isNow, view.isVirtual8086 {
            words += [("GS", state.gs), ("FS", state.fs), ("DS", state.ds), ("ES", state.es)].map {
                word($0, UInt64($1.selector), "")
            }
        }
        if withStack {
            words.append(word("SS", UInt64(state.ss.selector), "of the program"))
            words.append(word(letter + "SP", isWide ? state.rsp : view.stackPointer, "of the program"))
        }
        words.append(word(letter + "FLAGS", UInt64(state.eflags.rawValue), "of the program"))
        words.append(word("CS", UInt64(state.cs.selector), "of the program"))
        words.append(word(letter + "IP", state.rip, "where it goes on"))
        if hasCode { words.append("error code") }
        return words
    }

    private func cells(_ words: [String], below top: UInt64?) -> [MemoryPicture.Cell] {
        words.enumerated().map { index, text in
            let address = top.map { ($0 &- UInt64(index + 1) * size) & view.linearMask }
            let isLast = index == words.count - 1
            return .init(
                address.map { h($0, isWide ? 16 : 8) } ?? "", text, .written, marks: isLast ? ["\(letter)SP in the handler"] : [],
                address: address)
        }
    }

    /// The handler's ring is that of the code that is interrupted.
    var same: MemoryPicture.Column {
        let title = "The ring stays: this stack"
        let isNow = !isInnerNow
        let lines = [isWide ? "aligned to 16; SS and RSP are always pushed" : "no SS and \(letter)SP: they do not change"]
        if isWide, gate.IST != 0 {
            return named("IST\(gate.IST)", "The ring stays: the TSS's stack", isNow)
        }
        let words = words(withStack: isWide, isNow: isNow)
        guard isNow else { return .init(title, lines, cells(words, below: nil)) }
        let top = isWide ? view.state.rsp & ~15 : view.linearSP
        let old = InterruptStack.words(above: view.linearSP, size, view, mark: "\(letter)SP now")
        return .init(title, lines, isNow: true, old + cells(words, below: top))
    }

    /// The handler's ring is an inner one: the TSS says where its stack is.
    var inner: MemoryPicture.Column {
        let title = "From ring \(isInnerNow ? Int(view.state.cpl) : 3) to ring \(level): the TSS's stack"
        if isWide {
            return named(gate.IST != 0 ? "IST\(gate.IST)" : "RSP\(level)", title, isInnerNow)
        }
        let (offset, size) = view.innerStackField(level)
        let place = view.systemAddress(view.tr.base, offset)
        switch try? view.stackOfTSS(level) {
        case .success(let stack):
            let selector = h(stack.selector.rawValue)
            let source =
                "SS\(level):\(size == 4 ? "E" : "")SP\(level) = \(selector):\(h(stack.pointer)), in the TSS at \(h(place))"
            let top = view.systemAddress(stack.segment.base, stack.pointer)
            return .init(title, [source], isNow: isInnerNow, cells(words(withStack: true, isNow: isInnerNow), below: top))
        case .failure(let refusal): return without(refusal, title, isInnerNow)
        case nil: return unmapped(title, isInnerNow)
        }
    }

    /// A stack that the 64-bit TSS has a field for.
    private func named(_ name: String, _ title: String, _ isNow: Bool) -> MemoryPicture.Column {
        let place = view.systemAddress(view.tr.base, view.innerStackFieldIA32e(level, IST: gate.IST))
        switch try? view.stackOfTSSIA32e(level, IST: gate.IST) {
        case .success(let pointer):
            return .init(
                title, ["\(name) = \(h(pointer, 16)), in the TSS at \(h(place))", "aligned to 16"], isNow: isNow,
                cells(words(withStack: true, isNow: isNow), below: pointer & ~15))
        case .failure(let refusal): return without(refusal, title, isNow)
        case nil: return unmapped(title, isNow)
        }
    }

    private func without(_ refusal: DeliveryRefusal, _ title: String, _ isNow: Bool) -> MemoryPicture.Column {
        .init(title, isNow: isNow, obstacle: refusal.words("the gate"), [])
    }

    private func unmapped(_ title: String, _ isNow: Bool) -> MemoryPicture.Column {
        .init(title, isNow: isNow, obstacle: "the TSS at \(h(view.tr.base)) is not mapped", [])
    }
}
