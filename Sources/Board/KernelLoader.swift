import Chips
import Processor
import Wiring

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Starts a kernel without a disk: a boot ROM, as a network card has one, takes INT 19h over, so that the BIOS has brought every chip to
/// the state that kernels expect. Its one instruction that matters asks the board to put the kernel into memory and to enter it.
enum KernelLoader {
    /// The ROM as BIOSes look for it: 55h AAh, length, entry at offset 3, all bytes adding up to 0. BIOS Boot Specification 1.01,
    /// section 3.3.
    static let ROM: [UInt8] = {
        let port = PortMap.kernelLoader
        // The handler of INT 19h comes first, so that its offset is known: cli; mov dx,port; out dx,al; jmp $
        let handler: [UInt8] = [0xFA, 0xBA, UInt8(port & 0xFF), UInt8(port >> 8), 0xEE, 0xEB, 0xFE]
        let handlerOffset: UInt8 = 5
        // push ds; push 0; pop ds; mov word [64h],handler; mov [66h],cs; pop ds; retf
        let entry: [UInt8] =
            [0x1E, 0x6A, 0x00, 0x1F, 0xC7, 0x06, 0x64, 0x00, handlerOffset, 0x00, 0x8C, 0x0E, 0x66, 0x00, 0x1F, 0xCB]
        var bytes: [UInt8] = [0x55, 0xAA, 1, 0xEB, UInt8(handler.count)] + handler + entry
        bytes += [UInt8](repeating: 0, count: 511 - bytes.count)
        bytes.append(0 &- bytes.reduce(0, &+))
        // The map knows whole pages.
        return bytes + [UInt8](repeating: 0xFF, count: 4096 - 512)
    }()

    /// Tells where in a machine with `memory` bytes of RAM the built-in firmware says that there is RAM: `firmware/memory-map.asm`.
    static func memoryMap(memory: UInt64) -> GuestMemoryMap {
        let extendedBIOSData: UInt64 = 0x9_FC00
        var entries = [
            GuestMemoryMap.Entry(0..<extendedBIOSData, isUsable: true),
            GuestMemoryMap.Entry(extendedBIOSData..<AddressMap.conventionalEnd, isUsable: false),
            GuestMemoryMap.Entry(0xF_0000..<AddressMap.extendedStart, isUsable: false),
        ]
        let low = AddressMap.lowMemory(of: memory), high = AddressMap.highMemory(of: memory)
        if low > AddressMap.extendedStart { entries.append(.init(AddressMap.extendedStart..<low, isUsable: true)) }
        entries.append(.init(0xFFFF_0000..<AddressMap.top, isUsable: false))
        if !high.isEmpty { entries.append(.init(high, isUsable: true)) }
        return GuestMemoryMap(entries)
    }
}

extension PC.Configuration {
    /// The memory map of this machine, as its BIOS reports it.
    public var memoryMap: GuestMemoryMap { KernelLoader.memoryMap(memory: memoryBytes) }

    /// The linear frame buffer of this machine's display adapter.
    public var frameBuffer: LinearFrameBuffer {
        LinearFrameBuffer(
            range: AddressMap.frameBuffer, largestWidth: VGA.largestPicture.width, largestHeight: VGA.largestPicture.height)
    }
}

extension PC {
    /// Puts the kernel into memory, the mode that it wants on the screen, and the processor before its first instruction.
    func enter(_ boot: DirectBoot) {
        if let screen = boot.screen { vga.show(screen) }
        for piece in boot.pieces {
            guard piece.end <= AddressMap.lowMemory(of: UInt64(memory.size)), piece.address <= piece.end else { continue }
            memory.willWrite(Int(truncatingIfNeeded: piece.address), count: Int(truncatingIfNeeded: piece.size))
            let target = memory.base + Int(truncatingIfNeeded: piece.address)
            piece.bytes.withUnsafeBytes { if let source = $0.baseAddress { target.copyMemory(from: source, byteCount: $0.count) } }
            let rest = Int(truncatingIfNeeded: piece.size) - piece.bytes.count
            if rest > 0 { memset(target + piece.bytes.count, 0, rest) }
            memoryWritten(physical: piece.address, count: Int(truncatingIfNeeded: piece.size))
        }
        let bootstrap = processors[0]
        bootstrap.state = Self.state(entering: boot.entry, from: bootstrap.state)
    }

    /// The processor's state at a kernel's entry. Caching is on, as a BIOS leaves it; PVH wants all that can be written in CR0 but PE cleared.
    /// Other control registers, and what a BIOS sets up otherwise, stay as they are.
    private static func state(entering entry: DirectBoot.Entry, from old: CPUState) -> CPUState {
        var state = old
        for register in [\CPUState.rax, \.rbx, \.rcx, \.rdx, \.rsi, \.rdi, \.rbp, \.rsp] { state[keyPath: register] = 0 }
        state.eflags = .alwaysOne
        state.shadow = .none
        state.cpl = 0
        state.cr0.subtract([.CD, .NW])
        switch entry {
        case .protected(let eip, let eax, let ebx):
            state.rax = UInt64(eax)
            state.rbx = UInt64(ebx)
            state.rip = UInt64(eip)
            state.cr0.insert(.PE)
            // Selectors that GRUB leaves, too; there is no table behind them: "GDTR may be invalid", says the specification.
            state.cs = SegmentRegister(selector: 0x10, base: 0, limit: .max, attributes: 0xC09B)
            let data = SegmentRegister(selector: 0x18, base: 0, limit: .max, attributes: 0xC093)
            for register in dataSegments { state[keyPath: register] = data }
            state.gdtr = DescriptorTableRegister()
            state.idtr = DescriptorTableRegister()
        case .real(let cs, let ip, let segment, let sp, let dl):
            state.rip = UInt64(ip)
            state.rsp = UInt64(sp)
            state.rdx = UInt64(dl)
            state.cs = .realMode(cs, attributes: 0x9B)
            for register in dataSegments { state[keyPath: register] = .realMode(segment) }
        }
        return state
    }

    private static var dataSegments: [WritableKeyPath<CPUState, SegmentRegister>] { [\.ds, \.es, \.ss, \.fs, \.gs] }
}
