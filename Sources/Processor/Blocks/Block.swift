import X86

/// An instruction in a block, ready to run.
struct Op {
    var instruction = Instruction()
    /// What the dispatch loop does for it.
    var handler: Handler = .leave
    /// Offset of its first byte from the start of the block.
    var offset: UInt16 = 0
    var assumptions: Assumptions = []
    /// Number of instructions before it in the block.
    var index: UInt16 = 0

    /// What the block's mode lets this instruction take for granted.
    struct Assumptions: OptionSet {
        let rawValue: UInt8
        /// The memory operand has a 32-bit address in a flat segment, and alignment is not checked.
        static let flatMemory = Assumptions(rawValue: 1)
        /// The stack is flat and 32 bits wide, and alignment is not checked.
        static let flatStack = Assumptions(rawValue: 2)
    }

    /// Offset of the byte behind it.
    @inline(__always) var end: UInt64 { UInt64(truncatingIfNeeded: offset) &+ UInt64(truncatingIfNeeded: instruction.length) }
}

/// What decoded instructions depend on besides their bytes; part of a block's key.
struct Mode: OptionSet, Hashable {
    let rawValue: UInt32
    static let code32 = Mode(rawValue: 1)
    static let code64 = Mode(rawValue: 2)
    static let flatCS = Mode(rawValue: 4)
    static let flatDS = Mode(rawValue: 8)
    static let flatES = Mode(rawValue: 16)
    static let flatSS = Mode(rawValue: 32)
    static let bigStack = Mode(rawValue: 64)
    /// CR0.AM, EFLAGS.AC and CPL 3: every access checks its alignment.
    static let alignment = Mode(rawValue: 128)
    /// CPL 3: other pages may be fetched from.
    static let user = Mode(rawValue: 256)
    /// Debug registers watch instruction fetches: blocks of one instruction.
    static let oneByOne = Mode(rawValue: 512)
}

/// A run of decoded instructions that is entered at its first and left at its last, by a fault, or by a `.leave` patched into it.
///
/// Found by physical address, RIP, code segment and `Mode`; all its instructions end in one page, except that the last one may
/// reach into the next.
struct Block {
    /// Physical address of the first byte.
    var physical: UInt64 = 0
    /// Physical page that the last instruction reaches into; 0 if none.
    var secondPage: UInt64 = 0
    var rip: UInt64 = 0
    var csBase: UInt64 = 0
    var csLimit: UInt32 = 0
    var mode: Mode = []
    /// Instructions, at least 1; a `.leave` follows the last one.
    var count: UInt32 = 0
    var byteCount: UInt32 = 0
    var ops: UnsafeMutablePointer<Op>
    /// Decoded from a device: to be used once.
    var isTransient = false

    /// Successors by direct control transfer, the most recent first.
    var link0 = Link()
    var link1 = Link()

    /// Next block of the same hash bucket, and next blocks of the lists of the one or two pages it lies in.
    var nextInBucket: UnsafeMutablePointer<Block>?
    var nextInPage: UnsafeMutablePointer<Block>?
    var nextInSecondPage: UnsafeMutablePointer<Block>?

    init(ops: UnsafeMutablePointer<Op>) { self.ops = ops }
}

/// A successor that was looked up once. It holds as long as the target is valid and, when it lies in another page than the link, the
/// translations of code pages have not changed since.
struct Link {
    var target: UnsafeMutablePointer<Block>?
    /// The cache's generation when it was made, or `Link.always` within one page.
    var generation: UInt64 = 0
    static let always = UInt64.max
}
