import Foundation
import Processor
import SoftFloat
import TestKit
import X86

@testable import Explanations

/// The instructions in states of testroms/explanations/states.txt, and what is said of them.
struct StateCorpus {
    struct Entry {
        /// "= sete al | 0f94c0 | zf=0".
        let title: String
        let code: [UInt8]
        let state: [String: String]
        var sentences: [String]
    }

    static let path = #filePath.replacing(
        "Tests/ExplanationsTests/StateCorpus.swift", with: "testroms/explanations/states.txt")
    private(set) var remarks: [String] = []
    var entries: [Entry] = []

    init() throws {
        for line in try String(contentsOfFile: Self.path, encoding: .utf8).split(separator: "\n").map(String.init) {
            if line.hasPrefix("#") {
                remarks.append(line)
            } else if line.hasPrefix("= ") {
                let parts = line.dropFirst(2).split(separator: "|", omittingEmptySubsequences: false).map {
                    $0.trimmingCharacters(in: .whitespaces)
                }
                var state: [String: String] = [:]
                for word in parts[2].split(separator: " ") {
                    let pair = word.split(separator: "=", maxSplits: 1).map(String.init)
                    state[pair[0]] = pair[1]
                }
                entries.append(Entry(title: line, code: Self.bytes(parts[1]), state: state, sentences: []))
            } else {
                entries[entries.count - 1].sentences.append(line)
            }
        }
    }

    var text: String {
        (remarks + entries.flatMap { [$0.title] + $0.sentences }).joined(separator: "\n") + "\n"
    }

    static func bytes(_ digits: String) -> [UInt8] {
        stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(digits.dropFirst($0).prefix(2), radix: 16) }
    }

    static func number(_ text: String) -> UInt64 {
        if text.hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16) ?? 0 }
        return UInt64(bitPattern: Int64(text) ?? 0) & 0xFFFF_FFFF
    }
}

/// A processor in the state of an entry: flat 32-bit code at 1000h, a GDT, an IDT and a TSS with a stack for ring 0.
final class StateMachine {
    let machine: FlatMachine
    private static let (code, stack, idt, gdt, tss, directory): (Int, UInt64, Int, Int, Int, Int) = (
        0x1000, 0x7000, 0x9000, 0x8000, 0xA000, 0x10000
    )

    var cpu: CPU { machine.cpu }
    func peek(_ physical: UInt64) -> UInt8 { physical < UInt64(machine.size) ? machine.read(Int(physical)) : 0xFF }

    init(_ entry: StateCorpus.Entry) {
        machine = FlatMachine(model: entry.state["model"].flatMap { CPUModel(rawValue: $0) } ?? .max, megabytes: 1)
        machine.hasConsole = false
        machine.cpu.reset()
        let isReal = entry.state["mode"] == "real"
        writeTables(isReal: isReal)
        machine.write(Self.code, entry.code + [0xEB, 0xFE])
        var state = machine.cpu.state
        state.rip = UInt64(Self.code)
        state.rsp = Self.stack
        state.rdx = 0
        state.eflags = EFLAGS(rawValue: 2)
        (state.x87.control, state.x87.status, state.x87.occupied) = (0x37F, [], 0)
        for (name, value) in entry.state { set(name, value, &state) }
        let ring = entry.state["ring"].map(StateCorpus.number) ?? 0
        let selector = UInt16(ring == 3 ? 0x23 : 8)
        if isReal {
            state.cs = SegmentRegister(selector: 0, base: 0, limit: 0xFFFF, attributes: 0x9B)
            let data = SegmentRegister(selector: 0, base: 0, limit: 0xFFFF, attributes: 0x93)
            (state.ss, state.ds, state.es, state.fs, state.gs) = (data, data, data, data, data)
        } else {
            state.cr0.insert([.PE, .NE])
            state.cr0.subtract([.CD, .NW])
            state.cs = SegmentRegister(selector: selector, base: 0, limit: .max, attributes: ring == 3 ? 0xC0FB : 0xC09B)
            let data = SegmentRegister(
                selector: ring == 3 ? 0x2B : 0x10, base: 0, limit: .max, attributes: ring == 3 ? 0xC0F3 : 0xC093)
            (state.ss, state.ds, state.es, state.fs, state.gs) = (data, data, data, data, data)
            state.gdtr = DescriptorTableRegister(base: UInt64(Self.gdt), limit: 0x37)
            state.idtr = DescriptorTableRegister(base: UInt64(Self.idt), limit: 0x7FF)
            state.tr = SegmentRegister(selector: 0x30, base: UInt64(Self.tss), limit: 0x67, attributes: 0x8B)
            state.cpl = UInt8(ring)
            if machine.cpu.model.features.instructions.contains(.SSE) { state.cr4.insert(.OSFXSR) }
            // A VEX prefix.
            if entry.code.first.map({ $0 == 0xC4 || $0 == 0xC5 }) ?? false {
                state.cr4.insert(.OSXSAVE)
                state.avx.xcr0 = XCR0(rawValue: 7)
            }
        }
        if entry.state["mode"] == "paged" {
            state.cr3 = UInt64(Self.directory)
            state.cr0.insert([.PG, .WP])
        }
        machine.cpu.state = state
    }

    private func writeTables(isReal: Bool) {
        for (number, descriptor) in [
            0, 0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x008F_9A00_0000_FFFF, 0x00CF_FB00_0000_FFFF, 0x00CF_F300_0000_FFFF,
            0x0000_8B00_A000_0067,
        ].enumerated() {
            machine.write(Self.gdt + 8 * number, bytes(UInt64(descriptor), 8))
        }
        if !isReal {
            for vector in 0..<0x31 {
                machine.write(Self.idt + 8 * vector, bytes(0x0000_EE00_0008_5000 + UInt64(vector), 8))
            }
        }
        machine.write(Self.tss + 4, bytes(0x6800, 4) + bytes(0x10, 4))
        machine.write(Self.directory, bytes(UInt64(Self.directory + 0x1000) | 7, 4))
        for page in 0..<256 { machine.write(Self.directory + 0x1000 + 4 * page, bytes(UInt64(page) << 12 | 7, 4)) }
    }

    private func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    private func set(_ name: String, _ value: String, _ state: inout CPUState) {
        let number = StateCorpus.number(value)
        let list = value.split(separator: ",").map(String.init)
        let flags: [String: EFLAGS] = [
            "cf": .CF, "pf": .PF, "af": .AF, "zf": .ZF, "sf": .SF, "of": .OF, "df": .DF, "if": .IF,
        ]
        switch name {
        case "eax": state.rax = number
        case "ecx": state.rcx = number
        case "edx": state.rdx = number
        case "ebx": state.rbx = number
        case "ebp": state.rbp = number
        case "esi": state.rsi = number
        case "edi": state.rdi = number
        case "stack": machine.write(Int(Self.stack), list.flatMap { bytes(StateCorpus.number($0), 4) })
        case "stackw": machine.write(Int(Self.stack), list.flatMap { bytes(StateCorpus.number($0), 2) })
        case "st":
            for (index, text) in list.enumerated() {
                state.x87[UInt8(index)] = Self.extended(Double(text) ?? 0)
                state.x87.occupied |= 1 << UInt8(index)
            }
        case "xcr0":
            state.cr4.insert(.OSXSAVE)
            state.avx.xcr0 = XCR0(rawValue: number)
        case "model", "mode", "ring": break
        case _ where name.hasPrefix("mem"):
            machine.write(Int(name.dropFirst(3), radix: 16) ?? 0, StateCorpus.bytes(value))
        case _ where name.hasPrefix("mm"):
            let register = UInt8(name.dropFirst(2)) ?? 0
            state.x87[register] = Extended(significand: number, signExponent: 0xFFFF)
            state.x87.occupied |= 1 << register
        case _ where name.hasPrefix("xmm"):
            let register = UInt8(name.dropFirst(3).prefix(1)) ?? 0
            var words = list.map { StateCorpus.number($0) }
            if name.hasSuffix("d") {
                let doubles = list.map { (Double($0) ?? 0).bitPattern }
                words = doubles.flatMap { [$0 & 0xFFFF_FFFF, $0 >> 32] }
            } else if !name.hasSuffix("i") {
                words = list.map { UInt64((Float($0) ?? 0).bitPattern) }
            }
            state.sse[register].low = words[0] | words[1] << 32
            state.sse[register].high = words[2] | words[3] << 32
        default:
            guard let flag = flags[name] else { preconditionFailure("no such part of a state: \(name)") }
            if number == 1 { state.eflags.insert(flag) } else { state.eflags.remove(flag) }
        }
    }

    private static func extended(_ value: Double) -> Extended {
        let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
        if value.isNaN { return Extended(significand: 0xC000_0000_0000_0000, signExponent: 0x7FFF) }
        if value == 0 { return Extended(significand: 0, signExponent: sign) }
        return Extended(significand: UInt64(value.significand * 0x1p63), signExponent: sign | UInt16(Int(value.exponent) + 16383))
    }

    func explain() -> Explanation { Explainer(machine.cpu, peek: { [unowned self] in peek($0) }).explain() }
}
