import Inspection
import Processor
import Wiring
import X86

/// `--check races`: two processors use the same bytes, one of them writes, and nothing orders the two accesses.
///
/// Orders are made by locked instructions and XCHG on a word, by stores and later reads of a word that such instructions use or that somebody waits for
/// in a loop, by messages between processors and their handlers, and by INIT and start-up. They hold however the processors' turns fell: what is told
/// may happen otherwise in another run. A plain store to a word of locked instructions is a release, an instruction without LOCK that reads and
/// writes it is none. Only operands in RAM count: no page walks, no descriptors, no frames of interrupts, no devices, and nothing in the firmware.
final class RaceCheck {
    /// The instruction that a processor executes.
    private struct Current {
        var isLocked = false
        var isFirmware = false
        /// It is between its beginning and its end.
        var isActive = false
        /// Where the last access was made from, and its number; nil: it has none.
        var segment: Segment?
        var segmentNumber: UInt16 = 0
        /// A read whose write may follow.
        var read: ObservedAccess?
        /// The eight bytes that the processor stored to last.
        var lastStore = UInt64.max
        /// The tick at which it stored anything last.
        var storeTick: UInt64 = 0
    }

    /// CS of accesses that are remembered.
    private struct Segment: Hashable {
        let selector: UInt16
        let base: UInt64
        let isProtected: Bool
    }

    private let current: PerProcessor<Current>
    private var clocks: RaceClocks
    private let memory: RaceMemory
    private var findings: RaceFindings
    private var segments: [Segment] = []
    private var now: UInt64 = 0

    init(processors: Int, memoryBytes: UInt64, quantum: UInt64) throws(HostMemory.Exhausted) {
        clocks = RaceClocks(processors: processors)
        memory = try RaceMemory(memoryBytes: memoryBytes)
        current = PerProcessor(repeating: Current(), count: processors)
        findings = RaceFindings(delay: 8 * UInt64(processors) * min(quantum, 1 << 24) + 100_000)
    }

    deinit { current.deallocate() }

    // MARK: What happens

    func willExecute(_ i: Instruction, physical: UInt64, _ cpu: CPU, _ checks: MachineChecks) {
        let place = checks.place(cpu)
        if place.tick < now { forget() }
        now = place.tick
        current[cpu.number].isActive = true
        current[cpu.number].isLocked = i.prefixes.contains(.lock) || i.operation == .xchg
        current[cpu.number].isFirmware = MachineChecks.isFirmware(physical)
    }

    @inline(never)
    private func enter(_ segment: Segment, _ number: Int) {
        if !segments.contains(segment) {
            if segments.count == Int(UInt8.max) { forget() }
            segments.append(segment)
        }
        current[number].segment = segment
        current[number].segmentNumber = UInt16(segments.firstIndex(of: segment) ?? 0)
    }

    func accessed(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        guard access.isOperand, !current[number].isFirmware else { return }
        let place = checks.place(cpu)
        let segment = Segment(selector: place.cs, base: place.base, isProtected: place.isProtected)
        if current[number].segment != segment { enter(segment, number) }
        let before = current[number].read
        current[number].read = nil
        guard access.isWrite else {
            if let before { plainRead(before, cpu, checks) }
            current[number].read = access
            return
        }
        if let before, before.physical == access.physical, before.size == access.size {
            write(access, current[number].isLocked ? .locked : .change, changes: before.value ^ access.value, cpu, checks)
        } else {
            if let before { plainRead(before, cpu, checks) }
            write(access, current[number].isLocked ? .locked : .store, changes: .max, cpu, checks)
        }
    }

    func didExecute(_ cpu: CPU, _ checks: MachineChecks) {
        current[cpu.number].isActive = false
        if let read = current[cpu.number].read {
            current[cpu.number].read = nil
            plainRead(read, cpu, checks)
        }
        if now >= findings.nextTick { findings.settle(now, checks) }
    }

    func delivered(_ delivery: CPU.Delivery, _ cpu: CPU) {
        if delivery.source == .external { clocks.receive(delivery.fault.vector, at: cpu.number, now: delivery.tick) }
    }

    /// A message reached the local APIC of a processor: what an instruction has sent comes after what was before that.
    func messaged(_ message: InterruptMessage, _ target: Int, by sender: CPU, _ checks: MachineChecks) {
        guard current[sender.number].isActive else { return }
        let tick = checks.place(sender).tick
        // It hands on what was stored until now, and not what comes later beside it.
        current[sender.number].lastStore = .max
        current[sender.number].storeTick = tick
        switch message.mode {
        case .fixed, .lowestPriority: clocks.send(message.vector, from: sender.number, to: target, now: tick)
        case .NMI: clocks.send(2, from: sender.number, to: target, now: tick)
        case .INIT, .startUp: clocks.join(target, sender.number, until: tick, now: tick)
        case .SMI, .extINT: break
        }
    }

    func wrote(physical: UInt64, count: Int) { memory.overwritten(physical, UInt64(max(0, count))) }

    /// Tells what was found and not told yet.
    func finish(_ checks: MachineChecks) { findings.settle(.max, checks) }

    /// Another past than was seen, or no more room.
    private func forget() {
        memory.forget()
        clocks.forget()
        findings.forget()
        segments = []
        for number in current.indices {
            current[number].lastStore = .max
            current[number].segment = nil
        }
    }

    // MARK: Reads

    private func plainRead(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        let (number, place) = (cpu.number, checks.place(cpu))
        forEachCell(access) { cell, physical, bytes, _ in
            memory.forEachAccess(cell, bytes) { other in
                if other.kind != .read, isUnordered(other, number) { read(other, cell, physical, bytes, access, cpu, checks) }
            }
            guard cell.pointee.synchronising & bytes != bytes else { return }
            var new = remembered(.read, bytes, number, place)
            let old = cell.pointee.read
            if old.processor == new.processor, old.bytes != 0, current[number].storeTick <= old.tick { new.bytes |= old.bytes }
            memory.note(read: new, cell)
        }
    }

    /// What another processor wrote, without an order until now.
    @inline(never)
    private func read(
        _ other: RaceAccess, _ cell: UnsafeMutablePointer<RaceCell>, _ physical: UInt64, _ bytes: UInt8, _ access: ObservedAccess,
        _ cpu: CPU, _ checks: MachineChecks
    ) {
        let number = cpu.number
        let shared = other.bytes & bytes
        if other.kind == .locked || current[number].isLocked {
            synchronise(cell, physical, bytes)
        } else if cell.pointee.synchronising & shared == 0 {
            if !current[number].isActive, WaitLoop.isLeft(by: cpu, from: checks.place(cpu), word: access.linear, checks) {
                synchronise(cell, physical, bytes)
            } else {
                report(other, .read, physical, shared, access, cpu, checks)
            }
        }
        clocks.join(number, Int(other.processor), until: other.tick, now: now)
    }

    // MARK: Writes

    private func write(
        _ access: ObservedAccess, _ kind: RaceAccess.Kind, changes: UInt64, _ cpu: CPU, _ checks: MachineChecks
    ) {
        let (number, place) = (cpu.number, checks.place(cpu))
        forEachCell(access) { cell, physical, bytes, first in
            var new = remembered(kind, bytes, number, place)
            new.changed = kind == .store ? bytes : Self.nonzero(changes, first, bytes)
            memory.forEachAccess(cell, bytes) { other in
                if isUnordered(other, number) { write(new, over: other, cell, physical, access, cpu, checks) }
            }
            if kind == .locked { synchronise(cell, physical, bytes) }
            let old = cell.pointee.write
            if old.processor == new.processor, old.kind == kind, old.bytes != 0, current[number].lastStore == physical & ~7 {
                new.bytes |= old.bytes
                new.changed |= old.changed
            }
            memory.note(write: new, cell)
            current[number].lastStore = physical & ~7
            current[number].storeTick = place.tick
        }
    }

    /// What another processor did, without an order until now.
    @inline(never)
    private func write(
        _ new: RaceAccess, over other: RaceAccess, _ cell: UnsafeMutablePointer<RaceCell>, _ physical: UInt64,
        _ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks
    ) {
        let shared = other.bytes & new.bytes
        if Self.isRace(new.kind, new.changed, over: other, isSynchronising: cell.pointee.synchronising & shared != 0) {
            report(other, new.kind, physical, shared, access, cpu, checks)
        }
        if new.kind == .locked { clocks.join(cpu.number, Int(other.processor), until: other.tick, now: now) }
    }

    /// Tells whether a write is a mistake beside an access of another processor that it is not ordered with.
    private static func isRace(_ kind: RaceAccess.Kind, _ changed: UInt8, over other: RaceAccess, isSynchronising: Bool) -> Bool {
        switch (kind, other.kind) {
        // An instruction without LOCK loses what a locked one writes between its read and its write.
        case (.locked, .change), (.change, .locked): changed & other.changed != 0
        case (.locked, _), (.store, .locked): false
        case (.change, .change), (.change, .store): true
        default: !isSynchronising
        }
    }

    // MARK: Both

    @inline(__always)
    private func isUnordered(_ other: RaceAccess, _ number: Int) -> Bool {
        Int(other.processor) != number && other.tick > clocks.last(of: Int(other.processor), before: number)
    }

    @inline(__always)
    private func remembered(_ kind: RaceAccess.Kind, _ bytes: UInt8, _ number: Int, _ place: CodePlace) -> RaceAccess {
        RaceAccess(
            tick: place.tick, rip: place.rip, segment: current[number].segmentNumber,
            processor: UInt8(truncatingIfNeeded: number), bytes: bytes, kind: kind)
    }

    private func synchronise(_ cell: UnsafeMutablePointer<RaceCell>, _ physical: UInt64, _ bytes: UInt8) {
        memory.synchronise(cell, physical, bytes)
        findings.drop(physical & ~7, bytes)
    }

    /// The parts of an access within eight bytes each: cell, address, the bytes, and the number of the first one in the access.
    @inline(__always)
    private func forEachCell(
        _ access: ObservedAccess, _ body: (UnsafeMutablePointer<RaceCell>, UInt64, UInt8, Int) -> Void
    ) {
        var done: UInt64 = 0
        while done < min(access.size, 8) {
            let physical = done < access.firstCount ? access.physical &+ done : access.secondPhysical &+ done &- access.firstCount
            let inPage = done < access.firstCount ? access.firstCount &- done : access.size &- done
            let count = min(inPage, 8 &- physical & 7, access.size &- done)
            let bytes = (0xFF &>> UInt8(truncatingIfNeeded: 8 &- count)) &<< UInt8(truncatingIfNeeded: physical & 7)
            if let cell = memory.cell(physical) { body(cell, physical, bytes, Int(truncatingIfNeeded: done)) }
            done &+= max(1, count)
        }
    }

    /// The bytes of `bytes` that are not zero in a value whose byte `first` is the lowest of them.
    @inline(__always)
    private static func nonzero(_ value: UInt64, _ first: Int, _ bytes: UInt8) -> UInt8 {
        let (value, low) = (value &>> UInt64(truncatingIfNeeded: 8 &* first), 0x7F7F_7F7F_7F7F_7F7F as UInt64)
        // The highest bit of each byte that is not zero, and these gathered.
        let high = (((value & low) &+ low) | value) & ~low
        let each = UInt8(truncatingIfNeeded: ((high &>> 7) &* 0x0102_0408_1020_4080) &>> 56)
        return each &<< UInt8(truncatingIfNeeded: bytes.trailingZeroBitCount) & bytes
    }

    private func report(
        _ other: RaceAccess, _ kind: RaceAccess.Kind, _ physical: UInt64, _ bytes: UInt8, _ access: ObservedAccess, _ cpu: CPU,
        _ checks: MachineChecks
    ) {
        var place = CodePlace()
        let segment = segments[Int(other.segment)]
        (place.cs, place.base, place.isProtected) = (segment.selector, segment.base, segment.isProtected)
        (place.rip, place.processor, place.tick) = (other.rip, Int(other.processor), other.tick)
        let first = physical & ~7 + UInt64(bytes.trailingZeroBitCount)
        let linear = access.linear &+ (first &- access.physical)
        findings.add(
            RaceFindings.Race(kind: kind, other: other.kind, otherPlace: place, first: first, linear: linear, bytes: bytes), cpu,
            checks)
    }
}
