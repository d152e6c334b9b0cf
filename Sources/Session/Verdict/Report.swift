import Board
import Checks
import Explanations
import Formats
import Processor

/// The report of `--report`: the verdict, and everything one needs to know of the run to repeat and to judge it.
struct Report {
    /// Disk images up to this size are hashed; more would cost seconds.
    private static let hashedDiskLimit = 64 << 20

    let plan: SessionPlan
    let verdict: Verdict
    let kernel: KernelFiles?
    let pc: PC
    /// Bytes the guest sent on each serial line and to the debug console.
    let outputBytes: [(name: String, count: UInt64)]
    /// The place where the guest's code was at the end, with its symbol where one is known.
    let place: String
    /// The post-mortem, where there is one.
    var postMortem: PostMortem?
    /// The checks and their findings.
    var checks: MachineChecks?

    var json: JSON {
        var members: [(String, JSON)] = [
            ("format", .number(1)),
            ("program", .text("swemu \(swemuVersion)")),
            ("verdict", .text(verdict.kind.rawValue)),
            ("status", .number(UInt64(verdict.status))),
            ("sentence", .text(verdict.sentence)),
            ("guest-code", verdict.guestCode.map { .number(UInt64($0)) } ?? .null),
            ("booted", booted),
            ("machine", machine),
            ("ticks", .number(pc.clock.now)),
            ("instructions", .number(pc.clock.instructions)),
            ("virtual-seconds", .decimal(Verdict.rounded(Double(pc.clock.now) / Double(pc.clock.rate)))),
            ("where", .text(place)),
            ("counts", counts),
        ]
        if plan.stateHash { members.append(("state-hash", .text("\(pc.stateHash())"))) }
        if let postMortem {
            members.append(("advice", postMortem.advice.map { .text($0) } ?? .null))
            members.append(("post-mortem", .list(postMortem.lines.map { .text($0) })))
        }
        if let checks { members.append(("checks", Self.json(of: checks))) }
        return .object(members)
    }

    private static func json(of checks: MachineChecks) -> JSON {
        let findings = checks.findings.map { finding in
            JSON.object([
                ("check", .text(finding.check.rawValue)), ("sentence", .text(finding.sentence)), ("where", .text(finding.place)),
                ("details", .list(finding.details.map { .text($0) })), ("tick", .number(finding.tick)),
                ("count", .number(finding.count)),
            ])
        }
        return .object([
            ("asked", .list(checks.checks.map(\.rawValue).sorted().map { .text($0) })), ("findings", .list(findings)),
            ("more-places", .number(checks.unkept)),
        ])
    }

    private var booted: JSON {
        func file(_ path: String, _ bytes: [UInt8]?) -> [(String, JSON)] {
            [
                ("file", .text(path)), ("bytes", bytes.map { .number(UInt64($0.count)) } ?? .null),
                ("sha256", bytes.map { .text(SHA256.hexadecimal($0)) } ?? .null),
            ]
        }
        var members: [(String, JSON)] = []
        if let kernel {
            members.append(("kernel", .object(file(kernel.kernel.path, kernel.kernel.bytes))))
            members.append(("kernel-format", .text(kernel.plan.format.rawValue)))
            members.append(("command-line", .text(plan.boot.append ?? "")))
            members.append(("modules", .list(kernel.modules.map { .object(file($0.path, $0.bytes)) })))
        }
        let disks = plan.images.compactMap { $0 }.map { path in
            JSON.object(file(path, try? readFile(path, limit: Self.hashedDiskLimit).get()))
        }
        members.append(("disks", .list(disks)))
        if plan.floppies.isPresent {
            let diskettes = [0, 1].flatMap { plan.floppies.diskettes($0) }.map {
                JSON.object(file($0, try? readFile($0, limit: Self.hashedDiskLimit).get()))
            }
            members.append(("diskettes", .list(diskettes)))
        }
        if plan.cdrom.isPresent {
            let discs = plan.cdrom.discs.map { JSON.object(file($0, try? readFile($0, limit: Self.hashedDiskLimit).get())) }
            members.append(("discs", .list(discs)))
        }
        if let bios = plan.bios {
            members.append(("firmware", .object(file(bios, try? readFile(bios, limit: 1 << 20).get()))))
        }
        return .object(members)
    }

    private var machine: JSON {
        .object([
            ("board", .text(pc.configuration.machine.rawValue)), ("cpu", .text(pc.configuration.model.rawValue)),
            ("processors", .number(UInt64(pc.processors.count))), ("memory-bytes", .number(pc.configuration.memoryBytes)),
            ("ticks-per-second", .number(pc.configuration.ticksPerSecond)),
        ])
    }

    private var counts: JSON {
        func byVector(_ kind: (DeliveryHistory) -> [UInt64]) -> JSON {
            let counts = pc.processors.map { kind($0.history) }.reduce([UInt64](repeating: 0, count: 256)) { sum, counts in
                zip(sum, counts).map { $0 + $1 }
            }
            return .object(counts.enumerated().filter { $0.element > 0 }.map { (String($0.offset), .number($0.element)) })
        }
        let diagnostics = pc.log.counts.sorted { $0.key.rawValue < $1.key.rawValue }
        return .object([
            ("exceptions-and-software-interrupts", byVector(\.exceptions)),
            ("interrupts", byVector(\.interrupts)),
            ("diagnostics", .object(diagnostics.map { ($0.key.rawValue, .number(UInt64($0.value))) })),
            (
                "silences",
                .list(
                    pc.log.tallies.map { tally in
                        .object([
                            ("chip", .text(tally.entry.diagnostic.chip)), ("what", .text(tally.entry.diagnostic.message)),
                            ("unit", .text(tally.entry.diagnostic.unit ?? "times")), ("where", .text("\(tally.entry.site)")),
                            ("count", .number(tally.count)),
                        ])
                    })
            ),
            ("output-bytes", .object(outputBytes.map { ($0.name, .number($0.count)) })),
        ])
    }
}
