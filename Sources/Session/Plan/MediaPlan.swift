/// The first of a drive's media, where the drive is empty at power-on.
package let emptyDrive = "none"

/// The diskettes of the floppy drives.
package struct FloppyPlan {
    /// Images of drives A and B in the order of their numbers; `emptyDrive` in the first place: none is in.
    package var given: [[String]] = [[], []]
    package var isWriteProtected = false

    package init() {}

    /// The drives by their options' names.
    package static let drives = ["fda", "fdb"]

    /// The diskettes of drive A (0) or B (1), in the order of their numbers.
    package func diskettes(_ drive: Int) -> [String] {
        given[drive].first == emptyDrive ? Array(given[drive].dropFirst()) : given[drive]
    }

    package func isPresent(_ drive: Int) -> Bool { !given[drive].isEmpty }
    package var isPresent: Bool { isPresent(0) || isPresent(1) }
    /// The number of the one of `diskettes` that is in at power-on.
    func inserted(_ drive: Int) -> Int? { isPresent(drive) && given[drive].first != emptyDrive ? 0 : nil }

    /// The options that say this.
    var words: [String] {
        zip(Self.drives, given).flatMap { name, images in images.flatMap { ["--\(name)", $0] } }
            + (isWriteProtected ? ["--write-protect-diskettes"] : [])
    }

    /// The number of a diskette that is called by its number from 1, by its name as it was given, or by that without folders.
    package func number(of name: String, _ drive: Int) -> Int? { numberOfMedium(name, among: diskettes(drive)) }

    /// The drives that there are, for those who asked for something else.
    package func known(_ drive: Int) -> String {
        let name = Self.drives[drive]
        guard isPresent(drive) else {
            return "there is no floppy drive \(drive == 0 ? "A" : "B"); give --\(name) FILE for each diskette"
        }
        return knownMedia(diskettes(drive)) ?? "there are no diskettes; give --\(name) FILE for each"
    }
}

/// The discs of the CD-ROM drive.
package struct CDROMPlan {
    /// Images in the order of their numbers; `emptyDrive` in the first place: none is in.
    package var given: [String] = []

    package init() {}

    /// The discs, in the order of their numbers.
    package var discs: [String] { given.first == emptyDrive ? Array(given.dropFirst()) : given }
    package var isPresent: Bool { !given.isEmpty }
    /// The number of the one of `discs` that is in at power-on.
    var inserted: Int? { isPresent && given.first != emptyDrive ? 0 : nil }

    /// The number of a disc that is called by its number from 1, by its name as it was given, or by that without folders.
    package func number(of name: String) -> Int? { numberOfMedium(name, among: discs) }

    /// The drives and discs that there are, for those who asked for something else.
    package var known: String {
        guard isPresent else { return "there is no CD-ROM drive; give --cdrom FILE for each disc" }
        return knownMedia(discs) ?? "there are no discs; give --cdrom FILE for each"
    }
}

private func numberOfMedium(_ name: String, among media: [String]) -> Int? {
    if let number = media.firstIndex(of: name) { return number }
    if let number = Int(name), media.indices.contains(number - 1) { return number - 1 }
    return media.firstIndex { $0.split(separator: "/").last.map(String.init) == name }
}

/// "known: 1 a.img, 2 b.img"; nil where there are none.
private func knownMedia(_ media: [String]) -> String? {
    media.isEmpty ? nil : "known: " + media.enumerated().map { "\($0.offset + 1) \($0.element)" }.joined(separator: ", ")
}
