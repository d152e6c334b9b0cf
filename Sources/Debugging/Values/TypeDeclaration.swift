import Executables

/// Declarations of types, as `ptype` shows them.
enum TypeDeclaration {
    private static let mostMembers = 500

    /// "type = struct task {", its members, "}"; of a pointer or an array those of what it leads to.
    static func lines(_ type: SourceType) -> [String] {
        declaration(of: "", type, depth: 0).enumerated().map { $0.offset == 0 ? "type = \($0.element)" : $0.element }
    }

    /// A declaration with the contents of its type, line by line; of structures inside only those that have no name are opened.
    private static func declaration(of name: String, _ type: SourceType, depth: Int) -> [String] {
        // A name stands for what it was made of.
        var type = type
        for _ in 0..<32 where depth == 0 { if let target = type.target { type = target } else { break } }
        let (inner, place) = type.innermost(around: name)
        guard depth == 0 || inner.isUnnamed, depth < 8, let body = body(inner, depth: depth) else {
            return [type.declaration(of: name)]
        }
        var lines = body
        if !place.isEmpty { lines[lines.count - 1] += " " + place }
        return lines
    }

    private static func body(_ type: SourceType, depth: Int) -> [String]? {
        let head = type.isUnnamed ? String(type.name.dropLast(4)) : type.name
        switch type.shape {
        case .structure:
            let margin = "    "
            var lines = ["\(head) {"]
            for member in type.members.prefix(mostMembers) {
                var inner = declaration(of: member.name, member.type, depth: depth + 1)
                inner[0] = (member.isBase ? "(inherits) " : "") + inner[0]
                inner[inner.count - 1] += "\(member.bits.map { " : \($0.count)" } ?? "");"
                lines += inner.map { margin + $0 }
            }
            lines +=
                type.variants?.cases.map {
                    "\(margin)\($0.member.name)\($0.value.map { " (\($0))" } ?? ""): \($0.member.type.name);"
                } ?? []
            return lines + ["}"]
        case .enumeration:
            var next: Int64 = 0
            let names = type.enumerators.prefix(mostMembers).map { name, value in
                defer { next = value &+ 1 }
                return value == next ? name : "\(name) = \(value)"
            }
            return ["\(head) {\(names.joined(separator: ", "))}"]
        default: return nil
        }
    }

    /// The type that a text names: "struct task", "u32 *", "unsigned int"; nil where it names none.
    static func type(_ text: String, _ sources: SourceMap?, pointerSize: UInt64) -> SourceType? {
        let stars = text.filter { $0 == "*" }.count
        guard stars <= 8, text.drop(while: { $0 != "*" }).allSatisfy({ $0 == "*" || $0.isWhitespace }) else { return nil }
        let words = text.prefix { $0 != "*" }.split { $0.isWhitespace }.map(String.init).filter {
            $0 != "const" && $0 != "volatile"
        }
        guard !words.isEmpty, var type = sources?.debug?.type(named: words.joined(separator: " ")) ?? own(words, pointerSize) else {
            return nil
        }
        for _ in 0..<stars { type = .pointer(to: type, size: pointerSize) }
        return type
    }

    /// Words that can begin or make the name of a type of C's own.
    static let keywords: Set<String> = [
        "struct", "union", "enum", "class", "unsigned", "signed", "const", "volatile", "char", "short", "int", "long", "void",
        "bool", "float", "double",
    ]

    private static func own(_ words: [String], _ pointerSize: UInt64) -> SourceType? {
        let sizes: [String: (NumberFormat.Kind, UInt64)] = [
            "char": (.character, 1), "unsigned char": (.unsignedCharacter, 1), "signed char": (.character, 1),
            "bool": (.boolean, 1), "_Bool": (.boolean, 1),
            "short": (.signed, 2), "unsigned short": (.unsigned, 2), "int": (.signed, 4), "unsigned": (.unsigned, 4),
            "unsigned int": (.unsigned, 4),
            "long": (.signed, pointerSize), "unsigned long": (.unsigned, pointerSize), "long long": (.signed, 8),
            "unsigned long long": (.unsigned, 8),
            "float": (.float, 4), "double": (.float, 8), "int8_t": (.character, 1), "uint8_t": (.unsignedCharacter, 1),
            "int16_t": (.signed, 2),
            "uint16_t": (.unsigned, 2), "int32_t": (.signed, 4), "uint32_t": (.unsigned, 4), "int64_t": (.signed, 8),
            "uint64_t": (.unsigned, 8),
            "size_t": (.unsigned, pointerSize), "uintptr_t": (.unsigned, pointerSize),
        ]
        let name = words.joined(separator: " ")
        if name == "void" { return .void }
        let plain = words.count > 1 && words.last == "int" ? words.dropLast().joined(separator: " ") : name
        return sizes[name].map { .number(name: name, NumberFormat($0.0, size: $0.1)) }
            ?? sizes[plain].map { .number(name: name, NumberFormat($0.0, size: $0.1)) }
    }
}
