import Processor
import X86

/// The 128 bytes below RSP in which 64-bit code keeps data, as compilers do in functions that call no others, and what becomes of them when an
/// interrupt comes: its frame lies there. System V ABI for x86-64, section 3.2.2.
struct RedZone: Sendable {
    private struct Value: Sendable {
        let address: UInt64
        let writer: Branch.Place
        let text: String
        /// The delivery whose frame went over it.
        var spoiler: (vector: UInt8, rip: UInt64)?
    }

    private static let size: UInt64 = 128
    private static let most = 32
    private var values: [Value] = []
    private(set) var spoiled: LastMoments.SpoiledRedZone?

    /// One instruction, or a delivery in its place.
    mutating func note(
        _ before: MachineView, _ line: Disassembly.Line?, _ after: MachineView, _ place: Branch.Place, isDelivery: Bool
    ) {
        guard before.is64Bit, spoiled == nil else { return }
        if isDelivery { return spoil(before, after) }
        guard let line, let i = line.instruction, i.hasMemoryOperand, i.operation != .lea, let address = before.address(of: i)
        else {
            return
        }
        if let index = values.firstIndex(where: { $0.address == address }) {
            if let spoiler = values[index].spoiler, i.kind1 == .memory || i.operation != .mov {
                let value = values[index]
                spoiled = LastMoments.SpoiledRedZone(
                    writer: value.writer, text: value.text, address: address, vector: spoiler.vector, at: spoiler.rip)
                return
            }
            guard i.kind0 == .memory else { return }
            values.remove(at: index)
        }
        let top = before.state.rsp
        guard i.kind0 == .memory, i.operation == .mov, address < top, top &- address <= Self.size else { return }
        if values.count == Self.most { values.removeFirst() }
        values.append(Value(address: address, writer: place, text: line.text))
    }

    /// A frame was pushed on the same stack.
    private mutating func spoil(_ before: MachineView, _ after: MachineView) {
        let (high, low) = (before.state.rsp, after.state.rsp)
        guard let delivery = after.cpu.history.recent.last?.delivery, delivery.source != .software, low < high, high &- low < 256
        else {
            return
        }
        // A function that is still running has its values within the zone.
        values.removeAll { $0.address >= high || high &- $0.address > Self.size }
        for index in values.indices where values[index].address >= low {
            values[index].spoiler = (delivery.fault.vector, delivery.rip)
        }
    }
}
