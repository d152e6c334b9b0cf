#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

exit(Swemu.run(Array(CommandLine.arguments.dropFirst())))
