import Processor
import Recompiler
import SoftFloat
import Wiring
import X86

/// Runs silicon vectors on the processor: sets the machine up as the vectors' README says, executes one instruction, compares everything.
public final class VectorRunner {
    private let file: VectorFile
    private let machine: FlatMachine
    private let recompiler: Recompiler?
    private var paging: VectorPaging
    private var isLong: Bool { file.mode == .long64 }
    private var base = CPUState()
    /// Memory as the regions fill it, to compare and restore from.
    private let pristine: UnsafeMutableRawPointer

    /// The place where the system tables are: out of the way of all regions, mapped for the supervisor.
    private enum Layout {
        static let tables = 0x80_0000
        static let gdt = 0x81_0000
        static let ldt = 0x81_1000
        static let idt = 0x81_2000
        static let tss = 0x81_3000
        static let end = 0x82_0000
        /// Memory whose linear addresses are beyond RAM.
        static let far = 0x90_0000
    }

    /// Sees the machine set up for a vector, and yields what is to be done when it has run.
    public var watch: ((FlatMachine) -> (Fault?) -> Void)?

    /// Executes with `engine`.
    public init(_ file: VectorFile, model: CPUModel, engine: Engine = .blocks) {
        self.file = file
        machine = FlatMachine(model: model)
        machine.hasConsole = false
        recompiler = engine.use(on: machine.cpu)
        guard let memory = HostMemory.ram(bytes: machine.size) else {
            preconditionFailure("the host has no \(machine.size) bytes for a test")
        }
        pristine = UnsafeMutableRawPointer(memory)
        paging = VectorPaging(machine, file.mode, tables: Layout.tables, far: Layout.far)
        if file.mode == .real16 { machine.logsWrites = true } else { setUpTables() }
        for region in file.regions {
            guard let first = paging.physical(region.base) else { continue }
            for offset in 0..<region.size {
                let byte = region.fillByte(at: region.base + offset)
                pristine.storeBytes(of: byte, toByteOffset: first + Int(offset), as: UInt8.self)
            }
            (machine.memory + first).copyMemory(from: pristine + first, byteCount: Int(region.size))
        }
        base = makeBase()
    }

    /// Instructions that ran as translated code.
    public var recompiledInstructions: UInt64 { machine.cpu.nativeStatistics.instructions }

    deinit { HostMemory.free(pristine.assumingMemoryBound(to: UInt8.self), count: machine.size) }

    // MARK: Set-up

    private func setUpTables() {
        for page in stride(from: Layout.tables, to: Layout.end, by: 0x1000) { paging.map(UInt64(page), rights: 3) }
        for region in file.regions {
            for page in stride(from: region.base, to: region.base + region.size, by: 0x1000) {
                paging.map(page, rights: 5 | (region.rights & 2 != 0 ? 2 : 0))
            }
        }
        for descriptor in file.descriptors {
            let table = descriptor.selector & 4 == 0 ? Layout.gdt : Layout.ldt
            machine.write64(table + Int(descriptor.selector & 0xFFF8), descriptor.raw)
        }
        // No I/O permission bit map within the TSS.
        machine.write32(Layout.tss + 0x64, 0xFFFF_0000)
        for vector in 0..<256 {
            let level: UInt64 = vector == 3 || vector == 4 ? 3 : 0
            // Interrupt gates to a code segment that is never entered.
            machine.write64(
                Layout.idt + vector * (isLong ? 16 : 8), (isLong ? 0x0000_8E00_0033_0000 : 0x0000_8E00_0023_0000) | level << 45)
        }
    }

    private func makeBase() -> CPUState {
        var state = CPUState()
        guard file.mode != .real16 else { return state }
        state.cr0 = [.PE, .PG, .NE, .AM, .WP, .ET]
        state.cr4 = [.OSFXSR, .OSXMMEXCPT]
        if file.hasUpperHalves {
            state.cr4.insert(.OSXSAVE)
            state.avx.xcr0 = [.x87, .SSE, .AVX]
        }
        state.efer = .NXE
        state.cr3 = UInt64(paging.root)
        state.cpl = 3
        state.gdtr = DescriptorTableRegister(base: UInt64(Layout.gdt), limit: 0x37)
        state.idtr = DescriptorTableRegister(base: UInt64(Layout.idt), limit: isLong ? 0xFFF : 0x7FF)
        if isLong {
            state.cr4.insert(.PAE)
            state.efer = [.NXE, .LME, .LMA]
        }
        state.ldtr = SegmentRegister(selector: 0x38, base: UInt64(Layout.ldt), limit: 0x67, attributes: 0x82)
        state.tr = SegmentRegister(selector: 0x30, base: UInt64(Layout.tss), limit: 0x67, attributes: 0x8B)
        return state
    }

    private func segment(_ selector: UInt16) -> SegmentRegister {
        if file.mode == .real16 { return .realMode(selector) }
        guard selector & 0xFFFC != 0,
            let found = file.descriptors.first(where: { $0.selector & 0xFFFC == selector & 0xFFFC })
        else { return SegmentRegister(selector: selector, base: 0, limit: 0, attributes: 0) }
        let raw = found.raw
        var limit = UInt32(truncatingIfNeeded: raw) & 0xFFFF | UInt32(truncatingIfNeeded: raw >> 32) & 0xF_0000
        if raw & 1 << 55 != 0 { limit = limit << 12 | 0xFFF }
        let base = (raw >> 16) & 0xFF_FFFF | (raw >> 32) & 0xFF00_0000
        let attributes = UInt16(truncatingIfNeeded: raw >> 40) & 0xF0FF
        return SegmentRegister(selector: selector, base: base, limit: limit, attributes: attributes)
    }

    private func cpuState(_ vector: VectorState) -> CPUState {
        var state = base
        withUnsafeMutableBytes(of: &state) { raw in
            for number in 0..<16 { raw.storeBytes(of: vector.general[number], toByteOffset: number * 8, as: UInt64.self) }
        }
        state.rip = vector.rip
        state.eflags = EFLAGS(rawValue: vector.eflags | 2)
        state.cs = segment(vector.selectors[0])
        state.ss = segment(vector.selectors[1])
        state.ds = segment(vector.selectors[2])
        state.es = segment(vector.selectors[3])
        state.fs = segment(vector.selectors[4])
        state.gs = segment(vector.selectors[5])
        if file.hasFloatingPointState { setFloatingPoint(&state, vector) }
        return state
    }

    private func setFloatingPoint(_ state: inout CPUState, _ vector: VectorState) {
        state.x87.control = vector.fcw
        state.x87.status = X87Status(rawValue: vector.fsw)
        state.x87.occupied = UInt8(truncatingIfNeeded: vector.ftw)
        for number in 0..<8 {
            state.x87[UInt8(number)] = Extended(
                significand: vector.x87[number].significand, signExponent: vector.x87[number].signExponent)
        }
        state.sse.mxcsr = MXCSR(rawValue: vector.mxcsr)
        for number in 0..<16 { state.sse[UInt8(number)] = XMM(low: vector.xmm[number][0], high: vector.xmm[number][1]) }
        for number in 0..<16 { state.avx[UInt8(number)] = XMM(low: vector.upper[number][0], high: vector.upper[number][1]) }
    }

    // MARK: One vector

    /// What is wrong after executing the vector; empty when all is right.
    public func run(_ vector: Vector) -> [String] {
        var initial = file.base
        initial.apply(vector.initial)
        let start = cpuState(initial)
        let codeAddress = isLong ? start.rip : (start.cs.base &+ start.rip) & 0xFFFF_FFFF
        for chunk in vector.initialMemory { poke(chunk) }
        poke(VectorChunk(address: codeAddress, bytes: vector.instruction))
        machine.written = []
        machine.cpu.state = start
        let watched = watch?(machine)
        let fault = machine.cpu.executeInstruction()
        watched?(fault)
        var problems = compareState(vector, initial, start, fault)
        problems += compareMemory(vector, VectorChunk(address: codeAddress, bytes: vector.instruction))
        restore(vector, codeAddress)
        return problems
    }

    private func poke(_ chunk: VectorChunk) {
        guard let first = paging.physical(chunk.address), first + chunk.bytes.count <= machine.size else { return }
        machine.write(first, chunk.bytes)
    }

    private func restore(_ vector: Vector, _ codeAddress: UInt64) {
        let chunks = vector.initialMemory + vector.finalMemory + [VectorChunk(address: codeAddress, bytes: vector.instruction)]
        var ranges = chunks.compactMap { chunk in paging.physical(chunk.address).map { ($0, chunk.bytes.count) } }
        ranges += machine.written.map { ($0, 1) }
        for (address, count) in ranges where address + count <= machine.size {
            machine.write(address, UnsafeRawBufferPointer(start: pristine + address, count: count))
        }
    }

    private func compareState(_ vector: Vector, _ initial: VectorState, _ start: CPUState, _ fault: Fault?) -> [String] {
        var problems: [String] = []
        let form = file.forms[vector.form]
        func check(_ name: String, _ got: UInt64, _ want: UInt64) {
            if got != want { problems.append("\(name) is \(String(got, radix: 16)), not \(String(want, radix: 16))") }
        }
        if file.mode != .real16 {
            if fault?.vector != vector.exception?.vector {
                return [
                    "exception \(fault.map { "\($0.vector)" } ?? "none"), not \(vector.exception.map { "\($0.vector)" } ?? "none")"
                ]
            }
            if let code = vector.exception?.errorCode { check("error code", UInt64(fault?.errorCode ?? 0), UInt64(code)) }
            if let cr2 = vector.exception?.cr2 { check("CR2", machine.cpu.state.cr2, cr2) }
        }
        var want = initial
        want.rip = vector.finalRIP(start: initial.rip)
        want.apply(vector.final)
        var got = machine.cpu.state
        withUnsafeBytes(of: &got) { raw in
            for number in 0..<(isLong ? 16 : 8) {
                check("r\(number)", raw.load(fromByteOffset: number * 8, as: UInt64.self), want.general[number])
            }
        }
        check("rip", got.rip, want.rip)
        check(
            "eflags", UInt64(got.eflags.rawValue & vector.flagsMask & ~0x10000), UInt64(want.eflags & vector.flagsMask & ~0x10000))
        for (index, segment) in [got.cs, got.ss, got.ds, got.es, got.fs, got.gs].enumerated() {
            // The capture left through an IRET to CPL 3, which clears the RPL of null selectors.
            if file.mode != .real16, segment.selector < 4, want.selectors[index] < 4 { continue }
            check("sreg\(index)", UInt64(segment.selector), UInt64(want.selectors[index]))
        }
        if file.hasFloatingPointState {
            check("fcw", UInt64(got.x87.control), UInt64(want.fcw))
            check("fsw", UInt64(got.x87.status.rawValue & vector.fswMask), UInt64(want.fsw & vector.fswMask))
            check("ftw", UInt64(got.x87.occupied), UInt64(want.ftw))
            for number in 0..<8 where want.ftw >> UInt16(number) & 1 != 0 {
                let register = got.x87[UInt8(number)]
                let wanted = want.x87[number]
                if form.approximation == 1, isNear(register, wanted, UInt64(form.parameter)) { continue }
                check("R\(number) significand", register.significand, wanted.significand)
                check("R\(number) exponent", UInt64(register.signExponent), UInt64(wanted.signExponent))
            }
            check("mxcsr", UInt64(got.sse.mxcsr.rawValue), UInt64(want.mxcsr))
            func compare(_ name: String, _ register: XMM, _ wanted: SIMD2<UInt64>) {
                if form.approximation == 2, isNear(register.quads, wanted) { return }
                check("\(name) low", register.low, wanted[0])
                check("\(name) high", register.high, wanted[1])
            }
            for number in 0..<16 { compare("xmm\(number)", got.sse[UInt8(number)], want.xmm[number]) }
            for number in 0..<(isLong ? 16 : 8) where file.hasUpperHalves {
                compare("upper\(number)", got.avx[UInt8(number)], want.upper[number])
            }
        }
        return problems
    }

    /// Within `units` in the last place of the significand.
    private func isNear(_ a: Extended, _ b: VectorX87Register, _ units: UInt64) -> Bool {
        guard a.signExponent & 0x8000 == b.signExponent & 0x8000 else { return false }
        func place(_ significand: UInt64, _ signExponent: UInt16) -> (UInt64, UInt64) {
            let shifted = UInt64(signExponent & 0x7FFF).multipliedFullWidth(by: 1 << 63)
            let (low, carry) = shifted.low.addingReportingOverflow(significand & ~(1 << 63))
            return (shifted.high + (carry ? 1 : 0), low)
        }
        let (first, second) = (place(a.significand, a.signExponent), place(b.significand, b.signExponent))
        guard first.0 == second.0 else { return false }
        return max(first.1, second.1) - min(first.1, second.1) <= units
    }

    /// Each lane within 2^−11 of the other: both are within 1.5 × 2^−12 of the exact value.
    private func isNear(_ a: SIMD2<UInt64>, _ b: SIMD2<UInt64>) -> Bool {
        for (x, y) in [(a[0], b[0]), (a[0] >> 32, b[0] >> 32), (a[1], b[1]), (a[1] >> 32, b[1] >> 32)] {
            let (first, second) = (UInt32(truncatingIfNeeded: x), UInt32(truncatingIfNeeded: y))
            if first == second { continue }
            let (left, right) = (Float(bitPattern: first), Float(bitPattern: second))
            guard left.isFinite, right.isFinite, abs(left - right) <= abs(right) / 2048 else { return false }
        }
        return true
    }

    /// The mask for FLAGS on the stack is at an even address in the real-mode files, one byte too low where SP is odd.
    private func maskAddress(_ vector: Vector, _ chunk: VectorChunk) -> UInt64 {
        guard file.mode == .real16, vector.exception != nil, chunk.bytes.count == 2 else { return chunk.address }
        let state = machine.cpu.state
        let pushedFlags = state.ss.base &+ (state.rsp &+ 4) & 0xFFFF
        return pushedFlags == chunk.address + 1 ? pushedFlags : chunk.address
    }

    private func compareMemory(_ vector: Vector, _ code: VectorChunk) -> [String] {
        // What should be there, where it is not pristine.
        var expected: [UInt64: UInt8] = [:]
        for chunk in vector.initialMemory + [code] + vector.finalMemory {
            for (offset, byte) in chunk.bytes.enumerated() { expected[chunk.address + UInt64(offset)] = byte }
        }
        var masks: [UInt64: UInt8] = [:]
        for chunk in vector.memoryMasks {
            let address = maskAddress(vector, chunk)
            for (offset, byte) in chunk.bytes.enumerated() { masks[address + UInt64(offset)] = byte }
        }
        var problems: [String] = []
        func check(_ address: UInt64) {
            guard let place = paging.physical(address) else { return }
            let want = expected[address] ?? pristine.load(fromByteOffset: place, as: UInt8.self)
            let got = machine.read(place)
            if (got ^ want) & (masks[address] ?? 0xFF) != 0, problems.count < 4 {
                problems.append(
                    "[\(String(address, radix: 16))] is \(String(got, radix: 16)), not \(String(want, radix: 16))")
            }
        }
        for address in expected.keys { check(address) }
        for address in machine.written where expected[UInt64(address)] == nil { check(UInt64(address)) }
        if file.mode != .real16 { checkDirtyPages(expected, check) }
        return problems
    }

    /// Pages with the dirty bit set are compared whole.
    private func checkDirtyPages(_ expected: [UInt64: UInt8], _ check: (UInt64) -> Void) {
        for region in file.regions {
            for page in stride(from: region.base, to: region.base + region.size, by: 0x1000) {
                guard paging.takeDirty(page), let place = paging.physical(page), !isPristine(place) else { continue }
                for offset in 0..<0x1000 where expected[page + UInt64(offset)] == nil {
                    let byte = pristine.load(fromByteOffset: place + offset, as: UInt8.self)
                    if machine.read(place + offset) != byte {
                        check(page + UInt64(offset))
                        machine.write(place + offset, [byte])
                    }
                }
            }
        }
    }

    private func isPristine(_ page: Int) -> Bool {
        for offset in stride(from: page, to: page + 0x1000, by: 8)
        where machine.memory.load(fromByteOffset: offset, as: UInt64.self) != pristine.load(fromByteOffset: offset, as: UInt64.self)
        {
            return false
        }
        return true
    }
}
