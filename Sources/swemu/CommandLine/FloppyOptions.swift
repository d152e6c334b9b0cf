import ArgumentParser
import Session

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

    /// Diskettes of a drive at most.
    private static let most = 24

    func validate() throws {
        for (name, given) in zip(FloppyPlan.drives, [givenA, givenB]) {
            if given.dropFirst().contains(emptyDrive) {
                throw ValidationError("--\(name) none is an empty drive at power-on; give it first, or write an eject step")
            }
            if given.count > Self.most {
                throw ValidationError("--\(name) is given \(given.count) times; at most \(Self.most) diskettes")
            }
        }
    }

    var plan: FloppyPlan {
        var plan = FloppyPlan()
        plan.given = [givenA, givenB]
        plan.isWriteProtected = isWriteProtected
        return plan
    }
}
