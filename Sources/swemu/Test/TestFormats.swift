import Formats
import Session

/// A report as TAP 14 and as JUnit's XML.
extension TestReport {
    /// TAP 14, with a YAML block for what failed.
    var TAP: String {
        var text = "TAP version 14\n1..\(results.count)\n"
        for (index, result) in results.enumerated() {
            let name = result.name.replacing("#", with: "\\#").replacing("\n", with: " ")
            let line = "\(result.outcome == .failed ? "not ok" : "ok") \(index + 1) - \(name)"
            switch result.outcome {
            case .passed: text += line + "\n"
            case .skipped: text += "\(line) # SKIP \(result.sentence.replacing("\n", with: " "))\n"
            case .failed:
                text += "\(line)\n  ---\n  verdict: \(result.verdict)\n  message: \(JSON.quoted(result.sentence))\n"
                if let advice = result.advice { text += "  advice: \(JSON.quoted(advice))\n" }
                for (key, lines) in [
                    ("findings", result.findings), ("post-mortem", result.postMortem), ("last-lines", result.lastLines),
                ] where !lines.isEmpty {
                    text += "  \(key):\n" + lines.map { "    - \(JSON.quoted($0))\n" }.joined()
                }
                if let artefacts = result.artefacts { text += "  artefacts: \(JSON.quoted(artefacts))\n" }
                text += "  ...\n"
            }
        }
        return text
    }

    /// As CI systems read it: one suite, a case for each test.
    var JUnit: String {
        let skipped = results.count { $0.outcome == .skipped }
        let seconds = results.reduce(0) { $0 + $1.seconds }
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text +=
            "<testsuites tests=\"\(results.count)\" failures=\"\(failed)\" skipped=\"\(skipped)\" time=\"\(Verdict.rounded(seconds))\">\n"
        text +=
            "  <testsuite name=\"swemu\" tests=\"\(results.count)\" failures=\"\(failed)\" skipped=\"\(skipped)\" time=\"\(Verdict.rounded(seconds))\">\n"
        for result in results {
            let head =
                "    <testcase name=\(Self.attribute(result.name)) classname=\"swemu\" time=\"\(Verdict.rounded(result.seconds))\""
            switch result.outcome {
            case .passed: text += "\(head)/>\n"
            case .skipped: text += "\(head)><skipped message=\(Self.attribute(result.sentence))/></testcase>\n"
            case .failed:
                let details =
                    [result.advice.map { "look first: \($0)" }, result.artefacts.map { "kept in \($0)" }].compactMap { $0 }
                    + result.findings + result.postMortem
                text +=
                    "\(head)>\n      <failure type=\(Self.attribute(result.verdict)) message=\(Self.attribute(result.sentence))>"
                text += "\(Self.escaped(details.joined(separator: "\n")))</failure>\n"
                // GitLab and Jenkins show such a file beside the test.
                let output = result.lastLines + (result.picture.map { ["[[ATTACHMENT|\($0)]]"] } ?? [])
                if !output.isEmpty {
                    text += "      <system-out>\(Self.escaped(output.joined(separator: "\n")))</system-out>\n"
                }
                text += "    </testcase>\n"
            }
        }
        return text + "  </testsuite>\n</testsuites>\n"
    }

    private static func attribute(_ text: String) -> String { "\"\(escaped(text).replacing("\n", with: "&#10;"))\"" }

    /// XML 1.0, sections 2.2 and 2.4: control characters cannot be written at all.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\u{0}"..<"\u{9}", "\u{B}"..<"\u{D}", "\u{E}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": escaped += "?"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
