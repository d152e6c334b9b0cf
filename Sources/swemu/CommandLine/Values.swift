import ArgumentParser
import Board
import Disks
import Executables
import Processor
import Session

// Values that stand behind options. Each reads its own text.
extension BootOrder: ExpressibleByArgument {}
extension ClockStart: ExpressibleByArgument {}
extension ComparisonPlace: ExpressibleByArgument {}
extension Count: ExpressibleByArgument {}
extension Destination: ExpressibleByArgument {}
extension DiskImage.Format: ExpressibleByArgument {}
extension DisplayChoice: ExpressibleByArgument {}
extension EngineChoice: ExpressibleByArgument {}
extension ExtraDevice: ExpressibleByArgument {}
extension FrameSize: ExpressibleByArgument {}
extension GDBAddress: ExpressibleByArgument {}
extension HostTime: ExpressibleByArgument {}
extension IdleTime: ExpressibleByArgument {}
extension KernelRequest.Format: ExpressibleByArgument {}
extension MachineName: ExpressibleByArgument {}
extension MonitorAddress: ExpressibleByArgument {}
extension Number: ExpressibleByArgument {}
extension SaveMoment: ExpressibleByArgument {}
extension SerialPace: ExpressibleByArgument {}
extension Speed: ExpressibleByArgument {
    public var defaultValueDescription: String { "max" }
}
extension TraceFormat: ExpressibleByArgument {}

/// A board by its name or by QEMU's.
extension PC.Machine: ExpressibleByArgument {
    public init?(argument: String) {
        switch argument.lowercased() {
        case "pc", "i440fx": self = .pc
        case "isa", "isapc": self = .isa
        default: return nil
        }
    }
}

/// A CPUModel by its name or by a usual other one.
extension CPUModel: ExpressibleByArgument {
    public init?(argument: String) {
        switch argument.lowercased() {
        case "486", "i486": self = .i486
        case "pentium", "586", "i586": self = .pentium
        case "p6", "686", "i686", "pentiumpro": self = .p6
        default:
            guard let model = CPUModel(rawValue: argument.lowercased()) else { return nil }
            self = model
        }
    }
}
