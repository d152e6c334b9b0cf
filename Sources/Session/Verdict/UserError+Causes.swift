import Board
import Disks

extension UserError {
    init(_ error: BoardError) {
        let status: ExitStatus =
            switch error {
            case .memorySize, .memoryBeyondAddresses: .memorySize
            case .outOfHostMemory: .hostFailure
            case .firmwareSize, .displayROMSize, .flashSize, .optionROMs: .firmware
            case .rate, .twoSecondaryMasters, .topology, .processorsWithoutAPIC, .quantum, .networkWithoutPCI, .networkAddress:
                .usage
            case .kernelOutsideMemory: .kernelFormat
            // The fixed ports are tested; a user may put the debug console and the exit port where they like.
            case .portOverlap: .usage
            case .addressOverlap, .portBeyondEnd: .ownBug
            }
        self.init(status, line: error.description)
    }

    /// The one line of an `ImageError`, which names the file first, with its status.
    package init(_ error: ImageError) {
        let status: ExitStatus =
            switch error {
            case .missing, .missingDiskette: .imageMissing
            case .isDirectory: .imageIsDirectory
            case .notAFile, .notReadable, .notWritable, .host: .imageUnreadable
            case .empty: .imageEmpty
            case .oddSize, .noDiskette: .imageOddSize
            case .inUse: .imageInUse
            case .notQcow2, .unsupported, .backingFormat, .backingDepth: .imageFormat
            case .damaged, .needsRepair: .imageDamaged
            case .exists, .impossibleSize, .notCreated: .outputFile
            }
        self.init(status, line: error.description)
    }
}
