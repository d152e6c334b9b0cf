import Board
import Disks
import Recompiler

// The disk as it is, and in memory what the guest writes to it.
let image = try DiskImage.open(path: CommandLine.arguments[1], format: .raw, access: .readOnly)
var configuration = PC.Configuration()
configuration.disks = [Overlay(over: image)]
configuration.serialOutput = [{ byte in print(Character(Unicode.Scalar(byte)), terminator: "") }]
let pc = try PC(configuration)
let engine = Recompiler(pc.cpu)
// Two virtual seconds, however long the host takes for them.
print("\(pc.run(until: 200_000_000)) at tick \(pc.clock.now), state \(pc.stateHash())")
