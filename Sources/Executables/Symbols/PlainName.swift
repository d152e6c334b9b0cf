/// The name that a compiler has made a symbol of, as the source has it: names with their namespaces, as far as they are plain. Itanium C++ ABI, section 5.1.3, whose
/// form old Rust has, too; Rust's RFC 2603. The hash at the end of Rust's is left out.
///
/// Not read: templates and their arguments, operators, local names, compressed ones. Those stay as they are.
struct PlainName {
    private var rest: Substring
    private static let mostParts = 64

    private init(_ text: Substring) { rest = text }

    /// Nil for a symbol that is no such name, or not a plain one.
    static func read(_ symbol: String) -> String? {
        var name = PlainName(symbol[...])
        if name.skip("_ZN") || name.skip("_ZNK") { return name.nested() }
        name = PlainName(symbol[...])
        if name.skip("_ZL") || name.skip("_Z") { return name.part() }
        if name.skip("_R") { return name.path(depth: 0) }
        return nil
    }

    private mutating func skip(_ text: String) -> Bool {
        guard rest.hasPrefix(text) else { return false }
        rest = rest.dropFirst(text.count)
        return true
    }

    /// A number and as many characters.
    private mutating func part() -> String? {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard digits.first != "0", let count = Int(digits), count < 1024, rest.utf8.count >= digits.utf8.count + count else {
            return nil
        }
        let bytes = rest.utf8.dropFirst(digits.utf8.count)
        guard let text = String(bytes.prefix(count)) else { return nil }
        rest = Substring(bytes.dropFirst(count))
        return text
    }

    /// The parts up to E.
    private mutating func nested() -> String? {
        _ = skip("K")
        var parts: [String] = []
        while !skip("E") {
            // Constructors and destructors have their class's name.
            if let last = parts.last, rest.hasPrefix("C1") || rest.hasPrefix("C2") || rest.hasPrefix("D1") || rest.hasPrefix("D2") {
                parts.append((rest.hasPrefix("D") ? "~" : "") + last)
                rest = rest.dropFirst(2)
                continue
            }
            guard parts.count < Self.mostParts, let part = part() else { return nil }
            parts.append(part)
        }
        if parts.count > 1, let last = parts.last, last.count == 17, last.first == "h", last.dropFirst().allSatisfy(\.isHexDigit) {
            parts.removeLast()
        }
        guard !parts.isEmpty else { return nil }
        // Old Rust writes what is no letter between dollar signs.
        return parts.joined(separator: "::").replacing("$LT$", with: "<").replacing("$GT$", with: ">").replacing("$u20$", with: " ")
            .replacing("$RF$", with: "&").replacing("..", with: "::")
    }

    /// A path of Rust: a crate's name, and names inside.
    private mutating func path(depth: Int) -> String? {
        guard depth < Self.mostParts else { return nil }
        if skip("C") { return identifier() }
        // The letter behind N is the name space: values, types.
        guard skip("N"), let space = rest.first, space.isLetter else { return nil }
        rest = rest.dropFirst()
        guard let outer = path(depth: depth + 1), let name = identifier() else { return nil }
        return name.isEmpty ? "\(outer)::{closure}" : "\(outer)::\(name)"
    }

    /// A name with or without a number before it that tells it from others.
    private mutating func identifier() -> String? {
        if skip("s") {
            guard let end = rest.firstIndex(of: "_") else { return nil }
            rest = rest[rest.index(after: end)...]
        }
        if skip("0") { return "" }
        let digits = rest.prefix { ("0"..."9").contains($0) }
        // A line that parts the length from a name that begins like a number.
        if rest.dropFirst(digits.count).first == "_" { rest = digits + rest.dropFirst(digits.count + 1) }
        return part()
    }
}
