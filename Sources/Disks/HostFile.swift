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

    /// Tells the kind of file at `path`, links followed.
    static func kind(of path: String) throws(Refusal) -> Kind {
        var information = stat()
        guard stat(path, &information) == 0 else { throw Refusal(errno: errno) }
        return kind(of: information)
    }

    /// Tells whether this program may read `path`.
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

    /// Takes the advisory locks of the whole file, without waiting: flock(2) for programs that know it, and those of QEMU. They belong to this open
    /// file and end with it.
    func lock(exclusive: Bool) throws(Refusal) {
        while flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 {
            guard errno == EINTR else { throw Refusal(errno: errno) }
        }
        #if canImport(Glibc)
            try lockForQEMU(writes: exclusive)
        #endif
    }

    #if canImport(Glibc)
        /// Bytes of QEMU's locks, each with its meaning (block/file-posix.c): a shared lock of byte 100 + n says that its holder does n, one of byte
        /// 200 + n that nobody else may. n is 0 to read what stays the same, 1 to write, 3 to change the size.
        private enum QEMULock {
            static let does = 100, forbids = 200
            static let reading = 0, writing = 1, resizing = 3
        }

        private func lockForQEMU(writes: Bool) throws(Refusal) {
            let all = [QEMULock.reading, QEMULock.writing, QEMULock.resizing]
            // A writer is alone, as with flock(2); QEMU's readers of raw images would not mind it.
            let deeds = writes ? all : [QEMULock.reading]
            let forbidden = writes ? all : [QEMULock.writing, QEMULock.resizing]
            // Ours first, then a look at the others': of two that come at once at most one goes on.
            for byte in deeds.map({ QEMULock.does + $0 }) + forbidden.map({ QEMULock.forbids + $0 }) {
                guard try openFileLock(37, F_RDLCK, byte) != nil else { return }
            }
            for byte in deeds.map({ QEMULock.forbids + $0 }) + forbidden.map({ QEMULock.does + $0 }) {
                guard let found = try openFileLock(36, F_WRLCK, byte) else { return }
                if Int32(found.l_type) != F_UNLCK { throw Refusal(errno: EWOULDBLOCK) }
            }
        }

        /// fcntl(2) with an open file description lock: 37 is F_OFD_SETLK, 36 F_OFD_GETLK, which Glibc's module map leaves out. nil where the
        /// file system has no such locks.
        private func openFileLock(_ command: Int32, _ type: Int32, _ byte: Int) throws(Refusal) -> Glibc.flock? {
            var lock = Glibc.flock()
            lock.l_type = Int16(type)
            lock.l_whence = Int16(SEEK_SET)
            lock.l_start = off_t(byte)
            lock.l_len = 1
            while fcntl(descriptor, command, &lock) != 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN || errno == EACCES { throw Refusal(errno: EWOULDBLOCK) }
                return nil
            }
            return lock
        }
    #endif

    // lseek(2); Glibc's module map leaves these out.
    #if !canImport(Darwin)
        private static let seekData: Int32 = 3, seekHole: Int32 = 4
    #else
        private static let seekData = SEEK_DATA, seekHole = SEEK_HOLE
    #endif

    /// The next bytes from `offset` on that may be other than zero, up to `size`; nil when there are none.
    func data(from offset: UInt64, size: UInt64) -> Range<UInt64>? {
        let start = lseek(descriptor, off_t(offset), Self.seekData)
        if start < 0 { return errno == ENXIO || offset >= size ? nil : offset..<size }
        let end = lseek(descriptor, start, Self.seekHole)
        let range = UInt64(start)..<(end > start ? min(UInt64(end), size) : size)
        return range.isEmpty ? nil : range
    }

    /// Size in bytes, of a block device, too.
    func size() throws(Refusal) -> UInt64 {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw Refusal(errno: errno) }
        return UInt64(end)
    }

    /// Fills `buffer` from byte `offset` on. A file that has become shorter is an input/output error.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Refusal) {
        try moveAll(buffer.count, atEnd: EIO) {
            pread(descriptor, buffer.baseAddress! + $0, buffer.count - $0, off_t(offset) + off_t($0))
        }
    }

    func write(at offset: UInt64, from buffer: UnsafeRawBufferPointer) throws(Refusal) {
        try moveAll(buffer.count, atEnd: ENOSPC) {
            pwrite(descriptor, buffer.baseAddress! + $0, buffer.count - $0, off_t(offset) + off_t($0))
        }
    }

    /// Calls `move` with the number of bytes that are done, until `count` are. Nothing at all is the error `reason`.
    private func moveAll(_ count: Int, atEnd reason: Int32, _ move: (Int) -> Int) throws(Refusal) {
        var done = 0
        while done < count {
            let moved = move(done)
            guard moved >= 0 || errno == EINTR else { throw Refusal(errno: errno) }
            guard moved != 0 else { throw Refusal(errno: reason) }
            done += max(moved, 0)
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
