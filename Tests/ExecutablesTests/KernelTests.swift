import Testing
import Wiring

@testable import Executables

/// Kernel headers, right and wrong ones.
@Suite struct KernelTests {
    static let memory = GuestMemoryMap([
        .init(0..<0x9_FC00, isUsable: true), .init(0x9_FC00..<0xA_0000, isUsable: false),
        .init(0x10_0000..<0x200_0000, isUsable: true),
    ])

    private static func words(_ values: [UInt32]) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) } }
    }

    /// A file with a Multiboot 1 header and address fields; `change` spoils it.
    private static func kludge(_ change: (inout [UInt32]) -> Void = { _ in }) -> [UInt8] {
        var header: [UInt32] = [
            Multiboot.magic, 1 << 16, 0 &- Multiboot.magic &- (1 << 16), 0x10_0000, 0x10_0000, 0x10_0040, 0x10_0100, 0x10_0020,
        ]
        change(&header)
        return words(header) + [UInt8](repeating: 0x90, count: 64)
    }

    /// An ELF file with one segment of 16 bytes at `physical`, linked at `virtual`, with `header` in front of its code.
    private static func elf(
        is64: Bool = false, header: [UInt32] = [], physical: UInt64 = 0x10_0000, virtual: UInt64 = 0x10_0000,
        entry: UInt64 = 0x10_0000,
        machine: UInt16 = 3, type: UInt16 = 2, fileSize: UInt64? = nil
    ) -> [UInt8] {
        let code = words(header) + [UInt8](repeating: 0xF4, count: 16)
        var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, is64 ? 2 : 1, 1, 1] + [UInt8](repeating: 0, count: 9)
        func put(_ value: UInt64, _ size: Int) {
            for byte in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) }
        }
        let word = is64 ? 8 : 4
        put(UInt64(type), 2)
        put(UInt64(machine), 2)
        put(1, 4)
        put(entry, word)
        let headerSize: UInt64 = is64 ? 64 : 52
        put(headerSize, word)
        put(0, word)
        put(0, 4)
        for value in [headerSize, is64 ? 56 : 32, 1, 0, 0, 0] { put(value, 2) }
        let offset = headerSize + (is64 ? 56 : 32)
        let size = fileSize ?? UInt64(code.count)
        put(1, 4)
        if is64 { put(5, 4) }
        for value in [offset, virtual, physical, size, UInt64(code.count) + 64] { put(value, word) }
        if !is64 { put(5, 4) }
        put(4096, word)
        return bytes + code
    }

    private static let header1: [UInt32] = [Multiboot.magic, 3, 0 &- Multiboot.magic &- 3]

    private func plan(_ bytes: [UInt8], _ change: (inout KernelRequest) -> Void = { _ in }) throws -> KernelPlan {
        var request = KernelRequest(bytes: bytes, memory: Self.memory)
        change(&request)
        return try request.plan()
    }

    @Test func addressFieldsAreFollowed() throws {
        let plan = try plan(Self.kludge())
        #expect(plan.format == .multiboot)
        let piece = try #require(plan.boot.pieces.first)
        #expect(piece.address == 0x10_0000 && piece.bytes.count == 0x40 && piece.size == 0x100)
        guard case .protected(let eip, let eax, let ebx) = plan.boot.entry else { throw Wrong.entry }
        #expect(eip == 0x10_0020 && eax == 0x2BAD_B002 && ebx == 0x1_0000)
    }

    private enum Wrong: Error { case entry }

    @Test func both32And64BitELFFilesAreEnteredIn32BitMode() throws {
        for is64 in [false, true] {
            let bytes = Self.elf(
                is64: is64, header: Self.header1, virtual: is64 ? 0xFFFF_FFFF_8010_0000 : 0xC010_0000,
                entry: is64 ? 0xFFFF_FFFF_8010_000C : 0xC010_000C, machine: is64 ? 62 : 3)
            let plan = try plan(bytes)
            #expect(plan.format == .multiboot)
            guard case .protected(0x10_000C, 0x2BAD_B002, _) = plan.boot.entry else {
                Issue.record("\(plan.boot.entry)")
                continue
            }
        }
        #expect(try plan(Self.elf()).boot.entry == .protected(eip: 0x10_0000, eax: 0, ebx: 0))
    }

    /// An ELF file with a program header for notes behind the one that is loaded, and the notes at the file's end.
    private static func elf(notes: [UInt8]) -> [UInt8] {
        var bytes = elf()
        let offset = UInt32(bytes.count + 32)
        bytes[44] = 2
        // p_type, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_flags, p_align
        let header = words([4, offset, 0, 0, UInt32(notes.count), UInt32(notes.count), 4, 4])
        bytes.insert(contentsOf: header, at: 84)
        bytes.replaceSubrange(56..<60, with: words([116]))
        return bytes + notes
    }

    private static func note(_ entry: UInt32, name: String = "Xen\0", type: UInt32 = 18) -> [UInt8] {
        words([UInt32(name.utf8.count), 4, type]) + Array(name.utf8) + words([entry])
    }

    @Test func aNoteNamesTheEntryOfPVH() throws {
        let notes = Self.note(7, name: "GNU\0", type: 1) + Self.note(0x10_0004)
        let plan = try plan(Self.elf(notes: notes)) {
            $0.commandLine = "quiet"
            $0.modules = [.init(bytes: [1, 2, 3], text: "one")]
        }
        #expect(plan.format == .pvh)
        #expect(plan.boot.entry == .protected(eip: 0x10_0004, eax: 0, ebx: 0x1_0000))
        let information = Bytes(try #require(plan.boot.pieces.last?.bytes))
        #expect(information.u32(0) == 0x336E_C578 && information.u32(12) == 1)
        let line = try #require(information.u64(24))
        #expect(information.text(line - 0x1_0000, limit: 10) == "quiet")
        #expect(information.u64(40) == 0x1_0038, "the memory map")
    }

    @Test func notesThatNameNone() throws {
        #expect(try plan(Self.elf(notes: Self.note(0x10_0000, type: 17))).format == .elf)
        #expect(try plan(Self.elf(notes: Self.words([0xFFFF_FFFF, 0xFFFF_FFFF, 18, 1]))).format == .elf)
        #expect(throws: ExecutableError.self) { try plan(Self.elf(notes: Self.note(0x20_0000))) }
        #expect(throws: ExecutableError.self) { try plan(Self.elf()) { $0.format = .pvh } }
    }

    /// Boot loaders look for a header in the first 8192 bytes alone, and a linker script may put it behind the code.
    @Test func aHeaderThatNoLoaderFindsIsTold() throws {
        let code = [UInt32](repeating: 0x9090_9090, count: 2048)
        let found = try plan(Self.elf(header: code + Self.header1))
        #expect(found.format == .elf)
        #expect(
            found.notes.count == 1 && found.notes.first?.contains("0x2054 lies behind the first 8192 bytes") == true,
            "\(found.notes)")
        #expect(try plan(Self.elf(header: code + Self.header1)) { $0.format = .elf }.notes.isEmpty)
        #expect(try plan(Self.elf(header: code)).notes.isEmpty)
        #expect(try plan(Self.elf(header: code.dropLast(24) + Self.header1)).format == .multiboot)
    }

    @Test func modulesComeAfterTheKernelOnPages() throws {
        let plan = try plan(Self.kludge()) {
            $0.modules = [.init(bytes: [1, 2, 3], text: "one"), .init(bytes: [], text: "two"), .init(bytes: [9], text: "three x")]
            $0.commandLine = "quiet"
            $0.name = "kernel"
        }
        #expect(plan.boot.pieces.map(\.address) == [0x10_0000, 0x10_1000, 0x10_2000, 0x1_0000])
        let information = Bytes(try #require(plan.boot.pieces.last?.bytes))
        #expect(information.u32(20) == 3)
        let text = try #require(information.u32(16))
        #expect(information.text(UInt64(text) - 0x1_0000) == "kernel quiet")
        let table = UInt64(try #require(information.u32(24))) - 0x1_0000
        #expect(information.u32(table) == 0x10_1000 && information.u32(table + 4) == 0x10_1003)
        #expect(information.u32(table + 32) == 0x10_2000 && information.u32(table + 36) == 0x10_2001)
    }

    /// Each refusal names the field that is wrong, and is one line.
    @Test func refusalsNameTheField() {
        let M = Multiboot.magic
        let cases: [(String, [UInt8])] = [
            ("field checksum", Self.kludge { $0[2] &+= 1 }),
            ("field flags: bit 4", Self.kludge { ($0[1], $0[2]) = (1 << 16 | 1 << 4, 0 &- M &- (1 << 16 | 1 << 4)) }),
            ("load_addr", Self.kludge { $0[4] = 0x20_0000 }),
            ("load_end_addr", Self.kludge { $0[5] = 0x10_0800 }),
            ("bss_end_addr", Self.kludge { $0[6] = 0x10_0010 }),
            ("entry_addr", Self.kludge { $0[7] = 0x11_0000 }),
            ("is not RAM", Self.kludge { $0[6] = 0x1000_0000 }),
            ("bit 16 is clear", Self.words(Self.header1)),
            ("e_machine is 40", Self.elf(machine: 40)),
            ("e_type is 1", Self.elf(type: 1)),
            ("p_filesz", Self.elf(fileSize: 4096)),
            ("p_paddr", Self.elf(physical: 0xA_0000)),
            ("e_entry", Self.elf(entry: 0x55)),
            ("Multiboot2 header at 0x0, field checksum", Self.words([Multiboot2.magic, 0, 16, 0])),
            ("field architecture", Self.words([Multiboot2.magic, 4, 16, 0 &- Multiboot2.magic &- 20])),
            ("type 99", Self.words([Multiboot2.magic, 0, 32, 0 &- Multiboot2.magic &- 32, 99, 8, 0, 8])),
            ("information of type 14", Self.words([Multiboot2.magic, 0, 36, 0 &- Multiboot2.magic &- 36, 1, 12, 14, 0, 0, 8])),
            ("no kernel format", [1, 2, 3]),
            ("no kernel format", []),
            ("gzip", [0x1F, 0x8B, 8, 0]),
        ]
        for (words, bytes) in cases {
            do {
                _ = try plan(bytes)
                Issue.record("taken: \(words)")
            } catch {
                let text = "\(error)"
                #expect(text.contains(words), "\(text)")
                #expect(!text.contains("\n") && text.contains("; "), "no remedy: \(text)")
            }
        }
    }

    @Test func flatBinariesGoWhereTheyAreTold() throws {
        let plan = try plan([0x90, 0xF4]) {
            $0.loadAddress = 0x20_0000
            $0.entry = 0x20_0001
        }
        #expect(plan.boot.entry == .protected(eip: 0x20_0001, eax: 0, ebx: 0))
        let real = try self.plan([0x90]) {
            $0.loadAddress = 0x7C00
            $0.startsInRealMode = true
        }
        #expect(real.boot.entry == .real(cs: 0, ip: 0x7C00, data: 0, sp: 0x7C00, dl: 0x80))
        for (address, entry) in [(0xA_0000, nil), (0x10_0000, 0x20_0000)] as [(UInt64, UInt64?)] {
            #expect(throws: ExecutableError.self) {
                try self.plan([0x90]) {
                    $0.loadAddress = address
                    $0.entry = entry
                }
            }
        }
    }

    /// A setup header as in boot.rst, with one sector of setup code.
    private static func linux(version: UInt16 = 0x020F, flags: UInt8 = 1) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1024 + 4096)
        bytes[0x1F1] = 1
        bytes.replaceSubrange(0x1FE..<0x200, with: [0x55, 0xAA])
        bytes.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
        bytes.replaceSubrange(0x206..<0x208, with: [UInt8(version & 0xFF), UInt8(version >> 8)])
        bytes[0x211] = flags
        bytes.replaceSubrange(0x22C..<0x230, with: [0xFF, 0xFF, 0xFF, 0x37])
        bytes.replaceSubrange(0x238..<0x23C, with: [0xFF, 0x07, 0, 0])
        bytes.replaceSubrange(0x260..<0x264, with: [0, 0, 0x80, 0])
        return bytes
    }

    @Test func linuxGetsItsSetupHeader() throws {
        let plan = try plan(Self.linux()) {
            $0.commandLine = "console=ttyS0"
            $0.modules = [.init(bytes: [UInt8](repeating: 7, count: 5000), text: "initrd")]
        }
        #expect(plan.boot.entry == .real(cs: 0x1020, ip: 0, data: 0x1000, sp: 0xFE00, dl: 0x80))
        #expect(plan.boot.pieces.map(\.address) == [0x10_0000, 0x1FD_E000, 0x1_0000, 0x2_0000])
        let setup = Bytes(plan.boot.pieces[2].bytes)
        #expect(setup.u32(0x218) == 0x1FD_E000 && setup.u32(0x21C) == 5000)
        #expect(setup.u32(0x228) == 0x2_0000 && setup.u8(0x211) == 0x81 && setup.u8(0x210) == 0xFF)
        for (bytes, words) in [
            (Self.linux(version: 0x0201), "field version"), (Self.linux(flags: 0), "field loadflags"),
        ] {
            do {
                _ = try self.plan(bytes)
                Issue.record("taken: \(words)")
            } catch { #expect("\(error)".contains(words)) }
        }
    }

    /// Files cut off anywhere, and files with any byte changed, are taken or refused; nothing traps.
    @Test func damagedFilesAreHarmless() {
        let files = [
            Self.kludge(), Self.elf(header: Self.header1), Self.elf(is64: true, header: Self.header1, machine: 62), Self.linux(),
            Self.words([Multiboot2.magic, 0, 36, 0 &- Multiboot2.magic &- 36, 1, 12, 14, 0, 0, 8]),
        ]
        var (taken, refused) = (0, 0)
        func attempt(_ bytes: [UInt8]) {
            if (try? plan(bytes)) == nil { refused += 1 } else { taken += 1 }
        }
        for file in files {
            for count in stride(from: 0, to: file.count, by: file.count > 600 ? 61 : 1) { attempt(Array(file[..<count])) }
            for index in 0..<min(file.count, 700) {
                for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                    var changed = file
                    changed[index] = value
                    attempt(changed)
                }
            }
        }
        #expect(taken > 1000 && refused > 1000, "\(taken) taken, \(refused) refused")
    }

    /// A file of two segments: at `first` its own headers and nothing else, or also `data`; at 1 MB code.
    private static func headersApart(is64: Bool, at first: UInt64, data: [UInt8] = []) -> [UInt8] {
        var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, is64 ? 2 : 1, 1, 1] + [UInt8](repeating: 0, count: 9)
        func put(_ value: UInt64, _ size: Int) {
            for byte in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) }
        }
        let word = is64 ? 8 : 4
        let headers: UInt64 = is64 ? 64 + 2 * 56 : 52 + 2 * 32
        put(2, 2)
        put(3, 2)
        put(1, 4)
        put(0x10_0000, word)
        put(is64 ? 64 : 52, word)
        put(0, word)
        put(0, 4)
        for value: UInt64 in [is64 ? 64 : 52, is64 ? 56 : 32, 2, 0, 0, 0] { put(value, 2) }
        let end = headers + UInt64(data.count)
        for (offset, address, size): (UInt64, UInt64, UInt64) in [(0, first, end), (end, 0x10_0000, 16)] {
            put(1, 4)
            if is64 { put(5, 4) }
            for value in [offset, address, address, size, size] { put(value, word) }
            if !is64 { put(5, 4) }
            put(4096, word)
        }
        return bytes + data + [UInt8](repeating: 0xF4, count: 16)
    }

    /// Each header is compared with each: 65,535 of them took minutes.
    @Test func moreThan1024ProgramHeadersAreRefused() throws {
        for (count, isRefused) in [(1024, false), (1025, true), (0xFFFF, true)] as [(UInt16, Bool)] {
            var bytes = Self.elf(is64: true) + [UInt8](repeating: 0, count: 0xFFFF * 56)
            bytes[56] = UInt8(truncatingIfNeeded: count)
            bytes[57] = UInt8(truncatingIfNeeded: count >> 8)
            let words = "ELF header, e_phnum is \(count): more than 1024 program headers; link the file with fewer segments"
            if isRefused {
                #expect(throws: ExecutableError.self) { try ELFFile(Bytes(bytes)) }
                do { _ = try ELFFile(Bytes(bytes)) } catch { #expect(error.description == words) }
            } else {
                #expect(try ELFFile(Bytes(bytes)).segments.count == 1024)
            }
        }
    }

    /// `ld -Ttext 0x100000` puts the file's headers a page below the code: into the ROM, or over the vectors with 0x1000.
    @Test(arguments: [false, true], [0xF_F000, 0x0, 0x8000_0000] as [UInt64])
    func headersThatHaveNoPlaceAreLeftOut(is64: Bool, address: UInt64) throws {
        let plan = try plan(Self.headersApart(is64: is64, at: address))
        #expect(plan.boot.pieces.map(\.address) == [0x10_0000])
        #expect(plan.notes.count == 1)
        #expect(throws: ExecutableError.self) { try self.plan(Self.headersApart(is64: is64, at: 0xF_F000, data: [1])) }
    }

    @Test func headersInRAMAreLoaded() throws {
        let plan = try plan(Self.headersApart(is64: false, at: 0x7000))
        #expect(plan.boot.pieces.map(\.address) == [0x7000, 0x10_0000])
        #expect(plan.notes.isEmpty)
    }

    // MARK: Sections

    /// A kernel with a symbol table of `size` bytes that no segment loads.
    private static func elf(symbols size: Int) -> [UInt8] {
        var bytes = elf(header: header1)
        let names: [UInt8] = [0] + Array(".symtab\0.shstrtab\0".utf8)
        let symbols = UInt32(bytes.count)
        bytes += [UInt8](repeating: 0x55, count: size)
        let strings = UInt32(bytes.count)
        bytes += names
        let table = UInt32(bytes.count)
        // sh_name, sh_type, sh_flags, sh_addr, sh_offset, sh_size, sh_link, sh_info, sh_addralign, sh_entsize
        bytes += words([UInt32](repeating: 0, count: 10) + [1, 2, 0, 0, symbols, UInt32(size), 2, 0, 4, 16])
        bytes += words([9, 3, 0, 0, strings, UInt32(names.count), 0, 0, 1, 0])
        bytes.replaceSubrange(32..<36, with: words([table]))
        bytes.replaceSubrange(46..<52, with: [40, 0, 3, 0, 2, 0])
        return bytes
    }

    /// The kernel is started without them, and is told that they have no bytes.
    @Test(arguments: [true, false]) func symbolsThatFindNoRoomAreLeftOut(hasRoom: Bool) throws {
        let memory = GuestMemoryMap([
            .init(0..<0x9_FC00, isUsable: true), .init(0x10_0000..<(hasRoom ? 0x12_0000 : 0x10_4000), isUsable: true),
        ])
        let plan = try KernelRequest(bytes: Self.elf(symbols: 0x8000), memory: memory).plan()
        guard case .protected(_, _, let information) = plan.boot.entry,
            let piece = plan.boot.pieces.first(where: { $0.address == UInt64(information) })
        else {
            Issue.record("no boot information")
            return
        }
        func word(_ offset: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(piece.bytes[offset + $1]) << UInt32(8 * $1) } }
        // Multiboot specification, section 3.3, `syms`: num, size, addr, shndx.
        #expect(word(28) == 3 && word(32) == 40)
        let header = Int(word(36) - information) + 40
        #expect((word(header + 12) != 0) == hasRoom)
        #expect(word(header + 20) == (hasRoom ? 0x8000 : 0))
        #expect(plan.notes.count == (hasRoom ? 0 : 1))
        #expect(hasRoom || plan.notes[0].contains(".symtab") && plan.notes[0].contains("--memory"))
    }
}
