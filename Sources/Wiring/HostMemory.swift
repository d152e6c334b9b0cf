#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Zeroed host memory that costs nothing until it is touched: the one door to mmap.
public enum HostMemory {
    /// The host has no address space for that many bytes more.
    public struct Exhausted: Error, Equatable, Sendable {
        /// Number of bytes that were asked for.
        public let bytes: Int
    }

    /// Page-aligned and zero, of a type for which zeros are a value. `isLow`: where `ram` is. SAFETY: to be given back with the same `count`.
    public static func zeroed<T>(_ type: T.Type, count: Int, isLow: Bool = false) throws(Exhausted) -> UnsafeMutablePointer<T> {
        let (size, overflows) = count.multipliedReportingOverflow(by: MemoryLayout<T>.stride)
        let bytes = max(1, size)
        guard !overflows, let memory = isLow ? mapLow(bytes) : map(bytes) else { throw Exhausted(bytes: overflows ? .max : bytes) }
        return memory.bindMemory(to: T.self, capacity: count)
    }

    /// RAM of a guest, page-aligned and zero; nil when the host has no room. On Linux for x86-64 it is below 2 GB of the host's addresses, if
    /// there is room, so that translated code can have its address in an instruction. SAFETY: as `zeroed`.
    public static func ram(bytes: Int) -> UnsafeMutablePointer<UInt8>? {
        let memory = mapLow(bytes)
        #if os(Linux) && arch(x86_64)
            // Systems touch most of their RAM, and the host's TLB holds large pages longer; a small program touches the beginning alone.
            if let memory, bytes > smallProgram, bytes <= largestInLargePages {
                madvise(memory + smallProgram, bytes - smallProgram, MADV_HUGEPAGE)
            }
        #endif
        return memory?.bindMemory(to: UInt8.self, capacity: bytes)
    }

    /// Bytes at the beginning of RAM that stay in small pages, and of the largest RAM whose rest does not: more must not become resident than
    /// is touched.
    private static let smallProgram = 4 << 20
    private static let largestInLargePages = 1 << 30

    /// Tells whether the host would give `bytes` more now: asked before a machine is made of many parts, so that a host without room is one error.
    public static func hasRoom(bytes: Int) -> Bool {
        guard let memory = map(bytes) else { return false }
        munmap(memory, bytes)
        return true
    }

    /// Number of bytes that the host would give now: `bytes`, or the half of it, or the half of that, down to 0.
    public static func room(upTo bytes: Int) -> Int {
        var bytes = bytes
        while bytes > 0, !hasRoom(bytes: bytes) { bytes /= 2 }
        return bytes
    }

    private static func mapLow(_ bytes: Int) -> UnsafeMutableRawPointer? {
        #if os(Linux) && arch(x86_64)
            map(bytes, flags: Int32(MAP_32BIT)) ?? map(bytes)
        #else
            map(bytes)
        #endif
    }

    private static func map(_ bytes: Int, flags: Int32 = 0) -> UnsafeMutableRawPointer? {
        #if os(Linux)
            let flags = flags | MAP_PRIVATE | Int32(MAP_ANONYMOUS) | Int32(MAP_NORESERVE)
        #else
            let flags = flags | MAP_PRIVATE | MAP_ANON
        #endif
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0)
        return memory == MAP_FAILED ? nil : memory
    }

    /// Gives memory back that was allocated here with the same count.
    public static func free<T>(_ memory: UnsafeMutablePointer<T>, count: Int) {
        munmap(memory, max(1, count * MemoryLayout<T>.stride))
    }
}
