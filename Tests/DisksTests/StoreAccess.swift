import Wiring

/// `count` sectors of `store` as an array.
func readSectors(_ store: any BlockStore, _ sector: UInt64, _ count: Int) throws -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512 * count, alignment: 8)
    defer { buffer.deallocate() }
    try store.read(sector: sector, into: buffer)
    return Array(buffer)
}

func write(_ bytes: [UInt8], to store: any BlockStore, _ sector: UInt64) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
    defer { buffer.deallocate() }
    buffer.copyBytes(from: bytes)
    try store.write(sector: sector, from: UnsafeRawBufferPointer(buffer))
}

/// A generator of fixed sequence, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
