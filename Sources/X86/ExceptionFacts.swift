/// The exceptions and their facts. SDM Vol. 3A, tables 6-1 and 6-4.
public struct ExceptionFacts: Sendable {
    /// The class of an exception: SDM Vol. 3A, section 6.5.
    public enum Kind: Sendable {
        /// Reported before the instruction, which can be restarted.
        case fault
        /// Reported behind the instruction.
        case trap
        /// A fault or a trap, by its cause.
        case faultOrTrap
        case abort
    }

    /// The number of its vector, 0 to 31.
    public let vector: UInt8
    /// "#PF".
    public let mnemonic: String
    /// "page fault", in lower case as in a sentence.
    public let name: String
    /// Its class.
    public let kind: Kind
    /// The processor pushes an error code.
    public let hasErrorCode: Bool
    /// A second one of these while the first is delivered makes a double fault; so does any, or another page fault, in a page fault.
    public let isContributory: Bool

    private init(
        _ vector: UInt8, _ mnemonic: String, _ name: String, _ kind: Kind, code: Bool = false, contributory: Bool = false
    ) {
        self.vector = vector
        self.mnemonic = mnemonic
        self.name = name
        self.kind = kind
        hasErrorCode = code
        isContributory = contributory
    }

    /// In order of vectors. 2 is NMI, which is an interrupt; 9 is no longer raised, and 15 is reserved.
    public static let all: [ExceptionFacts] = [
        ExceptionFacts(0, "#DE", "divide error", .fault, contributory: true),
        ExceptionFacts(1, "#DB", "debug exception", .faultOrTrap),
        ExceptionFacts(3, "#BP", "breakpoint", .trap),
        ExceptionFacts(4, "#OF", "overflow", .trap),
        ExceptionFacts(5, "#BR", "BOUND range exceeded", .fault),
        ExceptionFacts(6, "#UD", "invalid opcode", .fault),
        ExceptionFacts(7, "#NM", "no x87 available", .fault),
        ExceptionFacts(8, "#DF", "double fault", .abort, code: true),
        ExceptionFacts(10, "#TS", "invalid TSS", .fault, code: true, contributory: true),
        ExceptionFacts(11, "#NP", "segment not present", .fault, code: true, contributory: true),
        ExceptionFacts(12, "#SS", "stack fault", .fault, code: true, contributory: true),
        ExceptionFacts(13, "#GP", "general protection", .fault, code: true, contributory: true),
        ExceptionFacts(14, "#PF", "page fault", .fault, code: true),
        ExceptionFacts(16, "#MF", "x87 error", .fault),
        ExceptionFacts(17, "#AC", "alignment check", .fault, code: true),
        ExceptionFacts(18, "#MC", "machine check", .abort),
        ExceptionFacts(19, "#XM", "SIMD floating-point exception", .fault),
    ]

    private static let byVector: [ExceptionFacts?] = (0..<32).map { vector in all.first { $0.vector == vector } }

    /// The exception of a vector; nil where that is none.
    public static func of(_ vector: UInt8) -> ExceptionFacts? { vector < 32 ? byVector[Int(vector)] : nil }

    /// Vectors as bits, for where there is no time to look.
    public static func vectors(where condition: (ExceptionFacts) -> Bool) -> UInt32 {
        all.filter(condition).reduce(0) { $0 | 1 << UInt32($1.vector) }
    }
}
