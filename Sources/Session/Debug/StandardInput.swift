/// Lines from standard input, read so that a signal is noticed while nothing comes.
package struct StandardInput {
    package enum Line: Equatable {
        case text(String)
        /// A signal came.
        case interrupted
        case end
    }

    private var bytes: [UInt8] = []
    private var hasEnded = false
    /// Longer lines are cut.
    private static let longest = 1 << 16

    package init() {}

    package mutating func next() -> Line {
        while true {
            if let end = bytes.firstIndex(of: 0x0A) {
                defer { bytes.removeFirst(end + 1) }
                return .text(String(decoding: bytes[..<end], as: UTF8.self))
            }
            if hasEnded || bytes.count > Self.longest {
                defer { bytes = [] }
                return bytes.isEmpty ? .end : .text(String(decoding: bytes, as: UTF8.self))
            }
            // poll(2) returns at a signal, read(2) goes on.
            var descriptor = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
            if poll(&descriptor, 1, -1) < 0 { return .interrupted }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(0, &buffer, buffer.count)
            if count <= 0 { hasEnded = true } else { bytes += buffer[..<count] }
        }
    }
}
