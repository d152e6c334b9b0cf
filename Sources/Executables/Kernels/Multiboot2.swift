import Wiring

/// A kernel with a Multiboot2 header. Multiboot2 Specification, version 2.0.
///
/// Not offered: EFI, SMBIOS, ACPI and network tags, boot device, VBE information; modes with a palette.
struct Multiboot2 {
    static let magic: UInt32 = 0xE852_50D6
    static let loaderMagic: UInt32 = 0x36D7_6289
    static let searched: UInt64 = 32768

    /// The wishes in the tags of the header, section 3.1.
    private struct Wishes {
        var addresses: (header: UInt32, load: UInt32, loadEnd: UInt32, bssEnd: UInt32)?
        var entry: UInt32?
        var relocation: Relocation?
        var screen = BootScreen.text
    }

    /// Types of information tags, section 3.6.
    private enum Tag: UInt32 {
        case end = 0
        case commandLine, loaderName, module, memory, bootDevice, memoryMap, VBE, framebuffer, sections, APM
        case loadBase = 21
    }

    let request: KernelRequest
    let file: Bytes

    static func headerOffset(in file: Bytes) -> UInt64? {
        let candidates = stride(from: 0, to: min(searched, file.count), by: 8).filter { file.u32($0) == magic }
        return candidates.first { sum(file, $0) == 0 } ?? candidates.first
    }

    private static func sum(_ file: Bytes, _ at: UInt64) -> UInt32? {
        guard let architecture = file.u32(at &+ 4), let length = file.u32(at &+ 8), let checksum = file.u32(at &+ 12) else {
            return nil
        }
        return magic &+ architecture &+ length &+ checksum
    }

    func plan() throws(ExecutableError) -> KernelPlan {
        guard let at = Self.headerOffset(in: file) else {
            throw ExecutableError(
                "no Multiboot2 header: E85250D6h is not in the first \(Self.searched) bytes on an 8-byte boundary",
                remedy: "put the header's section first in the linker script")
        }
        guard let sum = Self.sum(file, at), let architecture = file.u32(at &+ 4), let length = file.u32(at &+ 8) else {
            throw ExecutableError("Multiboot2 header at \(hex(at)) is cut off", remedy: "a header has at least 16 bytes")
        }
        guard sum == 0 else {
            throw ExecutableError(
                "Multiboot2 header at \(hex(at)), field checksum: magic + architecture + header_length + checksum is \(hex(sum)), not 0",
                remedy: "set checksum to -(magic + architecture + header_length)")
        }
        guard architecture == 0 else {
            throw ExecutableError(
                "Multiboot2 header at \(hex(at)), field architecture is \(architecture)", remedy: "0 is i386 in protected mode")
        }
        let wishes = try readTags(at &+ 16, end: at &+ UInt64(length))
        var layout = KernelLayout(memory: request.memory)
        var sections: KernelSections?
        let entry: UInt32
        let base: UInt64
        if let addresses = wishes.addresses {
            guard let start = wishes.entry else {
                throw ExecutableError(
                    "Multiboot2 header at \(hex(at)): an address tag (2) without an entry address tag (3)",
                    remedy: "add the entry address tag")
            }
            let fields = AddressFields(
                header: addresses.header, load: addresses.load, loadEnd: addresses.loadEnd, bssEnd: addresses.bssEnd, entry: start,
                headerOffset: at, kind: "Multiboot2 address tag")
            (entry, base) = try fields.load(file, into: &layout, relocation: wishes.relocation)
        } else {
            guard ELFFile.isELF(file) else {
                throw ExecutableError(
                    "Multiboot2 header at \(hex(at)): without an address tag (2) the file has to be ELF, and it is not",
                    remedy: "link as ELF, or add the tag")
            }
            let elf = try ELFFile(file)
            let loaded = try layout.load(elf, relocation: wishes.relocation)
            sections = KernelSections(elf, in: &layout, movedBy: loaded.offset)
            entry = wishes.entry.map { $0 &+ UInt32(truncatingIfNeeded: loaded.offset) } ?? loaded.entry
            base = loaded.base
        }
        return try plan(entry, loadBase: wishes.relocation == nil ? nil : base, sections, &layout, wishes.screen)
    }

    private func readTags(_ start: UInt64, end: UInt64) throws(ExecutableError) -> Wishes {
        var wishes = Wishes()
        var at = start
        while at &+ 8 <= end {
            guard let type = file.u16(at), let flags = file.u16(at &+ 2), let size = file.u32(at &+ 4), size >= 8 else {
                throw ExecutableError(
                    "Multiboot2 header: the tag at \(hex(at)) is cut off, or its size is below 8",
                    remedy: "end the tags with type 0, flags 0, size 8")
            }
            if type == 0 { return wishes }
            // One that reaches behind the header leaves no room for the end tag, and its size is not to be believed.
            guard UInt64(size) <= end - at else { break }
            try read(tag: type, isOptional: flags & 1 != 0, at: at, size: size, into: &wishes)
            at &+= (UInt64(size) &+ 7) & ~7
        }
        throw ExecutableError(
            "Multiboot2 header, field header_length: the tags do not end with an end tag",
            remedy: "end them with type 0, flags 0, size 8")
    }

    private func read(
        tag type: UInt16, isOptional: Bool, at: UInt64, size: UInt32, into wishes: inout Wishes
    ) throws(ExecutableError) {
        switch type {
        case 1:
            for offset in stride(from: 8, to: UInt64(size), by: 4) {
                guard let wanted = file.u32(at &+ offset), !isOptional, !Self.offered.contains(wanted) else { continue }
                throw ExecutableError(
                    "Multiboot2 header, information request tag (1): information of type \(wanted) is not available",
                    remedy: "mark the tag optional (flags bit 0)")
            }
        case 2:
            guard let header = file.u32(at &+ 8), let load = file.u32(at &+ 12), let loadEnd = file.u32(at &+ 16),
                let bssEnd = file.u32(at &+ 20)
            else { throw ExecutableError("Multiboot2 header, address tag (2) is cut off", remedy: "its size is 24") }
            wishes.addresses = (header, load, loadEnd, bssEnd)
        case 3:
            wishes.entry = file.u32(at &+ 8)
        case 5:
            guard size >= 20, let width = file.u32(at &+ 8), let height = file.u32(at &+ 12), let depth = file.u32(at &+ 16) else {
                throw ExecutableError("Multiboot2 header, framebuffer tag (5) is cut off", remedy: "its size is 20")
            }
            wishes.screen = BootScreen(width: width, height: height, depth: depth, on: request.frameBuffer)
        case 10: wishes.relocation = try Relocation(file, at: at, size: size)
        // Console flags, module alignment, EFI boot services and entries for EFI: nothing to do on a BIOS machine that puts modules at
        // page boundaries.
        case 4, 6, 7, 8, 9: break
        default:
            guard isOptional else {
                throw ExecutableError(
                    "Multiboot2 header, tag type \(type) at \(hex(at)) is not known and not optional",
                    remedy: "set bit 0 of its flags")
            }
        }
    }

    /// Information a kernel may insist on.
    private static let offered: Set<UInt32> = Set(
        [Tag.commandLine, .loaderName, .module, .memory, .memoryMap, .VBE, .framebuffer, .sections, .loadBase].map(\.rawValue))

    private func plan(
        _ entry: UInt32, loadBase: UInt64?, _ sections: KernelSections?, _ layout: inout KernelLayout, _ screen: BootScreen
    ) throws(ExecutableError) -> KernelPlan {
        var modules: [(start: UInt64, end: UInt64, text: String)] = []
        for module in request.modules {
            let start = try layout.append(module.bytes, what: "module \(module.text)")
            modules.append((start, start &+ UInt64(module.bytes.count), module.text))
        }
        let size = UInt64(information(base: 0, modules, sections, screen, loadBase: loadBase).count)
        let base = layout.informationAddress(count: size)
        try layout.add(information(base: base, modules, sections, screen, loadBase: loadBase), at: base, what: "boot information")
        let boot = DirectBoot(
            pieces: layout.pieces,
            entry: .protected(eip: entry, eax: Self.loaderMagic, ebx: UInt32(truncatingIfNeeded: base)),
            screen: screen.mode)
        return KernelPlan(boot: boot, format: .multiboot2, notes: layout.notes + [screen.note].compactMap(\.self))
    }

    /// The information, section 3.6, for address `base`.
    private func information(
        base: UInt64, _ modules: [(start: UInt64, end: UInt64, text: String)], _ sections: KernelSections?, _ screen: BootScreen,
        loadBase: UInt64?
    ) -> [UInt8] {
        var blob = InformationBlob(base: base)
        blob.u32(0)
        blob.u32(0)
        func tag(_ type: Tag, _ fill: (inout InformationBlob) -> Void) {
            let start = blob.bytes.count
            blob.u32(UInt64(type.rawValue))
            blob.u32(0)
            fill(&blob)
            blob.set(UInt64(blob.bytes.count - start), at: start + 4)
            blob.align(8)
        }
        tag(.commandLine) { $0.text(request.commandLine) }
        tag(.loaderName) { $0.text(KernelRequest.loaderName) }
        for module in modules {
            tag(.module) {
                $0.u32(module.start)
                $0.u32(module.end)
                $0.text(module.text)
            }
        }
        tag(.memory) {
            $0.u32(request.memory.conventionalEnd / 1024)
            $0.u32((request.memory.extendedEnd &- 0x10_0000) / 1024)
        }
        tag(.memoryMap) {
            $0.u32(24)
            $0.u32(0)
            for entry in request.memory.entries {
                $0.u64(entry.range.lowerBound)
                $0.u64(UInt64(entry.range.count))
                $0.u32(entry.isUsable ? 1 : 2)
                $0.u32(0)
            }
        }
        if let VBE = VBEInformation(screen) {
            tag(.VBE) {
                $0.u16(VBE.mode)
                // vbe_interface_seg, _off and _len: no protected-mode interface
                for _ in 0..<3 { $0.u16(0) }
                $0.append(VBE.controller(at: $0.address))
                $0.append(VBE.modeInformation)
            }
        }
        tag(.framebuffer) {
            screen.appendFields(to: &$0)
            $0.u16(0)
            $0.append(screen.colourFields)
        }
        if let loadBase { tag(.loadBase) { $0.u32(loadBase) } }
        if let sections {
            tag(.sections) {
                $0.u32(sections.count)
                $0.u32(sections.entrySize)
                $0.u32(sections.nameIndex)
                $0.append(sections.headers)
            }
        }
        tag(.end) { _ in }
        blob.set(UInt64(blob.bytes.count), at: 0)
        return blob.bytes
    }
}
