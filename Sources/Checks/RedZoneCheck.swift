import Inspection
import Processor

/// The values that 64-bit code of ring 0 keeps in the 128 bytes below RSP, and what becomes of them when an interrupt comes on the same stack. System V ABI for
/// x86-64, section 3.2.2.
struct RedZoneCheck {
    private struct Value {
        let linear: UInt64
        let writer: CodePlace
        /// The interrupt that came after it was written.
        var interrupt: (vector: UInt8, rip: UInt64)?
        /// Something was pushed over it since.
        var isOverwritten = false
    }

    private static let size: UInt64 = 128
    private static let most = 256
    /// By physical address, in units of eight bytes.
    private var values: [UInt64: Value] = [:]

    @inline(__always)
    private static func isInZone(_ access: ObservedAccess, _ pointer: UInt64, _ cpu: CPU) -> Bool {
        access.linear < pointer && pointer &- access.linear <= size && cpu.core.pointee.mode.contains(.code64)
            && cpu.core.pointee.state.cpl == 0
    }

    mutating func wrote(_ access: ObservedAccess, pointer: UInt64, _ cpu: CPU, _ checks: MachineChecks) {
        guard Self.isInZone(access, pointer, cpu) else { return }
        if values.count >= Self.most { values = [:] }
        values[access.physical &>> 3] = Value(linear: access.linear, writer: checks.place(cpu))
    }

    mutating func pushed(_ access: ObservedAccess) {
        guard !values.isEmpty, let value = values[access.physical &>> 3] else { return }
        if value.interrupt == nil {
            values[access.physical &>> 3] = nil
        } else {
            values[access.physical &>> 3]?.isOverwritten = true
        }
    }

    /// A frame was pushed on the stack in use: the pointer went from `old` to `new`.
    mutating func interrupted(old: UInt64, new: UInt64, vector: UInt8, rip: UInt64) {
        for (key, value) in values where value.linear < old && old &- value.linear <= Self.size && value.interrupt == nil {
            values[key]?.interrupt = (vector, rip)
            values[key]?.isOverwritten = value.linear >= new
        }
    }

    mutating func read(_ access: ObservedAccess, pointer: UInt64, _ cpu: CPU, _ checks: MachineChecks) {
        guard !values.isEmpty, Self.isInZone(access, pointer, cpu), let value = values[access.physical &>> 3] else { return }
        guard value.isOverwritten, let interrupt = value.interrupt else { return }
        values[access.physical &>> 3] = nil
        checks.report(.stack, subject: 2, by: cpu) {
            (
                "a value that was kept below RSP, in the red zone, was overwritten by an interrupt",
                [
                    "by: \(checks.text(cpu)), which reads \(h(access.linear))",
                    "written at: \(value.writer.words(checks.sources))",
                    "interrupt \(interrupt.vector) came at \(checks.sources?.describe(interrupt.rip).map { "\(h(interrupt.rip)) \($0)" } ?? h(interrupt.rip)) and pushed over it",
                    "compile kernels with -mno-red-zone, or give the interrupt a stack of its own (IST)",
                ]
            )
        }
    }
}
