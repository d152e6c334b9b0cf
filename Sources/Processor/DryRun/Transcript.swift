import X86

/// The doings of one instruction, said in terms of its definition: what the reading `Transcribe` makes.
package struct Transcript {
    package let instruction: Instruction
    /// Memory operands and the stack, in the order in which they were reached. When there is a fault, the last one may be what faulted.
    package internal(set) var accesses: [MemoryAccess] = []
    /// Changes and findings, in order.
    package internal(set) var effects: [Effect] = []
    /// The exception that the definition ends with; nothing has changed then.
    package internal(set) var fault: Fault?
    /// Part of the instruction, or all of it, is a method of the processor that the definition does not take apart.
    package internal(set) var isCalledOut = false
    /// The state that the definition leaves behind, RIP included; as before when there is a fault. Not to be used when `isCalledOut`.
    package internal(set) var after = CPUState()
}

/// A number and where it came from.
package struct Term {
    package var number: UInt64
    package var width: Width
    package var form: Form

    package indirect enum Form {
        case constant
        /// Address of the next instruction.
        case nextIP
        /// A general register of the term's width.
        case register(UInt8)
        case selector(SegmentRegisterName)
        /// The value read at access number so and so of the transcript.
        case memory(Int)
        /// Effective address of the memory operand.
        case address
        /// SF ZF AF PF CF as LAHF loads them.
        case flags
        /// ± the element's size, by DF.
        case step
        case unary(Operator, Term)
        case binary(Operator, Term, Term)
        /// The third is a carry, or the shifted-in operand.
        case ternary(Operator, Term, Term, Term)
        case choice(Truth, Term, Term)
    }

    package enum Operator {
        case add, addWithCarry, subtract, subtractWithBorrow, and, or, xor, not
        case multiply, multiplySigned, upperHalf, upperHalfSigned, quotient, remainder, quotientSigned, remainderSigned
        /// The low bits that fit the term's width.
        case truncate
        case signExtend, signFill, byteSwap
        case rol, ror, rcl, rcr, shl, shr, sar, shld, shrd
        case bitTest, bitSet, bitReset, bitComplement
    }
}

/// Something that holds or does not.
package struct Truth {
    package var holds: Bool
    package var form: Form

    package indirect enum Form {
        /// A condition code, and the status flags it was asked of.
        case condition(UInt8, EFLAGS)
        case isZero(Term)
        case isNotZero(Term)
        case both(Truth, Truth)
    }
}

/// One access to memory by an instruction's definition.
package struct MemoryAccess {
    /// The cause that leads there.
    package enum Cause {
        /// The ModR/M or moffs operand.
        case operand
        /// A pointer that the instruction implies: string instructions, XLAT.
        case pointer
        case stack
        case frame
    }
    package let cause: Cause
    package let kind: Access
    package let segment: SegmentRegisterName
    package let offset: UInt64
    /// The place where the offset of a `.pointer` comes from.
    package let pointer: Term?
    /// Segment base plus offset, 32 bits.
    package let linear: UInt64
    package let width: Width
    /// The value read there; for a write the value there afterwards; nil when it did not come to that.
    package internal(set) var value: UInt64?

    init(
        cause: Cause, kind: Access, segment: SegmentRegisterName, offset: UInt64, pointer: Term?, linear: UInt64, width: Width
    ) {
        self.cause = cause
        self.kind = kind
        self.segment = segment
        self.offset = offset
        self.pointer = pointer
        self.linear = linear
        self.width = width
    }

    /// The memory operand of an instruction whose definition does not take it apart; of its size nothing is said.
    package init(operandOf instruction: Instruction, offset: UInt64, linear: UInt64) {
        self.init(
            cause: .operand, kind: .read, segment: instruction.segment, offset: offset, pointer: nil, linear: linear, width: .byte)
    }
}

/// One thing an instruction did.
package enum Effect {
    case register(UInt8, Width, Term)
    /// A write through access number so and so.
    case memory(Int, Term)
    case stackPointer(from: UInt64, to: UInt64)
    case flags(FlagChange)
    /// The transfer, with its condition if it has one.
    case jump(to: Term, if: Truth?)
    case callOut
}

/// The status flags that one primitive, or an instruction about flags alone, has set.
package struct FlagChange {
    /// By which rule.
    package enum Rule {
        case sum, difference, logic, product
        /// CF stays as it was.
        case increment, decrement
        case shift(Term.Operator)
        case rotate(Term.Operator)
        /// CF is a copy of a bit.
        case bit
        /// The instruction names the flag.
        case direct
        /// Loaded from AH.
        case image
    }
    package let rule: Rule
    /// The flags that were written, those that the manual leaves undefined included.
    package let written: EFLAGS
    package let before: EFLAGS
    package let after: EFLAGS
    /// Operands and result where there are any: for shifts the second is the count.
    package let a: UInt64
    package let b: UInt64
    package let carryIn: Bool
    package let width: Width
    package let result: Term?
}
