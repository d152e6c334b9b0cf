/// A process of this program, started with other arguments: posix_spawn(3). It reads nothing and its standard output is dropped; what it complains
/// of goes to a file.
package struct ChildProcess {
    /// The end of a process.
    package enum End: Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    let identifier: pid_t

    /// nil when the host refuses; `hostReason()` says why. Without `program` it is this one; another is looked for along PATH.
    package init?(program: String = Self.program, _ arguments: [String], errors: String) {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        let words = ([program] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        var identifier: pid_t = 0
        let result = posix_spawnp(&identifier, program, &actions, nil, words + [nil], environ)
        guard result == 0 else {
            errno = result
            return nil
        }
        self.identifier = identifier
    }

    /// Asks for its end; nil where it runs.
    package func end() -> End? {
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
        // wait(2): the low seven bits are the signal, the second byte is the status.
        return status & 0x7F == 0 ? .exit(status >> 8 & 0xFF) : .signal(status & 0x7F)
    }

    /// Waits for its end; after `seconds` it is killed.
    package func wait(seconds: Double) -> End {
        let limit = hostNanoseconds() + UInt64(seconds * 1e9)
        while hostNanoseconds() < limit {
            if let end = end() { return end }
            usleep(2000)
        }
        kill()
        return .signal(SIGKILL)
    }

    /// Asks it to end in order.
    package func terminate() { _ = sendSignal(identifier, SIGTERM) }

    package func kill() {
        _ = sendSignal(identifier, SIGKILL)
        var status: Int32 = 0
        waitpid(identifier, &status, 0)
    }

    /// The file this program was started from.
    static let program: String = {
        #if canImport(Darwin)
            var size: UInt32 = 4096
            var buffer = [CChar](repeating: 0, count: Int(size))
            guard _NSGetExecutablePath(&buffer, &size) == 0 else { return CommandLine.arguments[0] }
            return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #else
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = readlink("/proc/self/exe", &buffer, buffer.count)
            return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : CommandLine.arguments[0]
        #endif
    }()
}

/// kill(2) under a name that a method called `kill` does not hide.
private func sendSignal(_ identifier: pid_t, _ number: Int32) -> Int32 { kill(identifier, number) }
