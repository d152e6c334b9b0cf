#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An open file of the host: a descriptor that closes itself. The only place of this module that calls the host.
struct HostFile: ~Copyable {
    enum Kind {
        case file, blockDevice, directory, other
    }

    let descriptor: Int32

    /// The error number of the host's refusal.
    struct Refusal: Error {
        let errno: Int32
        var reason: String { String(cString: strerror(errno)) }
        var isMissing: Bool { errno == ENOENT || errno == ENOTDIR }
        var isPermission: Bool { errno == EACCES || errno == EPERM }
        var isReadOnlyFileSystem: Bool { errno == EROFS || errno == ETXTBSY }
        var isExisting: Bool { errno == EEXIST }
        static let nameTooLong = Refusal(errno: ENAMETOOLONG)
        static let inputOutput = Refusal(errno: EIO)
        var wouldBlock: Bool { errno == EWOULDBLOCK || errno == EAGAIN }
    }

    /// What stands at `path`, links followed.
    static func kind(of path: String) throws(Refusal) -> Kind {
        var information = stat()
        guard stat(path, &information) == 0 else { throw Refusal(errno: errno) }
        return kind(of: information)
    }

    /// Whether this program may read `path`.
    static func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }

    private static func kind(of information: stat) -> Kind {
        switch information.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFBLK: .blockDevice
        case S_IFDIR: .directory
        default: .other
        }
    }

    init(path: String, writable: Bool) throws(Refusal) {
        let result = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK)
        guard result >= 0 else { throw Refusal(errno: errno) }
        descriptor = result
    }

    /// Makes an empty file where nothing is.
    init(creating path: String) throws(Refusal) {
        let result = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard result >= 0 else { throw Refusal(errno: errno) }
        descriptor = result
    }

    /// Takes away a file that did not become what it was to be.
    static func remove(_ path: String) { _ = unlink(path) }

    deinit { _ = close(descriptor) }

    /// Takes the advisory lock of the whole file, without waiting. It belongs to this open file and ends with it.
    func lock(exclusive: Bool) throws(Refusal) {
        while flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 {
            guard errno == EINTR else { throw Refusal(errno: errno) }
        }
    }

    /// Size in bytes, of a block device, too.
    func size() throws(Refusal) -> UInt64 {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw Refusal(errno: errno) }
        return UInt64(end)
    }

    /// Fills `buffer` from byte `offset` on. A file that has become shorter is an input/output error.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Refusal) {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
            guard count >= 0 || errno == EINTR else { throw Refusal(errno: errno) }
            guard count != 0 else { throw Refusal(errno: EIO) }
            done += max(count, 0)
        }
    }

    func write(at offset: UInt64, from buffer: UnsafeRawBufferPointer) throws(Refusal) {
        var done = 0
        while done < buffer.count {
            let count = pwrite(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
            guard count >= 0 || errno == EINTR else { throw Refusal(errno: errno) }
            guard count != 0 else { throw Refusal(errno: ENOSPC) }
            done += max(count, 0)
        }
    }

    /// Sets the size; what is new reads as zeros.
    func resize(to size: UInt64) throws(Refusal) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Refusal(errno: errno) }
    }

    /// Returns when the host's storage has what was written.
    func synchronize() throws(Refusal) {
        #if canImport(Darwin)
            // fsync(2) of macOS leaves data in the drive's cache; F_FULLFSYNC does not.
            let result = fcntl(descriptor, F_FULLFSYNC)
        #else
            let result = fdatasync(descriptor)
        #endif
        guard result == 0 else { throw Refusal(errno: errno) }
    }
}
