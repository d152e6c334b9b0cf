import Wiring

/// The processor's window at A0000h to BFFFFh, for what does not reach it by pointer.
extension VGA {
    /// The address within the current map, or `nil` where nothing answers.
    @inline(__always)
    private func address(_ offset: Int) -> Int? {
        let address = offset &- path.windowStart
        return UInt(bitPattern: address) < UInt(bitPattern: path.windowLength) ? address : nil
    }

    public func page(at offset: Int) -> PhysicalPage {
        guard let plainWindow, offset >= plainWindow.offset, offset < plainWindow.offset + plainWindow.count else {
            return PhysicalPage(read: nil, write: nil)
        }
        let page = plainWindow.base + (offset &- plainWindow.offset)
        return PhysicalPage(read: page, write: page)
    }

    public func readMemory(offset: Int) -> UInt8 {
        guard let address = address(offset) else { return 0xFF }
        if let plainWindow { return plainWindow.base.load(fromByteOffset: address, as: UInt8.self) }
        latch = cells[path.place(address, path.readAddressing).offset]
        return path.read(latch, address: address)
    }

    public func peekMemory(offset: Int) -> UInt8 {
        guard let address = address(offset) else { return 0xFF }
        if let plainWindow { return plainWindow.base.load(fromByteOffset: address, as: UInt8.self) }
        return path.read(cells[path.place(address, path.readAddressing).offset], address: address)
    }

    public func writeMemory(offset: Int, value: UInt8) {
        guard let address = address(offset) else { return }
        if let plainWindow { return plainWindow.base.storeBytes(of: value, toByteOffset: address, as: UInt8.self) }
        let place = path.place(address, path.writeAddressing)
        cells[place.offset] = path.write(value, to: cells[place.offset], latch: latch, planes: place.planes)
    }

    public func readMemory(offset: Int, width: AccessWidth) -> UInt32 {
        var value: UInt32 = 0
        for byte in 0..<width.rawValue { value |= UInt32(readMemory(offset: offset &+ byte)) << UInt32(8 * byte) }
        return value
    }

    public func writeMemory(offset: Int, width: AccessWidth, value: UInt32) {
        for byte in 0..<width.rawValue {
            writeMemory(offset: offset &+ byte, value: UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)))
        }
    }
}

/// The VGA's memory as one stretch of plain bytes. Offsets are cut to its size.
public final class VGAFrameBuffer: MemoryDevice {
    private unowned let vga: VGA

    init(_ vga: VGA) { self.vga = vga }

    private func place(_ offset: Int) -> UnsafeMutableRawPointer { vga.frameBuffer + (offset & (VGA.memorySize - 1)) }

    public func page(at offset: Int) -> PhysicalPage { PhysicalPage(read: place(offset), write: place(offset)) }
    public func readMemory(offset: Int) -> UInt8 { place(offset).load(as: UInt8.self) }
    public func peekMemory(offset: Int) -> UInt8 { place(offset).load(as: UInt8.self) }
    public func writeMemory(offset: Int, value: UInt8) { place(offset).storeBytes(of: value, as: UInt8.self) }
}
