/// Facts about an operation that hold in each of its encodings: what it does, what happens to EFLAGS, who may execute it, and what it raises for
/// reasons of its own. Everything else about an instruction is in its row.
public struct OperationFacts: Sendable, ExpressibleByStringLiteral {
    /// Its meaning, in the notation of the manual's "Operation" sections, one line or several: `<-` assigns, DEST and SRC are the operands
    /// in their order, (E)SP and the like stand for the register of the size in force.
    public var operation: [String] { text.split(separator: "\n").map(String.init) }
    private let text: String
    /// Effects on EFLAGS where all rows agree; rows that differ say so themselves.
    let flags: FlagEffects
    /// The rings that may execute it; nil where the row's traits say it all.
    let privilege: String?
    /// Exceptions that do not follow from the row's operands and traits, and when they are raised.
    let faults: [String]

    init(_ operation: String, flags: FlagEffects = .none, privilege: String? = nil, faults: [String] = []) {
        text = operation
        self.flags = flags
        self.privilege = privilege
        self.faults = faults
    }

    public init(stringLiteral operation: String) { self.init(operation) }

    /// Returns the facts of an operation.
    public static func of(_ operation: Operation) -> OperationFacts { all[Int(operation.rawValue)] }

    /// By the operation's number. The tests look for one that was forgotten.
    private static let all: [OperationFacts] = {
        var all = [OperationFacts](repeating: "", count: Operation.allCases.count)
        let tables = [
            general, control, system, floatingPoint, integerVectors, floatVectors, vectorMoves, advancedVectors, extendedState,
        ]
        for table in tables { for (operation, facts) in table { all[Int(operation.rawValue)] = facts } }
        for (operation, facts) in floatLanes { all[Int(operation.rawValue)] = facts }
        return all
    }()
}

/// Exceptions that several operations raise.
extension OperationFacts {
    static let extendedStateArea = [
        "#UD: CR4.OSXSAVE is clear; #NM: CR0.TS is set",
        "#GP(0): the area is not aligned to 64 bytes, or its header or MXCSR is not valid",
    ]
    static let segmentLoad = [
        "#GP(selector), #NP(selector), #SS(selector): the descriptor does not fit the register, or is not present"
    ]
    static let farTransfer = [
        "#GP(selector), #NP(selector), #SS(selector), #TS(selector): a descriptor, gate or TSS on the way does not do"
    ]
    static let systemDescriptor = ["#GP(selector), #NP(selector): no LDT or TSS descriptor in the GDT, or not present"]
    static let portPermission = ["#GP(0): CPL > IOPL and the I/O map of the TSS forbids the port"]
    static let interruptFlag = ["#GP(0): CPL > IOPL without VME or PVI"]
    static let virtualFlags = ["#GP(0): in virtual-8086 mode with IOPL < 3 without VME"]
    static let debugRegister = ["#DB: DR7.GD is set", "#UD: DR4 and DR5 with CR4.DE"]
    static let modelSpecificRegister = ["#GP(0): there is no such MSR, or it does not take the value"]
    static let level0 = ["#UD: CPL is not 0"]
    static let segmentBase = ["#UD: CR4.FSGSBASE is clear; writes: #GP(0) for an address that is not canonical"]
    static let systemCall = ["#UD: IA32_EFER.SCE is clear", "#GP(0): SYSRET: CPL is not 0, or RCX is not canonical"]
    static let timeStamp = ["#GP(0): CR4.TSD is set and CPL is not 0"]
    static let fastSystemCall = ["#GP(0): IA32_SYSENTER_CS is null; SYSEXIT: CPL is not 0"]
    static let memoryOnly = ["#UD: the operand is a register"]
    static let division = ["#DE: the divisor is 0, or the quotient does not fit"]
    static let gate = [
        "#GP, #NP, #TS, #SS: the entry of the IDT, its segment or the new stack does not do; INT n: the gate's DPL < CPL"
    ]
}

/// Privileges that several operations ask for.
extension OperationFacts {
    static let byIOPLOrVIF = "CPL <= IOPL, or VIF by VME and PVI"
    static let byIOPLOrMap = "CPL <= IOPL, or a clear bit in the TSS's I/O map"
    static let byTSD = "any ring, or ring 0 with CR4.TSD"
    static let anyButVirtual = "any ring; in virtual-8086 mode IOPL 3, or VME"
}
