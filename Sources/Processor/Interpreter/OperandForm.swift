import X86

/// Knowledge of an instruction's operands when its handler is compiled. `.any` looks at the instruction.
///
/// Only a means of speed: `Execute<AnyForm>` runs every instruction, the others are its specialisations for the frequent ones.
protocol OperandForm {
    static var kind0: KnownKind { get }
    static var kind1: KnownKind { get }
    /// Memory accesses are expanded in place. The form for everything calls them, to keep its code small.
    static var isFast: Bool { get }
}

extension OperandForm {
    @inline(__always) static var isFast: Bool { true }
}

enum KnownKind { case any, register, memory, immediate }

enum AnyForm: OperandForm {
    @inline(__always) static var kind0: KnownKind { .any }
    @inline(__always) static var kind1: KnownKind { .any }
    @inline(__always) static var isFast: Bool { false }
}
/// register ← register
enum RR: OperandForm {
    @inline(__always) static var kind0: KnownKind { .register }
    @inline(__always) static var kind1: KnownKind { .register }
}
/// register ← memory
enum RM: OperandForm {
    @inline(__always) static var kind0: KnownKind { .register }
    @inline(__always) static var kind1: KnownKind { .memory }
}
/// memory ← register
enum MR: OperandForm {
    @inline(__always) static var kind0: KnownKind { .memory }
    @inline(__always) static var kind1: KnownKind { .register }
}
/// register ← immediate
enum RI: OperandForm {
    @inline(__always) static var kind0: KnownKind { .register }
    @inline(__always) static var kind1: KnownKind { .immediate }
}
/// an immediate alone
enum I: OperandForm {
    @inline(__always) static var kind0: KnownKind { .immediate }
    @inline(__always) static var kind1: KnownKind { .any }
}
/// memory ← immediate
enum MI: OperandForm {
    @inline(__always) static var kind0: KnownKind { .memory }
    @inline(__always) static var kind1: KnownKind { .immediate }
}
