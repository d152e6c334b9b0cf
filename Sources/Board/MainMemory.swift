import Processor
import Wiring

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The machine's RAM: one anonymous mapping of the host, all zero at power-on.
///
/// SAFETY: `base` is valid for `size` bytes from `init` to `deinit`. The processor keeps pointers into it, so the board keeps
/// this object as long as the processor.
final class MainMemory {
    let base: UnsafeMutableRawPointer
    /// Bytes, a multiple of 4096.
    let size: Int
    static let pageSize = 4096
    /// Keeps what pages held before they are written; nil while nobody wants to go back.
    var copies: PageCopies?

    init(size: Int) throws(BoardError) {
        guard let memory = HostMemory.ram(bytes: size) else { throw .outOfHostMemory(bytes: size) }
        base = UnsafeMutableRawPointer(memory)
        self.size = size
    }

    deinit { HostMemory.free(base.assumingMemoryBound(to: UInt8.self), count: size) }

    /// To be called before `count` bytes from `offset` on are written by anybody who did not get them from `SystemBus.page(at:)`.
    func willWrite(_ offset: Int, count: Int) {
        guard let copies, count > 0 else { return }
        for number in offset / Self.pageSize...(offset + count - 1) / Self.pageSize { copies.keep(number) }
    }

    /// Numbers of the pages that hold something else than those of `other`; pages that only one of them has are not among them.
    func pages(differingFrom other: MainMemory) -> [Int] {
        (0..<min(size, other.size) / Self.pageSize).filter {
            memcmp(base + $0 * Self.pageSize, other.base + $0 * Self.pageSize, Self.pageSize) != 0
        }
    }

    /// Leaves what power-on does: zeros.
    func clear() {
        _ = madvise(base, size, MADV_DONTNEED)
    }
}

/// Offsets are physical addresses.
extension MainMemory: MemoryDevice {
    func page(at offset: Int) -> PhysicalPage {
        if let copies { copies.keep(offset / Self.pageSize) }
        return PhysicalPage(read: base + offset, write: base + offset)
    }

    func readMemory(offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }
    func peekMemory(offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }

    func writeMemory(offset: Int, value: UInt8) {
        willWrite(offset, count: 1)
        base.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    }
}

/// Read-only memory: the firmware's bytes at a page-aligned host address.
///
/// SAFETY: as `MainMemory`. Nothing writes behind `base` after `init`.
final class ReadOnlyMemory {
    let base: UnsafeMutableRawPointer
    let size: Int

    init(_ bytes: [UInt8]) {
        size = bytes.count
        base = .allocate(byteCount: size, alignment: 4096)
        bytes.withUnsafeBytes { base.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: size) }
    }

    deinit { base.deallocate() }
}

extension ReadOnlyMemory: MemoryDevice {
    func page(at offset: Int) -> PhysicalPage { PhysicalPage(read: base + offset, write: nil) }

    func readMemory(offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }
    func peekMemory(offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }
    func writeMemory(offset: Int, value: UInt8) {}
}
