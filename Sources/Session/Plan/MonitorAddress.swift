/// A place where gdb finds us: `tcp:HOST:PORT`, `unix:PATH`, `stdio`.
package enum GDBAddress: Equatable {
    /// Without a host: this host alone. Port 0 is any that is free.
    case tcp(host: String, port: UInt16)
    case unix(String)
    /// Standard input and output: for gdb's `target remote | swemu …`.
    case stdio

    package init?(argument: String) {
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

    package static let allValueStrings = ["tcp::PORT", "tcp:HOST:PORT", "unix:PATH", "stdio"]
}

/// The place of a monitor.
package enum MonitorAddress: Equatable {
    /// Behind Ctrl-A c on COM1's standard input and output.
    case serial
    case link(GDBAddress)

    package init?(argument: String) {
        if argument == "serial" {
            self = .serial
        } else if let address = GDBAddress(argument: argument) {
            self = .link(address)
        } else {
            return nil
        }
    }

    package static let allValueStrings = ["stdio", "serial", "unix:PATH", "tcp:HOST:PORT"]
}
