import Board
import Inspection
import Processor

/// The two 8259As. Datasheet 231468; IBM AT Technical Reference, "System Interrupts".
struct PICAudit {
    let view: MachineView
    let pc: PC

    /// The part of an 8259A that is looked at.
    private struct Controller {
        let name: String
        let IRR, ISR, IMR, ICW2, ICW3, ICW4, lowestPriority: UInt8
        /// The words that its initialisation waits for; nil when it is done.
        let awaited: String?

        static func master(_ pc: PC) -> Controller {
            let s = pc.parts.pic1.state
            return Controller(
                name: "master", IRR: s.IRR, ISR: s.ISR, IMR: s.IMR, ICW2: s.ICW2, ICW3: s.ICW3, ICW4: s.ICW4,
                lowestPriority: s.lowestPriority, awaited: s.step == .ready ? nil : s.step.rawValue)
        }

        static func slave(_ pc: PC) -> Controller {
            let s = pc.parts.pic2.state
            return Controller(
                name: "slave", IRR: s.IRR, ISR: s.ISR, IMR: s.IMR, ICW2: s.ICW2, ICW3: s.ICW3, ICW4: s.ICW4,
                lowestPriority: s.lowestPriority, awaited: s.step == .ready ? nil : s.step.rawValue)
        }
    }

    func write(to writer: inout AuditWriter) {
        let (master, slave) = (Controller.master(pc), Controller.slave(pc))
        for (controller, ICW3) in [(master, UInt8(4)), (slave, 2)] {
            writer.list(line(controller))
            check(controller, ICW3: ICW3, &writer)
        }
        if master.ICW2 & 0xF8 == slave.ICW2 & 0xF8 { writer.find(.wrong, .sameVectors, h(UInt64(master.ICW2 & 0xF8), 2)) }
        let slaveOpen = (0..<8).filter { slave.IMR >> UInt8($0) & 1 == 0 }
        if master.IMR & 4 != 0, !slaveOpen.isEmpty {
            writer.find(.doubtful, .cascadeMasked, slaveOpen.map { String($0 + 8) }.joined(separator: ", "))
        }
        checkLines(master, slave, &writer)
    }

    private func line(_ s: Controller) -> String {
        "\(s.name): vectors \(h(UInt64(s.ICW2 & 0xF8), 2))-\(h(UInt64(s.ICW2 | 7), 2)), IRR \(bits(s.IRR)), ISR \(bits(s.ISR)), IMR \(bits(s.IMR))"
    }

    private func bits(_ value: UInt8) -> String {
        let text = String(value, radix: 2)
        return String(repeating: "0", count: 8 - text.count) + text
    }

    private func check(_ s: Controller, ICW3: UInt8, _ writer: inout AuditWriter) {
        let name = s.name
        if let awaited = s.awaited { writer.find(.wrong, .initializing, name, awaited) }
        let first = s.ICW2 & 0xF8
        if view.isProtected, first < 0x20 {
            writer.find(.wrong, .vectorsOfExceptions, name, h(UInt64(first), 2), h(UInt64(first | 7), 2))
        }
        if s.ICW3 != ICW3 { writer.find(.doubtful, .cascadeWrong, name, h(UInt64(s.ICW3), 2), h(UInt64(ICW3), 2)) }
        if s.ICW4 & 1 == 0 { writer.find(.wrong, .mode8080, name) }
        if s.ICW4 & 2 != 0 { writer.find(.note, .automaticEOI, name) }
        if s.lowestPriority != 7 { writer.find(.note, .rotated, name, String(s.lowestPriority)) }
    }

    // MARK: Lines

    private func checkLines(_ master: Controller, _ slave: Controller, _ writer: inout AuditWriter) {
        let outlook = pc.interruptOutlook
        for line in outlook.inService {
            writer.find(.doubtful, .inService, String(line), line < 8 ? "20h" : "A0h, then to 20h")
        }
        if outlook.allMasked { writer.find(.note, .allMasked) }
        for line in 0..<16 where line != 2 {
            let (state, bit) = line < 8 ? (master, UInt8(1) << UInt8(line)) : (slave, UInt8(1) << UInt8(line - 8))
            let isMasked = state.IMR & bit != 0
            let isRequested = state.IRR & bit != 0
            if isRequested, isMasked { writer.find(.note, .maskedRequest, String(line)) }
            if isRequested, !isMasked {
                if !outlook.open.contains(line), let blocker = outlook.inService.first, blocker != line {
                    writer.find(.doubtful, .heldBack, String(line), String(blocker))
                } else if !view.state.eflags.contains(.IF) {
                    writer.find(.note, .interruptsOff, String(line))
                }
            }
            guard !isMasked, view.isProtected else { continue }
            let vector = state.ICW2 & 0xF8 | UInt8(line & 7)
            if let obstacle = DeliveryObstacle(view, vector: vector, hasErrorCode: false) {
                writer.find(.wrong, .openWithoutGate, String(line), h(UInt64(vector), 2), obstacle.words(vector: vector))
            }
        }
    }
}
