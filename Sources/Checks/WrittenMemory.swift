import Processor
import Wiring

/// The bytes of RAM that were written since power-on, and, of bytes that hold copies of others that were not, which those are.
struct WrittenMemory {
    /// One for each byte that was written.
    ///
    /// SAFETY: `count` bytes and eight more, allocated in `init` and given back in `deallocate`; indices are compared with `count` first.
    private let written: UnsafeMutablePointer<UInt8>
    private let count: UInt64
    /// The place where the value of an unwritten byte was read first, by its physical address in units of four bytes.
    private var origins: [UInt64: UnwrittenByte] = [:]
    private static let mostOrigins = 1 << 16

    init(bytes: UInt64) throws(HostMemory.Exhausted) {
        count = bytes
        written = try HostMemory.zeroed(UInt8.self, count: Int(bytes) + 8)
        // What the BIOS keeps for others, and display memory and ROMs.
        write(0, 0x500)
        write(0x9_0000, 0x7_0000)
    }

    func deallocate() { HostMemory.free(written, count: Int(count) + 8) }

    /// `bytes` were written by somebody who knows what.
    func write(_ physical: UInt64, _ bytes: UInt64) {
        guard physical < count else { return }
        let first = UnsafeMutableRawPointer(written + Int(truncatingIfNeeded: physical))
        switch bytes {
        case 4 where count - physical >= 4: first.storeBytes(of: 0x0101_0101, as: UInt32.self)
        case 8 where count - physical >= 8: first.storeBytes(of: 0x0101_0101_0101_0101, as: UInt64.self)
        case 1: first.storeBytes(of: 1, as: UInt8.self)
        default: fill(physical, bytes)
        }
    }

    private func fill(_ physical: UInt64, _ bytes: UInt64) {
        (written + Int(physical)).update(repeating: 1, count: Int(min(bytes, count - physical)))
    }

    /// A bit for each of up to eight bytes that was not written.
    @inline(__always)
    func unwritten(_ physical: UInt64, _ size: UInt64) -> UInt8 {
        guard physical < count, size > 0 else { return 0 }
        let bytes = UnsafeRawPointer(written + Int(truncatingIfNeeded: physical)).loadUnaligned(as: UInt64.self)
        // The lowest bit of each byte, gathered.
        let mask = UInt8(truncatingIfNeeded: (bytes &* 0x0102_0408_1020_4080) &>> 56)
        return ~mask & (0xFF &>> UInt8(truncatingIfNeeded: 8 &- size))
    }

    /// Notes of up to eight bytes which of them hold what was never written.
    @inline(__always)
    mutating func store(_ physical: UInt64, _ size: UInt64, unwritten mask: UInt8, from origin: UnwrittenByte?) {
        guard physical < count, size <= count - physical else { return }
        let first = written + Int(truncatingIfNeeded: physical)
        for byte in 0..<Int(truncatingIfNeeded: size) { first[byte] = mask &>> UInt8(truncatingIfNeeded: byte) & 1 ^ 1 }
        guard mask != 0, let origin else { return }
        if origins.count >= Self.mostOrigins { origins = [:] }
        origins[physical &>> 2] = origin
        if size > 4 { origins[(physical &+ 4) &>> 2] = origin }
    }

    func origin(of physical: UInt64) -> UnwrittenByte? { origins[physical &>> 2] }
}

/// A byte that was read before it was written, and who read it.
struct UnwrittenByte {
    let linear: UInt64
    let reader: CodePlace
}
