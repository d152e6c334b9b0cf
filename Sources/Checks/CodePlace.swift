import Executables
import Inspection
import Processor

/// An instruction that did something, to be named later.
struct CodePlace: Equatable, Sendable {
    var cs: UInt16 = 0
    /// Symbols are of protected-mode code.
    var isProtected = false
    var rip: UInt64 = 0
    var base: UInt64 = 0
    var tick: UInt64 = 0
    var processor = 0

    init() {}

    /// The instruction that `cpu` executes, or the next one.
    init(_ cpu: CPU) {
        (cs, isProtected, rip, base, tick) = cpu.instructionPlace
        processor = cpu.number
    }

    /// "0010:00100123 kmain+0x1c (kernel.c:42)", as post-mortems write it.
    func words(_ sources: SourceMap?) -> String {
        let address = "\(hexDigits(UInt64(cs), 4)):\(hexDigits(rip, 8))"
        guard base == 0, isProtected, let name = sources?.describe(rip) else { return address }
        return "\(address) \(name)"
    }
}
