import Wiring

/// A kernel with a Multiboot header. Multiboot Specification, version 0.6.96.
///
/// ELF32 and ELF64 files are loaded alike; both are entered in 32-bit protected mode. Not offered: drives, ROM configuration table, APM
/// table, VBE information; modes with a palette.
struct Multiboot {
    static let magic: UInt32 = 0x1BAD_B002
    static let loaderMagic: UInt32 = 0x2BAD_B002
    static let searched: UInt64 = 8192

    /// Flags of the header, section 3.1.2.
    private struct Flags: OptionSet {
        let rawValue: UInt32
        static let pageAlign = Flags(rawValue: 1 << 0)
        static let memoryInfo = Flags(rawValue: 1 << 1)
        static let videoMode = Flags(rawValue: 1 << 2)
        static let addresses = Flags(rawValue: 1 << 16)
        /// Bits that a loader has to know or to refuse.
        static let required: UInt32 = 0xFFFF
    }

    let request: KernelRequest
    let file: Bytes

    /// Tells where the header begins, checksum right or wrong; nil when there is none.
    static func headerOffset(in file: Bytes) -> UInt64? {
        let candidates = stride(from: 0, to: min(searched, file.count), by: 4).filter { file.u32($0) == magic }
        return candidates.first { sum(file, $0) == 0 } ?? candidates.first
    }

    /// Finds a right header where no boot loader looks for one, in the file's first MByte.
    static func hiddenHeader(in file: Bytes) -> UInt64? {
        stride(from: searched, to: min(0x10_0000, file.count), by: 4).first { file.u32($0) == magic && sum(file, $0) == 0 }
    }

    private static func sum(_ file: Bytes, _ at: UInt64) -> UInt32? {
        guard let flags = file.u32(at &+ 4), let checksum = file.u32(at &+ 8) else { return nil }
        return magic &+ flags &+ checksum
    }

    func plan() throws(ExecutableError) -> KernelPlan {
        guard let at = Self.headerOffset(in: file) else {
            throw ExecutableError(
                "no Multiboot header: 1BADB002h is not in the first \(Self.searched) bytes on a 4-byte boundary",
                remedy: "put the header's section first in the linker script")
        }
        guard let sum = Self.sum(file, at) else {
            throw ExecutableError("Multiboot header at \(hex(at)) is cut off", remedy: "a header has at least 12 bytes")
        }
        guard sum == 0, let bits = file.u32(at &+ 4) else {
            throw ExecutableError(
                "Multiboot header at \(hex(at)), field checksum: magic + flags + checksum is \(hex(sum)), not 0",
                remedy: "set checksum to -(magic + flags)")
        }
        let flags = Flags(rawValue: bits)
        let unknown = bits & Flags.required & ~7
        guard unknown == 0 else {
            throw ExecutableError(
                "Multiboot header at \(hex(at)), field flags: bit \(unknown.trailingZeroBitCount) asks for a feature that does not exist",
                remedy: "clear the bit, and mend the checksum")
        }
        var layout = KernelLayout(memory: request.memory)
        var sections: KernelSections?
        let entry: UInt32
        if flags.contains(.addresses) {
            entry = try loadByAddresses(headerAt: at, into: &layout)
        } else {
            guard ELFFile.isELF(file) else {
                throw ExecutableError(
                    "Multiboot header at \(hex(at)), field flags: bit 16 is clear, so the file has to be ELF, and it is not",
                    remedy: "link as ELF, or set bit 16 and the five address fields")
            }
            let elf = try ELFFile(file)
            entry = try layout.load(elf).entry
            sections = KernelSections(elf, in: &layout, movedBy: 0)
        }
        return try plan(entry, sections, &layout, flags, at)
    }

    /// The "a.out kludge", section 3.1.3: the header itself says what is loaded where.
    private func loadByAddresses(headerAt at: UInt64, into layout: inout KernelLayout) throws(ExecutableError) -> UInt32 {
        guard let header = file.u32(at &+ 12), let load = file.u32(at &+ 16), let loadEnd = file.u32(at &+ 20),
            let bssEnd = file.u32(at &+ 24), let entry = file.u32(at &+ 28)
        else {
            throw ExecutableError(
                "Multiboot header at \(hex(at)): bit 16 of flags is set, but the address fields are cut off",
                remedy: "give header_addr, load_addr, load_end_addr, bss_end_addr and entry_addr")
        }
        let kludge = AddressFields(
            header: header, load: load, loadEnd: loadEnd, bssEnd: bssEnd, entry: entry, headerOffset: at, kind: "Multiboot header")
        return try kludge.load(file, into: &layout).entry
    }

    private func plan(
        _ entry: UInt32, _ sections: KernelSections?, _ layout: inout KernelLayout, _ flags: Flags, _ at: UInt64
    ) throws(ExecutableError) -> KernelPlan {
        let screen = try flags.contains(.videoMode) ? screen(headerAt: at) : .text
        var modules: [(start: UInt64, end: UInt64, text: String)] = []
        for module in request.modules {
            let start = try layout.append(module.bytes, what: "module \(module.text)")
            modules.append((start, start &+ UInt64(module.bytes.count), module.text))
        }
        // Twice: the first time for the size, which does not depend on the address.
        let size = UInt64(information(base: 0, modules, sections, screen).count)
        let base = layout.informationAddress(count: size)
        try layout.add(information(base: base, modules, sections, screen), at: base, what: "boot information")
        let boot = DirectBoot(
            pieces: layout.pieces,
            entry: .protected(eip: entry, eax: Self.loaderMagic, ebx: UInt32(truncatingIfNeeded: base)),
            screen: screen.mode)
        return KernelPlan(boot: boot, format: .multiboot, notes: layout.notes + [screen.note].compactMap(\.self))
    }

    /// The mode that the header prefers, section 3.1.4 "The graphics fields of Multiboot header".
    private func screen(headerAt at: UInt64) throws(ExecutableError) -> BootScreen {
        guard let type = file.u32(at &+ 32), let width = file.u32(at &+ 36), let height = file.u32(at &+ 40),
            let depth = file.u32(at &+ 44)
        else {
            throw ExecutableError(
                "Multiboot header at \(hex(at)): bit 2 of flags is set, but the graphics fields are cut off",
                remedy: "give mode_type, width, height and depth behind the five address fields")
        }
        switch type {
        case 0: return BootScreen(width: width, height: height, depth: depth, on: request.frameBuffer)
        case 1: return .text
        default:
            throw ExecutableError(
                "Multiboot header at \(hex(at)), field mode_type is \(hex(type)): no kind of mode",
                remedy: "0 is graphics, 1 is text")
        }
    }

    /// The information structure, section 3.3, with all it points to.
    private func information(
        base: UInt64, _ modules: [(start: UInt64, end: UInt64, text: String)], _ sections: KernelSections?,
        _ screen: BootScreen
    ) -> [UInt8] {
        /// Bytes of the structure up to and with the framebuffer fields.
        let length = 116
        var tail = InformationBlob(base: base &+ UInt64(length))
        let commandLine = tail.address
        tail.text([request.name, request.commandLine].filter { !$0.isEmpty }.joined(separator: " "))
        let loaderName = tail.address
        tail.text(KernelRequest.loaderName)
        let moduleTexts = modules.map { module in
            let address = tail.address
            tail.text(module.text)
            return address
        }
        tail.align(4)
        let moduleTable = tail.address
        for (module, text) in zip(modules, moduleTexts) {
            for value in [module.start, module.end, text, 0] { tail.u32(value) }
        }
        let map = tail.address
        for entry in request.memory.entries {
            tail.u32(20)
            tail.u64(entry.range.lowerBound)
            tail.u64(UInt64(entry.range.count))
            tail.u32(entry.isUsable ? 1 : 2)
        }
        let mapLength = tail.address &- map
        let headers = tail.address
        tail.append(sections?.headers ?? [])
        let VBE = VBEInformation(screen)
        tail.align(16)
        let controller = tail.address
        if let VBE { tail.append(VBE.controller(at: controller) + VBE.modeInformation) }

        var blob = InformationBlob(base: base)
        // Present: memory, command line, modules, ELF sections, memory map, loader name, VBE, framebuffer.
        blob.u32(0x1 | 0x4 | 0x8 | (sections == nil ? 0 : 0x20) | 0x40 | 0x200 | (VBE == nil ? 0 : 0x800) | 0x1000)
        blob.u32(request.memory.conventionalEnd / 1024)
        blob.u32((request.memory.extendedEnd &- 0x10_0000) / 1024)
        blob.u32(0)  // boot_device: none
        blob.u32(commandLine)
        blob.u32(UInt64(modules.count))
        blob.u32(moduleTable)
        for value in [sections?.count ?? 0, sections?.entrySize ?? 0, sections == nil ? 0 : headers, sections?.nameIndex ?? 0] {
            blob.u32(value)
        }
        blob.u32(mapLength)
        blob.u32(map)
        // drives_length and _addr, config_table
        for _ in 0..<3 { blob.u32(0) }
        blob.u32(loaderName)
        blob.u32(0)  // apm_table
        blob.u32(VBE == nil ? 0 : controller)
        blob.u32(VBE == nil ? 0 : controller &+ UInt64(VBEInformation.controllerSize))
        blob.u16(VBE?.mode ?? 0)
        // vbe_interface_seg, _off and _len: no protected-mode interface
        for _ in 0..<3 { blob.u16(0) }
        screen.appendFields(to: &blob)
        blob.append(screen.colourFields)
        blob.align(4)
        while blob.bytes.count < length { blob.u8(0) }
        return blob.bytes + tail.bytes
    }
}

extension KernelRequest {
    static let loaderName = "swemu"
}

/// The address fields of Multiboot 1 and of Multiboot 2's address tag.
struct AddressFields {
    let header: UInt32
    let load: UInt32
    let loadEnd: UInt32
    let bssEnd: UInt32
    let entry: UInt32
    /// The place where the header begins in the file.
    let headerOffset: UInt64
    /// The name of the header in errors.
    let kind: String

    /// Loads what the fields name, there or where `relocation` wants it. Answers where the first byte went, and the entry.
    func load(
        _ file: Bytes, into layout: inout KernelLayout, relocation: Relocation? = nil
    ) throws(ExecutableError) -> (entry: UInt32, base: UInt64) {
        guard load <= header, UInt64(header &- load) <= headerOffset else {
            throw ExecutableError(
                "\(kind), fields header_addr \(hex(header)) and load_addr \(hex(load)): the text would begin before the file does",
                remedy: "header_addr - load_addr is at most the header's offset in the file, \(hex(headerOffset))")
        }
        let start = headerOffset &- UInt64(header &- load)
        guard loadEnd == 0 || loadEnd >= load else {
            throw ExecutableError(
                "\(kind), field load_end_addr \(hex(loadEnd)) is below load_addr", remedy: "give the end of the data, or 0 for all")
        }
        let length = loadEnd == 0 ? file.count &- start : UInt64(loadEnd &- load)
        guard let bytes = file.slice(start, length) else {
            throw ExecutableError(
                "\(kind), field load_end_addr \(hex(loadEnd)): the file ends before it",
                remedy: "give the end of the data, or 0 for all")
        }
        guard bssEnd == 0 || UInt64(bssEnd) >= UInt64(load) &+ length else {
            throw ExecutableError(
                "\(kind), field bss_end_addr \(hex(bssEnd)) is below the end of the data",
                remedy: "give the end of .bss, or 0 for none")
        }
        let size = bssEnd == 0 ? length : UInt64(bssEnd &- load)
        let base = try relocation?.base(for: UInt64(load)..<UInt64(load) &+ size, in: layout) ?? UInt64(load)
        try layout.add(bytes, size: size, at: base, what: "\(kind), fields load_addr and bss_end_addr")
        guard UInt64(entry) >= UInt64(load), UInt64(entry) < UInt64(load) &+ length else {
            throw ExecutableError(
                "\(kind), field entry_addr \(hex(entry)) lies outside what is loaded",
                remedy: "give the address of the first instruction")
        }
        return (entry &+ UInt32(truncatingIfNeeded: base &- UInt64(load)), base)
    }
}
