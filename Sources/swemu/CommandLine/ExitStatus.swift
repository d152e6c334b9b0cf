/// The status for the shell. Ours are even and below 124, where `timeout` and the shell have theirs. The guest chooses 0 to 9 by the exit port,
/// and with QEMU's isa-debug-exit any odd status.
enum ExitStatus: Int32, CaseIterable {
    /// Only a guest that says so ends with it.
    case passed = 0
    case tripleFault = 10
    case deadHalt = 12
    case resetWithoutReboot = 14
    case instructionBudget = 16
    case signal = 18
    case expectationNotMet = 20
    case timeout = 22
    case replayEnded = 24
    case replayDiffers = 26

    case imageDamaged = 28

    case imageMissing = 30
    case imageIsDirectory = 32
    case imageUnreadable = 34
    case imageEmpty = 36
    case imageOddSize = 38
    case imageFormat = 40
    case imageInUse = 42
    case noBootSignature = 44
    case nothingToBoot = 46
    case kernelFile = 48

    case memorySize = 50
    case firmware = 52
    case outputFile = 54
    case inputFile = 56
    case kernelFormat = 58
    case display = 60
    case scriptFile = 62
    case ceiling = 66
    case stateFile = 68

    case usage = 64
    case hostFailure = 70
    case ownBug = 72
    case checkFailed = 74

    /// The answer to `swemu help statuses`: a line for each, and for those that the guest chooses.
    static var table: String {
        var lines = [(0, passed.meaning), (1, "to 9: the guest wrote this code to the exit port; 9: or a greater one")]
        lines += allCases.filter { $0 != .passed }.map { (Int($0.rawValue), $0.meaning) }
        return lines.sorted { $0.0 < $1.0 }.map { "\($0.0 < 10 ? " " : "")\($0.0)  \($0.1)" }.joined(separator: "\n")
            + "\nodd  with --isa-debug-exit, or QEMU's -device isa-debug-exit: (value << 1) | 1"
    }

    /// One line for `swemu help statuses`.
    var meaning: String {
        switch self {
        case .passed: "the guest switched the machine off, or wrote 0 to the exit port; or all that was expected came true"
        case .tripleFault: "triple fault: the processor shut down"
        case .deadHalt: "the processor halted and nothing can ever wake it"
        case .resetWithoutReboot: "the guest asked for a reset and --no-reboot was given"
        case .instructionBudget: "--max-instructions or --max-ticks was reached"
        case .signal: "ended by SIGINT or SIGTERM, or by Ctrl-A x"
        case .expectationNotMet: "something that was expected did not come, or a text came that means failure"
        case .timeout: "--timeout was reached: the host's time, which says nothing of the guest"
        case .replayEnded: "a replay came to the end of its recording, in the same state"
        case .replayDiffers: "a replay came to another state than the run that was recorded"
        case .imageMissing: "a disk image does not exist"
        case .imageIsDirectory: "a disk image is a directory"
        case .imageUnreadable: "a disk image cannot be opened or read"
        case .imageEmpty: "a disk image is empty"
        case .imageOddSize: "a disk image is not a whole number of 512-byte sectors"
        case .imageFormat: "the format of a disk image is not known"
        case .imageInUse: "another program holds a disk image for writing"
        case .noBootSignature: "sector 0 of the boot disk does not end in 55 AA"
        case .nothingToBoot: "no disk image and no kernel was given"
        case .kernelFile: "a kernel or module cannot be read"
        case .imageDamaged: "a disk image contradicts itself"
        case .memorySize: "impossible memory size"
        case .firmware: "a firmware image cannot be used"
        case .outputFile: "a file, pipe or socket to write to cannot be opened"
        case .inputFile: "a file or pipe to read from cannot be opened"
        case .kernelFormat: "a kernel's header is wrong, or the kernel does not fit"
        case .display: "the window or the terminal that --display asks for cannot be had"
        case .ceiling: "--max-output or --max-host-memory was reached"
        case .scriptFile: "a script or test file cannot be read, or has a mistake"
        case .stateFile: "a snapshot or a recording cannot be used"
        case .usage: "unknown option or bad value on the command line"
        case .hostFailure: "the host failed (disk full, out of memory …)"
        case .ownBug: "a bug in swemu itself"
        case .checkFailed: "--check found a mistake in a guest that would have passed otherwise, or that reached its budget"
        }
    }
}

/// A mistake of the user or a refusal of the host: one line and an exit status.
struct UserError: Error, Equatable, CustomStringConvertible {
    let status: ExitStatus
    /// The mistake, its place, and what to do about it.
    let description: String

    /// `place` is the file, option or value it is about.
    init(_ status: ExitStatus, _ what: String, _ place: String, remedy: String) {
        self.init(status, line: "\(what): \(place); \(remedy)")
    }

    init(_ status: ExitStatus, line: String) {
        self.status = status
        description = line
    }
}
