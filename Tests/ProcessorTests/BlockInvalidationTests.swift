import Processor
import TestKit
import Testing

/// Code that changes while decoded blocks of it are kept: by itself, through another mapping, across pages, by a bus master. The counters
/// of the block cache say that the blocks went, and that no others did.
@Suite struct BlockInvalidationTests {
    /// 32-bit flat code of ring 0; with paging all pages are mapped to themselves by the table at 9000h.
    private func machine(paging: Bool = false) -> FlatMachine {
        let machine = FlatMachine(model: .pentium3, megabytes: 4)
        var state = CPUState()
        state.cr0 = [.PE, .ET]
        state.cs = SegmentRegister(selector: 8, base: 0, limit: .max, attributes: 0xC09B)
        let data = SegmentRegister(selector: 16, base: 0, limit: .max, attributes: 0xC093)
        (state.ds, state.es, state.ss) = (data, data, data)
        state.rsp = 0x8000
        if paging {
            machine.write32(0x8000, 0x9003)
            for page in 0..<1024 { machine.write32(0x9000 + 4 * page, UInt32(page) << 12 | 3) }
            state.cr0.insert(.PG)
            state.cr3 = 0x8000
        }
        machine.cpu.state = state
        return machine
    }

    /// Runs from `address` to the HLT and returns EAX.
    @discardableResult
    private func run(_ machine: FlatMachine, from address: UInt64) -> UInt64 {
        var state = machine.cpu.state
        state.rip = address
        state.activity = .active
        machine.cpu.state = state
        #expect(machine.cpu.run(until: machine.clock.now + 1_000_000) == .halted)
        return machine.cpu.state.rax
    }

    @Test func theNextInstructionOfTheSameBlock() {
        let machine = machine()
        // mov byte [1008h], 5; mov eax, 1; hlt
        machine.write(0x1000, [0xC6, 0x05, 8, 0x10, 0, 0, 5, 0xB8, 1, 0, 0, 0, 0xF4])
        #expect(run(machine, from: 0x1000) == 5)
        #expect(machine.cpu.blockStatistics.refreshed == 1)
        #expect(machine.cpu.blockStatistics.dropped == 0)
    }

    /// Whatever is written into the next instruction, the next instruction is what is there then.
    @Test func theNextInstructionBecomesAnother() {
        // The byte written at 1007h, where MOV EAX, 1 begins; EAX at the HLT; whether the block is kept.
        let cases: [(byte: UInt8, eax: UInt64, isKept: Bool)] = [
            (0x05, 8, true),  // ADD EAX, 1
            (0x2D, 6, true),  // SUB EAX, 1
            (0xA9, 7, true),  // TEST EAX, 1
            (0x40, 8, false),  // INC EAX, and ADD [EAX], EAX and so on behind it
            (0xE9, 7, false),  // JMP to 100Dh
        ]
        for (byte, eax, isKept) in cases {
            let machine = machine()
            // mov byte [1007h], byte; mov eax, 1; hlt; hlt
            machine.write(0x1000, [0xC6, 0x05, 7, 0x10, 0, 0, byte, 0xB8, 1, 0, 0, 0, 0xF4, 0xF4])
            if byte == 0x40 { machine.write(0x1008, [0x90, 0x90, 0x90, 0x90]) }
            machine.cpu.state.rax = 7
            #expect(run(machine, from: 0x1000) == eax, "\(byte)")
            #expect(machine.cpu.blockStatistics.dropped == (isKept ? 0 : 1), "\(byte)")
            #expect(machine.cpu.blockStatistics.refreshed == (isKept ? 1 : 0), "\(byte)")
        }
    }

    @Test func aWriteAcrossTwoInstructions() {
        let machine = machine()
        // mov word [100Ah], 4040h; mov al, 1 with its operand at 100Ah; nop, replaced by inc eax; hlt
        machine.write(0x1000, [0x66, 0xC7, 0x05, 0x0A, 0x10, 0, 0, 0x40, 0x40, 0xB0, 1, 0x90, 0xF4])
        #expect(run(machine, from: 0x1000) == 0x41)
        #expect(machine.cpu.blockStatistics.dropped == 1)
    }

    @Test func anInstructionThatOverwritesItself() {
        let machine = machine()
        // mov dword [1000h], F4F4F4F4h; hlt. Fetched before it is written, it still runs.
        machine.write(0x1000, [0xC7, 0x05, 0, 0x10, 0, 0, 0xF4, 0xF4, 0xF4, 0xF4, 0xF4])
        run(machine, from: 0x1000)
        #expect(machine.cpu.state.rip == 0x100B)
        #expect(machine.read(0x1000) == 0xF4)
        #expect(machine.cpu.blockStatistics.dropped == 1)
    }

    @Test func aBlockThatIsLinkedTo() {
        let machine = machine()
        // 1000: call 1100h; inc byte [1101h]; cmp byte [1101h], 7; jne 1000h; hlt    1100: mov eax, 1; ret
        machine.write(
            0x1000,
            [0xE8, 0xFB, 0, 0, 0, 0xFE, 0x05, 1, 0x11, 0, 0, 0x80, 0x3D, 1, 0x11, 0, 0, 7, 0x75, 0xEC, 0xF4])
        machine.write(0x1100, [0xB8, 1, 0, 0, 0, 0xC3])
        #expect(run(machine, from: 0x1000) == 6)
        #expect(machine.cpu.blockStatistics.refreshed == 6)
        #expect(machine.cpu.blockStatistics.dropped == 0)
    }

    @Test func stringStoresIntoTheirOwnPath() {
        let machine = machine()
        // mov ecx, 3; mov al, 40h (inc eax); mov edi, 100Eh; rep stosb; nop; nop; nop; hlt
        machine.write(0x1000, [0xB9, 3, 0, 0, 0, 0xB0, 0x40, 0xBF, 0x0E, 0x10, 0, 0, 0xF3, 0xAA, 0x90, 0x90, 0x90, 0xF4])
        #expect(run(machine, from: 0x1000) == 0x43)
        #expect(machine.cpu.blockStatistics.dropped == 0, "what follows a repeated instruction is another block")
        #expect(run(machine, from: 0x1000) == 0x43)
        #expect(machine.cpu.blockStatistics.refreshed == 0, "they are what is there already")
        #expect(machine.cpu.blockStatistics.dropped == 0)
    }

    /// Found by random program 351.
    @Test func stackFramesOverTheirOwnPath() {
        // PUSHAD puts EAX at the top, ENTER EBP.
        for code: [UInt8] in [[0x60], [0xC8, 0, 0, 0]] {
            let other = self.machine()
            // mov ebp, 4B4B4343h; mov eax, ebp; mov esp, 200Fh + code; code; inc ebx four times, replaced; hlt
            let start: [UInt8] = [0xBD, 0x43, 0x43, 0x4B, 0x4B, 0x89, 0xE8, 0xBC, UInt8(0x10 + code.count), 0x20, 0, 0]
            other.write(0x2000, start + code + [0x43, 0x43, 0x43, 0x43, 0xF4])
            run(other, from: 0x2000)
            #expect(other.cpu.state.rbx == 0, "\(code)")
            #expect(other.cpu.blockStatistics.dropped == 1)
        }
    }

    @Test func dataBesideCodeDropsNothing() {
        let machine = machine()
        // mov ecx, 100; again: inc dword [1800h]; dec ecx; jnz again; hlt
        machine.write(0x1000, [0xB9, 100, 0, 0, 0, 0xFF, 0x05, 0, 0x18, 0, 0, 0x49, 0x75, 0xF7, 0xF4])
        run(machine, from: 0x1000)
        #expect(machine.read(0x1800) == 100)
        let statistics = machine.cpu.blockStatistics
        #expect(statistics.dropped == 0)
        #expect(statistics.built <= 3, "the loop is decoded once")
    }

    @Test func aBusMaster() {
        let machine = machine()
        machine.write(0x1000, [0xB8, 1, 0, 0, 0, 0xF4])
        #expect(run(machine, from: 0x1000) == 1)
        let built = machine.cpu.blockStatistics.built
        machine.write(0x1006, [0])
        machine.write(0x0FFF, [0])
        #expect(machine.cpu.blockStatistics.dropped == 0, "its neighbours are not the block")
        #expect(run(machine, from: 0x1000) == 1)
        #expect(machine.cpu.blockStatistics.built == built, "kept over a reload of the state")
        machine.write(0x1001, [2])
        #expect(machine.cpu.blockStatistics.dropped == 1)
        #expect(run(machine, from: 0x1000) == 2)
    }

    @Test func throughAnotherMapping() {
        let machine = machine(paging: true)
        // Linear 20000h is physical 1000h, too.
        machine.write32(0x9000 + 4 * 0x20, 0x1003)
        // mov byte [20008h], 5; mov eax, 1; hlt
        machine.write(0x1000, [0xC6, 0x05, 8, 0, 2, 0, 5, 0xB8, 1, 0, 0, 0, 0xF4])
        #expect(run(machine, from: 0x1000) == 5)
        #expect(machine.cpu.blockStatistics.refreshed == 1)
        // From the other address the same bytes are another block.
        machine.write(0x1008, [1])
        #expect(run(machine, from: 0x2_0000) == 5)
        #expect(machine.cpu.blockStatistics.dropped == 1)
        #expect(machine.cpu.blockStatistics.refreshed == 2)
    }

    @Test func anInstructionAcrossPages() {
        let machine = machine()
        // 1FFC: mov eax, 1 with its last byte in the next page; hlt
        machine.write(0x1FFC, [0xB8, 1, 0, 0, 0, 0xF4])
        #expect(run(machine, from: 0x1FFC) == 1)
        machine.write(0x2000, [0x80])
        #expect(machine.cpu.blockStatistics.dropped >= 1)
        #expect(run(machine, from: 0x1FFC) == 0x8000_0001)
        // 1FF6: mov byte [2001h], 9; 1FFD: mov eax, 1, of which the store changes the last byte; hlt
        machine.write(0x1FF6, [0xC6, 0x05, 0x01, 0x20, 0, 0, 9, 0xB8, 1, 0, 0, 0, 0xF4])
        #expect(run(machine, from: 0x1FF6) == 0x0900_0001)
        machine.write(0x1FF6, [0xC6, 0x05, 0x00, 0x20, 0, 0, 9, 0xB8, 1, 0, 0, 0, 0xF4])
        #expect(run(machine, from: 0x1FF6) == 0x0009_0001)
    }

    @Test func theSecondPageIsMappedElsewhere() {
        let machine = machine(paging: true)
        machine.write(0x1FFE, [0xB8, 1])
        machine.write(0x2000, [0, 0, 0, 0xF4])
        machine.write(0x3000, [1, 0, 0, 0xF4])
        #expect(run(machine, from: 0x1FFE) == 1)
        machine.write32(0x9000 + 4 * 2, 0x3003)
        #expect(run(machine, from: 0x1FFE) == 0x101)
        machine.write32(0x9000 + 4 * 2, 0x2003)
        #expect(run(machine, from: 0x1FFE) == 1)
    }

    @Test func aPageIsMappedElsewhereByTheProgram() {
        let machine = machine(paging: true)
        // 1000: call 2000h; mov dword [9008h], 3003h; invlpg [2000h]; mov ebx, eax; call 2000h; add eax, ebx; hlt
        machine.write(
            0x1000,
            [0xE8, 0xFB, 0x0F, 0, 0, 0xC7, 0x05, 8, 0x90, 0, 0, 3, 0x30, 0, 0, 0x0F, 0x01, 0x3D, 0, 0x20, 0, 0]
                + [0x89, 0xC3, 0xE8, 0xE3, 0x0F, 0, 0, 0x01, 0xD8, 0xF4])
        machine.write(0x2000, [0xB8, 1, 0, 0, 0, 0xC3])
        machine.write(0x3000, [0xB8, 0x10, 0, 0, 0, 0xC3])
        #expect(run(machine, from: 0x1000) == 0x11)
        #expect(machine.cpu.blockStatistics.dropped == 0, "nothing was written")
    }

    /// More blocks than the cache holds: it starts afresh, and the program does not notice.
    @Test func moreBlocksThanThereIsRoomFor() {
        let machine = machine()
        // inc eax; jmp to the next one, 70 000 times
        for index in 0..<70_000 { machine.write(0x10_0000 + 3 * index, [0x40, 0xEB, 0]) }
        machine.write(0x10_0000 + 3 * 70_000, [0xF4])
        #expect(run(machine, from: 0x10_0000) == 70_000)
        let statistics = machine.cpu.blockStatistics
        #expect(statistics.resets >= 1)
        #expect(statistics.built >= 70_000)
    }
}
