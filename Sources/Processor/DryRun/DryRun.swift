import Wiring
import X86

/// A processor that does the next instruction of another one, on copies: nothing of the machine changes, no device notices.
///
/// Memory is read by looking at it; what is written goes into an overlay. Registers of devices that the instruction would read are looked at, too;
/// what it would write is noted. The result is what the machine would do if its TLB held nothing that its page tables do not say.
package final class DryRun {
    /// Ways to look at the machine around the processor.
    package struct Surroundings {
        /// A byte at a physical address, without side effects.
        package var peek: (UInt64) -> UInt8
        /// The answer of a port, without side effects; nil where looking does not tell.
        package var peekPort: (UInt16, AccessWidth) -> UInt32?

        package init(peek: @escaping (UInt64) -> UInt8, peekPort: @escaping (UInt16, AccessWidth) -> UInt32?) {
            self.peek = peek
            self.peekPort = peekPort
        }
    }

    /// The outcome of executing the instruction.
    package struct Outcome {
        package let before: CPUState
        /// After the instruction, or after the delivery of what it raised.
        package let after: CPUState
        /// Interrupts and exceptions that were delivered, in order.
        package let deliveries: [CPU.Delivery]
        /// Deliveries that failed on the way to a double fault or shutdown.
        package let failures: [FailedDelivery]
        /// Bytes that were written, by physical address; those of page-table entries and descriptors included.
        package let writes: [UInt64: UInt8]
        package let ports: [ExpectedPortAccess]

        init(
            before: CPUState, after: CPUState, deliveries: [CPU.Delivery], failures: [FailedDelivery], writes: [UInt64: UInt8],
            ports: [ExpectedPortAccess]
        ) {
            self.before = before
            self.after = after
            self.deliveries = deliveries
            self.failures = failures
            self.writes = writes
            self.ports = ports
        }

        /// Nothing.
        package init(unchanged state: CPUState) {
            self.init(before: state, after: state, deliveries: [], failures: [], writes: [:], ports: [])
        }

        /// The exception that the instruction raised, if it did.
        package var fault: Fault? {
            if let failure = failures.first { return failure.delivering }
            return deliveries.first { $0.source == .exception }?.fault
        }
    }

    /// An access to a port; the value is what was seen or sent, nil where looking did not tell and ones were taken.
    package struct ExpectedPortAccess: Equatable, Sendable {
        package let port: UInt16
        package let width: AccessWidth
        package let isWrite: Bool
        package let value: UInt32?
    }

    private let original: CPU
    private let cpu: CPU
    private let bus: LookingBus

    /// Dry runs of instructions of `original`, which may execute others in between. Throws where the host has no room for another processor.
    package init(of original: CPU, in surroundings: Surroundings) throws(HostMemory.Exhausted) {
        self.original = original
        bus = LookingBus(surroundings)
        cpu = try CPU(model: original.model, bus: bus, clock: Clock(rate: original.clock.rate))
    }

    /// Brings the copy to where the original is.
    private func start() -> CPUState {
        bus.clear()
        bus.ignoresNumericError = original.bus.ignoresNumericError
        let state = original.state
        cpu.stopRequested = false
        cpu.hasLeftTranslation = false
        cpu.a20Mask = original.a20Mask
        cpu.previousShadow = .none
        cpu.clock.cells.pointee.now = original.clock.now
        cpu.core.pointee.ticks = original.clock.now
        cpu.core.pointee.ferr = original.core.pointee.ferr
        cpu.faultChain = []
        cpu.failedDeliveries = []
        cpu.state = state
        return state
    }

    /// The definition of the next instruction with the numbers filled in. nil when it cannot be fetched; `execute()` knows why.
    package func transcribe() -> Transcript? {
        _ = start()
        let core = cpu.core
        guard let block = try? cpu.block() else { return nil }
        let op = block.pointee.ops
        core.pointee.entryRIP = block.pointee.rip
        core.pointee.block = nil
        core.pointee.limit = core.pointee.ticks &+ 1
        cpu.previousShadow = core.pointee.state.shadow
        cpu.interceptsExceptions = true
        defer {
            cpu.interceptsExceptions = false
            cpu.intercepted = nil
            core.restorePatch()
        }
        let before = cpu.state
        let reading = Transcribe(execute: Execute(core, op), record: Transcribe.Record(op.pointee.instruction))
        core.pointee.state.rip = core.truncatedRIP(core.pointee.entryRIP &+ op.pointee.end)
        do throws(Fault) {
            try reading.perform()
            reading.record.transcript.after = cpu.state
        } catch {
            if error != .awaitsInterrupt { reading.record.transcript.fault = error }
            reading.record.transcript.after = before
        }
        return reading.record.transcript
    }

    /// Executes the next instruction, or one iteration of a repeated one, and delivers what it raises.
    package func execute() -> Outcome {
        let before = start()
        var deliveries: [CPU.Delivery] = []
        cpu.onDelivery = { deliveries.append($0) }
        defer { cpu.onDelivery = nil }
        cpu.stepOne()
        return Outcome(
            before: before, after: cpu.state, deliveries: deliveries, failures: cpu.failedDeliveries, writes: bus.overlay,
            ports: bus.ports)
    }
}

extension Transcribe {
    /// Reads the definition at the width of the instruction. The width is opened, so that the compiler makes one copy of this reading and
    /// not four: it explains some thousand instructions a second and need not be fast.
    fileprivate func perform() throws(Fault) { try perform(width) }

    private var width: any OperandWidth.Type {
        @inline(never) get {
            switch instruction.operandSize {
            case .byte: Byte.self
            case .word: Word.self
            case .doubleword: Doubleword.self
            case .quadword: Quadword.self
            }
        }
    }

    @inline(never)
    private func perform<W: OperandWidth>(_ w: W.Type) throws(Fault) { try Semantics.perform(self, w) }
}

/// The bus of a dry run: reads look, writes are kept here.
private final class LookingBus: Bus {
    private let surroundings: DryRun.Surroundings
    private(set) var overlay: [UInt64: UInt8] = [:]
    private(set) var ports: [DryRun.ExpectedPortAccess] = []

    init(_ surroundings: DryRun.Surroundings) { self.surroundings = surroundings }

    func clear() {
        overlay.removeAll(keepingCapacity: true)
        ports.removeAll(keepingCapacity: true)
    }

    func page(at physical: UInt64) -> PhysicalPage { PhysicalPage(read: nil, write: nil) }

    func readMemory(_ physical: UInt64, _ width: AccessWidth) -> UInt32 {
        var value: UInt32 = 0
        for byte in 0..<width.rawValue {
            let address = physical &+ UInt64(byte)
            value |= UInt32(overlay[address] ?? surroundings.peek(address)) &<< UInt32(8 &* byte)
        }
        return value
    }

    func writeMemory(_ physical: UInt64, _ width: AccessWidth, _ value: UInt32) {
        for byte in 0..<width.rawValue {
            overlay[physical &+ UInt64(byte)] = UInt8(truncatingIfNeeded: value &>> UInt32(8 &* byte))
        }
    }

    func readPort(_ port: UInt16, _ width: AccessWidth) -> UInt32 {
        let value = surroundings.peekPort(port, width)
        ports.append(.init(port: port, width: width, isWrite: false, value: value))
        return value ?? width.mask
    }

    func writePort(_ port: UInt16, _ width: AccessWidth, _ value: UInt32) {
        ports.append(.init(port: port, width: width, isWrite: true, value: value))
    }

    func acknowledgeInterrupt() -> UInt8 { 0xFF }
    func floatingPointError(_ level: Bool) {}
    var ignoresNumericError = false
}
