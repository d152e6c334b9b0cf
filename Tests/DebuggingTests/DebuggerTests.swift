import Board
import MachineKit
import Processor
import Recompiler
import Testing
import TestKit

@testable import Debugging

/// A guest under the debugger, with one of the engines.
final class DebuggedGuest {
    let debugger: Debugger
    private let engine: Recompiler?
    var pc: PC { debugger.pc }
    var state: CPUState { pc.cpu.state }

    /// Stands at the first byte of `code`, at 100000h.
    init(_ code: [UInt8], _ engine: Engine, entered: Bool = true) throws {
        let pc = try entered ? Guests.entered(code) : Guests.machine(code)
        self.engine = engine.use(on: pc.cpu)
        debugger = Debugger(pc)
    }

    /// The same machine without a debugger, at the same tick, has the same state.
    func isUntouched(_ code: [UInt8], _ engine: Engine, entered: Bool = true) throws -> Bool {
        let twin = try DebuggedGuest(code, engine, entered: entered)
        while twin.pc.clock.now < pc.clock.now, case .limit = twin.pc.run(until: pc.clock.now) {}
        return twin.pc.stateHash() == pc.stateHash()
    }
}

/// The hits of a breakpoint that stop.
@Suite struct HitRuleTests {
    @Test(arguments: [
        ("3", [3, 4, 5, 6]), (">= 5", [5, 6]), (">4", [5, 6]), ("== 2", [2]), ("=2", [2]), ("< 3", [1, 2]), ("<=1", [1]),
        (" % 3 ", [3, 6]),
    ]) func rulesAreThoseOfEditors(_ text: String, _ hits: [UInt64]) throws {
        let rule = try HitRule(text)
        #expect((1...6).filter { rule.stops(at: $0) } == hits)
    }

    @Test(arguments: ["", "0", "x", ">", "% 0", ">= -1", "1 2", "=> 3", "99999999999999999999"]) func othersAreRefused(
        _ text: String
    ) {
        #expect(throws: DebuggerError.self) { try HitRule(text) }
    }

    @Test func pointsThatOnlyTellDoNotStop() throws {
        let guest = try DebuggedGuest(DebuggerTests.loop, .blocks)
        var told: [(Int, UInt64)] = []
        guest.debugger.onTelling = { told.append(($0, guest.state.rcx)) }
        guest.debugger.add(.linear(0x10_0005), condition: try Expression("ecx % 100 == 0"))
        guest.debugger.change(1) {
            $0.onlyTells = true
            $0.rule = try? HitRule("> 1")
        }
        guest.debugger.add(.linear(0x10_000E))
        #expect(guest.debugger.run(budget: 100_000).cause == .reached([2]))
        #expect(told.map(\.0) == Array(repeating: 1, count: 9) && told.map(\.1) == (1...9).map { 100 * $0 })
    }

    @Test func aConditionThatCannotBeToldStopsAndSaysWhy() throws {
        let guest = try DebuggedGuest(DebuggerTests.loop, .blocks)
        let condition = try Expression("1 / (ecx - ecx) == 1")
        // Of the moment, and not of the wish.
        try guest.debugger.requireMeaning(of: condition, for: .linear(0x10_0005))
        #expect(throws: DebuggerError.self) {
            try guest.debugger.requireMeaning(of: Expression("nothing == 1"), for: .linear(0x10_0005))
        }
        guest.debugger.add(.linear(0x10_0005), condition: condition)
        #expect(guest.debugger.run(budget: 100).cause == .reached([1]))
        #expect(guest.debugger.points[0].failure == "division by zero")
    }
}

/// Stops at places, the steps, and what they must not change.
@Suite struct DebuggerTests {
    /// mov ecx,0; inc ecx; cmp ecx,1000; jne -9; jmp $
    static let loop: [UInt8] = [0xB9, 0, 0, 0, 0, 0x41, 0x81, 0xF9, 0xE8, 3, 0, 0, 0x75, 0xF7, 0xEB, 0xFE]
    /// mov esp,300000h; call +1; hlt; inc eax; push eax; mov edi,200000h; mov ecx,3; rep stosb; pop eax; ret
    static let call: [UInt8] = [
        0xBC, 0, 0, 0x30, 0, 0xE8, 1, 0, 0, 0, 0xF4, 0x40, 0x50, 0xBF, 0, 0, 0x20, 0, 0xB9, 3, 0, 0, 0, 0xF3, 0xAA, 0x58, 0xC3,
    ]

    @Test(arguments: Engine.allCases) func aBreakpointStopsBeforeItsInstructionAndLetsGoOn(engine: Engine) throws {
        let guest = try DebuggedGuest(Self.loop, engine)
        guest.debugger.add(.linear(0x10_0005))
        for turn in 0..<300 as Range<UInt64> {
            let report = guest.debugger.run()
            #expect(report.cause == .reached([1]))
            #expect(guest.state.rip == 0x10_0005 && guest.state.rcx == turn)
        }
        #expect(guest.debugger.points[0].hits == 300)
        #expect(try guest.isUntouched(Self.loop, engine))
        guest.debugger.remove(1)
        #expect(guest.debugger.run(budget: 10_000).cause == .budget)
        #expect(guest.state.rcx == 1000)
        #expect(try guest.isUntouched(Self.loop, engine))
    }

    @Test(arguments: Engine.allCases) func placesAreLinearPhysicalOrFar(engine: Engine) throws {
        let guest = try DebuggedGuest(Self.loop, engine)
        guest.debugger.add(.physical(0x10_0006), isTemporary: true)
        #expect(guest.debugger.run().cause == .reached([1]))
        #expect(guest.state.rip == 0x10_0006 && guest.debugger.points.isEmpty)
        guest.debugger.add(.far(selector: guest.state.cs.selector &+ 8, offset: 0x10_0005))
        guest.debugger.add(.far(selector: guest.state.cs.selector, offset: 0x10_000C))
        #expect(guest.debugger.run().cause == .reached([3]))
        #expect(guest.state.rip == 0x10_000C)
    }

    @Test(arguments: Engine.allCases) func conditionsAndCountsDecide(engine: Engine) throws {
        let guest = try DebuggedGuest(Self.loop, engine)
        guest.debugger.add(.linear(0x10_0005), condition: try Expression("ecx == 500 || cl == 0xff"), ignoreCount: 1)
        #expect(guest.debugger.run().cause == .reached([1]))
        #expect(guest.state.rcx == 500)
        #expect(guest.debugger.points[0].hits == 2)
        guest.debugger.change(1) { $0.isEnabled = false }
        #expect(guest.debugger.run(budget: 5000).cause == .budget)
    }

    @Test(arguments: Engine.allCases) func stepsOverIntoAndOut(engine: Engine) throws {
        let guest = try DebuggedGuest(Self.call, engine)
        #expect(guest.debugger.step(2).isDone)
        #expect(guest.state.rip == 0x10_000B)
        #expect(guest.debugger.step(4).isDone)
        #expect(guest.state.rip == 0x10_0017 && guest.state.rcx == 3)
        #expect(guest.debugger.step().isDone)
        #expect(guest.state.rip == 0x10_0017 && guest.state.rcx == 2, "one iteration")
        #expect(guest.debugger.stepOver().isDone)
        #expect(guest.state.rip == 0x10_0019 && guest.state.rcx == 0)
        #expect(guest.debugger.out().isDone)
        #expect(guest.state.rip == 0x10_000A && guest.state.rsp == 0x30_0000)

        let other = try DebuggedGuest(Self.call, engine)
        #expect(other.debugger.step().isDone)
        #expect(other.debugger.stepOver().isDone)
        #expect(other.state.rip == 0x10_000A && other.state.rsp == 0x30_0000)
        #expect(other.pc.stateHash() == guest.pc.stateHash())
        #expect(try guest.isUntouched(Self.call, engine))
    }

    @Test(arguments: Engine.allCases) func aRepeatedInstructionStopsOnce(engine: Engine) throws {
        let guest = try DebuggedGuest(Self.call, engine)
        guest.debugger.add(.linear(0x10_0017))
        guest.debugger.add(.linear(0x10_0019))
        #expect(guest.debugger.run().cause == .reached([1]))
        #expect(guest.debugger.run().cause == .reached([2]))
    }

    @Test(arguments: Engine.allCases) func untilLeavesALoop(engine: Engine) throws {
        let guest = try DebuggedGuest(Self.loop, engine)
        #expect(guest.debugger.step(4).isDone)
        #expect(guest.state.rip == 0x10_0005)
        #expect(guest.debugger.until(0x10_000C).isDone)
        #expect(guest.state.rcx == 2)
        #expect(guest.debugger.untilPast().isDone)
        #expect(guest.state.rip == 0x10_000E && guest.state.rcx == 1000)
    }

    /// A point on what somebody else writes: the stop is where the new instruction is.
    @Test(arguments: Engine.allCases) func codeMayChangeUnderABreakpoint(engine: Engine) throws {
        // again: inc eax; mov byte [100000h],48h (dec eax); jmp again
        let code: [UInt8] = [0x40, 0xC6, 0x05, 0, 0, 0x10, 0, 0x48, 0xEB, 0xF6]
        let guest = try DebuggedGuest(code, engine)
        let start = guest.state.rax
        guest.debugger.add(.linear(0x10_0000))
        for turn in 1...100 as ClosedRange<UInt64> {
            #expect(guest.debugger.run().cause == .reached([1]))
            #expect(guest.state.rax == (start &+ 2 &- turn) & 0xFFFF_FFFF)
        }
        #expect(try guest.isUntouched(code, engine))
    }

    @Test(arguments: Engine.allCases) func breakpointsSurviveAReset(engine: Engine) throws {
        // mov al,FEh; out 64h,al; jmp $
        let code: [UInt8] = [0xB0, 0xFE, 0xE6, 0x64, 0xEB, 0xFE]
        let guest = try DebuggedGuest(code, engine, entered: false)
        guest.debugger.add(.linear(0xFFFF_FFF0))
        guest.debugger.add(.linear(0x10_0000))
        for _ in 0..<2 {
            #expect(guest.debugger.run().cause == .reached([2]))
            #expect(guest.debugger.run().cause == .reached([1]))
        }
        #expect(try guest.isUntouched(code, engine, entered: false))
    }

    @Test func magicStopsBehindItselfWhenAskedFor() throws {
        // inc eax; xchg bx,bx; inc eax; jmp $
        let code: [UInt8] = [0x40, 0x66, 0x87, 0xDB, 0x40, 0xEB, 0xFE]
        for engine in Engine.allCases {
            let guest = try DebuggedGuest(code, engine)
            #expect(guest.debugger.run(budget: 100).cause == .budget)
            let asked = try DebuggedGuest(code, engine)
            asked.debugger.add(.magic)
            #expect(asked.debugger.run(budget: 100).cause == .reached([1]))
            #expect(asked.state.rip == 0x10_0004)
            #expect(asked.debugger.run(budget: 100).cause == .budget)
            #expect(try asked.isUntouched(code, engine))
        }
    }

    @Test func theUserCanAskForAStop() throws {
        let guest = try DebuggedGuest(Self.loop, .blocks)
        var asked = 0
        guest.debugger.betweenSlices = { _ in
            asked += 1
            return asked == 3
        }
        #expect(guest.debugger.run().cause == .asked)
        #expect(asked == 3)
    }

    @Test func anEndIsAStop() throws {
        // ud2 without an IDT
        let guest = try DebuggedGuest([0x0F, 0x0B], .blocks)
        #expect(guest.debugger.run().cause == .ended(.tripleFault))
        #expect(guest.debugger.step().cause == .ended(.tripleFault))
    }
}
