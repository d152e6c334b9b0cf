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
        var segment: UInt16 = 0
        var rip: UInt64 = 0
        var tick: UInt64 = 0
        /// A read whose write may follow.
        var read: ObservedAccess?
        /// It is between its beginning and its end.
        var isActive = false
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
    private var memory: RaceMemory
    private var findings: RaceFindings
    private var segments: [Segment] = []
    private var now: UInt64 = 0

    init(processors: Int, memoryBytes: UInt64, quantum: UInt64) throws(HostMemory.Exhausted) {
        clocks = RaceClocks(processors: processors)
        memory = try RaceMemory(memoryBytes: memoryBytes)
        current = PerProcessor(repeating: Current(), count: processors)
        findings = RaceFindings(delay: 8 * UInt64(processors) * min(quantum, 1 << 24) + 100_000)
    }

    deinit {
        memory.deallocate()
        current.deallocate()
    }

    // MARK: What happens

    func willExecute(_ i: Instruction, physical: UInt64, _ cpu: CPU, _ checks: MachineChecks) {
        let place = checks.place(cpu)
        if place.tick < now { forget() }
        now = place.tick
        current[cpu.number].isActive = true
        current[cpu.number].isLocked = i.prefixes.contains(.lock) || i.operation == .xchg
        current[cpu.number].isFirmware = MachineView.firmwareArea ~= physical || physical >= 0xFF00_0000
        current[cpu.number].rip = place.rip
        current[cpu.number].tick = place.tick
        let segment = Segment(selector: place.cs, base: place.base, isProtected: place.isProtected)
        let number = Int(current[cpu.number].segment)
        if !segments.indices.contains(number) || segments[number] != segment {
            current[cpu.number].segment = self.number(of: segment)
        }
    }

    private func number(of segment: Segment) -> UInt16 {
        if let known = segments.firstIndex(of: segment) { return UInt16(known) }
        if segments.count == Int(UInt8.max) { forget() }
        segments.append(segment)
        return UInt16(segments.count - 1)
    }

    func accessed(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        guard access.isOperand, !current[number].isFirmware else { return }
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
    func messaged(_ message: InterruptMessage, _ target: Int, by sender: CPU) {
        guard current[sender.number].isActive else { return }
        let tick = current[sender.number].tick
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
        for number in current.indices { current[number].lastStore = .max }
    }

    // MARK: Reads

    private func plainRead(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        forEachCell(access) { cell, physical, bytes, _ in read(cell, physical, bytes, access, cpu, checks) }
    }

    private func read(
        _ cell: UnsafeMutablePointer<RaceCell>, _ physical: UInt64, _ bytes: UInt8, _ access: ObservedAccess, _ cpu: CPU,
        _ checks: MachineChecks
    ) {
        let number = cpu.number
        let isMine = cell.pointee.write.bytes & bytes == 0 || cell.pointee.write.processor == UInt8(number)
        if cell.pointee.hasMore || !isMine {
            for other in memory.accesses(cell, physical, bytes) where other.kind != .read && isUnordered(other, number) {
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
        }
        guard cell.pointee.synchronising & bytes != bytes else { return }
        var new = remembered(.read, bytes, number)
        let old = cell.pointee.read
        if old.processor == new.processor, old.bytes != 0, current[number].storeTick <= old.tick { new.bytes |= old.bytes }
        memory.note(read: new, cell, physical)
    }

    // MARK: Writes

    private func write(
        _ access: ObservedAccess, _ kind: RaceAccess.Kind, changes: UInt64, _ cpu: CPU, _ checks: MachineChecks
    ) {
        let number = cpu.number
        forEachCell(access) { cell, physical, bytes, first in
            let isMine =
                (cell.pointee.write.bytes & bytes == 0 || cell.pointee.write.processor == UInt8(number))
                && (cell.pointee.read.bytes & bytes == 0 || cell.pointee.read.processor == UInt8(number))
            let changed = kind == .store ? bytes : Self.nonzero(changes, first, bytes)
            if cell.pointee.hasMore || !isMine {
                for other in memory.accesses(cell, physical, bytes) where isUnordered(other, number) {
                    let shared = other.bytes & bytes
                    let isSynchronising = cell.pointee.synchronising & shared != 0
                    if Self.isRace(kind, changed, over: other, isSynchronising: isSynchronising) {
                        report(other, kind, physical, shared, access, cpu, checks)
                    }
                    if kind == .locked { clocks.join(number, Int(other.processor), until: other.tick, now: now) }
                }
            }
            if kind == .locked { synchronise(cell, physical, bytes) }
            var new = remembered(kind, bytes, number)
            new.changed = changed
            let old = cell.pointee.write
            if old.processor == new.processor, old.kind == kind, old.bytes != 0, current[number].lastStore == physical & ~7 {
                new.bytes |= old.bytes
                new.changed |= old.changed
            }
            memory.note(write: new, cell, physical)
            current[number].lastStore = physical & ~7
            current[number].storeTick = current[number].tick
        }
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

    private func remembered(_ kind: RaceAccess.Kind, _ bytes: UInt8, _ number: Int) -> RaceAccess {
        RaceAccess(
            tick: current[number].tick, rip: current[number].rip, segment: current[number].segment, processor: UInt8(number),
            bytes: bytes, kind: kind)
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
    private static func nonzero(_ value: UInt64, _ first: Int, _ bytes: UInt8) -> UInt8 {
        var (result, value) = (UInt8(0), value &>> UInt64(8 &* first))
        for bit in 0..<8 where bytes & 1 &<< UInt8(bit) != 0 {
            if value & 0xFF != 0 { result |= 1 &<< UInt8(bit) }
            value &>>= 8
        }
        return result
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
