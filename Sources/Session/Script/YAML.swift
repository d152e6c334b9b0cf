import CYAML
import Formats

/// A YAML (or JSON) value with its place in the file, so that every complaint can name a line. The one file that knows the library, libyaml:
/// Yams would do, but brings Foundation, and with it ten milliseconds to each start (docs/decisions/0012-yaml-by-libyaml.md).
package final class YAML {
    enum Content {
        case scalar(String)
        case items([YAML])
        case pairs([Pair])
    }

    package struct Pair {
        let key: String
        let value: YAML
    }

    let content: Content
    package let line: Int

    private init(content: Content, line: Int) {
        self.content = content
        self.line = line
    }

    /// Files beyond this size are no scripts.
    static let limit = 16 << 20

    package var text: String? { if case .scalar(let text) = content { text } else { nil } }
    package var list: [YAML]? { if case .items(let items) = content { items } else { nil } }
    package var mapping: [Pair]? { if case .pairs(let pairs) = content { pairs } else { nil } }

    package subscript(key: String) -> YAML? { mapping?.first { $0.key == key }?.value }

    /// Reads one document. `file` names it in errors.
    static func parse(_ text: String, file: String) throws -> YAML {
        var reader = Reader(file: file)
        guard let value = try reader.document(Array(text.utf8)) else {
            throw UserError(.scriptFile, "the file is empty", file, remedy: "see docs/verdicts.md for what a script looks like")
        }
        return value
    }

    /// `kind` is what the file is to be, in words.
    package static func read(_ path: String, _ kind: String = "script") throws -> YAML {
        switch readFile(path, limit: limit) {
        case .success(let bytes): return try parse(String(decoding: bytes, as: UTF8.self), file: path)
        case .failure(let reason):
            throw UserError(.scriptFile, "cannot read the \(kind) (\(reason.text))", path, remedy: "check the name")
        }
    }

    // MARK: Events to values

    private struct Reader {
        let file: String
        private var parser = yaml_parser_t()
        /// Values, aliases included; more would be a bomb.
        private var room = 1_000_000
        private static let deepest = 64

        init(file: String) { self.file = file }

        mutating func document(_ bytes: [UInt8]) throws -> YAML? {
            guard yaml_parser_initialize(&parser) == 1 else {
                throw UserError(.hostFailure, "no memory to read", file, remedy: "free some")
            }
            defer { yaml_parser_delete(&parser) }
            return try bytes.withUnsafeBufferPointer { buffer in
                yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
                while true {
                    var event = try next()
                    defer { yaml_event_delete(&event) }
                    switch event.type {
                    case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT: continue
                    case YAML_STREAM_END_EVENT, YAML_DOCUMENT_END_EVENT: return nil
                    default:
                        let document = try value(event, depth: 0)
                        try requireEnd()
                        return document
                    }
                }
            }
        }

        /// Throws where anything follows: a second document would be passed over in silence.
        private mutating func requireEnd() throws {
            while true {
                var event = try next()
                defer { yaml_event_delete(&event) }
                switch event.type {
                case YAML_DOCUMENT_END_EVENT: continue
                case YAML_STREAM_END_EVENT: return
                default:
                    let line = Int(event.start_mark.line) + 1
                    throw mistake(line, "a second document", "write it into a file of its own")
                }
            }
        }

        private mutating func next() throws -> yaml_event_t {
            var event = yaml_event_t()
            guard yaml_parser_parse(&parser, &event) == 1 else {
                let problem = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
                throw mistake(Int(parser.problem_mark.line) + 1, "no valid YAML: \(problem)", "check indentation and quotes")
            }
            return event
        }

        private mutating func value(_ event: yaml_event_t, depth: Int) throws -> YAML {
            let line = Int(event.start_mark.line) + 1
            room -= 1
            guard depth < Self.deepest, room > 0 else {
                throw mistake(line, "too deep or too long for a script", "make it flatter")
            }
            switch event.type {
            case YAML_SCALAR_EVENT:
                let scalar = event.data.scalar
                let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
                return YAML(content: .scalar(String(decoding: bytes, as: UTF8.self)), line: line)
            case YAML_SEQUENCE_START_EVENT: return YAML(content: .items(try items(depth)), line: line)
            case YAML_MAPPING_START_EVENT: return YAML(content: .pairs(try pairs(depth)), line: line)
            default: throw mistake(line, "an alias, which scripts do not have", "write the value out")
            }
        }

        private mutating func items(_ depth: Int) throws -> [YAML] {
            var items: [YAML] = []
            while true {
                var event = try next()
                defer { yaml_event_delete(&event) }
                if event.type == YAML_SEQUENCE_END_EVENT { return items }
                items.append(try value(event, depth: depth + 1))
            }
        }

        private mutating func pairs(_ depth: Int) throws -> [Pair] {
            var pairs: [Pair] = []
            while true {
                var event = try next()
                defer { yaml_event_delete(&event) }
                if event.type == YAML_MAPPING_END_EVENT { return pairs }
                let key = try value(event, depth: depth + 1)
                var inner = try next()
                defer { yaml_event_delete(&inner) }
                guard let name = key.text else { throw mistake(key.line, "a key that is no text", "write key: value") }
                guard !pairs.contains(where: { $0.key == name }) else {
                    throw mistake(key.line, "the key \(name) is there twice", "keep one")
                }
                pairs.append(Pair(key: name, value: try value(inner, depth: depth + 1)))
            }
        }

        private func mistake(_ line: Int, _ what: String, _ remedy: String) -> UserError {
            UserError(.scriptFile, line: "\(file):\(line): \(what); \(remedy)")
        }
    }
}
