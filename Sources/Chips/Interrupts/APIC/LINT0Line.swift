import Wiring

/// The line that leads to the pin LINT0 of every processor of a board: on a PC it carries INTR of the 8259As. MultiProcessor Specification 1.4,
/// section 3.6.2.2.
///
/// Its level changes twice for each interrupt, and with many a write to a mask register, while one processor listens as a rule, or none. So a change is
/// told to those whose pin is open, and the others find the level when they open theirs.
public final class LINT0Line {
    /// The present level; the line starts low. A local APIC that is put back to a kept state sets it without telling anybody.
    public internal(set) var isHigh = false
    /// SAFETY: a local APIC holds its line, and takes itself out of here when it goes.
    private var pins: [Unmanaged<LocalAPIC>] = []
    /// A bit for each pin whose processor does something about a change.
    private var open: UInt64 = 0
    /// The processor of the open pin, where there is one and no other.
    private var listener: Unmanaged<LocalAPIC>?

    /// A line that leads to no pin yet.
    public init() {}

    /// Connects a pin, which is closed, and returns its number.
    func connect(_ processor: LocalAPIC) -> Int {
        precondition(pins.count < UInt64.bitWidth, "a pin is a bit")
        pins.append(.passUnretained(processor))
        return pins.count - 1
    }

    /// Opens or closes the pin with that number.
    func setOpen(_ number: Int, _ isOpen: Bool) {
        let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: number)
        open = isOpen ? open | bit : open & ~bit
        listener = open.nonzeroBitCount == 1 ? pins[open.trailingZeroBitCount] : nil
    }

    /// Drives the line. Driving the level it already has does nothing.
    public func set(_ level: Bool) {
        guard level != isHigh else { return }
        isHigh = level
        if let listener {
            listener._withUnsafeGuaranteedRef { $0.hearLINT0() }
        } else if open != 0 {
            tellAll()
        }
    }

    @inline(never)
    private func tellAll() {
        for (number, pin) in pins.enumerated() where open >> UInt64(number) & 1 != 0 {
            pin._withUnsafeGuaranteedRef { $0.hearLINT0() }
        }
    }
}
