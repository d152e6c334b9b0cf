import ArgumentParser

/// The floppy drives.
struct FloppyOptions: ParsableArguments {
    @Option(
        name: .customLong("fda"), parsing: .singleValue,
        help: ArgumentHelp(
            "Diskette of floppy drive A, in it at power-on; again for diskettes to be put in later. First none: an empty drive.",
            valueName: "image"),
        completion: .file())
    var givenA: [String] = []
    @Option(
        name: .customLong("fdb"), parsing: .singleValue,
        help: ArgumentHelp("The same of floppy drive B.", valueName: "image"), completion: .file())
    var givenB: [String] = []
    @Flag(name: .customLong("write-protect-diskettes"), help: "Slide the write-protect notch of all diskettes.")
    var isWriteProtected = false

    /// The drives by their options' names.
    static let drives = ["fda", "fdb"]
    /// Diskettes of a drive at most.
    private static let most = 24

    private func given(_ drive: Int) -> [String] { drive == 0 ? givenA : givenB }

    /// The diskettes of drive A (0) or B (1), in the order of their numbers.
    func diskettes(_ drive: Int) -> [String] {
        let given = given(drive)
        return given.first == CDROMOptions.none ? Array(given.dropFirst()) : given
    }

    func isPresent(_ drive: Int) -> Bool { !given(drive).isEmpty }
    var isPresent: Bool { isPresent(0) || isPresent(1) }
    /// The number of the one of `diskettes` that is in at power-on.
    func inserted(_ drive: Int) -> Int? { isPresent(drive) && given(drive).first != CDROMOptions.none ? 0 : nil }

    func validate() throws {
        for (drive, name) in Self.drives.enumerated() {
            if given(drive).dropFirst().contains(CDROMOptions.none) {
                throw ValidationError("--\(name) none is an empty drive at power-on; give it first, or write an eject step")
            }
            if given(drive).count > Self.most {
                throw ValidationError("--\(name) is given \(given(drive).count) times; at most \(Self.most) diskettes")
            }
        }
    }

    /// The options again.
    var words: [String] {
        givenA.flatMap { ["--fda", $0] } + givenB.flatMap { ["--fdb", $0] }
            + (isWriteProtected ? ["--write-protect-diskettes"] : [])
    }

    /// The number of a diskette that is called by its number from 1, by its name as it was given, or by that without folders.
    func number(of name: String, _ drive: Int) -> Int? {
        let diskettes = diskettes(drive)
        if let number = diskettes.firstIndex(of: name) { return number }
        if let number = Int(name), diskettes.indices.contains(number - 1) { return number - 1 }
        return diskettes.firstIndex { $0.split(separator: "/").last.map(String.init) == name }
    }

    /// The drives that there are, for those who asked for something else.
    func known(_ drive: Int) -> String {
        let name = Self.drives[drive]
        guard isPresent(drive) else {
            return "there is no floppy drive \(drive == 0 ? "A" : "B"); give --\(name) FILE for each diskette"
        }
        let list = diskettes(drive).enumerated().map { "\($0.offset + 1) \($0.element)" }.joined(separator: ", ")
        return list.isEmpty ? "there are no diskettes; give --\(name) FILE for each" : "known: \(list)"
    }
}
