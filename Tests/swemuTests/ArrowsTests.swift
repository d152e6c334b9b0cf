import Testing

@testable import Session
@testable import swemu

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The arrows of the house: which room may know which. SwiftPM lets an undeclared import through; this does not.
@Suite struct ArrowsTests {
    /// Rooms and what they may import, as `docs/arrows.txt` says. Modules of the toolchain are not rooms.
    private func arrows() -> [String: Set<String>] {
        var arrows: [String: Set<String>] = [:]
        for line in contents(of: Self.root + "/docs/arrows.txt").split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            arrows[String(parts[0])] = Set(parts[1].split(separator: " ").map(String.init))
        }
        return arrows
    }

    /// What comes with the toolchain. Foundation is not in it: it would make every start slower by tens of milliseconds.
    static let toolchain: Set<String> = ["Swift", "Glibc", "Musl", "Darwin", "Synchronization"]

    @Test func importsFollowTheArrows() throws {
        let sources = Self.root + "/Sources"
        let arrows = arrows()
        let rooms = names(in: sources)
        #expect(rooms.count >= 8, "found only \(rooms) in \(sources)")
        var imports = 0
        for room in rooms {
            let allowed = try #require(arrows[room], "Sources/\(room) is not a room of the house")
            for file in swiftFiles(under: "\(sources)/\(room)") {
                for module in Self.imports(of: contents(of: file)) where !Self.toolchain.contains(module) {
                    imports += 1
                    #expect(allowed.contains(module), "\(file) imports \(module); \(room) may import \(allowed.sorted())")
                }
            }
        }
        #expect(imports > 10, "the check reads no imports")
    }

    @Test func importLinesAreRecognised() {
        let text = """
            import Wiring
            @testable import Board  // why
                @_exported import Glibc
            import struct Chips.State
            public import X86
            // import Nothing
            let text = "import Neither"
            """
        #expect(Self.imports(of: text) == ["Wiring", "Board", "Glibc", "Chips", "X86"])
    }

    /// Modules named in the import declarations of `text`.
    static func imports(of text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let position = words.firstIndex(of: "import"),
                words[..<position].allSatisfy({ $0.hasPrefix("@") || ["public", "internal", "package", "private"].contains($0) })
            else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let rest = words[(position + 1)...].drop { kinds.contains($0) }
            return rest.first?.split(separator: ".").first.map(String.init)
        }
    }

    static let root: String = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

    private func names(in folder: String) -> [String] { Session.names(inFolder: folder) ?? [] }

    private func swiftFiles(under folder: String) -> [String] {
        names(in: folder).flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            if name.hasSuffix(".swift") { return [path] }
            return swiftFiles(under: path)
        }
    }

    private func contents(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
