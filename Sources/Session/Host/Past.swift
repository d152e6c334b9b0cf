import Board

/// Knows whether the machine is in its past. There it says again what it said before, and nobody is to hear it twice: no file, no script, no log, and
/// nobody who waits for a text.
package final class Past {
    package var isNow: () -> Bool = { false }

    /// Lets the outputs of a machine through in its present alone.
    func silence(_ configuration: inout PC.Configuration) {
        func inPresent<Word>(_ output: @escaping (Word) -> Void) -> (Word) -> Void {
            { [self] word in if !isNow() { output(word) } }
        }
        configuration.serialOutput = configuration.serialOutput.map { inPresent($0) }
        configuration.debugOutput = configuration.debugOutput.map { inPresent($0) }
        configuration.frameOutput = configuration.frameOutput.map { inPresent($0) }
        configuration.postCodeOutput = configuration.postCodeOutput.map { inPresent($0) }
    }
}
