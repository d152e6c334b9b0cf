import CSandbox

#if os(Linux) && (arch(x86_64) || arch(arm64))
    /// The system calls that a machine needs once all is open, as a program for the kernel (seccomp(2), bpf(4)). Others are refused with EPERM.
    enum SystemCallFilter {
        /// Reading and writing what is open, memory, time, signals to itself, waiting, and the end.
        private static let usual: [Int32] = {
            var calls: [Int32] = [
                SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_preadv, SYS_pwritev, SYS_lseek,
                SYS_close,
                SYS_fstat, SYS_newfstatat, SYS_fsync, SYS_fdatasync, SYS_ftruncate, SYS_fallocate, SYS_flock, SYS_dup, SYS_dup3,
                SYS_pipe2, SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_memfd_create, SYS_rt_sigaction,
                SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_ppoll, SYS_pselect6, SYS_futex, SYS_nanosleep,
                SYS_clock_nanosleep, SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_getrusage, SYS_getpid, SYS_gettid,
                SYS_tgkill, SYS_exit, SYS_exit_group, SYS_setitimer, SYS_getitimer, SYS_restart_syscall, SYS_getrandom,
                SYS_sched_yield, SYS_sched_getaffinity, SYS_sysinfo, SYS_uname, SYS_accept, SYS_accept4, SYS_getsockopt,
                SYS_setsockopt, SYS_getsockname, SYS_getpeername, SYS_sendto, SYS_recvfrom, SYS_shutdown, SYS_getuid, SYS_geteuid,
                SYS_getgid, SYS_getegid, SYS_getcwd, SYS_umask,
            ]
            #if arch(x86_64)
                calls += [SYS_poll, SYS_select, SYS_dup2, SYS_pipe, SYS_alarm, SYS_pause, SYS_arch_prctl, SYS_time]
            #endif
            return calls
        }()

        /// Calls with names of files. Where they lead Landlock decides.
        private static let files: [Int32] = {
            var calls: [Int32] = [
                SYS_openat, SYS_unlinkat, SYS_renameat, SYS_mkdirat, SYS_faccessat, SYS_readlinkat, SYS_getdents64, SYS_statx,
            ]
            #if arch(x86_64)
                calls += [SYS_open, SYS_unlink, SYS_rename, SYS_mkdir, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_rmdir]
            #endif
            return calls
        }()

        // Codes of bpf(4), and answers of seccomp(2).
        private static let load: UInt16 = 0x20, jumpIfEqual: UInt16 = 0x15, and: UInt16 = 0x54, answer: UInt16 = 0x06
        private static let allow: UInt32 = 0x7FFF_0000, kill: UInt32 = 0x8000_0000
        private static var refuse: UInt32 { 0x0005_0000 | UInt32(EPERM) }
        /// Offsets in `struct seccomp_data`; the lower half of an argument.
        private static let number: UInt32 = 0, architecture: UInt32 = 4
        private static func argument(_ index: UInt32) -> UInt32 { 16 + 8 * index }

        /// `listens`: stream sockets may be made and listen, as the monitor's `gdbserver` wants it; none connects.
        static func program(opensFiles: Bool, listens: Bool = false) -> [sock_filter] {
            var code = [
                sock_filter(code: load, jt: 0, jf: 0, k: architecture),
                sock_filter(code: jumpIfEqual, jt: 1, jf: 0, k: sandbox_architecture),
                sock_filter(code: answer, jt: 0, jf: 0, k: kill),
                sock_filter(code: load, jt: 0, jf: 0, k: number),
            ]
            // No memory becomes executable after it was written to, and none is both.
            code += refusing(Int32(SYS_mprotect), argument: 2, mask: UInt32(PROT_EXEC), [UInt32(PROT_EXEC)])
            code += refusing(Int32(SYS_mmap), argument: 2, mask: UInt32(PROT_EXEC | PROT_WRITE), [UInt32(PROT_EXEC | PROT_WRITE)])
            // Nothing is typed into the shell that waits behind a terminal: ioctl_tty(2), TIOCSTI and TIOCLINUX.
            code += refusing(Int32(SYS_ioctl), argument: 1, mask: .max, [0x5412, 0x541C])
            // F_SETOWN and F_SETSIG send signals to others: fcntl(2).
            code += refusing(Int32(SYS_fcntl), argument: 1, mask: .max, [8, 10, 15])
            var calls = opensFiles ? usual + files : usual
            if listens {
                // SOCK_STREAM is 1; the others are datagrams and raw packets, which need no connection. socket(2).
                code += refusing(Int32(SYS_socket), argument: 1, mask: 0xF, [0, 2, 3, 4, 5, 6, 10])
                // MSG_FASTOPEN connects: tcp(7).
                code += refusing(Int32(SYS_sendto), argument: 3, mask: 0x2000_0000, [0x2000_0000])
                calls = calls.filter { $0 != Int32(SYS_sendto) } + [Int32(SYS_bind), Int32(SYS_listen)]
            }
            for (index, call) in calls.enumerated() {
                code.append(sock_filter(code: jumpIfEqual, jt: UInt8(calls.count - index), jf: 0, k: UInt32(call)))
            }
            code.append(sock_filter(code: answer, jt: 0, jf: 0, k: refuse))
            code.append(sock_filter(code: answer, jt: 0, jf: 0, k: allow))
            return code
        }

        /// Allows a call but where the masked argument is one of `values`.
        private static func refusing(_ call: Int32, argument index: UInt32, mask: UInt32, _ values: [UInt32]) -> [sock_filter] {
            let count = UInt8(values.count)
            var code = [
                sock_filter(code: jumpIfEqual, jt: 0, jf: count + 4, k: UInt32(call)),
                sock_filter(code: load, jt: 0, jf: 0, k: argument(index)),
                sock_filter(code: and, jt: 0, jf: 0, k: mask),
            ]
            for (position, value) in values.enumerated() {
                code.append(sock_filter(code: jumpIfEqual, jt: count - UInt8(position), jf: 0, k: value))
            }
            code.append(sock_filter(code: answer, jt: 0, jf: 0, k: allow))
            code.append(sock_filter(code: answer, jt: 0, jf: 0, k: refuse))
            return code
        }
    }
#endif
