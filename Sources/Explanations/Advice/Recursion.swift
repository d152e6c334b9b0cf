import Executables
import Inspection
import Processor

/// Return addresses that lie on the stack again and again: a function that calls itself, directly or through others.
struct Recursion: Equatable {
    /// Offset in the code segment behind the call that is repeated.
    let returnAddress: UInt64
    /// Number of frames that there are at least, and the bytes between two of them; 0 where they differ.
    let count: UInt64
    let stride: UInt64
    /// Linear addresses from the innermost frame to the outermost.
    let extent: ClosedRange<UInt64>

    /// Frames that make a recursion endless for whoever has no stack left.
    private static let least = 16
    private static let window: UInt64 = 16384

    /// Looks at the stack from its top on; where nothing is mapped or no RAM, from the first RAM above. `moments` know calls that have been
    /// overwritten since.
    init?(_ view: MachineView, top pointer: UInt64, moments: LastMoments?) {
        // A near call pushes as much as its operand size says: that of the code.
        let word = view.stackWord
        guard let top = Self.firstRAM(view, pointer) else { return nil }
        var places: [UInt64: [UInt64]] = [:]
        var offset: UInt64 = 0
        while offset < Self.window {
            let address = (top &+ offset) & view.linearMask
            if address & 0xFFF < word, !view.isRAM(linear: address) { break }
            guard let value = view.linear(address, Int(word)) else { break }
            places[value, default: []].append(address)
            offset += word
        }
        // The innermost call of the round is the one whose address comes first.
        let repeated = places.filter { $0.value.count >= Self.least }
        let called = repeated.filter { moments?.call(before: (view.state.cs.base &+ $0.key) & view.linearMask) != nil }
        let candidates = called.isEmpty ? repeated.filter { Self.isReturn(view, $0.key, $0.value) } : called
        guard let (value, found) = candidates.min(by: { ($0.value[0], $0.key) < ($1.value[0], $1.key) }) else { return nil }
        returnAddress = value
        stride = Self.stride(found) ?? 0
        var (last, count) = (found[found.count - 1], UInt64(found.count))
        while stride > 0, count < 1 << 18, view.linear((last &+ stride) & view.linearMask, Int(word)) == value,
            last &+ stride > last, last &+ stride <= view.linearMask
        {
            last &+= stride
            count += 1
        }
        self.count = count
        extent = min(found[0], last)...max(found[0], last)
    }

    private static func firstRAM(_ view: MachineView, _ pointer: UInt64) -> UInt64? {
        let start = pointer & ~1
        if view.isRAM(linear: start) { return start }
        return (1...16 as ClosedRange<UInt64>).map { ((start & ~0xFFF) &+ $0 << 12) & view.linearMask }.first {
            view.isRAM(linear: $0)
        }
    }

    private static func stride(_ places: [UInt64]) -> UInt64? {
        let step = places[1] &- places[0]
        return zip(places, places.dropFirst()).allSatisfy { $1 &- $0 == step } ? step : nil
    }

    /// Tells whether a value is a return address: behind a CALL, or near what runs and at even distances where the stack has grown over the code itself.
    private static func isReturn(_ view: MachineView, _ value: UInt64, _ places: [UInt64]) -> Bool {
        guard value > 0xF else { return false }
        if Backtrace.isBehindCall(view, (view.state.cs.base &+ value) & view.linearMask) { return true }
        let distance = Int64(bitPattern: value) - Int64(bitPattern: view.state.rip)
        return places.count >= 2 * least && stride(places) != nil && abs(distance) < 0x1000
            && view.linearSP <= view.linearIP &+ 0x1000
    }
}
