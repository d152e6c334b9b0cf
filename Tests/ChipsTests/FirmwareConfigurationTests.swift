import Testing
import Wiring

@testable import Chips

@Suite struct FirmwareConfigurationTests {
    private final class RAM: SystemMemory {
        var bytes = [UInt8](repeating: 0xCC, count: 1 << 18)
        var moved = 0
        func read(physical: UInt64, into buffer: UnsafeMutableRawBufferPointer, by initiator: Initiator) {
            for index in 0..<buffer.count {
                let address = Int(truncatingIfNeeded: physical) &+ index
                buffer[index] = bytes.indices.contains(address) ? bytes[address] : 0xFF
            }
        }
        func write(physical: UInt64, from buffer: UnsafeRawBufferPointer, by initiator: Initiator) {
            moved += buffer.count
            for index in 0..<buffer.count {
                let address = Int(truncatingIfNeeded: physical) &+ index
                if bytes.indices.contains(address) { bytes[address] = buffer[index] }
            }
        }
    }

    private let memory = RAM()

    private func chip() -> FirmwareConfiguration {
        FirmwareConfiguration(
            items: [5: [4, 0]], files: [.init("opt/b", Array(0..<100)), .init("etc/a", [7, 8, 9])], memory: memory)
    }

    private func item(_ number: UInt32, _ count: Int, of chip: FirmwareConfiguration) -> [UInt8] {
        chip.write(offset: 0, width: .word, value: number)
        return (0..<count).map { _ in chip.read(offset: 1) }
    }

    @Test func itemsAreReadByteByByte() {
        let chip = chip()
        #expect(item(0, 6, of: chip) == Array("QEMU".utf8) + [0, 0])
        #expect(item(1, 4, of: chip) == [3, 0, 0, 0])
        #expect(item(5, 2, of: chip) == [4, 0])
        #expect(item(0x1234, 2, of: chip) == [0, 0])
    }

    @Test func theDirectoryIsSorted() {
        let chip = chip()
        let directory = item(0x19, 4 + 2 * 64, of: chip)
        #expect(directory[..<4] == [0, 0, 0, 2])
        #expect(directory[4..<12] == [0, 0, 0, 3, 0, 0x20, 0, 0])
        #expect(directory[12..<18].elementsEqual("etc/a\0".utf8))
        #expect(directory[68..<76] == [0, 0, 0, 100, 0, 0x21, 0, 0])
        #expect(item(0x20, 4, of: chip) == [7, 8, 9, 0])
    }

    /// Sets up an access at 1000h and starts it.
    private func transfer(_ chip: FirmwareConfiguration, control: UInt32, length: UInt32, to address: UInt64) -> [UInt8] {
        var access = withUnsafeBytes(of: control.bigEndian) { Array($0) } + withUnsafeBytes(of: length.bigEndian) { Array($0) }
        access += withUnsafeBytes(of: address.bigEndian) { Array($0) }
        memory.bytes.replaceSubrange(0x1000..<0x1010, with: access)
        chip.write(offset: 4, width: .doubleword, value: 0)
        chip.write(offset: 8, width: .doubleword, value: UInt32(0x1000).byteSwapped)
        return Array(memory.bytes[0x1000..<0x1004])
    }

    @Test func aTransferSelectsSkipsAndReads() {
        let chip = chip()
        #expect((4..<12).map { chip.read(offset: $0) } == Array("QEMU CFG".utf8))
        #expect(transfer(chip, control: 0x21 << 16 | 0x0C, length: 10, to: 0) == [0, 0, 0, 0])
        #expect(transfer(chip, control: 0x02, length: 4, to: 0x2000) == [0, 0, 0, 0])
        #expect(memory.bytes[0x2000..<0x2005] == [10, 11, 12, 13, 0xCC])
        // Behind the end there are zeros.
        #expect(transfer(chip, control: 0x02, length: 100, to: 0x2000) == [0, 0, 0, 0])
        #expect(memory.bytes[0x2055..<0x2058] == [99, 0, 0])
    }

    @Test func writingFails() {
        #expect(transfer(chip(), control: 0x20 << 16 | 0x18, length: 3, to: 0x2000) == [0, 0, 0, 1])
    }

    @Test func noLengthOrAddressIsHarmful() {
        let chip = chip()
        #expect(transfer(chip, control: 0x21 << 16 | 0x0A, length: 1 << 24, to: .max - 5) == [0, 0, 0, 1])
        #expect(transfer(chip, control: 0x04, length: .max, to: 0) == [0, 0, 0, 0])
        #expect(transfer(chip, control: 0x02, length: 3, to: 0x2000) == [0, 0, 0, 0])
        memory.bytes[0] = 0x5A
        #expect(transfer(chip, control: 0x02, length: 0x100, to: .max) == [0, 0, 0, 1])
        #expect(memory.bytes[0] == 0x5A, "addresses do not begin again")
    }

    /// A structure where no memory is reads as one of 4 GBytes.
    @Test func aTransferMovesNoMoreThanTheItemAndSomeZeros() {
        let chip = chip()
        let complaints = Complaints()
        chip.diagnostics = complaints
        memory.moved = 0
        chip.write(offset: 4, width: .doubleword, value: UInt32(0xD0).byteSwapped)
        chip.write(offset: 8, width: .doubleword, value: 0)
        #expect(memory.moved < 1 << 17 && complaints.list.count == 1)
        memory.moved = 0
        #expect(transfer(chip, control: 0x21 << 16 | 0x0A, length: .max, to: 0x2000) == [0, 0, 0, 1])
        #expect(memory.moved < 1 << 17 && memory.bytes[0x2063] == 99)
    }

    private var fuzz: Fuzz<FirmwareConfiguration> {
        Fuzz(offsets: 0..<13, make: { _ in FirmwareConfiguration(items: [5: [1, 2]], files: [.init("a", [3])], memory: RAM()) })
    }

    @Test func randomAccessesAreHarmless() throws { try fuzz.run(seed: 510) }

    @Test func damagedStatesAreHarmless() throws { try fuzz.runHostileStates(seed: 511) }
}
