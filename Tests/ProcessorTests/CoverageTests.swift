import Foundation
import Processor
import TestKit
import Testing
import X86

/// What the silicon sample does not touch: rows of the tables that none of its vectors executes, and exceptions that none raises. Both
/// lists must be explained, line for line, in `testroms/vectors/not-covered.txt`.
///
/// A line is `reason KEY  SENTENCE`, `row KEY  NAME` or `exception KEY  VECTOR`.
@Suite struct CoverageTests {
    @Test func rowsAndExceptions() throws {
        var executed: Set<Int> = []
        var raised: [UInt8: Set<Int>] = [:]
        for path in try SampleVectors.files() {
            let file = try VectorFile(contentsOf: path)
            let model = CPUModel.forVectors(of: file.group)
            let decoder = Decoder(
                codeSize: file.mode == .protected32 ? .bits32 : .bits16, features: model.features.instructions)
            try file.forEach { _, vector in
                let instruction = decoder.decode(vector.instruction)
                guard instruction.operation.isInstruction else { return }
                if let exception = vector.exception {
                    raised[exception.vector, default: []].insert(Int(instruction.row))
                } else {
                    executed.insert(Int(instruction.row))
                }
            }
        }
        let touched = raised.values.reduce(executed) { $0.union($1) }
        // Some instructions can do nothing but raise.
        executed.formUnion(touched.filter { [.ud0, .ud1, .ud2, .int, .int1, .int3].contains(Table.rows[$0].operation) })
        let all = Table.rows.indices.filter {
            CPUModel.max.features.instructions.contains(Table.rows[$0].feature) && !Table.rows[$0].traits.contains(.only64)
        }
        let missing = Set(all.filter { !executed.contains($0) }.map { Self.name(Table.rows[$0]) })
        let conditions: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18, 19]
        let silent = Set(conditions.filter { raised[$0] == nil }.map { "\($0)" })

        let explained = try Explanations(contentsOf: SampleVectors.directory + "/not-covered.txt")
        print("\(all.count) rows, \(touched.count) touched by vectors, \(executed.count) executed to the end")
        for vector in conditions { print("exception \(vector) raised by \(raised[vector]?.count ?? 0) rows") }
        for name in missing.subtracting(explained.rows).sorted() { print("row ? \(name)") }
        #expect(missing.subtracting(explained.rows).isEmpty, "rows that no vector executes to the end")
        #expect(explained.rows.subtracting(missing).isEmpty, "explained, but covered or not there")
        #expect(silent == explained.exceptions, "exceptions that no vector raises")
    }

    /// "0F 01 /2 lgdt Ms"
    private static func name(_ row: Row) -> String {
        func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }
        var words: [String] = []
        switch row.prefix {
        case .p66: words.append("66")
        case .pF3: words.append("F3")
        case .pF2: words.append("F2")
        default: break
        }
        if let vex = row.vex {
            words.append("VEX" + (vex.isSuperset(of: .L) ? "" : vex.contains(.L1) ? ".256" : ".128"))
            if !vex.isSuperset(of: .WIG) { words.append(vex.contains(.W1) ? "W1" : "W0") }
        }
        words += row.map.escape.map(hex)
        words.append(hex(row.opcode))
        if let modRM = row.modRM { words.append(hex(modRM.lowerBound)) } else if let digit = row.digit { words.append("/\(digit)") }
        words.append(row.mnemonic)
        words += row.operands.map { "\($0)" }
        return words.joined(separator: " ")
    }

    private struct Explanations {
        var rows: Set<String> = []
        var exceptions: Set<String> = []

        init(contentsOf path: String) throws {
            var reasons: Set<String> = []
            for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
                let words = line.split(separator: " ", maxSplits: 2).map(String.init)
                try #require(words.count == 3, "\(line)")
                let text = words[2].trimmingCharacters(in: .whitespaces)
                switch words[0] {
                case "reason": reasons.insert(words[1])
                case "row": rows.insert(text)
                default: exceptions.insert(text)
                }
                #expect(reasons.contains(words[1]), "a reason for \(line)")
            }
        }
    }
}
