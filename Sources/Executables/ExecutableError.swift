/// The reason why a file cannot be used as a program or a kernel. The description says what, in which field, and the remedy, in one line.
public struct ExecutableError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    /// `what` is wrong with the file; `remedy` what to do about it.
    init(_ what: String, remedy: String) { description = "\(what); \(remedy)" }
}

/// "0x100000".
func hex(_ value: some FixedWidthInteger & UnsignedInteger) -> String { "0x" + String(value, radix: 16) }
