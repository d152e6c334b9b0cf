import SoftFloat
import X86

/// The x87 FPU executing one instruction. SDM Vol. 1, chapter 8; what each instruction does is in `Semantics/X87*.swift`.
///
/// Memory is read before anything changes, and a store that faults leaves everything as it was. An exception that is not masked is
/// recorded in the status word and reported by the next waiting instruction.
///
/// SAFETY: `state` belongs to the processor and outlives the unit, which lives for one instruction.
struct X87Unit<Environment: X87Environment> {
    let state: UnsafeMutablePointer<X87State>
    let environment: Environment
    let instruction: Instruction

    @inline(__always)
    init(_ state: UnsafeMutablePointer<X87State>, _ environment: Environment, _ instruction: Instruction) {
        self.state = state
        self.environment = environment
        self.instruction = instruction
    }

    /// i of the ST(i) operand.
    @inline(__always)
    var index: UInt8 { instruction.modRM & 7 }
    @inline(__always)
    var isMemory: Bool { instruction.modRM < 0xC0 }

    // MARK: The register stack

    @inline(__always)
    func physicalNumber(_ index: UInt8) -> UInt8 { (state.pointee.status.top &+ index) & 7 }

    @inline(__always)
    func isEmpty(_ index: UInt8) -> Bool { state.pointee.occupied &>> physicalNumber(index) & 1 == 0 }

    @inline(__always)
    func st(_ index: UInt8) -> Extended { state.physical(physicalNumber(index)).pointee }

    /// Writes ST(`index`) and marks it as not empty.
    @inline(__always)
    func setST(_ index: UInt8, _ value: Extended) {
        let number = physicalNumber(index)
        state.physical(number).pointee = value
        state.pointee.occupied |= 1 &<< number
    }

    @inline(__always)
    func free(_ index: UInt8) { state.pointee.occupied &= ~(1 &<< physicalNumber(index)) }

    @inline(__always)
    func pop() {
        free(0)
        state.pointee.status.top = state.pointee.status.top &+ 1
    }

    @inline(__always)
    func push(_ value: Extended) {
        state.pointee.status.top = state.pointee.status.top &- 1
        setST(0, value)
    }

    // MARK: Exceptions

    /// A context as the control word asks for. SDM Vol. 1, figure 8-6.
    @inline(__always)
    var context: FloatContext {
        let control = state.pointee.control
        let precision: UInt8
        switch (control &>> 8) & 3 {
        case 0: precision = 24
        case 2: precision = 53
        default: precision = 64
        }
        return FloatContext(
            rounding: FloatRounding(rawValue: UInt8(truncatingIfNeeded: (control &>> 10) & 3)).unsafelyUnwrapped,
            precision: precision,
            masked: FloatExceptions(rawValue: UInt8(truncatingIfNeeded: control & 0x3F)))
    }

    /// Takes over what an operation raised. False when the result must not be written.
    @inline(__always)
    func settle(_ context: FloatContext) -> Bool {
        state.pointee.status.remove(.C1)
        if context.raised.isEmpty { return true }
        return settleRaised(context)
    }

    @inline(never)
    private func settleRaised(_ context: FloatContext) -> Bool {
        var status = state.pointee.status
        status.rawValue |= UInt16(truncatingIfNeeded: context.raised.rawValue)
        if context.roundedUp { status.insert(.C1) }
        let unmasked = context.unmasked
        if !unmasked.isEmpty { status.formUnion(.summary) }
        state.pointee.status = status
        return unmasked.isDisjoint(with: .beforeOperation)
    }

    /// Stack overflow or underflow. SDM Vol. 1, section 8.5.1.1. False when #IS is not masked and the operation ends here.
    @inline(never)
    func stackFault(overflow: Bool) -> Bool {
        var status = state.pointee.status.union([.IE, .SF])
        if overflow { status.insert(.C1) } else { status.remove(.C1) }
        let isMasked = state.pointee.control & 1 != 0
        if !isMasked { status.formUnion(.summary) }
        state.pointee.status = status
        return isMasked
    }

    /// Every waiting instruction begins with this.
    @inline(__always)
    func reportPending() throws(Fault) {
        if state.pointee.status.contains(.ES) { try environment.reportNumericError() }
    }

    // MARK: Pointers

    /// Remembers where the instruction and its operand are: all but control instructions do, once their memory operand is there.
    @inline(__always)
    func notePointers() {
        (state.pointee.FCS, state.pointee.FIP) = environment.instructionPointer
        state.pointee.FOP =
            (UInt16(truncatingIfNeeded: instruction.opcode & 7) &<< 8) | UInt16(truncatingIfNeeded: instruction.modRM)
        if isMemory { (state.pointee.FDS, state.pointee.FDP) = environment.dataPointer }
    }
}
