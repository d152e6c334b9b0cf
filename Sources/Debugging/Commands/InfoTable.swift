import Explanations
import Inspection
import Processor
import Wiring

/// A thing that `info` can show.
enum InfoTable: String, CaseIterable, Sendable {
    case registers, sregs, cregs, dregs, fpu, sse, eflags, gdt, idt, ivt, ldt, tss, paging, pci, network, pic, apic, pit, ide,
        floppy,
        keyboard, rtc,
        serial,
        vga,
        breakpoints, symbols, line
    case time, mode, cpus
    case locals, args, frame, display

    /// Shows "gdt", "gdt 2", "paging 0x1000". Names may be shortened.
    static func show(_ text: String, _ session: CommandSession) throws(DebuggerError) {
        let (word, rest) = text.firstWord
        let known = [
            "b": "breakpoints", "break": "breakpoints", "r": "registers", "tab": "paging", "cpu": "registers", "flags": "eflags",
            "source": "line", "arguments": "args", "f": "frame",
        ]
        let name = known[word.lowercased()] ?? word.lowercased()
        let fitting = InfoTable(rawValue: name).map { [$0] } ?? allCases.filter { !name.isEmpty && $0.rawValue.hasPrefix(name) }
        guard fitting.count == 1, let table = fitting.first else {
            throw DebuggerError(
                fitting.isEmpty
                    ? "info what? \(allCases.map(\.rawValue).joined(separator: ", "))"
                    : "\(word) could be \(fitting.map(\.rawValue).joined(separator: ", ")); type more letters")
        }
        CommandTable.put(try table.lines(session, rest), session)
    }

    private func lines(_ session: CommandSession, _ rest: String) throws(DebuggerError) -> [String] {
        let (pc, view) = (session.pc, session.view)
        let sentences = ChipSentences(pc: pc)
        switch self {
        case .registers: return RegisterBlock(view).lines + RegisterBlock(view).words
        case .sregs, .cregs, .dregs:
            let wanted =
                self == .sregs
                ? ["ES", "CS", "SS", "DS", "FS", "GS", "LDT", "TR", "GDT", "IDT"] : self == .cregs ? ["CR0", "EFER"] : ["DR"]
            return RegisterBlock(view).lines.filter { line in wanted.contains { line.hasPrefix($0) } }
        case .fpu: return FloatRegisters(view.state).x87
        case .sse: return FloatRegisters(view.state).sse
        case .eflags: return RegisterListing(view.state).flagsInWords
        case .gdt, .idt, .tss: return try table(Self.audit(Audit.Table(rawValue: rawValue) ?? .gdt, session), session, rest)
        case .ldt: return DescriptorListing.ldt(view)
        case .ivt:
            return try Self.numbers(rest.isEmpty ? "0 255" : rest, most: 255, session).map {
                DescriptorListing.vector($0, in: view)
            }
        case .paging: return try paging(session, rest)
        case .pci: return PCIListing.lines(pc)
        case .network: return NetworkListing.lines(pc)
        case .pic:
            return Audit(.pic, of: pc).listing + sentences.pic + ChipListing.lines("pic1 (IRQ 0-7)", of: pc.parts.pic1.state)
                + ChipListing.lines("pic2 (IRQ 8-15)", of: pc.parts.pic2.state)
        case .apic: return pc.parts.apic.map { sentences.apic($0, pc.processors.count) } ?? ["the machine has no APIC"]
        case .pit: return sentences.pit + ChipListing.lines("pit", of: pc.parts.pit.state)
        case .ide:
            return sentences.ide + ChipListing.lines("ide0", of: pc.parts.ide0.state)
                + ChipListing.lines("ide1", of: pc.parts.ide1.state)
                + (pc.parts.pci.map { ChipListing.lines("bus master", of: $0.ide.state) } ?? [])
        case .floppy:
            let drives = ["A", "B"].enumerated().map { "drive \($1): \(pc.parts.fdc.view(of: $0)?.words ?? "not there")" }
            return drives + ChipListing.lines("fdc", of: pc.parts.fdc.state)
        case .keyboard:
            return sentences.keyboard + ChipListing.lines("controller", of: pc.parts.keyboardController.state)
                + ChipListing.lines("keyboard", of: pc.parts.keyboard.state)
        case .rtc: return sentences.rtc + ChipListing.lines("rtc", of: pc.parts.rtc.state)
        case .serial:
            return sentences.serial + ChipListing.lines("COM1", of: pc.parts.serial1.state)
                + ChipListing.lines("COM2", of: pc.parts.serial2.state)
        case .vga: return ChipListing.lines("vga", of: pc.parts.vga.state)
        case .breakpoints: return StopPointListing.list(session)
        case .symbols: return symbols(session, rest)
        case .line:
            return [
                SourceListing(session).line(at: try rest.isEmpty ? view.linearIP : session.place(rest))
                    ?? "no source line is known here"
            ]
        case .time:
            let seconds = Double(pc.clock.now) / Double(pc.clock.rate)
            return ["tick \(pc.clock.now), \(pc.clock.instructions) of them instructions; \(seconds) virtual seconds"]
        case .mode: return RegisterBlock(view).words
        case .cpus: return ProcessorListing.lines(pc)
        case .locals: return VariableListing(session).locals
        case .args: return VariableListing(session).parameters
        case .frame: return VariableListing(session).frame
        case .display: return VariableListing(session).listOfDisplays
        }
    }

    /// Shows a table, or why nothing is in it.
    private static func audit(_ table: Audit.Table, _ session: CommandSession) -> [String] {
        let audit = Audit(table, of: session.pc, names: { session.debugger.sources?.describe($0) })
        return audit.listing.isEmpty ? audit.findings.map(\.text) : audit.listing
    }

    /// All of a table's lines, or those of one entry.
    private func table(_ lines: [String], _ session: CommandSession, _ rest: String) throws(DebuggerError) -> [String] {
        guard !rest.isEmpty else { return lines }
        let numbers = try Self.numbers(rest, most: self == .idt ? 255 : 8191, session)
        switch self {
        case .gdt: return numbers.map { DescriptorListing.entry($0, in: session.view) }
        case .idt:
            return numbers.map { DescriptorListing.gate($0, in: session.view, names: { session.debugger.sources?.describe($0) }) }
        default: return lines
        }
    }

    /// The numbers of entries: "32", or "32 40" for those from one to another.
    private static func numbers(_ text: String, most: UInt64, _ session: CommandSession) throws(DebuggerError) -> ClosedRange<
        UInt64
    > {
        let words = text.words
        let isRange = words.count == 2 && (try? session.value(words[0])) != nil && (try? session.value(words[1])) != nil
        let first = try session.number(isRange ? words[0] : text, "an entry", in: 0...most)
        guard isRange else { return first...first }
        let last = try session.number(words[1], "an entry", in: 0...most)
        guard first <= last else { throw DebuggerError("the second entry is not behind the first one") }
        return first...last
    }

    private func paging(_ session: CommandSession, _ rest: String) throws(DebuggerError) -> [String] {
        guard !rest.isEmpty else { return Self.audit(.paging, session) }
        let address = try session.address(rest)
        let walk = PageWalk(session.view, linear: address)
        guard session.view.isPaged else { return ["paging is off: linear \(h(address)) is physical \(h(address))"] }
        var lines = walk.steps.map { "\($0.words) is \(h($0.value))" }
        lines.append(
            walk.physical.map { "linear \(h(address)) is physical \(h($0))" }
                ?? "linear \(h(address)) leads nowhere: \(walk.words ?? "")")
        return lines
    }

    private func symbols(_ session: CommandSession, _ rest: String) -> [String] {
        guard let symbols = session.debugger.sources?.symbols.symbols else {
            return ["no symbols are known; give an ELF file with --symbols"]
        }
        let found = symbols.filter { rest.isEmpty || $0.name.contains(rest) }
        let lines = found.prefix(200).map { "\(h($0.address))  \($0.name)" }
        return lines + (found.count > 200 ? ["… \(found.count - 200) more; `info symbols PART` narrows it down"] : [])
    }
}

/// Descriptors one by one.
enum DescriptorListing {
    static func ldt(_ view: MachineView) -> [String] {
        let register = view.state.ldtr
        guard register.isUsable, register.selector & 0xFFFC != 0 else {
            return ["no LDT is loaded (LDTR is \(h(register.selector)))"]
        }
        let count = min((UInt64(register.limit) + 1) / 8, 8192)
        return ["LDT at \(h(register.base)), \(count) entries"]
            + (0..<count).map { number in
                line(UInt16(truncatingIfNeeded: number * 8 + 4), view.linear(view.systemAddress(register.base, number * 8), 8))
            }
    }

    /// A vector's entry in the table that real mode has, whatever mode the processor is in.
    static func vector(_ number: UInt64, in view: MachineView) -> String {
        let entry = view.physical(4 &* number, 4)
        return "\(h(number, 2))  to \(farPointer(UInt16(truncatingIfNeeded: entry >> 16), entry & 0xFFFF))"
    }

    /// Entry `number` of the GDT.
    static func entry(_ number: UInt64, in view: MachineView) -> String {
        let register = view.state.gdtr
        guard number < 8192, number * 8 + 7 <= UInt64(register.limit) else {
            return "the GDT has \((UInt64(register.limit) + 1) / 8) entries, counted from 0"
        }
        return line(UInt16(number * 8), view.linear(view.systemAddress(register.base, number * 8), 8))
    }

    private static func realModeGate(_ vector: UInt8, _ view: MachineView) throws(UnmappedTable) -> String {
        guard case .success(let entry) = try view.vector(inRealMode: vector) else {
            return "the table ends before vector \(vector)"
        }
        return "\(h(UInt64(vector), 2))  to \(farPointer(UInt16(truncatingIfNeeded: entry >> 16), entry & 0xFFFF))"
    }

    private static func line(_ selector: UInt16, _ raw: UInt64?) -> String {
        guard let raw else { return "\(h(selector))  (not mapped)" }
        let descriptor = Descriptor(raw: raw)
        guard raw != 0 else { return "\(h(selector))  empty" }
        let place =
            descriptor.isGate
            ? "to \(h(descriptor.gateSelector)):\(h(descriptor.gateOffset))"
            : "base \(h(descriptor.base)) limit \(h(UInt64(descriptor.limit)))"
        return "\(h(selector))  \(descriptor.kind), \(place), DPL \(descriptor.DPL)\(descriptor.isPresent ? "" : ", not present")"
    }

    /// Entry `vector` of the IDT, or of the table of real mode.
    static func gate(_ vector: UInt64, in view: MachineView, names: (UInt64) -> String? = { _ in nil }) -> String {
        guard let number = UInt8(exactly: vector) else { return "vectors go from 0 to 255" }
        let found: Descriptor?
        do throws(UnmappedTable) {
            guard view.isProtected else { return try realModeGate(number, view) }
            found = try view.gateEntry(number)
        } catch {
            return "the table is not mapped there"
        }
        guard let gate = found else { return "the table ends before vector \(vector)" }
        let stack = gate.IST == 0 ? "" : ", IST \(gate.IST)"
        let name = gate.isGate && gate.type != 5 ? IDTAudit.handler(gate, view, names).map { " \($0)" } ?? "" : ""
        return "\(h(vector, 2))  \(gate.kind)"
            + (gate.raw == 0
                ? ""
                : ", to \(h(gate.gateSelector)):\(h(gate.gateOffset))\(name), DPL \(gate.DPL)\(stack)\(gate.isPresent ? "" : ", not present")")
    }
}

/// The state of a chip, by the names of its datasheet.
enum ChipListing {
    private static let mostElements = 8

    /// A field of a chip's state: its name, with those it lies in, and what it holds.
    typealias Field = (name: String, text: String)

    static func fields(of state: Any) -> [Field] {
        var fields: [Field] = []
        collect(state, "", &fields, depth: 0)
        return fields
    }

    static func lines(_ title: String, of state: Any) -> [String] {
        let fields = fields(of: state).map { "\($0.name)=\($0.text)" }
        var lines = ["\(title):"]
        var line = " "
        for field in fields {
            if line.count + field.count > 76 {
                lines.append(line)
                line = " "
            }
            line += " " + field
        }
        return lines + [line]
    }

    private static func collect(_ value: Any, _ name: String, _ fields: inout [Field], depth: Int) {
        if let text = text(of: value) { return fields.append((name, text)) }
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            guard let inner = mirror.children.first?.value else { return }
            return collect(inner, name, &fields, depth: depth)
        }
        if mirror.displayStyle == .enum { return fields.append((name, mirror.children.first?.label ?? "\(value)")) }
        if mirror.displayStyle == .collection {
            let shown = mirror.children.prefix(mostElements).compactMap { Self.text(of: $0.value) }
            guard !mirror.children.isEmpty else { return fields.append((name, "[]")) }
            guard !shown.isEmpty else { return }
            return fields.append((name, "[\(shown.joined(separator: " "))\(mirror.children.count > mostElements ? " …" : "")]"))
        }
        guard depth < 4 else { return }
        for child in mirror.children {
            guard let label = child.label else { continue }
            let isRaw = label == "rawValue" || label == "storage"
            collect(child.value, isRaw ? name : name.isEmpty ? label : "\(name).\(label)", &fields, depth: depth + 1)
        }
    }

    private static func text(of value: Any) -> String? {
        switch value {
        case let value as UInt8: hexDigits(UInt64(value), 2) + "h"
        case let value as UInt16: hexDigits(UInt64(value), 4) + "h"
        case let value as UInt32: String(value)
        case let value as UInt64: String(value)
        case let value as Int: String(value)
        case let value as Bool: value ? "yes" : "no"
        case let value as String: value
        default: nil
        }
    }
}
