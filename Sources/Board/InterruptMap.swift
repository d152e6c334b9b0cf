import Chips
import Wiring

/// The lines with the interrupts that they ask for. The only file that knows IRQ numbers. IBM AT Technical Reference, "System Interrupts".
enum InterruptMap {
    /// Counter 0 of the 8254.
    static let timer = 0
    /// The keyboard's side of the 8042.
    static let keyboard = 1
    /// The place where the slave 8259A hangs on the master.
    static let cascade = 2
    static let serial2 = 3
    static let serial1 = 4
    static let floppy = 6
    static let parallel = 7
    static let clock = 8
    /// Vertical retrace; what was IRQ 2 before there was a second 8259A.
    static let display = 9
    /// The mouse's side of the 8042.
    static let mouse = 12
    /// FERR#.
    static let coprocessor = 13
    static let ide0 = 14
    static let ide1 = 15
    /// ACPI's system control interrupt.
    static let SCI = 9
}

/// The inputs of the two 8259As, IRQ 0–15, and of the I/O APIC: each is asked for by a line of its own, or by PCI interrupts that are led to it.
final class InterruptInputs {
    private let pics: (I8259A, I8259A)
    private let io: IOAPIC?
    private var lines: UInt16 = 0
    private var routed: UInt16 = 0
    /// Lines whose chips are cut off, because the HPET asks in their place; and what it asks.
    private var replaced: UInt16 = 0
    private var replacements: UInt16 = 0

    init(_ master: I8259A, _ slave: I8259A, _ io: IOAPIC?) {
        pics = (master, slave)
        self.io = io
    }

    func set(_ line: Int, _ level: Bool) {
        lines = level ? lines | 1 << UInt16(line) : lines & ~(1 << UInt16(line))
        drive(line)
    }

    /// The HPET's legacy replacement routes, which come and go together. IA-PC HPET specification 1.0a, section 2.3.5.
    func replaceLegacy(_ isReplaced: Bool) {
        replaced = isReplaced ? 1 << UInt16(InterruptMap.timer) | 1 << UInt16(InterruptMap.clock) : 0
        for line in [InterruptMap.timer, InterruptMap.clock] { drive(line) }
    }

    func setReplacement(_ line: Int, _ level: Bool) {
        replacements = level ? replacements | 1 << UInt16(line) : replacements & ~(1 << UInt16(line))
        drive(line)
    }

    func route(_ new: UInt16) {
        let changed = routed ^ new
        routed = new
        for line in 0..<16 where changed >> UInt16(line) & 1 != 0 { drive(line) }
    }

    private func drive(_ line: Int) {
        let level = (lines & ~replaced | replacements & replaced | routed) >> UInt16(line) & 1 != 0
        // The timer is at input 2, where the second 8259A hangs on the first.
        io?.setInput(line == InterruptMap.timer ? 2 : line, level)
        if line < 8 { pics.0.setInput(line, level) } else { pics.1.setInput(line - 8, level) }
    }
}

extension PC.Parts {
    /// Solders the request lines to the pair of 8259As.
    func connectInterrupts() {
        pic1.connect(slave: pic2, at: InterruptMap.cascade)
        let inputs = InterruptInputs(pic1, pic2, apic?.io)
        pit.connectOUT(0) { inputs.set(InterruptMap.timer, $0) }
        if let hpet = apic?.hpet, let io = apic?.io {
            hpet.replacesLegacy.connect { inputs.replaceLegacy($0) }
            hpet.onLegacy = { inputs.setReplacement($0, $1) }
            hpet.onInput = { io.setInput($0, $1) }
        }
        testDevice?.onLine = { [unowned io = apic?.io] line, level in
            if line < 16 { inputs.set(line, level) } else { io?.setInput(line, level) }
        }
        var lines: [(Wire, Int)] = [
            (keyboardController.irq1, InterruptMap.keyboard),
            (serial2.irq, InterruptMap.serial2),
            (serial1.irq, InterruptMap.serial1),
            (fdc.INT, InterruptMap.floppy),
            (parallel.irq, InterruptMap.parallel),
            (rtc.irq, InterruptMap.clock),
            (keyboardController.irq12, InterruptMap.mouse),
            (coprocessor.irq, InterruptMap.coprocessor),
            (ide0.INTRQ, InterruptMap.ide0),
            (ide1.INTRQ, InterruptMap.ide1),
        ]
        if let pci {
            lines.append((pci.power.SCI, InterruptMap.SCI))
            pci.isaBridge.onRequestChange = { inputs.route($0) }
        } else {
            lines.append((vga.irq, InterruptMap.display))
        }
        for (wire, line) in lines {
            // The bus master notes the interrupts of its channel.
            let channel = line == InterruptMap.ide0 ? 0 : line == InterruptMap.ide1 ? 1 : nil
            wire.connect { [unowned ide = pci?.ide] level in
                if level, let channel { ide?.interruptCame(from: channel) }
                inputs.set(line, level)
            }
        }
    }
}
