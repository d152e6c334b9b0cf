import Testing
import Wiring

@testable import Executables

/// Multiboot2's relocatable tag, and the modes that kernels ask for.
@Suite struct RelocationTests {
    private static func words(_ values: [UInt32]) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) } }
    }

    /// A Multiboot2 header with `tags`, each padded to eight bytes, and the end tag.
    private static func header(_ tags: [[UInt32]]) -> [UInt32] {
        let padded: [[UInt32]] = tags.map { (tag: [UInt32]) -> [UInt32] in tag + [UInt32](repeating: 0, count: tag.count % 2) }
        let body: [UInt32] = Array(padded.joined()) + [0, 8]
        let length = UInt32(16 + 4 * body.count)
        return [Multiboot2.magic, 0, length, 0 &- Multiboot2.magic &- length] + body
    }

    private static func relocatable(_ minimum: UInt32, _ maximum: UInt32, _ alignment: UInt32, _ preference: UInt32) -> [UInt32] {
        [10, 24, minimum, maximum, alignment, preference]
    }

    /// An ELF file of two segments: `header` and code at 100000h, and data with zeros behind it at 101000h, 3000h bytes in all. Entry 100008h.
    private static func elf(_ tags: [[UInt32]], type: UInt16 = 2) -> [UInt8] {
        let code = words(header(tags)) + [UInt8](repeating: 0xF4, count: 16)
        let headers: UInt32 = 52 + 64 + 4
        let size = UInt32(code.count)
        var bytes = words([0x464C_457F, 0x0001_0101, 0, 0, 3 << 16 | UInt32(type), 1, 0x10_0008, 52, 0, 0])
        bytes += words([32 << 16 | 52, 2, 0])
        bytes += words([1, headers, 0x10_0000, 0x10_0000, size, size, 5, 4096])
        bytes += words([1, headers + size, 0x10_1000, 0x10_1000, 4, 0x2000, 6, 4096])
        return bytes + [0, 0, 0, 0] + code + [1, 2, 3, 4]
    }

    private func plan(
        _ bytes: [UInt8], memory: GuestMemoryMap = KernelTests.memory, _ change: (inout KernelRequest) -> Void = { _ in }
    ) throws -> KernelPlan {
        var request = KernelRequest(bytes: bytes, memory: memory)
        request.frameBuffer = LinearFrameBuffer(range: 0xE000_0000..<0xE100_0000, largestWidth: 2560, largestHeight: 1600)
        change(&request)
        return try request.plan()
    }

    /// The information's tag of a type, from its size on.
    private func tag(_ type: UInt32, of plan: KernelPlan) throws -> Bytes? {
        let blob = Bytes(try #require(plan.boot.pieces.last?.bytes))
        var at: UInt64 = 8
        while let found = blob.u32(at), let size = blob.u32(at + 4), found != 0 {
            if found == type { return blob.slice(at, UInt64(size)).map { Bytes($0) } }
            at += (UInt64(size) + 7) & ~7
        }
        return nil
    }

    /// Lowest, highest, where it was linked if that may be, and the range's ends; RAM is 1 MB to 32 MB.
    @Test(
        arguments: [
            ([0x20_0000, 0x200_0000, 0x1000, 1], 0x20_0000), ([0x20_0000, 0x200_0000, 0x1000, 2], 0x1FF_D000),
            ([0x20_0000, 0x200_0000, 0x1000, 0], 0x20_0000), ([0, 0xFFFF_FFFF, 0x1000, 0], 0x10_0000),
            ([0x10_0000, 0xFFFF_FFFF, 0x20_0000, 0], 0x20_0000), ([0x20_0001, 0x200_0000, 0x1_0000, 1], 0x21_0000),
            ([0, 0xFFFF_FFFF, 0x1000, 1], 0x1000), ([0x20_0000, 0xFFFF_FFFF, 0x40_0000, 2], 0x1C0_0000),
            ([0x30_0000, 0x30_3000, 0, 1], 0x30_0000), ([0x30_0000, 0x30_3000, 1, 2], 0x30_0000),
            ([0x9_0000, 0x20_0000, 0x1000, 1], 0x9_0000), ([0x9_E000, 0x20_0000, 0x1000, 1], 0x10_0000),
        ] as [([UInt32], UInt64)])
    func anImageGoesWhereItsTagSays(tag wish: [UInt32], base: UInt64) throws {
        let plan = try plan(Self.elf([Self.relocatable(wish[0], wish[1], wish[2], wish[3])]))
        #expect(plan.boot.pieces.prefix(2).map(\.address) == [base, base + 0x1000])
        guard case .protected(let eip, Multiboot2.loaderMagic, _) = plan.boot.entry else { throw Wrong.entry }
        #expect(UInt64(eip) == base + 8)
        #expect(try tag(21, of: plan)?.u32(8) == UInt32(base))
        #expect(try tag(21, of: plan)?.count == 12)
    }

    private enum Wrong: Error { case entry }

    @Test func withoutTheTagNothingMovesAndNoBaseIsGiven() throws {
        let plan = try plan(Self.elf([]))
        #expect(plan.boot.pieces.first?.address == 0x10_0000)
        #expect(try tag(21, of: plan) == nil)
    }

    @Test func theEntryAddressTagMovesToo() throws {
        let plan = try plan(Self.elf([[3, 12, 0x10_0010], Self.relocatable(0x40_0000, 0x200_0000, 4096, 1)]))
        #expect(plan.boot.entry == .protected(eip: 0x40_0010, eax: Multiboot2.loaderMagic, ebx: 0x1_0000))
    }

    @Test func addressFieldsMoveAsOneBlock() throws {
        let tags = [
            [2, 24, 0x10_0000, 0x10_0000, 0, 0x10_1000], [3, 12, 0x10_0040], Self.relocatable(0x40_0000, 0x200_0000, 4096, 1),
        ]
        let plan = try plan(Self.words(Self.header(tags)) + [UInt8](repeating: 0x90, count: 64))
        #expect(plan.boot.pieces.first?.address == 0x40_0000 && plan.boot.pieces.first?.size == 0x1000)
        #expect(plan.boot.entry == .protected(eip: 0x40_0040, eax: Multiboot2.loaderMagic, ebx: 0x1_0000))
        #expect(try tag(21, of: plan)?.u32(8) == 0x40_0000)
    }

    /// A position-independent file is startable where it may be moved, and only there.
    @Test func positionIndependentFilesNeedTheTag() throws {
        let plan = try plan(Self.elf([Self.relocatable(0x20_0000, 0x200_0000, 4096, 1)], type: 3))
        #expect(plan.boot.pieces.first?.address == 0x20_0000)
        #expect(throws: ExecutableError.self) { try self.plan(Self.elf([], type: 3)) }
    }

    /// Modules find room below a kernel at the end of RAM, and information where the kernel is not.
    @Test func modulesFindRoomBelowAHighKernel() throws {
        let high = try plan(Self.elf([Self.relocatable(0, 0x200_0000, 4096, 2)])) { $0.modules = [.init(bytes: [1], text: "m")] }
        #expect(high.boot.pieces.map(\.address) == [0x1FF_D000, 0x1FF_E000, 0x10_0000, 0x1_0000])
        let low = try plan(Self.elf([Self.relocatable(0x1_0000, 0x200_0000, 4096, 1)])) {
            $0.modules = [.init(bytes: [1], text: "m")]
        }
        #expect(low.boot.pieces.map(\.address) == [0x1_0000, 0x1_1000, 0x10_0000, 0x10_1000])
    }

    @Test(
        arguments: [
            ([0x20_0000, 0x20_1000, 0x1000, 1], "between min_addr 0x200000 and max_addr 0x201000"),
            ([0x300_0000, 0x400_0000, 0x1000, 0], "no 0x3000 bytes of RAM are free"),
            ([0x20_0000, 0x10_0000, 0x1000, 2], "relocatable tag (10)"), ([0, 0xFFFF_FFFF, 0x8000_0000, 1], "0x80000000"),
            ([0, 0xFFFF_FFFF, 0x1001, 1], "field align is 0x1001"),
        ] as [([UInt32], String)])
    func whatFitsNowhereIsRefusedInOneLine(tag wish: [UInt32], words: String) {
        #expect {
            try self.plan(Self.elf([Self.relocatable(wish[0], wish[1], wish[2], wish[3])]))
        } throws: {
            "\($0)".contains(words) && "\($0)".contains("; ") && !"\($0)".contains("\n")
        }
    }

    /// What is asked for, and what a kernel gets: as GRUB does, the mode, else its size in another depth, else 800×600.
    @Test(
        arguments: [
            ([1024, 768, 32], [1024, 768, 32], false), ([640, 480, 16], [640, 480, 16], false),
            ([800, 600, 15], [800, 600, 15], false),
            ([1366, 768, 24], [1366, 768, 24], false), ([0, 0, 0], [800, 600, 32], false), ([640, 480, 0], [640, 480, 32], false),
            ([640, 480, 8], [640, 480, 32], true), ([4000, 3000, 32], [800, 600, 32], true),
            ([70000, 480, 16], [800, 600, 16], true),
        ] as [([UInt32], [UInt16], Bool)])
    func graphicsModes(wish: [UInt32], mode: [UInt16], isNoted: Bool) throws {
        let expected = DirectBoot.GraphicsMode(width: mode[0], height: mode[1], bits: mode[2])
        let second = try plan(Self.elf([[5, 20] + wish]))
        #expect(second.boot.screen == expected)
        #expect(second.notes.count == (isNoted ? 1 : 0))
        let fields = try #require(try tag(8, of: second))
        #expect(fields.u64(8) == 0xE000_0000 && fields.u32(16) == UInt32(expected.pitch))
        #expect(fields.u32(20) == UInt32(mode[0]) && fields.u32(24) == UInt32(mode[1]))
        #expect(fields.u8(28) == UInt8(mode[2]) && fields.u8(29) == 1 && fields.count == 38)

        let magic = Multiboot.magic
        let flags: UInt32 = 1 << 16 | 4
        let header = [magic, flags, 0 &- magic &- flags, 0x10_0000, 0x10_0000, 0, 0, 0x10_0030, 0] + wish
        let first = try plan(Self.words(header) + [0x90, 0x90])
        #expect(first.boot.screen == expected)
        let information = Bytes(try #require(first.boot.pieces.last?.bytes))
        #expect(information.u32(0).map { $0 & 0x1000 } == 0x1000)
        #expect(information.u64(88) == 0xE000_0000 && information.u32(96) == UInt32(expected.pitch))
        #expect(information.u32(100) == UInt32(mode[0]) && information.u32(104) == UInt32(mode[1]))
        #expect(information.u8(108) == UInt8(mode[2]) && information.u8(109) == 1)
        let colours: [UInt8] =
            switch mode[2] {
            case 15: [10, 5, 5, 5, 0, 5]
            case 16: [11, 5, 5, 6, 0, 5]
            default: [16, 8, 8, 8, 0, 8]
            }
        #expect(information.slice(110, 6).map(Array.init) == colours && fields.slice(32, 6).map(Array.init) == colours)

        // 1366×768 has no number in the video BIOS: nothing is said of VBE then.
        let hasNumber = mode[0] != 1366
        #expect(information.u32(0).map { $0 & 0x800 } == (hasNumber ? 0x800 : 0))
        let VBE = try tag(7, of: second)
        guard hasNumber else { return #expect(VBE == nil && information.u32(72) == 0 && information.u32(76) == 0) }
        let blocks = try #require(VBE)
        #expect(blocks.count == 784 && blocks.slice(16, 4).map(Array.init) == Array("VESA".utf8))
        let base = try #require(first.boot.pieces.last?.address)
        let controller = UInt64(try #require(information.u32(72))) - base
        let modeBlock = UInt64(try #require(information.u32(76))) - base
        #expect(information.u32(80).map { UInt16(truncatingIfNeeded: $0) } == blocks.u16(8))
        for (block, start) in [(information, modeBlock), (blocks, 528)] {
            #expect(block.u16(start + 18) == mode[0] && block.u16(start + 20) == mode[1] && block.u8(start + 25) == UInt8(mode[2]))
            #expect(block.u16(start + 16) == UInt16(expected.pitch) && block.u32(start + 40) == 0xE000_0000)
            #expect(block.u16(start).map { $0 & 0x80 } == 0x80)
        }
        // The list of modes, behind a far pointer, has the number that was set.
        let list =
            UInt64(try #require(information.u16(controller + 16))) << 4 + UInt64(try #require(information.u16(controller + 14)))
            - base
        let numbers = (0..<64 as Range<UInt64>).map { information.u16(list + 2 * $0) ?? 0xFFFF }.prefix { $0 != 0xFFFF }
        #expect(numbers.contains((blocks.u16(8) ?? 0) & 0x1FF) && numbers.count > 30)
    }

    /// Text that is asked for, and a kernel that asks for nothing, find EGA text.
    @Test func textIsToldAsText() throws {
        let magic = Multiboot.magic
        let flags: UInt32 = 1 << 16 | 4
        for type in [1, 7] as [UInt32] {
            let header = [magic, flags, 0 &- magic &- flags, 0x10_0000, 0x10_0000, 0, 0, 0x10_0030, type, 80, 25, 0]
            guard type == 1 else {
                #expect { try self.plan(Self.words(header) + [0x90, 0x90]) } throws: { "\($0)".contains("field mode_type is 0x7") }
                continue
            }
            let plan = try plan(Self.words(header) + [0x90, 0x90])
            let information = Bytes(try #require(plan.boot.pieces.last?.bytes))
            #expect(plan.boot.screen == nil && information.u64(88) == 0xB_8000 && information.u8(109) == 2)
        }
        let fields = try #require(try tag(8, of: plan(Self.elf([]))))
        #expect(fields.u64(8) == 0xB_8000 && fields.u32(16) == 160 && fields.u8(29) == 2 && fields.count == 32)
    }
}
