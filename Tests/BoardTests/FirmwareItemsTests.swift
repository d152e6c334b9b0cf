import Chips
import Testing

@testable import Board

@Suite struct FirmwareItemsTests {
    private func files(_ change: (inout PC.Configuration) -> Void = { _ in }) -> [String: [UInt8]] {
        var configuration = PC.Configuration()
        configuration.machine = .pc
        configuration.flashMemories = [FlashMemory(contents: [UInt8](repeating: 0, count: 0x2_0000), store: nil, isReadOnly: true)]
        change(&configuration)
        return Dictionary(configuration.allFirmwareFiles.map { ($0.name, $0.contents) }) { $1 }
    }

    private func number(_ bytes: [UInt8], _ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) } }

    /// Carries the loader's commands out as a firmware does: tables at 100000h, the root at F0000h.
    private func load(_ files: [String: [UInt8]]) -> (tables: [UInt8], root: [UInt8]) {
        var memory = files
        let places = ["etc/acpi/tables": 0x10_0000, "etc/acpi/rsdp": 0xF_0000]
        let commands = files["etc/table-loader"] ?? []
        for start in stride(from: 0, to: commands.count, by: 128) {
            let command = Array(commands[start..<start + 128])
            func name(_ offset: Int) -> String { String(decoding: command[offset...].prefix { $0 != 0 }, as: UTF8.self) }
            let file = name(4)
            switch number(command, 0) {
            case 1: #expect(places[file] != nil)
            case 2:
                let offset = number(command, 116)
                let address = number(memory[file] ?? [], offset) + (places[name(60)] ?? 0)
                for byte in 0..<4 { memory[file]?[offset + byte] = UInt8(truncatingIfNeeded: address >> (8 * byte)) }
            case 3:
                let (place, first, count) = (number(command, 60), number(command, 64), number(command, 68))
                let sum = (memory[file] ?? [])[first..<first + count].reduce(0, &+)
                memory[file]?[place] = 0 &- sum
            case let other: Issue.record("command \(other)")
            }
        }
        return (memory["etc/acpi/tables"] ?? [], memory["etc/acpi/rsdp"] ?? [])
    }

    @Test func tablesAreLinkedAndSummedUp() {
        let (tables, root) = load(files())
        #expect(root.prefix(8).elementsEqual("RSD PTR ".utf8) && root.reduce(0, &+) == 0)
        func table(_ address: Int) -> (name: String, bytes: [UInt8]) {
            let start = address - 0x10_0000
            let bytes = Array(tables[start..<start + number(tables, start + 4)])
            return (String(decoding: bytes.prefix(4), as: UTF8.self), bytes)
        }
        let rsdt = table(number(root, 16))
        #expect(rsdt.name == "RSDT" && rsdt.bytes.reduce(0, &+) == 0)
        var names: [String] = []
        for offset in stride(from: 36, to: rsdt.bytes.count, by: 4) {
            let linked = table(number(rsdt.bytes, offset))
            names.append(linked.name)
            #expect(linked.bytes.reduce(0, &+) == 0, "\(linked.name)")
            guard linked.name == "FACP" else { continue }
            #expect(table(number(linked.bytes, 36)).name == "FACS")
            #expect(table(number(linked.bytes, 40)).name == "DSDT")
        }
        #expect(names == ["FACP", "APIC", "HPET"])
    }

    @Test func eachProcessorIsInTheTables() {
        func MADT(_ count: Int) -> [UInt8] {
            let tables = files { $0.processors = .init(cores: count) }["etc/acpi/tables"] ?? []
            let start = tables.firstRange(of: Array("APIC".utf8))?.lowerBound ?? 0
            return Array(tables[start..<start + number(tables, start + 4)])
        }
        #expect(MADT(1).suffix(8) == [0, 8, 0, 0, 1, 0, 0, 0])
        #expect(MADT(4).suffix(8) == [0, 8, 3, 3, 1, 0, 0, 0])
        #expect(MADT(4).count == MADT(1).count + 24)
    }

    @Test func thePortsArePutInWhenTheyAreKnown() {
        let contents = files()["etc/acpi/tables"] ?? []
        let amended = ACPITables.amended("etc/acpi/tables", contents, powerBase: 0xB000)
        let fadt = amended.firstRange(of: Array("FACP".utf8))?.lowerBound ?? 0
        #expect([56, 64, 76].map { number(amended, fadt + $0) } == [0xB000, 0xB004, 0xB008])
        #expect([152, 176, 212].map { number(amended, fadt + $0) } == [0xB000, 0xB004, 0xB008])
        #expect(ACPITables.amended("etc/e820", [1], powerBase: 0xB000) == [1])
    }

    @Test func whatIsThereDependsOnTheMachine() {
        #expect(files()["etc/e820"]?.count == 20)
        #expect(files { $0.machine = .isa }["etc/table-loader"] == nil)
        #expect(files { $0.flashMemories = [] }["etc/table-loader"] == files()["etc/table-loader"], "for SeaBIOS in a ROM, too")
        #expect(files { $0.model = .pentium }["etc/table-loader"] != files()["etc/table-loader"], "without APICs")
        #expect(files { $0.optionROMs = [[0x55, 0xAA, 1]] }["genroms/card0.rom"] == [0x55, 0xAA, 1])
        #expect(files { $0.firmwareFiles = [.init("etc/e820", [7])] }["etc/e820"] == [7], "the user's own")
    }
}
