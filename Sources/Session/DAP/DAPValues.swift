import Debugging
import Formats

/// Values that a client may open at a stop: the variables of frames, and values with parts, by numbers that hold until the machine moves.
struct DAPValues {
    private enum Opened {
        /// The variables of a frame, by its number.
        case frame(Int)
        /// A value, and the expression for it.
        case value(SourceValue, String, frame: Int)
    }

    private var opened: [(what: Opened, processor: Int)] = []
    /// Smaller numbers are those of registers.
    static let first = 1000
    private static let most = 100_000

    /// Forgets all: the machine has moved.
    mutating func forget() { opened = [] }

    private mutating func number(_ opened: Opened, _ processor: Int) -> UInt64 {
        guard self.opened.count < Self.most else { return 0 }
        self.opened.append((opened, processor))
        return UInt64(Self.first + self.opened.count - 1)
    }

    /// The number of the processor that a request's reference is about; nil where it names none.
    func processor(of request: DAPRequest) -> Int? {
        guard let reference = request["variablesReference"]?.integer else { return nil }
        guard case let index = reference - Self.first, opened.indices.contains(index) else {
            return DAPLooks.processor(ofReference: reference)
        }
        return opened[index].processor
    }

    /// The scope of a frame's variables; nil where none are known.
    mutating func scope(_ frame: Int, _ debugger: Debugger) -> JSON? {
        let frames = debugger.sourceFrames
        guard frames.indices.contains(frame), frames[frame].function != nil else { return nil }
        return .object([
            ("name", .text("Locals")), ("presentationHint", .text("locals")),
            ("variablesReference", .number(number(.frame(frame), debugger.view.cpu.number))),
            ("expensive", .boolean(false)),
        ])
    }

    /// The variables behind a reference; nil where it is none of ours.
    mutating func variables(_ reference: Int, _ debugger: Debugger) -> [JSON]? {
        guard case let index = reference - Self.first, opened.indices.contains(index) else { return nil }
        switch opened[index].what {
        case .frame(let frame):
            let frames = debugger.sourceFrames
            guard frames.indices.contains(frame) else { return [] }
            return frames[frame].variables.map { variable($0.name, $0.name, $0.value, frame) }
        case .value(let value, let name, let frame):
            return value.parts(of: name).map { variable($0.name, $0.expression, $0.value, frame) }
        }
    }

    private mutating func variable(_ name: String, _ expression: String, _ value: SourceValue, _ frame: Int) -> JSON {
        .object([("name", .text(name)), ("evaluateName", .text(expression))] + members(of: value, expression, frame, as: "value"))
    }

    /// Text, type and number of a value, as answers have them.
    mutating func members(of value: SourceValue, _ expression: String, _ frame: Int, as title: String) -> [(String, JSON)] {
        let reference = value.hasParts ? number(.value(value, expression, frame: frame), value.processor) : 0
        let place = value.address.map { [("memoryReference", JSON.text(hexadecimal($0)))] } ?? []
        return [(title, .text(value.words)), ("type", .text(value.type.name)), ("variablesReference", .number(reference))] + place
    }

    /// The frame and the expression that a name under a reference stands for.
    func expression(_ name: String, under reference: Int) -> (text: String, frame: Int)? {
        guard case let index = reference - Self.first, opened.indices.contains(index) else { return nil }
        switch opened[index].what {
        case .frame(let frame): return (name, frame)
        case .value(let value, let own, let frame):
            return value.parts(of: own).first { $0.name == name }.map { ($0.expression, frame) }
        }
    }
}
