import Inspection
import Processor
import Wiring
import X86

/// `--check stack`: return addresses that were overwritten, stacks that ran over their lower end, and red zones that an interrupt went over.
///
/// Each CALL and each delivery keeps what will be returned through. A store over it by code on the same stack, above the stack pointer, is told when the
/// return is made and goes elsewhere. Pushes over it are none: the place was free again. Code on another stack may prepare this one, so its stores forget
/// what is kept; its pushes are those of a stack that ran over. A frame that a handler changes is on purpose, unless it leads to where no code is. So is
/// `mov [esp], …` before a RET, as retpolines have it: the stack pointer is at the return address, so the function has pushed nothing and made no room. It
/// may have variables below the stack pointer, in the red zone of 64-bit code; then the word above them was not meant.
final class StackCheck {
    /// An instruction's use of the stack pointer.
    enum Action {
        case call, ret, iret
        /// Moves along the same stack.
        case push, pop, arithmetic
        /// Takes the value of a register: mostly along the same stack.
        case adjust
        /// MOV to a control register: the stack may be another one afterwards.
        case control
        case other
    }

    /// The place of one processor.
    private struct Place {
        /// Number of the stack that it is on; nil before the first instruction.
        var stack: Int?
        /// Linear address of the stack pointer after the last instruction or delivery.
        var pointer: UInt64 = 0
        var action = Action.other
        /// The operand is [rSP].
        var isAtTop = false
        /// The operand's address is made of rSP.
        var isOfPointer = false
        /// The stack pointer at which something below it was used since the last call or return.
        var redZone: UInt64?
        /// Physical address of the stack pointer before a write to a control register.
        var physical: UInt64?
        /// Words that were written other than as operands and not looked at yet: the frame of a delivery.
        var frame: [ObservedAccess] = []
        var hasReadFrame = false
    }

    private let places: PerProcessor<Place>
    private var stacks: [StackRegion] = []
    /// The stack that was left at a physical address of its pointer.
    private var left: [UInt64: Int] = [:]
    private var kept: KeptAddresses
    private var redZone = RedZoneCheck()
    private static let mostStacks = 1024

    init(processors: Int, memoryBytes: UInt64) throws(HostMemory.Exhausted) {
        kept = try KeptAddresses(memoryBytes: memoryBytes)
        places = PerProcessor(repeating: Place(), count: processors)
    }

    deinit {
        kept.deallocate()
        places.deallocate()
    }

    private static func action(_ i: Instruction) -> Action {
        switch i.operation {
        case .call, .callIndirect: return .call
        case .ret: return .ret
        case .push, .pusha, .pushf, .pushSegment, .enter: return .push
        case .pop: return i.kind0 == .register && i.register0 == 4 ? .other : .pop
        case .popa, .popf, .popSegment: return .pop
        case .iret: return .iret
        case .add, .sub, .and, .inc, .dec: return i.kind0 == .register && i.register0 == 4 ? .arithmetic : .other
        case .lea: return i.register0 != 4 ? .other : i.base == 4 ? .arithmetic : .adjust
        case .mov: return i.kind0 == .register && i.register0 == 4 && i.kind1 == .register ? .adjust : .other
        case .leave: return .adjust
        case .movToControl: return .control
        default: return .other
        }
    }

    // MARK: What happens

    func willExecute(_ i: Instruction, _ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        if places[number].stack == nil {
            places[number].pointer = cpu.linearStackPointer
            begin(cpu, checks)
        }
        let action = Self.action(i)
        places[number].action = action
        places[number].isAtTop = i.base == 4 && i.displacement == 0 && i.index == Instruction.noRegister
        places[number].isOfPointer = i.base == 4
        places[number].hasReadFrame = false
        if action == .control { places[number].physical = cpu.physicalAddress(ofLinear: places[number].pointer) }
    }

    func accessed(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        guard access.isOperand else {
            if access.isWrite {
                if places[number].frame.count < 16 { places[number].frame.append(access) }
            } else if places[number].action == .iret, !places[number].hasReadFrame {
                places[number].hasReadFrame = true
                checkFrame(access, cpu, checks)
            }
            return
        }
        let action = places[number].action
        if places[number].isOfPointer, action == .other, places[number].pointer &- access.linear &- 1 < 128 {
            places[number].redZone = places[number].pointer
        }
        guard access.isWrite else {
            if action == .ret, access.linear == places[number].pointer { checkReturn(access, cpu, checks) }
            redZone.read(access, pointer: places[number].pointer, cpu, checks)
            return
        }
        guard action == .call || action == .push else {
            if kept.touches(access.physical, access.size) { store(access, cpu, checks) }
            redZone.wrote(access, pointer: places[number].pointer, cpu, checks)
            return
        }
        push(access, cpu, checks)
        guard action == .call else { return }
        places[number].redZone = nil
        let stack = places[number].stack ?? 0
        kept.insert(
            KeptAddresses.Kept(
                value: Self.masked(access.value, access.size), size: access.size, linear: access.linear, stack: stack,
                isFrame: false,
                caller: checks.place(cpu)), at: access.physical)
    }

    func delivered(_ delivery: CPU.Delivery, _ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        let old = places[number].pointer
        let new = cpu.linearStackPointer
        let isSameStack = new < old && old &- new <= 64
        if isSameStack {
            places[number].pointer = new
        } else if new != old {
            places[number].action = .other
            move(to: new, cpu, checks)
        }
        let frame = places[number].frame
        places[number].frame = []
        if isSameStack, delivery.source != .software {
            redZone.interrupted(old: old, new: new, vector: delivery.fault.vector, rip: delivery.rip)
        }
        for word in frame { push(word, cpu, checks) }
        let index = frame.count - (delivery.fault.hasErrorCode ? 2 : 1)
        if index >= 0 {
            var caller = CodePlace(cpu)
            (caller.cs, caller.rip, caller.base) = (delivery.cs, delivery.rip, delivery.csBase)
            let word = frame[index]
            kept.insert(
                KeptAddresses.Kept(
                    value: Self.masked(word.value, word.size), size: word.size, linear: word.linear,
                    stack: places[number].stack ?? 0, isFrame: true, caller: caller), at: word.physical)
        }
        seen(cpu, checks)
    }

    func didExecute(_ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        let new = cpu.linearStackPointer
        if new != places[number].pointer {
            switch places[number].action {
            case .call, .ret, .push, .pop, .arithmetic: places[number].pointer = new
            default: move(to: new, cpu, checks)
            }
            seen(cpu, checks)
        } else if places[number].action == .control, cpu.physicalAddress(ofLinear: new) != places[number].physical {
            change(to: new, leavingAt: places[number].physical, cpu, checks)
        }
        // A far call has pushed.
        guard !places[number].frame.isEmpty else { return }
        for word in places[number].frame { push(word, cpu, checks) }
        places[number].frame = []
    }

    /// Another past than was seen.
    func replaced(_ cpu: CPU) {
        places[cpu.number] = Place()
        kept.removeAll()
    }

    private static func masked(_ value: UInt64, _ size: UInt64) -> UInt64 {
        size < 8 ? value & ((1 &<< (8 &* size)) &- 1) : value
    }

    // MARK: Which stack it is

    /// The stack pointer got another value: along the same stack, or that of another one.
    private func move(to new: UInt64, _ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        let old = places[number].pointer
        guard let index = places[number].stack else {
            places[number].pointer = new
            return begin(cpu, checks)
        }
        let stack = stacks[index]
        let isAdjusted = places[number].action == .adjust
        let isWithin = new >= stack.low && new <= stack.high
        // Room for variables of a size that only the program knows.
        let isNear =
            isAdjusted && new < stack.low && new >= stack.floor && stack.low &- new <= 4096
            && !stacks.contains { $0.holds(new, cpu) }
        let wasLeft = !isAdjusted && cpu.physicalAddress(ofLinear: new).map { left[$0] != nil } ?? false
        if isWithin && !wasLeft || isNear {
            places[number].pointer = new
        } else {
            change(to: new, leavingAt: cpu.physicalAddress(ofLinear: old), cpu, checks)
        }
    }

    private func change(to new: UInt64, leavingAt physical: UInt64?, _ cpu: CPU, _ checks: MachineChecks) {
        let number = cpu.number
        if let physical, let stack = places[number].stack { left[physical] = stack }
        places[number].pointer = new
        if let known = cpu.physicalAddress(ofLinear: new).flatMap({ left.removeValue(forKey: $0) }) {
            places[number].stack = known
        } else if let known = stacks.lastIndex(where: { $0.holds(new, cpu) }) {
            places[number].stack = known
        } else {
            begin(cpu, checks)
        }
    }

    /// A stack that was not seen before.
    private func begin(_ cpu: CPU, _ checks: MachineChecks) {
        if stacks.count >= Self.mostStacks {
            // As if all began now: a mistake may be missed, and none is invented.
            stacks = []
            left = [:]
            kept.removeAll()
            for number in places.indices { places[number].stack = nil }
        }
        var stack = StackRegion(at: places[cpu.number].pointer, cpu)
        stack.findFloor(MachineView(checks.pc, of: cpu, state: cpu.state), checks.sources)
        places[cpu.number].stack = stacks.count
        stacks.append(stack)
    }

    /// Notes how far the stack reaches, and tells where it ran over its lower end.
    private func seen(_ cpu: CPU, _ checks: MachineChecks) {
        let pointer = places[cpu.number].pointer
        guard let number = places[cpu.number].stack else { return }
        if pointer > stacks[number].high { stacks[number].high = pointer }
        guard pointer < stacks[number].low else { return }
        stacks[number].low = pointer
        guard pointer < stacks[number].floor, !stacks[number].isBelowFloor else { return }
        stacks[number].isBelowFloor = true
        let stack = stacks[number]
        checks.report(.stack, subject: 1, by: cpu) {
            (
                "a stack ran over its lower end: \(cpu.core.pointee.mode.contains(.code64) ? "RSP" : "ESP") is \(checks.name(pointer))",
                [
                    "by: \(checks.text(cpu))",
                    "it began at \(h(stack.top)) and may go down to \(h(stack.floor)), where \(stack.floorName) is",
                ]
            )
        }
    }

    // MARK: Writes over what is kept

    private func store(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        let place = places[cpu.number]
        kept.forEach(touching: access.physical, access.size) { address, kept in
            guard kept.stack == place.stack, kept.linear >= place.pointer else { return nil }
            guard kept.change == nil || kept.change?.isJump == true else { return kept }
            var kept = kept
            kept.change = KeptAddresses.Change(
                writer: checks.place(cpu), text: checks.text(cpu),
                isJump: place.isAtTop && access.physical == address && access.size == kept.size && place.redZone != place.pointer)
            return kept
        }
    }

    private func push(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        redZone.pushed(access)
        guard kept.touches(access.physical, access.size) else { return }
        let stack = places[cpu.number].stack
        kept.forEach(touching: access.physical, access.size) { _, kept in
            guard kept.stack != stack else { return nil }
            guard kept.change == nil || kept.change?.isJump == true else { return kept }
            var kept = kept
            kept.change = KeptAddresses.Change(writer: checks.place(cpu), text: checks.text(cpu), isFromOtherStack: true)
            return kept
        }
    }

    // MARK: Returns

    private func checkReturn(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        guard let old = kept.remove(at: access.physical), old.stack == places[cpu.number].stack, let change = old.change,
            !old.isFrame, old.size == access.size, old.value != access.value
        else { return }
        if change.isJump, leadsToCode(access.value, cpu, checks) { return }
        report(old, change, access.value, cpu, checks)
    }

    /// Tells whether an instruction may be at an address: something is mapped that answers, the file has no data there, and it is not all zero.
    private func leadsToCode(_ address: UInt64, _ cpu: CPU, _ checks: MachineChecks) -> Bool {
        let linear = cpu.core.pointee.mode.contains(.code64) ? address : (cpu.core.pointee.state.cs.base &+ address) & 0xFFFF_FFFF
        guard let physical = cpu.physicalAddress(ofLinear: linear), checks.pc.answers(at: physical) else { return false }
        if let sources = checks.sources, !sources.isCode(address), let (symbol, _) = sources.symbols.symbol(at: address),
            !symbol.isFunction, symbol.size > 0
        {
            return false
        }
        // Interrupt vectors of real mode.
        if address < 0x400, checks.place(cpu).isProtected { return false }
        return (0..<8).contains { checks.pc.peek(physical: physical &+ $0) != 0 }
    }

    private func checkFrame(_ access: ObservedAccess, _ cpu: CPU, _ checks: MachineChecks) {
        guard let old = kept.remove(at: access.physical), let change = old.change, old.isFrame, old.size == access.size,
            old.value != access.value
        else { return }
        let isCode =
            cpu.physicalAddress(ofLinear: access.value) != nil
            && (checks.sources.map { $0.isCode(access.value) || !$0.isCode(old.value) } ?? true)
        if !isCode { report(old, change, access.value, cpu, checks) }
    }

    private func report(
        _ old: KeptAddresses.Kept, _ change: KeptAddresses.Change, _ value: UInt64, _ cpu: CPU, _ checks: MachineChecks
    ) {
        checks.report(.stack, by: cpu) {
            let what = old.isFrame ? "the return address of an interrupt" : "a return address"
            let digits = Int(2 * old.size)
            func target(_ address: UInt64) -> String {
                let name = old.size > 2 ? checks.sources?.describe(address) : nil
                return h(address, digits) + (name.map { " \($0)" } ?? "")
            }
            return (
                "\(what) was overwritten",
                [
                    "it lay at \(checks.name(old.linear)): was \(target(old.value)), is \(target(value))",
                    "\(old.isFrame ? "interrupted at" : "pushed by the call at"): \(old.caller.words(checks.sources))",
                    "overwritten by: \(change.text) at \(change.writer.words(checks.sources)), tick \(change.writer.tick)",
                ] + (change.isFromOtherStack ? ["that pushed on another stack, which ran into this one"] : [])
            )
        }
    }
}
