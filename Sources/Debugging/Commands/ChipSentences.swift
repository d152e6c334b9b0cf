import Board
import Executables
import Inspection
import Wiring

/// The settings of chips, in a line or two each for people; `ChipListing` has every register below. The lines say nothing but what follows from the
/// registers.
struct ChipSentences {
    let pc: PC

    /// Cycles of the 8254 in a second. IBM AT Technical Reference, "System Timers".
    private static let crystal = 1_193_182

    /// "100 Hz", "18.21 Hz": two digits behind the point below 1 kHz.
    static func hertz(_ value: Double) -> String {
        value >= 1000 ? "\(UInt64(value.rounded())) Hz" : "\(decimal(value, 2)) Hz"
    }

    /// `value`, which is not negative, with up to so many digits behind the point.
    private static func decimal(_ value: Double, _ digits: Int) -> String {
        let scale = (0..<digits).reduce(UInt64(1)) { power, _ in power * 10 }
        let whole = UInt64((value * Double(scale)).rounded())
        let fraction = String(whole % scale)
        let padded = String(repeating: "0", count: digits - fraction.count) + fraction
        let shown = String(padded.reversed().drop { $0 == "0" }.reversed())
        return shown.isEmpty ? "\(whole / scale)" : "\(whole / scale).\(shown)"
    }

    // MARK: Timers

    /// 8254 datasheet, "Mode Definitions".
    var pit: [String] {
        let state = pc.parts.pit.state
        let uses = ["IRQ 0", "refresh, which nothing here needs", "the speaker"]
        return [state.counter0, state.counter1, state.counter2].enumerated().map { number, counter in
            let title = "counter \(number) (\(uses[number])): "
            guard counter.isArmed else { return title + "stopped: no count was written since the control word" }
            let reload =
                counter.CR == 0 ? (counter.isBCD ? 10_000 : 0x1_0000) : counter.isBCD ? Self.binary(counter.CR) : Int(counter.CR)
            let frequency = Double(Self.crystal) / Double(reload)
            let what =
                switch counter.mode {
                case .interruptOnTerminalCount: "one interrupt \(Self.milliseconds(reload)) after the count (mode 0)"
                case .hardwareRetriggerableOneShot: "one pulse of \(Self.milliseconds(reload)) at each edge of the gate (mode 1)"
                case .rateGenerator: "\(Self.hertz(frequency)), rate generator (mode 2)"
                case .squareWave: "\(Self.hertz(frequency)), square wave (mode 3)"
                case .softwareTriggeredStrobe: "a strobe \(Self.milliseconds(reload)) after the count (mode 4)"
                case .hardwareTriggeredStrobe: "a strobe \(Self.milliseconds(reload)) after each edge of the gate (mode 5)"
                }
            let count = ", count \(reload)\(counter.isBCD ? " in BCD" : ""), OUT \(counter.OUT ? "high" : "low")"
            return title + what + count + (counter.gate ? "" : ", gate closed")
        }
    }

    private static func binary(_ digits: UInt16) -> Int {
        (0..<4).reversed().reduce(0) { $0 * 10 + Int(digits >> UInt16(4 * $1) & 0xF) }
    }

    private static func milliseconds(_ cycles: Int) -> String {
        "\(decimal(Double(cycles) * 1000 / Double(crystal), 3)) ms"
    }

    /// MC146818 datasheet, table 5 and "Register B".
    var rtc: [String] {
        let RAM = pc.parts.rtc.state.RAM
        let (A, B) = (RAM[10], RAM[11])
        func number(_ byte: UInt8) -> Int { B & 4 != 0 ? Int(byte) : Int(byte >> 4) * 10 + Int(byte & 0xF) }
        let hour = B & 2 != 0 ? number(RAM[4]) : number(RAM[4] & 0x7F) % 12 + (RAM[4] & 0x80 != 0 ? 12 : 0)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date = [number(RAM[9]), number(RAM[8]), number(RAM[7])].map(two).joined(separator: "-")
        let time = "\(date) \([hour, number(RAM[2]), number(RAM[0])].map(two).joined(separator: ":"))"
        let rate = A & 0xF == 0 ? nil : Self.hertz(32768 / Double(1 << (Int(A & 0xF) < 3 ? Int(A & 0xF) + 6 : Int(A & 0xF) - 1)))
        let interrupts = [(0x40, "periodic, \(rate ?? "no rate")"), (0x20, "alarm"), (0x10, "update ended")].filter {
            B & UInt8($0.0) != 0
        }
        return [
            "\(time) (year-month-day), \(B & 4 != 0 ? "binary" : "BCD"), \(B & 2 != 0 ? "24" : "12") hours\(B & 0x80 != 0 ? ", stopped by SET" : "")",
            "interrupts on IRQ 8: \(interrupts.isEmpty ? "none" : interrupts.map(\.1).joined(separator: ", "))",
        ]
    }

    // MARK: Serial lines

    var serial: [String] {
        [("COM1", pc.parts.serial1.state), ("COM2", pc.parts.serial2.state)].map { name, state in
            let divisor = Int(state.DLM) << 8 | Int(state.DLL)
            let rate = divisor == 0 ? "no divisor" : "\(115_200 / divisor) baud"
            let parity =
                state.LCR.contains(.PEN)
                ? state.LCR.contains(.stickParity) ? state.LCR.contains(.EPS) ? "S" : "M" : state.LCR.contains(.EPS) ? "E" : "O"
                : "N"
            let frame =
                "\(5 + state.LCR.rawValue & 3)\(parity)\(state.LCR.contains(.STB) ? (state.LCR.rawValue & 3 == 0 ? "1.5" : "2") : "1")"
            let sources: [(UInt8, String)] = [
                (1, "received data"), (2, "transmitter empty"), (4, "line status"), (8, "modem status"),
            ]
            let enabled = sources.filter { state.IER.rawValue & $0.0 != 0 }.map(\.1)
            let interrupts = enabled.isEmpty ? "no interrupts" : "interrupts for \(enabled.joined(separator: ", "))"
            let gate = !enabled.isEmpty && !state.MCR.contains(.OUT2) ? ", held back: MCR.OUT2 is 0" : ""
            return "\(name): \(rate), \(frame), FIFO \(state.isFIFOEnabled ? "on" : "off"), \(interrupts)\(gate)"
                + (state.MCR.contains(.LOOP) ? ", looped back" : "")
                + (state.LCR.contains(.DLAB) ? ", DLAB set: ports +0 and +1 are the divisor" : "")
        }
    }

    // MARK: Disks

    /// The drive that is selected, as its ports show it. ATA/ATAPI-6, chapter 7.
    var ide: [String] {
        [("primary", UInt16(0x1F0), 14), ("secondary", 0x170, 15)].map { name, base, line in
            func read(_ offset: UInt16) -> UInt64? { pc.peek(port: base + offset, .byte).map { UInt64($0) } }
            guard let status = read(7), let device = read(6), let error = read(1), status != 0xFF, status != 0x7F else {
                return "\(name): no drive answers"
            }
            let bits: [(UInt64, String)] = [
                (0x80, "BSY"), (0x40, "DRDY"), (0x20, "DF"), (0x10, "DSC"), (0x08, "DRQ"), (0x01, "ERR"),
            ]
            let names = bits.filter { status & $0.0 != 0 }.map(\.1).joined(separator: " ")
            let condition =
                status & 0x80 != 0
                ? "busy" : status & 8 != 0 ? "wants data to be moved" : status & 0x40 != 0 ? "ready" : "not ready"
            let reasons: [(UInt64, String)] = [(0x04, "ABRT"), (0x10, "IDNF"), (0x40, "UNC or WP")]
            let failed =
                status & 1 == 0
                ? ""
                : ", the last command failed: error \(h(error, 2)) \(reasons.filter { error & $0.0 != 0 }.map(\.1).joined(separator: " "))"
            return
                "\(name) (IRQ \(line)): drive \(device >> 4 & 1) selected, status \(h(status, 2)) \(names): \(condition)\(failed)"
        }
    }

    // MARK: Interrupts

    /// "IRQ 0 (vector 20h), open, in service".
    var pic: [String] {
        let (master, slave) = (pc.parts.pic1.state, pc.parts.pic2.state)
        let names = [
            "timer", "keyboard", "cascade", "COM2", "COM1", "LPT2", "diskettes", "LPT1", "clock", "", "", "", "mouse", "x87 errors",
            "primary IDE", "secondary IDE",
        ]
        return (0..<16).compactMap { line in
            let (state, bit) = (line < 8 ? master : slave, UInt8(1) << UInt8(line & 7))
            let words = [
                state.IMR & bit == 0 ? "open" : nil, state.IRR & bit != 0 ? "requested" : nil,
                state.ISR & bit != 0 ? "in service" : nil,
            ].compactMap { $0 }
            guard !words.isEmpty else { return nil }
            let name = names[line].isEmpty ? "" : ", \(names[line])"
            return
                "IRQ \(line)\(name): vector \(h(UInt64(state.ICW2 & 0xF8 | UInt8(line & 7)), 2)), \(words.joined(separator: ", "))"
        }
    }

    /// Local APICs and the I/O APIC. SDM Vol. 3A, chapter 10; 82093AA datasheet, section 3.2.
    func apic(_ apic: PC.APICParts, _ processors: Int) -> [String] {
        var lines: [String] = []
        for local in apic.locals.prefix(processors) {
            let state = local.state
            let isOn = state.isEnabled && state.SVR & 0x100 != 0
            let mode = !state.isEnabled ? "off (IA32_APIC_BASE bit 11)" : isOn ? "on" : "disabled by software (SVR bit 8)"
            lines.append(
                "local APIC \(state.ID): \(mode)\(state.isX2 ? ", x2APIC mode" : ""), task priority \(h(UInt64(state.TPR), 2)), spurious vector \(h(UInt64(state.SVR & 0xFF), 2))"
            )
            let sources: [(String, UInt32)] = [
                ("timer", state.timer), ("LINT0", state.LINT0), ("LINT1", state.LINT1), ("error", state.error),
                ("performance counter", state.performanceCounter), ("thermal sensor", state.thermalSensor),
            ]
            lines += sources.filter { $0.1 & 1 << 16 == 0 }.map { name, entry in
                let how =
                    name == "timer"
                    ? ", " + Self.timer(state.timer, state.initialCount, state.divideConfiguration, state.TSCDeadline) : ""
                return "  \(name): \(Self.delivery(UInt64(entry)))\(how)"
            }
        }
        let open = apic.io.state.entries.enumerated().filter { $0.element & 1 << 16 == 0 }
        lines.append("I/O APIC: \(open.count) of \(apic.io.state.entries.count) inputs open")
        return lines
            + open.map { pin, entry in
                let to = "\(entry & 1 << 11 != 0 ? "logical" : "processor") \(entry >> 56)"
                let polarity = "\(entry & 1 << 15 != 0 ? "level" : "edge"), active \(entry & 1 << 13 != 0 ? "low" : "high")"
                return
                    "  input \(pin): \(Self.delivery(entry)) to \(to), \(polarity)\(entry & 1 << 14 != 0 ? ", waits for EOI" : "")"
            }
    }

    private static func timer(_ entry: UInt32, _ count: UInt32, _ configuration: UInt32, _ deadline: UInt64) -> String {
        let code = configuration & 3 | configuration >> 1 & 4
        let divider = code == 7 ? 1 : 2 << code
        switch entry >> 17 & 3 {
        case 0: return "one shot of \(count) counts, divided by \(divider)"
        case 1: return "periodic, every \(count) counts, divided by \(divider)"
        default: return deadline == 0 ? "TSC deadline, disarmed" : "TSC deadline \(deadline)"
        }
    }

    private static func delivery(_ entry: UInt64) -> String {
        switch entry >> 8 & 7 {
        case 0, 1: "vector \(h(entry & 0xFF, 2))"
        case 2: "SMI"
        case 4: "NMI"
        case 5: "INIT"
        case 7: "what the 8259As say (ExtINT)"
        default: "reserved delivery mode \(entry >> 8 & 7)"
        }
    }

    // MARK: Keyboard

    var keyboard: [String] {
        let (controller, keyboard) = (pc.parts.keyboardController.state, pc.parts.keyboard.state)
        let command = controller.RAM[0]
        let words = [
            command & 0x10 != 0 ? "keyboard off" : "keyboard on", command & 0x20 != 0 ? "mouse off" : "mouse on",
            command & 1 != 0 ? "IRQ 1 on" : "IRQ 1 off", command & 2 != 0 ? "IRQ 12 on" : "IRQ 12 off",
            command & 0x40 != 0 ? "translated to set 1" : "not translated",
        ]
        let output =
            controller.OBF ? "a byte waits in port 60h: \(h(UInt64(controller.output.byte), 2))" : "nothing waits in port 60h"
        return [
            "controller: \(words.joined(separator: ", ")); \(output)",
            "keyboard: scan code set \(keyboard.scanCodeSet), \(keyboard.isScanning ? "scanning" : "not scanning"), \(keyboard.buffer.count) bytes buffered",
        ]
    }
}
