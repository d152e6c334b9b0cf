import Inspection
import Processor

/// Numbers that commands take, each with the range it has: a number outside is refused in a line that names the range, and never cut.
extension CommandSession {
    /// `what` as in "a length".
    func number(_ text: String, _ what: String, in range: ClosedRange<UInt64>) throws(DebuggerError) -> UInt64 {
        let value = try value(text)
        guard range.contains(value) else {
            throw DebuggerError("\(what) goes from \(range.lowerBound) to \(range.upperBound), and \(Self.words(value)) is none")
        }
        return value
    }

    /// Reads a number of times or of things.
    func count(_ text: String, most: UInt64 = .max >> 1) throws(DebuggerError) -> UInt64 {
        try number(text, "a count", in: 1...most)
    }

    /// Bytes from `address` on that a command is about.
    func length(_ text: String, from address: UInt64, most: UInt64 = 1 << 24) throws(DebuggerError) -> UInt64 {
        let length = try number(text, "a length", in: 1...most)
        guard address <= UInt64.max - length else {
            throw DebuggerError("\(length) bytes from \(h(address)) on go beyond the last address")
        }
        return length
    }

    /// The linear address that an expression means as a place: a variable's own, a pointer's, a number. What an expression subtracts may go below 0
    /// and comes back from the end, as on the processor.
    func address(_ text: String) throws(DebuggerError) -> UInt64 { try linear(try place(ofExpression: text)) }

    func physicalAddress(_ text: String) throws(DebuggerError) -> UInt64 { try physical(try place(ofExpression: text)) }

    func linear(_ value: UInt64) throws(DebuggerError) -> UInt64 { try Self.inside(value, view.linearMask, "a linear address") }

    func physical(_ value: UInt64) throws(DebuggerError) -> UInt64 {
        try Self.inside(value, view.cpu.model.physicalAddressMask, "a physical address")
    }

    private func place(ofExpression text: String) throws(DebuggerError) -> UInt64 {
        try Expression(text).place(in: debugger.context)
    }

    /// `value` where it is one of so many low bits, or the same as a negative number.
    static func inside(_ value: UInt64, _ mask: UInt64, _ what: String) throws(DebuggerError) -> UInt64 {
        guard value & ~mask == 0 || value & ~mask == ~mask && value & (mask &+ 1) >> 1 != 0 else {
            throw DebuggerError("\(what) goes from 0 to \(h(mask)), and \(h(value)) is beyond")
        }
        return value & mask
    }

    /// Throws where a value has no place in so many bits, as an unsigned number or as a negative one.
    static func requireFit(_ value: UInt64, bits: Int, in place: String) throws(DebuggerError) {
        guard bits < 64 else { return }
        let least = Int64(-1) << (bits - 1)
        guard value >> UInt64(bits) != 0, bits == 1 || Int64(bitPattern: value) >= 0 || Int64(bitPattern: value) < least else {
            return
        }
        let range = bits == 1 ? "0 or 1" : "from \(least) to \(UInt64.max >> UInt64(64 - bits))"
        throw DebuggerError("\(place) has \(bits) \(bits == 1 ? "bit" : "bits"), \(range), and \(words(value)) does not fit")
    }

    /// "-1", "512", "1FFFFFFFFh".
    private static func words(_ value: UInt64) -> String {
        value >> 63 != 0 ? String(Int64(bitPattern: value)) : value < 100_000 ? String(value) : h(value)
    }
}
