import Processor

/// A processor with a mode's tables around it, to be put into any state of a kernel and to execute one instruction at a time.
public protocol StepBench: AnyObject {
    var machine: FlatMachine { get }
    /// The state that the next instruction starts from, and after it the one it led to.
    var state: CPUState { get set }
}

extension StepBench {
    /// Executes one instruction from `state`, and yields the exception it raises instead of delivering it.
    @discardableResult
    public func run(_ code: [UInt8]) -> Fault? {
        enter(code)
        let fault = machine.cpu.executeInstruction()
        state = machine.cpu.state
        return fault
    }

    /// Executes one instruction from `state`, and delivers what it raises.
    public func step(_ code: [UInt8]) {
        enter(code)
        machine.cpu.stepOne()
        state = machine.cpu.state
    }

    /// Puts the code to where `state` executes it, in the 4 MBytes that are mapped.
    private func enter(_ code: [UInt8]) {
        let linear = state.operatingMode == .bits64 ? state.rip : (state.cs.base + state.rip) & 0xFFFF_FFFF
        machine.write(Int(linear & 0x3F_FFFF), code)
        machine.cpu.state = state
    }
}
