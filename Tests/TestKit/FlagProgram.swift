import Processor
import X86

/// A straight piece of flat 32-bit code that is translated as one region: cases of a producer of flags and registers, what stands between, a
/// consumer, and what is wanted later, one behind the other.
///
/// No paging and no interrupts; registers hold anything, so memory is addressed by displacements and by what is loaded just before.
public struct FlagProgram {
    public enum Layout {
        public static let code = 0x1000
        public static let data = 0x8000
        public static let stackTop = 0x7800
        public static let size = 0x10_0000
        /// Nothing answers there.
        public static let device = 0x20_0000
    }

    public let seed: UInt64
    /// The cases, with HLT behind the last.
    public private(set) var cases: [[UInt8]] = []
    public let state: CPUState

    public var code: [UInt8] { cases.flatMap { $0 } + [0xF4] }

    /// So many that they fit into one region.
    private static let mostCases = 6

    public init(seed: UInt64) {
        self.seed = seed
        var random = RandomNumbers(seed: seed)
        state = Self.state(&random)
        let writer = Writer()
        for _ in 0..<Self.mostCases { cases.append(writer.oneCase(&random)) }
    }

    /// The same with some of its cases.
    public func keeping(_ range: Range<Int>) -> FlagProgram {
        var shorter = self
        shorter.cases = Array(cases[range])
        return shorter
    }

    private static func state(_ random: inout RandomNumbers) -> CPUState {
        var state = CPUState()
        state.cr0 = [.PE, .ET, .NE]
        let data = SegmentRegister(selector: 0x10, base: 0, limit: .max, attributes: 0xC093)
        (state.ds, state.es, state.ss, state.fs, state.gs) = (data, data, data, data, data)
        state.cs = SegmentRegister(selector: 8, base: 0, limit: .max, attributes: 0xC09B)
        state.rip = UInt64(Layout.code)
        for register in [\CPUState.rax, \.rcx, \.rdx, \.rbx, \.rbp, \.rsi, \.rdi] {
            state[keyPath: register] = UInt64(number(&random))
        }
        state.rsp = UInt64(Layout.stackTop)
        state.eflags = EFLAGS(rawValue: 2 | UInt32(random.byte()) & 0xD5 | (random.oneIn(2) ? 0x800 : 0))
        return state
    }

    static func number(_ random: inout RandomNumbers) -> UInt32 {
        let edges: [UInt32] = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, .max]
        return random.oneIn(2) ? edges[random.below(edges.count)] : UInt32(truncatingIfNeeded: random.next())
    }
}

/// Writes the cases of `FlagProgram`.
private struct Writer {
    private typealias Layout = FlagProgram.Layout
    private static let decoder = Decoder(codeSize: .bits32, features: CPUModel.max.features.instructions)
    /// Rows that neither transfer control nor load segments, need no privilege and seldom fault.
    private static let rows: [Int] = {
        let features = CPUModel.max.features.instructions
        let others: [Traits] = [.only64, .privileged, .endsBlock, .usesFPU, .usesSSE]
        let segments: [OperandCode] = [.Sw, .ES, .CS, .SS, .DS, .FS, .GS, .Mp, .Ma, .Ap]
        return Table.rows.indices.filter { number in
            let row = Table.rows[number]
            return features.contains(row.feature) && !others.contains { row.traits.contains($0) } && row.operation != .popf
                && !row.operands.contains { segments.contains($0) }
        }
    }()

    /// Producer, what stands between, consumer, and what follows.
    func oneCase(_ random: inout RandomNumbers) -> [UInt8] {
        var code: [UInt8] = []
        if !random.oneIn(4) { code += [0xBC] + Self.bytes(UInt32(Layout.stackTop)) }
        let register = UInt8(random.below(8))
        if register != 4, random.oneIn(2) { code += [0xB8 | register] + Self.bytes(FlagProgram.number(&random)) }
        code += random.oneIn(6) ? product(&random) : row(&random)
        if random.oneIn(2) { code += between(&random) }
        code += random.oneIn(5) ? row(&random) : consumer(&random)
        return code + after(&random)
    }

    static func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) } }

    /// Near the end of one of 16 pages, or across it; now and then a device.
    private func address(_ random: inout RandomNumbers) -> [UInt8] {
        let offset = UInt32(random.below(16)) << 12 | 0xFF0 | UInt32(random.below(20))
        return Self.bytes(UInt32(random.oneIn(6) ? Layout.device : Layout.data) + offset)
    }

    /// ModR/M, and what belongs to it: registers or a displacement alone.
    private func operands(_ reg: UInt8, _ random: inout RandomNumbers, memory: Bool? = nil) -> [UInt8] {
        if memory ?? random.oneIn(2) { return [reg << 3 | 5] + address(&random) }
        return [0xC0 | reg << 3 | UInt8(random.below(8))]
    }

    private func any(_ random: inout RandomNumbers) -> UInt8 { UInt8(random.below(8)) }
    private func wide(_ random: inout RandomNumbers) -> [UInt8] { random.oneIn(3) ? [0x66] : [] }

    /// MUL and IMUL.
    private func product(_ random: inout RandomNumbers) -> [UInt8] {
        let digit = 4 | UInt8(random.below(2))
        switch random.below(3) {
        case 0: return wide(&random) + [0x0F, 0xAF] + operands(any(&random), &random)
        case 1: return [0xF6] + operands(digit, &random)
        default: return wide(&random) + [0xF7] + operands(digit, &random)
        }
    }

    /// Any row, with random operands.
    private func row(_ random: inout RandomNumbers) -> [UInt8] {
        for _ in 0..<8 {
            let number = Self.rows[random.below(Self.rows.count)]
            let row = Table.rows[number]
            var bytes = setting(row, &random)
            let start = bytes.count
            if random.oneIn(10) { bytes.append([0x26, 0x36, 0x3E, 0x64][random.below(4)]) }
            switch row.prefix {
            case .any: if random.oneIn(3) { bytes.append(0x66) }
            case .pF3: bytes.append(0xF3)
            case .pF2: bytes.append(0xF2)
            default: if row.prefix == .p66 || row.prefix.contains(.p66) && random.oneIn(3) { bytes.append(0x66) }
            }
            switch row.map {
            case .oneByte: break
            case .twoByte0F: bytes.append(0x0F)
            case .threeByte0F38: bytes += [0x0F, 0x38]
            case .threeByte0F3A: bytes += [0x0F, 0x3A]
            }
            bytes.append(row.spansEightOpcodes ? row.opcode + any(&random) : row.opcode)
            if let range = row.modRM {
                bytes.append(UInt8(Int(range.lowerBound) + random.below(range.count)))
            } else if row.hasModRM {
                bytes += operands(row.digit ?? any(&random), &random)
            }
            if row.operands.contains(.Ob) || row.operands.contains(.Ov) { bytes += address(&random) }
            for _ in 0..<8 { bytes.append(random.byte()) }
            let decoded = Self.decoder.decode(Array(bytes[start...].prefix(15)))
            guard Int(decoded.row) == number, decoded.operation == row.operation else { continue }
            return Array(bytes.prefix(start + Int(decoded.length)))
        }
        return [0x90]
    }

    /// Registers that the row needs to be useful: a quotient that fits, indices of strings.
    private func setting(_ row: Row, _ random: inout RandomNumbers) -> [UInt8] {
        switch row.operation {
        case .div: return [0xBA] + Self.bytes(UInt32(random.below(2)))
        case .idiv: return [0x99]
        case .movs, .cmps, .stos, .lods, .scas: return [0xBE] + address(&random) + [0xBF] + address(&random)
        default: return []
        }
    }

    private func between(_ random: inout RandomNumbers) -> [UInt8] {
        let register = any(&random)
        switch random.below(11) {
        case 0: return wide(&random) + [0x8B] + operands(register, &random, memory: true)
        case 1: return wide(&random) + [0x89] + operands(register, &random, memory: true)
        case 2: return [0x88] + operands(register, &random, memory: true)
        // A call-out: SGDT.
        case 3: return [0x0F, 0x01] + operands(0, &random, memory: true)
        // The end of a block.
        case 4: return [0xEB, 0]
        case 5: return [0x0F, 0x95] + operands(0, &random)
        // LEA, MOV, NOT, BSWAP, PUSH and POP keep the flags.
        case 6: return [0x8D, 0x40 | register << 3 | 5, random.byte()]
        case 7: return [0xB0 | register, random.byte()]
        case 8: return [random.oneIn(2) ? 0xF6 : 0xF7] + operands(2, &random)
        case 9: return [0x0F, 0xC8 | register]
        default: return [0x50 | register, 0x58 | any(&random)]
        }
    }

    private func consumer(_ random: inout RandomNumbers) -> [UInt8] {
        let (register, condition) = (any(&random), UInt8(random.below(16)))
        switch random.below(14) {
        case 0...2: return [0x0F, 0x90 | condition] + operands(0, &random, memory: random.oneIn(4))
        case 3...5: return wide(&random) + [0x0F, 0x40 | condition] + operands(register, &random, memory: random.oneIn(4))
        case 6: return [0x70 | condition, 1, 0x40 | register]
        case 7: return wide(&random) + [[0x11, 0x13, 0x19, 0x1B][random.below(4)]] + operands(register, &random)
        case 8: return [[0x10, 0x12, 0x18, 0x1A][random.below(4)]] + operands(register, &random)
        case 9: return wide(&random) + [0xD1] + operands(2 | UInt8(random.below(2)), &random)
        case 10: return [0xC0] + operands(UInt8(random.below(4)), &random) + [random.byte()]
        case 11: return [0x9C, 0x58 | register]
        case 12: return [[0x9F, 0xF5, 0xF8, 0xF9, 0xD6][random.below(5)]]
        default: return wide(&random) + [0x40 | UInt8(random.below(16))]
        }
    }

    /// What is live behind the consumer: all flags, CF, all but CF, none; registers in parts and as a whole.
    private func after(_ random: inout RandomNumbers) -> [UInt8] {
        let register = any(&random)
        switch random.below(8) {
        case 0: return [0x85, 0xC0 | register << 3 | register]
        case 1: return [0x40 | register]
        case 2: return [0xF9]
        case 3: return [0x9C, 0x8F] + operands(0, &random, memory: true)
        case 4: return [0x88] + operands(register, &random, memory: true)
        case 5: return [0x89] + operands(register, &random, memory: true)
        case 6: return [0x70 | UInt8(random.below(16)), 0]
        default: return []
        }
    }
}
