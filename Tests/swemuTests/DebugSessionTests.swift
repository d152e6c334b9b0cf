import Board
import Testing

@testable import Debugging
@testable import Session
@testable import swemu

#if Web
    import NIOEmbedded
    @testable import Web
#endif

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

    #if Web
        /// Each attempt at a lesson is a machine of its own behind the page, and `swemu serve` may run for days.
        @Test func aPageLeavesNothingBehind() throws {
            weak var session: DebugSession?
            weak var machine: PC?
            weak var page: WebSession?
            do {
                let run = try Run.parse([ArrowsTests.root + "/testroms/demo/demo.img", "--headless", "--serial", "null"])
                let made = try DebugSession(run.plan.underDebugger(writesThrough: false))
                let (mailbox, channel) = (Mailbox(), EmbeddedChannel())
                // Its pipeline and it hold each other until it is closed.
                defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
                let client = mailbox.enter(channel)
                for command in ["step 3", "back", "quit"] {
                    _ = mailbox.put(Array(#"{"command":"\#(command)"}"#.utf8), from: client)
                }
                let served = WebSession(made, mailbox, title: "demo", stopped: true)
                _ = served.serve {}
                (session, machine, page) = (made, made.host.pc, served)
            }
            #expect(page == nil)
            #expect(session == nil)
            #expect(machine == nil)
        }
    #endif
}
