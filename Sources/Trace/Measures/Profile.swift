import Board
import Executables
import Inspection
import Processor

/// The guest's time by its code: stacks of functions, taken every so many ticks of the virtual clock. The same run gives the same profile.
public struct Profile {
    /// Ticks between two samples.
    public let interval: UInt64
    /// The tick of the next sample.
    public private(set) var next: UInt64
    private let sources: SourceMap?
    private var counts: [[String]: UInt64] = [:]
    /// Different stacks that are kept at most; what comes after counts as "(others)".
    private static let limit = 100_000

    /// A profile without samples, which begins at a tick and takes one every `interval` ticks.
    public init(every interval: UInt64, from tick: UInt64, sources: SourceMap?) {
        self.interval = max(1, interval)
        self.sources = sources
        next = tick &+ self.interval
    }

    /// Takes a sample when its tick has come; one that stands for several, where a halted processor has let them pass.
    public mutating func take(_ pc: PC) {
        guard pc.clock.now >= next else { return }
        let samples = (pc.clock.now - next) / interval + 1
        next += samples * interval
        let stack = stack(pc)
        guard counts[stack] != nil || counts.count < Self.limit else {
            counts[["(others)"], default: 0] += samples
            return
        }
        counts[stack, default: 0] += samples
    }

    /// Outermost first: the ring, the callers, the function that runs.
    private func stack(_ pc: PC) -> [String] {
        let view = MachineView(pc)
        var frames = [name(view.linearIP)] + Backtrace(view, sources: sources).frames.map { name($0.instruction) }
        if pc.cpu.state.activity.awaitsInterrupt { frames.insert("(halted)", at: 0) }
        return ["ring \(view.state.cpl)"] + frames.reversed()
    }

    /// The function at an address, or the page where none is known.
    private func name(_ address: UInt64) -> String {
        sources?.symbols.symbol(at: address)?.symbol.name ?? "[\(h(address & ~0xFFF))]"
    }

    /// Stacks, outermost frame first, with the samples of each: the most frequent ones first.
    public var stacks: [(frames: [String], samples: UInt64)] {
        counts.map { ($0.key, $0.value) }.sorted { ($1.1, $0.0.joined()) < ($0.1, $1.0.joined()) }
    }

    /// A line for each stack, as flame graphs are made of: frames with semicolons between them, a space, the samples.
    public var folded: String { stacks.map { "\($0.frames.joined(separator: ";")) \($0.samples)\n" }.joined() }
}
