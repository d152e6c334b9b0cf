extension HostSession {
    /// The words of a ceiling, once it is reached.
    func reachedCeiling() -> String? {
        if let limit = plan.ceilings.output, outputTotal > limit {
            return "the guest has printed \(outputTotal) bytes; --max-output allows \(limit)"
        }
        guard let hostMemoryLimit = plan.ceilings.hostMemory, case let used = hostMemoryUsed(), used > hostMemoryLimit else {
            return nil
        }
        return "the machine takes \(used >> 20) MB of the host's memory; --max-host-memory allows \(hostMemoryLimit >> 20) MB"
    }
}

/// The most memory this program has had in RAM, in bytes. getrusage(2).
func hostMemoryUsed() -> UInt64 {
    var usage = rusage()
    #if canImport(Darwin)
        getrusage(RUSAGE_SELF, &usage)
        return UInt64(max(usage.ru_maxrss, 0))
    #else
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return UInt64(max(usage.ru_maxrss, 0)) * 1024
    #endif
}
