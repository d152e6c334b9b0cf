import Wiring
import X86

/// Instructions' ways to the processor's local APIC. SDM Vol. 3A, sections 10.4.3, 10.4.4, 10.5.4.1 and 10.12.
extension CPU {
    /// Bits of IA32_APIC_BASE.
    private enum APICBase {
        static let bootstrapProcessor: UInt64 = 1 &<< 8
        static let EXTD: UInt64 = 1 &<< 10
        static let EN: UInt64 = 1 &<< 11
        static let address: UInt64 = ~0xFFF
        static let atReset: UInt64 = 0xFEE0_0000
    }

    /// Gives the processor its local APIC, enabled; before it runs.
    public func connect(_ localAPIC: any LocalInterruptController) {
        self.localAPIC = localAPIC
        resetAPICBase()
    }

    /// IA32_APIC_BASE after RESET and INIT.
    func resetAPICBase() {
        guard let localAPIC else { return }
        core.pointee.state.msr.apicBase =
            APICBase.atReset | APICBase.EN | (localAPIC.initialID == 0 ? APICBase.bootstrapProcessor : 0)
        onAPICBaseChange?()
    }

    /// Physical address of the local APIC's page; nil where memory shows none.
    public var localAPICAddress: UInt64? {
        let base = core.pointee.state.msr.apicBase
        return base & (APICBase.EN | APICBase.EXTD) == APICBase.EN ? base & APICBase.address : nil
    }

    /// The local APIC's bits of CPUID leaf 1. An APIC that IA32_APIC_BASE switches off is not there.
    var localAPICBits: (ebx: UInt32, ecx: UInt32, edx: UInt32) {
        guard let localAPIC, core.pointee.state.msr.apicBase & APICBase.EN != 0 else { return (0, 0, 0) }
        let ecx: UInt32 = (model.hasX2APIC ? 1 &<< 21 : 0) | (model.hasTSCDeadline ? 1 &<< 24 : 0)
        return (UInt32(localAPIC.initialID) &<< 24, ecx, 1 &<< 9)
    }

    func setAPICBase(_ value: UInt64) throws(Fault) {
        guard let localAPIC else { return core.pointee.state.msr.apicBase = value }
        let extended = model.hasX2APIC ? APICBase.EXTD : 0
        let known = APICBase.bootstrapProcessor | extended | APICBase.EN | (model.physicalAddressMask & APICBase.address)
        guard value & ~known == 0 else { throw Fault.GP(0) }
        let old = core.pointee.state.msr.apicBase
        let (isEnabled, isX2) = (value & APICBase.EN != 0, value & APICBase.EXTD != 0)
        let (wasEnabled, wasX2) = (old & APICBase.EN != 0, old & APICBase.EXTD != 0)
        // Figure 10-27: x2APIC mode is entered from xAPIC mode and left by switching off.
        guard isEnabled || !isX2, !wasX2 || isX2 || !isEnabled, !isX2 || wasX2 || wasEnabled else { throw Fault.GP(0) }
        core.pointee.state.msr.apicBase =
            value & ~APICBase.bootstrapProcessor | old & APICBase.bootstrapProcessor
        localAPIC.setMode(isEnabled: isEnabled, isX2: isX2)
        onAPICBaseChange?()
    }

    /// IA32_TSC_DEADLINE and the registers of x2APIC mode; nil where RDMSR raises #GP.
    func readAPICMSR(_ number: UInt32) -> UInt64? {
        if number == 0x6E0 { return model.hasTSCDeadline ? localAPIC?.TSCDeadline : nil }
        return model.hasX2APIC ? localAPIC?.readMSR(Int(number & 0xFF)) : nil
    }

    /// False where WRMSR raises #GP.
    func writeAPICMSR(_ number: UInt32, _ value: UInt64) -> Bool {
        guard let localAPIC else { return false }
        if number == 0x6E0 {
            guard model.hasTSCDeadline else { return false }
            localAPIC.TSCDeadline = value
            return true
        }
        return model.hasX2APIC && localAPIC.writeMSR(Int(number & 0xFF), value)
    }

    /// CR8 is the upper half of the local APIC's TPR, where there is one. SDM Vol. 3A, section 10.8.6.1.
    var taskPriority: UInt64 {
        get { localAPIC.map { UInt64($0.taskPriorityClass) } ?? core.pointee.state.cr8 }
        set {
            core.pointee.state.cr8 = newValue
            localAPIC?.taskPriorityClass = UInt8(truncatingIfNeeded: newValue)
        }
    }

    /// The tick at which the time-stamp counter is `value`.
    public func tick(ofTSC value: UInt64) -> UInt64 {
        let tick = value &- core.pointee.state.msr.tscOffset
        // More than half of the counter's range away is past.
        return tick > .max / 2 ? 0 : tick
    }
}
