import Session

/// Programs of the host that make programs for the guest: nasm for assembler, gcc for C.
enum Toolchain {
    /// The reason why there is no program: what the assembler or compiler complained of, or that there is none.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
        /// The program itself is missing.
        var isMissing = false
    }

    /// Machine code of some instructions, which begin at `origin`.
    static func assemble(_ text: String, bits: Int, origin: UInt64 = 0) throws -> [UInt8] {
        let source = "bits \(bits)\norg \(origin)\n" + text + "\n"
        return try inFolder { folder throws in
            try run(
                "nasm", ["-f", "bin", "-O2", "-o", "\(folder)/code", "\(folder)/code.asm"], source, "\(folder)/code.asm", skipped: 2
            )
            return try bytes("\(folder)/code")
        }
    }

    /// A flat program in assembler, and its symbols.
    static func program(_ source: String, hidden: Int) throws -> (bytes: [UInt8], symbols: [(name: String, address: UInt64)]) {
        try inFolder { folder throws in
            let whole = source + "\n[map symbols \(folder)/map]\n"
            try run(
                "nasm", ["-f", "bin", "-O2", "-o", "\(folder)/code", "\(folder)/code.asm"], whole, "\(folder)/code.asm",
                skipped: hidden)
            let map = String(decoding: try bytes("\(folder)/map"), as: UTF8.self)
            // "Real  Virtual  Name", the first two in hexadecimal.
            let symbols = map.split(separator: "\n").compactMap { line -> (String, UInt64)? in
                let words = line.split(separator: " ")
                guard words.count == 3, UInt64(words[0], radix: 16) != nil, let address = UInt64(words[1], radix: 16) else {
                    return nil
                }
                return (String(words[2]), address)
            }
            return (try bytes("\(folder)/code"), symbols)
        }
    }

    /// A kernel in C for 1 MB, as an ELF file.
    static func kernel(_ source: String, hidden: Int) throws -> [UInt8] {
        try inFolder { folder throws in
            let options = [
                "-m32", "-ffreestanding", "-nostdlib", "-static", "-fno-pic", "-no-pie", "-fno-stack-protector",
                "-fno-asynchronous-unwind-tables",
                "-fno-omit-frame-pointer", "-O1", "-g", "-Wl,-Ttext=0x100000", "-Wl,--build-id=none", "-Wl,-e,start",
                "-Wl,-z,noexecstack",
                "-o", "\(folder)/kernel", "\(folder)/kernel.c",
            ]
            try run("gcc", options, source, "\(folder)/kernel.c", skipped: hidden)
            return try bytes("\(folder)/kernel")
        }
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        switch readFile(path, limit: 1 << 22) {
        case .success(let bytes): return bytes
        case .failure(let reason): throw Refusal(description: reason.text)
        }
    }

    /// A folder for files on the way, which is gone afterwards.
    private static func inFolder<T>(_ body: (String) throws -> T) throws -> T {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((base + "/swemu-" + String(repeating: "X", count: 6)).utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Refusal(description: "no folder for the assembler in \(base): \(hostReason())")
        }
        let folder = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for name in ["code", "code.asm", "map", "kernel", "kernel.c", "errors"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        return try body(folder)
    }

    /// Writes `source` to a file and runs a program over it. Lines that the user did not write come first, `skipped` of them.
    private static func run(_ program: String, _ arguments: [String], _ source: String, _ path: String, skipped: Int) throws {
        try OutputFile.write(Array(source.utf8), to: path)
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        guard let child = ChildProcess(program: program, arguments, errors: "\(folder)/errors") else {
            let package = program == "gcc" ? "gcc" : program
            throw Refusal(description: "\(program) is not on this host; Debian: apt-get install \(package)", isMissing: true)
        }
        let end = child.wait(seconds: 20)
        guard end != .exit(0) else { return }
        let text = String(decoding: (try? bytes("\(folder)/errors")) ?? [], as: UTF8.self)
        throw Refusal(description: complaint(text, path, skipped) ?? "\(program) ended in an unusual way")
    }

    /// "line 2: error: symbol `x' not defined", with the lines counted as the user did.
    private static func complaint(_ text: String, _ path: String, _ skipped: Int) -> String? {
        for line in text.split(separator: "\n") where line.hasPrefix(path) && line.contains("error") {
            let parts = line.dropFirst(path.count + 1).split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let number = Int(parts[0]) else { continue }
            let words = parts[1].drop { $0 == " " || $0.isNumber || $0 == ":" }
            return "line \(max(1, number - skipped)): \(words)"
        }
        // The linker names files of its own.
        let missing = text.firstRange(of: "undefined reference").map { text[$0.lowerBound...].prefix { $0 != "\n" } }
        return missing.map(String.init) ?? text.split(separator: "\n").first.map(String.init)
    }
}
