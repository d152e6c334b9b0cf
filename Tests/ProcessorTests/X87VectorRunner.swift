import SoftFloat
import TestKit
import X86

@testable import Processor

/// The memory and the registers around the x87 unit while it executes one vector: flat segments, no paging.
final class X87VectorMachine: X87Environment {
    let regions: [VectorRegion]
    let descriptors: [VectorDescriptor]
    var instruction = Instruction()
    var registers = VectorState()
    var initial: [UInt64: UInt8] = [:]
    var written: [UInt64: UInt8] = [:]

    init(regions: [VectorRegion], descriptors: [VectorDescriptor]) {
        self.regions = regions
        self.descriptors = descriptors
    }

    func byte(_ address: UInt64, writes: Bool = false) throws(Fault) -> UInt8 {
        let region = regions.first { $0.base <= address && address - $0.base < $0.size && (!writes || $0.rights & 2 != 0) }
        guard let region else { throw Fault(14, errorCode: writes ? 7 : 5) }
        return written[address] ?? initial[address] ?? region.fillByte(at: address)
    }

    var effectiveAddress: UInt64 {
        func register(_ number: UInt8) -> UInt64 { number < 16 ? registers.general[Int(number)] : 0 }
        let sum = register(instruction.base) &+ register(instruction.index) &<< UInt64(instruction.scale)
        let address = sum &+ UInt64(bitPattern: Int64(instruction.displacement))
        return address & (instruction.addressSize == .word ? 0xFFFF : 0xFFFF_FFFF)
    }

    var segmentBase: UInt64 {
        // Selectors are kept in the order CS SS DS ES FS GS.
        let position = [3, 0, 1, 2, 4, 5][Int(instruction.segment.rawValue)]
        let raw = descriptors.first { $0.selector & ~3 == registers.selectors[position] & ~3 }?.raw ?? 0
        return (raw >> 16) & 0xFF_FFFF | (raw >> 56) << 24
    }

    func linear(_ offset: UInt64) -> UInt64 {
        // Offsets wrap at the address size.
        let mask: UInt64 = instruction.addressSize == .word ? 0xFFFF : 0xFFFF_FFFF
        return (segmentBase + ((effectiveAddress + offset) & mask)) & 0xFFFF_FFFF
    }

    func load(_ offset: UInt64, _ count: UInt64) throws(Fault) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(try byte(linear(offset + index))) << (index * 8) }
        return value
    }

    func store(_ value: UInt64, _ offset: UInt64, _ count: UInt64) throws(Fault) {
        for index in 0..<count { _ = try byte(linear(offset + index), writes: true) }
        for index in 0..<count { written[linear(offset + index)] = UInt8(truncatingIfNeeded: value >> (index * 8)) }
    }

    func load16(_ offset: UInt64) throws(Fault) -> UInt16 { UInt16(try load(offset, 2)) }
    func load32(_ offset: UInt64) throws(Fault) -> UInt32 { UInt32(try load(offset, 4)) }
    func load64(_ offset: UInt64) throws(Fault) -> UInt64 { try load(offset, 8) }
    func store16(_ value: UInt16, _ offset: UInt64) throws(Fault) { try store(UInt64(value), offset, 2) }
    func store32(_ value: UInt32, _ offset: UInt64) throws(Fault) { try store(UInt64(value), offset, 4) }
    func store64(_ value: UInt64, _ offset: UInt64) throws(Fault) { try store(value, offset, 8) }
    func storeSignificand(_ value: UInt64, _ offset: UInt64) throws(Fault) { try store64(value, offset) }
    func isContiguous(_ count: UInt64) -> Bool { true }
    func checkStore(_ offset: UInt64, _ count: UInt64) throws(Fault) {
        for index in 0..<count { _ = try byte(linear(offset + index), writes: true) }
    }
    var throwsMF = true
    func reportNumericError() throws(Fault) { if throwsMF { throw .MF } }
    func setAX(_ value: UInt16) { registers.general[0] = registers.general[0] & ~0xFFFF | UInt64(value) }
    var flags: EFLAGS { EFLAGS(rawValue: registers.eflags) }
    func setStatusFlags(_ flags: EFLAGS) { registers.eflags = registers.eflags & ~EFLAGS.status.rawValue | flags.rawValue }
    var instructionPointer: (selector: UInt16, offset: UInt64) { (registers.selectors[0], registers.rip) }
    var dataPointer: (selector: UInt16, offset: UInt64) { (0, effectiveAddress) }
    var storesSelectors = true
}

/// Runs the vectors of one file through the x87 unit and counts per form what agrees.
struct X87VectorRunner {
    let file: VectorFile
    let decoder: Decoder
    /// Per form: vectors, disagreements.
    var counts: [(total: Int, wrong: Int)]
    /// The first disagreements, in words.
    var complaints: [String] = []
    var complaintsPerForm = 2

    init(_ file: VectorFile) {
        self.file = file
        decoder = Decoder(codeSize: .bits32, features: .all)
        counts = Array(repeating: (0, 0), count: file.forms.count)
    }

    mutating func runAll() throws {
        let machine = X87VectorMachine(regions: file.regions, descriptors: file.descriptors)
        try file.forEach { index, vector in
            let differences = run(vector, machine)
            counts[vector.form].total += 1
            if differences.isEmpty { return }
            counts[vector.form].wrong += 1
            if counts[vector.form].wrong <= complaintsPerForm {
                complaints.append("\(file.group) #\(index) \(file.forms[vector.form].name): \(differences.joined(separator: "; "))")
            }
        }
    }

    func run(_ vector: Vector, _ machine: X87VectorMachine) -> [String] {
        var before = file.base
        before.apply(vector.initial)
        machine.registers = before
        machine.written = [:]
        machine.initial = [:]
        for chunk in vector.initialMemory {
            for (offset, byte) in chunk.bytes.enumerated() { machine.initial[chunk.address + UInt64(offset)] = byte }
        }
        machine.instruction = decoder.decode(vector.instruction)
        var state = X87State()
        state.control = before.fcw
        state.status = X87Status(rawValue: before.fsw)
        state.occupied = UInt8(truncatingIfNeeded: before.ftw)
        for number in UInt8(0)..<8 {
            let register = before.x87[Int(number)]
            state[number] = Extended(significand: register.significand, signExponent: register.signExponent)
        }
        var fault: Fault?
        withUnsafeMutablePointer(to: &state) { pointer in
            do throws(Fault) {
                let unit = X87Unit(pointer, machine, machine.instruction)
                // MMX instructions wait as well; only their waiting is tested here.
                if machine.instruction.opcode & 0xF8 != 0xD8 { try unit.reportPending() } else { try unit.execute() }
            } catch { fault = error }
        }
        return compare(vector, before, machine, &state, fault)
    }

    private func compare(
        _ vector: Vector, _ before: VectorState, _ machine: X87VectorMachine, _ state: inout X87State, _ fault: Fault?
    ) -> [String] {
        var differences: [String] = []
        func hex<T: FixedWidthInteger>(_ value: T) -> String { String(value, radix: 16) }
        func show(_ register: VectorX87Register) -> String { hex(register.signExponent) + ":" + hex(register.significand) }
        var expected = before
        expected.apply(vector.final)
        if fault?.vector != vector.exception?.vector {
            differences.append("exception \(fault?.vector ?? 255) not \(vector.exception?.vector ?? 255)")
        }
        if machine.registers.general != expected.general { differences.append("general registers") }
        let flags = (machine.registers.eflags ^ expected.eflags) & vector.flagsMask
        if flags != 0 { differences.append("eflags \(hex(machine.registers.eflags)) not \(hex(expected.eflags))") }
        if state.control != expected.fcw { differences.append("control \(hex(state.control)) not \(hex(expected.fcw))") }
        if (state.status.rawValue ^ expected.fsw) & vector.fswMask != 0 {
            differences.append("status \(hex(state.status.rawValue)) not \(hex(expected.fsw))")
        }
        if UInt16(state.occupied) != expected.ftw { differences.append("tags \(hex(state.occupied)) not \(hex(expected.ftw))") }
        let tolerance = file.forms[vector.form].approximation == 1 ? Int64(file.forms[vector.form].parameter) : 0
        for number in UInt8(0)..<8 where expected.ftw >> UInt16(number) & 1 != 0 {
            let wanted = expected.x87[Int(number)]
            let got = VectorX87Register(significand: state[number].significand, signExponent: state[number].signExponent)
            if got == wanted { continue }
            if tolerance != 0 && got.signExponent >> 15 == wanted.signExponent >> 15 {
                let distance = Int128(position(got)) - Int128(position(wanted))
                if distance.magnitude <= UInt128(tolerance) { continue }
            }
            differences.append("R\(number) \(show(got)) not \(show(wanted))")
        }
        differences += compareMemory(vector, machine)
        if !differences.isEmpty {
            differences.append("bytes \(vector.instruction.map { hex($0) })")
            differences.append("before: cw \(hex(before.fcw)) sw \(hex(before.fsw)) tags \(hex(before.ftw))")
            let top = before.fsw >> 11 & 7
            for index in UInt16(0)..<8 {
                let number = (top + index) & 7
                if index < 2 || index == UInt16(vector.instruction.last! & 7) {
                    differences.append("ST\(index)=R\(number) \(show(before.x87[Int(number)]))")
                }
            }
            for chunk in vector.initialMemory { differences.append("\(hex(chunk.address)): \(chunk.bytes.map { hex($0) })") }
        }
        return differences
    }

    private func position(_ register: VectorX87Register) -> UInt128 {
        UInt128(register.signExponent & 0x7FFF) << 63 | UInt128(register.significand & ~(1 << 63))
    }

    private func compareMemory(_ vector: Vector, _ machine: X87VectorMachine) -> [String] {
        var expected: [UInt64: UInt8] = [:]
        for chunk in vector.finalMemory {
            for (offset, byte) in chunk.bytes.enumerated() { expected[chunk.address + UInt64(offset)] = byte }
        }
        var masks: [UInt64: UInt8] = [:]
        for chunk in vector.memoryMasks {
            for (offset, byte) in chunk.bytes.enumerated() { masks[chunk.address + UInt64(offset)] = byte }
        }
        var wrong: [String] = []
        for address in Set(expected.keys).union(machine.written.keys).sorted() {
            guard let region = file.regions.first(where: { $0.base <= address && address - $0.base < $0.size }) else { continue }
            let before = machine.initial[address] ?? region.fillByte(at: address)
            let difference = (machine.written[address] ?? before) ^ (expected[address] ?? before)
            if difference & (masks[address] ?? 0xFF) != 0 {
                wrong.append(
                    "[\(String(address, radix: 16))] \(machine.written[address] ?? before) not \(expected[address] ?? before)")
            }
        }
        return wrong
    }
}
