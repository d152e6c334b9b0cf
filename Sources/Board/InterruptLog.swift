import Processor
import Wiring

extension PC {
    /// Logs every interrupt and exception from now on, as QEMU's `-d int` does.
    public func logInterrupts() {
        for cpu in processors {
            cpu.onDelivery = { [log] delivery in
                log.passOn(
                    DiagnosticLog.Entry(
                        tick: delivery.tick,
                        site: DiagnosticLog.Site(cs: delivery.cs, rip: delivery.rip),
                        category: .interrupts,
                        diagnostic: Diagnostic(chip: "processor", message: delivery.text), isFirmware: false))
            }
        }
    }
}

extension CPU.Delivery {
    /// "exception #PF(2)", "external interrupt 8".
    fileprivate var text: String {
        switch source {
        case .exception: "exception \(fault.name)"
        case .external: fault.vector == 2 ? "NMI" : "external interrupt \(fault.vector)"
        case .software: "software interrupt \(fault.vector)"
        case .trap: "INT1"
        }
    }
}
