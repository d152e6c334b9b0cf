/// The local APIC of a processor as its instructions see it: MSRs and CR8. SDM Vol. 3A, sections 10.4 to 10.12.
public protocol LocalInterruptController: AnyObject {
    /// The identification after a reset, which CPUID tells.
    var initialID: UInt8 { get }
    /// CR8: the upper half of TPR, 0 to 15.
    var taskPriorityClass: UInt8 { get set }
    /// IA32_TSC_DEADLINE.
    var TSCDeadline: UInt64 { get set }
    /// IA32_APIC_BASE bits 11 (EN) and 10 (EXTD).
    func setMode(isEnabled: Bool, isX2: Bool)
    /// MSR 800h + `index`; nil where RDMSR raises #GP.
    func readMSR(_ index: Int) -> UInt64?
    /// WRMSR of 800h + `index`; false where it raises #GP.
    func writeMSR(_ index: Int, _ value: UInt64) -> Bool
}
