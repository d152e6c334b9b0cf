import Chips
import Testing
import Wiring

@testable import Board

/// Whole machines that run a few bytes of firmware.
@Suite struct MachineTests {
    /// A machine whose firmware is `code` at F000:0000, reached from the reset vector.
    static func machine(_ code: [UInt8], _ change: (inout PC.Configuration) -> Void = { _ in }) throws -> PC {
        var firmware = [UInt8](repeating: 0xF4, count: 0x1_0000)
        firmware.replaceSubrange(0..<code.count, with: code)
        // jmp F000:0000
        firmware.replaceSubrange(0xFFF0..<0xFFF5, with: [0xEA, 0x00, 0x00, 0x00, 0xF0])
        return try MapsTests.machine {
            $0.firmware = firmware
            change(&$0)
        }
    }

    private func ending(_ code: [UInt8], _ change: (inout PC.Configuration) -> Void = { _ in }) throws -> PC.Pause {
        try Self.machine(code, change).run(until: 1_000_000)
    }

    /// mov dx, port
    private func movDX(_ port: UInt16) -> [UInt8] { [0xBA, UInt8(port & 0xFF), UInt8(port >> 8)] }

    @Test func haltWithInterruptsOffIsTheEnd() throws {
        #expect(try ending([0xFA, 0xF4]) == .ended(.deadHalt))
    }

    @Test func theExitPortEndsWithItsStatus() throws {
        // mov al,21h; out F4h,al
        #expect(try ending([0xB0, 0x21, 0xE6, 0xF4]) == .ended(.exit(code: 0x21)))
        #expect(try ending([0xB0, 0x21, 0xE6, 0xF4]) { $0.debugExitPort = 0xF4 } == .ended(.debugExit(status: 0x43)))
    }

    @Test func powerOffWorksAtAllItsPorts() throws {
        for port: UInt16 in [0x604, 0xB004] {
            // mov ax,2000h; out dx,ax
            #expect(try ending(movDX(port) + [0xB8, 0x00, 0x20, 0xEF]) == .ended(.powerOff), "\(port)")
        }
        var code = movDX(0x8900)
        for letter in "Shutdown".utf8 { code += [0xB0, letter, 0xEE] }
        #expect(try ending(code) == .ended(.powerOff))
    }

    @Test func resetsReachTheBoard() throws {
        let resets: [(String, [UInt8])] = [
            ("8042 pulse", [0xB0, 0xFE, 0xE6, 0x64]),
            ("port 92h", [0xB0, 0x03, 0xE6, 0x92]),
            ("CF9h soft", movDX(0xCF9) + [0xB0, 0x00, 0xEE, 0xB0, 0x04, 0xEE]),
            ("CF9h hard", movDX(0xCF9) + [0xB0, 0x02, 0xEE, 0xB0, 0x06, 0xEE]),
        ]
        for (name, code) in resets {
            #expect(try ending(code + [0xF4]) { $0.stopsAtReset = true } == .ended(.reset), "\(name)")
        }
    }

    /// The firmware counts its starts in RAM, which a reset leaves alone, and halts at the third.
    @Test func aResetStartsAgainAndKeepsMemory() throws {
        // xor ax,ax; mov ds,ax; inc byte [0]; cmp byte [0],3; je +4; mov al,FEh; out 64h,al; hlt
        let code: [UInt8] = [
            0x31, 0xC0, 0x8E, 0xD8, 0xFE, 0x06, 0, 0, 0x80, 0x3E, 0, 0, 3, 0x74, 0x04, 0xB0, 0xFE, 0xE6, 0x64, 0xF4,
        ]
        let pc = try Self.machine(code)
        #expect(pc.run(until: 1_000_000) == .ended(.deadHalt))
        #expect(pc.peek(physical: 0) == 3)
    }

    @Test func aTripleFaultIsTold() throws {
        // lidt [cs:8] (limit 0); int3
        let code: [UInt8] = [0x2E, 0x0F, 0x01, 0x1E, 0x08, 0x00, 0xCC, 0xF4, 0, 0, 0, 0, 0, 0]
        #expect(try ending(code) == .ended(.tripleFault))
        #expect(try ending(code) { $0.resetsAtTripleFault = true } == .limit)
        #expect(
            try ending(code) {
                $0.resetsAtTripleFault = true
                $0.stopsAtReset = true
            } == .ended(.reset))
    }

    /// Counter 0 at 1 kHz, interrupts counted at 0:500h; the processor halts between them.
    private static let ticking: [UInt8] =
        [0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC, 0x00, 0x70]  // cli; DS = SS = 0; mov sp,7000h
        + [0xC7, 0x06, 0x20, 0x00, 0x40, 0x00, 0xC7, 0x06, 0x22, 0x00, 0x00, 0xF0]  // vector 8 is F000:0040
        + [0xB0, 0x11, 0xE6, 0x20, 0xB0, 0x08, 0xE6, 0x21, 0xB0, 0x04, 0xE6, 0x21, 0xB0, 0x01, 0xE6, 0x21]  // ICW1–ICW4
        + [0xB0, 0xFE, 0xE6, 0x21, 0xB0, 0x34, 0xE6, 0x43, 0xB0, 0xA9, 0xE6, 0x40, 0xB0, 0x04, 0xE6, 0x40]  // mask; 1193
        + [0xFB, 0xF4, 0xEB, 0xFD]  // sti; hlt; back to hlt
        + [0x90, 0x90, 0x90, 0x90, 0x90, 0x90]
        + [0xFF, 0x06, 0x00, 0x05, 0x50, 0xB0, 0x20, 0xE6, 0x20, 0x58, 0xCF]  // inc word [500h]; EOI; iret

    @Test func haltedTimeIsSkippedToTheNextEvent() throws {
        #expect(Self.ticking.count == 0x4B)
        let pc = try Self.machine(Self.ticking)
        #expect(pc.run(until: pc.clock.rate) == .limit)
        let count = Int(pc.peek(physical: 0x500)) | Int(pc.peek(physical: 0x501)) << 8
        #expect((999...1001).contains(count), "a second has \(count) milliseconds")
    }

    @Test func idleTimeIsOfferedToWhoWantsToWait() throws {
        let pc = try Self.machine(Self.ticking)
        guard case .idle(let tick) = pc.run(until: pc.clock.rate, skipsIdleTime: false) else { throw Never.noIdle }
        #expect(tick > pc.clock.now && tick < pc.clock.rate / 500)
        pc.skip(to: tick + 1_000_000)
        #expect(pc.clock.now == tick, "time stops at the event")
    }

    private enum Never: Error { case noIdle }

    /// However a run is cut into slices, the machine ends in the same state.
    @Test func slicesLeaveNoTrace() throws {
        let whole = try Self.machine(Self.ticking)
        _ = whole.run(until: 3_000_000)
        for slice: UInt64 in [1, 7, 1000, 999_999] {
            let pc = try Self.machine(Self.ticking)
            let end: UInt64 = slice == 1 ? 200_000 : 3_000_000
            while pc.clock.now < end {
                if case .idle(let tick) = pc.run(until: min(pc.clock.now + slice, end), skipsIdleTime: false) {
                    pc.skip(to: min(tick, end))
                }
            }
            if slice == 1 { continue }
            #expect(pc.stateHash() == whole.stateHash(), "slices of \(slice)")
        }
    }

    /// A disk that gets its last word from REP OUTSW is busy from that iteration's tick on, not from the one before: found by comparing a
    /// run with its slices.
    @Test func aDeviceSeesTheTickOfEachIteration() throws {
        let end = SnapshotProgram.length
        let whole = try SnapshotProgram.machine()
        _ = whole.run(until: end)
        let sliced = try SnapshotProgram.machine()
        for tick in 0...end { _ = sliced.run(until: tick) }
        #expect(sliced.stateHash() == whole.stateHash())
    }

    @Test func keysEnterOneAfterTheOther() throws {
        let pc = try Self.machine(Self.ticking)
        var entered: [(UInt64, InputGate.Input)] = []
        pc.input.onDelivery = { entered.append(($0, $1)) }
        _ = pc.run(until: 1_000_000)
        pc.input.press([.shift, .a])
        pc.input.send(Array("hi".utf8), to: 0)
        _ = pc.run(until: 20_000_000)
        let keys = entered.filter { if case .key = $0.1 { true } else { false } }
        #expect(
            keys.map(\.1) == [.key(.shift, down: true), .key(.a, down: true), .key(.a, down: false), .key(.shift, down: false)])
        for (one, next) in zip(keys, keys.dropFirst()) { #expect(next.0 - one.0 >= 1_500_000) }
        #expect(entered.contains { $0.1 == .serial(line: 0, byte: UInt8(ascii: "i")) })
    }

    /// Bytes of the guest's serial line, debug console and POST port arrive outside in order.
    @Test func outputReachesItsSinks() throws {
        final class Sink { var bytes: [UInt8] = [] }
        let (post, debug) = (Sink(), Sink())
        // out 80h,al with 1, 2; out E9h,al with 'A'; hlt
        let code: [UInt8] = [0xB0, 1, 0xE6, 0x80, 0xB0, 2, 0xE6, 0x80, 0xB0, 0x41, 0xE6, 0xE9, 0xF4]
        let pc = try Self.machine(code) {
            $0.postCodeOutput = { post.bytes.append($0) }
            $0.debugOutput = { debug.bytes.append($0) }
        }
        _ = pc.run(until: 1000)
        #expect(post.bytes == [1, 2])
        #expect(debug.bytes == [0x41])
    }

    /// The place of a diagnostic is the instruction that did it.
    @Test func unconnectedPortsAreReportedWithTheirSite() throws {
        var lines: [String] = []
        let pc = try Self.machine([0x90, 0xE4, 0x99, 0xF4])
        pc.log.listener = { lines.append("\($0.diagnostic.message) \($0.site)") }
        _ = pc.run(until: 1000)
        #expect(lines == ["port 0099h is not connected; reads FFh F000:00000001"])
    }
}

/// A machine that nobody holds any more gives its memory back: a suite makes hundreds.
@Suite struct MachineLifetimeTests {
    @Test(arguments: PC.Machine.allCases) func aMachineIsFreed(_ kind: PC.Machine) throws {
        weak var machine: PC?
        weak var bus: SystemBus?
        weak var memory: MainMemory?
        var chips: [() -> (any Chip)?] = []
        do {
            var configuration = PC.Configuration()
            configuration.machine = kind
            configuration.memoryBytes = 1 << 20
            let pc = try PC(configuration)
            _ = pc.run(until: 100_000)
            (machine, bus, memory) = (pc, pc.bus, pc.memory)
            chips = pc.parts.chips.map { chip in { [weak chip] in chip } }
        }
        #expect(machine == nil)
        #expect(bus == nil && memory == nil)
        let left = chips.compactMap { $0()?.name }
        #expect(chips.count > 20 && left == [], "\(left) are left")
    }
}
