import Board
import Executables
import Inspection
import Processor
import X86

/// Listens to a machine and tells what happens in it, event by event, to `hear`. Nothing is kept.
///
/// The machine runs as it would without: the processor, the ports and the drives are listened to where they already call out. Before a tracer
/// exists nobody listens, and the machine's code has no other way than the usual one. Instructions are traced by executing them one at
/// a time; `run(until:)` takes the place of `PC.run(until:)` for that.
public final class Tracer {
    private let pc: PC
    private let filter: TraceFilter
    private let sources: SourceMap?
    private let hear: (TraceEvent) -> Void
    private let decoder16: Decoder
    private let decoder32: Decoder
    private let decoder64: Decoder
    private let syntax = IntelSyntax()
    /// As the last event found it.
    private var modes: [ExecutionMode]
    /// The instruction that is about to be executed, not told yet: what interrupts it comes first.
    private var pending: TraceEvent?
    private var isStepping = false
    /// The moment when the instruction that is being stepped began.
    private var stepTick: UInt64 = 0
    /// A debug trap waits to be delivered before the next instruction.
    private var trapWaits = false
    /// The listener to deliveries before this one.
    private let earlierListener: ((CPU.Delivery) -> Void)?

    /// A tracer of the machine from now on. `sources` names places.
    public init(_ pc: PC, _ filter: TraceFilter, sources: SourceMap?, hear: @escaping (TraceEvent) -> Void) {
        self.pc = pc
        self.filter = filter
        self.sources = sources
        self.hear = hear
        let features = pc.configuration.model.features.instructions
        decoder16 = Decoder(codeSize: .bits16, features: features)
        decoder32 = Decoder(codeSize: .bits32, features: features)
        decoder64 = Decoder(codeSize: .bits64, features: features)
        modes = pc.processors.map { ExecutionMode($0) }
        earlierListener = pc.cpu.onDelivery
        listen()
    }

    private func listen() {
        for cpu in pc.processors {
            cpu.onDelivery = { [unowned self] delivery in
                earlierListener?(delivery)
                delivered(delivery)
            }
            if filter.kinds.contains(.modes) { cpu.onModeChange = { [unowned self] in noteMode(tick: $0) } }
        }
        if filter.kinds.contains(.ports) { pc.observePorts { [unowned self] in accessed($0) } }
        if filter.kinds.contains(.disk) { pc.observeDisks { [unowned self] in requested($0) } }
    }

    deinit {
        for cpu in pc.processors {
            cpu.onDelivery = earlierListener
            if filter.kinds.contains(.modes) { cpu.onModeChange = nil }
        }
        if filter.kinds.contains(.ports) { pc.observePorts(nil) }
        if filter.kinds.contains(.disk) { pc.observeDisks(nil) }
    }

    // MARK: Running

    /// Runs as `PC.run(until:skipsIdleTime:)` does, and ends in the same state.
    public func run(until limit: UInt64, skipsIdleTime: Bool = true) -> PC.Pause {
        guard filter.kinds.contains(.instructions) else { return pc.run(until: limit, skipsIdleTime: skipsIdleTime) }
        while pc.clock.now < limit {
            let window = filter.ticks
            guard window.contains(pc.clock.now) else {
                let end = pc.clock.now < window.lowerBound ? min(limit, window.lowerBound) : limit
                let pause = pc.run(until: end, skipsIdleTime: skipsIdleTime)
                if pause != .limit { return pause }
                continue
            }
            if let end = pc.goOn(after: step(), until: limit, skipsIdleTime: skipsIdleTime) { return end }
        }
        return .limit
    }

    private func step() -> PC.Pause {
        // What is due and what a chip asked for, without an instruction: a reset changes which one is next.
        let pause = pc.run(until: pc.clock.now, skipsIdleTime: false)
        if pause != .limit { return pause }
        isStepping = true
        stepTick = pc.clock.now
        defer { isStepping = false }
        let next = pc.next
        let core = next.core
        trapWaits = !core.pointee.state.pendingDebug.isEmpty
        pending = core.pointee.state.activity == .active ? instruction(of: next) : nil
        let result = pc.run(until: pc.clock.now &+ 1, skipsIdleTime: false)
        // Time that stands still: a debugger stopped the machine before the instruction.
        if pc.clock.now == stepTick { pending = nil }
        tellPending()
        return result
    }

    private func tellPending() {
        guard let event = pending else { return }
        pending = nil
        hear(event)
    }

    /// The instruction at CS:EIP, if it is wanted.
    private func instruction(of cpu: CPU) -> TraceEvent? {
        let state = cpu.core.pointee.state
        let linear = cpu.systemAddress(state.cs.base, state.rip)
        guard filter.wants(.instructions, linear: linear, ring: state.cpl, tick: pc.clock.now) else { return nil }
        // Where changes of the mode are not told, nobody has said that there was one.
        if !filter.kinds.contains(.modes) { modes[cpu.number] = ExecutionMode(cpu) }
        let bytes = codeBytes(at: linear, cpu)
        let decoder = state.operatingMode == .bits64 ? decoder64 : state.cs.isBig ? decoder32 : decoder16
        let instruction = bytes.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { decoder.decode($0, available: buffer.count) }
        }
        let text: String
        var length = 1
        if let instruction, instruction.operation.isInstruction {
            text = syntax.text(of: instruction, at: state.rip)
            length = Int(instruction.length)
        } else {
            text = bytes.isEmpty ? "(no page here)" : "(no instruction)"
        }
        return event(
            .instructions, .instruction(bytes: Array(bytes.prefix(length)), text: text), cs: state.cs.selector, rip: state.rip,
            base: state.cs.base, ring: state.cpl, tick: pc.clock.now, cpu)
    }

    /// Up to 15 bytes, as far as pages are there.
    private func codeBytes(at linear: UInt64, _ cpu: CPU) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(15)
        var page: UInt64?
        for offset in 0..<15 as Range<UInt64> {
            let address = cpu.systemAddress(linear, offset)
            if page == nil || address & 0xFFF == 0 { page = cpu.physicalAddress(ofLinear: address & ~0xFFF) }
            guard let page else { break }
            bytes.append(pc.peek(physical: page | address & 0xFFF))
        }
        return bytes
    }

    // MARK: What is heard

    private func delivered(_ delivery: CPU.Delivery) {
        let kind: TraceKind =
            switch delivery.source {
            case .exception: .exceptions
            case .external: .interrupts
            case .software, .trap: .software
            }
        let isBefore =
            isStepping && delivery.tick == stepTick && (kind == .interrupts || trapWaits && delivery.fault.vector == 1)
        if !isBefore { tellPending() }
        trapWaits = false
        let linear = pc.cpu.systemAddress(delivery.csBase, delivery.rip)
        let state = pc.cpu.core.pointee.state
        if filter.wants(kind, linear: linear, ring: delivery.cpl, tick: delivery.tick) {
            let fault = delivery.fault
            hear(
                event(
                    kind,
                    .delivery(
                        name: delivery.name, vector: fault.vector, error: fault.hasErrorCode ? fault.errorCode : nil,
                        address: kind == .exceptions && fault.vector == 14 ? state.cr2 : nil,
                        cs: state.cs.selector, rip: state.rip),
                    cs: delivery.cs, rip: delivery.rip, base: delivery.csBase, ring: delivery.cpl, tick: delivery.tick))
        }
        noteMode(tick: delivery.tick)
        // What comes at the end of a step leaves the handler to the next one.
        if isBefore { pending = instruction(of: pc.cpu) }
    }

    /// Tells of the mode if it has changed, and where the guest is now.
    private func noteMode(tick: UInt64) {
        let now = ExecutionMode(pc.cpu)
        let before = modes[pc.turn.processor]
        guard now != before else { return }
        modes[pc.turn.processor] = now
        let state = pc.cpu.core.pointee.state
        let linear = pc.cpu.systemAddress(state.cs.base, state.rip)
        guard filter.wants(.modes, linear: linear, ring: state.cpl, tick: tick) else { return }
        tellPending()
        hear(
            event(
                .modes, .mode(from: before, to: now), cs: state.cs.selector, rip: state.rip, base: state.cs.base, ring: state.cpl,
                tick: tick))
    }

    private func accessed(_ access: PortAccess) {
        guard filter.wants(port: access.port) else { return }
        tell(
            .ports, .port(number: access.port, size: access.width.rawValue, value: access.value, isWrite: access.isWrite))
    }

    private func requested(_ request: PC.DiskRequest) {
        tell(
            .disk,
            .disk(
                channel: request.channel, drive: request.drive, command: request.command, sector: request.sector,
                count: request.count, error: request.error))
    }

    /// Something that the running instruction does.
    private func tell(_ kind: TraceKind, _ what: TraceEvent.What) {
        noteMode(tick: pc.clock.now)
        tellPending()
        let (cs, rip) = pc.cpu.location
        let base = pc.cpu.core.pointee.state.cs.base
        let ring = pc.cpu.core.pointee.state.cpl
        guard filter.wants(kind, linear: pc.cpu.systemAddress(base, rip), ring: ring, tick: pc.clock.now) else { return }
        hear(event(kind, what, cs: cs, rip: rip, base: base, ring: ring, tick: pc.clock.now))
    }

    private func event(
        _ kind: TraceKind, _ what: TraceEvent.What, cs: UInt16, rip: UInt64, base: UInt64, ring: UInt8, tick: UInt64,
        _ cpu: CPU? = nil
    ) -> TraceEvent {
        let cpu = cpu ?? pc.cpu
        let linear = cpu.systemAddress(base, rip)
        return TraceEvent(
            tick: tick, kind: kind, cs: cs, rip: rip, linear: linear, ring: ring,
            mode: modes[cpu.number], what: what, symbol: sources?.describe(linear),
            processor: cpu.isAlone ? nil : cpu.number)
    }
}

extension ExecutionMode {
    init(_ cpu: CPU) {
        let state = cpu.core.pointee.state
        kind =
            switch state.operatingMode {
            case .realAddress: .real
            case .virtual8086: .virtual8086
            case .protected: .protected
            case .compatibility, .bits64: .IA32e
            }
        paging =
            switch cpu.paging.kind {
            case .none: .none
            case .bits32: .bits32
            case .PAE: .PAE
            case .level4: .level4
            }
    }
}

extension CPU.Delivery {
    /// "#PF(2)", "IRQ vector 32", "NMI", "INT 80h".
    fileprivate var name: String {
        switch source {
        case .exception: fault.name
        case .external: fault.vector == 2 ? "NMI" : "interrupt \(h(UInt64(fault.vector), 2))"
        case .software: "INT \(h(UInt64(fault.vector), 2))"
        case .trap: "INT1"
        }
    }
}
