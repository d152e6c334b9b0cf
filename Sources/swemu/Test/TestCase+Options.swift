import Session

/// Files that the options of a test file name.
extension TestCase {
    /// Options of `swemu run` whose value is a file that is read.
    private static let readingOptions: Set<String> = [
        "fda", "fdb", "hda", "hdb", "hdc", "hdd", "cdrom", "kernel", "initrd", "efi", "bios", "vga-rom", "symbols", "restore",
        "replay",
        "script",
    ]

    /// The words of `options`, with the names of files that are read as `beside` makes them. Files that are written stay where they are.
    static func options(_ options: [String], beside: (String) -> String) -> [String] {
        var words: [String] = []
        for word in options {
            if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
                let value = String(word[word.index(after: equals)...])
                words.append(word[...equals] + Self.value(value, of: String(word[..<equals]), beside))
            } else {
                words.append(value(word, of: words.last ?? "", beside))
            }
        }
        return words
    }

    private static func value(_ value: String, of option: String, _ beside: (String) -> String) -> String {
        // QEMU's spelling of modules, with commas between them, and of drives: a name with properties behind it.
        if option == "-initrd" { return value.split(separator: ",").map { beside(String($0)) }.joined(separator: ",") }
        if option == "-drive" {
            let properties = value.split(separator: ",", omittingEmptySubsequences: false).map { property in
                property.hasPrefix("file=") ? "file=" + beside(String(property.dropFirst(5))) : String(property)
            }
            return properties.joined(separator: ",")
        }
        let name = option.hasPrefix("-") ? String(option.drop { $0 == "-" }) : ""
        return readingOptions.contains(name) && value != emptyDrive ? beside(value) : value
    }
}
