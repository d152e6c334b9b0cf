import Inspection
import Processor

/// The exception with which the end of a machine began: the outermost one whose handler has not returned, or else the one that could not be delivered.
struct FirstCause {
    /// Exceptions inside each other whose handlers have not returned, outermost first; their frames are on the stack.
    let nest: [DeliveryHistory.Record]
    /// Number of faults in the nest; `nest` may lack some in the middle.
    let depth: UInt64
    /// The exception that came again and again, when it came for the first time.
    let storm: DeliveryHistory.Record?
    /// The delivery that failed, of a triple fault.
    let failure: FailedDelivery?
    /// The tick at which the first of them came.
    let tick: UInt64
    /// The instruction there, and its place.
    let rip: UInt64
    let codeBase: UInt64

    init(_ view: MachineView, _ cause: PostMortem.Cause) {
        failure = cause == .tripleFault ? view.cpu.failedDeliveries.first : nil
        let history = view.cpu.history
        switch cause {
        case .dead(.faultStorm): storm = history.repeated
        case .stopped: storm = history.repetitions >= Self.leastStorm ? history.repeated : nil
        default: storm = nil
        }
        (nest, depth) = Self.handlers(view)
        let first = storm?.delivery ?? nest.first?.delivery
        tick = first?.tick ?? view.tick
        rip = first?.rip ?? view.state.rip
        codeBase = first?.csBase ?? view.state.cs.base
    }

    /// Repetitions that are one when somebody else has stopped the machine.
    private static let leastStorm: UInt64 = 16

    /// The exception that came first.
    var record: DeliveryHistory.Record? { storm ?? nest.first }

    /// The innermost handler that runs now, whatever it was entered by.
    static func handler(_ view: MachineView) -> DeliveryHistory.Record? {
        view.cpu.history.unreturned.last { isRunning($0, view) }
    }

    private static func handlers(_ view: MachineView) -> ([DeliveryHistory.Record], UInt64) {
        let all = view.cpu.history.unreturned
        guard let last = all.lastIndex(where: { isRunning($0, view) }), all[last].delivery.source == .exception else {
            return ([], 0)
        }
        var first = last
        while first > 0, all[first - 1].delivery.source == .exception, isAround(all[first - 1], all[first], view) { first -= 1 }
        let lost = first == 0 && all.count == DeliveryHistory.capacity ? view.cpu.history.unreturnedLost : 0
        return (Array(all[first...last]), UInt64(last - first + 1) &+ lost)
    }

    /// Tells whether a handler has not returned though another record came later: the way back is still where the processor put it.
    private static func isAround(_ outer: DeliveryHistory.Record, _ inner: DeliveryHistory.Record, _ view: MachineView) -> Bool {
        switch (outer.frame, inner.frame) {
        case (.stack(let high, _), .stack(let low, _))
        where inner.delivery.cpl == outer.handlerCPL && outer.delivery.tick <= inner.delivery.tick:
            low < high && high &- low < 0x1_0000 && isIntact(outer, view)
        case (.task, _), (_, .task): true
        default: false
        }
    }

    /// Tells whether the processor is in the handler of `record`: its task runs, or its frame lies on the stack that is used now.
    private static func isRunning(_ record: DeliveryHistory.Record, _ view: MachineView) -> Bool {
        guard record.isProtected, view.isProtected else { return false }
        switch record.frame {
        case .task(let selector): return view.state.tr.selector == selector
        case .stack(let linear, _):
            guard !view.isVirtual8086, view.state.cpl == record.handlerCPL else { return false }
            let depth = (linear &- view.linearSP) & view.linearMask
            return depth < 0x1_0000 && isIntact(record, view)
        }
    }

    /// Tells whether the saved EIP, CS and EFLAGS are still where the processor pushed them.
    private static func isIntact(_ record: DeliveryHistory.Record, _ view: MachineView) -> Bool {
        guard case .stack(let linear, let size) = record.frame else { return true }
        let mask: UInt64 = size == 2 ? 0xFFFF : size == 4 ? 0xFFFF_FFFF : .max
        // A handler may change EIP to skip an instruction.
        guard let cs = view.linear((linear &+ size) & view.linearMask, 2), cs == UInt64(record.delivery.cs),
            let rip = view.linear(linear, Int(size)), rip & mask &- record.delivery.rip & mask <= 16,
            let flags = view.linear((linear &+ 2 &* size) & view.linearMask, 2)
        else { return false }
        // Bit 1 of EFLAGS is one, bits 3, 5 and 15 are zero, and an interrupt from outside came with IF = 1.
        return flags & 0x802A == 2 && (record.delivery.source != .external || flags & 0x200 != 0)
    }
}
