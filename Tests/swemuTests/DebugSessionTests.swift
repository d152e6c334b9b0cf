import Board
import Testing

@testable import Debugging
@testable import Session
@testable import swemu

@Suite struct DebugSessionTests {
    /// A debugger in a process that has others: commands, files and machine go with it.
    @Test func aSessionLeavesNothingBehind() throws {
        weak var commands: CommandSession?
        weak var session: DebugSession?
        weak var machine: PC?
        do {
            let run = try Run.parse([ArrowsTests.root + "/testroms/demo/demo.img", "--headless", "--serial", "null"])
            let made = try DebugSession(run.plan.underDebugger(writesThrough: false))
            #expect(made.commands.execute("stepi 3"))
            (commands, session, machine) = (made.commands, made, made.host.pc)
        }
        #expect(commands == nil)
        #expect(session == nil)
        #expect(machine == nil)
    }
}
