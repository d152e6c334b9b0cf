/// A processor that CPUID can claim to be.
public enum CPUModel: String, CaseIterable, Sendable {
    case i486 = "486"
    case pentium
    case p6
}
