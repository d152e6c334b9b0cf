#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Zeroed host memory that costs nothing until it is touched: the one door to mmap.
public enum HostMemory {
    /// Page-aligned and zero. SAFETY: to be given back with the same `count`.
    public static func zeroed<T>(_ type: T.Type, count: Int) -> UnsafeMutablePointer<T> {
        let bytes = max(1, count * MemoryLayout<T>.stride)
        #if os(Linux)
            let flags = MAP_PRIVATE | Int32(MAP_ANONYMOUS) | Int32(MAP_NORESERVE)
        #else
            let flags = MAP_PRIVATE | MAP_ANON
        #endif
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0)
        precondition(memory != MAP_FAILED, "the host has no address space for \(bytes) bytes")
        return memory.unsafelyUnwrapped.bindMemory(to: T.self, capacity: count)
    }

    public static func free<T>(_ memory: UnsafeMutablePointer<T>, count: Int) {
        munmap(memory, max(1, count * MemoryLayout<T>.stride))
    }
}
