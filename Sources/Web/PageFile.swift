/// A file of the page, kept in the program.
public struct PageFile: Sendable {
    /// The name in the page's addresses.
    public let name: String
    /// Its media type.
    public let type: String
    /// The contents.
    public let bytes: [UInt8]

    /// The file of a name, "" for the page; nil where there is none.
    public static func named(_ name: String) -> PageFile? {
        let name = name.isEmpty ? "index.html" : name
        return contents(name).map { PageFile(name: name, type: type(name), bytes: $0) }
    }

    /// The contents as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    private static func type(_ name: String) -> String {
        let ending = name.split(separator: ".").last ?? ""
        let type = ["html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"][String(ending)]
        return "\(type ?? "text/plain"); charset=utf-8"
    }

    /// The headers of every answer: nothing from another host, nothing for another origin, nothing kept.
    static let headers = [
        (
            "Content-Security-Policy",
            "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"),
        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
}
