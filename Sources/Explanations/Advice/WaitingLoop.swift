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
        /// A bit of a port that stays as it is.
        case bit(UInt8, ofPort: UInt16)
    }

    let object: Object
    /// Offset of the instruction that looks.
    let rip: UInt64

    let ring: Ring?

    /// Instructions of a loop that are looked at.
    private static let longest = 64

    /// nil where the last moments were no loop, or one that does more.
    init?(_ view: MachineView, _ moments: LastMoments) {
        // A BIOS's loops have an end.
        if !view.isProtected, MachineView.firmwareArea ~= view.linearIP { return nil }
        let lines = Self.body(view, moments.branches)
        // DX is that of this moment: it names the port of a loop that goes on, and not of one that has ended.
        let goesOn = Set(Self.round(moments.branches).map { Self.body(view, $0).map(\.address) } ?? [])
        var found: (object: Object, rip: UInt64)?
        for line in lines {
            guard let i = line.instruction, let object = Self.object(i, view, at: line.address) else { continue }
            if case .memory = object, found != nil { continue }
            if case .port = object, line.instruction?.kind1 != .immediate, !goesOn.contains(line.address) { continue }
            found = (object, line.address)
            if case .lock = object { break }
        }
        guard let found = found ?? Self.status(lines, view) else { return nil }
        (object, rip) = (found.object, found.rip)
        ring = Self.ring(lines, view)
    }

    /// The bit of the only port that a loop reads, which it looks at.
    private static func status(_ lines: [Disassembly.Line], _ view: MachineView) -> (object: Object, rip: UInt64)? {
        let reads = lines.indices.filter { lines[$0].instruction?.operation == .in }
        guard reads.count == 1, let index = reads.first, let i = lines[index].instruction else { return nil }
        let test = lines[(index + 1)...].prefix(24).lazy.compactMap(\.instruction).first {
            [.test, .and].contains($0.operation) && $0.kind1 == .immediate
        }
        let mask = (test?.immediate ?? 0) & 0xFF
        guard mask.nonzeroBitCount == 1 else { return nil }
        return (.bit(UInt8(mask.trailingZeroBitCount), ofPort: port(i, view)), lines[index].address)
    }

    private static func port(_ i: Instruction, _ view: MachineView) -> UInt16 {
        UInt16(truncatingIfNeeded: i.kind1 == .immediate ? i.immediate & 0xFF : view.state.rdx)
    }

    /// The chain of pointers that the loop follows, where it leads back to one of them: a register that is loaded by its own value.
    private static func ring(_ lines: [Disassembly.Line], _ view: MachineView) -> Ring? {
        for line in lines {
            guard let i = line.instruction, i.operation == .mov, i.kind0 == .register, i.kind1 == .memory, i.register0 == i.base,
                i.index == Instruction.noRegister
            else { continue }
            let word = Int(i.operandSize.bytes)
            var place = view.general(i.base) & i.operandSize.mask
            var seen: [UInt64] = []
            while seen.count < longest {
                if let first = seen.firstIndex(of: place) {
                    return Ring(text: line.text, rip: line.address, elements: Array(seen[first...]))
                }
                seen.append(place)
                guard let next = view.linear((place &+ UInt64(bitPattern: Int64(i.displacement))) & view.linearMask, word) else {
                    break
                }
                place = next
            }
        }
        return nil
    }

    /// Pointers each of which leads to the next, and the last to the first.
    struct Ring {
        /// The instruction that follows them.
        let text: String
        let rip: UInt64
        let elements: [UInt64]
    }

    private static func object(_ i: Instruction, _ view: MachineView, at rip: UInt64) -> Object? {
        if i.operation == .in {
            let port = port(i, view)
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

    /// The branches of one round, and the first of the next one; nil where the last branches do not repeat themselves.
    private static func round(_ branches: [Branch]) -> [Branch]? {
        guard let last = branches.last else { return nil }
        if last.count > 1 { return [last] }
        func isEqual(_ a: Branch, _ b: Branch) -> Bool { a.from == b.from && a.to == b.to }
        for length in stride(from: 2, through: branches.count / 2, by: 1) {
            let round = branches.suffix(length)
            if zip(round, branches.dropLast(length).suffix(length)).allSatisfy(isEqual) { return Array(round) + round.prefix(1) }
        }
        return nil
    }

    /// The instructions between branches.
    private static func body(_ view: MachineView, _ branches: [Branch]) -> [Disassembly.Line] {
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
            if let ring = loop.ring { return words(ring) }
            return
                "The loop at \(at(loop.rip)) runs with interrupts off (IF = 0): nothing can end it. It waits for \(variable(address)) to change, "
                + "which no interrupt's handler can do now: STI first. A kernel that is done says so: `out 0xf4, al` with 0 for passed"
        case .port(let port):
            return
                "The loop at \(at(loop.rip)) asks port \(h(port)) again and again, which reads FFh: nothing is connected there, or no drive or device answers. Give such a loop an end"
        case .bit(let bit, let port):
            let value = UInt8(truncatingIfNeeded: view.pc.peek(port: port, .byte) ?? 0xFF)
            let state = value >> bit & 1 == 0 ? "clear" : "set"
            return
                "The loop at \(at(loop.rip)) asks port \(h(port)) again and again, which reads \(hexDigits(UInt64(value), 2))h: bit \(bit) stays \(state)\(Self.meaning(of: bit, ofPort: port))"
        }
    }

    /// ", …: what the bit of a chip's status register stands for", as far as it is one that kernels wait for.
    private static func meaning(of bit: UInt8, ofPort port: UInt16) -> String {
        switch (port, bit) {
        case (0x64, 0): ", and is set when a byte of the keyboard or the mouse lies at port 60h: nothing has come"
        case (0x64, 1):
            ", and is set only while the keyboard controller has not taken what was written last: wait until it is clear before a write, and for bit 0 before a read"
        case (0x3FD, 0), (0x2FD, 0), (0x3ED, 0), (0x2ED, 0):
            ", and is set when a byte has come on the serial line: nothing has come"
        case (0x1F7, 3), (0x177, 3), (0x3F6, 3), (0x376, 3):
            ", and is set (DRQ) when the drive has or wants data: only behind a command that moves some, for a drive that is there"
        default: ""
        }
    }

    private func words(_ ring: WaitingLoop.Ring) -> String {
        let places = ring.elements.prefix(4).map { variable($0) }
        let rest = ring.elements.count > 4 ? ["..."] : []
        let way = (places + rest + [h(ring.elements[0])]).joined(separator: ", ")
        let what = ring.elements.count == 1 ? "the element leads to itself" : "the last element leads back to the first"
        return
            "The loop at \(at(ring.rip)) runs with interrupts off (IF = 0): nothing can end it. It follows pointers in a ring (\(ring.text)): \(way); "
            + "\(what), and a loop that waits for a null pointer never meets one"
    }

    /// "00104010h (ticks)".
    private func variable(_ address: UInt64) -> String {
        view.isProtected ? sources?.describe(address).map { "\(h(address)) (\($0))" } ?? h(address) : h(address)
    }
}
