import Board
import Debugging
import Screen
import Wiring

/// A debugger that takes what it needs from this host.
protocol HostedDebugger: DebuggerHost {
    var host: HostSession { get }
    var traceFile: ByteStream? { get set }
    /// Lines of source files that were asked for; empty where there are none.
    var sourceFiles: [String: [String]] { get set }
    var put: (String) -> Void { get }
}

/// The host as the commands of one debugger have it.
final class DebuggerFiles: HostedDebugger {
    unowned let host: HostSession
    var traceFile: ByteStream?
    var sourceFiles: [String: [String]] = [:]
    /// Takes the lines of a trace that goes to no file.
    var put: (String) -> Void = { _ in }

    init(_ host: HostSession) { self.host = host }
}

extension HostedDebugger {
    func readBytes(_ path: String) throws(DebuggerError) -> [UInt8] {
        switch readFile(path, limit: 1 << 28) {
        case .success(let bytes): return bytes
        case .failure(let reason): throw DebuggerError("\(path): \(reason.text)")
        }
    }

    func readText(_ path: String) throws(DebuggerError) -> String { String(decoding: try readBytes(path), as: UTF8.self) }

    func writeText(_ text: String, to path: String) throws(DebuggerError) { try writeBytes(Array(text.utf8), to: path) }

    func writeBytes(_ bytes: [UInt8], to path: String) throws(DebuggerError) {
        do {
            try OutputFile.write(bytes, to: path)
        } catch {
            throw DebuggerError("\(error)")
        }
    }

    func openTrace(_ path: String?) throws(DebuggerError) {
        traceFile?.finish()
        if let loss = traceFile?.loss { throw DebuggerError(loss) }
        traceFile = nil
        guard let path else { return }
        do {
            traceFile = try ByteStream(writingTo: path)
        } catch {
            throw DebuggerError("\(error)")
        }
    }

    func trace(_ line: String) {
        if let traceFile { traceFile.put(line: line) } else { put(line) }
    }

    func saveMachine(_ path: String) throws(DebuggerError) {
        if let reason = StateFile.write(path, { sink throws(SnapshotError) in try host.pc.save(to: sink) }) {
            throw DebuggerError("\(path): \(reason)")
        }
    }

    func loadMachine(_ path: String) throws(DebuggerError) {
        do {
            let snapshot = try Snapshot(source: try StateFile.reader(path))
            try snapshot.restore(host.pc)
        } catch {
            throw DebuggerError("\(path): \(error)")
        }
    }

    /// Throws while a recording is repeated: nothing else enters then.
    private func requireInput() throws(DebuggerError) {
        guard !host.keeper.isReplaying else {
            throw DebuggerError("a replay takes no input but the recording's; start without --replay to type")
        }
    }

    func press(_ chord: String) throws(DebuggerError) {
        try requireInput()
        guard let keys = Key.chord(named: chord) else {
            throw DebuggerError("no key is called \(chord); names are QEMU's: ret, spc, esc, up, f1, ctrl-alt-delete")
        }
        host.press(keys)
    }

    func type(_ text: String) throws(DebuggerError) {
        try requireInput()
        for character in text.unicodeScalars {
            guard let chord = Key.chord(typing: character) else { throw DebuggerError("a US keyboard has no \(character)") }
            host.press(chord)
        }
    }

    func changeDiskette(of drive: Int, _ name: String?) throws(DebuggerError) {
        try requireInput()
        let floppies = host.plan.floppies
        let number = name.flatMap { floppies.number(of: $0, drive) }
        guard floppies.isPresent(drive), name == nil || number != nil else {
            throw DebuggerError(
                "\(name.map { "no diskette \($0)" } ?? "nothing to take a diskette out of"); \(floppies.known(drive))")
        }
        if let refusal = host.changeDiskette(of: drive, to: number) { throw DebuggerError(refusal) }
    }

    func changeDisc(_ name: String?) throws(DebuggerError) {
        try requireInput()
        let discs = host.plan.cdrom
        let number = name.flatMap { discs.number(of: $0) }
        guard discs.isPresent, name == nil || number != nil else {
            throw DebuggerError("\(name.map { "no disc \($0)" } ?? "nothing to take a disc out of"); \(discs.known)")
        }
        if let refusal = host.changeDisc(to: number) { throw DebuggerError(refusal) }
    }

    func screenLines() -> [String]? {
        guard host.pc.vga.isTextMode else { return nil }
        return Array(host.pc.vga.textFrame().lines.reversed().drop { $0.isEmpty }.reversed())
    }

    func sourceLines(_ path: String) -> [String]? {
        if let known = sourceFiles[path] { return known.isEmpty ? nil : known }
        // Where the compiler found it, or here under its name.
        let name = path.split(separator: "/").last.map(String.init) ?? path
        var lines: [String] = []
        for candidate in [path, name] {
            guard lines.isEmpty, case .success(let bytes) = readFile(candidate, limit: 1 << 24) else { continue }
            lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map {
                String($0).replacing("\t", with: "    ")
            }
        }
        sourceFiles[path] = lines
        return lines.isEmpty ? nil : lines
    }
}
