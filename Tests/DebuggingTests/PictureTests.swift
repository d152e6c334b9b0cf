import Chips
import MachineKit
import Processor
import Testing
import X86

@testable import Board
@testable import Debugging
@testable import Inspection

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

/// The way of an interrupt over APICs.
@Suite struct APICPictureTests {
    /// A machine with a local and an I/O APIC that are in use, and an IDT with a gate for vector 31h.
    private func session() throws -> CommandSession {
        let pc = try Guests.entered64([0x90, 0xEB, 0xFD], board: .pc)
        let session = CommandSession(Debugger(pc), host: FakeHost()) { _ in }
        var local = try #require(pc.parts.apic?.locals[0].state)
        local.SVR = 0x1FF
        pc.parts.apic?.locals[0].state = local
        setEntry(0x31, pc)
        // A GDT with 64-bit code at 08h, and the gate.
        poke(0x6008, 0x00AF_9B00_0000_FFFF, pc)
        poke(0x5000 + 16 * 0x31, 0x1234 | 8 << 16 | 0x8E << 40, pc)
        (pc.cpu.state.gdtr.base, pc.cpu.state.gdtr.limit) = (0x6000, 15)
        (pc.cpu.state.idtr.base, pc.cpu.state.idtr.limit) = (0x5000, 0xFFF)
        pc.cpu.state.eflags.insert(.IF)
        return session
    }

    private func poke(_ address: UInt64, _ value: UInt64, _ pc: PC) {
        for byte in 0..<8 as Range<UInt64> {
            pc.poke(physical: address + byte, value: UInt8(truncatingIfNeeded: value >> (8 * byte)))
        }
    }

    /// The entry of the keyboard's input.
    private func setEntry(_ value: UInt64, _ pc: PC) { pc.parts.apic?.io.state.entries[1] = value }

    private func changeLocal(_ pc: PC, _ change: (inout LocalAPIC.State) -> Void) {
        guard var state = pc.parts.apic?.locals[0].state else { return }
        change(&state)
        pc.parts.apic?.locals[0].state = state
    }

    @Test func theWayLeadsOverBothAPICs() throws {
        let session = try session()
        let picture = InterruptPath.picture(line: 1, session)
        #expect(picture.title == "IRQ1, keyboard: vector 31h")
        #expect(picture.boxes.map(\.title) == ["Line IRQ1", "I/O APIC", "Message", "Local APIC", "IF", "IDT", "Stack", "Handler"])
        #expect(picture.obstacle == nil, "\(picture.boxes)")
        #expect(InterruptPath.picture(vector: 0x31, session) == picture)
        #expect(InterruptPath.vector(ofLine: 1, session) == 0x31)
    }

    @Test func eachGateOfTheAPICsEndsTheWay() throws {
        let session = try session()
        let pc = session.pc
        setEntry(0x0200_0000_0000_0031, pc)
        #expect(InterruptPath.picture(line: 1, session).obstacle?.lines.last == "no processor is meant")
        setEntry(0x31 | 1 << 15 | 1 << 14, pc)
        #expect(InterruptPath.picture(line: 1, session).obstacle?.lines.last?.contains("EOI for vector 31h") == true)
        setEntry(0x31, pc)
        changeLocal(pc) { $0.TPR = 0x40 }
        #expect(InterruptPath.picture(line: 1, session).obstacle?.lines.last == "TPR 40h lets only higher classes through")
        changeLocal(pc) {
            $0.TPR = 0
            $0.ISR[0x3F] = true
        }
        #expect(InterruptPath.picture(line: 1, session).obstacle?.lines.last == "vector 3Fh is in service: its EOI is awaited")
        changeLocal(pc) {
            $0.ISR = VectorSet()
            $0.SVR = 0xFF
        }
        // Without a local APIC that is on, the 8259As have it.
        #expect(InterruptPath.picture(line: 1, session).boxes[1].title == "8259A")
    }

    @Test func aLineThatIsMaskedEverywhereIsToldSo() throws {
        let session = try session()
        setEntry(0x1_0031, session.pc)
        session.pc.parts.apic?.io.state.entries[4] = 0x34
        var pic = session.pc.parts.pic1.state
        pic.IMR = 0xFF
        session.pc.parts.pic1.state = pic
        #expect(InterruptPath.picture(line: 1, session).obstacle?.lines.last == "bit 16 is 1: masked")
        #expect(InterruptPath.vector(ofLine: 1, session) == 0x31)
    }

    @Test func theLocalTimerHasAWayOfItsOwn() throws {
        let session = try session()
        changeLocal(session.pc) { $0.timer = 0x2_0031 + 1 }
        let picture = InterruptPath.picture(vector: 0x32, session)
        #expect(picture.title == "Local APIC timer: vector 32h")
        #expect(picture.boxes.first?.lines.contains("periodic") == true)
        #expect(picture.obstacle?.title == "IDT")
    }
}

/// Stacks at interrupts, and the map.
@Suite struct MemoryPictureTests {
    private func poke(_ address: UInt64, _ value: UInt64, _ pc: PC) {
        for byte in 0..<8 as Range<UInt64> {
            pc.poke(physical: address + byte, value: UInt8(truncatingIfNeeded: value >> (8 * byte)))
        }
    }

    /// Protected mode with code of ring 0 at 08h, data at 10h, a gate for vector 14, and a TSS whose ESP0 is 8000h.
    private func protected() throws -> PC {
        let pc = try Guests.entered([0x90, 0xEB, 0xFD])
        poke(0x6008, 0x00CF_9B00_0000_FFFF, pc)
        poke(0x6010, 0x00CF_9300_0000_FFFF, pc)
        poke(0x5000 + 8 * 14, 0x1234 | 8 << 16 | 0x8E << 40, pc)
        poke(0x7004, 0x10_0000_8000, pc)
        (pc.cpu.state.gdtr.base, pc.cpu.state.gdtr.limit) = (0x6000, 23)
        (pc.cpu.state.idtr.base, pc.cpu.state.idtr.limit) = (0x5000, 0x7FF)
        pc.cpu.state.tr = SegmentRegister(selector: 0x18, base: 0x7000, limit: 103, attributes: 0x8B)
        pc.cpu.state.rsp = 0x9000
        return pc
    }

    @Test func realModePushesThreeWords() throws {
        let pc = try Guests.entered([0x90])
        pc.cpu.state.cr0.remove(.PE)
        (pc.cpu.state.ss, pc.cpu.state.rsp) = (SegmentRegister(selector: 0x100, base: 0x1000, limit: 0xFFFF, attributes: 0x93), 2)
        let column = try #require(InterruptStack.picture(vector: 8, MachineView(pc)).columns.first)
        #expect(column.cells.map(\.place) == ["00001004h", "00001002h", "00001000h", "00010FFEh", "00010FFCh"])
        #expect(column.cells.suffix(3).map { $0.text.prefix(2) } == ["FL", "CS", "IP"])
        #expect(column.cells.last?.marks == ["SP in the handler"])
    }

    @Test func withoutAChangeOfTheRingTheStackStays() throws {
        let pc = try protected()
        let picture = InterruptStack.picture(vector: 14, MachineView(pc))
        #expect(picture.columns.map(\.isNow) == [true, false])
        let words = picture.columns[0].cells.filter { $0.kind == .written }
        #expect(words.map(\.place) == ["00008FFCh", "00008FF8h", "00008FF4h", "00008FF0h"])
        #expect(words.map(\.text)[1...] == ["CS = 00000010h", "EIP = 00100000h", "error code"])
        // The other column is what a program of ring 3 would leave: five words and the code on the TSS's stack.
        #expect(picture.columns[1].cells.first?.place == "00007FFCh")
        #expect(picture.columns[1].cells.map { $0.text.split(separator: " ")[0] } == ["SS", "ESP", "EFLAGS", "CS", "EIP", "error"])
    }

    @Test func withAChangeOfTheRingTheTSSSaysTheStack() throws {
        let pc = try protected()
        pc.cpu.state.cs.selector = 0x1B
        pc.cpu.state.ss.selector = 0x23
        pc.cpu.state.cpl = 3
        let picture = InterruptStack.picture(vector: 14, MachineView(pc))
        #expect(picture.columns.map(\.isNow) == [false, true])
        #expect(picture.columns[1].cells.first?.text == "SS = 00000023h")
        #expect(picture.columns[1].lines == ["SS0:ESP0 = 0010h:00008000h, in the TSS at 00007004h"])
        pc.cpu.state.tr.limit = 5
        #expect(
            InterruptStack.picture(vector: 14, MachineView(pc)).columns[1].obstacle?.contains("TR's limit ends before it") == true)
        pc.cpu.state.tr.selector = 0
        #expect(InterruptStack.picture(vector: 14, MachineView(pc)).columns[1].obstacle?.contains("TR is 0") == true)
    }

    @Test func in64BitModeTheStackIsAligned() throws {
        let pc = try Guests.entered64([0x90])
        poke(0x6008, 0x00AF_9B00_0000_FFFF, pc)
        poke(0x5000 + 16 * 14, 0x1234 | 8 << 16 | 0x8E << 40, pc)
        poke(0x5000 + 16 * 15, 0x1234 | 8 << 16 | 0x8E02 << 32, pc)
        poke(0x7000 + 36, 0x1_8008, pc)
        poke(0x7000 + 44, 0x1_9008, pc)
        (pc.cpu.state.gdtr.base, pc.cpu.state.gdtr.limit) = (0x6000, 15)
        (pc.cpu.state.idtr.base, pc.cpu.state.idtr.limit) = (0x5000, 0xFFF)
        pc.cpu.state.tr = SegmentRegister(selector: 0x18, base: 0x7000, limit: 103, attributes: 0x8B)
        pc.cpu.state.rsp = 0x1F_FFF8
        let here = InterruptStack.picture(vector: 14, MachineView(pc)).columns[0]
        #expect(here.cells.first { $0.kind == .written }?.address == 0x1F_FFE8)
        #expect(here.cells.count { $0.kind == .written } == 6)
        // IST2 counts whatever the ring is.
        let named = InterruptStack.picture(vector: 15, MachineView(pc)).columns[0]
        #expect(named.cells.first?.address == 0x1_8FF8, "\(named)")
        #expect(named.lines.first?.hasPrefix("IST2 = 0000000000019008h") == true)
    }

    @Test func aGateThatIsNoneIsToldSo() throws {
        let pc = try protected()
        #expect(InterruptStack.picture(vector: 13, MachineView(pc)).columns[0].obstacle == "IDT entry 13 is empty")
        poke(0x5000 + 8 * 15, 0x1234 | 8 << 16 | 0xE << 40, pc)
        #expect(
            InterruptStack.picture(vector: 15, MachineView(pc)).columns[0].obstacle == "IDT entry 15 is not present (P is clear)")
        pc.cpu.state.idtr.limit = 0
        #expect(InterruptStack.picture(vector: 14, MachineView(pc)).columns[0].obstacle?.contains("no IDT") == true)
    }

    @Test func theMapHasWhoAnswersAndWhatPointsThere() throws {
        let map = AddressSpaceMap.picture(MachineView(try protected()), selected: 0xB8000)
        #expect(map.columns.count == 1 && map.arrows.isEmpty)
        let cells = map.columns[0].cells
        #expect(cells.first { $0.text == "VGA memory" }?.marks == ["selected"])
        #expect(cells.last?.text == "conventional memory" && cells.last?.marks == ["SS:ESP", "GDT", "IDT"])
        // The highest addresses are on top.
        let addresses = cells.compactMap(\.address)
        #expect(addresses == addresses.sorted(by: >) && addresses.count == cells.count)
    }

    @Test func withPagingLinearStretchesLeadToPhysicalOnes() throws {
        let pc = try Guests.entered64([0x90])
        let map = AddressSpaceMap.picture(MachineView(pc), selected: nil)
        #expect(map.columns.map(\.title) == ["Linear addresses", "Physical addresses"])
        #expect(
            map.columns[0].cells.map(\.place) == ["00000000h – 003FFFFFh"]
                && map.columns[0].cells[0].marks == ["RIP", "RSP", "GDT", "IDT"])
        #expect(map.arrows == [.init(from: 0, to: map.columns[1].cells.count - 1)])
        #expect(map.columns[1].cells.last?.marks == ["CR3"])
    }

    @Test func theHighestPageIsOnTheMap() throws {
        let pc = try Guests.entered64([0x90])
        poke(0x2FF8, 0x3007, pc)
        poke(0x3FF8, 0x4007, pc)
        poke(0x4FF8, 0x87, pc)
        let cells = AddressSpaceMap.picture(MachineView(pc), selected: .max).columns[0].cells
        #expect(cells.first?.place == "FFFFFFFFFFE00000h – FFFFFFFFFFFFFFFFh" && cells.first?.marks == ["selected"], "\(cells)")
    }

    @Test func tablesThatMapEverythingInPiecesAreShownInPart() throws {
        let pc = try Guests.entered([0x90])
        pc.cpu.state.cr0.insert(.PG)
        pc.cpu.state.cr3 = 0x20_0000
        // Every directory entry leads to one table of pages that lie apart.
        for index in 0..<1024 as Range<UInt64> {
            pc.poke(physical: 0x20_0000 + 4 * index, UInt32(0x20_1003))
            pc.poke(physical: 0x20_1000 + 4 * index, UInt32(index & 1 == 0 ? 0x30_0003 : 0x10_0001))
        }
        let map = AddressSpaceMap.picture(MachineView(pc), selected: nil)
        #expect(map.columns[0].cells.count == 20)
        #expect(map.columns[0].lines.last == "there are more than these")
    }

    @Test func tablesSayWhatTheyHoldAndWhoHoldsTheirSelectors() throws {
        let pc = try protected()
        let columns = DescriptorTables.picture(MachineView(pc)).columns
        #expect(columns.map(\.title) == ["GDT", "IDT"])
        #expect(columns[0].cells.map(\.place) == ["0008h", "0010h"])
        #expect(columns[0].cells[0].text == "a 32-bit code segment, ring 0, base 00000000h, limit FFFFFFFFh")
        #expect(columns[0].cells[1].marks.contains("CS"))
        #expect(columns[1].cells.map(\.text) == ["a 32-bit interrupt gate to 0008h:00001234h"])
        // Tables that are full of something, or nowhere.
        (pc.cpu.state.gdtr.base, pc.cpu.state.gdtr.limit) = (0x10_0000, 0xFFFF)
        (pc.cpu.state.idtr.base, pc.cpu.state.idtr.limit) = (0xFFFF_FFF0, 0xFFFF)
        for offset in 0..<0x200 as Range<UInt64> { pc.poke(physical: 0x10_0000 + offset, value: 0x92) }
        #expect(DescriptorTables.picture(MachineView(pc)).columns[0].cells.count == 16)
        pc.cpu.state.cr0.remove(.PE)
        #expect(DescriptorTables.picture(MachineView(pc)).columns[0].cells.isEmpty)
    }
}
