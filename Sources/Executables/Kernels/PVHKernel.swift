import Wiring

/// A kernel whose ELF note names an entry for 32 bits: Xen's x86/HVM direct boot ABI (docs/misc/pvh.pandoc; public/arch-x86/hvm/start_info.h). QEMU starts such
/// kernels, too.
///
/// EBX is the address of the start-info structure. It names no RSDP: the kernel finds the BIOS's.
struct PVHKernel {
    /// XEN_ELFNOTE_PHYS32_ENTRY.
    private static let noteType: UInt32 = 18
    private static let noteName: [UInt8] = Array("Xen\0".utf8)
    private static let magic: UInt64 = 0x336E_C578
    /// Bytes of notes that are looked through.
    private static let longestNotes: UInt64 = 1 << 16

    let request: KernelRequest
    let file: Bytes

    /// The physical address that the note names; nil where there is none.
    static func entry(in file: Bytes) -> UInt32? {
        guard let elf = try? ELFFile(file) else { return nil }
        for segment in elf.segments where segment.type == ELFFile.Segment.NOTE {
            var at = segment.offset
            let end = at &+ min(segment.fileSize, longestNotes)
            while at < end, let nameSize = file.u32(at), let size = file.u32(at &+ 4), let type = file.u32(at &+ 8) {
                let name = at &+ 12
                let contents = name &+ (UInt64(nameSize) &+ 3) & ~3
                if type == noteType, size >= 4, file.slice(name, UInt64(nameSize)) == noteName { return file.u32(contents) }
                at = contents &+ (UInt64(size) &+ 3) & ~3
            }
        }
        return nil
    }

    func plan() throws(ExecutableError) -> KernelPlan {
        guard let entry = Self.entry(in: file) else {
            throw ExecutableError(
                "no PVH entry: there is no ELF note of type 18 (XEN_ELFNOTE_PHYS32_ENTRY) with the name Xen",
                remedy: "add the note in a PT_NOTE segment")
        }
        var layout = KernelLayout(memory: request.memory)
        let elf = try ELFFile(file)
        _ = try layout.load(elf)
        guard elf.loadable.contains(where: { $0.physicalRange.contains(UInt64(entry)) }) else {
            throw ExecutableError(
                "ELF note XEN_ELFNOTE_PHYS32_ENTRY: \(hex(entry)) lies in no loaded segment",
                remedy: "the note has the entry's physical address")
        }
        var modules: [(start: UInt64, size: UInt64, text: String)] = []
        for module in request.modules {
            let start = try layout.append(module.bytes, what: "module \(module.text)")
            modules.append((start, UInt64(module.bytes.count), module.text))
        }
        // Twice: the first time for the size, which does not depend on the address.
        let size = UInt64(startInformation(base: 0, modules).count)
        let base = layout.informationAddress(count: size)
        try layout.add(startInformation(base: base, modules), at: base, what: "start information")
        return KernelPlan(
            boot: DirectBoot(
                pieces: layout.pieces, entry: .protected(eip: entry, eax: 0, ebx: UInt32(truncatingIfNeeded: base))),
            format: .pvh, notes: layout.notes)
    }

    /// The structure hvm_start_info, version 1, with all it points to.
    private func startInformation(base: UInt64, _ modules: [(start: UInt64, size: UInt64, text: String)]) -> [UInt8] {
        let length: UInt64 = 56
        var tail = InformationBlob(base: base &+ length)
        let map = tail.address
        for entry in request.memory.entries {
            tail.u64(entry.range.lowerBound)
            tail.u64(UInt64(entry.range.count))
            tail.u32(entry.isUsable ? 1 : 2)
            tail.u32(0)
        }
        let list = tail.address
        var text = list &+ 32 &* UInt64(modules.count)
        for module in modules {
            for value in [module.start, module.size, text, 0] { tail.u64(value) }
            text &+= UInt64(module.text.utf8.count) &+ 1
        }
        for module in modules { tail.text(module.text) }
        let commandLine = tail.address
        tail.text(request.commandLine)

        var blob = InformationBlob(base: base)
        for value in [Self.magic, 1, 0, UInt64(modules.count)] { blob.u32(value) }
        for value in [modules.isEmpty ? 0 : list, commandLine, 0, map] { blob.u64(value) }
        for value in [UInt64(request.memory.entries.count), 0] { blob.u32(value) }
        return blob.bytes + tail.bytes
    }
}
