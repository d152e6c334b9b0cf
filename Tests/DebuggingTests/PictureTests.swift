import MachineKit
import Processor
import Testing
import X86

@testable import Board
@testable import Debugging

/// The ways of addresses and interrupts, box by box.
@Suite struct PictureTests {
    private func session() throws -> CommandSession {
        CommandSession(Debugger(try Guests.entered([0x90, 0xEB, 0xFD])), host: FakeHost()) { _ in }
    }

    private func path(_ text: String, _ session: CommandSession) throws -> Picture {
        try AddressPath.picture(text, in: session.debugger.context)
    }

    @Test func aFlatAddressGoesThroughDescriptorLimitAndMemory() throws {
        let picture = try path("ds:0x1234", session())
        #expect(
            picture.boxes.map(\.title) == ["Segment DS", "Descriptor", "Limit", "Linear address", "Paging", "Physical address"])
        #expect(picture.obstacle == nil)
        #expect(picture.boxes.last?.lines.first == "00001234h")
    }

    @Test func aLimitEndsTheWay() throws {
        let session = try session()
        session.pc.cpu.state.ds.limit = 0xFFF
        let picture = try path("ds:0x1000", session)
        #expect(picture.obstacle?.title == "Limit")
        #expect(picture.obstacle?.lines.last == "beyond limit 00000FFFh: #GP")
        #expect(try path("ds:0xfff", session).obstacle == nil)
    }

    @Test func aNullSelectorEndsTheWay() throws {
        let session = try session()
        session.pc.cpu.state.es = SegmentRegister()
        let picture = try path("es:0", session)
        #expect(picture.obstacle?.title == "Segment ES")
    }

    @Test func aMissingPageEndsTheWay() throws {
        let session = try session()
        session.pc.cpu.state.cr0.insert(.PG)
        session.pc.cpu.state.cr3 = 0x20_0000
        session.pc.poke(physical: 0x20_0000 + 4 * 0x300, UInt32(0x20_1003))
        session.pc.poke(physical: 0x20_1000, UInt32(0x30_0003))
        let picture = try path("0xc0000010", session)
        #expect(picture.boxes.map(\.title) == ["Linear address", "Page directory entry", "Page table entry", "Physical address"])
        #expect(picture.boxes.last?.lines.first == "00300010h")
        let missing = try path("0xc0001000", session)
        #expect(missing.obstacle?.title == "Page table entry")
        #expect(missing.obstacle?.lines.last?.contains("not present") == true)
    }

    @Test func aMistakeIsOneLine() throws {
        let session = try session()
        #expect(throws: DebuggerError.self) { try path("ds:", session) }
        #expect(throws: DebuggerError.self) { try path("nothing", session) }
    }

    @Test func anInterruptIsKeptAwayByMaskFlagAndTable() throws {
        let session = try session()
        let pic = session.pc.parts.pic1
        var state = pic.state
        (state.IMR, state.ICW2, state.ISR) = (0xFF, 0x20, 0)
        pic.state = state
        #expect(InterruptPath.picture(line: 1, session).obstacle?.title == "8259A")
        state.IMR = 0xFD
        state.ISR = 0x01
        pic.state = state
        #expect(InterruptPath.picture(line: 1, session).obstacle?.lines.last?.contains("level 0 is in service") == true)
        state.ISR = 0
        pic.state = state
        session.pc.cpu.state.eflags.remove(.IF)
        #expect(InterruptPath.picture(line: 1, session).obstacle?.title == "IF")
        session.pc.cpu.state.eflags.insert(.IF)
        session.pc.cpu.state.idtr.limit = 0
        let picture = InterruptPath.picture(vector: 0x21, session)
        #expect(picture.title == "IRQ1, keyboard: vector 21h")
        #expect(picture.obstacle?.title == "IDT")
    }
}
