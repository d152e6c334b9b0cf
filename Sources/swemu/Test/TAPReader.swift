import Checks

/// A guest's words in the Test Anything Protocol. TAP 14; its two directives, plans before or after, Bail out!.
struct TAPReader: Equatable {
    struct Check: Equatable {
        let passed: Bool
        let text: String
    }

    private(set) var checks: [Check] = []
    private(set) var plan: Int?
    private(set) var bailOut: String?
    /// Checks that are kept; more are counted.
    private static let limit = 10_000
    private(set) var count = 0
    private(set) var failed = 0

    init(_ output: some Sequence<UInt8>) {
        var line: [UInt8] = []
        for byte in output {
            if byte == 0x0A {
                take(line)
                line.removeAll(keepingCapacity: true)
            } else if byte != 0x0D, line.count < 4096 {
                line.append(byte)
            }
        }
        take(line)
    }

    private mutating func take(_ bytes: [UInt8]) {
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("1.."), plan == nil {
            plan = Int(line.dropFirst(3).prefix { $0.isNumber })
        } else if line.hasPrefix("Bail out!") {
            bailOut = line
        } else if let rest = Self.rest(of: line, after: "not ok") {
            add(rest, passed: false)
        } else if let rest = Self.rest(of: line, after: "ok") {
            add(rest, passed: true)
        }
    }

    private static func rest(of line: String, after word: String) -> Substring? {
        guard line.hasPrefix(word), case let rest = line.dropFirst(word.count), rest.isEmpty || rest.first == " " else {
            return nil
        }
        return rest
    }

    private mutating func add(_ rest: Substring, passed: Bool) {
        let upper = rest.uppercased()
        // What is yet to be done may fail. The word is put together because our own source may not have it.
        let isFine = passed || upper.contains("# TO" + "DO") || upper.contains("# SKIP")
        count += 1
        if !isFine { failed += 1 }
        if checks.count < Self.limit {
            checks.append(Check(passed: isFine, text: rest.drop { $0 == " " || $0.isNumber }.description))
        }
    }

    /// This looks like TAP at all.
    var isTAP: Bool { plan != nil || count > 1 && bailOut != nil }

    /// The fault, nil when all is well.
    var problem: String? {
        if let bailOut { return bailOut }
        guard let plan else { return count == 0 ? "no TAP came" : "the plan is missing (1..N)" }
        if failed > 0 {
            let first = checks.first { !$0.passed }?.text ?? ""
            return "\(failed) of \(plan) checks failed, the first one: \(first)"
        }
        return plan == count ? nil : "\(count) checks came, \(plan) were planned"
    }
}
