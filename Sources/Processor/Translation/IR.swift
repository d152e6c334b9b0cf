import X86

/// The operation of one node of the intermediate representation: a primitive of `Reading`, said instead of done.
///
/// `a`, `b` and `c` below are the node's operands, `w` its width; a node that yields a value is that value.
public enum IROperation: UInt8, Sendable {
    /// The nodes of instruction number `immediate` of the block begin here.
    case instruction

    // Values
    case constant
    /// General register `number` at width `w`.
    case register
    /// Effective address of the instruction's memory operand.
    case address
    /// Memory at segment `number`, offset a. May fault.
    case load
    /// The stack's top element. May fault.
    case top
    /// The element at SS:[rBP]. May fault.
    case frameTop
    /// Memory at segment `number`, offset a, checked for reading and writing: a place for `loadAt` and `storeAt`. May fault.
    case locate
    /// The value at the place a.
    case loadAt

    /// Selector of segment register `number`.
    case selector
    /// The step that a string instruction of this width adds to an index.
    case stringStep

    // Effects
    case setRegister
    /// Segment `number`, offset a, value b. May fault.
    case store
    /// Place a, value b.
    case storeAt
    case push
    /// Adds `immediate` to the stack pointer.
    case release
    /// Sets the stack pointer to rBP + `immediate`.
    case releaseFrame

    // Arithmetic that sets the status flags: a, b
    case add, addWithCarry, subtract, subtractWithBorrow, increment, decrement, and, or, xor
    case rol, ror, rcl, rcr, shl, shr, sar
    /// CF is bit b of a; the value is a with that bit as the `BitOperation` in `number` says.
    case bit
    /// a filled with bits of b, by count c.
    case shld, shrd
    /// Lower half of the product; `upperHalf` of it is the other.
    case multiply, multiplySigned

    // Arithmetic that does not
    case not, sum, byteSwap
    /// The upper half of the product a.
    case upperHalf
    /// `w` bits of a, sign-extended from the width in `number`.
    case signExtend
    case signFill
    /// Quotient of c:a by b; `remainder` of it is the other. #DE when it does not fit.
    case divide, divideSigned
    /// The remainder of the division a.
    case remainder

    // Conditions: truth values
    /// The condition code in `number`.
    case condition
    /// a is zero, a is not zero.
    case isZero, isNotZero
    /// Both a and b hold.
    case both

    /// a holds ? b : c.
    case select

    // Transfers: the target is a
    case branch
    /// If b holds.
    case branchIf
    /// #GP(0) when a lies beyond the code segment's limit.
    case checkBranch

    // Flags
    case setCarry, clearCarry, complementCarry
    /// DF := `number`.
    case setDirection
    case lowFlags, setLowFlags

    /// The instruction is executed by the interpreter.
    case callOut
}

/// Number of a node in its block.
public typealias IRValue = Int32

/// One node. Nodes follow each other in the order of the definition, so an operand always stands before its user.
public struct IRNode: Sendable {
    /// The operation.
    public var operation: IROperation
    /// The width of operands and result.
    public var width: Width = .doubleword
    /// Register, segment, condition code or second width: see the operation.
    public var number: UInt8 = 0
    /// The first operand.
    public var a: IRValue = IRNode.none
    /// The second operand.
    public var b: IRValue = IRNode.none
    /// The third operand.
    public var c: IRValue = IRNode.none
    /// A constant of the operation.
    public var immediate: UInt64 = 0

    /// The value that stands for no operand.
    public static let none: IRValue = -1

    init(_ operation: IROperation) { self.operation = operation }

    /// The node can end its instruction with a fault or a visit to the interpreter: what the machine looks like
    /// before the instruction must be known there.
    public var mayLeave: Bool {
        switch operation {
        case .load, .top, .frameTop, .locate, .store, .push, .divide, .divideSigned, .callOut: true
        case .branch, .branchIf, .checkBranch: true
        default: false
        }
    }
}

/// Status flags in two parts that live and die apart: CF, and the other five.
public struct FlagParts: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// CF.
    public static let carry = FlagParts(rawValue: 1)
    /// PF, AF, ZF, SF and OF.
    public static let others = FlagParts(rawValue: 2)
    /// All six.
    public static let all: FlagParts = [.carry, .others]
}

extension IRNode {
    /// The parts that are certainly replaced.
    func killed(_ nodes: [IRNode]) -> FlagParts {
        switch operation {
        case .add, .addWithCarry, .subtract, .subtractWithBorrow, .and, .or, .xor, .multiply, .multiplySigned: return .all
        case .increment, .decrement: return .others
        case .shl, .shr, .sar: return nodes.constantCount(b, width) == nil ? [] : .all
        case .shld, .shrd: return nodes.constantCount(c, width) == nil ? [] : .all
        case .rol, .ror, .rcl, .rcr: return nodes.constantCount(b, width) == nil ? [] : .carry
        case .setCarry, .clearCarry, .complementCarry, .bit: return .carry
        default: return []
        }
    }

    /// The parts that are looked at.
    func used(_ nodes: [IRNode]) -> FlagParts {
        if mayLeave { return .all }
        switch operation {
        case .addWithCarry, .subtractWithBorrow, .rcl, .rcr, .complementCarry: return .carry
        case .condition:
            switch number &>> 1 {
            case 1: return .carry
            case 3: return .all
            default: return .others
            }
        case .lowFlags, .setLowFlags: return .all
        default: return []
        }
    }
}

extension [IRNode] {
    /// The count of a shift when it is known and not zero after masking: only then the flags are replaced for certain.
    public func constantCount(_ value: IRValue, _ width: Width) -> UInt64? {
        let node = self[Int(value)]
        guard node.operation == .constant else { return nil }
        let count = node.immediate & (width == .quadword ? 63 : 31)
        return count == 0 ? nil : count
    }

    /// For each node the parts of the flags that somebody looks at after it, before they are replaced.
    public func liveFlags(after last: FlagParts) -> [FlagParts] {
        var live = last
        var result = [FlagParts](repeating: [], count: count)
        for index in indices.reversed() {
            result[index] = live
            live = liveFlags(before: index, live)
        }
        return result
    }

    /// The parts that somebody looks at before node `index`, if they are `after` it. `staysInside`: it cannot leave, whatever `mayLeave` says.
    public func liveFlags(before index: Int, _ after: FlagParts, staysInside: Bool = false) -> FlagParts {
        let node = self[index]
        return after.subtracting(node.killed(self)).union(staysInside ? [] : node.used(self))
    }
}
