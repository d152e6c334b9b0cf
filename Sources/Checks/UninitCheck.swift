import Inspection
import Processor
import Wiring
import X86

/// `--check uninit`: bytes of RAM that are used before anybody wrote them since power-on.
///
/// Copies carry what is not written along, through registers and memory; arithmetic makes results of it. Told are uses: a branch that depends on it, an
/// address that is made of it, a value that is sent to a port. Bus masters, boot loaders and the firmware write as processors do. Bytes are followed, not
/// bits; floating-point values are taken as right. What the firmware itself does is not judged.
final class UninitCheck {
    /// The instruction that a processor executes.
    struct Current {
        var instruction = Instruction()
        /// It has read nothing unwritten, and no register holds any: then it makes none.
        var isClean = true
        /// Reads of its operands, in their order: which bytes were not written.
        var reads = InlineArray<8, UInt8>(repeating: 0)
        var readCount = 0
        var readBytes = 0
        var origin: UnwrittenByte?
        var storeCount = 0
        /// An exception took its place.
        var isFaulted = false
        var isFirmware = false

        @inline(__always)
        mutating func begin(_ i: Instruction, isClean: Bool, isFirmware: Bool) {
            instruction = i
            reads = .init(repeating: 0)
            (readCount, readBytes, storeCount) = (0, 0, 0)
            origin = nil
            isFaulted = false
            self.isClean = isClean
            self.isFirmware = isFirmware
        }
    }

    let shadows: PerProcessor<RegisterShadow>
    let current: PerProcessor<Current>
    var memory: WrittenMemory

    init(processors: Int, memoryBytes: UInt64, isRestored: Bool) throws(HostMemory.Exhausted) {
        memory = try WrittenMemory(bytes: memoryBytes)
        shadows = PerProcessor(count: processors) { _ in RegisterShadow() }
        current = PerProcessor(repeating: Current(), count: processors)
        if isRestored { memory.write(0, memoryBytes) }
    }

    deinit {
        memory.deallocate()
        for number in shadows.indices { shadows[number].deallocate() }
        shadows.deallocate()
        current.deallocate()
    }

    func wrote(physical: UInt64, count: Int) { memory.write(physical, UInt64(max(0, count))) }

    func replaced(_ cpu: CPU) { shadows[cpu.number].clear() }

    // MARK: What happens

    func willExecute(_ i: Instruction, physical: UInt64, _ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        let isClean = !shadows[number].mayHold
        current[number].begin(i, isClean: isClean, isFirmware: MachineChecks.isFirmware(physical))
        if isClean { return }
        checkAddress(i, cpu, checks)
        switch i.operation {
        case .jcc: checkFlags(Self.flags(of: i.condition), cpu, checks)
        case .loop, .jcxz: check(.branch, 1, i.addressSize.bytes, cpu, checks)
        case .loope, .loopne:
            check(.branch, 1, i.addressSize.bytes, cpu, checks)
            checkFlags(.ZF, cpu, checks)
        case .jmpIndirect, .callIndirect: if i.kind0 == .register { check(.branch, i.register0, 8, cpu, checks) }
        case .out:
            check(.port, 0, i.operandSize.bytes, cpu, checks)
            if i.kind0 != .immediate { check(.port, 2, 2, cpu, checks) }
        case .in: if i.kind1 != .immediate { check(.port, 2, 2, cpu, checks) }
        case .ins, .outs: check(.port, 2, 2, cpu, checks)
        default: break
        }
    }

    func accessed(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        guard access.isOperand else {
            if access.isWrite { memory.write(access.physical, access.size) }
            return
        }
        guard access.isWrite else { return read(access, cpu, checks) }
        guard !current[number].isClean else {
            current[number].storeCount += 1
            memory.write(access.physical, access.firstCount)
            if access.size > access.firstCount { memory.write(access.secondPhysical, access.size &- access.firstCount) }
            return
        }
        let (mask, origin) = stored(number, access.size)
        current[number].storeCount += 1
        memory.store(access.physical, access.firstCount, unwritten: mask, from: origin)
        guard access.size > access.firstCount else { return }
        let rest = mask &>> UInt8(truncatingIfNeeded: access.firstCount)
        memory.store(access.secondPhysical, access.size &- access.firstCount, unwritten: rest, from: origin)
    }

    func delivered(_ delivery: CPU.Delivery, _ cpu: CPU) {
        if delivery.source == .exception { current[cpu.number].isFaulted = true }
    }

    func didExecute(_ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        guard !current[number].isClean, !current[number].isFaulted else { return }
        result(cpu)
        shadows[number].settle()
    }

    private func read(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        var mask = memory.unwritten(access.physical, access.firstCount)
        if access.size > access.firstCount {
            let rest = memory.unwritten(access.secondPhysical, access.size &- access.firstCount)
            mask |= rest &<< UInt8(truncatingIfNeeded: access.firstCount)
        }
        let index = current[number].readCount
        if index < 8 { current[number].reads[index] = mask }
        current[number].readCount += 1
        current[number].readBytes += Int(truncatingIfNeeded: access.size)
        guard mask != 0 else { return }
        current[number].isClean = false
        let first = access.physical &+ UInt64(mask.trailingZeroBitCount)
        current[number].origin =
            memory.origin(of: first)
            ?? UnwrittenByte(linear: access.linear &+ UInt64(mask.trailingZeroBitCount), reader: checks.place(cpu))
        switch current[number].instruction.operation {
        case .ret, .retFar, .jmpIndirect, .callIndirect, .jmpFarIndirect, .callFarIndirect:
            report(.branch, current[number].origin, cpu, checks)
        case .outs: report(.port, current[number].origin, cpu, checks)
        default: break
        }
    }

    // MARK: Uses

    enum Use: UInt64 {
        case branch, address, port

        var words: String {
            switch self {
            case .branch: "a branch depends on memory that nobody has written since power-on"
            case .address: "an address is made of memory that nobody has written since power-on"
            case .port: "a port gets memory that nobody has written since power-on"
            }
        }
    }

    private func checkAddress(_ i: Instruction, _ cpu: CPU, _ checks: MachineChecks) {
        let size = i.addressSize.bytes
        if i.hasMemoryOperand, i.operation != .lea, i.operation != .nop {
            if i.base < 16 { check(.address, i.base, size, cpu, checks) }
            if i.index < 16 { check(.address, i.index, size, cpu, checks) }
        }
        switch i.operation {
        case .movs, .cmps, .stos, .lods, .scas, .ins, .outs:
            if ![.stos, .scas, .ins].contains(i.operation) { check(.address, 6, size, cpu, checks) }
            if ![.lods, .outs].contains(i.operation) { check(.address, 7, size, cpu, checks) }
            if !i.prefixes.isDisjoint(with: [.rep, .repne]) { check(.branch, 1, size, cpu, checks) }
        case .xlat: check(.address, 3, size, cpu, checks)
        case .push, .pop, .call, .ret, .callIndirect, .pusha, .popa, .iret: check(.address, 4, 4, cpu, checks)
        default: break
        }
    }

    private func check(_ use: Use, _ register: UInt8, _ size: Int, _ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        guard shadows[number].general[Int(register)] & RegisterShadow.full(size) != 0 else { return }
        report(use, shadows[number].origin(general: register), cpu, checks)
        shadows[number].general[Int(register)] = 0
    }

    private func checkFlags(_ flags: EFLAGS, _ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        guard !shadows[number].flags.isDisjoint(with: flags) else { return }
        report(.branch, shadows[number].originOfFlags, cpu, checks)
        shadows[number].flags = []
    }

    private func report(_ use: Use, _ origin: UnwrittenByte?, _ cpu: CPU, _ checks: MachineChecks) {
        guard !current[cpu.number].isFirmware else { return }
        checks.report(.uninit, subject: use.rawValue, by: cpu) {
            var details = ["by: \(checks.text(cpu))"]
            if let origin {
                details.append(
                    "it comes from \(checks.name(origin.linear)), read at \(origin.reader.words(checks.sources)), tick \(origin.reader.tick)"
                )
            }
            return (use.words, details)
        }
    }

    /// Status flags that a condition of Jcc, SETcc and CMOVcc looks at. SDM Vol. 1, appendix B.
    static func flags(of condition: UInt8) -> EFLAGS {
        switch condition >> 1 {
        case 0: .OF
        case 1: .CF
        case 2: .ZF
        case 3: [.CF, .ZF]
        case 4: .SF
        case 5: .PF
        case 6: [.SF, .OF]
        default: [.ZF, .SF, .OF]
        }
    }
}
