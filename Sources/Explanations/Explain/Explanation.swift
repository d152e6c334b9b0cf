import Board
import Inspection
import Processor
import Wiring
import X86

/// The doings of the next instruction, with the numbers filled in: a reading of its definition (`Transcribe` in Processor), made before it is
/// executed and without touching the machine.
public struct Explanation {
    /// A status flag, or DF, and why it is what it is.
    public struct Flag {
        /// "CF".
        public let name: String
        /// The flag.
        public let flag: EFLAGS
        /// Its value before the instruction.
        public let before: Bool
        /// Its value after it.
        public let after: Bool
        /// The manual leaves it undefined.
        public let isUndefined: Bool
        /// The reason, as a sentence.
        public let reason: String
        /// The value that the reason, found without looking at the flag, is a reason for.
        let implied: Bool?
    }

    /// "0010:00100123".
    public let place: String
    /// The instruction in Intel's syntax; nil when it cannot be fetched.
    public let disassembly: String?
    /// Its actions, one line each: "EAX <- EAX + [EBX+4] = 5 + 7 = 12".
    public let actions: [String]
    /// The flags that the instruction writes.
    public let flags: [Flag]
    /// The ways of its accesses to memory.
    public let addresses: [ExplainedAddress]
    /// The exception it ends with, if it does.
    public let fault: ExplainedFault?
    /// The manual's operation, in its words for any operands.
    public let operation: [String]
    /// The place where it goes on.
    public let next: String

    let transcript: Transcript?
    let outcome: DryRun.Outcome

    /// "0010:00100123" of a state.
    static func place(_ state: CPUState) -> String {
        let isBig = state.cs.isBig || state.rip > 0xFFFF
        return "\(hexDigits(UInt64(state.cs.selector), 4)):\(hexDigits(state.rip, isBig ? 8 : 4))"
    }

    /// The short form: what it did, flags with reasons, the exception.
    public var brief: [String] {
        var lines = ["\(place)  \(disassembly ?? "")"] + actions.map { "  " + $0 }
        func value(_ flag: Flag) -> String { "\(flag.name)=\(flag.after ? 1 : 0)" }
        lines += flags.filter { !$0.isUndefined }.map { "  \(value($0))  \($0.reason)" }
        let undefined = flags.filter(\.isUndefined)
        if let reason = undefined.first?.reason { lines.append("  \(undefined.map(value).joined(separator: " "))  \(reason)") }
        if let fault {
            lines.append("  " + Phrase.raises.with(fault.name, fault.check))
            lines += fault.delivery.map { "    " + $0 }
        }
        return lines
    }

    /// Everything, addresses and the manual's operation included.
    public var lines: [String] {
        var lines = brief
        for address in addresses {
            lines.append("  " + address.lines[0])
            lines += address.lines.dropFirst().map { "    " + $0 }
        }
        lines += operation.enumerated().map { index, line in
            index == 0 ? "  " + Phrase.operation.with(line) : "             " + line
        }
        return lines + ["  " + Phrase.next.with(next)]
    }

    /// All lines as one text.
    public var text: String { lines.joined(separator: "\n") }
}

/// Explains the next instruction of a machine, again and again.
public final class Explainer {
    private let makeView: () -> MachineView
    /// Nil where the host has no room for another processor.
    private let dryRun: DryRun?

    /// An explainer of the machine's processor whose turn it is, or whom the user looks at.
    public init(_ pc: PC) {
        makeView = { MachineView(pc) }
        dryRun = try? DryRun(
            of: pc.observed, in: .init(peek: { pc.peek(physical: $0) }, peekPort: { pc.peek(port: $0, $1) }))
    }

    /// Of a processor with nothing but memory around it; ports float.
    public init(_ cpu: CPU, peek: @escaping (UInt64) -> UInt8) {
        makeView = { MachineView(cpu, peek: peek) }
        dryRun = try? DryRun(of: cpu, in: .init(peek: peek, peekPort: { $1.mask }))
    }

    /// The next instruction, or the next iteration of a repeated one. Changes nothing.
    public func explain() -> Explanation {
        let view = makeView()
        guard let dryRun else { return untried(view) }
        let transcript = dryRun.transcribe()
        let outcome = dryRun.execute()
        let fault = outcome.fault.map { CheckSentences(view: view, outcome: outcome, transcript: transcript).explained($0) }
        let line = view.line(at: view.state.rip)
        let row = transcript.flatMap { Table.row(of: $0.instruction) }
        let writer = ActionSentences(view: view, transcript: transcript, outcome: outcome)
        return Explanation(
            place: Explanation.place(view.state), disassembly: line?.text, actions: fault == nil ? writer.actions : [],
            flags: fault == nil ? writer.flags(undefined: row?.flags.undefined ?? []) : [], addresses: writer.addresses,
            fault: fault, operation: transcript.map { OperationFacts.of($0.instruction.operation).operation } ?? [],
            next: Explanation.place(outcome.after), transcript: transcript, outcome: outcome)
    }

    private func untried(_ view: MachineView) -> Explanation {
        let place = Explanation.place(view.state)
        return Explanation(
            place: place, disassembly: view.line(at: view.state.rip)?.text,
            actions: ["not tried: the host has no memory left for another processor"], flags: [], addresses: [], fault: nil,
            operation: [], next: place, transcript: nil, outcome: DryRun.Outcome(unchanged: view.state))
    }
}
