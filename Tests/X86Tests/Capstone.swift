import CCapstone
import Testing
import X86

/// The Capstone disassembler as a second opinion about lengths, legality and text.
final class Capstone {
    private var handle: csh = 0
    private let instruction: UnsafeMutablePointer<cs_insn>

    init?(_ codeSize: CodeSize) {
        let mode = [CS_MODE_16, CS_MODE_32, CS_MODE_64][Int(codeSize.rawValue)]
        guard cs_open(CS_ARCH_X86, mode, &handle) == CS_ERR_OK, let memory = cs_malloc(handle) else { return nil }
        instruction = memory
    }

    deinit {
        cs_free(instruction, 1)
        cs_close(&handle)
    }

    /// Length of the first instruction at `address`, 0 for an illegal one.
    func length(_ bytes: UnsafeBufferPointer<UInt8>, at address: UInt64) -> Int {
        var code = bytes.baseAddress
        var count = bytes.count
        var address = address
        return cs_disasm_iter(handle, &code, &count, &address, instruction) ? Int(instruction.pointee.size) : 0
    }

    /// Mnemonic, with prefixes, of the instruction that `length` found last.
    var name: String { Self.string(&instruction.pointee.mnemonic) }

    /// Text of the instruction that `length` found last.
    var text: String {
        let operands = Self.string(&instruction.pointee.op_str)
        return operands.isEmpty ? name : name + " " + operands
    }

    private static func string<T>(_ characters: inout T) -> String {
        withUnsafeBytes(of: &characters) { raw in String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// A comparison of the decoder with Capstone in one code size.
struct CapstoneComparison: Sendable {
    /// Opcodes about which they differ, and no rule says why.
    var unexplained: [String] = []
    /// Numbers of the rules that explained others.
    var used: Set<Int> = []
    var agreed = 0

    /// Compares in each code size, at the same time. Every difference has a rule, every rule a difference; `reasons` are the rules'.
    static func expectAgreement(
        reasons: [String], _ compare: @escaping @Sendable (CodeSize, Capstone) -> CapstoneComparison
    ) async {
        let comparisons = await withTaskGroup(of: CapstoneComparison?.self) { group in
            for codeSize in CodeSize.allCases { group.addTask { Capstone(codeSize).map { compare(codeSize, $0) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let done = comparisons.compactMap { $0 }
        #expect(done.count == 3, "Capstone opens for each code size")
        let unexplained = done.flatMap(\.unexplained)
        #expect(unexplained.isEmpty, "\(unexplained.count) opcodes differ:\n\(unexplained.prefix(100).joined(separator: "\n"))")
        let used = done.reduce(into: Set()) { $0.formUnion($1.used) }
        for (number, reason) in reasons.enumerated() {
            #expect(used.contains(number), "This rule explains nothing: \(reason)")
        }
        #expect(done.allSatisfy { $0.agreed > 1000 })
    }
}
