import ArgumentParser
import Foundation
import Testing

@testable import Session
@testable import swemu

/// Values of options that are none: one line each that says how the value is written.
@Suite struct ValueFormTests {
    @Test(arguments: [
        (["--timeout", "5x"], "'--timeout <time>'; write seconds, or with a unit"), (["--boot", "x"], "write a (floppy)"),
        (["--save-at", "foo"], "write an instruction count, serial=TEXT"), (["--film-size", "3"], "640x480"),
        (["--max-instructions", "-5"], "The value '-5' is invalid for '--max-instructions <count>'; write a number"),
        (["--max-ticks=-5"], "'--max-ticks <count>'; write a number"), (["--rate", "-1"], "write a number"),
        (["--timeout", "-1"], "write seconds"), (["--smp", "x"], "write 1 to 16"),
        (["--serial", "x:y"], "write stdio, null, file:PATH"),
        (["--lockstep", "x"], "exits:COUNT"), (["--save-at"], "Missing value for '--save-at <when>'; write an instruction count"),
    ])
    func theFormIsNamed(_ words: [String], _ form: String) throws {
        let line = try Self.refusal(["run", "disk.img"] + words)
        #expect(line.contains(form) && !line.contains("see swemu help") && !line.contains("\n"), "\(line)")
    }

    /// The option that was meant is one that begins so, or else the nearest; nothing far away is proposed.
    @Test(arguments: [
        (["run", "--mem", "4M"], "unknown option: --mem; did you mean --memory?"),
        (["run", "--hlep"], "unknown option: --hlep; did you mean --help?"),
        (["run", "--gcov", "x"], "unknown option: --gcov; see swemu help run"),
        (["test", "--job", "4"], "unknown option: --job; did you mean --jobs?"),
        (["disasm", "x", "--orgg", "4"], "unknown option: --orgg; did you mean --org?"),
    ])
    func theOptionThatWasMeantIsNamed(_ words: [String], _ line: String) throws {
        do {
            _ = try Swemu.parseAsRoot(words)
            Issue.record("taken: \(words)")
        } catch {
            #expect(Swemu.sentence(for: error, of: words) == line)
        }
    }

    @Test(arguments: [
        ["run", "--kernel", "a.elf", "--kernel", "b.elf"], ["run", "--kernel=a.elf", "--headless", "--kernel", "b.elf"],
        ["-kernel", "a.elf", "-kernel", "b.elf"],
    ])
    func twoKernelsAreRefused(_ words: [String]) throws {
        #expect(try Self.refusal(words) == "--kernel is given twice: a.elf and b.elf; give one")
    }

    /// Every option of every command that takes a value and refuses some tells how it is written.
    @Test func everyOptionHasAForm() throws {
        let commands: [(name: String, help: String)] = [
            ("run", Run._dumpHelp()), ("debug", Debug._dumpHelp()), ("disasm", Disasm._dumpHelp()),
            ("explain", Explain._dumpHelp()),
            ("merge", Merge._dumpHelp()),
        ]
        var refused = 0
        for (command, help) in commands {
            let tool = try JSONSerialization.jsonObject(with: Data(help.utf8)) as? [String: Any]
            let options = (tool?["command"] as? [String: Any])?["arguments"] as? [[String: Any]] ?? []
            for option in options where option["kind"] as? String == "option" {
                let names = option["names"] as? [[String: Any]] ?? []
                guard let name = names.first(where: { $0["kind"] as? String == "long" })?["name"] as? String else { continue }
                for words in [[command, "--\(name)=\u{7}"], [command, "--\(name)"]] {
                    guard let line = try? Self.parserRefusal(words), line.contains("--\(name) <") else { continue }
                    refused += 1
                    #expect(!line.contains("see swemu help"), "\(line)")
                }
            }
        }
        #expect(refused > 100, "\(refused)")
    }

    /// The line for a command line that cannot be carried out.
    private static func refusal(_ words: [String]) throws -> String {
        do {
            let words = try QEMUSpelling.translate(words)
            try ValueForms.refuseRepeated(words)
            _ = try Swemu.parseAsRoot(words)
        } catch {
            return Swemu.sentence(for: error)
        }
        throw Missing()
    }

    private static func parserRefusal(_ words: [String]) throws -> String {
        do { _ = try Swemu.parseAsRoot(words) } catch { return Swemu.sentence(for: error) }
        throw Missing()
    }

    private struct Missing: Error {}
}
