import Formats
import Session

/// QEMU's character devices as ours.
extension QEMUSpelling {
    /// Notes all `-chardev`, which may stand behind the options that use them.
    mutating func readCharacters(_ arguments: [String]) throws {
        for (option, value) in zip(arguments, arguments.dropFirst()) where option == "-chardev" || option == "--chardev" {
            if ["help", "?"].contains(value) { throw try help("chardev") }
            let properties = Properties(value, bare: "backend")
            guard let id = properties["id"] else {
                throw UserError(.usage, "no id", "-chardev \(value)", remedy: "write -chardev stdio,id=NAME")
            }
            if let copy = properties["logfile"] {
                note(
                    "-chardev \(id): logfile=\(copy) is left out; lead it to a file itself, as in -chardev file,id=\(id),path=\(copy)"
                )
            }
            characters[id] = try destination(ofCharacterDevice: properties, value)
        }
    }

    private mutating func destination(ofCharacterDevice properties: Properties, _ value: String) throws -> String {
        let serves = ["on", "yes"].contains(properties["server"] ?? "off")
        let backend = properties["backend"] ?? ""
        func named(_ key: String) throws -> String {
            guard let text = properties[key], !text.isEmpty else {
                throw UserError(.usage, "no \(key)", "-chardev \(value)", remedy: "add \(key)=")
            }
            return text
        }
        switch backend {
        case "stdio", "null", "pty": return backend
        case "vc", "ringbuf": return try character("vc", of: "chardev")
        case "file":
            if properties["append"] == "on" {
                throw UserError(
                    .usage, "not available", "-chardev file,append=on",
                    remedy: "the file begins anew; leave append out, and put the files together afterwards")
            }
            return "file:\(try named("path"))"
        case "pipe": return "pipe:\(try named("path"))"
        case "socket":
            let end = serves ? "" : ",connect"
            if let path = properties["path"] { return "unix:\(path)\(end)" }
            return "tcp:\(properties["host"] ?? ""):\(try named("port"))\(end)"
        default: return try character(backend, of: "chardev")
        }
    }

    /// Tells where the character device `value` of `option` leads, in our words.
    mutating func character(_ value: String, of option: String) throws -> String {
        let words = value.split(separator: ",").map(String.init)
        let target = words.first ?? ""
        let serves = words.dropFirst().contains { ["server", "server=on", "server=yes"].contains($0) }
        switch target.split(separator: ":", maxSplits: 1).first.map(String.init) ?? "" {
        case "stdio": return "stdio"
        case "mon" where target.hasPrefix("mon:"):
            if target == "mon:stdio", option == "serial" { isMultiplexed = true }
            return try character(String(value.dropFirst(4)), of: option)
        case "null", "none": return "null"
        case "file": return value
        case "pty": return "pty"
        case "pipe" where target.hasPrefix("pipe:"): return target
        case "unix": return "\(target)\(serves ? "" : ",connect")"
        case "tcp", "telnet":
            if target.hasPrefix("telnet:") { note("-\(option) \(target): the bytes go as they are, without telnet's own") }
            return "tcp:\(target.drop { $0 != ":" }.dropFirst())\(serves ? "" : ",connect")"
        case "vc":
            note("-\(option) \(target): what goes there is dropped, there are no virtual consoles; stdio or file:PATH shows it")
            return "null"
        case "chardev":
            guard let known = characters[String(target.dropFirst(8))] else {
                throw UserError(.usage, "no such character device", target, remedy: "add -chardev stdio,id=\(target.dropFirst(8))")
            }
            return known
        case "udp", "websocket", "con", "msmouse", "wctablet", "braille", "testdev", "parallel", "parport", "serial", "tty",
            "spicevmc", "spiceport", "dbus":
            throw Self.unknownDestination("not available", option, value)
        case "/dev/null": return "null"
        case "/dev/stdout": return "stdio"
        case let name where name.hasPrefix("/dev/"): throw Self.unknownDestination("not available", option, value)
        default: throw Self.unknownDestination("unknown destination", option, value)
        }
    }

    private static func unknownDestination(_ what: String, _ option: String, _ value: String) -> UserError {
        UserError(
            .usage, what, "-\(option) \(value)",
            remedy:
                "use stdio, null, file:PATH, pty, pipe:PATH, unix:PATH,server=on or tcp:HOST:PORT,server=on; socat leads those on")
    }
}
