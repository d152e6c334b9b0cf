import Executables
import Processor

/// The words that the processor pushed when it delivered an interrupt or exception: the place that goes on afterwards, and its stack. SDM Vol. 3A, sections 6.12.1
/// and 6.14.2.
struct InterruptFrame {
    let address: UInt64
    let stackPointer: UInt64
    let ring: UInt8
    let is64Bit: Bool

    /// Words that a handler's own stubs push behind the frame at most before they go on in common code: a vector, an error code, registers.
    private static let deepest: UInt64 = 24

    /// The first words from `start` on that can be nothing else, for the handler in `frame`.
    init?(near start: UInt64, _ frame: CallFrame) {
        for index in 0..<Self.deepest {
            if let found = InterruptFrame(at: start &+ index &* frame.word, frame) {
                self = found
                return
            }
        }
        return nil
    }

    /// The frame that begins with the instruction pointer at `start`; nil where what lies there is none.
    init?(at start: UInt64, _ frame: CallFrame) {
        let word = frame.word
        guard let ip = frame.stackWord(start), let cs = frame.stackWord(start &+ word),
            let flags = frame.stackWord(start &+ 2 &* word),
            // Bit 1 is always one; 3, 5, 15 and those from 22 on are always zero.
            flags & 2 != 0, flags & 0xFFFF_FFFF_FFC0_8028 == 0, cs <= 0xFFFF, cs & 0xFFF8 != 0,
            let descriptor = DescriptorLookup(frame.view, selector: UInt16(truncatingIfNeeded: cs)).descriptor, descriptor.isCode,
            descriptor.isPresent
        else { return nil }
        let ring = UInt8(cs & 3)
        guard ring >= frame.ring, flags & 1 << 17 == 0 else { return nil }
        is64Bit = descriptor.isLong
        self.ring = ring
        address = is64Bit ? ip : (descriptor.base &+ ip) & AddressSpace.bits32.mask
        guard frame.view.isRAM(linear: address) || frame.sources?.isCode(address) == true else { return nil }
        guard frame.is64Bit || ring > frame.ring else {
            stackPointer = start &+ 3 &* word
            return
        }
        guard let pointer = frame.stackWord(start &+ 3 &* word) else { return nil }
        stackPointer = pointer
    }

    /// The interrupted frame, with the registers that its handler has kept.
    func interrupted(by handler: CallFrame, registers: [UInt64?]) -> CallFrame {
        var registers = is64Bit == handler.is64Bit ? registers : [UInt64?](repeating: nil, count: is64Bit ? 16 : 8)
        registers[is64Bit ? 7 : 4] = stackPointer
        // INT n is a call of a kind: what it belongs to is under way, and not what stands behind it.
        let isBehindINT = address >= 2 && handler.view.linear(address - 2, 1) == 0xCD
        return CallFrame(
            handler.view, handler.sources, address: address, isExact: !isBehindINT, isInterrupted: true, registers: registers,
            is64Bit: is64Bit, ring: ring)
    }
}
