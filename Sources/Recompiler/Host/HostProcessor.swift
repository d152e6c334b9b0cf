import X86

/// The facts about the host's processor that translated code has to know.
struct HostProcessor {
    /// Its logic instructions do not clear AF, which the SDM leaves undefined.
    let keepsAdjust: Bool
    /// Those that the guest's instructions are executed by, as far as the guest has them.
    let features: FeatureSet

    private typealias Probe = @convention(c) () -> UInt32

    /// Asks the processor by `thunks`.
    init(_ thunks: Thunks) {
        // SAFETY: the thunks are such functions.
        keepsAdjust = unsafeBitCast(thunks.keepsAdjust, to: Probe.self)() != 0
        let ECX = unsafeBitCast(thunks.features, to: Probe.self)()
        // CPUID leaf 1: SDM Vol. 2A, table 3-10. Every x86-64 processor has SSE2.
        let bits: [(Feature, UInt32)] = [(.SSE3, 0), (.SSSE3, 9), (.SSE41, 19), (.SSE42, 20), (.POPCNT, 23)]
        features = FeatureSet([.MMX, .SSE, .SSE2] + bits.filter { ECX >> $0.1 & 1 != 0 }.map(\.0))
    }
}
