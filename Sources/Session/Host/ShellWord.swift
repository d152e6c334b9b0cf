/// Words as a shell takes them. POSIX, Shell Command Language, section 2.2.
package enum ShellWord {
    /// In quotes where it needs them.
    static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                let isSign = "-_./,:=+%@".utf8.contains(byte)
                return isSign || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            }
        return isPlain ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }

    /// A command that can be pasted.
    package static func line(_ words: [String]) -> String { words.map { quoted($0) }.joined(separator: " ") }
}
