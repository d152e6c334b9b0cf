#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

Signals.reportOwnBugs()
exit(Swemu.run(Array(CommandLine.arguments.dropFirst())))
