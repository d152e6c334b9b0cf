import Wiring

/// The ports of the display interface, and its picture.
extension VGA {
    /// Offset of the index register; the data register is the next one.
    static let dispiIndex = 0x30
    static let dispiData = 0x31

    public func read(offset: Int, width: AccessWidth) -> UInt32 {
        if offset >= Self.dispiIndex {
            let value = UInt32(offset == Self.dispiIndex ? dispi.index : offset == Self.dispiData ? dispi.value : 0xFFFF)
            return width == .doubleword ? value | 0xFFFF_0000 : value & width.mask
        }
        var value: UInt32 = 0
        for byte in 0..<width.rawValue { value |= UInt32(read(offset: offset + byte)) << UInt32(8 * byte) }
        return value
    }

    public func write(offset: Int, width: AccessWidth, value: UInt32) {
        if offset >= Self.dispiIndex {
            // Registers of 16 bits have no halves: a byte is lost, as on a card whose decoder looks at the width.
            guard width != .byte else { return }
            return writeDispi(offset, UInt16(truncatingIfNeeded: value))
        }
        for byte in 0..<width.rawValue {
            write(offset: offset + byte, value: UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)))
        }
    }

    private func writeDispi(_ offset: Int, _ value: UInt16) {
        guard offset == Self.dispiData else {
            if offset == Self.dispiIndex { dispi.index = value }
            return
        }
        writeDispi(value)
    }

    /// A register of the display interface without the index: what registers in memory read and write.
    func dispiRegister(_ number: Int) -> UInt16 {
        var registers = dispi
        registers.index = UInt16(truncatingIfNeeded: number)
        return registers.value
    }

    func writeDispi(register number: Int, _ value: UInt16) {
        let index = dispi.index
        dispi.index = UInt16(truncatingIfNeeded: number)
        writeDispi(value)
        dispi.index = index
    }

    private func writeDispi(_ value: UInt16) {
        let wasEnabled = dispi.isEnabled
        if let complaint = dispi.write(value) {
            diagnostics?.report(Diagnostic(chip: "VBE display interface", message: complaint))
        }
        // First the window of the old mode is folded into the memory, then that is cleared.
        pathChanged()
        guard wasEnabled != dispi.isEnabled else { return }
        if dispi.isEnabled, !dispi.ENABLE.contains(.keepMemory) { clearPicture() }
        timingChanged()
    }

    /// Width and height of the largest picture of the display interface, in dots.
    public static var largestPicture: (width: UInt16, height: UInt16) {
        (DispiRegisters.largestWidth, DispiRegisters.largestHeight)
    }

    /// Sets a mode with a linear frame buffer as a boot loader does, by the display interface's registers; the picture is black.
    public func show(_ mode: DirectBoot.GraphicsMode) {
        let enabled: DispiRegisters.Enable = [.enabled, .linearFrameBuffer]
        let values: [(DispiRegisters.Index, UInt16)] = [
            (.ENABLE, 0), (.XRES, mode.width), (.YRES, mode.height), (.BPP, mode.bits), (.ENABLE, enabled.rawValue),
        ]
        for (index, value) in values {
            writeDispi(Self.dispiIndex, index.rawValue)
            writeDispi(Self.dispiData, value)
        }
    }

    /// Enabling clears what is shown, unless the guest wants to keep it.
    private func clearPicture() {
        let bytes = dispi.pitch * Int(dispi.YRES)
        let cells = dispi.depth == .four ? bytes : (bytes + 3) / 4
        self.cells.update(repeating: 0, count: min(cells, Self.allCells))
    }

    /// The picture of an enabled display interface, one pixel for each dot. Lines that would lie behind the memory are black.
    func dispiFrame() -> PixelFrame {
        let width = Int(dispi.XRES), height = Int(dispi.YRES)
        guard !isBlanked else { return PixelFrame(width: width, height: height) }
        let colours = (0...255).map { colour(UInt8($0)) }
        let palette = (0..<16).map { colour(DACIndex(of: $0)) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { buffer, count in
            // SAFETY: `drawLine` writes `3 * width` bytes, and reads a line only where the whole of it lies in the memory.
            for line in 0..<height {
                let target = buffer.baseAddress.unsafelyUnwrapped + 3 * width * line
                if !drawLine(Int(dispi.yOffset) + line, width, target, colours, palette) {
                    target.update(repeating: 0, count: 3 * width)
                }
            }
            count = 3 * width * height
        }
        return PixelFrame(width: width, height: height, bytes: bytes)
    }

    private func drawLine(
        _ line: Int, _ width: Int, _ target: UnsafeMutablePointer<UInt8>, _ colours: [RGB], _ palette: [RGB]
    ) -> Bool {
        let first = Int(dispi.xOffset)
        let start = line * dispi.pitch + (dispi.depth == .four ? 0 : first * dispi.depth.bits / 8)
        let length = dispi.depth == .four ? (first + width + 7) / 8 : width * dispi.depth.bits / 8
        guard start + length <= (dispi.depth == .four ? Self.allCells : Self.memorySize) else { return false }
        let source = UnsafeRawPointer(frameBuffer) + start
        switch dispi.depth {
        case .four:
            for x in 0..<width {
                let dot = first &+ x
                target.put(palette[Self.planarCode(cells[start &+ dot >> 3], dot & 7)], x)
            }
        case .eight:
            for x in 0..<width { target.put(colours[Int(truncatingIfNeeded: source.load(fromByteOffset: x, as: UInt8.self))], x) }
        case .fifteen:
            for x in 0..<width {
                let dot = source.loadUnaligned(fromByteOffset: 2 &* x, as: UInt16.self)
                target.put(RGB(widened5(dot &>> 10), widened5(dot &>> 5), widened5(dot)), x)
            }
        case .sixteen:
            for x in 0..<width {
                let dot = source.loadUnaligned(fromByteOffset: 2 &* x, as: UInt16.self)
                let green = UInt8(truncatingIfNeeded: dot &>> 5) & 0x3F
                target.put(RGB(widened5(dot &>> 11), green &<< 2 | green &>> 4, widened5(dot)), x)
            }
        case .twentyFour, .thirtyTwo:
            let step = dispi.depth.bits / 8
            for x in 0..<width {
                let dot = source + step &* x
                let blue = dot.load(as: UInt8.self), green = dot.load(fromByteOffset: 1, as: UInt8.self)
                target.put(RGB(dot.load(fromByteOffset: 2, as: UInt8.self), green, blue), x)
            }
        }
        return true
    }

    /// Five bits as eight, so that 31 is 255.
    @inline(__always)
    private func widened5(_ bits: UInt16) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits) & 0x1F
        return value &<< 3 | value &>> 2
    }
}

extension UnsafeMutablePointer<UInt8> {
    /// Dot `x` of a line of three bytes each.
    @inline(__always)
    fileprivate func put(_ colour: RGB, _ x: Int) {
        self[3 &* x] = colour.red
        self[3 &* x &+ 1] = colour.green
        self[3 &* x &+ 2] = colour.blue
    }
}
