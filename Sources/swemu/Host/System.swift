// The host's C library under one import, and the few calls that need care.
#if canImport(Glibc)
    @_exported import Glibc
#elseif canImport(Musl)
    @_exported import Musl
#else
    @_exported import Darwin
#endif

/// The host's words for the last error.
func hostReason() -> String { String(cString: strerror(errno)) }

/// Writes all of `bytes` to a descriptor, waiting where it must. False when the far end is gone or the disk is full.
@discardableResult
func writeAll(_ descriptor: Int32, _ bytes: some Collection<UInt8>) -> Bool {
    let array = Array(bytes)
    return array.withUnsafeBytes { buffer in
        var done = 0
        while done < buffer.count {
            let count = write(descriptor, buffer.baseAddress! + done, buffer.count - done)
            if count > 0 {
                done += count
            } else if errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&waiting, 1, 1000)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}

/// One line on standard error.
func complain(_ line: String) {
    writeAll(2, Array((line + "\n").utf8))
}

/// Whether bytes, or the end, can be read from one of `descriptors` within `milliseconds`.
@discardableResult
func waitForInput(_ descriptors: [Int32], milliseconds: Int32) -> Bool {
    var waiting = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    return poll(&waiting, nfds_t(waiting.count), milliseconds) > 0
}

/// A file's whole contents, or the reason why not.
func readFile(_ path: String, limit: Int) -> Result<[UInt8], HostReason> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return .failure(HostReason(text: hostReason())) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while bytes.count <= limit {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { return .failure(HostReason(text: hostReason())) }
        if count == 0 { return .success(bytes) }
        bytes += chunk[..<count]
    }
    return .failure(HostReason(text: "more than \(limit) bytes"))
}

struct HostReason: Error { let text: String }

/// Nanoseconds of the host's steady clock. For pacing and for renewing files; the guest never sees it.
func hostNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
