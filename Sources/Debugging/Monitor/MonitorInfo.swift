import Board
import Inspection
import Processor

/// The monitor's `info`.
extension HumanMonitor {
    private static let subjects: [(name: String, what: String)] = [
        ("block", "the drives and what is in them"), ("chardev", "where serial lines lead"), ("cpus", "the processors"),
        ("ioapic", "the I/O APIC"), ("irq", "interrupts that were delivered, by vector"), ("kvm", "whether KVM is used"),
        ("lapic", "the local APIC"), ("mem", "the active virtual memory mappings"), ("mice", "the mouse"),
        ("mtree", "memory and port ranges with their devices"), ("name", "the machine's name"), ("network", "network cards"),
        ("pci", "the PCI functions"), ("pic", "the interrupt controllers"), ("qtree", "the devices"),
        ("registers", "the processor's registers"), ("roms", "the ROMs"), ("snapshots", "saved machines"),
        ("status", "whether the machine runs"), ("tlb", "the pages that are mapped"), ("usb", "USB devices"),
        ("uuid", "the machine's UUID"),
        ("version", "the version of this program"), ("vnc", "remote screens"),
    ]

    func info(_ text: String) throws(DebuggerError) -> [String] {
        let view = view
        switch text.firstWord.word {
        case "": return Self.subjects.map { "info \($0.name) -- show \($0.what)" }
        case "registers": return RegisterBlock(view).lines
        case "mem": return MonitorTables(view).regions
        case "tlb": return MonitorTables(view).pages
        case "status": return ["VM status: \(host.isPaused ? "paused" : "running")"]
        case "pic": return [pic(1), pic(0)]
        case "irq":
            let counts = pc.cpu.history.interrupts.enumerated().filter { $0.element > 0 }
            return ["IRQ statistics by vector:"] + counts.map { "\(h(UInt64($0.offset), 2)): \($0.element)" }
        case "lapic":
            guard let locals = pc.parts.apic?.locals else { throw DebuggerError("this machine has no local APIC") }
            return locals.enumerated().flatMap { ChipListing.lines("local APIC of CPU \($0.offset)", of: $0.element.state) }
        case "ioapic":
            guard let io = pc.parts.apic?.io else { throw DebuggerError("this machine has no I/O APIC") }
            return ["ioapic ID=\(io.state.ID)"]
                + io.state.entries.enumerated().map {
                    "pin \(Columns.pad(String($0.offset), to: 2)) 0x\(hexDigits($0.element, 16, uppercase: false))"
                }
        case "block":
            return host.drives.map { "\($0.name): \($0.image ?? "[not inserted]")" }
        case "pci": return PCIListing.lines(pc)
        case "mtree": return pc.addressRanges
        case "qtree": return pc.parts.chips.map { "dev: \($0.name)" }
        case "roms":
            return pc.addressRanges.filter {
                $0.contains("ROM") || $0.contains("firmware") || $0.contains("BIOS") || $0.contains("flash")
            }
        case "cpus": return (0..<pc.configuration.processors.count).map { "\($0 == 0 ? "*" : " ") CPU #\($0): thread_id=\($0)" }
        case "kvm": return ["kvm support: disabled"]
        case "version": return [host.version]
        case "name": return [pc.configuration.origin.first ?? "swemu"]
        case "uuid": return ["00000000-0000-0000-0000-000000000000"]
        case "mice": return ["* Mouse #0: PS/2 mouse"]
        case "snapshots": return ["There is no snapshot available; savevm FILE makes one, swemu snapshot info looks into it."]
        case "usb": return ["USB support not enabled"]
        case "network": return NetworkListing.lines(pc)
        case "vnc": return ["Server: disabled"]
        case "chardev": return ["serial lines: see --serial"]
        case let subject: throw DebuggerError("unknown command: 'info \(subject)'; `info` lists what is known")
        }
    }

    private func pic(_ number: Int) -> String {
        let state = number == 0 ? pc.parts.pic1.state : pc.parts.pic2.state
        func x(_ value: UInt8) -> String { hexDigits(UInt64(value), 2, uppercase: false) }
        return "pic\(number): irr=\(x(state.IRR)) imr=\(x(state.IMR)) isr=\(x(state.ISR)) hprio=\((state.lowestPriority &+ 1) & 7) "
            + "irq_base=\(x(state.ICW2 & 0xF8)) rr_sel=\(state.readsISR ? 1 : 0) elcr=\(x(state.ELCR)) fnm=\(state.ICW4 >> 4 & 1)"
    }
}
