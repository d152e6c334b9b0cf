import Foundation
import Processor
import Testing
import TestKit
import X86

@testable import Explanations
@testable import Inspection

/// Sentences about 640 instructions in states: word for word, and against the state itself.
@Suite struct StateCorpusTests {
    /// With SWEMU_RENEW_SENTENCES=1 in the environment the file is written anew, to be read and committed.
    @Test func sentencesAreAsTheFileSays() throws {
        var corpus = try StateCorpus()
        let renews = ProcessInfo.processInfo.environment["SWEMU_RENEW_SENTENCES"] != nil
        #expect(corpus.entries.count >= 500)
        for (index, entry) in corpus.entries.enumerated() {
            let lines = Array(StateMachine(entry).explain().brief.dropFirst())
            if renews { corpus.entries[index].sentences = lines } else { #expect(lines == entry.sentences, "\(entry.title)") }
        }
        if renews { try corpus.text.write(toFile: StateCorpus.path, atomically: true, encoding: .utf8) }
    }

    /// No sentence says anything that the state before and after contradicts, in the states of the file and in many random ones.
    @Test func noSentenceContradictsTheState() throws {
        var random = RandomNumbers(seed: 1629)
        var (claims, problems) = (0, [String]())
        for entry in try StateCorpus().entries {
            for round in 0..<12 {
                let place = StateMachine(entry)
                if round > 0 { place.scatter(&random) }
                let before = place.cpu.state
                let explanation = place.explain()
                place.cpu.stepOne()
                var truth = Truthfulness(before: before, after: place.cpu.state, peek: place.peek)
                for line in explanation.brief.dropFirst() { truth.check(line.trimmingCharacters(in: .whitespaces)) }
                claims += truth.claims
                problems += truth.problems.map { "\(entry.title), round \(round): \($0)" }
            }
        }
        #expect(problems.isEmpty, "\(problems.prefix(20).joined(separator: "\n"))")
        #expect(claims > 5000, "\(claims)")
    }

    /// The check itself finds what is wrong.
    @Test func aWrongSentenceIsFound() throws {
        let entry = try #require(try StateCorpus().entries.first { $0.title.hasPrefix("= loop ") })
        let place = StateMachine(entry)
        let before = place.cpu.state
        place.cpu.stepOne()
        for line in [
            "ECX <- ECX - 1 = 5 - 1 = 3", "does not jump: ECX - 1 is 0", "jumps to 00001234h: x", "CF=1  why",
            "E (\"equal\") holds (ZF = 1)",
            "(ZF = 1)", "NE (\"not equal\") does not hold (ZF = 0)", "ECX 5 -> 3", "compares 1.5 with 2.0: above",
            "ST(0) = 1.5 + 2.0 = 3.0",
            "compares 41h at x with 42h at y: equal", "takes from the stack, from SS:[00007000h] up: ECX = 00000009h",
            "ECX is 0: nothing is copied",
        ] {
            var truth = Truthfulness(before: before, after: place.cpu.state, peek: place.peek)
            truth.check(line)
            #expect(!truth.problems.isEmpty, "\(line)")
        }
    }
}

extension StateMachine {
    /// Other flags, and other contents of the registers that hold no address.
    fileprivate func scatter(_ random: inout RandomNumbers) {
        var state = cpu.state
        let bits = random.next()
        state.eflags = state.eflags.subtracting(.status).union(
            EFLAGS(rawValue: UInt32(truncatingIfNeeded: bits)).intersection(.status))
        func number(_ old: UInt64) -> UInt64 {
            let bits = random.next()
            switch bits & 3 {
            case 0: return old
            case 1: return bits >> 8 & 0xFF
            case 2: return 0xFFFF_FFFF &- (bits >> 8 & 0xF)
            default: return bits >> 32
            }
        }
        state.rcx = number(state.rcx)
        if state.rax != 0x777 { (state.rax, state.rdx) = (number(state.rax), number(state.rdx)) }
        if state.rbx < 0x1_0000 { state.rbx = number(state.rbx) }
        cpu.state = state
    }
}

/// Claims of sentences, read back and compared with what was and is.
private struct Truthfulness {
    let before: CPUState
    let after: CPUState
    let peek: (UInt64) -> UInt8
    private(set) var claims = 0
    private(set) var problems: [String] = []

    init(before: CPUState, after: CPUState, peek: @escaping (UInt64) -> UInt8) {
        (self.before, self.after, self.peek) = (before, after, peek)
    }

    private mutating func claim(_ line: String, _ what: String, _ holds: Bool) {
        claims += 1
        if !holds { problems.append("\(what): \(line)") }
    }

    mutating func check(_ line: String) {
        guard !line.hasPrefix("raises"), !line.hasPrefix("#"), !line.contains("undefined by the manual") else { return }
        assignment(line)
        flags(line)
        condition(line)
        transfer(line)
        frame(line)
        arithmetic(line)
        comparison(line)
        counter(line)
    }

    // MARK: Reading

    private func number(_ text: some StringProtocol) -> UInt64? {
        let word = text.trimmingCharacters(in: .whitespaces)
        if word.hasSuffix("h") { return UInt64(word.dropLast(), radix: 16) }
        return Int64(word).map { UInt64(bitPattern: $0) } ?? UInt64(word)
    }

    private func register(_ name: some StringProtocol, _ state: CPUState) -> (value: UInt64, mask: UInt64)? {
        let names = ["AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI"]
        let values = [state.rax, state.rcx, state.rdx, state.rbx, state.rsp, state.rbp, state.rsi, state.rdi]
        if let index = names.firstIndex(of: String(name)) { return (values[index] & 0xFFFF, 0xFFFF) }
        if name.hasPrefix("E"), let index = names.firstIndex(of: String(name.dropFirst())) {
            return (values[index] & 0xFFFF_FFFF, 0xFFFF_FFFF)
        }
        if let index = ["AL", "CL", "DL", "BL"].firstIndex(of: String(name)) { return (values[index] & 0xFF, 0xFF) }
        if let index = ["AH", "CH", "DH", "BH"].firstIndex(of: String(name)) { return (values[index] >> 8 & 0xFF, 0xFF) }
        return nil
    }

    private static let flagNames: [String: EFLAGS] = [
        "CF": .CF, "PF": .PF, "AF": .AF, "ZF": .ZF, "SF": .SF, "OF": .OF, "DF": .DF,
    ]

    // MARK: Claims

    /// "EAX <- EBX + 1 = 5 + 1 = 6": the last number is what the register holds.
    private mutating func assignment(_ line: String) {
        if let match = line.prefixMatch(of: /([A-Z]+) stays ([0-9A-F]+h?) because/), let (old, _) = register(match.1, before) {
            claim(line, "stays", number(match.2) == old && register(match.1, after)?.value == old)
        }
        guard let arrow = line.range(of: " <- "), let (value, mask) = register(line[..<arrow.lowerBound], after) else { return }
        var text = String(line[arrow.upperBound...].split(separator: ";")[0])
        if let because = text.range(of: " because ") { text = String(text[..<because.lowerBound]) }
        if let low = text.range(of: " bits are ") { text = String(text[low.upperBound...]) }
        let last = text.components(separatedBy: " = ").last ?? text
        guard let found = number(last.prefix { $0 != " " && $0 != "," }) else { return }
        // A register that is written twice holds the second value: XCHG AL, AH and the like.
        claim(line, "register", found & mask == value)
    }

    private mutating func flags(_ line: String) {
        let name = String(line.prefix(2))
        guard let flag = Self.flagNames[name], line.dropFirst(2).first == "=" else { return }
        claim(line, "flag", after.eflags.contains(flag) == (line.dropFirst(3).first == "1"))
    }

    /// "E holds (ZF = 1)", by the manual's definition of the condition, and each flag that is named.
    private mutating func condition(_ line: String) {
        let isAfter = line.contains("and on it goes") || line.contains("it ends here")
        for match in line.matches(of: /[(,] ?([COSZPAD]F) = ([01])\b/) {
            guard let flag = Self.flagNames[String(match.1)] else { continue }
            claim(line, "\(match.1)", (isAfter ? after : before).eflags.contains(flag) == (match.2 == "1"))
        }
        let flags = before.eflags
        let (CF, ZF, SF) = (flags.contains(.CF), flags.contains(.ZF), flags.contains(.SF))
        let (OF, PF) = (flags.contains(.OF), flags.contains(.PF))
        let positive = [OF, CF, ZF, CF || ZF, SF, PF, SF != OF, ZF || SF != OF]
        for match in line.matches(of: /\b([A-Z]+) \("[a-z ]+"\) (holds|does not hold)\b/) {
            guard let code = Condition.names.firstIndex(where: { $0.uppercased() == match.1 }) else { continue }
            claim(line, "condition", (positive[code >> 1] != (code & 1 != 0)) == (match.2 == "holds"))
        }
    }

    private mutating func transfer(_ line: String) {
        if let match = line.prefixMatch(of: /jumps to ([0-9A-F]+h)/), let target = number(match.1) {
            claim(line, "target", after.rip == target)
        }
        if line.hasPrefix("does not jump") {
            claim(line, "stays", after.rip &- before.rip <= 15)
        }
        for match in line.matches(of: /ECX - 1 is ([0-9A-F]+h?)/) {
            claim(line, "count", number(match.1) == after.rcx & 0xFFFF_FFFF)
        }
        if let match = line.prefixMatch(of: /goes to ([0-9A-F]+):([0-9A-F]+);/) {
            claim(line, "far target", UInt16(match.1, radix: 16) == after.cs.selector && UInt64(match.2, radix: 16) == after.rip)
        }
    }

    /// The frame as it lies on the stack, word for word, and registers that came from there or went there.
    private mutating func frame(_ line: String) {
        guard let match = line.prefixMatch(of: /(takes from|puts on) the stack, from SS:\[([0-9A-F]+h)\] up: (.*)/) else { return }
        let isTaken = match.1 == "takes from"
        let state = isTaken ? before : after
        let mask: UInt64 = state.ss.isBig ? 0xFFFF_FFFF : 0xFFFF
        claim(line, "stack pointer", number(match.2) == state.rsp & mask)
        var offset = state.rsp & mask
        for word in match.3.components(separatedBy: ", ") where !line.contains("ESP = 00006000h, SS") {
            let parts = word.components(separatedBy: " = ")
            let text = parts[1].prefix { $0 != " " && $0 != ";" }
            guard parts.count == 2, let value = number(text) else { return claim(line, "word", false) }
            let size: UInt64 =
                match.3.contains("EIP") || match.3.contains("EFLAGS") || match.3.contains("EDI") || text.count > 5 ? 4 : 2
            var found: UInt64 = 0
            let bytes = min(size, UInt64(text.count - 1) / 2)
            for byte in 0..<bytes { found |= UInt64(peek(state.ss.base + offset + byte)) << (8 * byte) }
            claim(line, "\(parts[0]) on the stack", found == value)
            let other = isTaken ? after : before
            if !word.contains("ignored"), parts[0] != "ESP", parts[0] != "SP", let (held, _) = register(parts[0], other) {
                claim(line, parts[0], held == value)
            }
            if parts[0] == "CS" { claim(line, "CS", UInt64(other.cs.selector) == value) }
            if isTaken, parts[0] == "EIP" || parts[0] == "IP" { claim(line, "EIP", other.rip == value) }
            offset += size
        }
    }

    /// "1.5 + 2.0 = 3.5".
    private mutating func arithmetic(_ line: String) {
        let isSingle = line.hasPrefix("XMM")
        for match in line.matches(of: /(-?[0-9.e+\-]+) ([-+*\/]) (-?[0-9.e+\-]+) = (-?[0-9.e+\-]+)/) {
            guard match.1.contains("."), let a = Double(match.1), let b = Double(match.3), let c = Double(match.4) else { continue }
            let result = match.2 == "+" ? a + b : match.2 == "-" ? a - b : match.2 == "*" ? a * b : a / b
            claim(line, "arithmetic", abs(result - c) <= (isSingle ? 1e-6 : 1e-15) * max(abs(a), abs(b), abs(c)))
        }
    }

    private mutating func comparison(_ line: String) {
        guard let match = line.firstMatch(of: /compares (.*) with (.*): (above|below|equal|unordered)/) else { return }
        func value(_ text: Substring) -> Double? {
            let word = (text.components(separatedBy: " = ").last ?? "").prefix { $0 != " " }
            if word.hasSuffix("h") { return UInt64(word.dropLast(), radix: 16).map { Double($0) } }
            return word.hasPrefix("NaN") ? .nan : Double(word)
        }
        guard let a = value(match.1), let b = value(match.2) else { return claim(line, "numbers", false) }
        let order = a.isNaN || b.isNaN ? "unordered" : a < b ? "below" : a > b ? "above" : "equal"
        claim(line, "order", order == match.3)
    }

    private mutating func counter(_ line: String) {
        if let match = line.firstMatch(of: /\b(E?CX) ([0-9]+) -> ([0-9]+)/) {
            let mask: UInt64 = match.1 == "CX" ? 0xFFFF : 0xFFFF_FFFF
            claim(line, "count", UInt64(match.2) == before.rcx & mask && UInt64(match.3) == after.rcx & mask)
        }
        if let match = line.prefixMatch(of: /(E?CX) is 0: nothing/) {
            let mask: UInt64 = match.1 == "CX" ? 0xFFFF : 0xFFFF_FFFF
            claim(line, "no count", before.rcx & mask == 0 && after.rdi == before.rdi && after.rsi == before.rsi)
        }
    }
}
