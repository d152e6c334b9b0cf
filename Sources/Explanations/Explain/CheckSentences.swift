import Board
import Executables
import Inspection
import Processor
import X86

/// An exception that the next instruction raises: which one, which check failed, and where it leads.
public struct ExplainedFault {
    /// The exception with its error code.
    public let fault: Fault
    /// "#GP(0)".
    public let name: String
    /// The check that failed, without a full stop.
    public let check: String
    /// The delivery, or why there is none, one line each.
    public let delivery: [String]
}

/// Finds the check behind an exception.
struct CheckSentences {
    let view: MachineView
    let outcome: DryRun.Outcome
    let transcript: Transcript?

    func explained(_ fault: Fault) -> ExplainedFault {
        ExplainedFault(fault: fault, name: fault.name, check: check(fault), delivery: delivery)
    }

    /// CR2 that goes with it.
    private var cr2: UInt64 { outcome.failures.first?.cr2 ?? outcome.after.cr2 }

    private func check(_ fault: Fault) -> String {
        guard let transcript else { return unfetched(fault) }
        if let access = transcript.accesses.last, access.value == nil, !transcript.isCalledOut,
            let words = self.access(fault, access)
        {
            return words
        }
        if fault == .GP(0), !view.is64Bit, let target = transcript.jumpTarget(view), target > UInt64(view.state.cs.limit) {
            return Phrase.targetBeyond.with(h(target), h(UInt64(view.state.cs.limit)))
        }
        if fault == .DE, !transcript.isCalledOut {
            let isZero = transcript.accesses.last?.value == 0 || transcript.divisorRegister(view) == 0
            return isZero
                ? Phrase.divisorZero.with() : Phrase.quotientTooLarge.with(String(transcript.instruction.operandSize.bits))
        }
        var advisor = Advisor(view: view, cause: .stopped, sources: nil)
        advisor.looksCloser = false
        return advisor.explain(fault, cr2: cr2, rip: view.state.rip) ?? FaultDescription(fault: fault, cr2: cr2).words
    }

    private func unfetched(_ fault: Fault) -> String {
        let address = Phrase.fetchFailed.with(h(view.linearIP))
        if fault.vector == 14, let words = PageWalk(view, linear: cr2, errorCode: fault.errorCode).words {
            return "\(address): \(words)"
        }
        if !view.is64Bit, view.state.rip > UInt64(view.state.cs.limit) {
            return "\(address): \(Phrase.targetBeyond.with(h(view.state.rip), h(UInt64(view.state.cs.limit))))"
        }
        return address
    }

    private func access(_ fault: Fault, _ access: MemoryAccess) -> String? {
        let words = AddressSentences(view: view, instruction: access.instruction(of: transcript))
        let segment = words.register(access.segment)
        let (name, selector) = ("\(access.segment)".uppercased(), h(segment.selector))
        switch fault.vector {
        case 14: return PageWalk(view, linear: cr2, errorCode: fault.errorCode).words
        case 17: return Phrase.misaligned.with(h(access.linear), String(access.width.bytes))
        case 12, 13: break
        default: return nil
        }
        if view.is64Bit { return AddressSpace.isCanonical(access.linear) ? nil : Phrase.notCanonical.with(h(access.linear)) }
        guard segment.isUsable else { return Phrase.segmentNull.with(name, selector) }
        let writes = access.kind == .write || access.kind == .readWrite
        if view.isProtected, !view.isVirtual8086 {
            if writes, !segment.isWritable { return Phrase.segmentReadOnly.with(name, selector, AddressSentences.kind(segment)) }
            if !segment.isReadable { return Phrase.segmentNotReadable.with(name, selector, AddressSentences.kind(segment)) }
        }
        if segment.isExpandDown, access.offset <= UInt64(segment.limit) {
            return Phrase.belowLimit.with(name, h(UInt64(segment.limit)), h(access.offset))
        }
        return Phrase.beyondLimit.with(h(access.offset &+ UInt64(access.width.bytes) &- 1), name, h(UInt64(segment.limit)))
    }

    // MARK: Delivery

    /// "error code 0002h: a write, by ring 0, page not present; CR2 = C0001234h".
    private func errorCode(_ fault: Fault) -> String {
        let code = h(UInt64(fault.errorCode), 4)
        guard fault.vector == 14 else {
            return fault.errorCode == 0
                ? Phrase.errorCode.with(code) : "\(Phrase.errorCode.with(code)): \(FaultDescription(fault: fault, cr2: 0).words)"
        }
        return Phrase.errorAndAddress.with(code, FaultDescription(fault: fault, cr2: cr2).bits, h(cr2))
    }

    private var delivery: [String] {
        let table = view.isProtected ? "IDT" : "interrupt table"
        var lines = outcome.failures.map { failure in
            let why = DeliveryObstacle(view, vector: failure.delivering.vector, hasErrorCode: failure.delivering.hasErrorCode)
            return Phrase.deliveryFails.with(
                failure.delivering.name, failure.raised.name,
                why?.words(vector: failure.delivering.vector) ?? FaultDescription(fault: failure.raised, cr2: failure.cr2).words)
        }
        if outcome.after.activity == .shutdown { return lines + [Phrase.shutsDown.with()] }
        if let delivery = outcome.deliveries.last(where: { $0.source == .exception }) {
            lines.append(
                Phrase.deliveredTo.with(
                    delivery.fault.name, String(delivery.fault.vector), table, Explanation.place(outcome.after)))
            let hasCode = delivery.fault.hasErrorCode
            if hasCode, view.isProtected { lines.append(errorCode(delivery.fault)) }
            if let frame = FrameSentences(view: view, outcome: outcome).delivered(hasErrorCode: hasCode) {
                lines.append(frame.text)
            }
        }
        return lines
    }
}

extension MemoryAccess {
    fileprivate func instruction(of transcript: Transcript?) -> Instruction { transcript?.instruction ?? Instruction() }
}

extension Transcript {
    /// Tells where the instruction wanted to go, if it is a near transfer.
    fileprivate func jumpTarget(_ view: MachineView) -> UInt64? {
        let i = instruction
        switch i.operation {
        case .jmp, .jcc, .call, .jcxz, .loop, .loope, .loopne:
            let mask = i.operandSize.mask
            return (view.state.rip &+ UInt64(i.length) &+ i.immediate) & mask
        case .jmpIndirect, .callIndirect:
            if i.kind0 == .register { return view.general(i.register0) & i.operandSize.mask }
            return accesses.last?.value
        case .ret: return accesses.last?.value
        default: return nil
        }
    }

    fileprivate func divisorRegister(_ view: MachineView) -> UInt64? {
        switch instruction.kind0 {
        case .register: view.general(instruction.register0) & instruction.operandSize.mask
        case .byteRegister:
            view.general(instruction.register0 & 15) >> (instruction.register0 >= 16 ? 8 : 0) & 0xFF
        default: nil
        }
    }
}
