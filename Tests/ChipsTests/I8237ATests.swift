import Chips
import Testing
import Wiring

/// The 8237A in the words of its datasheet (231466), wired as in a PC.
@Suite struct I8237ATests {
    private final class Memory: SystemMemory {
        var bytes: [UInt64: UInt8] = [:]
        /// Lengths of the blocks that were moved.
        var blocks: [Int] = []
        func read(physical: UInt64, into buffer: UnsafeMutableRawBufferPointer, by initiator: Initiator) {
            blocks.append(buffer.count)
            for place in 0..<buffer.count {
                let address = physical + UInt64(place)
                buffer[place] = bytes[address] ?? UInt8(truncatingIfNeeded: address ^ (address >> 8))
            }
        }
        func write(physical: UInt64, from buffer: UnsafeRawBufferPointer, by initiator: Initiator) {
            blocks.append(buffer.count)
            for place in 0..<buffer.count { bytes[physical + UInt64(place)] = buffer[place] }
        }
    }

    private final class Drive: I8237A.Peripheral {
        var next: UInt16 = 0
        var received: [UInt16] = []
        var terminalCounts = 0
        func dmaRead() -> UInt16 {
            next &+= 1
            return next
        }
        func dmaWrite(_ value: UInt16) { received.append(value) }
        func dmaTerminalCount() { terminalCounts += 1 }
    }

    private struct Board {
        let memory = Memory()
        let pages = DMAPageRegisters()
        let low: I8237A
        let high: I8237A
        let drive = Drive()

        init() {
            low = I8237A(name: "dma1", isWordWide: false, memory: memory, pages: pages)
            high = I8237A(name: "dma2", isWordWide: true, memory: memory, pages: pages)
            low.connectCascade(to: high)
            for channel in 0..<4 {
                low.connect(drive, to: channel)
                high.connect(drive, to: channel)
            }
            high.write(offset: 11 << 1, value: 0xC0)
            high.write(offset: 10 << 1, value: 0)
        }

        func program(_ chip: I8237A, channel: Int, mode: UInt8, address: UInt16, count: UInt16) {
            let shift = chip.isWordWide ? 1 : 0
            chip.write(offset: 12 << shift, value: 0)
            chip.write(offset: (channel * 2) << shift, value: UInt8(address & 0xFF))
            chip.write(offset: (channel * 2) << shift, value: UInt8(address >> 8))
            chip.write(offset: (channel * 2 + 1) << shift, value: UInt8(count & 0xFF))
            chip.write(offset: (channel * 2 + 1) << shift, value: UInt8(count >> 8))
            chip.write(offset: 11 << shift, value: mode | UInt8(channel))
            chip.write(offset: 10 << shift, value: UInt8(channel))
        }
    }

    private let pageOffsets = [7, 3, 1, 2]

    /// Cycles that follow one another in memory are one block: up to the terminal count, and up to the end of the 64 KBytes.
    @Test func memoryIsMovedInBlocks() {
        let board = Board()
        board.program(board.low, channel: 1, mode: 0x44, address: 0xFF00, count: 0x1FF)
        #expect(board.low.requestTransfer(channel: 1, cycles: 0x400) == 0x200)
        #expect(board.memory.blocks == [0x100, 0x100] && board.drive.terminalCounts == 1)
        board.program(board.low, channel: 1, mode: 0x68, address: 3, count: 3)
        #expect(board.low.requestTransfer(channel: 1, cycles: 2) == 2)
        #expect(Array(board.memory.blocks.suffix(2)) == [1, 1], "downwards byte by byte")
    }

    @Test func pageRegistersByChannel() {
        let pages = DMAPageRegisters()
        for offset in 0..<16 { pages.write(offset: offset, value: UInt8(0x10 + offset)) }
        #expect((0..<8).map { pages.page(ofChannel: $0) } == [0x17, 0x13, 0x11, 0x12, 0x1F, 0x1B, 0x19, 0x1A])
        #expect((0..<16).map { pages.read(offset: $0) } == (0x10...0x1F).map { UInt8($0) })
    }

    @Test func writeTransferToMemoryOnEachChannel() {
        for channel in 0..<4 {
            let board = Board()
            board.pages.write(offset: pageOffsets[channel], value: 0x12)
            board.program(board.low, channel: channel, mode: 0x44, address: 0x3456, count: 511)
            #expect(board.low.requestTransfer(channel: channel, cycles: 1000) == 512, "count + 1 cycles")
            for index in 0..<512 { #expect(board.memory.bytes[UInt64(0x123456 + index)] == UInt8(truncatingIfNeeded: index + 1)) }
            #expect(board.memory.bytes.count == 512)
            #expect(board.drive.terminalCounts == 1)
            #expect(board.low.peek(offset: 8) == 1 << UInt8(channel))
            #expect(board.low.read(offset: 8) == 1 << UInt8(channel))
            #expect(board.low.read(offset: 8) == 0, "reading status clears TC")
            #expect(board.low.read(offset: 15) == 0xFF, "terminal count masks the channel")
            #expect(board.low.requestTransfer(channel: channel, cycles: 1) == 0)
        }
    }

    @Test func readTransferFromMemory() {
        let board = Board()
        board.pages.write(offset: 1, value: 0x05)
        board.program(board.low, channel: 2, mode: 0x48, address: 0x0010, count: 3)
        #expect(board.low.requestTransfer(channel: 2, cycles: 2) == 2)
        #expect(board.drive.received == [0x10, 0x11])
        // Current address and count, low byte first.
        board.low.write(offset: 12, value: 0)
        #expect([4, 4, 5, 5].map { board.low.read(offset: $0) } == [0x12, 0x00, 0x01, 0x00])
        #expect(board.low.requestTransfer(channel: 2, cycles: 10) == 2)
        board.low.write(offset: 12, value: 0)
        #expect([5, 5].map { board.low.read(offset: $0) } == [0xFF, 0xFF])
    }

    @Test func wordChannelsCountWords() {
        let board = Board()
        board.pages.write(offset: 0x0B, value: 0x03)
        board.program(board.high, channel: 1, mode: 0x44, address: 0x8000, count: 1)
        #expect(board.high.requestTransfer(channel: 1, cycles: 2) == 2)
        #expect(board.memory.bytes == [0x30000: 1, 0x30001: 0, 0x30002: 2, 0x30003: 0], "page bit 0 is not used")
    }

    @Test func verifyTouchesNothing() {
        let board = Board()
        board.program(board.low, channel: 0, mode: 0x40, address: 0, count: 9)
        #expect(board.low.requestTransfer(channel: 0, cycles: 10) == 10)
        #expect(board.memory.bytes.isEmpty && board.drive.received.isEmpty && board.drive.next == 0)
        #expect(board.drive.terminalCounts == 1)
    }

    @Test func autoInitializeAndDecrement() {
        let board = Board()
        board.program(board.low, channel: 3, mode: 0x74, address: 0x0003, count: 3)
        for _ in 0..<3 {
            #expect(board.low.requestTransfer(channel: 3, cycles: 9) == 4, "a transfer ends with terminal count")
        }
        #expect(board.memory.bytes == [3: 9, 2: 10, 1: 11, 0: 12])
        #expect(board.low.peek(offset: 15) == 0xF7)
    }

    @Test func addressWrapsWithinItsPage() {
        let board = Board()
        board.pages.write(offset: 7, value: 0x02)
        board.program(board.low, channel: 0, mode: 0x44, address: 0xFFFF, count: 1)
        board.low.requestTransfer(channel: 0, cycles: 2)
        #expect(board.memory.bytes == [0x2FFFF: 1, 0x20000: 2])
    }

    @Test func masksDisableAndCascade() {
        let board = Board()
        board.program(board.low, channel: 1, mode: 0x44, address: 0, count: 99)
        board.low.write(offset: 10, value: 5)
        #expect(board.low.requestTransfer(channel: 1, cycles: 1) == 0)
        #expect(board.low.peek(offset: 8) == 0x20, "the request stays pending")
        board.low.write(offset: 14, value: 0)
        #expect(board.low.requestTransfer(channel: 1, cycles: 1) == 1)
        board.low.write(offset: 15, value: 2)
        #expect(board.low.requestTransfer(channel: 1, cycles: 1) == 0)
        board.low.write(offset: 15, value: 0)
        board.low.write(offset: 8, value: 4)
        #expect(board.low.requestTransfer(channel: 1, cycles: 1) == 0, "controller disabled")
        board.low.write(offset: 8, value: 0)
        board.high.write(offset: 10 << 1, value: 4)
        #expect(board.low.requestTransfer(channel: 1, cycles: 1) == 0, "channel 4 is masked")
        board.high.write(offset: 14 << 1, value: 0)
        #expect(board.low.requestTransfer(channel: 1, cycles: 1) == 1)
    }

    @Test func masterClear() {
        let board = Board()
        board.program(board.low, channel: 1, mode: 0x44, address: 0x1234, count: 0)
        board.low.requestTransfer(channel: 1, cycles: 1)
        _ = board.low.read(offset: 0)
        board.low.write(offset: 13, value: 0)
        #expect(board.low.peek(offset: 8) == 0)
        #expect(board.low.peek(offset: 15) == 0xFF)
        #expect(board.low.peek(offset: 2) == 0x35, "flip-flop cleared, address kept: after one cycle 1235h")
    }

    @Test func unsupportedIsReported() {
        let board = Board()
        let complaints = Complaints()
        board.low.diagnostics = complaints
        board.low.write(offset: 8, value: 1)
        board.low.write(offset: 9, value: 4)
        #expect(complaints.list.count == 2)
    }

    @Test func fuzz() throws {
        for isWordWide in [false, true] {
            let drive = Drive()
            let fuzz = Fuzz(
                offsets: -2..<36,
                make: { _ in
                    let chip = I8237A(name: "dma", isWordWide: isWordWide, memory: Memory(), pages: DMAPageRegisters())
                    for channel in 0..<4 { chip.connect(drive, to: channel) }
                    return chip
                },
                host: { chip, number in _ = chip.requestTransfer(channel: Int(number & 3), cycles: Int((number >> 8) & 255)) }
            )
            try fuzz.run(seed: 8237)
            try fuzz.runHostileStates(seed: 8237)
        }
        try Fuzz(offsets: -1..<18, make: { _ in DMAPageRegisters() }).run(operations: 20_000, seed: 612)
    }
}
