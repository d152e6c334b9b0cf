import Board
import Processor
import Testing

@testable import Debugging
@testable import GDB
@testable import Inspection

/// A debugger in front of a machine with four processors.
@Suite struct SeveralProcessorsTests {
    /// All in real mode at 0:1000h: inc ax; inc bx; jmp 1000h. Turns of ten instructions.
    private static func machine() throws -> PC {
        var configuration = PC.Configuration()
        configuration.machine = .pc
        configuration.memoryBytes = 2 << 20
        configuration.processors = ProcessorTopology(sockets: 4)
        configuration.quantum = 10
        let pc = try PC(configuration)
        for (offset, byte) in ([0x40, 0x43, 0xEB, 0xFC] as [UInt8]).enumerated() {
            pc.poke(physical: 0x1000 + UInt64(offset), value: byte)
        }
        for cpu in pc.processors {
            var state = cpu.state
            state.cs = SegmentRegister(selector: 0, base: 0, limit: 0xFFFF, attributes: 0x9B)
            (state.rip, state.activity) = (0x1000, .active)
            cpu.state = state
        }
        return pc
    }

    private static func text(_ answer: GDBStub.Answer) -> String {
        guard case .reply(let bodies) = answer else { return "\(answer)" }
        return String(decoding: bodies.joined(), as: UTF8.self)
    }

    @Test func stepsAreThoseOfTheProcessorThatIsLookedAt() throws {
        let pc = try Self.machine()
        let debugger = Debugger(pc)
        pc.focus = 2
        for count in 1...40 {
            let before = debugger.view.state
            #expect(debugger.step().isDone)
            let after = debugger.view
            #expect(after.cpu.number == 2 && after.state.rip != before.rip, "step \(count)")
        }
        #expect(pc.processors[2].state.rax == 14)
        // A breakpoint is for all: who comes to it first is looked at.
        debugger.add(.linear(0x1002))
        guard case .reached = debugger.run().cause else {
            Issue.record("nobody came to the breakpoint")
            return
        }
        #expect(debugger.view.linearIP == 0x1002 && debugger.view.cpu === pc.cpu)
    }

    @Test func stepsBackGoOverTheTurnsOfOthers() throws {
        let pc = try Self.machine()
        let debugger = Debugger(pc)
        let backwards = try Backwards(debugger)
        pc.focus = 1
        var states = [debugger.view.state]
        for _ in 0..<25 {
            _ = debugger.step()
            states.append(debugger.view.state)
        }
        for (index, state) in states.dropLast().enumerated().reversed() {
            _ = backwards.stepBack()
            #expect(debugger.view.cpu.number == 1 && debugger.view.state == state, "state \(index)")
        }
    }

    @Test func processorsAreThreadsOfGDB() throws {
        let pc = try Self.machine()
        let stub = GDBStub(Debugger(pc))
        func ask(_ packet: String) -> String { Self.text(stub.answer(Array(packet.utf8))) }
        #expect(ask("qfThreadInfo") == "m01,02,03,04" && ask("qC") == "QC01" && ask("T3") == "OK" && ask("T5") == "E16")
        #expect(ask("Hg3") == "OK" && ask("qC") == "QC03")
        #expect(stub.answer(Array("vCont;s:2;c".utf8)) == .resume(.step))
        let stop = String(decoding: stub.stopReply(for: stub.move(.step)), as: UTF8.self)
        #expect(stop.contains("thread:02;"))
        #expect(pc.processors[1].state.rip == 0x1001)
        #expect(
            stub.answer(Array("vCont;c".utf8)) == .resume(.go) && stub.answer(Array("vCont;x".utf8)) == .reply([Array("E16".utf8)]))
        #expect(ask("Hg9") == "E16" && ask("Hc-1") == "OK" && ask("Hg0") == "OK")
    }

    @Test func aLockedProcessorGoesAlone() throws {
        let pc = try Self.machine()
        let debugger = Debugger(pc)
        let backwards = try Backwards(debugger)
        let stub = GDBStub(debugger)
        func counts() -> [UInt64] { pc.processors.map { $0.state.rax & 0xFFFF } }
        _ = debugger.run(budget: 100)
        let before = counts()
        #expect(before.allSatisfy { $0 > 0 })
        #expect(stub.answer(Array("vCont;c:3".utf8)) == .resume(.go))
        debugger.add(.linear(0x1000), condition: try Expression("ax == 60"))
        let tick = pc.clock.now
        let report = stub.move(.go)
        #expect(report.cause == .reached([1]) && debugger.view.cpu.number == 2 && counts()[2] == 60)
        for number in [0, 1, 3] { #expect(counts()[number] == before[number], "processor \(number) executes nothing") }
        #expect(pc.clock.now - tick > 30)
        // The past of that time is the same when it is gone through again.
        let state = pc.processors[2].state
        for _ in 0..<20 { _ = backwards.stepBack() }
        #expect(counts()[0] == before[0] && counts()[2] < 60)
        for _ in 0..<20 { _ = debugger.step() }
        #expect(pc.processors[2].state == state && counts()[1] == before[1])
        // From the next step or run of all on, the others go, too.
        debugger.removeAll()
        #expect(stub.answer(Array("vCont;c".utf8)) == .resume(.go))
        debugger.lastTick = pc.clock.now + 200
        #expect(stub.move(.go).cause == .lastTick)
        for number in 0..<4 { #expect(counts()[number] > before[number], "processor \(number) goes on") }
        // A thread that is none, and all threads by number.
        #expect(stub.answer(Array("vCont;c:9".utf8)) == .reply([Array("E16".utf8)]))
        #expect(stub.answer(Array("vCont;c:-1".utf8)) == .resume(.go) && !stub.isLocked)
    }

    @Test func theProcessorsAreListed() throws {
        let pc = try Self.machine()
        pc.focus = 3
        let lines = ProcessorListing.lines(pc)
        #expect(lines.count == 4 && lines[3].hasPrefix("* cpu 3") && lines[0].contains("its turn"))
    }
}
