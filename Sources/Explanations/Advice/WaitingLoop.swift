import Inspection
import Processor
import X86

/// A loop that only looks whether something has changed: a lock, a word of memory, a port.
struct WaitingLoop {
    enum Object: Equatable {
        case lock(UInt64)
        case memory(UInt64)
        /// A port that answers with ones alone.
        case port(UInt16)
    }

    let object: Object
    /// Offset of the instruction that looks.
    let rip: UInt64

    /// Instructions of a loop that are looked at.
    private static let longest = 64

    /// nil where the last moments were no loop, or one that does more.
    init?(_ view: MachineView, _ moments: LastMoments) {
        // A BIOS's loops have an end.
        if !view.isProtected, MachineView.firmwareArea ~= view.linearIP { return nil }
        let lines = Self.body(view, moments)
        var found: (object: Object, rip: UInt64)?
        for line in lines {
            guard let i = line.instruction, let object = Self.object(i, view, at: line.address) else { continue }
            if case .memory = object, found != nil { continue }
            found = (object, line.address)
            if case .lock = object { break }
        }
        guard let found else { return nil }
        (object, rip) = (found.object, found.rip)
    }

    private static func object(_ i: Instruction, _ view: MachineView, at rip: UInt64) -> Object? {
        if i.operation == .in {
            let port =
                i.kind1 == .immediate ? UInt16(truncatingIfNeeded: i.immediate & 0xFF) : UInt16(truncatingIfNeeded: view.state.rdx)
            return view.pc.peek(port: port, .byte).map { $0 == 0xFF } ?? true ? .port(port) : nil
        }
        guard i.hasMemoryOperand, let address = view.address(of: i, at: rip), view.isRAM(linear: address) else { return nil }
        switch i.operation {
        case .xchg, .cmpxchg, .bts, .btr: return .lock(address)
        // Variables of the function's own change by its own instructions.
        case .cmp, .test, .mov, .movzx, .movsx, .bt, .or, .and, .sub:
            return [4, 5].contains(i.base) || i.kind0 == .memory && ![.cmp, .test, .bt].contains(i.operation)
                ? nil : .memory(address)
        default: return nil
        }
    }

    /// The instructions between the last branches.
    private static func body(_ view: MachineView, _ moments: LastMoments) -> [Disassembly.Line] {
        let branches = moments.branches
        guard branches.allSatisfy({ !$0.isDelivery && $0.base == view.state.cs.base && $0.targetBase == $0.base }) else {
            return []
        }
        var lines: [UInt64: Disassembly.Line] = [:]
        for (index, branch) in branches.enumerated() {
            let next = index + 1 < branches.count ? branches[index + 1].from.rip : branch.from.rip
            for end in Set([next, branch.count > 1 ? branch.from.rip : next]) {
                var rip = branch.to.rip
                while rip <= end, lines.count <= longest, let line = view.line(at: rip) {
                    lines[rip] = line
                    rip &+= UInt64(line.bytes.count)
                }
            }
        }
        return lines.count <= longest ? lines.values.sorted { $0.address < $1.address } : []
    }
}

extension Advisor {
    /// The loop in which a machine waits for what will not happen; nil where it does something else.
    var waitsInVain: String? {
        guard let moments = recollection?.last, let loop = WaitingLoop(view, moments) else { return nil }
        let isOff = !view.state.eflags.contains(.IF)
        switch loop.object {
        case .lock(let address):
            let lock = "the lock at \(variable(address))"
            if let record = FirstCause.handler(view), record.delivery.source == .external {
                let vector = record.delivery.fault.vector
                let line = view.pc.interruptOutlook.line(ofVector: vector).map { "IRQ \($0)" } ?? "vector \(vector)"
                return
                    "The handler of \(line) waits at \(at(loop.rip)) for \(lock), and the code that it interrupted, at \(name(record.delivery.rip, record.delivery.csBase)), goes on only when the handler returns: "
                    + "if that code has the lock, both wait for ever. Take a lock that a handler takes, too, with interrupts off (CLI)"
            }
            guard isOff, view.cpu.isAlone else {
                return "The loop at \(at(loop.rip)) waits for \(lock), which somebody has taken and not released"
            }
            return
                "The loop at \(at(loop.rip)) waits for \(lock) with interrupts off (IF = 0), and nothing else runs that could release it: "
                + "whoever took it has not given it back, or takes it a second time"
        case .memory(let address):
            guard case .dead = cause, isOff else { return nil }
            return
                "The loop at \(at(loop.rip)) runs with interrupts off (IF = 0): nothing can end it. It waits for \(variable(address)) to change, "
                + "which no interrupt's handler can do now: STI first. A kernel that is done says so: `out 0xf4, al` with 0 for passed"
        case .port(let port):
            return
                "The loop at \(at(loop.rip)) asks port \(h(port)) again and again, which reads FFh: nothing is connected there, or no drive or device answers. Give such a loop an end"
        }
    }

    /// "00104010h (ticks)".
    private func variable(_ address: UInt64) -> String {
        view.isProtected ? sources?.describe(address).map { "\(h(address)) (\($0))" } ?? h(address) : h(address)
    }
}
