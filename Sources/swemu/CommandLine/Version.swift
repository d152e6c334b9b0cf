import CRevision
import Recompiler
import Screen
import Session

/// The answer to `swemu --version`: which program this is, and what is in it.
enum Version {
    /// "swemu 0.1.0 (0123456789ab)", and a line of parts.
    static var text: String {
        let revision = String(cString: swemu_revision)
        let commit = revision.isEmpty ? "" : " (\(revision))"
        let words = parts.map { "\($0.isThere ? "" : "no ")\($0.name)" }
        return "swemu \(swemuVersion)\(commit)\nbuilt in: \(words.joined(separator: ", "))"
    }

    private static var hasPage: Bool {
        #if Web
            true
        #else
            false
        #endif
    }

    /// Parts that depend on how and for which host the program was built.
    private static var parts: [(name: String, isThere: Bool)] {
        [
            ("recompiler", Recompiler.isBuiltIn), ("window (SDL 2)", WindowOpener.isBuilt), ("page (swemu serve)", hasPage),
            ("sandbox", Sandbox.isBuiltIn),
        ]
    }
}
