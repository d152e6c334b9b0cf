import Wiring

/// A Linux kernel image with a setup part in real-mode code (bzImage, zImage). Linux, Documentation/arch/x86/boot.rst, protocols 2.00
/// to 2.15.
///
/// The setup part runs and asks the BIOS itself, as it does under a boot loader. Firmware that has an entry of its own, as EFI has, gets the parts. Not offered: setup_data, 64-bit entry points.
struct LinuxKernel {
    /// The place where the setup part, the command line and the kernel proper go: boot.rst, "Memory layout".
    private static let setupAddress: UInt64 = 0x1_0000
    private static let commandLineAddress: UInt64 = 0x2_0000
    private static let heapEnd: UInt64 = 0xFE00
    private static let kernelAddress: UInt64 = 0x10_0000

    /// Fields of the setup header, by their offset in the file.
    private enum Field {
        static let setup_sects: UInt64 = 0x1F1
        static let boot_flag: UInt64 = 0x1FE
        static let header: UInt64 = 0x202
        static let version: UInt64 = 0x206
        static let type_of_loader = 0x210
        static let loadflags = 0x211
        static let ramdisk_image = 0x218
        static let heap_end_ptr = 0x224
        static let cmd_line_ptr = 0x228
        static let initrd_addr_max: UInt64 = 0x22C
        static let cmdline_size: UInt64 = 0x238
        static let init_size: UInt64 = 0x260
    }

    let request: KernelRequest
    let file: Bytes

    /// "HdrS" where the setup header has it.
    static func isLinux(_ file: Bytes) -> Bool { file.u32(Field.header) == 0x5372_6448 && file.u16(Field.boot_flag) == 0xAA55 }

    func plan() throws(ExecutableError) -> KernelPlan {
        guard Self.isLinux(file), let version = file.u16(Field.version), let flags = file.u8(UInt64(Field.loadflags)) else {
            throw ExecutableError(
                "no Linux boot header: \"HdrS\" is not at 202h", remedy: "give a bzImage, as arch/x86/boot/bzImage")
        }
        guard version >= 0x0202 else {
            throw ExecutableError(
                "Linux boot header, field version is \(version >> 8).\(version & 0xFF): too old",
                remedy: "2.02 (Linux 2.4) is the least")
        }
        guard flags & 1 != 0 else {
            throw ExecutableError(
                "Linux boot header, field loadflags: bit 0 (LOADED_HIGH) is clear, so this is a zImage", remedy: "build a bzImage")
        }
        let sectors = UInt64(file.u8(Field.setup_sects) ?? 0)
        let setupSize = ((sectors == 0 ? 4 : sectors) &+ 1) &* 512
        guard let setup = file.slice(0, setupSize), let kernel = file.slice(setupSize, file.count &- min(setupSize, file.count))
        else {
            throw ExecutableError(
                "Linux boot header, field setup_sects: the setup part of \(setupSize) bytes is longer than the file",
                remedy: "copy the file again")
        }
        let longest = version >= 0x0206 ? UInt64(file.u32(Field.cmdline_size) ?? 255) : 255
        guard request.commandLine.utf8.count <= Int(truncatingIfNeeded: min(longest, 4095)) else {
            throw ExecutableError(
                "the kernel's command line has \(request.commandLine.utf8.count) bytes; field cmdline_size allows \(longest)",
                remedy: "shorten --append")
        }
        guard request.modules.count <= 1 else {
            throw ExecutableError("Linux takes one initrd, and \(request.modules.count) were given", remedy: "join them with cat")
        }
        return try plan(setup: setup, kernel: kernel, version: version)
    }

    private func plan(setup: [UInt8], kernel: [UInt8], version: UInt16) throws(ExecutableError) -> KernelPlan {
        var setup = setup
        func set(_ value: UInt64, _ count: Int, at offset: Int) {
            for byte in 0..<count where offset + byte < setup.count {
                setup[offset + byte] = UInt8(truncatingIfNeeded: value &>> UInt64(8 &* byte))
            }
        }
        set(0xFF, 1, at: Field.type_of_loader)  // a loader without a number of its own
        // CAN_USE_HEAP
        set(UInt64(setup[Field.loadflags]) | 0x80, 1, at: Field.loadflags)
        set(Self.heapEnd &- 0x200, 2, at: Field.heap_end_ptr)
        set(Self.commandLineAddress, 4, at: Field.cmd_line_ptr)

        var layout = KernelLayout(memory: request.memory)
        // The kernel unpacks itself in place and needs init_size bytes; before protocol 2.10 it does not say how many.
        let room = version >= 0x020A ? UInt64(file.u32(Field.init_size) ?? 0) : 0
        try layout.add(
            kernel, size: max(room, UInt64(kernel.count)), at: Self.kernelAddress,
            what: "Linux kernel (fields code32_start, init_size)")
        var placed: DirectBoot.Piece?
        if let initrd = request.modules.first {
            let address = try place(initrd: initrd.bytes, version: version, into: &layout)
            placed = DirectBoot.Piece(address: address, bytes: initrd.bytes)
            set(address, 4, at: Field.ramdisk_image)
            set(UInt64(initrd.bytes.count), 4, at: Field.ramdisk_image + 4)
        }
        try layout.add(setup, at: Self.setupAddress, what: "Linux setup part (field setup_sects)")
        let commandLine = Array(request.commandLine.utf8) + [0]
        try layout.add(commandLine, at: Self.commandLineAddress, what: "command line")
        let segment = UInt16(truncatingIfNeeded: Self.setupAddress >> 4)
        let boot = DirectBoot(
            pieces: layout.pieces.map { piece in
                // The room for unpacking is RAM as it is; only bytes are written.
                DirectBoot.Piece(address: piece.address, bytes: piece.bytes)
            },
            entry: .real(
                cs: segment &+ 0x20, ip: 0, data: segment, sp: UInt16(truncatingIfNeeded: Self.heapEnd), dl: 0x80),
            linux: DirectBoot.Linux(
                setup: DirectBoot.Piece(address: Self.setupAddress, bytes: setup),
                kernel: DirectBoot.Piece(address: Self.kernelAddress, bytes: kernel), initrd: placed,
                commandLine: DirectBoot.Piece(address: Self.commandLineAddress, bytes: commandLine)))
        return KernelPlan(boot: boot, format: .linux)
    }

    /// Other firmware than ours leaves ACPI's tables at the end of RAM before it starts the kernel; QEMU's loader spares as much.
    private static let firmwareTables: UInt64 = 0x2_0000

    /// As high as the kernel allows (initrd_addr_max) and RAM reaches, on a page boundary.
    private func place(initrd: [UInt8], version: UInt16, into layout: inout KernelLayout) throws(ExecutableError) -> UInt64 {
        let highest = version >= 0x0203 ? UInt64(file.u32(Field.initrd_addr_max) ?? 0x37FF_FFFF) : 0x37FF_FFFF
        let size = UInt64(initrd.count)
        let top = request.memory.extendedEnd
        let isRoomy = top > Self.kernelAddress &+ size &+ Self.firmwareTables
        let end = min(isRoomy ? top &- Self.firmwareTables : top, highest &+ 1)
        guard end > Self.kernelAddress, size < end &- Self.kernelAddress else {
            throw ExecutableError(
                "an initrd of \(size) bytes does not fit below \(hex(end)) (field initrd_addr_max, and RAM)",
                remedy: "give more --memory")
        }
        let address = (end &- size) & ~0xFFF
        try layout.add(initrd, at: address, what: "initrd (field initrd_addr_max)")
        return address
    }
}
