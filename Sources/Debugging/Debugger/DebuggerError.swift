/// A wish that a debugger cannot fulfil: one line that says what, where and what to do instead.
public struct DebuggerError: Error, Equatable, CustomStringConvertible {
    public let description: String
    /// Of the machine as it is at the moment, and not of the wish: memory that is not mapped yet, a divisor that is 0.
    public let isOfTheMoment: Bool

    /// An error with its line for the user.
    public init(_ description: String, isOfTheMoment: Bool = false) {
        (self.description, self.isOfTheMoment) = (description, isOfTheMoment)
    }
}
