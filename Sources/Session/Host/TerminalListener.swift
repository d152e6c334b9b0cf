import Formats

/// A pseudo-terminal of ours: whoever opens its other end is somebody who has connected. pty(7).
final class TerminalListener: ConnectionListener {
    /// Nothing to wait for: while nobody has the other end open, the terminal would say so without end.
    let descriptor: Int32 = -1
    private let master: Int32
    /// The name of the other end.
    let path: String
    /// Milliseconds that the end of a run waits for whoever has the other end open.
    private static let patience = 2000

    init() throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        guard master >= 0, let name = Self.unlock(master) else {
            throw UserError(.outputFile, "cannot open a terminal (\(hostReason()))", "pty", remedy: "use unix:PATH")
        }
        path = name
        _ = fcntl(master, F_SETFD, FD_CLOEXEC)
        // Opened and closed once, the terminal says whether somebody has its other end open.
        let other = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
        var settings = termios()
        if other >= 0, tcgetattr(other, &settings) == 0 {
            cfmakeraw(&settings)
            tcsetattr(other, TCSANOW, &settings)
        }
        if other >= 0 { close(other) }
        complain("swemu: char device redirected to \(name)")
    }

    deinit { close(master) }

    /// The name of the other end, which may be opened from now on.
    private static func unlock(_ master: Int32) -> String? {
        #if os(Linux)
            // What unlockpt and ptsname do: TIOCSPTLCK and TIOCGPTN of ioctl_tty(2).
            var (isLocked, number): (Int32, UInt32) = (0, 0)
            guard ioctl(master, 0x4004_5431, &isLocked) == 0, ioctl(master, 0x8004_5430, &number) == 0 else { return nil }
            return "/dev/pts/\(number)"
        #else
            return grantpt(master) == 0 && unlockpt(master) == 0 ? ptsname(master).map { String(cString: $0) } : nil
        #endif
    }

    func accept() -> Int32? {
        guard !UnixSocket.isGone(master) else { return nil }
        let connection = fcntl(master, F_DUPFD_CLOEXEC, 0)
        return connection >= 0 ? connection : nil
    }

    /// Waits until the other end has read what lies there, or nobody has it open: a terminal that is closed forgets what nobody has read.
    func awaitReader() {
        var (idle, looks) = (0, 0)
        // What was written arrives at the other end a moment later; so nothing there counts when it is seen three times.
        while idle < 3, looks < Self.patience {
            guard !UnixSocket.isGone(master), let waiting = bytesAtOtherEnd() else { return }
            idle = waiting == 0 ? idle + 1 : 0
            looks += 1
            usleep(1000)
        }
    }

    /// Bytes that nobody has read, seen from the other end, which is open meanwhile.
    private func bytesAtOtherEnd() -> Int32? {
        #if os(Linux)
            // Without a path, which the filter of system calls refuses: ioctl_tty(2), TIOCGPTPEER.
            let other = ioctl(master, 0x5441, O_WRONLY | O_NOCTTY | O_CLOEXEC)
        #else
            let other = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC)
        #endif
        guard other >= 0 else { return nil }
        defer { close(other) }
        var count: Int32 = 0
        return ioctl(other, UInt(FIONREAD), &count) == 0 ? count : nil
    }
}

/// Named pipes of the file system, as QEMU's `pipe:PATH` has them. fifo(7).
enum NamedPipes {
    /// The end to write to, and the one to read from: `PATH.out` and `PATH.in` where they are, else `PATH` for both.
    static func open(_ path: String) throws -> (output: Int32, input: Int32) {
        let isPair = access(path + ".in", F_OK) == 0
        // Open for both ways, so that nobody has to be there already, and the end of one reader or writer is not the end of the pipe.
        let output = try openPipe(isPair ? path + ".out" : path)
        do {
            return (output, try openPipe(isPair ? path + ".in" : path))
        } catch {
            close(output)
            throw error
        }
    }

    private static func openPipe(_ path: String) throws -> Int32 {
        let isThere = isPipe(path)
        let descriptor = isThere ? systemOpen(path, O_RDWR | O_CLOEXEC) : -1
        guard descriptor >= 0 else {
            throw UserError(
                .outputFile, "cannot open the pipe (\(isThere ? hostReason() : "no named pipe"))", path,
                remedy: "make two with: mkfifo NAME.in NAME.out")
        }
        return descriptor
    }
}

private func systemOpen(_ path: String, _ flags: Int32) -> Int32 { open(path, flags) }
