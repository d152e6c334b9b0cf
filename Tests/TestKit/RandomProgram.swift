import Processor
import X86

/// A program nobody would write, made from a seed: the memory of a small machine and the state to start in.
///
/// The image holds paging structures, GDT, IDT and TSS in write-protected pages, handlers that go on with the next of 64 entries after an
/// exception or an interrupt below 28h and return after others, 64 KBytes of instructions, and data. Some linear pages are read-only, absent, an alias of
/// the code, or lead to no memory. In IA-32e mode all of that is there by 64-bit addresses in the higher half, too. Not made: PAE without IA-32e
/// mode, LDT descriptors, task gates.
public struct RandomProgram: Sendable {
    /// The place where the program runs.
    public enum Place: Int, CaseIterable, Sendable {
        case real16, ring0Code16, ring0Code32, ring3Code16, ring3Code32, virtual8086
        /// IA-32e mode.
        case ring0Code64, ring3Code64, ring0Compatibility, ring3Compatibility

        /// Those that a program is in when nothing else is said.
        static let usual: [Place] = [.real16, .ring0Code16, .ring0Code32, .ring3Code16, .ring3Code32, .virtual8086]
        public static let ofIA32eMode: [Place] = [.ring0Code64, .ring3Code64, .ring0Compatibility, .ring3Compatibility]

        public var isIA32e: Bool { rawValue >= Place.ring0Code64.rawValue }
        var isCode64: Bool { self == .ring0Code64 || self == .ring3Code64 }
    }

    public let seed: UInt64
    public let place: Place
    /// The code is random bytes instead of instructions.
    public let isNoise: Bool
    /// All of RAM.
    public let image: [UInt8]
    public let state: CPUState

    /// Physical addresses; linear ones are the same unless said otherwise.
    public enum Layout {
        public static let memorySize = 0x10_0000
        /// Of IA-32e mode, read-only: map, pointers, directory and table of 2 MBytes, IDT.
        static let map = 0x2000
        static let pointers = 0x3000
        static let longDirectory = 0x4000
        static let longTable = 0x5000
        static let longIDT = 0x6000
        static let directory = 0x8000
        static let table = 0x9000
        static let gdt = 0xA000
        static let idt = 0xA800
        static let tss = 0xB000
        static let handlers = 0xC000
        /// How many exceptions there were, and at +100h the entries.
        static let entries = 0xD000
        static let stackTop = 0xFFC0
        static let code = 0x1_0000
        static let codeSize = 0x1_0000
        static let data = 0x2_0000
        /// Linear: the code once more, writable.
        static let codeAlias = 0x6_0000
        /// Linear: read-only.
        static let readOnly = 0x7_0000
        /// Linear: not present up to `nowhere`.
        static let absent = 0x8_0000
        /// Linear: physical addresses beyond RAM.
        static let nowhere = 0x9_0000
        static let userStackTop = 0x5_FFC0
        /// Linear: everything once more in IA-32e mode.
        static let higherHalf: UInt64 = 0xFFFF_8000_0000_0000
        static let topmost: UInt64 = 0xFFFF_FFFF_8000_0000
        static let interruptStackTop = 0xE800
    }

    private enum Selector {
        static let code32: UInt16 = 0x08
        static let data: UInt16 = 0x10
        static let code16: UInt16 = 0x18
        static let data16: UInt16 = 0x20
        static let userCode32: UInt16 = 0x2B
        static let userData: UInt16 = 0x33
        static let userCode16: UInt16 = 0x3B
        static let userData16: UInt16 = 0x43
        static let tss: UInt16 = 0x48
        static let expandDown: UInt16 = 0x53
        static let callGate: UInt16 = 0x5B
        static let readOnly: UInt16 = 0x63
        static let conforming: UInt16 = 0x6B
        // Of IA-32e mode, the TSS and the call gate with 16 bytes.
        static let code64: UInt16 = 0x70
        static let userCode64: UInt16 = 0x7B
        static let longTSS: UInt16 = 0x80
        static let longCallGate: UInt16 = 0x93
    }

    /// `place` and `isNoise` follow from the seed when they are not given.
    public init(seed: UInt64, model: CPUModel = .max, place: Place? = nil, isNoise: Bool? = nil) {
        var random = RandomNumbers(seed: seed)
        let anyPlace = Place.usual[random.below(Place.usual.count)]
        let anyNoise = random.oneIn(8)
        self.seed = seed
        self.place = place ?? anyPlace
        self.isNoise = isNoise ?? anyNoise
        var builder = Builder(place: self.place, isNoise: self.isNoise)
        builder.fill(&random)
        builder.writeCode(&random, model)
        if self.place == .real16 { builder.writeRealMode() } else { builder.writeProtectedMode(&random) }
        image = builder.image
        state = builder.makeState(&random)
    }

    private struct Builder {
        let place: Place
        let isNoise: Bool
        var image = [UInt8](repeating: 0, count: Layout.memorySize)
        var entries: [Int] = []

        mutating func write(_ address: Int, _ bytes: [UInt8]) {
            image.replaceSubrange(address..<address + bytes.count, with: bytes)
        }
        mutating func write16(_ address: Int, _ value: Int) {
            write(address, (0..<2).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
        }
        mutating func write32(_ address: Int, _ value: Int) {
            write(address, (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
        }

        var isCode16: Bool { place != .ring0Code32 && place != .ring3Code32 && !place.isIA32e }
        var isUser: Bool {
            place == .ring3Code16 || place == .ring3Code32 || place == .ring3Code64 || place == .ring3Compatibility
        }

        mutating func fill(_ random: inout RandomNumbers) {
            for address in stride(from: Layout.data, to: Layout.data + 0x4_0000, by: 8) {
                // Small numbers now and then: counts, offsets, zero.
                let value = random.oneIn(4) ? UInt64(random.below(256)) : random.next()
                for index in 0..<8 { image[address + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
            }
        }

        mutating func writeCode(_ random: inout RandomNumbers, _ model: CPUModel) {
            let encoder = RandomProgramEncoder(
                codeSize: place.isCode64 ? .bits64 : isCode16 ? .bits16 : .bits32, features: model.features.instructions)
            // The first bytes of a real-mode code segment are the handler's.
            var offset = 0x200
            let end = isNoise ? Layout.codeSize : 0x200 + 0x400 << random.below(6)
            while offset < end - 16 {
                if entries.count < 64 && random.oneIn(8) { entries.append(offset) }
                let bytes = isNoise ? (0..<8).map { _ in random.byte() } : encoder.instruction(&random)
                write(Layout.code + offset, bytes)
                offset += bytes.count
            }
            // Back to the start.
            write(Layout.code + offset, isCode16 ? [0xE9, 0, 0xF0] : [0xE9, 0, 0xF0, 0xFF, 0xFF])
            while entries.count < 64 { entries.append(entries.randomElement(using: &random) ?? 0x200) }
        }

        // MARK: Real mode

        mutating func writeRealMode() {
            write(
                Layout.code + 0xA0,
                [0x50, 0x53, 0x55, 0x89, 0xE5]  // push ax; push bx; push bp; mov bp, sp
                    + [0x2E, 0x8B, 0x1E, 0, 0, 0x43, 0x2E, 0x89, 0x1E, 0, 0]  // inc word [cs:0] by way of bx
                    + [0x83, 0xE3, 0x3F, 0xD1, 0xE3, 0x2E, 0x8B, 0x47, 0x10]  // mov ax, [cs:(bx & 63) * 2 + 10h]
                    + [0x36, 0x89, 0x46, 6, 0x36, 0xC7, 0x46, 8, 0, 0x10]  // mov [ss:bp + 6], ax; mov word [ss:bp + 8], 1000h
                    + [0x5D, 0x5B, 0x58, 0xCF])  // pop bp; pop bx; pop ax; iret
            write(Layout.code + 0x9F, [0xCF])
            for (index, entry) in entries.enumerated() { write16(Layout.code + 0x10 + 2 * index, entry) }
            for vector in 0..<256 {
                write16(4 * vector, vector < 0x28 ? 0xA0 : 0x9F)
                write16(4 * vector + 2, Layout.code >> 4)
            }
        }

        // MARK: Protected mode

        mutating func writeProtectedMode(_ random: inout RandomNumbers) {
            writePaging(&random)
            writeDescriptors()
            if place.isIA32e { return writeIA32eMode(&random) }
            writeHandlers()
            for (index, entry) in entries.enumerated() {
                write32(Layout.entries + 0x100 + 4 * index, entry + (isCode16 ? 0 : Layout.code))
            }
        }

        private mutating func writePaging(_ random: inout RandomNumbers) {
            write32(Layout.directory, Layout.table | 7)
            for page in 0..<1024 {
                let linear = page << 12
                var (physical, rights) = (linear, 7)
                switch linear {
                case Layout.directory..<Layout.handlers + 0x1000: rights = 1
                case Layout.entries..<Layout.code: rights = 3
                case Layout.codeAlias..<Layout.readOnly: physical = linear - Layout.codeAlias + Layout.code
                case Layout.readOnly..<Layout.absent: rights = 5
                case Layout.absent..<Layout.nowhere: rights = 0
                case Layout.nowhere...: physical = linear + Layout.memorySize
                default: break
                }
                // Accessed and dirty are set in half of them.
                if random.oneIn(2) || rights == 1 { rights |= 0x60 }
                write32(Layout.table + 4 * page, physical | rights)
            }
        }

        private mutating func descriptor(_ selector: UInt16, base: Int, limit: Int, access: Int, flags: Int) {
            let address = Layout.gdt + Int(selector & 0xFFF8)
            write16(address, limit)
            write32(address + 2, base & 0xFF_FFFF | access << 24)
            write(address + 6, [UInt8(limit >> 16 & 0xF | flags << 4), UInt8(base >> 24)])
        }

        private mutating func writeDescriptors() {
            descriptor(Selector.code32, base: 0, limit: 0xF_FFFF, access: 0x9B, flags: 0xC)
            descriptor(Selector.data, base: 0, limit: 0xF_FFFF, access: 0x93, flags: 0xC)
            descriptor(Selector.code16, base: Layout.code, limit: 0xFFFF, access: 0x9B, flags: 0)
            descriptor(Selector.data16, base: Layout.data, limit: 0xFFFF, access: 0x93, flags: 0)
            descriptor(Selector.userCode32, base: 0, limit: 0xF_FFFF, access: 0xFB, flags: 0xC)
            descriptor(Selector.userData, base: 0, limit: 0xF_FFFF, access: 0xF3, flags: 0xC)
            descriptor(Selector.userCode16, base: Layout.code, limit: 0xFFFF, access: 0xFB, flags: 0)
            descriptor(Selector.userData16, base: Layout.data, limit: 0xFFFF, access: 0xF3, flags: 0)
            descriptor(Selector.tss, base: Layout.tss, limit: 0x2068, access: 0x8B, flags: 0)
            descriptor(Selector.expandDown, base: Layout.data, limit: 0xFFF, access: 0xF7, flags: 4)
            descriptor(Selector.readOnly, base: Layout.data, limit: 0xFFF, access: 0xF1, flags: 4)
            descriptor(Selector.conforming, base: 0, limit: 0xF_FFFF, access: 0xDF, flags: 0xC)
            // A call gate from ring 3 to the 32-bit code of ring 0: to the handler that returns.
            let gate = Layout.gdt + Int(Selector.callGate & 0xFFF8)
            write32(gate, Layout.handlers + 0x80 | Int(Selector.code32) << 16)
            write32(gate + 4, 0xEC00)
            write32(Layout.tss + 4, Layout.stackTop)
            write32(Layout.tss + 8, Int(Selector.data))
            // The I/O permission bit map begins with the handlers' page, whatever is there.
            write32(Layout.tss + 0x64, 0x68 << 16)
        }

        /// CS to go on with.
        var programCS: UInt16 {
            switch place {
            case .real16, .virtual8086: UInt16(Layout.code >> 4)
            case .ring0Code16: Selector.code16
            case .ring0Code32: Selector.code32
            case .ring3Code16: Selector.userCode16
            case .ring3Code32, .ring3Compatibility: Selector.userCode32
            case .ring0Compatibility: Selector.code32
            case .ring0Code64: Selector.code64
            case .ring3Code64: Selector.userCode64
            }
        }

        private mutating func writeHandlers() {
            let goOn: [UInt8] =
                [0x60, 0x1E, 0xB8, 0x10, 0, 0, 0, 0x8E, 0xD8]  // pushad; push ds; mov eax, 10h; mov ds, eax
                + [0xA1, 0, 0xD0, 0, 0, 0x40, 0xA3, 0, 0xD0, 0, 0]  // inc dword [D000h] by way of eax
                + [0x83, 0xE0, 0x3F, 0x8B, 0x04, 0x85, 0, 0xD1, 0, 0]  // mov eax, [(eax & 63) * 4 + D100h]
                + [0x89, 0x44, 0x24, 0x24, 0xC7, 0x44, 0x24, 0x28]  // mov [esp + 24h], eax; mov dword [esp + 28h],
                + [UInt8(truncatingIfNeeded: programCS), UInt8(programCS >> 8), 0, 0]  // CS of the program
                + [0x1F, 0x61, 0xCF]  // pop ds; popad; iretd
            write(Layout.handlers, [0x83, 0xC4, 4] + goOn)  // add esp, 4: the error code
            write(Layout.handlers + 0x80, [0xCF])
            for vector in 0..<256 {
                let hasErrorCode = [8, 10, 11, 12, 13, 14, 17].contains(vector)
                let target = Layout.handlers + (vector >= 0x28 ? 0x80 : hasErrorCode ? 0 : 3)
                write32(Layout.idt + 8 * vector, target & 0xFFFF | Int(Selector.code32) << 16)
                // Interrupt and trap gates; software may use every third.
                write32(Layout.idt + 8 * vector + 4, 0x8E00 | (vector & 1) << 8 | (vector % 3 == 0 ? 0x6000 : 0))
            }
        }

        // MARK: IA-32e mode

        private mutating func write64(_ address: Int, _ value: UInt64) {
            write(address, (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) })
        }

        /// Tables of four levels that make of 2 MBytes what `writePaging` made of 4, and 64-bit handlers.
        private mutating func writeIA32eMode(_ random: inout RandomNumbers) {
            for entry in [0, 256, 511] { write64(Layout.map + 8 * entry, UInt64(Layout.pointers | 7)) }
            for entry in [0, 510] { write64(Layout.pointers + 8 * entry, UInt64(Layout.longDirectory | 7)) }
            write64(Layout.longDirectory, UInt64(Layout.longTable | 7))
            for page in 0..<512 {
                var entry: UInt64 = 0
                for byte in 0..<4 { entry |= UInt64(image[Layout.table + 4 * page + byte]) << UInt64(8 * byte) }
                if Layout.map..<Layout.longIDT + 0x1000 ~= page << 12 { entry = UInt64(page << 12 | 0x61) }
                // Nothing is executed there.
                if Layout.readOnly..<Layout.absent ~= page << 12, random.oneIn(2) { entry |= 1 << 63 }
                write64(Layout.longTable + 8 * page, entry)
            }
            descriptor(Selector.code64, base: 0, limit: 0xF_FFFF, access: 0x9B, flags: 0xA)
            descriptor(Selector.userCode64, base: 0, limit: 0xF_FFFF, access: 0xFB, flags: 0xA)
            descriptor(Selector.longTSS, base: Layout.tss, limit: 0x2068, access: 0x8B, flags: 0)
            let gate = Layout.gdt + Int(Selector.longCallGate & 0xFFF8)
            write32(gate, Layout.handlers + 0x80 | Int(Selector.code64) << 16)
            write32(gate + 4, 0xEC00)
            write64(Layout.tss + 4, UInt64(Layout.stackTop))
            write64(Layout.tss + 36, UInt64(Layout.interruptStackTop))
            writeHandlers64()
            let base = programBase(&random)
            for (index, entry) in entries.enumerated() {
                write64(Layout.entries + 0x100 + 8 * index, base &+ UInt64(entry + Layout.code))
            }
        }

        private mutating func writeHandlers64() {
            let stackSelector = isUser ? Selector.userData : Selector.data
            let goOn: [UInt8] =
                [0x50, 0x8B, 0x04, 0x25, 0, 0xD0, 0, 0, 0xFF, 0xC0]  // push rax; mov eax, [D000h]; inc eax
                + [0x89, 0x04, 0x25, 0, 0xD0, 0, 0, 0x83, 0xE0, 0x3F]  // mov [D000h], eax; and eax, 63
                + [0x48, 0x8B, 0x04, 0xC5, 0, 0xD1, 0, 0]  // mov rax, [rax * 8 + D100h]
                + [0x48, 0x89, 0x44, 0x24, 8]  // mov [rsp + 8], rax
                + [0x48, 0xC7, 0x44, 0x24, 0x10, UInt8(programCS), 0, 0, 0]  // mov qword [rsp + 10h], CS of the program
                + [0x48, 0xC7, 0x44, 0x24, 0x28, UInt8(stackSelector), 0, 0, 0]  // mov qword [rsp + 28h], SS
                + [0x58, 0x48, 0xCF]  // pop rax; iretq
            write(Layout.handlers, [0x48, 0x83, 0xC4, 8] + goOn)  // add rsp, 8: the error code
            write(Layout.handlers + 0x80, [0x48, 0xCF])
            write(Layout.handlers + 0xC0, [0x48, 0x0F, 0x07])  // sysretq
            for vector in 0..<256 {
                let hasErrorCode = [8, 10, 11, 12, 13, 14, 17].contains(vector)
                let target = Layout.handlers + (vector >= 0x28 ? 0x80 : hasErrorCode ? 0 : 4)
                write32(Layout.longIDT + 16 * vector, target & 0xFFFF | Int(Selector.code64) << 16)
                // Exceptions have a stack of their own.
                write32(
                    Layout.longIDT + 16 * vector + 4,
                    0x8E00 | (vector & 1) << 8 | (vector % 3 == 0 ? 0x6000 : 0) | (vector < 0x20 ? 1 : 0))
                write64(Layout.longIDT + 16 * vector + 8, 0)
            }
        }

        /// What is added to the addresses of the code.
        private func programBase(_ random: inout RandomNumbers) -> UInt64 {
            guard place.isCode64 else { return 0 }
            return [0, 0, Layout.higherHalf, Layout.topmost][random.below(4)]
        }

        /// What protected mode's state is in IA-32e mode.
        private func enterIA32eMode(_ state: inout CPUState, _ random: inout RandomNumbers) {
            state.cr4.insert(.PAE)
            if random.oneIn(2) { state.cr4.insert(.FSGSBASE) }
            if !random.oneIn(4) {
                state.cr4.insert(.OSXSAVE)
                state.avx.xcr0 = [.x87, .SSE, .AVX]
            }
            state.efer = [.LME, .LMA, .NXE, .SCE]
            state.cr3 = UInt64(Layout.map)
            state.gdtr.limit = 0x9F
            state.idtr = DescriptorTableRegister(base: UInt64(Layout.longIDT), limit: 0xFFF)
            state.tr.selector = Selector.longTSS
            state.msr.star = UInt64(Selector.code64) << 32 | UInt64(Selector.userCode64 - 16) << 48
            state.msr.lstar = UInt64(Layout.handlers + 0xC0)
            state.msr.kernelGSBase = UInt64(Layout.data)
            guard place.isCode64 else { return }
            state.cs = SegmentRegister(
                selector: programCS, base: 0, limit: .max, attributes: 0xA09B | (isUser ? 0x60 : 0))
            withUnsafeMutableBytes(of: &state) { raw in
                for number in 8..<16 {
                    let address = UInt64(RandomProgramEncoder.address(&random)) | (random.oneIn(4) ? Layout.higherHalf : 0)
                    raw.storeBytes(of: address, toByteOffset: 8 * number, as: UInt64.self)
                }
            }
            var entry: UInt64 = 0
            for byte in 0..<8 { entry |= UInt64(image[Layout.entries + 0x100 + byte]) << UInt64(8 * byte) }
            state.rip = entry
        }

        // MARK: State

        func makeState(_ random: inout RandomNumbers) -> CPUState {
            var state = CPUState()
            state.rax = random.next() & 0xFFFF_FFFF
            state.rcx = UInt64(random.below(64))
            state.rdx = UInt64(random.below(0x1_0000))
            state.rbx = UInt64(RandomProgramEncoder.address(&random))
            state.rbp = UInt64(RandomProgramEncoder.address(&random))
            state.rsi = UInt64(RandomProgramEncoder.address(&random))
            state.rdi = UInt64(RandomProgramEncoder.address(&random))
            state.rsp = 0xFFC0
            let entry = UInt64(entries[0])
            state.eflags = random.oneIn(8) ? [.alwaysOne] : [.alwaysOne, .IF]
            guard place != .real16 else {
                state.idtr = DescriptorTableRegister(base: 0, limit: 0x3FF)
                state.cr4 = [.OSFXSR, .OSXMMEXCPT]
                state.cr0 = .ET
                setParagraphs(&state)
                state.rip = entry
                return state
            }
            state.cr0 = [.PE, .PG, .WP, .ET]
            if random.oneIn(2) { state.cr0.insert(.NE) }
            if random.oneIn(2) { state.cr0.insert(.AM) }
            state.cr4 = [.OSFXSR, .OSXMMEXCPT]
            if random.oneIn(2) { state.cr4.formUnion([.VME, .PVI]) }
            if random.oneIn(2) { state.cr4.insert(.PGE) }
            state.cr3 = UInt64(Layout.directory)
            state.gdtr = DescriptorTableRegister(base: UInt64(Layout.gdt), limit: 0x6F)
            state.idtr = DescriptorTableRegister(base: UInt64(Layout.idt), limit: 0x7FF)
            state.tr = SegmentRegister(selector: Selector.tss, base: UInt64(Layout.tss), limit: 0x2068, attributes: 0x8B)
            state.ldtr = SegmentRegister()
            state.eflags.formUnion(EFLAGS(rawValue: UInt32(random.below(4)) << 12))
            if place == .virtual8086 {
                state.cpl = 3
                state.eflags.insert(.VM)
                setParagraphs(&state, attributes: 0xF3)
                state.rip = entry
                return state
            }
            state.cpl = isUser ? 3 : 0
            let level: UInt16 = isUser ? 0x60 : 0
            state.cs = SegmentRegister(
                selector: programCS, base: isCode16 ? UInt64(Layout.code) : 0, limit: isCode16 ? 0xFFFF : .max,
                attributes: (isCode16 ? 0x9B : 0xC09B) | level)
            state.rip = entry + (isCode16 ? 0 : UInt64(Layout.code))
            let flat = SegmentRegister(
                selector: isUser ? Selector.userData : Selector.data, base: 0, limit: .max, attributes: 0xC093 | level)
            let small = SegmentRegister(
                selector: isUser ? Selector.userData16 : Selector.data16, base: UInt64(Layout.data), limit: 0xFFFF,
                attributes: 0x93 | level)
            let usual = isCode16 || random.oneIn(4) ? small : flat
            (state.ds, state.es, state.fs, state.gs) = (usual, usual, flat, small)
            // The handlers of ring 0 run on the program's stack.
            state.ss = isUser ? usual : flat
            if isUser { state.rsp = usual == flat || place.isCode64 ? UInt64(Layout.userStackTop) : 0xFFC0 }
            if place.isIA32e { enterIA32eMode(&state, &random) }
            return state
        }

        private func setParagraphs(_ state: inout CPUState, attributes: UInt16 = 0x93) {
            state.cs = .realMode(UInt16(Layout.code >> 4), attributes: attributes)
            state.ds = .realMode(UInt16(Layout.data >> 4), attributes: attributes)
            state.es = .realMode(UInt16(Layout.data >> 4) + 0x1000, attributes: attributes)
            state.ss = .realMode(UInt16(Layout.data >> 4) + 0x2000, attributes: attributes)
            state.fs = .realMode(UInt16(Layout.code >> 4), attributes: attributes)
            state.gs = .realMode(0xFFFF, attributes: attributes)
        }
    }
}
