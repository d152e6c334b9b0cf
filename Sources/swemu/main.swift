import Session

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

StandardOutput.occupyClosedDescriptors()
Signals.reportOwnBugs()
// A file that reaches the size the shell allows is a write that failed, as on a full disk.
signal(SIGXFSZ, SIG_IGN)
exit(Swemu.run(Array(CommandLine.arguments.dropFirst())))
