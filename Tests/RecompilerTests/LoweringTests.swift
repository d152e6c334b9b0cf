import Foundation
import Processor
import TestKit
import Testing
import X86

@testable import Recompiler

/// The machine code of typical instructions, as data: a change of the lowering is a change of `Cases/lowering.txt`, or `lowering64.txt`, that can
/// be read.
///
/// Each case is a heading `> BYTES` of the guest's code, and the host's instructions of its block. `UPDATE_LOWERING=1` writes the files anew.
@Suite struct LoweringTests {
    private typealias Place = LongModeBench.Place
    private static let folder = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/Cases/"

    private static let cases: [[UInt8]] = [
        [0x01, 0xD8], [0x83, 0xE8, 5], [0x8B, 0x46, 8], [0x89, 0x04, 0x8F], [0x01, 0x03], [0x50], [0x58], [0xC1, 0xE0, 3],
        [0x40, 0x75, 0xFD], [0x39, 0xD8, 0x72, 0xFC], [0xF7, 0xE3], [0xF7, 0xF3], [0x0F, 0xB6, 0xC3], [0x0F, 0x94, 0xC0], [0xC3],
        [0x11, 0xD8], [0xA4], [0xD9, 0xE8],
    ]

    private static let cases64: [[UInt8]] = [
        [0x48, 0x01, 0xD8], [0x4D, 0x01, 0xC8], [0x41, 0x83, 0xE8, 5], [0x48, 0x8B, 0x46, 8], [0x4C, 0x8B, 0x06],
        [0x43, 0x89, 0x44, 0x88, 8], [0x48, 0x8B, 0x05, 0, 0x10, 0, 0], [0x65, 0x48, 0x8B, 0x00], [0x50], [0x41, 0x5C], [0xC3],
        [0x4D, 0x39, 0xC8, 0x72, 0xFB], [0x4D, 0x0F, 0x44, 0xC8], [0x48, 0xB8, 1, 2, 3, 4, 5, 6, 7, 8],
        [0xF2, 0x4C, 0x0F, 0x2C, 0xC1],
    ]

    @Test func machineCodeIsAsRecorded() throws {
        try check("lowering.txt", Self.cases.map { try Self.listing(of: $0, .flat, addend: 0x4000_0000) })
    }

    @Test func machineCodeOf64BitCodeIsAsRecorded() throws {
        var state = LongModeBench().ring0
        state.rip = 0x1000
        try check("lowering64.txt", Self.cases64.map { try Self.listing(of: $0, state, addend: nil) })
    }

    private func check(_ file: String, _ listings: [String]) throws {
        let text = listings.joined(separator: "\n")
        if ProcessInfo.processInfo.environment["UPDATE_LOWERING"] != nil {
            try text.write(toFile: Self.folder + file, atomically: true, encoding: .utf8)
        }
        #expect(text == (try String(contentsOfFile: Self.folder + file, encoding: .utf8)))
    }

    /// Names of what the engine's code leads to, by their addresses beside that of the next code.
    private static func stubs(of backend: X86_64Backend) -> [String: String] {
        Mirror(reflecting: backend.stubs).children.reduce(into: [:]) { names, child in
            guard let place = child.value as? CodePlace, let name = child.label else { return }
            let address = UInt64(bitPattern: Int64(place.offset - backend.memory.used))
            names["0x\(String(address, radix: 16))"] = name
        }
    }

    private static func named(_ text: String, _ stubs: [String: String]) -> String {
        let words = text.split(separator: " ")
        guard words.count == 2, let name = stubs[String(words[1])] else { return text }
        return "\(words[0]) \(name)"
    }

    private static func listing(of code: [UInt8], _ state: CPUState, addend: Int32?) throws -> String {
        let machine = FlatMachine(model: .max, megabytes: 2)
        machine.cpu.longestBlock = code.count > 2 && code != [0xF7, 0xE3] ? 2 : 1
        machine.write(0x1000, code + [UInt8](repeating: 0xF4, count: 16))
        // Page 0 by tables of four levels, where `LongModeBench` has them.
        for table in [Place.map, Place.pointers, Place.directory] { machine.write64(table, UInt64(table + 0x1003)) }
        machine.write64(Place.table + 8, 0x1003)
        var state = state
        state.x87.control = 0x37F
        machine.cpu.state = state
        let engine = try #require(Recompiler(machine.cpu, threshold: 1))
        var assumptions = engine.assumptions(of: machine.cpu)
        assumptions.addend = addend
        let backend = try engine.x86_64
        // Whatever this host has, which does not execute it.
        backend.host.features = FeatureSet([.MMX, .SSE, .SSE2, .BMI2])
        let bytes = try backend.codeOfFirstBlock(engine.regionHere(of: machine.cpu), under: assumptions)
        let stubs = stubs(of: backend)
        let lines = Disassembly(bytes, codeSize: .bits64).map { "    \(named($0.text, stubs))" }
        return "> \(code.map { String($0, radix: 16) }.joined(separator: " "))\n\(lines.joined(separator: "\n"))\n"
    }
}
