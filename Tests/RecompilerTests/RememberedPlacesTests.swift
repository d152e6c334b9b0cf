import Processor
import TestKit
import Testing

@testable import Recompiler

/// The place where code is remembered across writes to CR0, CR3 and INVLPG, by links, tables and TLBs: SDM Vol. 3A, sections 4.10.4.1 and 4.10.5.
@Suite struct RememberedPlacesTests {
    /// Physical addresses of the two page directories, their tables for the first 4 MBytes, and two functions that answer 1 and 2.
    private enum Place {
        static let directories = [0x8000, 0x9000]
        static let tables = [0xA000, 0xB000]
        static let functions = [0x1_0000, 0x1_1000]
        /// Linear address at which one of the functions is mapped.
        static let window = 0x20_0000
        /// Offset of its entry in a table.
        static let windowEntry = 0x800
        /// `mov eax, imm32` of which the first two bytes are in the page before the window, and the rest with RET in the function's page.
        static let across = window - 2
    }

    private struct Run {
        let state: CPUState
        let links: UInt64
        let recompiled: UInt64
    }

    /// 32-bit code at 1000h, to its HLT, by the interpreter or the recompiler. The window leads to the first function with the first directory, to
    /// the second with the other one; all else is mapped to itself, by global pages where `isGlobal`.
    private func run(
        _ code: [UInt8], isGlobal: Bool = false, isPaged: Bool = true, isAcross: Bool = false, translated: Bool,
        threshold: UInt32 = 1
    ) throws -> Run {
        let machine = FlatMachine(model: .max, megabytes: 4)
        let global: UInt32 = isGlobal ? 0x100 : 0
        for (number, table) in Place.tables.enumerated() {
            machine.write32(Place.directories[number], UInt32(table) | 3)
            for page in 0..<1024 { machine.write32(table + 4 * page, UInt32(page) << 12 | 3 | global) }
            machine.write32(table + Place.windowEntry, UInt32(Place.functions[number]) | 3)
            // mov eax, 1 or 2; ret
            machine.write(
                Place.functions[number], isAcross ? [UInt8(number), 0, 0, 0xC3] : [0xB8, UInt8(number + 1), 0, 0, 0, 0xC3])
        }
        if isAcross { machine.write(Place.across, [0xB8, 7]) }
        machine.write(0x1000, code)
        var state = CPUState.flat
        state.cr3 = UInt64(Place.directories[0])
        state.cr4.insert(.PGE)
        if isPaged { state.cr0.insert(.PG) }
        machine.cpu.state = state
        let engine = translated ? Recompiler(machine.cpu, threshold: threshold) : nil
        try #require(!translated || engine != nil)
        while machine.cpu.run(until: machine.clock.now + 1_000_000) == .deadline {}
        return Run(
            state: machine.cpu.state, links: engine?.statistics.links ?? 0,
            recompiled: machine.cpu.nativeStatistics.instructions)
    }

    /// `call function; add ebx, eax` at an offset of a loop's body.
    private func callAndAdd(_ function: Int, at offset: Int) -> [UInt8] {
        // The body begins at 1000h + 7.
        let relative = UInt32(bitPattern: Int32(function - (0x1007 + offset + 5)))
        return [0xE8] + (0..<4).map { UInt8(truncatingIfNeeded: relative >> (8 * $0)) } + [0x01, 0xC3]
    }

    /// `mov ecx, 1000; xor ebx, ebx`, a body of one round, `dec ecx; jnz`, `hlt`: EBX is what the rounds add up.
    private func loop(_ body: [UInt8]) -> [UInt8] {
        let back = UInt32(bitPattern: Int32(-(body.count + 7)))
        return [0xB9, 0xE8, 3, 0, 0, 0x31, 0xDB] + body
            + [0x49, 0x0F, 0x85] + (0..<4).map { UInt8(truncatingIfNeeded: back >> (8 * $0)) } + [0xF4]
    }

    /// `call window; add ebx, eax; mov eax, [edx]`… in each address space: where the code is global only the function changes.
    @Test(arguments: [false, true]) func functionsOfTwoAddressSpaces(isGlobal: Bool) throws {
        // mov eax, directory; mov cr3, eax
        func enter(_ number: Int) -> [UInt8] { [0xB8, 0, UInt8(Place.directories[number] >> 8), 0, 0, 0x0F, 0x22, 0xD8] }
        var body: [UInt8] = []
        for number in [0, 1] {
            body += enter(number)
            body += callAndAdd(Place.window, at: body.count)
            body += callAndAdd(Place.window, at: body.count)
        }
        let reference = try run(loop(body), isGlobal: isGlobal, translated: false)
        #expect(reference.state.rbx == 6000)
        let translated = try run(loop(body), isGlobal: isGlobal, translated: true)
        #expect(translated.state == reference.state)
        #expect(translated.recompiled > 10_000)
    }

    /// Code that both address spaces share, and that is translated together with the function that it calls in one of them: what is known of the function's page
    /// then ends with the next MOV to CR3.
    @Test(arguments: [false, true], [1, 2, 3, 4, 5, 8] as [UInt32])
    func aRegionThatReachesIntoAPageOfOneAddressSpace(isGlobal: Bool, threshold: UInt32) throws {
        // jmp over; shared: call window; add ebx, eax; ret
        let shared = callAndAdd(Place.window, at: 2) + [0xC3]
        var body: [UInt8] = [0xEB, UInt8(shared.count)] + shared
        for number in [0, 1] {
            body += [0xB8, 0, UInt8(Place.directories[number] >> 8), 0, 0, 0x0F, 0x22, 0xD8]
            for _ in 0..<2 {
                let relative = UInt32(bitPattern: Int32(2 - (body.count + 5)))
                body += [0xE8] + (0..<4).map { UInt8(truncatingIfNeeded: relative >> (8 * $0)) }
            }
        }
        let reference = try run(loop(body), isGlobal: isGlobal, translated: false)
        #expect(reference.state.rbx == 6000)
        let translated = try run(loop(body), isGlobal: isGlobal, translated: true, threshold: threshold)
        #expect(translated.state == reference.state)
        #expect(translated.recompiled > 10_000)
    }

    /// An instruction of which the bytes in the second page differ between two address spaces, and change with INVLPG in one.
    @Test(arguments: [false, true]) func anInstructionAcrossPages(isGlobal: Bool) throws {
        func enter(_ number: Int) -> [UInt8] { [0xB8, 0, UInt8(Place.directories[number] >> 8), 0, 0, 0x0F, 0x22, 0xD8] }
        var body: [UInt8] = []
        for number in [0, 1] {
            body += enter(number)
            body += callAndAdd(Place.across, at: body.count)
            body += callAndAdd(Place.across, at: body.count)
        }
        let entry = Place.tables[1] + Place.windowEntry
        // xor dword [entry], 1000h; invlpg [window]: the function of the other directory, as 11000h and 10000h are such entries
        body +=
            [0x81, 0x35] + (0..<4).map { UInt8(truncatingIfNeeded: entry >> (8 * $0)) } + [0, 0x10, 0, 0, 0x0F, 0x01, 0x3D]
            + (0..<4).map { UInt8(truncatingIfNeeded: Place.window >> (8 * $0)) }
        body += callAndAdd(Place.across, at: body.count)
        let reference = try run(loop(body), isGlobal: isGlobal, isAcross: true, translated: false)
        // 7 and 107h: directory 1 has them in turn.
        #expect(reference.state.rbx == 1000 * (2 * 0x07) + 500 * (2 * 0x07 + 2 * 0x107) + 500 * (0x07 + 0x107))
        let translated = try run(loop(body), isGlobal: isGlobal, isAcross: true, translated: true)
        #expect(translated.state == reference.state)
        #expect(translated.recompiled > 10_000)
    }

    /// A loop over an instruction that reaches into the next page stays in translated code.
    @Test func aLoopAcrossPages() throws {
        let machine = FlatMachine(model: .max, megabytes: 4)
        // again: add eax, 12345678h across 2000h; dec ecx; jnz again; hlt
        machine.write(0x1FFD, [0x05, 0x78, 0x56, 0x34, 0x12, 0x49, 0x75, 0xF8, 0xF4])
        var state = CPUState.flat
        state.rip = 0x1FFD
        state.rcx = 10_000
        machine.cpu.state = state
        let engine = try #require(Recompiler(machine.cpu, threshold: 1))
        while machine.cpu.run(until: machine.clock.now + 1_000_000) == .deadline {}
        #expect(machine.cpu.state.rax == 10_000 * 0x1234_5678 & 0xFFFF_FFFF)
        #expect(machine.cpu.nativeStatistics.instructions > 29_000)
        #expect(engine.statistics.links < 10)
    }

    /// A function whose page is mapped elsewhere, with INVLPG: what was linked to it is found anew. Data elsewhere goes without that.
    @Test(arguments: [false, true]) func INVLPG(isGlobal: Bool) throws {
        let entry = Place.tables[0] + Place.windowEntry
        // xor dword [entry], 1000h; invlpg [window]
        let remap: [UInt8] =
            [0x81, 0x35] + (0..<4).map { UInt8(truncatingIfNeeded: entry >> (8 * $0)) } + [0, 0x10, 0, 0, 0x0F, 0x01, 0x3D]
            + (0..<4).map { UInt8(truncatingIfNeeded: Place.window >> (8 * $0)) }
        let first = callAndAdd(Place.window, at: 0)
        let body = first + callAndAdd(Place.window, at: first.count) + remap
        let reference = try run(loop(body), isGlobal: isGlobal, translated: false)
        #expect(reference.state.rbx == 3000)
        let translated = try run(loop(body), isGlobal: isGlobal, translated: true)
        #expect(translated.state == reference.state)
        // invlpg [300000h]: a page in which no code is
        let elsewhere = try run(loop(first + [0x0F, 0x01, 0x3D, 0, 0, 0x30, 0]), isGlobal: isGlobal, translated: true)
        #expect(elsewhere.state.rbx == 1000)
        #expect(elsewhere.links < 20, "links hold")
        #expect(translated.links > 500, "links went")
    }

    /// `mov eax, cr0; xor al, 1; mov cr0, eax`, and a function in another page, in real and in protected mode: without paging, links hold.
    @Test func modeSwitchesWithoutPaging() throws {
        let body: [UInt8] = [0x0F, 0x20, 0xC0, 0x34, 1, 0x0F, 0x22, 0xC0]
        let code = loop(body + callAndAdd(Place.functions[1], at: body.count))
        let reference = try run(code, isPaged: false, translated: false)
        #expect(reference.state.rbx == 2000)
        let translated = try run(code, isPaged: false, translated: true)
        #expect(translated.state == reference.state)
        #expect(translated.recompiled > 2000)
        #expect(translated.links < 20)
    }

    /// INVLPG of any address in a large page takes all of it.
    @Test func INVLPGOfALargePage() {
        let bench = LongModeBench()
        let place = 0x20_5000
        bench.machine.write(place, [0x5A])
        bench.machine.write(0x5000 + 0x800, [0xA5])
        bench.state.rbx = UInt64(place)
        #expect(bench.run([0x8A, 0x03]) == nil, "mov al, [rbx]")
        #expect(bench.state.rax & 0xFF == 0x5A)
        // The second 2 MBytes lead to the first ones.
        bench.machine.write32(LongModeBench.Place.directory + 8, 0x87)
        bench.state.rcx = 0x3F_0000
        #expect(bench.run([0x0F, 0x01, 0x39]) == nil, "invlpg [rcx]")
        bench.state.rbx = UInt64(place) + 0x800
        #expect(bench.run([0x8A, 0x03]) == nil)
        #expect(bench.state.rax & 0xFF == 0xA5)
    }
}
