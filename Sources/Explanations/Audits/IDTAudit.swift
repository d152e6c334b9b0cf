import Board
import Inspection
import Processor
import X86

/// The IDT, and real mode's interrupt table. SDM Vol. 3A, sections 6.10 to 6.14.
package struct IDTAudit {
    let view: MachineView
    let pc: PC?
    /// The name of what is at a linear address.
    var names: (UInt64) -> String? = { _ in nil }

    func write(to writer: inout AuditWriter) {
        let table = view.state.idtr
        guard view.isProtected else { return writeReal(&writer) }
        guard table.limit != 0 else { return writer.find(.wrong, .noIDT) }
        GDTAudit(view: view).checkTable("IDT", table, &writer)
        let count = Int((UInt64(table.limit) + 1) / view.gateSize)
        if count < 32 { writer.find(.doubtful, .shortIDT, String(count), Fault.name(UInt8(truncatingIfNeeded: count))) }
        var run: (first: Int, last: Int, words: String)?
        for vector in 0..<min(count, 256) {
            guard let gate = try? view.gateEntry(UInt8(vector)) else { break }
            let words = words(gate)
            if let last = run, last.words == words, last.last == vector - 1 {
                run = (last.first, vector, words)
            } else {
                if let run { writer.list(Self.line(run)) }
                run = (vector, vector, words)
            }
            check(UInt8(vector), gate, &writer)
        }
        if let run { writer.list(Self.line(run)) }
    }

    /// The name of the code that a gate leads to.
    package static func handler(_ gate: Descriptor, _ view: MachineView, _ names: (UInt64) -> String?) -> String? {
        names(view.handlerAddress(gate))
    }

    private func words(_ gate: Descriptor) -> String {
        if gate.raw == 0 { return "empty" }
        guard gate.isGate else { return gate.kind }
        let place = gate.type == 5 ? "to the task \(h(gate.gateSelector))" : "to \(h(gate.gateSelector)):\(h(gate.gateOffset))"
        let name = gate.type == 5 ? "" : Self.handler(gate, view, names).map { " \($0)" } ?? ""
        let stack = gate.IST == 0 ? "" : " with IST \(gate.IST)"
        return "\(gate.kind) of DPL \(gate.DPL)\(stack)\(gate.isPresent ? "" : ", not present"), \(place)\(name)"
    }

    private static func line(_ run: (first: Int, last: Int, words: String)) -> String {
        func number(_ vector: Int) -> String { h(UInt64(vector), 2) }
        return run.first == run.last
            ? "\(number(run.first))      \(run.words)" : "\(number(run.first))-\(number(run.last))  \(run.words)"
    }

    private func writeReal(_ writer: inout AuditWriter) {
        for vector in UInt8.min...UInt8.max {
            guard case .success(let entry)? = try? view.vector(inRealMode: vector) else { continue }
            let number = h(UInt64(vector), 2)
            writer.list("\(number)  \(hexDigits(entry >> 16, 4)):\(hexDigits(entry & 0xFFFF, 4))")
            if entry == 0, vector < 0x20 { writer.find(.note, .realVectorEmpty, number) }
        }
    }

    // MARK: Gates

    private func check(_ vector: UInt8, _ gate: Descriptor, _ writer: inout AuditWriter) {
        let name = "\(vector)"
        let line = pc?.interruptOutlook.line(ofVector: vector)
        let isException = ExceptionFacts.of(vector) != nil
        guard gate.raw != 0 else {
            if isException { writer.find(.doubtful, .exceptionEmpty, name, Fault.name(vector)) }
            return
        }
        if let obstacle = obstacle(vector) { return writer.find(.wrong, .gateFails, name, obstacle.words(vector: vector)) }
        if gate.DPL == 3 {
            if isException, vector != 3, vector != 4 { writer.find(.doubtful, .gateOpen, name, Fault.name(vector)) }
            if !isException { writer.find(.note, .systemCall, h(UInt64(vector), 2)) }
        }
        if gate.high == nil, gate.type & 8 == 0, gate.type != 5, view.state.cs.isBig {
            writer.find(.doubtful, .gate16, name, gate.kind)
        }
        if gate.type == 15, let line { writer.find(.doubtful, .trapForInterrupt, name, String(line)) }
        if vector == 8, gate.high != nil, gate.IST == 0 { writer.find(.doubtful, .doubleFaultWithoutIST) }
        if vector == 8, gate.high == nil, gate.type != 5 { writer.find(.note, .doubleFaultWithoutTask) }
        guard gate.type != 5, DescriptorLookup(view, selector: gate.gateSelector).descriptor != nil else { return }
        let address = view.handlerAddress(gate)
        if let words = PageWalk(view, linear: address, fetches: true).words {
            writer.find(.wrong, .handlerUnmapped, name, h(address), words)
        }
    }

    /// Finds what stands in the way of the gate itself; the state of the present stack is not the table's fault.
    private func obstacle(_ vector: UInt8) -> DeliveryObstacle? {
        switch DeliveryObstacle(view, vector: vector, hasErrorCode: ExceptionFacts.of(vector)?.hasErrorCode ?? false) {
        case .stack, .stackLimit, .refused(.codeDPL): nil
        case let other: other
        }
    }
}
