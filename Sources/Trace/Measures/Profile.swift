import Board
import Executables
import Inspection
import Processor
import Wiring

/// The guest's time by its code: stacks of functions, taken every so many ticks of the virtual clock. The same run gives the same profile.
public struct Profile {
    /// Ticks that a sample stands for.
    public let interval: UInt64
    /// Intervals between two samples taken: each stands for so many.
    private var stride: UInt64 = 1
    /// Stacks taken since the stride was what it is.
    private var taken = 0
    private let isStretched: Bool
    /// Stacks after which the next ones lie twice as far apart: a short run has enough of them, and a long one is not slowed down.
    private static let stacksOfAStride = 500
    /// The tick of the next sample.
    public private(set) var next: UInt64
    private let sources: SourceMap?
    private let calls: OpenCalls
    private var counts: [[String]: UInt64] = [:]
    /// Different stacks that are kept at most; what comes after counts as "(others)".
    private static let limit = 100_000

    /// A profile of `pc` without samples, which begins now and takes one every `interval` ticks; if it is stretched, rarer ones that stand for several
    /// as the run goes on. From now on the processors, which no translation engine is connected to yet, keep the calls that are open: what was called before
    /// is not known.
    public init(_ pc: PC, every interval: UInt64, isStretched: Bool = false, sources: SourceMap?) throws(HostMemory.Exhausted) {
        self.interval = max(1, interval)
        self.isStretched = isStretched
        self.sources = sources
        calls = try OpenCalls()
        next = pc.clock.now.addingSaturating(self.interval)
        for cpu in pc.processors { cpu.keep(calls) }
    }

    /// Takes a sample when its tick has come; one that stands for several, where a halted processor has let them pass.
    public mutating func take(_ pc: PC) {
        guard pc.clock.now >= next else { return }
        let step = stride * interval
        let steps = (pc.clock.now - next) / step + 1
        let samples = steps * stride
        next = next.addingSaturating(steps.multipliedSaturating(by: step))
        taken += 1
        if isStretched, taken == Self.stacksOfAStride {
            (stride, taken) = (2 * stride, 0)
            next = next.addingSaturating(step)
        }
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
        var frames = [name(view.linearIP)] + OpenCallers(view, calls).frames.map { name($0.instruction) }
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
