import Inspection
import Processor

/// A breakpoint or watchpoint of the user: what it waits for, and under which circumstances it stops the machine.
public struct StopPoint: Sendable {
    /// The condition that it waits for.
    public enum Trigger: Hashable, Sendable {
        /// The instruction at this linear address, before it is executed.
        case linear(UInt64)
        case physical(UInt64)
        /// The instruction at this offset while CS holds this selector.
        case far(selector: UInt16, offset: UInt64)
        /// An access to a byte of these.
        case data(StopConditions.DataWatch)
        case port(StopConditions.PortWatch)
        /// A vector is delivered, by a device or by INT n.
        case interrupt(ClosedRange<UInt8>)
        /// The processor raises an exception with one of these vectors, and it could be delivered.
        case exception(ClosedRange<UInt8>)
        /// Real, protected, virtual-8086 mode; paging on or off.
        case modeChange
        /// Written with any value: CR0, CR2, CR3 or CR4.
        case controlRegister(UInt8)
        /// XCHG BX,BX.
        case magic
    }

    /// Counted from 1; never used again. 0 for stops of the debugger's own.
    public let number: Int
    /// The place or event that it waits for.
    public let trigger: Trigger
    /// The user's words for the place: "kmain", "0x7c00".
    public let source: String
    /// Further linear addresses at which it stands: where a function is inlined.
    public var furtherPlaces: Set<UInt64> = []
    /// Stops only when this is not 0.
    public var condition: Expression?
    /// The condition as the user wrote it.
    public var conditionSource = ""
    /// Passes that many times more before it stops.
    public var ignoreCount: UInt64 = 0
    /// The hits that stop.
    public var rule: HitRule?
    /// Does not stop: `Debugger.onTelling` hears of each hit.
    public var onlyTells = false
    /// The reason why the condition could not be evaluated at the last hit; such a hit stops.
    public internal(set) var failure: String?
    /// Removed when it stops.
    public var isTemporary = false
    /// It may stop the machine.
    public var isEnabled = true
    /// Number of times that it was reached with its condition fulfilled.
    public internal(set) var hits: UInt64 = 0

    /// Decides on top of `condition`; for stops of the debugger's own.
    var accepts: (@Sendable (MachineView) -> Bool)?
    /// The contents of a small watched range when the machine went on.
    var contents: [UInt8] = []

    /// "breakpoint", "watchpoint".
    public var kind: String {
        if case .data = trigger { "watchpoint" } else { "breakpoint" }
    }

    /// Tells whether it waits for the instruction at a linear address.
    public func stands(at address: UInt64) -> Bool { trigger == .linear(address) || furtherPlaces.contains(address) }

    var isCode: Bool {
        switch trigger {
        case .linear, .physical, .far: true
        default: false
        }
    }

    /// Tells whether an event is what this waits for.
    func matches(_ event: StopEvent, _ view: MachineView) -> Bool {
        switch (trigger, event.kind) {
        case (.linear, .code): stands(at: view.linearIP)
        case (.physical(let address), .code): view.pc.observed.physicalAddress(ofLinear: view.linearIP) == address
        case (.far(let selector, let offset), .code): view.state.cs.selector == selector && view.state.rip == offset
        case (.data(let watch), .data(let linear, let physical, let size, let isWrite, _)):
            (isWrite ? watch.writes : watch.reads)
                && watch.range.overlaps(watch.space == .linear ? linear..<linear &+ size : physical..<physical &+ size)
        case (.port(let watch), .port(let port, let size, let isWrite, _)):
            (isWrite ? watch.writes : watch.reads)
                && watch.ports.overlaps(port...UInt16(min(0xFFFF, UInt64(port) + size - 1)))
        case (.interrupt(let vectors), .delivery(let delivery)):
            delivery.source != .exception && vectors.contains(delivery.fault.vector)
        case (.exception(let vectors), .delivery(let delivery)):
            delivery.source == .exception && vectors.contains(delivery.fault.vector)
        case (.modeChange, .mode), (.magic, .magic): true
        case (.controlRegister(let number), .controlRegister(let written, _, _)): number == written
        default: false
        }
    }
}

extension StopConditions {
    /// The conditions that the processor has to look at for these points.
    init(for points: [StopPoint]) {
        self.init()
        for point in points where point.isEnabled {
            switch point.trigger {
            case .linear(let address): linear.formUnion(point.furtherPlaces.union([address]))
            case .physical(let address): physical.insert(address)
            case .far(_, let offset): offsets.insert(offset)
            case .data(let watch): data.append(watch)
            case .port(let watch): ports.append(watch)
            case .interrupt(let vectors): deliveries.append(DeliveryWatch(vectors, from: [.software, .trap, .external]))
            case .exception(let vectors): deliveries.append(DeliveryWatch(vectors, from: [.exception]))
            case .modeChange: stopsAtModeChange = true
            case .controlRegister(let number): controlRegisters.insert(number)
            case .magic: stopsAtMagic = true
            }
        }
    }
}
