import Processor
import X86

/// Follows straight code and knows which flags the manual leaves undefined: SDM Vol. 1, appendix A.
struct FlagKnowledge {
    private(set) var undefined: EFLAGS = []
    private static let decoders = [CodeSize.bits16, .bits32].map {
        Decoder(codeSize: $0, features: CPUModel.max.features.instructions)
    }

    /// False, and nothing is learnt, when an instruction looks at a flag that is undefined.
    mutating func follow(_ code: [UInt8], _ codeSize: CodeSize) -> Bool {
        let decoder = Self.decoders[codeSize == .bits16 ? 0 : 1]
        var flags = undefined
        var offset = 0
        var mayBeSkipped = false
        while offset < code.count {
            let i = decoder.decode(Array(code[offset...].prefix(15)))
            let effects = Table.flags(of: i)
            guard i.length > 0, effects.read.isDisjoint(with: flags) else { return false }
            if !mayBeSkipped, !Table.traits(of: i).contains(.mayKeepFlags) { flags.subtract(effects.written) }
            flags.formUnion(effects.undefined)
            mayBeSkipped = Table.traits(of: i).contains(.transfersControl)
            offset += Int(i.length)
        }
        undefined = flags
        return true
    }
}
