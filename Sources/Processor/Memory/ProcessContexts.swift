/// Translations of address spaces that are not the current one, by their process-context identifier. SDM Vol. 3A, section 4.10.1.
///
/// A cache, as the TLB is: the two tables of `CPU` hold the current identifier's translations and all global ones; what belongs to another
/// identifier waits here, as long as there is room for it. Nothing is here while CR4.PCIDE is clear.
struct ProcessContexts {
    /// Identifiers that are remembered; who was current longest ago has to go.
    static let most = 8

    private struct Context {
        let identifier: UInt64
        var supervisor = TLB.Aside()
        var user = TLB.Aside()
        var lastUse: UInt64 = 0
    }

    private var contexts: [Context] = []
    private var uses: UInt64 = 0

    /// Takes the translations of `identifier` out of the tables, all but global ones.
    mutating func putAside(_ identifier: UInt64, _ supervisor: inout TLB, _ user: inout TLB) {
        let index = place(of: identifier)
        uses &+= 1
        contexts[index].lastUse = uses
        supervisor.putAside(into: &contexts[index].supervisor)
        user.putAside(into: &contexts[index].user)
    }

    /// Puts those of `identifier` back, if they are known.
    mutating func putBack(_ identifier: UInt64, _ supervisor: inout TLB, _ user: inout TLB, _ code: CodeMap) {
        guard let index = contexts.firstIndex(where: { $0.identifier == identifier }) else { return }
        supervisor.putBack(&contexts[index].supervisor, code)
        user.putBack(&contexts[index].user, code)
    }

    /// Finds the place of the translations of `identifier`, or makes one.
    private mutating func place(of identifier: UInt64) -> Int {
        if let known = contexts.firstIndex(where: { $0.identifier == identifier }) { return known }
        if contexts.count == Self.most, let oldest = contexts.indices.min(by: { contexts[$0].lastUse < contexts[$1].lastUse }) {
            contexts.remove(at: oldest)
        }
        contexts.append(Context(identifier: identifier))
        return contexts.count - 1
    }

    mutating func forget(_ identifier: UInt64) {
        guard let index = contexts.firstIndex(where: { $0.identifier == identifier }) else { return }
        contexts[index].supervisor.removeAll()
        contexts[index].user.removeAll()
    }

    /// Forgets the page of `identifier` that `linear` is in.
    mutating func forget(_ identifier: UInt64, _ linear: UInt64) {
        guard let index = contexts.firstIndex(where: { $0.identifier == identifier }) else { return }
        contexts[index].supervisor.remove(linear)
        contexts[index].user.remove(linear)
    }

    mutating func forgetAll() {
        if !contexts.isEmpty { contexts.removeAll() }
    }
}

extension TLB {
    /// The entries of a TLB that another process context will find again.
    struct Aside {
        fileprivate var data: [TLBEntry] = []
        fileprivate var fetch: [FetchTLBEntry] = []
        /// The largest page that they are parts of.
        fileprivate var largestSpan: UInt64 = 0x1000

        mutating func removeAll() {
            data.removeAll(keepingCapacity: true)
            fetch.removeAll(keepingCapacity: true)
            largestSpan = 0x1000
        }

        /// Removes the page that `linear` is in; of large pages all that may be the same: see `TLB.invalidate(_:)`.
        mutating func remove(_ linear: UInt64) {
            let (large, small) = (~(largestSpan &- 1), ~UInt64(0xFFF))
            data.removeAll { ($0.linearPage ^ linear) & ($0.isLarge ? large : small) == 0 }
            fetch.removeAll { ($0.tag ^ linear) & ($0.span > 0x1000 ? large : small) == 0 }
        }
    }

    /// Moves all entries but global ones to `aside`, in place of what is there.
    mutating func putAside(into aside: inout Aside) {
        aside.removeAll()
        aside.largestSpan = largestSpan
        forEachUsed { entry in
            guard !entry.isGlobal, !entry.isEmpty else { return }
            var entry = entry
            entry.show()
            aside.data.append(entry)
        }
        for slot in 0..<FetchTLBEntry.count where fetch[slot].tag != TLBEntry.noTag && !fetch[slot].isGlobal {
            aside.fetch.append(fetch[slot])
        }
        flush(keepingGlobal: true)
    }

    /// Moves entries back to where there is nothing. Their pages may hold code by now, or none any more.
    mutating func putBack(_ aside: inout Aside, _ code: CodeMap) {
        for var entry in aside.data {
            if entry.writeTag != TLBEntry.noTag {
                entry.writeTag = entry.linearPage | (code.holdsCode(entry.physicalPage) ? TLBEntry.besideCode : 0)
            }
            putBack(entry, span: aside.largestSpan)
        }
        for entry in aside.fetch where fetch[FetchTLBEntry.slot(entry.tag)].tag == TLBEntry.noTag { enter(entry) }
        aside.removeAll()
    }
}
