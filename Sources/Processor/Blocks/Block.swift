import X86

/// An instruction in a block, ready to run.
package struct Op {
    package var instruction = Instruction()
    /// The dispatch loop's action for it.
    var handler: Handler = .leave
    /// Offset of its first byte from the start of the block.
    package var offset: UInt16 = 0
    package var assumptions: Assumptions = []
    package var changes = Changes()
    /// Number of instructions before it in the block.
    package var index: UInt16 = 0

    init() {}

    /// Facts that an instruction can take for granted in the block's mode.
    package struct Assumptions: OptionSet {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The memory operand has a 32-bit address in a flat segment, and alignment is not checked.
        package static let flatMemory = Assumptions(rawValue: 1)
        /// The stack is flat and 32 bits wide, and alignment is not checked.
        package static let flatStack = Assumptions(rawValue: 2)
        /// The memory operand has a 64-bit address in a segment without a base, and alignment is not checked.
        package static let flat64 = Assumptions(rawValue: 4)
    }

    /// Number of times that the instruction has become another one, and which translations that concerns.
    package struct Changes {
        private var rawValue: UInt8 = 0
        private static let bytes: UInt8 = 0x80
        private static let row: UInt8 = 0x40
        private static let most: UInt8 = 4

        /// Machine code was made of its bytes.
        package var areInCode: Bool {
            get { rawValue & Changes.bytes != 0 }
            set { rawValue = newValue ? rawValue | Changes.bytes : rawValue & ~Changes.bytes }
        }
        /// Machine code was made of what its row of the table says.
        package var isRowInCode: Bool {
            get { rawValue & Changes.row != 0 }
            set { rawValue = newValue ? rawValue | Changes.row : rawValue & ~Changes.row }
        }
        /// It changed so often that translations call out for whatever is in its place.
        package var areFrequent: Bool { rawValue & 0x3F >= Changes.most }

        /// Those of the instruction that replaces it, in its place.
        func counted(keepingCode: Bool) -> Changes {
            var next = self
            if !areFrequent { next.rawValue &+= 1 }
            if !keepingCode { next.rawValue &= ~(Changes.bytes | Changes.row) }
            return next
        }
    }

    /// Offset of the byte behind it.
    @inline(__always) package var end: UInt64 {
        UInt64(truncatingIfNeeded: offset) &+ UInt64(truncatingIfNeeded: instruction.length)
    }
}

/// Conditions that decoded instructions depend on besides their bytes; part of a block's key.
package struct Mode: OptionSet, Hashable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let code32 = Mode(rawValue: 1)
    /// 64-bit mode: segments but FS and GS have no base, none has a limit, and the flags for flat ones are set whatever their registers hold.
    package static let code64 = Mode(rawValue: 2)
    package static let flatCS = Mode(rawValue: 4)
    package static let flatDS = Mode(rawValue: 8)
    package static let flatES = Mode(rawValue: 16)
    package static let flatSS = Mode(rawValue: 32)
    package static let bigStack = Mode(rawValue: 64)
    /// CR0.AM, EFLAGS.AC and CPL 3: every access checks its alignment.
    package static let alignment = Mode(rawValue: 128)
    /// CPL 3: other pages may be fetched from.
    package static let user = Mode(rawValue: 256)
    /// Debug registers watch instruction fetches: blocks of one instruction.
    package static let oneByOne = Mode(rawValue: 512)
    /// Code of 16 or 32 bits in IA-32e mode.
    package static let compatibility = Mode(rawValue: 2048)
    /// A debugger stops at instructions: blocks begin there, and are left there.
    package static let stops = Mode(rawValue: 1024)
}

/// A run of decoded instructions that is entered at its first and left at its last, by a fault, or by a `.leave` patched into it.
///
/// Found by physical address, RIP, code segment and `Mode`; all its instructions end in one page, except that the last one may
/// reach into the next.
package struct Block {
    /// Physical address of the first byte.
    package var physical: UInt64 = 0
    /// Physical page that the last instruction reaches into; 0 if none.
    package var secondPage: UInt64 = 0
    package var rip: UInt64 = 0
    package var csBase: UInt64 = 0
    package var csLimit: UInt32 = 0
    package var mode: Mode = []
    /// Instructions, at least 1; a `.leave` follows the last one.
    package var count: UInt32 = 0
    package var byteCount: UInt32 = 0
    package var ops: OpHandle
    /// Decoded from a device: to be used once.
    package var isTransient = false
    /// The number of the processor whose stops it was made for, in `Mode.stops`; any processor executes the others.
    var owner: UInt8 = 0

    /// Number of times that it was entered by the interpreter; see `Core.threshold`. It begins below zero where translating has not paid lately.
    package var heat: Int32 = 0
    /// It did, and need not wait once more.
    package var hasWaited = false
    /// Number of times that translations have called out for instructions that change frequently, since one of them changed.
    var callsSinceChange: UInt16 = 0
    /// The place where its translation is entered.
    package var entry: UnsafeRawPointer?
    /// The engine's name for mode and code segment, where there is an entry.
    package var context: UInt64 = 0
    /// Part of a translation, its own or another block's.
    package var isTranslated = false

    /// Successors by direct control transfer, the most recent first.
    var link0 = Link()
    var link1 = Link()

    /// Next block of the same hash bucket, and next blocks of the lists of `CodePage` for the one or two pages it lies in.
    var nextInBucket: BlockHandle?
    var nextInPage: BlockHandle?
    var nextInSecondPage: BlockHandle?

    init(ops: OpHandle) { self.ops = ops }
}

/// Time for which it may be remembered that a linear address leads to a block.
package enum LinkTerm {
    /// As long as the block is there: the link is in the same page.
    case always
    /// Until the processor's generation of linear addresses ends: its page is global.
    case lasting
    /// Until CR3 is written. SDM Vol. 3A, section 4.10.4.1.
    case passing

    /// Places of the last kind that are kept in mind to be forgotten one by one.
    package static let mostPassing = 1 << 14
}

/// A successor that was looked up once. It holds as long as the target is valid and, when it lies in another page than the link, for the processor that
/// looked it up, while its translations of code pages have not changed since.
struct Link {
    var target: BlockHandle?
    /// The processor's generation of linear addresses when it was made, or `Link.always` within one page.
    var generation: UInt64 = 0
    package static let always = UInt64.max
}
