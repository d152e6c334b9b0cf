/// The reason why a snapshot cannot be read, or does not fit. `description` is what and the remedy; the file's name is the caller's to add.
public enum SnapshotError: Error, Equatable, Sendable {
    /// The file does not begin as a snapshot does.
    case notASnapshot
    case version(UInt32)
    /// The file ends before the snapshot does.
    case truncated
    /// A part of the file is not what it was when it was written.
    case damaged(part: String)
    /// A part is whole but does not say what this version of the program needs.
    case misfit(part: String, field: String)
    /// The machine described cannot be built.
    case machine(BoardError)
    /// A drive was there and is not now, or the other way round. Drives count from 0.
    case missingDisk(drive: Int)
    case extraDisk(drive: Int)
    case diskSize(drive: Int, sectors: UInt64, wanted: UInt64)
    /// The disk does not hold what it held when the snapshot was made.
    case diskContents(drive: Int)
    case diskUnreadable(drive: Int)
    /// The snapshot holds writes, and the drive would write to its image.
    case needsOverlay(drive: Int)
    /// There was a CD-ROM drive and is none now, or the other way round.
    case missingDrive
    case extraDrive
    /// Other discs than there were for the CD-ROM drive; they count from 0.
    case mediaCount(Int, wanted: Int)
    case otherMedium(Int)
    case mediumUnreadable(Int)
    /// There were other floppy drives, or other numbers of diskettes for them.
    case otherFloppies
    /// There was another network card, or TFTP offered other files.
    case otherNetwork
    /// A kernel was loaded without a disk and is not given now, or the other way round.
    case missingKernel
    case extraKernel
    /// The kernel given, its modules or its command line are not those of the saved machine.
    case otherKernel
    /// Everything was put back, and the machine is another one.
    case differs
    /// The snapshot could not be written.
    case cannotWrite
}

extension SnapshotError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notASnapshot: "is not a snapshot of swemu; name a file that --save has written"
        case .version(let version):
            "is a snapshot of format \(version), this swemu reads format \(Snapshot.version); "
                + "restore it with the version of swemu that saved it"
        case .truncated: "ends too early: the snapshot was not written to its end; save it again"
        case .damaged(let part): "is damaged (\(part)); save it again, or fetch it again"
        case .misfit(let part, let field):
            "does not fit this version of swemu (\(part): \(field)); restore it with the version that saved it"
        case .machine(let error): "describes a machine that cannot be built: \(error)"
        case .diskContents(let drive) where drive >= 4:
            "was saved with other contents of a diskette; give the same --fda and --fdb options in the same order, and use --snapshot to keep images as they are"
        case .missingDisk(let drive): "has a disk as \(name(drive)); give its image with --\(name(drive))"
        case .extraDisk(let drive): "has no disk as \(name(drive)); leave --\(name(drive)) out"
        case .diskSize(let drive, let sectors, let wanted):
            "has a disk of \(wanted) sectors as \(name(drive)), the image given has \(sectors); give the image it was saved with"
        case .diskContents(let drive):
            "was saved with other contents of the disk \(name(drive)); give the image as it was then, and use --snapshot to keep it so"
        case .diskUnreadable(let drive): "cannot be compared with the disk \(name(drive)), which cannot be read; check the image"
        case .needsOverlay(let drive):
            "holds what the guest wrote to \(name(drive)) under --snapshot; give --snapshot again, so that the image stays as it is"
        case .missingDrive: "has a CD-ROM drive; give its discs with --cdrom, in the same order"
        case .extraDrive: "has no CD-ROM drive; leave --cdrom out"
        case .mediaCount(let count, let wanted):
            "was saved with \(wanted) discs for the CD-ROM drive, now there are \(count); give the same --cdrom options"
        case .otherMedium(let number):
            "was saved with another disc \(number + 1) for the CD-ROM drive; give the same --cdrom options in the same order"
        case .mediumUnreadable(let number):
            "cannot be compared with disc \(number + 1) of the CD-ROM drive, which cannot be read; check the image"
        case .otherFloppies:
            "was saved with other floppy drives or diskettes; give the same --fda and --fdb options in the same order"
        case .otherNetwork: "was saved with another network card, or other files for TFTP; give the same --nic option"
        case .missingKernel: "was saved with a kernel; give it with --kernel again, because a reset loads it again"
        case .extraKernel: "was saved without a kernel; leave --kernel out"
        case .otherKernel:
            "was saved with another kernel, module or command line; give the same --kernel, --initrd and --append, because a reset loads them again"
        case .differs: "does not put back the machine that was saved; it is damaged, or from another version: save it again"
        case .cannotWrite: "cannot be written; check the free space where it goes"
        }
    }

    private func name(_ drive: Int) -> String { drive < 4 ? ["hda", "hdb", "hdc", "hdd"][max(drive, 0)] : "a diskette" }
}
