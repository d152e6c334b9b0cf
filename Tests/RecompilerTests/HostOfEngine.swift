import Processor
import Testing

@testable import Recompiler

extension Recompiler {
    /// The back end that this host's code comes from.
    var x86_64: X86_64Backend {
        get throws { try #require(backend as? X86_64Backend) }
    }

    /// The region that begins with the block at CS:RIP.
    func regionHere(of cpu: CPU) throws -> Region { Region(try cpu.block(), cpu: cpu, backend) }
}
