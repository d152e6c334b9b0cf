import Processor
import Recompiler

/// The ways in which a test has a processor execute instructions: the matrix of every test of the processor.
public enum Engine: CaseIterable, Sendable {
    /// The interpreter, with one instruction in a block.
    case oneByOne
    /// The interpreter, with long chained blocks.
    case blocks
    /// Translated code from the first instruction on, with one instruction in a block.
    case recompiledOneByOne
    /// Translated code from the first instruction on.
    case recompiled
    /// As that, by a back end that executes the intermediate representation: `NodeBackend`.
    case nodes

    public var isRecompiler: Bool { self == .recompiled || self == .recompiledOneByOne || self == .nodes }

    /// Makes `cpu` work this way; the engine, if there is one, to be kept as long.
    public func use(on cpu: CPU) -> Recompiler? {
        if self == .oneByOne || self == .recompiledOneByOne { cpu.longestBlock = 1 }
        if self == .nodes { return Recompiler([cpu], NodeBackend(), threshold: 1, isFrugal: false) }
        return isRecompiler ? Recompiler(cpu, threshold: 1, isFrugal: false) : nil
    }
}
