import Wiring

/// A kernel to be started without a disk image, and what goes with it.
public struct KernelRequest: Sendable {
    /// A way to load and to enter a kernel.
    public enum Format: String, CaseIterable, Sendable {
        case multiboot
        case multiboot2
        case pvh
        case elf
        case linux
        case flat
    }

    /// A file that is loaded beside the kernel: a Multiboot module, or Linux's initrd.
    public struct Module: Sendable {
        /// The file's contents.
        public var bytes: [UInt8]
        /// Multiboot's string of the module: its name and arguments.
        public var text: String

        /// A file with its string.
        public init(bytes: [UInt8], text: String) {
            self.bytes = bytes
            self.text = text
        }
    }

    /// The kernel's file.
    public var bytes: [UInt8]
    /// The kernel's command line, without its name.
    public var commandLine: String = ""
    /// The kernel's file name: Multiboot puts it in front of the command line.
    public var name: String = ""
    /// The files beside it, in the order in which the kernel is told of them.
    public var modules: [Module] = []
    /// The machine's memory map.
    public var memory: GuestMemoryMap
    /// The place where a picture can be, for kernels that ask for a graphics mode.
    public var frameBuffer: LinearFrameBuffer?
    /// The format, where the file is not to be asked.
    public var format: Format?
    /// For a flat binary: where its first byte goes, where it is entered (by default there), and whether in real mode.
    public var loadAddress: UInt64?
    /// The address of its first instruction; nil is `loadAddress`.
    public var entry: UInt64?
    /// A flat binary is entered in real mode.
    public var startsInRealMode = false

    /// A request for a kernel without command line and modules.
    public init(bytes: [UInt8], memory: GuestMemoryMap) {
        self.bytes = bytes
        self.memory = memory
    }

    /// Reads the file and says what has to lie where. Throws what is wrong with it, naming the header's field.
    public func plan() throws(ExecutableError) -> KernelPlan {
        let file = Bytes(bytes)
        let format = if let format { format } else { try guessedFormat(file) }
        switch format {
        case .multiboot2: return try Multiboot2(request: self, file: file).plan()
        case .multiboot: return try Multiboot(request: self, file: file).plan()
        case .pvh: return try PVHKernel(request: self, file: file).plan()
        case .elf: return try plainELF(file)
        case .linux: return try LinuxKernel(request: self, file: file).plan()
        case .flat: return try flat()
        }
    }

    /// Tells whether a file looks like a kernel that can be started without being told its format.
    public static func isKernel(_ bytes: [UInt8]) -> Bool {
        let file = Bytes(bytes)
        return ELFFile.isELF(file) || Multiboot.headerOffset(in: file) != nil || Multiboot2.headerOffset(in: file) != nil
            || LinuxKernel.isLinux(file)
    }

    /// Tells whether a file that nobody named is meant to be started: by a boot header, or as an ELF file whose addresses are final. Object files and the
    /// host's own programs (position-independent, today) are not. `head` is the file's beginning.
    public static func isStartable(_ head: [UInt8]) -> Bool {
        let file = Bytes(head)
        if Multiboot.headerOffset(in: file) != nil || Multiboot2.headerOffset(in: file) != nil || LinuxKernel.isLinux(file) {
            return true
        }
        guard ELFFile.isELF(file), let machine = file.u16(18) else { return false }
        return file.u16(16) == ELFFile.EXEC && [ELFFile.machine386, ELFFile.machineX86_64].contains(machine)
    }

    /// Bytes from a file's beginning that `isStartable` wants.
    public static let headSize = Int(Multiboot2.searched)

    private func guessedFormat(_ file: Bytes) throws(ExecutableError) -> Format {
        if loadAddress != nil { return .flat }
        if Multiboot2.headerOffset(in: file) != nil { return .multiboot2 }
        if Multiboot.headerOffset(in: file) != nil { return .multiboot }
        if ELFFile.isELF(file) { return PVHKernel.entry(in: file) == nil ? .elf : .pvh }
        if LinuxKernel.isLinux(file) { return .linux }
        if file.u16(0) == 0x8B1F {
            throw ExecutableError("the kernel is compressed with gzip", remedy: "unpack it first, with gunzip")
        }
        throw ExecutableError(
            "no kernel format that is known: no Multiboot header (1BADB002h in the first 8192 bytes, E85250D6h in the first 32768), "
                + "no ELF header, no Linux boot header (\"HdrS\" at 202h)",
            remedy: "for a flat binary say where it goes, as in --load-address 0x100000")
    }

    /// An ELF file without a boot header: entered like a Multiboot kernel, with EAX and EBX 0.
    private func plainELF(_ file: Bytes) throws(ExecutableError) -> KernelPlan {
        var layout = KernelLayout(memory: memory)
        let elf = try ELFFile(file)
        let entry = try layout.load(elf).entry
        // Whoever asked for the format knows.
        let hidden = format == nil ? Multiboot.hiddenHeader(in: file) : nil
        let note = hidden.map {
            "the Multiboot header at \(hex($0)) lies behind the first \(Multiboot.searched) bytes, where boot loaders look for one: the file is started as plain ELF; put the header's section first in the linker script"
        }
        return KernelPlan(
            boot: DirectBoot(pieces: layout.pieces, entry: .protected(eip: entry, eax: 0, ebx: 0)), format: .elf,
            notes: layout.notes + [note].compactMap(\.self))
    }

    private func flat() throws(ExecutableError) -> KernelPlan {
        guard let address = loadAddress else {
            throw ExecutableError("a flat binary does not say where it goes", remedy: "give --load-address, as in 0x100000")
        }
        guard !bytes.isEmpty else { throw ExecutableError("the kernel is empty", remedy: "build it again") }
        var layout = KernelLayout(memory: memory)
        try layout.add(bytes, at: address, what: "the flat binary (--load-address)")
        let entry = self.entry ?? address
        guard entry >= address, entry < address &+ UInt64(bytes.count) else {
            throw ExecutableError(
                "--entry \(hex(entry)) lies outside the binary (\(hex(address)) to \(hex(address &+ UInt64(bytes.count))))",
                remedy: "give an address inside it")
        }
        guard startsInRealMode else {
            let eip = UInt32(truncatingIfNeeded: entry)
            return KernelPlan(
                boot: DirectBoot(pieces: layout.pieces, entry: .protected(eip: eip, eax: 0, ebx: 0)), format: .flat)
        }
        guard entry < 0x10_0000 else {
            throw ExecutableError("--entry \(hex(entry)) is beyond real mode's first megabyte", remedy: "use --bits 32")
        }
        // As a BIOS starts a boot sector where the address allows it: CS = 0.
        let segment = entry < 0x1_0000 ? 0 : UInt16(truncatingIfNeeded: entry >> 4)
        let ip = UInt16(truncatingIfNeeded: entry < 0x1_0000 ? entry : entry & 0xF)
        return KernelPlan(
            boot: DirectBoot(
                pieces: layout.pieces, entry: .real(cs: segment, ip: ip, data: segment, sp: segment == 0 ? 0x7C00 : 0, dl: 0x80)),
            format: .flat)
    }
}

/// The plan for a kernel file: what has to lie in memory, and how it is entered.
public struct KernelPlan: Sendable {
    /// The pieces of memory, and the registers at the entry.
    public var boot: DirectBoot
    /// The format that was found, or asked for.
    public var format: KernelRequest.Format
    /// Wishes of the kernel that are not fulfilled, one line each.
    public var notes: [String] = []
}
