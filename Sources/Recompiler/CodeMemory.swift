#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Memory for generated machine code: the one door to executable memory.
///
/// The same bytes are mapped twice, once to be written and once to be executed; no mapping allows both.
/// SAFETY: both mappings have `capacity` bytes and live until `deinit`; the owner sees to it that no code runs afterwards.
final class CodeMemory {
    let capacity: Int
    /// The address at which the code is written.
    let writable: UnsafeMutableRawPointer
    /// The address at which it is executed.
    let executable: UnsafeRawPointer
    private(set) var used = 0
    /// The most bytes that were in use when the host was told that the mapping for writing is not needed now. What is written over again stays: it would
    /// come back a page at a time.
    private var released = 0
    /// Bytes between two such times.
    private static let releaseInterval = 1 << 20

    /// Nil where the host does not give executable memory.
    init?(capacity: Int) {
        #if os(Linux)
            guard let file = CodeMemory.anonymousFile(capacity) else { return nil }
            defer { close(file) }
            let data = mmap(nil, capacity, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
            let code = mmap(nil, capacity, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0)
            guard let data, let code, data != MAP_FAILED, code != MAP_FAILED else { return nil }
            self.capacity = capacity
            writable = data
            executable = UnsafeRawPointer(code)
        #else
            return nil
        #endif
    }

    deinit {
        munmap(writable, capacity)
        munmap(UnsafeMutableRawPointer(mutating: executable), capacity)
    }

    #if os(Linux)
        /// memfd_create(2), which the C library's module does not offer to Swift.
        private static func anonymousFile(_ size: Int) -> Int32? {
            typealias Create = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
            guard let symbol = dlsym(nil, "memfd_create") else { return nil }
            let closeOnExec: UInt32 = 1
            // SAFETY: the function's type by its manual page.
            let file = unsafeBitCast(symbol, to: Create.self)("swemu-code", closeOnExec)
            guard file >= 0 else { return nil }
            guard ftruncate(file, off_t(size)) == 0 else {
                close(file)
                return nil
            }
            return file
        }
    #endif

    /// Bytes that are left.
    var room: Int { capacity - used }

    /// Takes `count` more bytes, rounded up to 16, that were written at `writable + used`.
    func commit(_ count: Int) {
        used += (count + 15) & ~15
        guard used - released >= Self.releaseInterval else { return }
        // The bytes stay, in the file and in the other mapping. What is written to once more comes back.
        madvise(writable, capacity, MADV_DONTNEED)
        released = used
    }

    /// Forgets everything but the first `count` bytes.
    func rewind(to count: Int) { used = count }

    func executableAddress(_ offset: Int) -> UInt { UInt(bitPattern: executable) &+ UInt(bitPattern: offset) }
}
