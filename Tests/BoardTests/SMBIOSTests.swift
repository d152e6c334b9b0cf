import Chips
import Processor
import Testing

@testable import Board

/// What a machine says of itself in SMBIOS, read as DSP0134 2.8 lays structures out.
@Suite struct SMBIOSTests {
    private struct Structure {
        let type: UInt8
        let handle: Int
        let fields: [UInt8]
        let texts: [String]

        func number(_ offset: Int, _ count: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(fields[offset + $1]) << UInt64(8 * $1) }
        }
        func text(_ offset: Int) -> String? { fields[offset] == 0 ? nil : texts[Int(fields[offset]) - 1] }
    }

    private static func structures(_ bytes: [UInt8]) -> [Structure] {
        var (list, place): ([Structure], Int) = ([], 0)
        while place + 4 <= bytes.count {
            let length = Int(bytes[place + 1])
            var end = place + length
            while bytes[end] != 0 || bytes[end + 1] != 0 { end += 1 }
            let texts = bytes[place + length..<end].split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            let fields = Array(bytes[place..<place + length])
            list.append(
                Structure(type: fields[0], handle: Int(fields[2]) | Int(fields[3]) << 8, fields: fields, texts: texts))
            place = end + 2
        }
        #expect(place == bytes.count)
        return list
    }

    private static func configuration(_ change: (inout PC.Configuration) -> Void = { _ in }) -> PC.Configuration {
        var configuration = PC.Configuration()
        configuration.machine = .pc
        change(&configuration)
        return configuration
    }

    private static func files(_ change: (inout PC.Configuration) -> Void = { _ in }) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: SMBIOSTables.files(configuration(change)).map { ($0.name, $0.contents) })
    }

    private static func tables(_ change: (inout PC.Configuration) -> Void = { _ in }) -> [Structure] {
        structures(files(change)["etc/smbios/smbios-tables"] ?? [])
    }

    @Test func theStructuresOfAPlainMachine() {
        let list = Self.tables { $0.memoryBytes = 64 << 20 }
        #expect(list.map(\.type) == [1, 3, 4, 16, 17, 19, 32, 127] && Set(list.map(\.handle)).count == list.count)
        #expect(list.map(\.fields.count) == [27, 22, 42, 23, 40, 31, 11, 4], "lengths of version 2.8")
        #expect(list[0].text(4) == "swemu" && list[0].text(5) == "PC (440FX, PIIX3)" && list[0].text(6) == nil)
        #expect(list[2].text(4) == "CPU 0" && list[2].text(7) == "GenuineIntel")
        #expect(list[2].number(8, 4) == UInt64(CPUModel.usual.identification.signature) && list[2].number(20, 2) == 100)
        #expect(list[3].number(7, 4) == 64 << 10 && list[4].number(12, 2) == 64 && list[4].number(4, 2) == 0x1000)
        #expect(list[5].number(4, 4) == 0 && list[5].number(8, 4) == (64 << 10) - 1)
    }

    @Test func memoryOfEverySize() {
        let small = Self.tables { $0.memoryBytes = (3 << 20) + (512 << 10) }
        #expect(small[4].number(12, 2) == 0x8000 | 3584, "in KBytes")
        let large = Self.tables { $0.memoryBytes = 32 << 30 }
        #expect(large.map(\.type) == [1, 3, 4, 16, 17, 19, 19, 32, 127])
        #expect(large[4].number(12, 2) == 0x7FFF && large[4].number(28, 4) == 32 << 10)
        #expect(large[6].number(4, 4) == 4 << 20 && large[6].number(8, 4) == (33 << 20) - 1)
        #expect(large[3].number(7, 4) == 32 << 20 && large[3].number(15, 8) == 0)
    }

    @Test func eachSocketHasAProcessor() {
        let list = Self.tables { $0.processors = .init(sockets: 2, cores: 4, threads: 2) }.filter { $0.type == 4 }
        #expect(list.map { $0.text(4) } == ["CPU 0", "CPU 1"])
        #expect(list[0].fields[35...37].elementsEqual([4, 4, 8]) && list[0].number(38, 2) == 4)
    }

    /// The first three fields are numbers.
    @Test func theNameOfTheMachine() {
        let name = (UInt8(0)..<16).map { $0 * 0x11 }
        #expect(
            Self.tables { $0.uuid = name }[0].fields[8..<24].elementsEqual(
                [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66] + name[8...]))
        #expect(Self.tables { $0.uuid = [1] }[0].fields[8..<24].allSatisfy { $0 == 0 }, "no name at all")
        #expect(Self.configuration { $0.uuid = name }.firmwareItems[2] == name)
    }

    /// As the BIOS leaves them, with its own structure in front.
    @Test(arguments: [1, 16]) func theBIOSPutsThemWhereTheyAreLookedFor(sockets: Int) throws {
        let pc = try PC(Self.configuration { $0.processors = .init(sockets: sockets) })
        _ = pc.run(until: 600_000)
        func bytes(_ address: UInt64, _ count: Int) -> [UInt8] { (0..<count).map { pc.peek(physical: address + UInt64($0)) } }
        let entry = bytes(0xF_0000, 31)
        #expect(entry.prefix(4).elementsEqual("_SM_".utf8) && entry[16..<21].elementsEqual("_DMI_".utf8))
        #expect(entry.reduce(0, &+) == 0 && entry[16...].reduce(0, &+) == 0)
        let list = Self.structures(bytes(0xF_0020, Int(entry[22]) | Int(entry[23]) << 8))
        #expect(list.count == Int(entry[28]) && list[0].type == 0 && list[0].text(4) == "swemu" && list[0].number(6, 2) == 0xF000)
        #expect(list.count { $0.type == 4 } == sockets)
        #expect(bytes(0xF_0F00, 4).elementsEqual("$PIR".utf8), "what comes behind them")
    }

    @Test func withoutRoomThereAreNone() throws {
        let pc = try PC(
            Self.configuration { $0.firmwareFiles = [.init("etc/smbios/smbios-tables", [UInt8](repeating: 1, count: 4000))] })
        _ = pc.run(until: 600_000)
        #expect((0..<0xF00).allSatisfy { pc.peek(physical: 0xF_0000 + $0) == 0 })
    }
}
