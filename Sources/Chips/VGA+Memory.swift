import Wiring

/// The processor's window at A0000h to BFFFFh.
extension VGA {
    /// The address within the current map, or `nil` where nothing answers.
    @inline(__always)
    private func address(_ offset: Int) -> Int? {
        let address = offset &- path.windowStart
        return UInt(bitPattern: address) < UInt(bitPattern: path.windowLength) ? address : nil
    }

    /// SAFETY: bytes 4n + p of the cells, which is little-endian hosts' order; all supported hosts are.
    @inline(__always)
    private var bytes: UnsafeMutableRawPointer { UnsafeMutableRawPointer(cells) }

    public func readMemory(offset: Int) -> UInt8 {
        guard let address = address(offset) else { return 0xFF }
        latch = cells[path.place(address, path.readAddressing).offset]
        return path.read(latch, address: address)
    }

    public func peekMemory(offset: Int) -> UInt8 {
        guard let address = address(offset) else { return 0xFF }
        return path.read(cells[path.place(address, path.readAddressing).offset], address: address)
    }

    public func writeMemory(offset: Int, value: UInt8) {
        guard let address = address(offset) else { return }
        if path.writesPlainText {
            return bytes.storeBytes(of: value, toByteOffset: (address & 0xFFFE) << 2 | address & 1, as: UInt8.self)
        }
        let place = path.place(address, path.writeAddressing)
        cells[place.offset] = path.write(value, to: cells[place.offset], latch: latch, planes: place.planes)
    }

    public func readMemory(offset: Int, width: AccessWidth) -> UInt32 {
        if width == .word, path.readsPlainText, offset & 1 == 0, let address = address(offset) {
            latch = cells[address & 0xFFFE]
            return latch & 0xFFFF
        }
        var value: UInt32 = 0
        for byte in 0..<width.rawValue { value |= UInt32(readMemory(offset: offset + byte)) << UInt32(8 * byte) }
        return value
    }

    public func writeMemory(offset: Int, width: AccessWidth, value: UInt32) {
        if width == .word, path.writesPlainText, offset & 1 == 0, let address = address(offset) {
            let word = UInt16(truncatingIfNeeded: value)
            return bytes.storeBytes(of: word, toByteOffset: (address & 0xFFFE) << 2, as: UInt16.self)
        }
        for byte in 0..<width.rawValue {
            writeMemory(offset: offset + byte, value: UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)))
        }
    }
}
