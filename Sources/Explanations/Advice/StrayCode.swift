import Executables
import Inspection
import Processor
import X86

/// Execution where no code is: the ground that the processor came to, and the jump, call or return that led there.
struct StrayCode {
    /// The reason why an address cannot be code.
    enum Ground: Equatable {
        case noRAM
        case notMapped
        case zeros
        case interruptTable
        case stack
        case text(String)
        case data(String)
        /// The place where a RET went that found something else than a CALL's return address.
        case noReturnAddress
        /// Code that has run, and has been written over since: offset and base of the place, and what was there.
        case overwritten(rip: UInt64, base: UInt64, was: String)
        /// Code that INT n has written over: it returned to something else.
        case overwrittenByCall(vector: UInt8, rip: UInt64)

        /// Whoever came there has executed what lies there, however far it went from there without a branch.
        var isCertain: Bool {
            switch self {
            case .zeros, .interruptTable, .text, .data, .overwritten, .overwrittenByCall: true
            case .noRAM, .notMapped, .stack, .noReturnAddress: false
            }
        }
    }

    let ground: Ground
    /// Linear address of the first instruction there, as far as is known.
    let start: UInt64
    /// The transfer that went there.
    let transfer: Branch?

    /// `linear` is where the first cause came; `moments` are those before it.
    init?(_ view: MachineView, sources: SourceMap?, linear: UInt64, isInvalidOpcode: Bool, moments: LastMoments?) {
        let judge = Judge(view: view, sources: sources)
        let branches = moments?.branches.filter { !$0.isDelivery } ?? []
        let here = judge.ground(linear, moments?.branches.last)
        var found: (ground: Ground, branch: Branch)?
        for branch in branches.reversed() {
            if judge.isOfHandler(branch) { continue }
            if !branch.isFromInterruptTable, let ground = judge.loss(branch) {
                found = (ground, branch)
                break
            }
            guard let ground = judge.ground(branch.target, branch), ground != .notMapped || branch.target == linear else {
                // What is no code may hold jumps of its own.
                let from = (branch.base &+ branch.from.rip) & view.linearMask
                if Self.isNear(from, branch.target), Self.isNear(branch.target, linear) { continue }
                break
            }
            found = (ground, branch)
            if !judge.isNoCode((branch.base &+ branch.from.rip) & view.linearMask) { break }
        }
        if found == nil, let lost = moments?.selfLoss, view.isRAM(linear: (lost.base &+ lost.place.rip) & view.linearMask),
            view.line(at: lost.place.rip, base: lost.base)?.text != lost.text
        {
            (ground, transfer) = (.overwritten(rip: lost.place.rip, base: lost.base, was: lost.text), nil)
            start = (lost.base &+ lost.place.rip) & view.linearMask
            return
        }
        if let zeros = found, zeros.ground == .zeros, let text = judge.textAround(zeros.branch) {
            (ground, start, transfer) = (.text(text.words), text.start, nil)
            return
        }
        // A RET that goes to a function is a way to begin a task.
        let isTask = found?.ground == .noReturnAddress && !isInvalidOpcode
        if let found, !isTask,
            here != nil || Self.isNear(found.branch.target, linear) || found.ground.isCertain
        {
            (ground, start, transfer) = (found.ground, found.branch.target, found.branch)
        } else if let here {
            (ground, start, transfer) = (here, linear, nil)
        } else {
            return nil
        }
    }

    /// Tells whether what happened at `linear` is a consequence of having come to `target`, without a branch since.
    private static func isNear(_ target: UInt64, _ linear: UInt64) -> Bool { linear &- target < 64 }

    /// Tells why no handler begins at an address; nil where one may.
    static func ground(of entry: UInt64, _ view: MachineView, _ sources: SourceMap?) -> Ground? {
        let judge = Judge(view: view, sources: sources)
        if let physical = PageWalk(view, linear: entry).physical, physical < 0x400 { return .interruptTable }
        return judge.ground(entry, nil) ?? judge.numbers(entry)
    }

    private struct Judge {
        let view: MachineView
        let sources: SourceMap?

        /// Tells whether a branch is one of a BIOS's handler, or its return to an instruction that faults again, or to what addresses were taken for.
        func isOfHandler(_ branch: Branch) -> Bool {
            guard !view.isProtected, branch.isFromFirmware else { return false }
            guard !(MachineView.firmwareArea ~= branch.target) else { return true }
            return view.cpu.history.recent.contains {
                ($0.delivery.source == .exception || branch.target < 0x500)
                    && ($0.delivery.csBase &+ $0.delivery.rip) & view.linearMask == branch.target
            }
        }

        /// Tells where something else stands now than a branch left, or came to.
        func loss(_ branch: Branch) -> Ground? {
            switch branch.operation {
            case .jmp, .jcc, .jcxz, .loop, .loope, .loopne, .jmpIndirect, .call, .callIndirect, .ret: break
            case .iret, .retFar: return lossByCall(branch)
            default: return nil
            }
            guard branch.from.cs == view.state.cs.selector else { return nil }
            for (rip, text) in [(branch.from.rip, branch.text), (branch.to.rip, branch.targetText)]
            where !text.isEmpty {
                let linear = (branch.base &+ rip) & view.linearMask
                // What was executed at the beginning of memory had never been code.
                guard linear >= 0x500, view.isRAM(linear: linear), let line = view.line(at: rip, base: branch.base),
                    line.text != text
                else { continue }
                // What two bytes of zero mean was no code: running through them writes where the accumulator points, which may be there.
                return text == textOfZeros ? .zeros : .overwritten(rip: rip, base: branch.base, was: text)
            }
            return nil
        }

        /// ADD [EAX], AL, as the code's size has it.
        private var textOfZeros: String? {
            Disassembly([0, 0, 0, 0], codeSize: view.codeSize).first { _ in true }?.text
        }

        /// An INT n of real mode that is no longer there when its handler comes back.
        private func lossByCall(_ branch: Branch) -> Ground? {
            guard !view.isProtected, branch.target >= 2, view.isRAM(linear: branch.target),
                let call = view.cpu.history.recent.last(where: {
                    $0.delivery.source == .software && !$0.isProtected
                        && ($0.delivery.csBase &+ $0.delivery.rip) & view.linearMask == branch.target
                }), case let vector = call.delivery.fault.vector,
                case let bytes = view.bytes(at: branch.target &- 2, count: 2), bytes != [0xCD, vector], bytes.last != 0xCC
            else { return nil }
            return .overwrittenByCall(vector: vector, rip: (call.delivery.rip &- 2) & 0xFFFF)
        }

        /// Tells whether an address is where no code is, or in the middle of a text.
        func isNoCode(_ linear: UInt64) -> Bool {
            if ground(linear, nil) != nil { return true }
            return (4...12).contains { Self.text(view.bytes(at: linear &- $0, count: 16)) != nil }
        }

        /// The text in whose middle a branch lies.
        func textAround(_ branch: Branch) -> (words: String, start: UInt64)? {
            let source = (branch.base &+ branch.from.rip) & view.linearMask
            guard source >= 64 else { return nil }
            let length = view.bytes(at: source &- 64, count: 64).reversed().prefix { (0x20...0x7E).contains($0) }.count
            let start = source &- UInt64(length)
            return Self.text(view.bytes(at: start, count: 16)).map { ($0, start) }
        }

        /// nil where code may be. `branch` is the one that came to the address.
        func ground(_ linear: UInt64, _ branch: Branch?) -> Ground? {
            guard let physical = PageWalk(view, linear: linear).physical else { return .notMapped }
            guard view.answers(physical: physical) else { return .noRAM }
            guard view.isRAM(physical: physical) else {
                // Firmware is code, but hardly a kernel's in protected mode.
                guard view.isProtected, let branch, view.isRAM(linear: (branch.base &+ branch.from.rip) & view.linearMask) else {
                    return nil
                }
                return .data(0xA_0000..<0xC_0000 ~= physical ? "video memory" : "the firmware's ROM")
            }
            if !view.isProtected {
                if let branch, linear < 0x400, !branch.isFromInterruptTable { return .interruptTable }
                let bytes = view.bytes(at: linear, count: 16)
                return bytes.prefix(8).allSatisfy { $0 == 0 } ? .zeros : Self.text(bytes).map { .text($0) }
            }
            if let branch, branch.targetBase == 0, linear < 0x500, branch.from.rip >= 0x500 { return .interruptTable }
            if let branch, isStack(linear, branch) { return .stack }
            let bytes = view.bytes(at: linear, count: 16)
            if bytes.prefix(4).allSatisfy({ $0 == 0 }), bytes.count >= 4 { return .zeros }
            if let sources, !sources.isCode(linear), let name = sources.describe(linear) { return .data(name) }
            if let text = Self.text(bytes) { return .text(text) }
            if let branch, branch.operation == .ret, branch.target == linear, sources?.symbols.symbol(at: linear)?.offset != 0,
                !Backtrace.isBehindCall(view, linear)
            {
                return .noReturnAddress
            }
            return nil
        }

        /// Small numbers one after the other, which no compiler makes: ADD [EAX], AL is what two bytes of zero mean.
        func numbers(_ linear: UInt64) -> Ground? {
            let bytes = view.bytes(at: linear, count: 16)
            let beginning = Array(Disassembly(bytes, at: 0, codeSize: view.codeSize).prefix(2))
            guard let first = bytes.first, first < 0x40, beginning.contains(where: { $0.bytes.starts(with: [0, 0]) }) else {
                return nil
            }
            return .data(bytes.prefix(8).map { hexDigits(UInt64($0), 2) }.joined(separator: " "))
        }

        private func isStack(_ linear: UInt64, _ branch: Branch) -> Bool {
            let from = (branch.base &+ branch.from.rip) & view.linearMask
            // A BIOS starts a boot sector where its stack may end.
            guard view.isRAM(linear: from) else { return false }
            func isOnStack(_ address: UInt64) -> Bool { (address &- branch.stack &+ 64) & view.linearMask < 2048 }
            return isOnStack(linear) && !isOnStack(from)
        }

        /// The beginning of what reads like a text: eight characters or more, letters most of them.
        private static func text(_ bytes: [UInt8]) -> String? {
            let printable = bytes.prefix { (0x20...0x7E).contains($0) || $0 == 10 || $0 == 13 || $0 == 9 }
            let letters = printable.count { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 == 0x20 }
            guard printable.count >= 8, letters * 4 >= printable.count * 3 else { return nil }
            // PUSH of registers, with the prefix of R8 to R15: "PQRSUVWAPAQ" is how a handler begins.
            guard !printable.prefix(8).allSatisfy({ (0x50...0x57).contains($0) || $0 == 0x41 }) else { return nil }
            return String(decoding: printable.map { $0 < 0x20 ? 0x20 : $0 }, as: UTF8.self)
        }
    }
}

extension Advisor {
    /// "Data is being executed …: the CALL at … went there".
    func words(_ stray: StrayCode) -> String {
        switch stray.ground {
        case .overwritten(let rip, let base, let was): return lost(rip, base, was)
        case .overwrittenByCall(let vector, let rip):
            return
                "INT \(hexDigits(UInt64(vector), 2))h at \(at(rip)) has overwritten the code that called it: behind it, where it returned to, "
                + "there is now \(line(at: rip &+ 2, base: stray.transfer?.targetBase ?? 0)). Give it memory that nothing else uses"
        default: break
        }
        let place = h(stray.start)
        let what =
            switch stray.ground {
            case .noRAM where !view.isProtected: "CS:IP leads to \(place), where no code is (no RAM, no ROM)"
            case .noRAM: "\(view.nameOfIP) \(place) is where no code is (no RAM, no ROM)"
            case .notMapped where noHigherHalf(stray.start, PageWalk(view, linear: stray.start, fetches: true)) != nil:
                noHigherHalf(stray.start, PageWalk(view, linear: stray.start, fetches: true)) ?? ""
            case .notMapped: "\(view.nameOfIP) \(place) is not mapped\(withoutUpperHalf(stray.start))"
            case .zeros where stray.transfer == nil: "Memory that holds nothing but zeros is being executed at \(place)"
            case .zeros: "Memory that holds nothing but zeros is being executed, from \(place) on"
            case .interruptTable:
                "The real-mode interrupt table is being executed at \(place): the address that was gone to is a null pointer, or nearly"
            case .stack: "The stack is being executed at \(place)"
            case .text(let text): "Data is being executed at \(place), the text \"\(text)\""
            case .data(let name): "Data is being executed at \(place) (\(name))"
            case .noReturnAddress: "The return address \(place) is none"
            case .overwritten, .overwrittenByCall: "Code has been overwritten"
            }
        guard let transfer = stray.transfer else {
            if case .text = stray.ground {
                return
                    "\(what): the code before it runs on into it (let it end in a loop, JMP $), or a jump, call or return went wrong; the last branches say which"
            }
            return "\(what): a jump, call or return went wrong; the last branches say which"
        }
        return "\(what): \(words(transfer))"
    }

    /// Code that was written over: by the stack, if that lies there.
    private func lost(_ rip: UInt64, _ base: UInt64, _ was: String) -> String {
        let linear = (base &+ rip) & view.linearMask
        let change = "at \(name(rip, base)) was \(was), and now there is \(line(at: rip, base: base))"
        guard usedStack.lowerBound <= linear, linear < usedStack.upperBound else {
            let down =
                moments?.selfLoss.map { $0.wentDown && $0.place.rip == rip } ?? false
                ? ". EFLAGS.DF was set, so it went down from where it began, and through itself: CLD is missing" : ""
            return
                "The code at \(name(rip, base)) has been overwritten since it ran: \(change). Whoever writes there has the wrong address or length\(down)"
        }
        return
            "The stack (\(view.nameOfSP) \(h(pointer))) has run down into the code and has overwritten it: \(change). "
            + "Whoever pushes more than is popped is why, or the stack is too small or too near"
    }

    private func line(at rip: UInt64, base: UInt64) -> String { view.line(at: rip, base: base)?.text ?? "nothing" }

    private func words(_ branch: Branch) -> String {
        let place = "\(name(branch.from.rip, branch.base)) (\(branch.text))"
        switch branch.operation {
        case .ret, .retFar:
            if let lost = moments?.lostReturn, lost.ret == branch.from, lost.slot == branch.stack {
                return "the return at \(place) took it from the stack at \(h(branch.stack))\(words(lost))"
            }
            let owner =
                Backtrace.isBehindCall(view, branch.target)
                ? "" : recollection?.writerOfReturn.map(words) ?? ", where no CALL had put it"
            return "the return at \(place) took it from the stack at \(h(branch.stack))\(owner)"
        case .iret where !view.isProtected && view.bytes(at: branch.target &- 2, count: 1) == [0xCD]:
            return
                "INT \(hexDigits(view.linear(branch.target &- 1, 1) ?? 0, 2))h before it has returned, and no code follows; let a program end in a loop (JMP $)"
        case .iret: return "the IRET at \(place) took it from its frame on the stack at \(h(branch.stack))"
        case .call, .callIndirect, .callFar, .callFarIndirect: return "the call at \(place) went there"
        case .jmp, .jmpIndirect, .jmpFar, .jmpFarIndirect: return "the jump at \(place) went there"
        case .syscall: return "the SYSCALL at \(place) took it from IA32_LSTAR"
        case .sysret: return "the SYSRET at \(place) took it from RCX"
        case .int, .int3, .into: return "the gate that \(place) used names it"
        default: return "the branch at \(place) went there"
        }
    }

    /// ", where the call at … had put …, which has been overwritten by …".
    private func words(_ lost: LastMoments.LostReturn) -> String {
        let who = recollection?.overwriter.map { " by \(name($0.place.rip, $0.base)) (\($0.text))" } ?? ""
        let screen = 0xA0000...0xBFFFF ~= lost.slot ? ". The stack lies in the memory of the screen" : ""
        return
            ", where the call at \(name(lost.call.rip, lost.base)) (\(lost.text)) had put \(h(lost.value)), which has been overwritten\(who)\(screen)"
    }

    /// ", where no CALL had put it: … had": who wrote what a RET took, unless a return address was there before.
    private func words(_ writer: LastWriter) -> String {
        let who = "\(name(writer.place.rip, writer.base)) (\(writer.text))"
        if writer.text.hasPrefix("call") {
            return
                ", where the far call at \(who) had put CS: a function that is called far ends with RETF, and one that ends with RET is called near"
        }
        guard !writer.text.hasPrefix("push"), Backtrace.isBehindCall(view, writer.old) else {
            return ", where no CALL had put it: \(who) had"
        }
        return ", where the return address \(h(writer.old)) had been, which \(who) has overwritten"
    }

    /// The same of a return address that RET was refused.
    func overwritten(_ pointer: UInt64) -> String {
        guard let call = moments?.openCall, call.slot == pointer, recollection?.overwriter != nil else { return "" }
        return words(call)
    }

    /// A linear address as `at(_:)` has it, in a code segment with base `base`.
    func name(_ rip: UInt64, _ base: UInt64) -> String {
        guard view.isProtected else { return "\(hexDigits(base >> 4 & 0xFFFF, 4)):\(hexDigits(rip & 0xFFFF, 4))" }
        let name = sources?.describe((base &+ rip) & view.linearMask)
        return name.map { "\(h(rip)) in \($0)" } ?? h(rip)
    }
}
