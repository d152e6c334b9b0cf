import Board
import Processor

/// Commands that go back in time.
extension CommandTable {
    static let pastCommands: [Command] = []
}
