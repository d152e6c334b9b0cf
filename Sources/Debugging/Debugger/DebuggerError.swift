/// A wish that a debugger cannot fulfil: one line that says what, where and what to do instead.
public struct DebuggerError: Error, Equatable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
