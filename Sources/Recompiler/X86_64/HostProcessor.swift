import X86

/// The facts about the host's processor that translated code has to know.
struct HostProcessor {
    /// Its logic instructions do not clear AF, which the SDM leaves undefined.
    let keepsAdjust: Bool
    /// Those that the guest's instructions are executed by, as far as the guest has them.
    var features: FeatureSet

    private typealias Probe = @convention(c) () -> UInt32

    /// Asks the processor by `stubs`.
    init(_ stubs: Stubs) {
        // SAFETY: the stubs are such functions.
        keepsAdjust = unsafeBitCast(stubs.keepsAdjust, to: Probe.self)() != 0
        // CPUID: SDM Vol. 2A, tables 3-8 and 3-10. Every x86-64 processor has SSE2; leaf 7 reads as zero, or as something else, where there is no AVX.
        let ECX = unsafeBitCast(stubs.features, to: Probe.self)()
        var bits: [(Feature, Bool)] = [
            (.SSE3, 0), (.PCLMULQDQ, 1), (.SSSE3, 9), (.SSE41, 19), (.SSE42, 20), (.POPCNT, 23), (.AES, 25),
        ].map { ($0, HostProcessor.isSet($1, ECX)) }
        if HostProcessor.isSet(27, ECX), unsafeBitCast(stubs.enabledState, to: Probe.self)() & 6 == 6, HostProcessor.isSet(28, ECX)
        {
            let EBX = unsafeBitCast(stubs.extendedFeatures, to: Probe.self)()
            bits += [(.AVX, true), (.FMA, HostProcessor.isSet(12, ECX)), (.F16C, HostProcessor.isSet(29, ECX))]
            bits += [(.BMI1, 3), (.AVX2, 5), (.BMI2, 8)].map { ($0, HostProcessor.isSet($1, EBX)) }
        }
        features = FeatureSet([.MMX, .SSE, .SSE2] + bits.filter(\.1).map(\.0))
    }

    private static func isSet(_ bit: UInt32, _ register: UInt32) -> Bool { register >> bit & 1 != 0 }
}
