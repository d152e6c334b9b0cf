import Debugging
import Inspection
import Processor

/// A breakpoint or watchpoint as gdb names it.
struct ArmedPoint: Hashable {
    /// The number behind `Z`.
    enum Kind: UInt64 {
        case software = 0
        case hardware = 1
        case write = 2
        case read = 3
        case access = 4
    }

    let kind: Kind
    let address: UInt64
    /// Bytes watched; for breakpoints whatever gdb says, which means nothing here.
    let size: UInt64
}

/// `Z` and `z`: breakpoints and watchpoints, kept outside the guest's memory and debug registers.
extension GDBStub {
    /// Points at most, and bytes a watchpoint watches at most.
    private static let pointLimit = 4096
    private static let watchLimit: UInt64 = 1 << 20

    private func point(_ cursor: inout PacketCursor) -> ArmedPoint? {
        guard let number = cursor.number(), let kind = ArmedPoint.Kind(rawValue: number), cursor.skip(","),
            let (address, size) = cursor.pair()
        else { return nil }
        // A point may be meant for 64-bit code that is not there yet.
        return ArmedPoint(kind: kind, address: description == .x86_64 ? address : address & 0xFFFF_FFFF, size: size)
    }

    func arm(_ cursor: inout PacketCursor) -> Answer {
        guard let point = point(&cursor) else { return Self.unknown }
        guard armed[point] == nil else { return Self.ok }
        guard armed.count < Self.pointLimit else { return Self.refuse(.noRoom) }
        switch point.kind {
        case .software, .hardware: armed[point] = debugger.add(.linear(point.address), source: "gdb").number
        case .write, .read, .access:
            guard (1...Self.watchLimit).contains(point.size),
                case let (end, isBeyond) = point.address.addingReportingOverflow(point.size), !isBeyond,
                description == .x86_64 || end <= 1 << 32
            else {
                return Self.refuse(.badRequest)
            }
            let watch = StopConditions.DataWatch(
                .linear, point.address..<point.address + point.size, reads: point.kind != .write, writes: point.kind != .read)
            armed[point] = debugger.add(.data(watch), source: "gdb").number
        }
        return Self.ok
    }

    func disarm(_ cursor: inout PacketCursor) -> Answer {
        guard let point = point(&cursor) else { return Self.unknown }
        if let number = armed.removeValue(forKey: point) { debugger.remove(number) }
        return Self.ok
    }

    /// Removes everything that gdb has armed.
    func disarmAll() {
        for number in armed.values { debugger.remove(number) }
        armed = [:]
    }

    /// The part of a stop reply that says which point it was.
    func reason(_ report: StopReport) -> String {
        guard case .reached(let numbers) = report.cause else { return "" }
        let reached = armed.filter { numbers.contains($0.value) }.keys
        // A watchpoint first: gdb finds a breakpoint at the program counter by itself.
        if let watch = reached.first(where: { $0.kind.rawValue >= ArmedPoint.Kind.write.rawValue }) {
            let names: [ArmedPoint.Kind: String] = [.write: "watch", .read: "rwatch", .access: "awatch"]
            var address = watch.address
            if case .data(let linear, _, _, _, _)? = report.event?.kind {
                address = min(max(linear, address), address + watch.size - 1)
            }
            return "\(names[watch.kind] ?? "watch"):\(hexDigits(address, 8, uppercase: false));"
        }
        switch reached.first?.kind {
        case .software: return "swbreak:;"
        case .hardware: return "hwbreak:;"
        default: return ""
        }
    }
}
