import Executables
import Inspection

/// A frame as the source has it: a function, and where control is in it. Several may share one frame of the stack, where calls were inlined.
public struct SourceFrame {
    /// The frame on the stack.
    public let frame: CallFrame
    /// Nil where no debug information is known.
    public let function: SourceFunction?
    /// File and line; of a function that an inlined one is in, those of the call.
    public let line: (file: String, line: UInt32)?

    /// The function's name and the distance from its beginning, as far as known.
    public var name: String? {
        if let function, function.isInlined { return function.name }
        guard let (symbol, _) = frame.sources?.symbols.symbol(at: frame.place) else { return function?.name }
        let offset = frame.address &- symbol.address
        return offset == 0 ? symbol.name : "\(symbol.name)+0x\(String(offset, radix: 16))"
    }

    /// The value of a variable that is in scope here.
    func value(of variable: SourceVariable) -> SourceValue {
        let place = frame.sources?.debug?.location(of: variable, at: frame.place, in: frame) ?? .lost
        return SourceValue(type: variable.type, place: place, frame: frame).referred
    }

    /// A variable or parameter of the function, the innermost block's first.
    func variable(named name: String) -> SourceVariable? {
        guard let function else { return nil }
        return function.locals.first { $0.name == name } ?? function.parameters.first { $0.name == name }
    }

    /// The frames of the source that one frame of the stack stands for, innermost first.
    static func all(of frame: CallFrame) -> [SourceFrame] {
        let lines = frame.sources?.lines
        var line = lines?.location(of: frame.place)
        let functions = frame.sources?.debug?.functions(at: frame.place) ?? []
        guard !functions.isEmpty else { return [SourceFrame(frame: frame, function: nil, line: line)] }
        return functions.map { function in
            let own = SourceFrame(frame: frame, function: function, line: line)
            if let call = function.call, let files = lines?.files, files.indices.contains(call.file) {
                line = (files[call.file], call.line)
            }
            return own
        }
    }
}
