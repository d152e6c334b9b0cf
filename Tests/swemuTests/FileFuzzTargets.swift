import Chips
import Disks
import Executables
import Processor
import Wiring

@testable import Board
@testable import Debugging
@testable import Formats
@testable import GDB
@testable import Session
@testable import swemu

/// A parser of files or messages, a server, or the machine's devices: it takes any bytes, and neither traps nor hangs nor grows without bound.
struct FileFuzzTarget: Sendable, CustomStringConvertible {
    /// Also the name of its folder in testroms/fuzz.
    let name: String
    let take: @Sendable ([UInt8]) -> Void

    var description: String { name }

    static let all = parsers + [devices] + clients + pages

    private static let parsers: [FileFuzzTarget] = [
        FileFuzzTarget(name: "qcow2") { bytes in
            withFile(bytes) { path in
                guard let image = try? DiskImage.open(path: path, format: .qcow2, access: .readWrite) else { return }
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
                defer { buffer.deallocate() }
                for sector in [0, 1, 64, image.sectorCount / 2, image.sectorCount &- 8] as [UInt64] where image.sectorCount >= 8 {
                    guard sector <= image.sectorCount - 8 else { continue }
                    try? image.read(sector: sector, into: buffer)
                    try? image.write(sector: sector, from: UnsafeRawBufferPointer(buffer))
                }
                try? image.flush()
            }
        },
        FileFuzzTarget(name: "kernel") { bytes in
            let memory = GuestMemoryMap([.init(0..<0x9_FC00, isUsable: true), .init(0x10_0000..<0x200_0000, isUsable: true)])
            _ = KernelRequest.isStartable(bytes)
            for format in [nil, .linux, .multiboot, .multiboot2] as [KernelRequest.Format?] {
                var request = KernelRequest(bytes: bytes, memory: memory)
                request.format = format
                request.commandLine = "test=all"
                _ = try? request.plan()
            }
        },
        symbols,
        FileFuzzTarget(name: "snapshot") { bytes in
            var rest = bytes[...]
            let snapshot = try? Snapshot { count in
                defer { rest = rest.dropFirst(count) }
                return Array(rest.prefix(count))
            }
            // Memory is taken by number: the machine is small.
            guard let snapshot, snapshot.machine.memoryBytes <= 4 << 20, snapshot.machine.processors.count <= 2,
                let pc = try? PC(snapshot.configuration(PC.Configuration()))
            else { return }
            guard (try? snapshot.restore(pc)) != nil else { return }
            _ = pc.run(until: pc.clock.now &+ 1000)
        },
        FileFuzzTarget(name: "recording") { bytes in
            guard let recording = try? RunRecording(parsing: String(decoding: bytes, as: UTF8.self)) else { return }
            _ = try? RunRecording(parsing: recording.text)
        },
        FileFuzzTarget(name: "test-file") { bytes in withFile(bytes) { path in _ = try? TestFile(reading: path) } },
        FileFuzzTarget(name: "report") { bytes in
            withFile(bytes) { path in
                guard let report = try? TestReport(reading: path) else { return }
                _ = (report.TAP, report.JUnit, report.json.file, StepSummary(report) { _ in nil }.text)
            }
        },
        FileFuzzTarget(name: "bochsrc") { bytes in
            _ = try? BochsConfiguration(text: String(decoding: bytes, as: UTF8.self)).words { _ in }
        },
        FileFuzzTarget(name: "regex") { bytes in
            let parts = bytes.split(separator: 0x0A, maxSplits: 1)
            guard let text = parts.first, let pattern = try? Pattern(regularExpression: String(decoding: text, as: UTF8.self))
            else {
                return
            }
            _ = pattern.end(in: Array((parts.dropFirst().first ?? []).prefix(1000)))
        },
        FileFuzzTarget(name: "json") { bytes in
            // Requests of QMP and of the Debug Adapter Protocol.
            var reader = QMPReader()
            reader.take(bytes)
            while let request = reader.next() {
                guard case .success(let value) = request else { continue }
                _ = (DAPRequest(value), value.line, value.file)
            }
            _ = try? JSONReader.read(bytes)
        },
        FileFuzzTarget(name: "gdb") { bytes in
            guard let pc = machine() else { return }
            let stub = GDBStub(Debugger(pc), is32Bit: true)
            var reader = PacketReader()
            for event in reader.take(bytes) {
                if case .packet(let packet) = event { _ = stub.answer(packet) }
            }
            for line in bytes.split(separator: 0x0A).prefix(50) { _ = stub.answer(Array(line)) }
        },
    ]

    /// A machine whose processor waits, so that what happens is what is done to it.
    private static func machine() -> PC? {
        var configuration = PC.Configuration()
        configuration.memoryBytes = 2 << 20
        // mov al, [0]; jmp to it
        configuration.directBoot = DirectBoot(
            pieces: [.init(address: 0x10_0000, bytes: [0xA0, 0, 0, 0, 0, 0xEB, 0xF9])],
            entry: .protected(eip: 0x10_0000, eax: 0, ebx: 0))
        return try? PC(configuration)
    }

    static func withFile(_ bytes: [UInt8], _ body: (String) -> Void) {
        let path = "/dev/shm/swemu-fuzz-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { return }
        defer { unlink(path) }
        _ = OutputDescriptor(descriptor).writeAll(bytes)
        close(descriptor)
        body(path)
    }
}
