/// The DRQ block of a drive: what the host moves through the data register between two interrupts.
/// Apart from the rest of the drive's state, so that moving a word costs next to nothing.
final class ATABlock {
    /// Bytes of the longest block.
    private let capacity: Int
    /// SAFETY: allocated once, freed in `deinit`; `count` never exceeds `capacity` and `position` never exceeds `count`.
    private let base: UnsafeMutableRawPointer
    private(set) var count = 0
    /// Bytes moved so far.
    var position = 0

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    var isFinished: Bool { position == count }
    /// Bytes that have not been moved yet.
    var remaining: Int { count - position }
    /// All of the block.
    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count) }

    /// Starts a block of `count` bytes, content left as it is.
    func begin(count: Int) {
        precondition((0...capacity).contains(count), "a DRQ block longer than its buffer")
        self.count = count
        position = 0
    }

    func begin(with bytes: [UInt8]) {
        begin(count: bytes.count)
        self.bytes.copyBytes(from: bytes)
    }

    /// The next word, the unit of nearly all transfers. `nil` when less than a word is left.
    @inline(__always) func nextWord() -> UInt16? {
        guard position <= count &- 2 else { return nil }
        let word = base.loadUnaligned(fromByteOffset: position, as: UInt16.self)
        position &+= 2
        return UInt16(littleEndian: word)
    }

    @inline(__always) func putWord(_ word: UInt16) -> Bool {
        guard position <= count &- 2 else { return false }
        base.storeBytes(of: word.littleEndian, toByteOffset: position, as: UInt16.self)
        position &+= 2
        return true
    }

    /// Moves as much to `buffer` as both have; counts the bytes.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let moved = min(buffer.count, count - position)
        guard moved > 0 else { return 0 }
        buffer.baseAddress!.copyMemory(from: base + position, byteCount: moved)
        position += moved
        return moved
    }
}
