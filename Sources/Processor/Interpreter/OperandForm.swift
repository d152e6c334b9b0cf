import X86

/// What is known about an instruction's operands when its handler is compiled. `.any` looks at the instruction.
///
/// Only a means of speed: `Execute<AnyForm>` runs every instruction, the others are its specialisations for the frequent ones.
protocol OperandForm {
    static var kind0: KnownKind { get }
    static var kind1: KnownKind { get }
}

enum KnownKind { case any, register, memory, immediate }

enum AnyForm: OperandForm {
    @inline(__always) static var kind0: KnownKind { .any }
    @inline(__always) static var kind1: KnownKind { .any }
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
/// memory ← immediate
enum MI: OperandForm {
    @inline(__always) static var kind0: KnownKind { .memory }
    @inline(__always) static var kind1: KnownKind { .immediate }
}
