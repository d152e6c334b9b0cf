import Chips
import Wiring

/// Which line asks for which interrupt. The only file that knows IRQ numbers. IBM AT Technical Reference, "System Interrupts".
enum InterruptMap {
    /// Counter 0 of the 8254.
    static let timer = 0
    /// The keyboard's side of the 8042.
    static let keyboard = 1
    /// Where the slave 8259A hangs on the master.
    static let cascade = 2
    static let serial2 = 3
    static let serial1 = 4
    static let floppy = 6
    static let clock = 8
    /// Vertical retrace; what was IRQ 2 before there was a second 8259A.
    static let display = 9
    /// The mouse's side of the 8042.
    static let mouse = 12
    /// FERR#.
    static let coprocessor = 13
    static let ide0 = 14
    static let ide1 = 15
}

extension PC.Parts {
    /// Solders the request lines to the pair of 8259As.
    func connectInterrupts() {
        pic1.connect(slave: pic2, at: InterruptMap.cascade)
        pit.connectOUT(0) { [pic1] in pic1.setInput(InterruptMap.timer, $0) }
        let lines: [(Wire, Int)] = [
            (keyboardController.irq1, InterruptMap.keyboard),
            (serial2.irq, InterruptMap.serial2),
            (serial1.irq, InterruptMap.serial1),
            (fdc.INT, InterruptMap.floppy),
            (rtc.irq, InterruptMap.clock),
            (vga.irq, InterruptMap.display),
            (keyboardController.irq12, InterruptMap.mouse),
            (coprocessor.irq, InterruptMap.coprocessor),
            (ide0.INTRQ, InterruptMap.ide0),
            (ide1.INTRQ, InterruptMap.ide1),
        ]
        for (wire, line) in lines {
            wire.connect { [pic1, pic2] level in
                if line < 8 { pic1.setInput(line, level) } else { pic2.setInput(line - 8, level) }
            }
        }
    }
}
