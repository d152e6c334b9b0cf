import Formats

/// A mistake of the user or a refusal of the host: one line and an exit status.
package struct UserError: Error, Equatable, CustomStringConvertible {
    package let status: ExitStatus
    /// One line that tells what is wrong, where, and what to do about it.
    package let description: String

    /// `place` is the file, option or value it is about.
    package init(_ status: ExitStatus, _ what: String, _ place: String, remedy: String) {
        self.init(status, line: "\(what): \(place); \(remedy)")
    }

    package init(_ status: ExitStatus, line: String) {
        self.status = status
        description = line
    }
}
