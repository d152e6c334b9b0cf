import Board
import Inspection
import Processor
import Wiring

/// `--lockstep`: the same machine a second time, executed by the interpreter alone, and compared every few instructions, or where
/// translated code is left. A comparison after so many instructions cuts translated code short: what goes wrong only within long stretches
/// of it shows at the exits.
///
/// The interpreter is the law: where they differ, the recompiler is wrong. Outside input is not taken meanwhile.
final class LockstepCheck {
    /// The machine that the interpreter executes.
    private let reference: PC
    /// The place where the processors are compared.
    private let place: ComparisonPlace
    /// Ticks between two comparisons of everything else, memory included.
    private static let wholeInterval: UInt64 = 50_000_000
    private var nextWhole = LockstepCheck.wholeInterval
    /// Both machines were equal here.
    private var equalUntil: UInt64 = 0

    /// `configuration` without its outputs, on images of its own whose writes are forgotten.
    init(_ configuration: PC.Configuration, _ plan: SessionPlan, at place: ComparisonPlace) throws {
        var configuration = configuration
        configuration.disks = try Images.open(plan)
        configuration.floppies = try Diskettes.open(plan)
        configuration.serialOutput = configuration.serialOutput.map { _ in { _ in } }
        configuration.debugOutput = { _ in }
        configuration.postCodeOutput = { _ in }
        configuration.frameOutput = nil
        do {
            reference = try PC(configuration)
        } catch {
            throw UserError(error)
        }
        self.place = place
    }

    /// Runs `pc` until `limit` and the reference beside it, halted time skipped. The difference, if there is one, in words.
    func run(_ pc: PC, until limit: UInt64) -> (pause: PC.Pause, difference: String?) {
        while true {
            let pause = advance(pc, until: limit)
            let other = reference.run(until: pc.clock.now)
            if let difference = difference(pc) { return (pause, difference) }
            if case .ended(let ending) = pause {
                guard case .ended(ending) = other else { return (pause, report(pc, "only one machine has ended: \(ending)")) }
                return (pause, whole(pc))
            }
            equalUntil = pc.clock.now
            if pc.clock.now >= nextWhole || pc.clock.now >= limit {
                nextWhole = pc.clock.now + Self.wholeInterval
                if let difference = whole(pc) { return (pause, difference) }
            }
            if pc.clock.now >= limit || pause != .limit { return (pause, nil) }
        }
    }

    /// To the next place of a comparison.
    private func advance(_ pc: PC, until limit: UInt64) -> PC.Pause {
        switch place {
        case .every(let count): return pc.run(until: min(limit, pc.clock.now.addingSaturating(count)))
        case .exits(let apart):
            return pc.run(until: limit, pausingAtExitFrom: pc.clock.now.addingSaturating(max(1, apart)))
        }
    }

    private func difference(_ pc: PC) -> String? {
        if pc.clock.now != reference.clock.now {
            return report(pc, "time is \(pc.clock.now) here and \(reference.clock.now) with the interpreter")
        }
        guard pc.turn == reference.turn else {
            return report(pc, "the turn is \(pc.turn) here and \(reference.turn) with the interpreter")
        }
        let states = zip(pc.processors, reference.processors).map { ($0.state, $1.state) }
        guard let number = states.firstIndex(where: { $0 != $1 }) else { return nil }
        let (ours, law) = states[number]
        let names = zip(Mirror(reflecting: ours).children, Mirror(reflecting: law).children).compactMap { (a, b) in
            "\(a.value)" == "\(b.value)" ? nil : "  \(a.label ?? "?"): \(a.value), interpreter \(b.value)"
        }
        return report(pc, "processor \(number) differs:\n" + names.joined(separator: "\n"))
    }

    private func whole(_ pc: PC) -> String? {
        pc.stateHash() == reference.stateHash() ? nil : report(pc, "memory or a chip differs")
    }

    private func report(_ pc: PC, _ what: String) -> String {
        """
        lockstep: first difference between tick \(equalUntil) and \(pc.clock.now): \(what)
        recompiler, at \(pc.site):
        \(listing(pc))
        interpreter, at \(reference.site):
        \(listing(reference))
        """
    }

    /// The next instructions.
    private func listing(_ pc: PC) -> String {
        MachineView(pc, of: pc.cpu, state: pc.cpu.state).instructions(count: 8)
            .map { "  \(String($0.address, radix: 16, uppercase: true))  \($0.text)" }.joined(separator: "\n")
    }
}
