import CCapstone
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
