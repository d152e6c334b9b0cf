import Foundation
import Processor
import TestKit
import Testing
import X86

@testable import Recompiler

/// The machine code of typical instructions, as data: a change of the lowering is a change of `Cases/lowering.txt` that can be read.
///
/// Each case is a heading `> BYTES` of the guest's 32-bit code, and the host's instructions of its block. `UPDATE_LOWERING=1` writes the file anew.
@Suite struct LoweringTests {
    private static let path = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/Cases/lowering.txt"

    private static let cases: [[UInt8]] = [
        [0x01, 0xD8], [0x83, 0xE8, 5], [0x8B, 0x46, 8], [0x89, 0x04, 0x8F], [0x01, 0x03], [0x50], [0x58], [0xC1, 0xE0, 3],
        [0x40, 0x75, 0xFD], [0x39, 0xD8, 0x72, 0xFC], [0xF7, 0xE3], [0xF7, 0xF3], [0x0F, 0xB6, 0xC3], [0x0F, 0x94, 0xC0], [0xC3],
        [0x11, 0xD8], [0xA4], [0xD9, 0xE8],
    ]

    @Test func machineCodeIsAsRecorded() throws {
        let text = try Self.cases.map { try Self.listing(of: $0) }.joined(separator: "\n")
        if ProcessInfo.processInfo.environment["UPDATE_LOWERING"] != nil {
            try text.write(toFile: Self.path, atomically: true, encoding: .utf8)
        }
        #expect(text == (try String(contentsOfFile: Self.path, encoding: .utf8)))
    }

    private static func listing(of code: [UInt8]) throws -> String {
        let machine = FlatMachine(model: .max, megabytes: 2)
        machine.cpu.longestBlock = code.count > 2 && code != [0xF7, 0xE3] ? 2 : 1
        machine.write(0x1000, code + [UInt8](repeating: 0xF4, count: 16))
        var state = CPUState.flat
        state.x87.control = 0x37F
        machine.cpu.state = state
        let bytes = try #require(Recompiler(machine.cpu, threshold: 1)).codeOfFirstBlock(addend: 0x4000_0000)
        let lines = Disassembly(bytes, codeSize: .bits64).map { "    \($0.text)" }
        return "> \(code.map { String($0, radix: 16) }.joined(separator: " "))\n\(lines.joined(separator: "\n"))\n"
    }
}
