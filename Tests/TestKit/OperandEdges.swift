import Foundation
import Processor
import Recompiler
import X86

/// Single instructions at level 3 whose operand in memory lies at an edge: of a segment, of 16-bit offsets, of the address space, of a page
/// that must not be written or is not there; or in real mode; on the interpreter, as translated code, and on the host's processor where that can be had.
public final class OperandEdges {
    private enum Layout {
        static let code = 0x1_1000
        static let directory = 0x1_2000
        static let table = 0x1_3000
        static let data = 0x1_8000
        static let dataEnd = 0x3_0000
        /// native.asm takes these pages' rights away.
        static let readOnly = 0x2_A000
        static let absent = 0x2_B000
        /// Beyond what a job has.
        static let end = 0x3_1000
        static let stackTop = 0x1_6800
    }

    /// A segment, and offsets at which something ends or begins.
    private struct Place: Sendable {
        var segment: NativeProcess.Segment?
        var edges: [UInt64]
    }

    private static let places: [Place] = {
        func segment(_ base: Int, _ limit: UInt32, _ change: (inout NativeProcess.Segment) -> Void = { _ in })
            -> NativeProcess.Segment
        {
            var segment = NativeProcess.Segment(base: UInt32(base), limit: limit)
            change(&segment)
            return segment
        }
        return [
            Place(segment: nil, edges: [0x2_A000, 0x2_B000, 0x2_C000, 0x1_0000, 0x2_0000, 0x1_0000_0000]),
            Place(segment: segment(Layout.data, 0xFFF), edges: [0x1000, 0x1_0000]),
            Place(segment: segment(Layout.data, 0xFFFF), edges: [0x1_0000]),
            Place(segment: segment(Layout.data, 0x1_0FFF), edges: [0x1_0000, 0x1_1000]),
            Place(segment: segment(Layout.data, 0xFFF) { $0.isReadOnly = true }, edges: [0x800, 0x1000]),
            Place(segment: segment(Layout.data, 0x7FF) { $0.isExpandDown = true }, edges: [0x800, 0x1_0000, 0x1_0000_0000]),
            Place(
                segment: segment(Layout.data, 0x7FF) {
                    $0.isExpandDown = true
                    $0.is32 = false
                }, edges: [0x800, 0x1_0000]),
            Place(segment: segment(0x2_0000, 0xF_FFFF) { $0.isInPages = true }, edges: [0xA000, 0xC000, 0x1_0000_0000]),
        ]
    }()

    private let machines: [FlatMachine]
    private let engine: Recompiler?
    /// The reason why the host's processor is not asked, in words.
    public private(set) var unavailable: String?
    private var native: NativeProcess?
    public private(set) var cases = 0
    /// Of them, those that ended in an exception.
    public private(set) var exceptions = 0
    public var recompiled: UInt64 { machines[1].cpu.nativeStatistics.instructions }

    public init() {
        machines = (0..<2).map { _ in FlatMachine(model: .max, megabytes: 1) }
        engine = Engine.recompiledOneByOne.use(on: machines[1].cpu)
        do {
            native = try NativeProcess(segments: Self.places.compactMap(\.segment))
        } catch {
            unavailable = "\(error)"
        }
    }

    // MARK: Cases

    private struct Case {
        var code: [UInt8] = []
        var place = 0
        var state = CPUState()
        var isZeroed = false
        var undefined: EFLAGS = []
        /// The host's processor is asked.
        var isForHost = true
        /// In real mode, whose segments end at FFFFh.
        var isReal = false
    }

    private static let decoders = [CodeSize.bits16, .bits32].map {
        Decoder(codeSize: $0, features: CPUModel.max.features.instructions)
    }
    private static let rows = Table.rows.indices.filter { number in
        let row = Table.rows[number]
        let others: [Traits] = [.only64, .privileged, .transfersControl]
        return CPUModel.max.features.instructions.contains(row.feature) && row.hasModRM && !row.map.isVEX
            && !others.contains { row.traits.contains($0) } && row.modRM == nil
    }
    /// Not at level 3, not in the same way everywhere, or about segments that the process needs.
    private static let foreign: [X86.Operation] = [
        .sgdt, .sidt, .sldt, .str, .smsw, .lar, .lsl, .verr, .verw, .lfs, .lgs, .lss, .movToSegment, .movFromSegment, .rcpps,
        .rcpss,
        .rsqrtps, .rsqrtss, .ldmxcsr, .nop, .fnstenv, .fnsave, .fxsave, .lds, .les, .xsave, .xsaveopt,
        .xsavec, .xrstor,
    ]

    private func make(_ random: inout RandomNumbers) -> Case {
        var one = Case()
        one.place = random.below(Self.places.count)
        let edges = Self.places[one.place].edges
        let edge = edges[random.below(edges.count)]
        let distance = random.oneIn(3) ? random.below(540) : random.below(20)
        let offset = UInt32(truncatingIfNeeded: random.oneIn(6) ? edge &+ UInt64(random.below(16)) : edge &- UInt64(distance))
        one.state = state(one.place, &random)
        one.isReal = random.oneIn(6)
        let isNarrow = offset < 0x1_0000 && random.oneIn(2)
        if isNarrow != one.isReal { one.code = [0x67] }
        if random.oneIn(8) {
            writeString(offset, &one, &random)
        } else {
            writeRow(offset, isNarrow, &one, &random)
        }
        if one.isReal { enterRealMode(&one) }
        // The process has its own things there: how it enters and leaves a case.
        if Self.places[one.place].segment == nil, (0xF000..<Layout.directory).contains(Int(offset)) { one.isForHost = false }
        return one
    }

    private func enterRealMode(_ one: inout Case) {
        one.isForHost = false
        one.state.cpl = 0
        one.state.cr0 = [.ET, .NE]
        one.state.cs = .realMode(UInt16(Layout.code >> 4))
        (one.state.ds, one.state.es) = (.realMode(UInt16(Layout.data >> 4)), .realMode(UInt16(Layout.data >> 4)))
        (one.state.ss, one.state.fs, one.state.gs) = (.realMode(0x1000), .realMode(0), .realMode(0xFFFF))
        one.state.rip = 0
        one.state.rsp = UInt64(Layout.stackTop & 0xFFFF)
        one.state.idtr = DescriptorTableRegister(base: 0, limit: 0x3FF)
    }

    /// String instructions, XLAT and MASKMOVQ: the offset is in registers.
    private func writeString(_ offset: UInt32, _ one: inout Case, _ random: inout RandomNumbers) {
        let other = random.oneIn(2) ? (Self.places[one.place].segment == nil ? UInt32(Layout.data) : 0) + 0x900 : offset
        let swaps = random.oneIn(2)
        one.state.rsi = UInt64(swaps ? other : offset)
        one.state.rdi = UInt64(swaps ? offset : other)
        one.state.rbx = UInt64(offset)
        one.state.rax &= 0xFFFF_FF00
        one.state.rcx = UInt64(random.below(3))
        switch random.below(8) {
        case 0: one.code.append(0xD7)
        case 1:
            // A mask of zero may fault or not.
            one.isForHost = false
            one.code += [0x0F, 0xF7, 0xC1]
        default:
            if random.oneIn(2) { one.code.append(random.oneIn(2) ? 0xF2 : 0xF3) }
            if random.oneIn(3) { one.code.append(0x66) }
            one.code.append([0xA4, 0xA5, 0xA6, 0xA7, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF][random.below(10)])
        }
    }

    private func writeRow(_ offset: UInt32, _ isNarrow: Bool, _ one: inout Case, _ random: inout RandomNumbers) {
        let start = one.code
        while true {
            let number = Self.rows[random.below(Self.rows.count)]
            let row = Table.rows[number]
            one.code = start
            switch row.prefix {
            case .any: if random.oneIn(3) { one.code.append(0x66) }
            case .pF3: one.code.append(0xF3)
            case .pF2: one.code.append(0xF2)
            default: if row.prefix == .p66 || row.prefix.contains(.p66) && random.oneIn(3) { one.code.append(0x66) }
            }
            one.code += row.map.escape
            let reg = row.digit ?? UInt8(random.below(8))
            one.code += [row.opcode, reg << 3 | (isNarrow ? 6 : 5)]
            one.code += (0..<(isNarrow ? 2 : 4)).map { UInt8(truncatingIfNeeded: offset >> UInt32(8 * $0)) }
            // Immediates: a count of zero now and then.
            one.code += (0..<4).map { _ in random.oneIn(3) ? 0 : random.byte() }
            let decoded = Self.decoders[one.isReal ? 0 : 1].decode(Array(one.code.prefix(15)))
            guard Int(decoded.row) == number, decoded.operation == row.operation else { continue }
            one.code = Array(one.code.prefix(Int(decoded.length)))
            one.isForHost = !Self.foreign.contains(row.operation)
            // Undefined when the count is beyond 16 bits.
            if [.shld, .shrd].contains(row.operation), decoded.operandSize == .word { one.isForHost = false }
            one.undefined = row.flags.undefined
            // Null selectors, an FPU with nothing unmasked, bounds that nothing is within.
            one.isZeroed = row.operands.contains { [.Mp, .m14byte, .m94byte, .m512byte].contains($0) }
            if [.bt, .bts, .btr, .btc].contains(row.operation), row.digit == nil {
                setRegister(reg, UInt64(random.below(64)), &one.state)
            }
            return
        }
    }

    private func setRegister(_ number: UInt8, _ value: UInt64, _ state: inout CPUState) {
        let registers = [\CPUState.rax, \.rcx, \.rdx, \.rbx, \.rsp, \.rbp, \.rsi, \.rdi]
        state[keyPath: registers[Int(number)]] = value
    }

    private func state(_ place: Int, _ random: inout RandomNumbers) -> CPUState {
        var state = FlagProgram.state(FlagProgram.Setting(isForHost: true), &random)
        state.cpl = 3
        state.cr0 = [.PE, .ET, .NE, .PG, .WP]
        state.cr3 = UInt64(Layout.directory)
        let flat = SegmentRegister(selector: NativeProcess.data32, base: 0, limit: .max, attributes: 0xC0F3)
        (state.ss, state.fs, state.gs) = (flat, flat, flat)
        (state.ds, state.es) = (flat, flat)
        state.cs = SegmentRegister(selector: NativeProcess.code32, base: 0, limit: .max, attributes: 0xC0FB)
        if let segment = Self.places[place].segment {
            let register = segment.register(selector(place))
            (state.ds, state.es) = (register, register)
        }
        state.rip = UInt64(Layout.code)
        state.rsp = UInt64(Layout.stackTop)
        // A count of zero in CL now and then.
        if random.oneIn(2) { state.rcx &= 0xFFFF_FF00 | [0, 0x20, 1][random.below(3)] }
        return state
    }

    private func selector(_ place: Int) -> UInt16 { UInt16(Self.places[..<place].count { $0.segment != nil }) << 3 | 7 }

    // MARK: Running

    /// The difference, in words; nil when there is none.
    public func difference(seed: UInt64) -> String? {
        var random = RandomNumbers(seed: seed)
        let one = make(&random)
        cases += 1
        let faults = machines.map { machine -> Fault? in
            load(one, seed, machine)
            return machine.cpu.executeInstruction()
        }
        if faults[0] != nil { exceptions += 1 }
        func report(_ what: String) -> String {
            let text = Disassembly(one.code, at: UInt64(Layout.code), codeSize: one.isReal ? .bits16 : .bits32).map(\.text).joined(
                separator: "; ")
            let segment = one.isReal ? "real mode" : Self.places[one.place].segment.map { "\($0)" } ?? "flat"
            return "seed \(seed): \(text), ecx = \(String(one.state.rcx, radix: 16)), \(segment): \(what)"
        }
        if faults[0] != faults[1] { return report("\(words(faults[1])) in translated code, not \(words(faults[0]))") }
        let states = machines.map(\.cpu.state)
        if states[0] != states[1] { return report("another state after translated code") }
        let (law, other) = (machines[0], machines[1])
        if memcmp(law.memory + Layout.data, other.memory + Layout.data, Layout.dataEnd - Layout.data) != 0 {
            return report("other memory after translated code")
        }
        guard one.isForHost, let native else { return nil }
        return nativeDifference(one, seed, faults[0], native).map(report)
    }

    private func words(_ fault: Fault?) -> String {
        fault.map { "exception \($0.vector) (\($0.errorCode))" } ?? "no exception"
    }

    private func load(_ one: Case, _ seed: UInt64, _ machine: FlatMachine) {
        machine.cpu.reset()
        memset(machine.memory + Layout.code, 0, Layout.dataEnd - Layout.code)
        forEachNumber(one, seed) { machine.memory.storeBytes(of: $1, toByteOffset: $0, as: UInt64.self) }
        machine.memory.storeBytes(of: UInt32(Layout.table | 7), toByteOffset: Layout.directory, as: UInt32.self)
        for page in stride(from: 0x1_0000, to: Layout.end, by: 0x1000) {
            let rights = page == Layout.absent ? 0 : page == Layout.readOnly ? 5 : 7
            machine.memory.storeBytes(of: UInt32(page | rights), toByteOffset: Layout.table + page >> 10, as: UInt32.self)
        }
        machine.cpu.memoryWritten(physical: 0, count: machine.size)
        machine.write(Layout.code, one.code)
        machine.cpu.state = one.state
    }

    private func forEachNumber(_ one: Case, _ seed: UInt64, _ body: (Int, UInt64) -> Void) {
        guard !one.isZeroed else { return }
        var random = RandomNumbers(seed: seed ^ 0xDA7A)
        for page in stride(from: Layout.data, to: Layout.dataEnd, by: 0x1000) where page != Layout.absent && page != Layout.readOnly
        {
            for offset in [0, 8, 0x7F0, 0x7F8, 0x800, 0x808, 0xFE0, 0xFE8, 0xFF0, 0xFF8] { body(page + offset, random.next()) }
        }
    }

    private func nativeDifference(_ one: Case, _ seed: UInt64, _ fault: Fault?, _ native: NativeProcess) -> String? {
        native.clear(Layout.code..<Layout.readOnly)
        native.clear(Layout.absent + 0x1000..<Layout.dataEnd)
        forEachNumber(one, seed) { native.store($0, $1) }
        native.store(Layout.code, one.code + NativeProcess.jumpToDone(is16: false))
        let ds = Self.places[one.place].segment == nil ? NativeProcess.data32 : selector(one.place)
        guard
            let outcome = native.run(
                one.state, cs: NativeProcess.code32, ds: ds, ss: NativeProcess.data32, eip: UInt32(Layout.code))
        else { return "the process has ended" }
        let state = machines[0].cpu.state
        if let exception = outcome.exception {
            // Whether a page is there is the kernel's affair, which brings them when they are used.
            guard let fault, fault.vector == exception.vector, (fault.errorCode ^ exception.error) & ~1 == 0 || fault.vector < 10
            else {
                return
                    "\(words(fault)), on the host \(exception.vector) (\(exception.error)) at \(String(exception.address, radix: 16))"
            }
        } else if let fault {
            return "\(words(fault)), on the host none"
        }
        let registers = [state.rax, state.rcx, state.rdx, state.rbx, state.rsp, state.rbp, state.rsi, state.rdi]
        if registers != outcome.registers.map(UInt64.init) { return "registers \(registers), on the host \(outcome.registers)" }
        let mask = EFLAGS([.CF, .PF, .AF, .ZF, .SF, .OF, .DF]).subtracting(one.undefined).rawValue
        if (state.eflags.rawValue ^ outcome.flags) & mask != 0 {
            return "flags \(state.eflags.rawValue & mask), on the host \(outcome.flags & mask)"
        }
        guard fault == nil else { return nil }
        for range in [Layout.data..<Layout.readOnly, Layout.absent + 0x1000..<Layout.dataEnd]
        where memcmp(machines[0].memory + range.lowerBound, native.bytes(at: range.lowerBound), range.count) != 0 {
            let address = range.first { machines[0].read($0) != native.bytes(at: $0).load(as: UInt8.self) } ?? 0
            return "other memory at \(String(address, radix: 16)) on the host"
        }
        return nil
    }
}

extension NativeProcess.Segment {
    /// As it is in a register at level 3.
    func register(_ selector: UInt16) -> SegmentRegister {
        let type: UInt16 = isCode ? 0xB : (isExpandDown ? 0x5 : 0x1) | (isReadOnly ? 0 : 2)
        let attributes = 0xF0 | type | (is32 ? 0x4000 : 0) | (isInPages ? 0x8000 : 0)
        return SegmentRegister(
            selector: selector, base: UInt64(base), limit: isInPages ? limit << 12 | 0xFFF : limit, attributes: attributes)
    }
}
