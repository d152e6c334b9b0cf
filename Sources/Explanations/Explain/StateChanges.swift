import Inspection
import Processor
import X86

/// The changes of an instruction, found by comparing the processor and memory before and after.
struct StateChanges {
    private let outcome: DryRun.Outcome

    private let instruction: Instruction
    /// Physical addresses of bytes that were written and that other words speak of.
    var told: Set<UInt64> = []

    init(_ outcome: DryRun.Outcome, instruction: Instruction) {
        self.outcome = outcome
        self.instruction = instruction
    }

    var lines: [String] {
        let lines = interrupts + transfer + general + segments + system + floating + packed + memory + ports + activity
        return lines.isEmpty ? [Phrase.noChange.with()] : lines
    }

    private var before: CPUState { outcome.before }
    private var after: CPUState { outcome.after }

    private func change(_ name: String, _ old: UInt64, _ new: UInt64, _ digits: Int = 8) -> String? {
        old == new ? nil : Phrase.changes.with(name, h(old, digits), h(new, digits))
    }

    /// INT n and its like.
    private var interrupts: [String] {
        outcome.deliveries.filter { $0.source == .software || $0.source == .trap }.map { delivery in
            Phrase.interrupts.with(
                h(UInt64(delivery.fault.vector), 2), String(delivery.fault.vector),
                before.cr0.contains(.PE) ? "IDT" : "interrupt table", Explanation.place(after))
        }
    }

    /// Far transfers, which may leave the selector of CS as it was and only bring its base and limit up to date.
    private var transfer: [String] {
        switch instruction.operation {
        case .jmpFar, .jmpFarIndirect, .callFar, .callFarIndirect, .retFar, .iret: break
        default: return []
        }
        let (old, new) = (before.cs.base, after.cs.base)
        let base = old == new ? h(new) : "\(h(old)) -> \(h(new))"
        return [Phrase.transfersFar.with(Explanation.place(after), h(after.cs.selector), base)]
    }

    /// A control register with the bits that changed by name.
    private func control(_ name: String, _ old: UInt32, _ new: UInt32, _ bits: [(UInt32, String)]) -> String? {
        guard let line = change(name, UInt64(old), UInt64(new)) else { return nil }
        let changed = bits.filter { (old ^ new) & $0.0 != 0 }.map { bit, name in
            "\(name) \(old & bit == 0 ? 0 : 1) -> \(new & bit == 0 ? 0 : 1)"
        }
        return Phrase.bitsChange.with(line, changed.joined(separator: ", "))
    }

    private static let bitsOfCR0: [(UInt32, String)] = [
        (CR0.PE.rawValue, "PE"), (CR0.MP.rawValue, "MP"), (CR0.EM.rawValue, "EM"), (CR0.TS.rawValue, "TS"),
        (CR0.ET.rawValue, "ET"), (CR0.NE.rawValue, "NE"), (CR0.WP.rawValue, "WP"), (CR0.AM.rawValue, "AM"),
        (CR0.NW.rawValue, "NW"), (CR0.CD.rawValue, "CD"), (CR0.PG.rawValue, "PG"),
    ]
    private static let bitsOfCR4: [(UInt32, String)] = [
        (CR4.VME.rawValue, "VME"), (CR4.PVI.rawValue, "PVI"), (CR4.TSD.rawValue, "TSD"), (CR4.DE.rawValue, "DE"),
        (CR4.PSE.rawValue, "PSE"), (CR4.PAE.rawValue, "PAE"), (CR4.MCE.rawValue, "MCE"), (CR4.PGE.rawValue, "PGE"),
        (CR4.PCE.rawValue, "PCE"), (CR4.OSFXSR.rawValue, "OSFXSR"), (CR4.OSXSAVE.rawValue, "OSXSAVE"),
        (CR4.OSXMMEXCPT.rawValue, "OSXMMEXCPT"),
        (CR4.UMIP.rawValue, "UMIP"), (CR4.FSGSBASE.rawValue, "FSGSBASE"), (CR4.PCIDE.rawValue, "PCIDE"),
        (CR4.SMEP.rawValue, "SMEP"), (CR4.SMAP.rawValue, "SMAP"),
    ]

    private var general: [String] {
        let width: Width = after.operatingMode == .bits64 ? .quadword : .doubleword
        return (0..<(width == .quadword ? 16 : 8) as Range<UInt8>).compactMap { number in
            change(
                RegisterNames.general(number, width).uppercased(), MachineView.general(number, of: before),
                MachineView.general(number, of: after))
        }
    }

    private var segments: [String] {
        let pairs: [(String, SegmentRegister, SegmentRegister)] = [
            ("ES", before.es, after.es), ("CS", before.cs, after.cs), ("SS", before.ss, after.ss), ("DS", before.ds, after.ds),
            ("FS", before.fs, after.fs), ("GS", before.gs, after.gs), ("LDTR", before.ldtr, after.ldtr),
            ("TR", before.tr, after.tr),
        ]
        var lines = pairs.compactMap { name, old, new -> String? in
            guard old != new else { return nil }
            let hidden = "(base \(h(new.base)), limit \(h(UInt64(new.limit))), \(AddressSentences.kind(new)))"
            return Phrase.changes.with(name, h(old.selector), "\(h(new.selector)) \(hidden)")
        }
        let tables: [(String, DescriptorTableRegister, DescriptorTableRegister)] = [
            ("GDTR", before.gdtr, after.gdtr), ("IDTR", before.idtr, after.idtr),
        ]
        lines += tables.compactMap { name, old, new in
            old == new
                ? nil
                : Phrase.changes.with(
                    name, "\(h(old.base)), limit \(h(UInt64(old.limit), 4))", "\(h(new.base)), limit \(h(UInt64(new.limit), 4))")
        }
        return lines
    }

    private var system: [String] {
        let shown = Self.shown.union(.IOPL)
        let flags = (before.eflags.subtracting(shown).names, after.eflags.subtracting(shown).names)
        let levels = (before.eflags.rawValue >> 12 & 3, after.eflags.rawValue >> 12 & 3)
        var lines = [
            levels.0 == levels.1 ? nil : Phrase.changes.with("IOPL", String(levels.0), String(levels.1)),
            control("CR0", before.cr0.rawValue, after.cr0.rawValue, Self.bitsOfCR0), change("CR2", before.cr2, after.cr2),
            change("CR3", before.cr3, after.cr3), control("CR4", before.cr4.rawValue, after.cr4.rawValue, Self.bitsOfCR4),
            control(
                "EFER", before.efer.rawValue, after.efer.rawValue,
                [(1, "SCE"), (1 << 8, "LME"), (1 << 10, "LMA"), (1 << 11, "NXE")]),
            change("DR0", before.dr0, after.dr0), change("DR1", before.dr1, after.dr1), change("DR2", before.dr2, after.dr2),
            change("DR3", before.dr3, after.dr3), change("DR6", UInt64(before.dr6.rawValue), UInt64(after.dr6.rawValue)),
            change("DR7", UInt64(before.dr7.rawValue), UInt64(after.dr7.rawValue)),
            before.cpl == after.cpl ? nil : Phrase.changes.with("CPL", String(before.cpl), String(after.cpl)),
        ].compactMap { $0 }
        let changed =
            flags.0.filter { !flags.1.contains($0) }.map { "\($0) 1 -> 0" }
            + flags.1.filter { !flags.0.contains($0) }.map { "\($0) 0 -> 1" }
        if !changed.isEmpty { lines.append("EFLAGS: \(changed.joined(separator: ", "))") }
        return lines
    }

    /// Flags that are explained one by one, and RF, which every instruction clears.
    private static let shown: EFLAGS = EFLAGS.status.union([.DF, .RF])

    private var floating: [String] {
        var (old, new) = (before.x87, after.x87)
        guard old != new else { return [] }
        var lines = [
            change("FPU control", UInt64(old.control), UInt64(new.control), 4),
            change("FPU status", UInt64(old.status.rawValue), UInt64(new.status.rawValue), 4).map {
                let bits = Self.bitsOfStatus.filter { (old.status.rawValue ^ new.status.rawValue) >> $0.0 & 1 != 0 }
                let words = bits.map { bit, name in "\(name) \(old.status.rawValue >> bit & 1) -> \(new.status.rawValue >> bit & 1)"
                }
                let tops = (old.status.rawValue >> 11 & 7, new.status.rawValue >> 11 & 7)
                let top = tops.0 == tops.1 ? [] : ["TOP \(tops.0) -> \(tops.1)"]
                return "\($0): " + (words + top).joined(separator: ", ")
            },
        ].compactMap { $0 }
        let top = Int(new.status.rawValue >> 11 & 7)
        if instruction.operation.isPacked {
            if old.occupied != new.occupied { lines.append((new.occupied == 0 ? Phrase.registersEmpty : .registersFull).with()) }
            return lines
                + (0..<8 as Range<UInt8>).compactMap { number in
                    let (before, after) = (old[number].significand, new[number].significand)
                    return before == after
                        ? nil : Phrase.changes.with("MM\(number)", h(before, 16), h(after, 16))
                }
        }
        for number in 0..<8 {
            let register = UInt8((top + number) & 7)
            let isThere = new.occupied >> register & 1 != 0
            guard old[register] != new[register] || old.occupied >> register & 1 != new.occupied >> register & 1 else { continue }
            lines.append("ST(\(number)) <- \(isThere ? FloatText(new[register]).text : "empty")")
        }
        return lines
    }

    /// SDM Vol. 1, figure 8-4.
    private static let bitsOfStatus: [(UInt16, String)] = [
        (0, "IE"), (1, "DE"), (2, "ZE"), (3, "OE"), (4, "UE"), (5, "PE"), (6, "SF"), (7, "ES"), (8, "C0"), (9, "C1"), (10, "C2"),
        (14, "C3"), (15, "B"),
    ]

    /// SDM Vol. 1, figure 10-3.
    private static let bitsOfMXCSR: [(UInt32, String)] =
        [
            "IE", "DE", "ZE", "OE", "UE", "PE", "DAZ", "IM", "DM", "ZM", "OM", "UM", "PM",
        ].enumerated().map { (1 << UInt32($0), $1) } + [(1 << 15, "FTZ")]
    private static let roundings = ["to nearest", "down", "up", "towards 0"]

    private func mxcsr(_ old: UInt32, _ new: UInt32) -> String? {
        guard let line = control("MXCSR", old, new, Self.bitsOfMXCSR) else { return nil }
        let modes = (old >> 13 & 3, new >> 13 & 3)
        guard modes.0 != modes.1 else { return line }
        let only = (old ^ new) & ~0x6000 == 0
        let rounding = "RC \(Self.roundings[Int(modes.0)]) -> \(Self.roundings[Int(modes.1)])"
        return only
            ? Phrase.bitsChange.with(Phrase.changes.with("MXCSR", h(UInt64(old)), h(UInt64(new))), rounding)
            : "\(line); \(rounding)"
    }

    private var packed: [String] {
        var (old, new) = (before.sse, after.sse)
        var (oldUpper, newUpper) = (before.avx, after.avx)
        guard old != new || oldUpper != newUpper else { return [] }
        var lines = [mxcsr(old.mxcsr.rawValue, new.mxcsr.rawValue)].compactMap { $0 }
        for number in 0..<16 as Range<UInt8> where old[number] != new[number] || oldUpper[number] != newUpper[number] {
            func text(_ halves: [XMM]) -> String {
                halves.flatMap { [$0.high, $0.low] }.map { hexDigits($0, 16) }.joined(separator: "_") + "h"
            }
            let isWide = oldUpper[number] != newUpper[number]
            lines.append(
                Phrase.changes.with(
                    isWide ? "YMM\(number)" : "XMM\(number)", text(isWide ? [oldUpper[number], old[number]] : [old[number]]),
                    text(isWide ? [newUpper[number], new[number]] : [new[number]])))
        }
        return lines
    }

    /// Runs of bytes that were written; page-table entries whose accessed or dirty bits were set are among them.
    private var memory: [String] {
        let addresses = outcome.writes.keys.filter { !told.contains($0) }.sorted()
        var lines: [String] = []
        var start = 0
        while start < addresses.count {
            var end = start + 1
            while end < addresses.count, addresses[end] == addresses[end - 1] &+ 1, end - start < 16 { end += 1 }
            let bytes = addresses[start..<end].map { hexDigits(UInt64(outcome.writes[$0] ?? 0), 2) }
            lines.append(Phrase.written.with(h(addresses[start]), bytes.joined(separator: " ")))
            start = end
        }
        return lines
    }

    private var ports: [String] {
        outcome.ports.map { access in
            let port = h(UInt64(access.port), 4)
            guard let value = access.value else { return Phrase.portUnknown.with(port) }
            let phrase: Phrase = access.isWrite ? .portWritten : .portRead
            return phrase.with(port, h(UInt64(value), 2 * access.width.rawValue))
        }
    }

    private var activity: [String] {
        guard before.activity != after.activity else { return [] }
        switch after.activity {
        case .halted: return [Phrase.halted.with()]
        case .frozen: return [Phrase.frozen.with()]
        case .active, .shutdown, .waitForSIPI: return []
        }
    }
}
