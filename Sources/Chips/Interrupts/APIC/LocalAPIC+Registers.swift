import Wiring

extension LocalAPIC {
    // MARK: By memory

    public func readMemory(offset: Int) -> UInt8 { peekMemory(offset: offset) }

    public func peekMemory(offset: Int) -> UInt8 {
        guard offset & 0xC == 0, let value = value(at: offset >> 4) else { return 0 }
        return UInt8(truncatingIfNeeded: value >> UInt32(8 * (offset & 3)))
    }

    public func readMemory(offset: Int, width: AccessWidth) -> UInt32 {
        guard width == .doubleword, offset & 15 == 0 else {
            var value: UInt32 = 0
            for byte in 0..<width.rawValue { value |= UInt32(peekMemory(offset: offset + byte)) << UInt32(8 * byte) }
            return value
        }
        guard let value = value(at: offset >> 4) else {
            note(.illegalRegisterAddress)
            return 0
        }
        return value
    }

    public func writeMemory(offset: Int, value: UInt8) { reportNarrowWrite() }

    public func writeMemory(offset: Int, width: AccessWidth, value: UInt32) {
        guard width == .doubleword, offset & 15 == 0 else { return reportNarrowWrite() }
        guard registers.isEnabled, !registers.isX2 else { return }
        guard let register = APICRegister(rawValue: offset >> 4), register != .selfIPI else { return note(.illegalRegisterAddress) }
        write(register, value)
    }

    private func reportNarrowWrite() {
        diagnostics?.report(
            Diagnostic(chip: "APIC", message: "a write that is not of 32 bits on a multiple of 16 is lost", unit: "writes lost"))
    }

    /// The register with number `index`; nil where there is none.
    private func value(at index: Int) -> UInt32? {
        switch index {
        case 0x10..<0x18: return registers.ISR.register(index & 7)
        case 0x18..<0x20: return registers.TMR.register(index & 7)
        case 0x20..<0x28: return registers.IRR.register(index & 7)
        default: break
        }
        guard let register = APICRegister(rawValue: index) else { return nil }
        switch register {
        case .ID: return registers.isX2 ? registers.ID : registers.ID << 24
        // Six entries in the local vector table, and the version of a P6 or later.
        case .version: return 0x5_0014
        case .TPR: return UInt32(registers.TPR)
        case .APR, .PPR: return UInt32(PPR)
        case .EOI, .RRD, .selfIPI: return 0
        case .LDR: return registers.LDR
        case .DFR: return registers.DFR
        case .SVR: return registers.SVR
        case .ESR: return registers.ESR
        case .ICRLow: return UInt32(truncatingIfNeeded: registers.ICR)
        case .ICRHigh: return UInt32(truncatingIfNeeded: registers.ICR >> 32)
        case .timer: return registers.timer
        case .thermalSensor: return registers.thermalSensor
        case .performanceCounter: return registers.performanceCounter
        case .LINT0: return registers.LINT0
        case .LINT1: return registers.LINT1
        case .error: return registers.error
        case .initialCount: return registers.initialCount
        case .currentCount: return currentCount
        case .divideConfiguration: return registers.divideConfiguration
        }
    }

    private func write(_ register: APICRegister, _ value: UInt32) {
        switch register {
        case .ID: registers.ID = value >> 24
        case .TPR: registers.TPR = UInt8(truncatingIfNeeded: value)
        case .EOI: endOfInterrupt()
        case .LDR: registers.LDR = value & 0xFF00_0000
        case .DFR: registers.DFR = value | 0x0FFF_FFFF
        case .SVR: writeSVR(value)
        case .ESR:
            registers.ESR = registers.errors
            registers.errors = 0
        case .ICRLow:
            registers.ICR = registers.ICR & ~0xFFFF_FFFF | UInt64(value & 0x000C_CFFF)
            send(destination: UInt32(truncatingIfNeeded: registers.ICR >> 56))
        case .ICRHigh: registers.ICR = registers.ICR & 0xFFFF_FFFF | UInt64(value & 0xFF00_0000) << 32
        case .timer: writeTimer(value)
        case .thermalSensor: registers.thermalSensor = entry(value, 0x1_07FF)
        case .performanceCounter: registers.performanceCounter = entry(value, 0x1_07FF)
        case .LINT0: writeLINT(0, value)
        case .LINT1: writeLINT(1, value)
        case .error: registers.error = entry(value, 0x1_00FF)
        case .initialCount: startCount(value)
        case .divideConfiguration:
            let count = currentCount
            registers.divideConfiguration = value & 0xB
            restartCount(from: count)
        case .version, .APR, .PPR, .RRD, .currentCount: break
        case .selfIPI: request(UInt8(truncatingIfNeeded: value), isLevelTriggered: false)
        }
        drive()
    }

    /// An entry of the local vector table with the bits that it has; masked while the APIC is disabled by software.
    private func entry(_ value: UInt32, _ bits: UInt32) -> UInt32 { value & bits | (isSoftwareEnabled ? 0 : LocalVector.masked) }

    private func writeSVR(_ value: UInt32) {
        let wasEnabled = isSoftwareEnabled
        registers.SVR = value & 0x3FF
        guard wasEnabled, !isSoftwareEnabled else { return }
        registers.timer |= LocalVector.masked
        registers.thermalSensor |= LocalVector.masked
        registers.performanceCounter |= LocalVector.masked
        registers.LINT0 |= LocalVector.masked
        registers.LINT1 |= LocalVector.masked
        registers.error |= LocalVector.masked
        switchPin()
    }

    /// A change into TSC-deadline mode or out of it disarms the timer. SDM Vol. 3A, section 10.5.4.1.
    private func writeTimer(_ value: UInt32) {
        let count = currentCount
        let old = LocalVector(rawValue: registers.timer).timerMode
        registers.timer = entry(value, hasTSCDeadline ? 0x7_00FF : 0x3_00FF)
        let new = LocalVector(rawValue: registers.timer).timerMode
        guard new != old else { return }
        if new == 2 || old == 2 {
            registers.initialCount = 0
            registers.TSCDeadline = 0
        }
        restartCount(from: count)
    }

    private func writeLINT(_ number: Int, _ value: UInt32) {
        self[LINT: number] = entry(value, 0x1_A7FF) | self[LINT: number] & LocalVector.remoteIRR
        // A pin that is high is heard now, if its level counts.
        if registers.isEnabled, isHigh(LINT: number) { look(atLINT: number, isEdge: false) }
        if number == 0 { switchPin() }
    }

    /// Sends what the interrupt command register says. SDM Vol. 3A, section 10.6.1.
    private func send(destination: UInt32) {
        let command = UInt32(truncatingIfNeeded: registers.ICR)
        let vector = UInt8(truncatingIfNeeded: command)
        guard let mode = InterruptMessage.DeliveryMode(rawValue: UInt8(truncatingIfNeeded: command >> 8) & 7) else { return }
        let isLevel = command & 0x8000 != 0
        // INIT with a level that goes low again: only the arbitration of old processors hears of it.
        if mode == .INIT, isLevel, command & 0x4000 == 0 { return }
        if vector < 16, mode == .fixed || mode == .lowestPriority { return note(.sendIllegalVector) }
        let message = InterruptMessage(
            vector: vector, mode: mode, destination: destination, isLogical: command & 0x800 != 0, isLevelTriggered: false)
        switch command >> 18 & 3 {
        case 0: bus.deliver(message)
        case 1: accept(message)
        case 2: bus.deliverToAll(message, except: nil)
        default: bus.deliverToAll(message, except: self)
        }
    }

    // MARK: By MSR

    /// MSR 800h + `index` in x2APIC mode; nil where RDMSR raises #GP. SDM Vol. 3A, section 10.12.1.2.
    public func readMSR(_ index: Int) -> UInt64? {
        guard registers.isX2 else { return nil }
        switch APICRegister(rawValue: index) {
        case .ICRLow: return registers.ICR
        case .APR, .EOI, .RRD, .DFR, .ICRHigh, .selfIPI: return nil
        default: return value(at: index).map(UInt64.init)
        }
    }

    /// WRMSR of 800h + `index` in x2APIC mode; false where it raises #GP.
    public func writeMSR(_ index: Int, _ value: UInt64) -> Bool {
        guard registers.isX2, let register = APICRegister(rawValue: index) else { return false }
        switch register {
        case .ICRLow:
            guard value & 0xFFF3_3000 == 0 else { return false }
            registers.ICR = value
            send(destination: UInt32(truncatingIfNeeded: value >> 32))
            drive()
            return true
        case .ID, .version, .APR, .PPR, .RRD, .LDR, .DFR, .ICRHigh, .currentCount: return false
        case .EOI, .ESR: guard value == 0 else { return false }
        case .TPR, .selfIPI: guard value <= 0xFF else { return false }
        default: guard value >> 32 == 0 else { return false }
        }
        write(register, UInt32(truncatingIfNeeded: value))
        return true
    }
}
