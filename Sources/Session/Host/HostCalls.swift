// The host's C library under one import, and the few calls that need care.
#if canImport(Glibc)
    @_exported import Glibc
#elseif canImport(Musl)
    @_exported import Musl
#else
    @_exported import Darwin
#endif

/// The host's words for the last error.
package func hostReason() -> String { hostReason(errno) }

/// The host's words for an error number.
package func hostReason(_ number: Int32) -> String {
    number == ETIMEDOUT ? "its reader does not read" : String(cString: strerror(number))
}

/// One line on standard error.
package func complain(_ line: String) {
    _ = OutputDescriptor(2).writeAll((line + "\n").utf8)
}

/// Tells whether bytes, or the end, can be read from one of `descriptors` within `milliseconds`.
@discardableResult
package func waitForInput(_ descriptors: [Int32], milliseconds: Int32) -> Bool {
    var waiting = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    return poll(&waiting, nfds_t(waiting.count), milliseconds) > 0
}

/// Names in a folder, in order; those that begin with a dot are left out unless they are asked for. Nil, with errno set, where it cannot be read.
package func names(inFolder path: String, withHidden: Bool = false) -> [String]? {
    guard let directory = opendir(path) else { return nil }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if withHidden ? name != "." && name != ".." : !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
}

/// A file's whole contents, or the reason why not.
package func readFile(_ path: String, limit: Int) -> Result<[UInt8], HostReason> {
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

package struct HostReason: Error { package let text: String }

/// Nanoseconds of the host's steady clock. For pacing and for renewing files; the guest never sees it.
package func hostNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
