import Executables

/// A kernel file that is started instead of what a disk boots.
package struct KernelFilesPlan {
    package var kernel: String?
    /// Modules, each a file and behind a space its arguments.
    package var initrd: [String] = []
    package var append: String?
    /// Nil where the file is asked.
    package var format: KernelRequest.Format?
    /// The address at which a flat binary is loaded and entered.
    package var loadAddress: UInt64?
    package var entry: UInt64?
    /// A flat binary is entered in real mode (16) or in protected mode (32).
    package var bits = 32

    package init() {}

    /// The options that say this.
    var words: [String] {
        guard let kernel else { return [] }
        var words = ["--kernel", kernel]
        if let append { words += ["--append", append] }
        for module in initrd { words += ["--initrd", module] }
        if let format { words += ["--kernel-format", format.rawValue] }
        if let loadAddress { words += ["--load-address", String(loadAddress)] }
        if let entry { words += ["--entry", String(entry)] }
        if bits != 32 { words += ["--bits", String(bits)] }
        return words
    }
}
