import ArgumentParser

/// Where gdb finds us: `tcp:HOST:PORT`, `unix:PATH`, `stdio`.
enum GDBAddress: ExpressibleByArgument, Equatable {
    /// Without a host: this host alone. Port 0 is any that is free.
    case tcp(host: String, port: UInt16)
    case unix(String)
    /// Standard input and output: for gdb's `target remote | swemu …`.
    case stdio

    init?(argument: String) {
        // QEMU's options behind a comma (server=on,wait=off) say what we do anyway.
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        let text = words.first.map(String.init) ?? ""
        if text == "stdio" {
            self = .stdio
        } else if text.hasPrefix("unix:"), text.count > 5 {
            self = .unix(String(text.dropFirst(5)))
        } else if text.hasPrefix("tcp:"), let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            let start = text.index(text.startIndex, offsetBy: 4, limitedBy: colon)
        {
            var host = String(text[start..<colon])
            // [::1]
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            self = .tcp(host: host, port: port)
        } else {
            return nil
        }
    }

    static let allValueStrings = ["tcp::PORT", "tcp:HOST:PORT", "unix:PATH", "stdio"]
}

/// A debugger from outside.
struct GDBOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Let gdb attach: tcp::1234 (this host alone), tcp:HOST:PORT, unix:PATH, or stdio for `target remote | swemu …`.",
            valueName: "where"))
    var gdb: GDBAddress?
    @Option(
        help: ArgumentHelp(
            "Let an editor attach by the Debug Adapter Protocol: tcp::4711 (this host alone), tcp:HOST:PORT, unix:PATH.",
            valueName: "where"))
    var dap: GDBAddress?
    @Flag(help: "Execute nothing before a debugger says so.")
    var stopped = false

    /// Somebody from outside may come and look.
    var isPresent: Bool { gdb != nil || dap != nil }
}
