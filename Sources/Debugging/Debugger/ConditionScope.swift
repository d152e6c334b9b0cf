import Executables
import Inspection

/// The names in a condition, held against the place where it will be asked: a function's parameters are not there before it runs.
extension Debugger {
    /// Throws where a condition could not mean anything at the places that a trigger waits for. What only memory of now is in the way of may be there then.
    public func requireMeaning(of condition: Expression, for trigger: StopPoint.Trigger) throws(DebuggerError) {
        do throws(DebuggerError) {
            try evaluate(condition, for: trigger)
        } catch {
            if !error.isOfTheMoment { throw error }
        }
    }

    private func evaluate(_ condition: Expression, for trigger: StopPoint.Trigger) throws(DebuggerError) {
        guard case .linear(let address) = trigger, let debug = sources?.debug else {
            _ = try condition.value(in: context)
            return
        }
        let function = debug.functions(at: address).first
        let own = Set(((function?.parameters ?? []) + (function?.locals ?? [])).map(\.name))
        let names = condition.names
        // Without variables of the function it can be computed now.
        guard names.contains(where: { own.contains(Self.variable($0)) }) else {
            _ = try condition.value(in: ExpressionContext(view: view, sources: sources, scope: outside))
            return
        }
        for name in names where !own.contains(Self.variable(name)) { _ = try context.quantity(of: name) }
        _ = try ExpressionTypes(
            frame: outside, variables: (function?.locals ?? []) + (function?.parameters ?? []), context: context
        )
        .type(of: condition)
    }

    /// "task" of "task.name".
    private static func variable(_ name: String) -> String { name.split(separator: ".").first.map(String.init) ?? name }

    /// A frame of no function: names of variables are those of the file.
    private var outside: SourceFrame { SourceFrame(frame: CallFrame(view, sources: sources), function: nil, line: nil) }
}

extension Expression {
    /// The names in it that are not of members or types.
    var names: [String] {
        switch self {
        case .name(let name): [name]
        case .number, .real, .size: []
        case .unary(_, let a), .memory(let a, _, _), .dereference(let a), .address(let a), .member(let a, _), .cast(_, let a),
            .sizeOf(let a):
            a.names
        case .binary(_, let a, let b), .far(let a, let b), .element(let a, let b): a.names + b.names
        case .choice(let a, let b, let c): a.names + b.names + c.names
        }
    }
}
