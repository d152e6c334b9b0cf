import Wiring

/// The processor's window at A0000h to BFFFFh, for what does not reach it by pointer.
extension VGA {
    /// The address within the current map, or `nil` where nothing answers.
    @inline(__always)
    private func address(_ offset: Int) -> Int? {
        let address = offset &- path.windowStart
        return UInt(bitPattern: address) < UInt(bitPattern: path.windowLength) ? address : nil
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
