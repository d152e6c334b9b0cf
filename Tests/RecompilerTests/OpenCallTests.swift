import Processor
import TestKit
import Testing

@testable import Recompiler

/// The calls that are open, as both engines keep them.
@Suite struct OpenCallTests {
    /// 32-bit code at 1000h to its HLT on both engines, in slices of several sizes, after each of which the same calls are open. Yields how many different ones there were.
    private func run(_ code: [UInt8]) throws -> Int {
        try [7, 10, 13, 100].reduce(into: Set<UInt64>()) { $0.formUnion(try run(code, slice: $1)) }.count
    }

    private func run(_ code: [UInt8], slice: UInt64) throws -> Set<UInt64> {
        let (law, machine) = (FlatMachine(model: .max, megabytes: 4), FlatMachine(model: .max, megabytes: 4))
        let (lawful, calls) = (try OpenCalls(), try OpenCalls())
        law.cpu.keep(lawful)
        machine.cpu.keep(calls)
        let engine = try #require(Recompiler(machine.cpu, threshold: 1))
        for one in [law, machine] {
            one.write(0x1000, code)
            one.cpu.state = .flat
        }
        var seen: Set<UInt64> = []
        while law.cpu.run(until: law.clock.now + slice) == .deadline {
            #expect(machine.cpu.run(until: machine.clock.now + slice) == .deadline)
            #expect(machine.cpu.lastCall == law.cpu.lastCall)
            let top = law.cpu.keyOfCall(at: law.cpu.state.rsp)
            for key in stride(from: top &- 32, to: top &+ 32, by: 4) {
                let (call, same) = (lawful[key], calls[key])
                #expect(same?.address == call?.address && same?.outer == call?.outer)
                if key >= top, let call { seen.insert(call.address) }
            }
        }
        _ = machine.cpu.run(until: machine.clock.now + slice)
        #expect(machine.cpu.state == law.cpu.state)
        #expect(engine.statistics.regions > 0)
        return seen
    }

    /// mov ecx, 1000; again: call function; inc edi; dec ecx; jnz again; hlt; function: add ebx, ecx; call inner; ret; inner: lea edx, [edx + ecx]; ret
    private let nested: [UInt8] =
        [0xB9, 0xE8, 3, 0, 0, 0xE8, 5, 0, 0, 0, 0x47, 0x49, 0x75, 0xF7, 0xF4] + [
            0x01, 0xCB, 0xE8, 1, 0, 0, 0, 0xC3, 0x8D, 0x14, 0x0A, 0xC3,
        ]

    @Test func callsInCalls() throws { #expect(try run(nested) == 2) }

    /// mov ecx, 1000; again: mov eax, function; call eax; dec ecx; jnz again; hlt; function: push 5; call inner; ret; inner: ret 4
    @Test func computedTargetsAndArguments() throws {
        let code: [UInt8] =
            [0xB9, 0xE8, 3, 0, 0, 0xB8, 0x10, 0x10, 0, 0, 0xFF, 0xD0, 0x49, 0x75, 0xF6, 0xF4]
            + [0x6A, 5, 0xE8, 1, 0, 0, 0, 0xC3, 0xC2, 4, 0]
        #expect(try run(code) == 2)
    }

    /// A RET that goes to what nobody has called begins a task: mov ecx, 1000; again: push behind; ret; behind: call function; dec ecx; jnz again; hlt;
    /// function: ret
    @Test func returnsThatCall() throws {
        let code: [UInt8] =
            [0xB9, 0xE8, 3, 0, 0, 0x68, 0x0B, 0x10, 0, 0, 0xC3, 0xE8, 4, 0, 0, 0, 0x49, 0x75, 0xF2, 0xF4] + [0xC3]
        #expect(try run(code) == 1)
    }

    /// The flags of a comparison before a call are the function's: mov ecx, 1000; again: cmp ecx, 500; call function; dec ecx; jnz again; hlt;
    /// function: adc edi, 0; ret
    @Test func flagsOfTheCaller() throws {
        let code: [UInt8] =
            [0xB9, 0xE8, 3, 0, 0, 0x81, 0xF9, 0xF4, 1, 0, 0, 0xE8, 4, 0, 0, 0, 0x49, 0x75, 0xF2, 0xF4] + [0x83, 0xD7, 0, 0xC3]
        #expect(try run(code) == 1)
    }

    /// A call is open until something returns through its place, whatever the function did with the stack.
    @Test func whatIsNotOpenIsNone() throws {
        let calls = try OpenCalls()
        let machine = FlatMachine(model: .max, megabytes: 4)
        machine.cpu.keep(calls)
        // call function; hlt; function: pop eax; push eax; ret
        machine.write(0x1000, [0xE8, 1, 0, 0, 0, 0xF4, 0x58, 0x50, 0xC3])
        machine.cpu.state = .flat
        machine.cpu.stepOne()
        let key = machine.cpu.lastCall
        #expect(
            key == machine.cpu.keyOfCall(at: machine.cpu.state.rsp) && calls[key]?.returnAddress == 0x1005
                && calls[key]?.isInterrupt == false)
        for _ in 0..<3 { machine.cpu.stepOne() }
        #expect(calls[key] == nil)
    }

    /// A RET that finds what nobody has called is the root of a task: push 1010h; push 0; add esp, 4; ret
    @Test func whatNobodyHasCalledIsARoot() throws {
        let calls = try OpenCalls()
        let machine = FlatMachine(model: .max, megabytes: 4)
        machine.cpu.keep(calls)
        machine.write(0x1000, [0x68, 0x10, 0x10, 0, 0, 0x6A, 0, 0x83, 0xC4, 4, 0xC3])
        machine.cpu.state = .flat
        for _ in 0..<4 { machine.cpu.stepOne() }
        let root = try #require(calls[machine.cpu.state.rsp &- 4])
        #expect(root.isRoot && root.returnAddress == 0x1010 && !root.isInterrupt && machine.cpu.lastCall == 0)
    }
}
