import Checks
import Formats
import Inspection

/// A file that describes a test: what to boot, with which plan, and a script. `swemu run --script` takes the script alone.
///
///     kernel: kernel.elf              # or disk: disk.img
///     append: "test=all"
///     fda: floppy.img                 # diskettes of drive A; fdb: those of drive B
///     cdrom: [disk1.iso, disk2.iso]
///     options: ["--memory", "64"]
///     max-instructions: 500M
///     steps:
///       - serial: "ready"
///       - send: "go\n"
///       - exit: 0
///     expect: triple-fault            # or dead, reset, {exit: 3}
///     check: [stack, stale-tlb]
///     fail: ["panic"]
package struct TestFile {
    static let keys = [
        "name", "kernel", "initrd", "append", "disk", "fda", "fdb", "cdrom", "options", "max-instructions", "max-ticks", "timeout",
        "retry", "steps", "expect", "fail", "tap", "check", "skip",
    ]

    package var name: String?
    package var kernel: String?
    package var initrd: [String] = []
    package var append: String?
    package var disk: String?
    /// Diskettes of drive A and of drive B.
    package var fda: [String] = []
    package var fdb: [String] = []
    /// Discs of the CD-ROM drive.
    package var cdrom: [String] = []
    package var options: [String] = []
    package var maxInstructions: UInt64?
    package var maxTicks: UInt64?
    /// The time that the machine may take of the host's.
    package var timeout: HostTime?
    /// Number of times that a failed test is run again.
    package var retries: Int?
    package static let mostRetries = 100
    /// The guest's output is read for TAP: when it begins like it (nil), always, or never.
    package var readsTAP: Bool?
    /// Mistakes that are looked for, as `--check` names them: one that is found is a failure.
    package var checks: [String] = []
    /// The reason why the test is left out.
    package var skip: String?
    package var script = Script()
    /// The ending that is a success.
    private var ending: Script.Step?
    package var expectsReset: Bool { if case .ending(.reset) = ending?.action { true } else { false } }

    init() {}

    /// Throws what is wrong, with file and line. `media` are those that a step can put in; nil where that is not looked at.
    package init(reading path: String, media: ScriptMedia? = nil) throws {
        let reader = ScriptReader(file: path, media: media)
        let yaml = try YAML.read(path)
        guard let pairs = yaml.mapping else { throw reader.mistake("no mapping at the top", yaml, "begin with steps:") }
        for pair in pairs { try take(pair.key, pair.value, reader) }
        if let ending { script.steps.append(ending) }
        if kernel != nil, disk != nil {
            throw reader.mistake("both a kernel and a disk", yaml, "put the disk into plan, as in [--hdb, disk.img]")
        }
    }

    private mutating func take(_ key: String, _ value: YAML, _ reader: ScriptReader) throws {
        switch key {
        case "name": name = try reader.text(value)
        case "kernel": kernel = try reader.text(value)
        case "initrd": initrd = try (value.list ?? [value]).map { try reader.text($0) }
        case "append": append = try reader.text(value)
        case "disk": disk = try reader.text(value)
        case "fda": fda = try (value.list ?? [value]).map { try reader.text($0) }
        case "fdb": fdb = try (value.list ?? [value]).map { try reader.text($0) }
        case "cdrom": cdrom = try (value.list ?? [value]).map { try reader.text($0) }
        case "options": options = try (value.list ?? [value]).map { try reader.text($0) }
        case "max-instructions": maxInstructions = try reader.count(value)
        case "max-ticks": maxTicks = try reader.count(value)
        case "steps": script.steps = try reader.steps(value)
        case "expect": ending = try reader.expectedEnding(value)
        case "timeout":
            timeout = value.text.flatMap { HostTime(argument: $0) }
            if timeout == nil { throw reader.mistake("no time of the host", value, "write seconds or a unit, as in 30s or 5m") }
        case "retry":
            guard let count = value.text.flatMap({ Int($0) }), (0...Self.mostRetries).contains(count) else {
                throw reader.mistake("retry is no number from 0 to \(Self.mostRetries)", value, "write how often, as in 1")
            }
            retries = count
        case "fail": script.failures = try reader.failures(value)
        case "tap": readsTAP = try reader.flag(value)
        case "check":
            checks = try (value.list ?? [value]).map { try reader.text($0) }
            if let name = checks.first(where: { Check(rawValue: $0) == nil }) {
                throw reader.mistake("no such check: \(name)", value, remedy(for: name, among: Check.allCases.map(\.rawValue)))
            }
        case "skip": skip = try reader.text(value)
        default:
            throw reader.mistake("no such key: \(key)", value, remedy(for: key, among: Self.keys))
        }
    }
}
