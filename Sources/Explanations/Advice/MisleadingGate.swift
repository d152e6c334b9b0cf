import Inspection
import Processor
import X86

/// Sentences for an interrupt table whose entry leads to what is no handler: data, zeros, nothing.
extension Advisor {
    /// The event that came, and that its vector leads to no code; nil where it may lead to some.
    func withoutHandler(_ record: DeliveryHistory.Record) -> String? {
        let delivery = record.delivery
        let vector = delivery.fault.vector
        guard record.isProtected == view.isProtected, let entry = misleadingEntry(vector) else { return nil }
        switch delivery.source {
        case .exception: return "\(explain(record)). There is no handler: \(entry)"
        case .external:
            let line = interrupt(vector)
            return "\(line) came as vector \(vector), and there is no handler: \(entry)"
        case .software, .trap: return "\(call(record)) has no handler: \(entry)"
        }
    }

    /// "IDT entry 6 names 0010010Fh, where the text … is"; nil where code may be.
    func misleadingEntry(_ vector: UInt8) -> String? {
        guard let entry = entry(vector) else { return nil }
        return noCode(entry.linear).map { "\(entry.words), \($0)" }
    }

    /// The event whose gate has the lower half of its handler's address alone: the one that the first exception came inside of, or that exception.
    func withHalfAGate(_ outer: DeliveryHistory.Record) -> String? {
        let all = view.cpu.history.unreturned
        let before = all.last { $0.delivery.tick < outer.delivery.tick && $0.delivery.source != .exception }
        return [before, outer].compactMap { $0 }.lazy.compactMap { record -> String? in
            let (delivery, vector) = (record.delivery, record.delivery.fault.vector)
            guard record.isProtected, view.isProtected, delivery.cpl == 0, delivery.csBase == 0, let entry = entry(vector),
                entry.linear < 0x1_0000, let handler = handler(like: entry.linear, near: delivery.rip)
            else { return nil }
            let what =
                switch delivery.source {
                case .exception: explain(record)
                case .external:
                    "\(interrupt(vector)) came as vector \(vector)"
                case .software, .trap: "\(call(record)) was executed"
                }
            return
                "\(what). There is no handler: \(entry.words), the lower half of \(handler) alone; the upper half of the address belongs into bits 63 to 48 of the gate"
        }.first
    }

    /// Names what is at an address with these lower 16 bits; nil where no handler may begin there.
    private func handler(like low: UInt64, near rip: UInt64) -> String? {
        guard rip >= 0x1_0000 else { return nil }
        let block = rip & ~0xFFFF
        let around = (0...32 as ClosedRange<UInt64>).map { block &+ ($0 &- 16) << 16 | low }.filter { $0 >= 0x1_0000 }
        if let sources, let found = around.first(where: { sources.symbols.symbol(at: $0)?.offset == 0 }) {
            return "\(h(found))\(sources.describe(found).map { " (\($0))" } ?? "")"
        }
        // PUSHA, PUSH, CLI, CLD, and ENDBR's prefix.
        let first: Set<UInt8> = [0x06, 0x0F, 0x1E, 0x60, 0x68, 0x6A, 0xF3, 0xFA, 0xFC]
        func mayBegin(_ address: UInt64) -> Bool {
            view.bytes(at: address, count: 1).first.map { first.contains($0) || 0x50...0x57 ~= $0 } ?? false
        }
        return sources == nil && mayBegin(block | low) && !mayBegin(low) ? h(block | low) : nil
    }

    /// "where the text … is": why a linear address is no handler's; nil where it may be.
    func noCode(_ linear: UInt64) -> String? {
        switch StrayCode.ground(of: linear, view, sources) {
        case .noRAM: "where neither RAM nor ROM is"
        case .notMapped: "which is not mapped"
        case .zeros: "where nothing but zeros is"
        case .interruptTable: "which is in the real-mode interrupt table"
        case .text(let text): "where the text \"\(text)\" is"
        case .data(let name): "which is data (\(name))"
        case .stack, .noReturnAddress, .overwritten, .overwrittenByCall, nil: nil
        }
    }

    /// Tells where a vector leads, and the entry that says so. SDM Vol. 3A, sections 6.11, 6.14.1 and 20.1.4.
    private func entry(_ vector: UInt8) -> (words: String, linear: UInt64)? {
        guard view.isProtected else {
            guard case .success(let entry)? = try? view.vector(inRealMode: vector) else { return nil }
            let (segment, offset) = (entry >> 16, entry & 0xFFFF)
            let words =
                "entry \(hexDigits(UInt64(vector), 2))h of the interrupt table is \(hexDigits(segment, 4)):\(hexDigits(offset, 4))"
            return (words, segment << 4 &+ offset)
        }
        guard !view.isVirtual8086, let gate = try? view.gateEntry(vector), gate.isPresent, gate.isInterruptGate,
            gate.systemType != .taskGate
        else { return nil }
        return ("IDT entry \(vector) names \(h(gate.gateOffset))", view.handlerAddress(gate))
    }

    /// "INT 80h at 00100112h": the instruction that asked for a vector.
    func call(_ record: DeliveryHistory.Record) -> String {
        let delivery = record.delivery
        let linear = (delivery.csBase &+ delivery.rip) & view.linearMask
        let isLong = view.bytes(at: linear &- 2, count: 2) == [0xCD, delivery.fault.vector]
        let place = name(delivery.rip &- (isLong ? 2 : 1), delivery.csBase)
        switch (delivery.fault.vector, isLong) {
        case (3, false): return "INT3 (byte CCh) at \(place)"
        case (4, false): return "INTO at \(place), with OF = 1,"
        case (1, false): return "INT1 (byte F1h) at \(place)"
        case (let vector, _): return "INT \(hexDigits(UInt64(vector), 2))h at \(place)"
        }
    }
}
