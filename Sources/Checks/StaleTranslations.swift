import Inspection
import Processor

/// `--check stale-tlb`: translations that a processor may use though the page tables hold others. SDM Vol. 3A, sections 4.10.2 to 4.10.5.
///
/// A TLB as large as a processor could have is kept for each processor beside the one that it has: what is in it was used since the last INVLPG of
/// the page, the last write to CR3 or whatever else drops it. When tables have been written, an entry is compared with them at its next use. No
/// mistake are other accessed and dirty flags, a page that is new (no TLB keeps one that is not present), and rights that have become wider.
final class StaleTranslations {
    private let buffers: PerProcessor<Buffer>
    /// For each page of RAM, whether entries of tables that translations came from are in it.
    private var holdsTables: [Bool]
    /// Counts stores to such pages: an entry that was compared since the last one is as the tables say.
    private var changes: UInt64 = 1
    /// The last writer of an entry, by its physical address.
    private var writers: [UInt64: CodePlace] = [:]
    private static let mostWriters = 1 << 16

    /// A translation as the tables had it when it was used first.
    private struct Entry {
        /// Linear page, and in the low bits who uses it; 0 where the place is free.
        var key: UInt64 = 0
        var physicalPage: UInt64 = 0
        /// `changes` when it was compared last.
        var compared: UInt64 = 0
        /// The moment when it was filled, in flushes.
        var filled: UInt64 = 0
        var tick: UInt64 = 0
        var span: UInt64 = 0x1000
        var isGlobal = false
        /// It was writable and dirty: a store needs no walk.
        var isWritable = false
    }

    /// The translations that one processor may remember.
    private struct Buffer {
        var entries = [Entry](repeating: Entry(), count: Buffer.size)
        var count = 0
        var now: UInt64 = 1
        /// The last moments at which all was dropped, and all but global pages.
        var flushedAll: UInt64 = 0
        var flushed: UInt64 = 0
        var hasLargePages = false
        /// The page that instructions came from last, and when that was found to be right.
        var lastFetch: (key: UInt64, changes: UInt64, moment: UInt64) = (0, 0, 0)

        static let size = 1 << 14

        /// Tells where the entry of a key is, or would be.
        @inline(__always)
        func place(_ key: UInt64) -> Int {
            var index = Int(truncatingIfNeeded: (key &>> 12) ^ (key &<< 8) ^ (key &>> 26)) & (Self.size - 1)
            while entries[index].key != key, entries[index].key != 0 { index = (index + 1) & (Self.size - 1) }
            return index
        }

        @inline(__always) func holds(_ entry: Entry) -> Bool { entry.filled > (entry.isGlobal ? flushedAll : flushed) }
    }

    init(processors: Int, memoryBytes: UInt64) {
        buffers = PerProcessor(repeating: Buffer(), count: processors)
        holdsTables = .init(repeating: false, count: Int(memoryBytes >> 12) + 1)
    }

    deinit { buffers.deallocate() }

    // MARK: Uses

    func accessed(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        if access.isWrite { wrote(access, cpu, checks) }
        guard access.isOperand, cpu.isPaging else { return }
        use(access.linear, access.physical, isWrite: access.isWrite, isFetch: false, cpu, checks)
        guard access.size > access.firstCount else { return }
        use(access.linear &+ access.firstCount, access.secondPhysical, isWrite: access.isWrite, isFetch: false, cpu, checks)
    }

    func fetched(_ linear: UInt64, _ physical: UInt64, _ cpu: CPU, _ checks: MachineChecks) {
        guard cpu.isPaging else { return }
        let key = Self.key(linear, cpu, isFetch: true)
        let last = buffers[cpu.number].lastFetch
        if last.key == key, last.changes == changes, last.moment == buffers[cpu.number].now { return }
        use(linear, physical, isWrite: false, isFetch: true, cpu, checks)
        buffers[cpu.number].lastFetch = (key, changes, buffers[cpu.number].now)
    }

    /// Bit 0 keeps the key of page 0 apart from a free place.
    @inline(__always)
    private static func key(_ linear: UInt64, _ cpu: CPU, isFetch: Bool) -> UInt64 {
        linear & ~0xFFF | (cpu.cpl == 3 ? 2 : 0) | (isFetch ? 4 : 0) | 1
    }

    private func use(_ linear: UInt64, _ physical: UInt64, isWrite: Bool, isFetch: Bool, _ cpu: CPU, _ checks: MachineChecks) {
        let key = Self.key(linear, cpu, isFetch: isFetch)
        let index = buffers[cpu.number].place(key)
        let entry = buffers[cpu.number].entries[index]
        // A store through an entry that is not dirty walks the tables.
        guard entry.key == key, buffers[cpu.number].holds(entry), entry.isWritable || !isWrite else {
            return fill(key, index, linear, isWrite, cpu)
        }
        guard entry.compared != changes else { return }
        let walk = cpu.lookUp(linear)
        let isUser = key & 2 != 0
        let purpose = PageWalk.Purpose(isFetch ? .execute : isWrite ? .write : .read, isUser: isUser)
        let refusal = walk.refusal(purpose, cpu.paging)
        let page = walk.physical.map { $0 & ~0xFFF }
        guard refusal != nil || page != entry.physicalPage else {
            buffers[cpu.number].entries[index].compared = changes
            return
        }
        report(entry, linear, walk, purpose, isFetch: isFetch, cpu, checks)
        fill(key, index, linear, isWrite, cpu)
    }

    /// Takes over what the tables say.
    private func fill(_ key: UInt64, _ index: Int, _ linear: UInt64, _ isWrite: Bool, _ cpu: CPU) {
        let walk = cpu.lookUp(linear)
        for number in 0..<walk.count {
            guard let address = walk.address(number), address >> 12 < holdsTables.count else { continue }
            holdsTables[Int(address >> 12)] = true
        }
        let number = cpu.number
        var index = index
        if buffers[number].entries[index].key == 0 {
            // It is as if the processor had forgotten all: a mistake may be missed, and none is invented.
            if buffers[number].count > Buffer.size / 2 {
                buffers[number] = Buffer()
                index = buffers[number].place(key)
            }
            buffers[number].count += 1
        }
        guard let physical = walk.physical else {
            // Its entry stays free for the next use.
            buffers[number].entries[index] = Entry(key: key)
            return
        }
        buffers[number].now &+= 1
        if walk.span > 0x1000 { buffers[number].hasLargePages = true }
        buffers[number].entries[index] = Entry(
            key: key, physicalPage: physical & ~0xFFF, compared: changes, filled: buffers[number].now, tick: cpu.core.pointee.ticks,
            span: walk.span, isGlobal: walk.isGlobal && cpu.paging.hasGlobalPages,
            isWritable: (isWrite || walk.isDirty) && walk.isWritable(cpu.paging, isUser: key & 2 != 0))
    }

    // MARK: What drops entries

    func forgot(keepingGlobal: Bool, _ cpu: CPU) {
        let number = cpu.number
        buffers[number].now &+= 1
        buffers[number].flushed = buffers[number].now
        if !keepingGlobal { buffers[number].flushedAll = buffers[number].now }
    }

    /// INVLPG: the whole page, however large it is.
    func forgot(_ linear: UInt64, _ cpu: CPU) {
        let number = cpu.number
        buffers[number].now &+= 1
        for kinds in [1, 3, 5, 7] as [UInt64] {
            let index = buffers[number].place(linear & ~0xFFF | kinds)
            buffers[number].entries[index].filled = 0
        }
        guard buffers[number].hasLargePages else { return }
        for index in 0..<Buffer.size where buffers[number].entries[index].span > 0x1000 {
            let entry = buffers[number].entries[index]
            if (entry.key ^ linear) & ~(entry.span &- 1) == 0 { buffers[number].entries[index].filled = 0 }
        }
    }

    /// A page fault drops what was known of its address. Section 4.10.4.1.
    func delivered(_ delivery: CPU.Delivery, _ cpu: CPU) {
        if delivery.source == .exception, delivery.fault.vector == 14 { forgot(cpu.core.pointee.state.cr2, cpu) }
    }

    // MARK: Stores to tables

    private func wrote(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        let frame = Int(truncatingIfNeeded: min(access.physical &>> 12, UInt64(holdsTables.count - 1)))
        guard holdsTables[frame] else { return }
        changes &+= 1
        if writers.count >= Self.mostWriters { writers = [:] }
        let place = checks.place(cpu)
        let size: UInt64 = cpu.paging.kind == .bits32 ? 4 : 8
        var address = access.physical & ~(size &- 1)
        while address < access.physical &+ access.firstCount {
            writers[address] = place
            address &+= size
        }
    }

    /// By a bus master: nobody can be named.
    func wrote(physical: UInt64, count: Int) {
        guard count > 0 else { return }
        let (first, last) = (physical >> 12, (physical &+ UInt64(count) &- 1) >> 12)
        guard first < holdsTables.count, first <= last else { return }
        if holdsTables[Int(first)...Int(min(last, UInt64(holdsTables.count - 1)))].contains(true) { changes &+= 1 }
    }

    // MARK: Words

    private func report(
        _ entry: Entry, _ linear: UInt64, _ walk: PageWalk, _ purpose: PageWalk.Purpose, isFetch: Bool, _ cpu: CPU,
        _ checks: MachineChecks
    ) {
        checks.report(.staleTLB, subject: linear & ~0xFFF, by: cpu) {
            let action = isFetch ? "is executed" : purpose.access == .write ? "is written" : "is read"
            let tables =
                walk.stopped(by: purpose, cpu.paging).words
                ?? "physical \(h((walk.physical ?? 0) & ~0xFFF)), \(rights(walk, cpu, purpose.isUser))"
            var details = [
                isFetch ? "executing: \(checks.text(cpu))" : "by: \(checks.text(cpu))",
                "the TLB may hold: physical \(h(entry.physicalPage))\(entry.isWritable ? ", writable" : ""), used since tick \(entry.tick)",
                "the tables say: \(tables)",
            ]
            let writer = walk.steps.compactMap { step in writers[step.address].map { (step, $0) } }
                .filter { $0.1.tick >= entry.tick }.max { $0.1.tick < $1.1.tick }
            if let (step, place) = writer {
                let who = cpu.isAlone ? "" : " on processor \(place.processor)"
                details.append(
                    "written: \(step.name) \(h(step.index, 3)) at \(h(step.address)), at \(place.words(checks.sources))\(who), tick \(place.tick)"
                )
                details.append(
                    place.processor == cpu.number
                        ? "no INVLPG of this page and no write to CR3 came after that"
                        : "this processor executed no INVLPG of this page and wrote no CR3 after that: it has to be asked to, by an interrupt"
                )
            }
            return ("\(checks.name(linear)) \(action) through a translation that the page tables no longer hold", details)
        }
    }

    private func rights(_ walk: PageWalk, _ cpu: CPU, _ isUser: Bool) -> String {
        walk.isWritable(cpu.paging, isUser: isUser) ? "writable" : "read-only"
    }
}
