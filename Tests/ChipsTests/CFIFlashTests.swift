import Testing
import Wiring

@testable import Chips

/// The tests reach the chip as ports, which the random driver knows.
private final class FlashPort: Chip, PortDevice {
    let flash: CFIFlash
    init(_ flash: CFIFlash) { self.flash = flash }
    var name: String { flash.name }
    var state: CFIFlash.State {
        get { flash.state }
        set { flash.state = newValue }
    }
    func reset() { flash.reset() }
    func read(offset: Int) -> UInt8 { flash.readMemory(offset: offset) }
    func peek(offset: Int) -> UInt8 { flash.peekMemory(offset: offset) }
    func write(offset: Int, value: UInt8) { flash.writeMemory(offset: offset, value: value) }
}

@Suite struct CFIFlashTests {
    private func flash(isReadOnly: Bool = false) -> CFIFlash {
        CFIFlash(name: "flash0", contents: Array(repeating: 0x11, count: 8192), store: nil, isReadOnly: isReadOnly)
    }

    @Test func theArrayIsReadAndProgrammedByteByByte() {
        let flash = flash()
        #expect(flash.readMemory(offset: 5000) == 0x11)
        #expect(flash.page(at: 4096).read != nil)
        flash.writeMemory(offset: 5000, value: 0x40)
        flash.writeMemory(offset: 5000, value: 0xA5)
        #expect(flash.page(at: 4096).read == nil)
        #expect(flash.readMemory(offset: 0) == 0x80, "ready")
        flash.writeMemory(offset: 0, value: 0xFF)
        #expect(flash.readMemory(offset: 5000) == 0xA5)
        #expect(flash.readMemory(offset: 5001) == 0x11)
    }

    @Test func aBlockIsErased() {
        let flash = flash()
        flash.writeMemory(offset: 4200, value: 0x20)
        flash.writeMemory(offset: 4200, value: 0xD0)
        flash.writeMemory(offset: 0, value: 0xFF)
        #expect([4095, 4096, 8191].map { flash.readMemory(offset: $0) } == [0x11, 0xFF, 0xFF])
    }

    @Test func aBufferIsProgrammed() {
        let flash = flash()
        for (offset, value) in [(16, 0xE8), (16, 2), (16, 1), (17, 2), (18, 3), (16, 0xD0)] {
            flash.writeMemory(offset: offset, value: UInt8(value))
        }
        #expect(flash.readMemory(offset: 0) == 0x80)
        flash.writeMemory(offset: 0, value: 0xFF)
        #expect((15...19).map { flash.readMemory(offset: $0) } == [0x11, 1, 2, 3, 0x11])
    }

    @Test func whatIsReadOnlySaysSoInItsStatus() {
        let flash = flash(isReadOnly: true)
        flash.writeMemory(offset: 0, value: 0x10)
        flash.writeMemory(offset: 0, value: 0)
        #expect(flash.readMemory(offset: 0) == 0x90)
        flash.writeMemory(offset: 0, value: 0x50)
        flash.writeMemory(offset: 0, value: 0x20)
        flash.writeMemory(offset: 0, value: 0xD0)
        #expect(flash.readMemory(offset: 0) == 0xA0)
        flash.writeMemory(offset: 0, value: 0xFF)
        #expect(flash.readMemory(offset: 0) == 0x11)
    }

    @Test func itTellsWhatItIs() {
        let flash = flash()
        flash.writeMemory(offset: 0x55, value: 0x98)
        #expect((0x10...0x13).map { flash.readMemory(offset: $0) } == Array("QRY".utf8) + [1])
        #expect(flash.readMemory(offset: 0x27) == 13)
        #expect((0x2D...0x30).map { flash.readMemory(offset: $0) } == [1, 0, 0x10, 0])
        flash.writeMemory(offset: 0, value: 0x90)
        #expect(flash.readMemory(offset: 0) == 0x89)
    }

    @Test func whoReadsHearsOfEachChange() {
        let flash = flash()
        var changes = 0
        flash.onPagesChange = { changes += 1 }
        flash.writeMemory(offset: 0, value: 0x70)
        flash.writeMemory(offset: 0, value: 0x90)
        flash.writeMemory(offset: 0, value: 0xFF)
        #expect(changes == 2)
    }

    /// Sectors in memory.
    private final class Store: BlockStore {
        var bytes = [UInt8](repeating: 0, count: 8192)
        var writes: [UInt64] = []
        var sectorCount: UInt64 { 16 }
        var isReadOnly: Bool { false }
        func read(sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) {
            buffer.copyBytes(from: bytes[Int(sector) * 512..<Int(sector) * 512 + buffer.count])
        }
        func write(sector: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) {
            bytes.replaceSubrange(Int(sector) * 512..<Int(sector) * 512 + buffer.count, with: buffer)
            writes.append(sector)
        }
        func flush() throws(BlockStoreError) {}
    }

    @Test func whatIsProgrammedIsInTheFile() {
        let store = Store()
        let flash = CFIFlash(name: "flash1", contents: store.bytes, store: store, isReadOnly: false)
        for (offset, value) in [(600, 0x10), (600, 0x77)] { flash.writeMemory(offset: offset, value: UInt8(value)) }
        #expect(store.bytes[600] == 0x77 && store.writes == [1])
        // After a state was put in place the file is brought to it whole.
        var state = flash.state
        state.contents[0] = 0x42
        flash.state = state
        for (offset, value) in [(601, 0x10), (601, 0x78)] { flash.writeMemory(offset: offset, value: UInt8(value)) }
        #expect(store.bytes[0] == 0x42 && store.bytes[601] == 0x78)
    }

    private var fuzz: Fuzz<FlashPort> {
        Fuzz(
            offsets: -1..<8193,
            make: { _ in
                FlashPort(CFIFlash(name: "flash", contents: Array(repeating: 0xFF, count: 8192), store: nil, isReadOnly: false))
            })
    }

    @Test func randomAccessesAreHarmless() throws { try fuzz.run(operations: 20_000, seed: 28) }

    @Test func damagedStatesAreHarmless() throws { try fuzz.runHostileStates(count: 30, seed: 29) }
}
