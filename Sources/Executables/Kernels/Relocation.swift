/// The place where a kernel may be moved to. Multiboot2 2.0, section 3.1.14 "Relocatable header tag".
struct Relocation {
    enum Preference: UInt32 {
        /// The place where it was linked, if it may lie there.
        case none
        case lowest
        case highest
    }

    /// No byte may lie below `minimum` or end above `maximum`.
    let minimum: UInt64
    let maximum: UInt64
    /// A power of two.
    let alignment: UInt64
    let preference: Preference

    /// Reads the tag at `at`, whose size is `size`.
    init(_ file: Bytes, at: UInt64, size: UInt32) throws(ExecutableError) {
        guard size >= 24, let minimum = file.u32(at &+ 8), let maximum = file.u32(at &+ 12), let alignment = file.u32(at &+ 16),
            let preference = file.u32(at &+ 20)
        else { throw ExecutableError("Multiboot2 header, relocatable tag (10) is cut off", remedy: "its size is 24") }
        guard alignment.nonzeroBitCount <= 1 else {
            throw ExecutableError(
                "Multiboot2 header, relocatable tag (10), field align is \(hex(alignment)): not a power of two",
                remedy: "give a power of two, as in 4096")
        }
        self.minimum = UInt64(minimum)
        self.maximum = UInt64(maximum)
        self.alignment = max(1, UInt64(alignment))
        // Unknown preferences are none.
        self.preference = Preference(rawValue: preference) ?? .none
    }

    /// Tells where the first byte of an image goes that was linked at `block`.
    func base(for block: Range<UInt64>, in layout: KernelLayout) throws(ExecutableError) -> UInt64 {
        // Below are the BIOS's interrupt vectors and data.
        let range = max(minimum, 0x500)..<max(maximum, minimum, 0x500)
        let size = block.upperBound &- block.lowerBound
        if preference == .none, block.lowerBound % alignment == 0, range.contains(block.lowerBound),
            block.upperBound <= range.upperBound, layout.memory.isUsable(block)
        {
            return block.lowerBound
        }
        guard let base = layout.freePlace(size, alignment: alignment, within: range, isHighest: preference == .highest) else {
            throw ExecutableError(
                "Multiboot2 header, relocatable tag (10): no \(hex(size)) bytes of RAM are free between min_addr \(hex(minimum)) and "
                    + "max_addr \(hex(maximum)) at a multiple of \(hex(alignment))",
                remedy: "RAM is \(layout.ramInWords); widen the range, or give more --memory")
        }
        return base
    }
}
