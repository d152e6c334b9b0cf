import Foundation
import Processor
import SoftFloat
import Testing
import TestKit
import X86

@testable import Explanations

/// Every row of the instruction table, explained in a state in which it does something: no sentence is empty, and none says that nothing changes where
/// something does. With SWEMU_SHOW_SENTENCES=1 in the environment all of them are printed, to be read.
@Suite struct TableWalkTests {
    private static let (code, data, top, size): (UInt64, UInt64, UInt64, Int) = (0x1000, 0x2_0000, 0x7000, 1 << 20)

    @Test(arguments: [16, 32, 64]) func sentencesAreNeverEmpty(_ bits: Int) throws {
        let shows = ProcessInfo.processInfo.environment["SWEMU_SHOW_SENTENCES"] != nil
        var (explained, faults, problems) = (0, 0, [String]())
        for row in Table.rows where row.vex == nil {
            for bytes in Self.encodings(row, bits) {
                let machine = Self.machine(bits, bytes, row)
                guard let explanation = Self.explanation(machine), let text = explanation.disassembly else { continue }
                let lines = Array(explanation.brief.dropFirst())
                if shows { print("\(bits) \(text)\n" + lines.joined(separator: "\n")) }
                let title = "\(bits) bits, \(text) (\(bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: " ")))"
                if let fault = explanation.fault {
                    faults += 1
                    if fault.check.isEmpty || fault.check == fault.name || fault.check.hasPrefix("\(fault.name) at") {
                        problems.append("\(title): no reason: \(fault.name): \(fault.check)")
                    }
                    continue
                }
                explained += 1
                if lines.isEmpty { problems.append("\(title): no sentence") }
                guard lines.contains(where: { $0.contains(Phrase.noChange.with()) }) else { continue }
                if Self.changesSomething(machine) {
                    problems.append("\(title): something changes, and the sentence says nothing does")
                }
            }
        }
        #expect(explained > 500, "\(explained) explained, \(faults) faults")
        #expect(problems.isEmpty, "\(problems.count):\n\(problems.prefix(60).joined(separator: "\n"))")
    }

    /// With a register and with memory as the operand, where the row has a choice.
    private static func encodings(_ row: Row, _ bits: Int) -> [[UInt8]] {
        if row.traits.contains(.invalid64), bits == 64 { return [] }
        if row.traits.contains(.only64), bits != 64 { return [] }
        // 16 bits: [BX+SI] is 0, [BX] 7.
        return (row.hasModRM ? [UInt8(0xC1), bits == 16 ? 0x07 : 0x03] : [0]).map { form in
            var bytes: [UInt8] = []
            if row.prefix == .p66 {
                bytes.append(0x66)
            } else if row.prefix == .pF3 {
                bytes.append(0xF3)
            } else if row.prefix == .pF2 {
                bytes.append(0xF2)
            }
            if row.traits.contains(.needsREXW) { bytes.append(0x48) }
            bytes += row.map.escape + [row.spansEightOpcodes ? row.opcode + 1 : row.opcode]
            if row.hasModRM {
                let digit = row.digit.map { $0 << 3 } ?? 0
                bytes.append(row.modRM?.lowerBound ?? (form | digit))
            }
            return bytes + [0x10, 0, 2, 0, 0, 0, 0, 0]
        }
    }

    private static func machine(_ bits: Int, _ bytes: [UInt8], _ row: Row) -> FlatMachine {
        let machine = FlatMachine(model: .max, megabytes: 1)
        machine.hasConsole = false
        machine.cpu.reset()
        machine.write(Int(code), Array(bytes.prefix(15)) + [0xEB, 0xFE])
        machine.write(Int(data), (0..<1024).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) })
        for (number, descriptor) in [0, 0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00AF_9B00_0000_FFFF].enumerated() {
            machine.write(0x8000 + 8 * number, Self.bytes(UInt64(descriptor), 8))
        }
        for vector in 0..<256 { machine.write(0x9000 + 8 * vector, Self.bytes(0x0000_EE00_0008_5000, 8)) }
        for (slot, value) in [0x1234, 8, 2, 0x7100, 0x10].enumerated() {
            machine.write(Int(top) + 4 * slot, Self.bytes(UInt64(value), 4))
        }
        var state = machine.cpu.state
        state.rip = code
        (state.rax, state.rcx, state.rdx, state.rsi, state.rdi) = (5, 3, 7, 0x2100, 0x2200)
        (state.rsp, state.rbp, state.rbx) = (top, 0x7020, bits == 16 ? 0x2000 : data)
        state.eflags = [.alwaysOne, .CF]
        state.cr0.insert([.PE, .NE])
        state.cr0.subtract([.CD, .NW, .EM, .TS])
        state.cr4 = [.OSFXSR, .OSXMMEXCPT, .OSXSAVE, .PAE, .FSGSBASE]
        state.avx.xcr0 = [.x87, .SSE, .AVX]
        state.cs = SegmentRegister(
            selector: 8, base: 0, limit: .max, attributes: bits == 16 ? 0x809B : bits == 32 ? 0xC09B : 0xA09B)
        let flat = SegmentRegister(selector: 0x10, base: 0, limit: .max, attributes: bits == 16 ? 0x8093 : 0xC093)
        (state.ss, state.ds, state.es, state.fs, state.gs) = (flat, flat, flat, flat, flat)
        state.gdtr = DescriptorTableRegister(base: 0x8000, limit: 0x1F)
        state.idtr = DescriptorTableRegister(base: 0x9000, limit: 0x7FF)
        if bits == 64 {
            // Accessed and dirty bits are set, so that nothing sets them.
            (state.cr3, state.efer) = (0x1_0000, [.LME, .LMA, .SCE])
            state.cr0.insert(.PG)
            for (address, entry) in [(0x1_0000, 0x1_1027), (0x1_1000, 0x1_2027), (0x1_2000, 0xE7)] {
                machine.write(address, Self.bytes(UInt64(entry), 8))
            }
        }
        (state.x87.control, state.x87.status, state.x87.occupied) = (0x37F, [], 0xFF)
        for number in 0..<8 as Range<UInt8> {
            state.x87[number] = Extended(significand: 1 << 63 | UInt64(number) << 60, signExponent: 0x3FFF + UInt16(number))
            state.sse[number].low = 0x4000_0000_3F80_0000 &+ UInt64(number)
            state.sse[number].high = 0x4080_0000_4040_0000 &+ UInt64(number) << 32
        }
        machine.cpu.state = state
        return machine
    }

    private static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    private static func explanation(_ machine: FlatMachine) -> Explanation? {
        let explainer = Explainer(machine.cpu, peek: { $0 < UInt64(size) ? machine.read(Int($0)) : 0xFF })
        return explainer.explain()
    }

    /// Whether executing it changes a register but EIP, a flag or memory.
    private static func changesSomething(_ machine: FlatMachine) -> Bool {
        func memory() -> [UInt8] { (0..<0x3_0000).map { machine.read($0) } }
        var before = machine.cpu.state
        let bytes = memory()
        machine.cpu.stepOne()
        var after = machine.cpu.state
        (before.rip, after.rip) = (0, 0)
        (before.shadow, after.shadow) = (.none, .none)
        // What an x87 instruction leaves behind for a handler is no business of anybody else's.
        for part in [\X87State.FIP, \X87State.FDP] { (before.x87[keyPath: part], after.x87[keyPath: part]) = (0, 0) }
        for part in [\X87State.FCS, \X87State.FDS, \X87State.FOP] { (before.x87[keyPath: part], after.x87[keyPath: part]) = (0, 0) }
        return before != after || bytes != memory()
    }
}
