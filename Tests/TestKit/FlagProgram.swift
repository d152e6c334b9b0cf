import Processor
import SoftFloat
import X86

/// A short piece of code that is translated as one region: cases of a producer of flags and registers, what stands between, a consumer, and
/// what is wanted later, one behind the other.
///
/// No interrupts; registers hold anything, so memory is addressed by displacements and by what is loaded just before. An exception ends the
/// program in a handler that halts.
public struct FlagProgram {
    /// Linear addresses; physical ones are the same. Linux lets a process have these pages, too.
    public enum Layout {
        public static let start = 0x1_0000
        public static let code = 0x1_1000
        static let directory = 0x1_2000
        static let table = 0x1_3000
        static let gdt = 0x1_4000
        static let idt = 0x1_4800
        static let handler = 0x1_5000
        public static let stackTop = 0x1_6800
        public static let data = 0x1_8000
        public static let end = 0x3_0000
        /// Nothing answers there.
        static let device = 0x20_0000
        /// In 17 pages from `data` on, bytes with something in them.
        public static let filled = 0xFB0..<0x1008
    }

    enum Selector {
        static let code: UInt16 = 0x08
        static let flat: UInt16 = 0x10
        static let code16: UInt16 = 0x18
        static let window: UInt16 = 0x20
        static let stack16: UInt16 = 0x28
    }

    /// The mode in which it runs.
    public struct Setting: Equatable, Sendable {
        /// A 16-bit code segment.
        public var is16 = false
        /// DS and ES begin at `Layout.data` and end behind it; always so beside 16-bit code.
        public var isWindowed = false
        public var isPaged = false
        /// A process of the host can run it: no instruction looks at descriptors, control registers, ports or the time.
        public var isForHost = false

        public init(isForHost: Bool = false) { self.isForHost = isForHost }

        var codeBase: Int { is16 ? Layout.start : 0 }
        var dataBase: Int { isWindowed ? Layout.data : 0 }
        var stackBase: Int { is16 ? Layout.start : 0 }
        var codeSize: CodeSize { is16 ? .bits16 : .bits32 }
    }

    public let seed: UInt64
    public let setting: Setting
    /// It may leave its region: by an exception, a device, a computed transfer, a write into its own code.
    public let mayLeave: Bool
    /// The cases, with HLT behind the last.
    public private(set) var cases: [[UInt8]] = []
    public let state: CPUState
    private var knowledge = FlagKnowledge()
    /// Flags that the manual leaves undefined at the end; of programs for the host alone.
    public var undefinedFlags: EFLAGS { knowledge.undefined }

    public var code: [UInt8] { cases.flatMap { $0 } + [0xF4] }

    /// So many that they fit into one region.
    private static let mostCases = 6

    public init(seed: UInt64, isForHost: Bool = false) {
        self.seed = seed
        var random = RandomNumbers(seed: seed)
        var setting = Setting(isForHost: isForHost)
        setting.is16 = random.oneIn(4)
        setting.isWindowed = setting.is16 || random.oneIn(4)
        setting.isPaged = !isForHost && random.oneIn(3)
        self.setting = setting
        mayLeave = !isForHost && random.oneIn(6)
        state = Self.state(setting, &random)
        var address = Layout.code
        while cases.count < Self.mostCases {
            var writer = FlagCaseWriter(setting, mayLeave: mayLeave, at: address, random)
            writer.writeCase()
            random = writer.random
            if isForHost, !knowledge.follow(writer.code, setting.codeSize) { continue }
            cases.append(writer.code)
            address += writer.code.count
        }
    }

    /// The same with some of its cases; NOPs stand for those before them.
    public func keeping(_ range: Range<Int>) -> FlagProgram {
        var shorter = self
        shorter.cases = cases[..<range.lowerBound].map { [UInt8](repeating: 0x90, count: $0.count) } + cases[range]
        return shorter
    }

    static func state(_ setting: Setting, _ random: inout RandomNumbers) -> CPUState {
        var state = CPUState()
        state.cr0 = [.PE, .ET, .NE]
        if setting.isPaged { state.cr0.formUnion([.PG, .WP]) }
        state.cr3 = UInt64(Layout.directory)
        state.cr4 = [.OSFXSR, .OSXMMEXCPT]
        let flat = SegmentRegister(selector: Selector.flat, base: 0, limit: .max, attributes: 0xC093)
        let window = SegmentRegister(
            selector: Selector.window, base: UInt64(Layout.data), limit: 0x1_0FFF, attributes: 0x4093)
        (state.fs, state.gs) = (flat, flat)
        (state.ds, state.es) = setting.isWindowed ? (window, window) : (flat, flat)
        state.ss =
            setting.is16
            ? SegmentRegister(selector: Selector.stack16, base: UInt64(Layout.start), limit: 0xFFFF, attributes: 0x93) : flat
        state.cs =
            setting.is16
            ? SegmentRegister(selector: Selector.code16, base: UInt64(Layout.start), limit: 0xFFFF, attributes: 0x9B)
            : SegmentRegister(selector: Selector.code, base: 0, limit: .max, attributes: 0xC09B)
        state.gdtr = DescriptorTableRegister(base: UInt64(Layout.gdt), limit: 0x2F)
        state.idtr = DescriptorTableRegister(base: UInt64(Layout.idt), limit: 0xFF)
        state.rip = UInt64(Layout.code - setting.codeBase)
        for register in [\CPUState.rax, \.rcx, \.rdx, \.rbx, \.rbp, \.rsi, \.rdi] {
            state[keyPath: register] = UInt64(number(&random))
        }
        state.rsp = UInt64(Layout.stackTop - setting.stackBase)
        state.eflags = EFLAGS(rawValue: 2 | UInt32(random.byte()) & 0xD5 | (random.oneIn(2) ? 0x800 : 0))
        // A process has interrupts.
        if setting.isForHost { state.eflags.insert(.IF) }
        setFPU(&state, &random)
        return state
    }

    /// All exceptions masked; numbers, and now and then anything, in the registers.
    private static func setFPU(_ state: inout CPUState, _ random: inout RandomNumbers) {
        state.x87.control = 0x37F
        state.x87.occupied = random.oneIn(2) ? 0xFF : random.byte()
        for register in UInt8(0)..<8 {
            let anything = random.oneIn(8)
            let exponent = UInt16(0x3FF0 + random.below(32)) | (random.oneIn(2) ? 0x8000 : 0)
            state.x87[register] = Extended(
                significand: random.next() | (anything ? 0 : 1 << 63),
                signExponent: anything ? UInt16(truncatingIfNeeded: random.next()) : exponent)
            state.sse[register] = XMM(low: random.next(), high: random.oneIn(4) ? 0 : random.next())
        }
    }

    static func number(_ random: inout RandomNumbers) -> UInt32 {
        let edges: [UInt32] = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, .max]
        return random.oneIn(2) ? edges[random.below(edges.count)] : UInt32(truncatingIfNeeded: random.next())
    }

    /// What is in memory beside the code: 64-bit numbers by their addresses.
    public func forEachNumber(_ body: (Int, UInt64) -> Void) {
        var random = RandomNumbers(seed: seed ^ 0xDA7A)
        for page in 0..<17 {
            for offset in stride(from: Layout.filled.lowerBound, to: Layout.filled.upperBound, by: 8) {
                body(Layout.data + page << 12 + offset, random.next())
            }
        }
        if setting.isPaged {
            body(Layout.directory, UInt64(Layout.table | 7))
            for page in stride(from: 0, to: 1024, by: 2) {
                body(Layout.table + 4 * page, UInt64(page << 12 | 7) | UInt64((page + 1) << 12 | 7) << 32)
            }
        }
        guard !setting.isForHost else { return }
        let window = UInt64(Layout.data)
        let start = UInt64(Layout.start)
        for (selector, descriptor) in [
            (Selector.code, 0x00CF_9B00_0000_FFFF), (Selector.flat, 0x00CF_9300_0000_FFFF),
            (Selector.code16, 0x0000_9B00_0000_FFFF | start << 16), (Selector.window, 0x0041_9300_0000_0FFF | window << 16),
            (Selector.stack16, 0x0000_9300_0000_FFFF | start << 16),
        ] { body(Layout.gdt + Int(selector), descriptor) }
        for vector in 0..<32 {
            let handler = UInt64(Layout.handler)
            body(Layout.idt + 8 * vector, handler & 0xFFFF | UInt64(Selector.code) << 16 | 0x8E00 << 32 | (handler >> 16) << 48)
        }
    }
}
