/// The page as one file that needs no server: style, scripts and what it shows are inside.
public enum SinglePage {
    /// The file. `recording` is JSON, compressed and in base 64.
    public static func html(title: String, recording: String) -> String {
        let page = PageFile.named("")?.text ?? ""
        let head = """
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
            """
        let style = "<style>\n\(PageFile.named("style.css")?.text ?? "")</style>"
        let scripts =
            "<script type=\"application/json\" id=\"recording\">\(recording)</script>\n<script type=\"module\">\n\(bundle)</script>\n"
        return page.replacing("<title>swemu</title>", with: head + "\n<title>\(escaped(title)) – swemu</title>")
            .replacing("<link rel=\"icon\" href=\"icon.svg\">\n", with: "")
            .replacing("<link rel=\"stylesheet\" href=\"style.css\">", with: style)
            .replacing("<script type=\"module\" src=\"page.js\"></script>\n", with: "")
            .replacing("</body>", with: scripts + "</body>")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    }

    /// All scripts as one: each in a scope of its own, which hands out what the module exports.
    static var bundle: String {
        PageFile.scripts.map { name in
            let module = name.replacing(".js", with: "")
            return "const \(module)_js = (() => {\n\(scope(PageFile.named(name)?.text ?? ""))})();\n"
        }.joined()
    }

    /// A module's text with its imports and exports in terms of those scopes. They are lines of their own.
    private static func scope(_ text: String) -> String {
        var exports: [String] = []
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("import "), let end = line.firstIndex(of: "}"), let start = line.firstRange(of: "./"),
                let stop = line.firstRange(of: ".js")
            {
                lines[index] = "const \(line.dropFirst(7)[...end]) = \(line[start.upperBound..<stop.lowerBound])_js;"
            } else if line.hasPrefix("export ") {
                lines[index] = String(line.dropFirst(7))
                let words = line.dropFirst(7).replacing("async ", with: "").split { !($0.isLetter || $0.isNumber || $0 == "_") }
                if words.count > 1 { exports.append(String(words[1])) }
            }
        }
        return lines.joined(separator: "\n") + "\nreturn { \(exports.joined(separator: ", ")) };\n"
    }
}
