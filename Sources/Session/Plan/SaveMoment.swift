/// A moment at which a snapshot is saved.
package enum SaveMoment: Equatable {
    case tick(UInt64)
    /// The run ends, however it does.
    case end
    /// It ends, and not as it should: everything but success, and a user who has had enough.
    case failure
    case tripleFault
    case postCode(UInt8)
    /// A text on COM1, on the debug console, on the text screen.
    case serial([UInt8])
    case debugConsole([UInt8])
    case screen([UInt8])

    package init?(argument: String) {
        func text(after name: String) -> [UInt8]? {
            guard argument.hasPrefix(name) else { return nil }
            let text = Array(argument.utf8.dropFirst(name.utf8.count))
            return text.isEmpty || text.count > 4096 ? nil : text
        }
        if argument == "end" {
            self = .end
        } else if argument == "failure" {
            self = .failure
        } else if argument == "triple-fault" {
            self = .tripleFault
        } else if argument.hasPrefix("post=") {
            guard let code = UInt8(argument.dropFirst(5), radix: 16) else { return nil }
            self = .postCode(code)
        } else if let text = text(after: "serial=") {
            self = .serial(text)
        } else if let text = text(after: "debugcon=") {
            self = .debugConsole(text)
        } else if let text = text(after: "screen=") {
            self = .screen(text)
        } else {
            guard let count = Count(argument: argument) else { return nil }
            self = .tick(count.value)
        }
    }

    /// For help texts.
    package static let words =
        "an instruction count, serial=TEXT (on COM1), debugcon=TEXT, screen=TEXT, post=HH (a byte at port 80h), triple-fault, failure or end"

    package static let allValueStrings = [
        "COUNT", "serial=TEXT", "debugcon=TEXT", "screen=TEXT", "post=HH", "triple-fault", "failure", "end",
    ]
}
