import Board
import Debugging
import Executables

/// What a stopped machine has to say: its post-mortem, with names from the kernel's file and the last branches from a second run.
extension HostSession {
    /// A second run takes about as long as the first; beyond this many ticks it is not worth the wait.
    private static let retracedTicks: UInt64 = 500_000_000

    /// Names for addresses: from `--symbols`, or the kernel that was started, where it is an ELF file.
    static func sources(_ options: Run, _ kernel: KernelFiles?) throws -> SourceMap? {
        guard let path = options.symbols else { return kernel.flatMap { try? SourceMap(bytes: $0.kernel.bytes) } }
        switch readFile(path, limit: 1 << 30) {
        case .failure(let reason):
            throw UserError(.inputFile, "cannot read the symbols (\(reason.text))", path, remedy: "check the name")
        case .success(let bytes):
            do {
                return try SourceMap(bytes: bytes)
            } catch {
                throw UserError(.inputFile, line: "cannot use the symbols of \(path): \(error)")
            }
        }
    }

    /// The post-mortem of an ending that asks for one.
    func postMortem(of ending: Ending) -> PostMortem? {
        let cause: PostMortem.Cause
        switch ending {
        case .machine(.tripleFault): cause = .tripleFault
        case .machine(.deadHalt): cause = .deadHalt
        case .machine(.reset): cause = pc.cpu.failedDeliveries.isEmpty ? .reset : .tripleFault
        case .dead(let death): cause = .dead(death)
        case .budget, .ceiling, .script(.failed): cause = .stopped
        default:
            guard options.ceilings.evidence != nil else { return nil }
            cause = .stopped
        }
        return PostMortem(pc, cause: cause, sources: sources, branches: retrace() ?? [])
    }

    /// The last branches, from running the same machine again up to where this one is; nil where that cannot be the same run.
    private func retrace() -> [Branch]? {
        guard pc.clock.now <= Self.retracedTicks, !sawInput, !keeper.restores, !keeper.isReplaying,
            options.snapshot || options.images.allSatisfy({ $0 == nil })
        else {
            return nil
        }
        var configuration = pc.configuration
        configuration.serialOutput = []
        configuration.debugOutput = nil
        configuration.postCodeOutput = nil
        guard let disks = try? Images.open(options.images, options: options) else { return nil }
        configuration.disks = disks
        guard let twin = try? PC(configuration) else { return nil }
        return LastBranches.trace(twin, to: pc.clock.now, endingAt: MachineView(pc))
    }
}
