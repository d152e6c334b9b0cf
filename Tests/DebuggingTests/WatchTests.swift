import Board
import Processor
import Testing
import TestKit

@testable import Debugging
@testable import Inspection

/// Stops at accesses and events.
@Suite struct WatchTests {
    /// mov eax,5; mov [200000h],eax; add byte [200002h],7; movzx ebx,word [200004h]; jmp $
    private static let accesses: [UInt8] = [
        0xB8, 5, 0, 0, 0, 0xA3, 0, 0, 0x20, 0, 0x80, 0x05, 2, 0, 0x20, 0, 7, 0x0F, 0xB7, 0x1D, 4, 0, 0x20, 0, 0xEB, 0xFE,
    ]

    @Test(arguments: Engine.allCases) func writesAndReadsStopBehindTheirInstruction(engine: Engine) throws {
        for space in [StopConditions.DataWatch.Space.linear, .physical] {
            let guest = try DebuggedGuest(Self.accesses, engine)
            guest.debugger.add(.data(.init(space, 0x20_0000..<0x20_0004)))
            guest.debugger.add(.data(.init(space, 0x20_0005..<0x20_0006, reads: true, writes: false)))
            var report = guest.debugger.run(budget: 1000)
            #expect(report.cause == .reached([1]) && report.rip == 0x10_000A)
            #expect(report.event?.rip == 0x10_0005)
            #expect(
                report.event?.kind == .data(linear: 0x20_0000, physical: 0x20_0000, size: 4, isWrite: true, value: 5))
            #expect(report.change == .init(address: 0x20_0000, old: [0, 0, 0, 0], new: [5, 0, 0, 0]))
            report = guest.debugger.run(budget: 1000)
            #expect(report.cause == .reached([1]) && report.rip == 0x10_0011)
            #expect(report.change?.new == [5, 0, 7, 0])
            report = guest.debugger.run(budget: 1000)
            #expect(report.cause == .reached([2]) && report.rip == 0x10_0018)
            #expect(report.event?.kind == .data(linear: 0x20_0004, physical: 0x20_0004, size: 2, isWrite: false, value: 0))
            #expect(guest.debugger.run(budget: 1000).cause == .budget)
            #expect(try guest.isUntouched(Self.accesses, engine))
        }
    }

    @Test(arguments: Engine.allCases) func portsStop(engine: Engine) throws {
        // mov al,42h; out 80h,al; in al,80h; jmp $
        let code: [UInt8] = [0xB0, 0x42, 0xE6, 0x80, 0xE4, 0x80, 0xEB, 0xFE]
        let guest = try DebuggedGuest(code, engine)
        guest.debugger.add(.port(.init(0x80...0x80)))
        #expect(guest.debugger.run(budget: 1000).event?.kind == .port(0x80, size: 1, isWrite: true, value: 0x42))
        #expect(guest.state.rip == 0x10_0004)
        #expect(guest.debugger.run(budget: 1000).event?.kind == .port(0x80, size: 1, isWrite: false, value: guest.state.rax & 0xFF))
        #expect(guest.debugger.run(budget: 1000).cause == .budget)
        #expect(try guest.isUntouched(code, engine))
    }

    @Test(arguments: Engine.allCases) func controlRegistersAndModesStop(engine: Engine) throws {
        // mov eax,cr0; mov cr0,eax; mov cr3,eax; btr eax,0; mov cr0,eax; jmp $
        let code: [UInt8] = [
            0x0F, 0x20, 0xC0, 0x0F, 0x22, 0xC0, 0x0F, 0x22, 0xD8, 0x0F, 0xBA, 0xF0, 0, 0x0F, 0x22, 0xC0, 0xEB, 0xFE,
        ]
        let guest = try DebuggedGuest(code, engine)
        guest.debugger.add(.controlRegister(0))
        guest.debugger.add(.controlRegister(3))
        guest.debugger.add(.modeChange)
        #expect(guest.debugger.run(budget: 1000).cause == .reached([1]))
        #expect(guest.debugger.run(budget: 1000).cause == .reached([2]))
        let report = guest.debugger.run(budget: 1000)
        #expect(report.cause == .reached([3, 1]) || report.cause == .reached([1, 3]))
        #expect(guest.state.rip == 0x10_0010 && !guest.state.cr0.contains(.PE))
        #expect(try guest.isUntouched(code, engine))
    }

    @Test(arguments: Engine.allCases) func deliveriesStopAtTheirHandler(engine: Engine) throws {
        let guest = try DebuggedGuest(DebuggerTests.loop, engine, entered: false)
        guest.debugger.add(.interrupt(0x10...0x19))
        let report = guest.debugger.run(budget: 10_000_000)
        guard case .delivery(let delivery)? = report.event?.kind else {
            Issue.record("\(report)")
            return
        }
        #expect((0x10...0x19).contains(delivery.fault.vector) && report.cause == .reached([1]))
        let vector = MachineView(guest.pc).physical(UInt64(delivery.fault.vector) * 4, 4)
        #expect(guest.state.rip == vector & 0xFFFF && UInt64(guest.state.cs.selector) == vector >> 16)
        #expect(try guest.isUntouched(DebuggerTests.loop, engine, entered: false))
    }

    /// Through the firmware's whole start with stops of all kinds, which is met again and again: the same states as without.
    @Test(arguments: Engine.allCases) func aMachineWithManyStopsIsTheSameMachine(engine: Engine) throws {
        let guest = try DebuggedGuest(DebuggerTests.loop, engine, entered: false)
        guest.debugger.add(.data(.init(.physical, 0x400..<0x500, reads: true)))
        guest.debugger.add(.interrupt(0...255))
        guest.debugger.add(.port(.init(0x20...0x71)))
        guest.debugger.add(.magic)
        guest.debugger.add(.modeChange)
        guest.debugger.add(.linear(0x10_0005))
        var stops = 0
        while guest.pc.clock.now < 200_000, stops < 100_000 {
            _ = guest.debugger.run(budget: 200_000 - guest.pc.clock.now)
            stops += 1
        }
        #expect(stops > 500)
        #expect(try guest.isUntouched(DebuggerTests.loop, engine, entered: false))
    }

    /// The TLB of a real processor answers for a page whose accessed flag was cleared in memory; a watched page must not tell on the watcher.
    @Test(arguments: Engine.allCases) func watchingAPageLeavesItsAccessedFlagAlone(engine: Engine) throws {
        // mov [200000h],eax; and dword [301800h],~60h; mov [200000h],eax; mov ebx,[200000h]; jmp $
        let code: [UInt8] = [
            0xA3, 0, 0, 0x20, 0, 0x83, 0x25, 0, 0x18, 0x30, 0, 0x9F, 0xA3, 0, 0, 0x20, 0, 0x8B, 0x1D, 0, 0, 0x20, 0, 0xEB, 0xFE,
        ]
        var flags: [UInt64] = []
        for isWatched in [false, true] {
            let guest = try DebuggedGuest(code, engine)
            // A directory at 300000h, a table of the first 4 MB at 301000h.
            for entry in 0..<1024 as Range<UInt64> {
                try guest.debugger.write(UInt32(entry << 12 | 3).bytes, toPhysical: 0x30_1000 + 4 * entry)
            }
            try guest.debugger.write(UInt32(0x30_1003).bytes, toPhysical: 0x30_0000)
            try guest.debugger.set(register: "cr3", to: 0x30_0000)
            try guest.debugger.set(register: "cr0", to: UInt64(guest.state.cr0.rawValue) | 1 << 31)
            if isWatched { guest.debugger.add(.data(.init(.linear, 0x20_0000..<0x20_0004, reads: true))) }
            while guest.debugger.run(budget: 100).cause != .budget {}
            #expect(guest.debugger.points.first?.hits ?? 3 == 3)
            flags.append(guest.debugger.view.physical(0x30_1800, 4) & 0x60)
        }
        #expect(flags == [0, 0])
    }
}

extension FixedWidthInteger {
    /// Little-endian.
    var bytes: [UInt8] { withUnsafeBytes(of: littleEndian) { [UInt8]($0) } }
}
