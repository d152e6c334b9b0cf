import Board
import Inspection
import Processor
import X86

/// One sentence for an exception: why this instruction raised it.
extension Advisor {
    /// `rip` is the faulting instruction's. nil where there is nothing to say beyond the exception's name.
    func explain(_ fault: Fault, cr2: UInt64, rip: UInt64) -> String? {
        let line = self.line(at: rip)
        if let words = narrowGate(rip, line?.instruction) ?? misplacedTable(fault, line) { return words }
        if let instruction = line?.instruction, let frame = returnFrame(rip, instruction) { return frame }
        if line?.instruction?.operation == .iret, let words = nestedTask(rip) { return words }
        if let words = codeOfOtherSize() { return words }
        if let words = longMode(fault, cr2: cr2, rip: rip, line) { return words }
        let stray = stray(at: rip, isInvalidOpcode: fault.vector == 6)
        var spoiled = self
        if let transfer = stray?.transfer { spoiled.code = (transfer.base &+ transfer.from.rip) & view.linearMask }
        // Whoever came to no code with a good stack has spoiled the stack there; with a bad one, the stack is why.
        if let stray, let transfer = stray.transfer, spoiled.hadStack(at: transfer) { return words(stray) }
        let isFetch = fault.vector == 14 && cr2 == (codeBase &+ rip) & view.linearMask
        let isUsed = stray.map { !isFetch || $0.transfer != nil } ?? concernsStack(fault, cr2, line)
        if let trouble = spoiled.stackTrouble(isUsed: isUsed) { return trouble }
        if let stray, !isFetch || stray.transfer != nil { return words(stray) }
        switch fault.vector {
        case 0: return divide(rip, line?.instruction)
        case 1: return debugException(rip, line)
        case 3: return "The breakpoint instruction INT3 (byte CCh) ran at \(at(rip))"
        case 5: return bounds(rip, line?.instruction)
        case 6: return invalidOpcode(rip, line)
        case 7: return noFPU(rip)
        case 10: return ringChange(rip, line) ?? (fault.errorCode == 0 ? nil : selector(fault, rip, line))
        case 11, 12, 13:
            if fault.errorCode & 2 == 0, let i = line?.instruction, let words = protection(fault, rip, i) {
                return words
            }
            return fault.errorCode == 0 ? noSelector(fault, rip, line) : selector(fault, rip, line)
        case 14: return pageFault(fault, cr2: cr2, rip: rip)
        case 16: return pendingError(rip)
        case 19: return packedError(rip)
        case 17: return "The access at \(at(rip)) is not aligned, and CR0.AM and EFLAGS.AC ask for alignment in ring 3"
        default: return nil
        }
    }

    /// Tells whether a fault may be a bad stack's: of an instruction that uses it, or near ESP.
    private func concernsStack(_ fault: Fault, _ cr2: UInt64, _ line: Disassembly.Line?) -> Bool {
        switch fault.vector {
        case 6, 8, 12: return isAtFault || fault.vector != 6
        // Local variables may lie as far below as functions reserve.
        case 14: return fault.errorCode & 1 == 0 && (top &- cr2 &+ 64) & view.linearMask < 0x1_0000
        default:
            switch line?.instruction?.operation {
            case .push, .pop, .pusha, .popa, .call, .callIndirect, .ret, .retFar, .iret, .enter, .leave: return isAtFault
            default: return false
            }
        }
    }

    private func divide(_ rip: UInt64, _ i: Instruction?) -> String {
        guard looksCloser, isAtFault, let i, i.operation != .aam, let check = Explainer(view.pc).explain().fault?.check else {
            return "The division at \(at(rip)) has a zero divisor or a quotient that does not fit\(text(rip))"
        }
        let what = "The division at \(at(rip))\(text(rip)): \(check)"
        guard check != Phrase.divisorZero.with() else { return what }
        let name = i.operandSize == .byte ? "AH" : i.operandSize == .word ? "DX" : i.operandSize == .quadword ? "RDX" : "EDX"
        let high = i.operandSize == .byte ? view.state.rax >> 8 & 0xFF : view.state.rdx & i.operandSize.mask
        let least = UInt64(1) << UInt64(i.operandSize.bits - 1)
        // With the right upper half there is one quotient that does not fit.
        if i.operation == .idiv, view.state.rax & i.operandSize.mask == least, high == i.operandSize.mask {
            return "\(what): -\(least) / -1 is \(least), and the largest is \(least - 1). Look for that case before dividing"
        }
        let rule =
            i.operation == .idiv
            ? "before IDIV it has to be the sign of the lower half, by CBW, CWD, CDQ or CQO"
            : "before DIV it has to be 0, unless the dividend is that large"
        return "\(what). \(name), the dividend's upper half, is \(h(high, i.operandSize.bytes * 2)); \(rule)"
    }

    /// BOUND. SDM Vol. 2A.
    private func bounds(_ rip: UInt64, _ i: Instruction?) -> String? {
        guard isAtFault, let i, i.operation == .bound, let address = view.address(of: i, at: rip) else { return nil }
        let size = i.operandSize.bytes
        func signed(_ value: UInt64) -> Int64 {
            size == 2 ? Int64(Int16(truncatingIfNeeded: value)) : Int64(Int32(truncatingIfNeeded: value))
        }
        guard let low = view.linear(address, size), let high = view.linear((address &+ UInt64(size)) & view.linearMask, size) else {
            return nil
        }
        return
            "The index \(signed(view.general(i.register0))) of \(at(rip))\(text(rip)) is outside of \(signed(low)) to \(signed(high)), the bounds at \(h(address))"
    }

    /// IRET with NT set. SDM Vol. 2A, "IRET/IRETD/IRETQ".
    private func nestedTask(_ rip: UInt64) -> String? {
        guard isAtFault, view.isProtected, !view.isVirtual8086, view.state.eflags.contains(.NT) else { return nil }
        let what = "\(at(rip))\(text(rip)): EFLAGS.NT (bit 14) is set"
        if view.state.operatingMode.isIA32e {
            return "\(what), which IRET refuses in IA-32e mode: clear it; a POPF of garbage may have set it"
        }
        let link = view.linear(view.state.tr.base & view.linearMask, 2).map { " (\(h(UInt16(truncatingIfNeeded: $0))))" } ?? ""
        return
            "\(what), and so IRET does not take EIP, CS and EFLAGS from the stack, but switches to the task that the TSS's link names\(link): clear NT; a POPF of garbage may have set it"
    }

    /// " (div ecx)", what the instruction is.
    func text(_ rip: UInt64) -> String { line(at: rip).map { " (\($0.text))" } ?? "" }

    // MARK: #MF and #XM

    private static let errors = [
        "invalid operation", "denormal operand", "division by zero", "overflow", "underflow", "inexact result",
    ]

    /// "division by zero (ZE)" of each exception that is raised and not masked.
    private static func errors(_ bits: UInt32) -> String {
        let names = ["IE", "DE", "ZE", "OE", "UE", "PE"]
        return (0..<6).filter { bits >> UInt32($0) & 1 != 0 }.map { "\(errors[$0]) (\(names[$0]))" }.joined(separator: ", ")
    }

    /// #MF is reported by the instruction after the one that made the error. SDM Vol. 1, section 8.7.
    private func pendingError(_ rip: UInt64) -> String? {
        let x87 = view.state.x87
        let pending = UInt32(x87.status.rawValue & ~x87.control & 0x3F)
        guard pending != 0 else { return nil }
        let stack =
            x87.status.rawValue & 0x41 == 0x41
            ? x87.status.rawValue & 0x200 != 0 ? ", a stack overflow" : ", a stack underflow" : ""
        return
            "An earlier x87 instruction (at \(h(x87.FIP))) left an error that the control word does not mask: \(Self.errors(pending))\(stack); \(at(rip))\(text(rip)) is the next that looks"
    }

    private func packedError(_ rip: UInt64) -> String? {
        let mxcsr = view.state.sse.mxcsr.rawValue
        let raised = mxcsr & 0x3F & ~(mxcsr >> 7)
        let which = raised == 0 ? "" : ": \(Self.errors(raised))"
        return "\(at(rip))\(text(rip)) raised an SSE exception that MXCSR does not mask\(which)"
    }

    // MARK: #UD and #NM

    private func invalidOpcode(_ rip: UInt64, _ line: Disassembly.Line?) -> String {
        let bytes = code(at: rip, count: 4)
        if !view.isRAM(linear: (codeBase &+ rip) & view.linearMask) || bytes.allSatisfy({ $0 == 0xFF }) {
            return "\(view.nameOfIP) \(at(rip)) is where no code is: a jump, call or return went wrong; the last branches say which"
        }
        if let instruction = line?.instruction {
            if [.rdfsbase, .rdgsbase, .wrfsbase, .wrgsbase].contains(instruction.operation), view.is64Bit,
                !view.state.cr4.contains(.FSGSBASE)
            {
                return "\(at(rip))\(text(rip)) while CR4.FSGSBASE (bit 16) is clear: set it first"
            }
            if [.ud0, .ud1, .ud2].contains(instruction.operation) {
                return
                    "\(instruction.operation == .ud2 ? "UD2" : instruction.operation == .ud1 ? "UD1" : "UD0") at \(at(rip)): the program, or its compiler, asked for this (BUG, __builtin_trap)"
            }
            if [.movToControl, .movFromControl].contains(instruction.operation), view.cpu.model.cr4 == [],
                [instruction.kind0, instruction.kind1].contains(.controlRegister),
                (instruction.kind0 == .controlRegister ? instruction.register0 : instruction.register1) == 4
            {
                return "\(at(rip))\(text(rip)): the model \(view.cpu.model.rawValue) has no CR4; pentium and later have it"
            }
            if let row = Table.row(of: instruction), !view.cpu.model.features.instructions.contains(row.feature) {
                let model = CPUModel.allCases.first { $0.features.instructions.contains(row.feature) }
                return
                    "The instruction at \(at(rip))\(text(rip)) is newer than the processor \(view.cpu.model.rawValue): compile for an older one"
                    + (model.map { ", or choose --cpu \($0.rawValue)" } ?? "; no --cpu has it")
            }
            if [.xsetbv, .xgetbv, .xsave, .xsaveopt, .xsavec, .xrstor].contains(instruction.operation),
                !view.state.cr4.contains(.OSXSAVE)
            {
                return "\(at(rip))\(text(rip)) while CR4.OSXSAVE (bit 18) is clear: set it first"
            }
            if let row = Table.row(of: instruction), let words = withoutSSE(row) {
                return "\(row.traits.contains(.usesAVX) ? "AVX" : "SSE") at \(at(rip))\(text(rip)) while \(words)"
            }
            if instruction.prefixes.contains(.lock) {
                return "LOCK at \(at(rip)) before an instruction or operand that does not take it"
            }
            return "The instruction at \(at(rip))\(text(rip)) does not exist in this mode"
        }
        if let words = LackingInstruction.words(code(at: rip, count: 15), view.codeSize) {
            return "The instruction at \(at(rip)) is \(words)"
        }
        if let words = Self.impossible(code(at: rip, count: 15), view.codeSize) { return "\(at(rip)): \(words)" }
        let digits = bytes.map { hexDigits(UInt64($0), 2) }.joined(separator: " ")
        return "The bytes at \(at(rip)) (\(digits)) are no instruction: data is being executed, or the jump there went wrong"
    }

    /// Tells why bytes are no instruction that nearly are one.
    private static func impossible(_ bytes: [UInt8], _ codeSize: CodeSize) -> String? {
        let opcode = Array(bytes.drop { [0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67].contains($0) })
        guard opcode.count >= 3 else { return nil }
        func text(_ bytes: [UInt8]) -> String? {
            Disassembly(bytes, codeSize: codeSize).first { _ in true }.flatMap { $0.instruction == nil ? nil : $0.text }
        }
        let number = opcode[2] >> 3 & 7
        switch (opcode[0], opcode[1]) {
        case (0xF0, _):
            return text(Array(opcode.dropFirst())).map {
                "LOCK does not go with \($0): it needs a destination in memory, and few instructions take it"
            }
        case (0x8E, let modRM) where modRM >> 3 & 7 == 1: return "MOV cannot load CS; a far JMP, CALL, RET or IRET does"
        case (0x8C, let modRM) where modRM >> 3 & 7 > 5, (0x8E, let modRM) where modRM >> 3 & 7 > 5:
            return "there is no segment register \(modRM >> 3 & 7)"
        case (0x0F, 0x20) where [1, 5, 6, 7].contains(number), (0x0F, 0x22) where [1, 5, 6, 7].contains(number):
            return "there is no control register CR\(number)"
        default: return nil
        }
    }

    /// The bit of CR0 or CR4 that makes an instruction #UD. SDM Vol. 3A, table 13-1.
    private func withoutSSE(_ row: Row) -> String? {
        if row.traits.contains(.usesAVX) {
            let cause = view.state.cr4.contains(.OSXSAVE) ? "XCR0 has not bits 1 and 2" : "CR4.OSXSAVE (bit 18) is clear"
            guard !view.state.cr4.contains(.OSXSAVE) || !view.state.avx.xcr0.isSuperset(of: [.SSE, .AVX]) else { return nil }
            return "\(cause): set CR4.OSXSAVE, then XCR0 to 7 by XSETBV, or compile with -mno-avx"
        }
        let remedy = "set it and CR0.MP, clear CR0.EM, or compile with -mno-sse"
        if row.traits.contains(.usesSSE), !view.state.cr4.contains(.OSFXSR) { return "CR4.OSFXSR (bit 9) is clear: \(remedy)" }
        guard !row.traits.isDisjoint(with: [.usesSSE, .usesFPU]), view.state.cr0.contains(.EM) else { return nil }
        return "CR0.EM (bit 2) is set: clear it, set CR0.MP and CR4.OSFXSR, or compile with -mno-sse"
    }

    private func noFPU(_ rip: UInt64) -> String {
        let bit = view.state.cr0.contains(.EM) ? "CR0.EM (bit 2)" : "CR0.TS (bit 3)"
        return
            "A floating-point or SSE instruction at \(at(rip))\(text(rip)) while \(bit) is set: clear it (CLTS for TS) or save the FPU's state on a task switch"
    }

    // MARK: #GP(0) and the like

    private func noSelector(_ fault: Fault, _ rip: UInt64, _ line: Disassembly.Line?) -> String? {
        guard let instruction = line?.instruction else { return nil }
        let row = Table.row(of: instruction)
        let isPrivileged = row?.traits.contains(.privileged) ?? false
        if cpl > 0, isPrivileged || [.cli, .sti, .hlt, .in, .out].contains(instruction.operation) {
            let words = (line?.text ?? "").split(separator: " ", maxSplits: 1)
            let what = ([words.first?.uppercased() ?? ""] + words.dropFirst().map(String.init)).joined(separator: " ")
            return
                "\(what) at \(at(rip)) is not allowed in ring \(cpl) (IOPL \(view.state.eflags.rawValue >> 12 & 3)): use a system call"
        }
        if instruction.operation.isPacked, !instruction.isVEX, let address = view.address(of: instruction, at: rip),
            address & 15 != 0
        {
            return
                "The SSE operand of \(at(rip))\(text(rip)) is at \(h(address)), not on a 16-byte boundary: align the data, or the stack before calls"
                + (view.is64Bit && [4, 5].contains(instruction.base) ? " (RSP a multiple of 16 at each CALL)" : "")
        }
        if cpl == 0, let words = ControlObstacle(view: view, instruction: instruction).words {
            return "\(at(rip))\(text(rip)): \(words)"
        }
        // In 64-bit code segments have neither limits nor rights.
        if view.is64Bit { return "\(fault.name) at \(at(rip))\(text(rip))" }
        if instruction.hasMemoryOperand, let segment = segment(instruction.segment), !segment.isPresent {
            let who = cpl > 0 ? "; an IRET to an outer ring leaves no inner ring's segment in DS, ES, FS and GS" : ""
            return
                "\(at(rip))\(text(rip)) used \("\(instruction.segment)".uppercased()) while it holds a null selector: load it first\(who)"
        }
        let failed = failedAccess
        if instruction.hasMemoryOperand, let segment = segment(instruction.segment), view.isProtected, !view.isVirtual8086,
            failed.map({ $0.access.kind != .read }) ?? true, !segment.isWritable, let address = view.address(of: instruction),
            case let offset = (address &- segment.base) & view.linearMask, offset <= UInt64(segment.limit)
        {
            let name = "\(instruction.segment)".uppercased()
            return "\(at(rip))\(text(rip)) needs \(name) to be writable, and it is not: its selector \(h(segment.selector)) is of "
                + (segment.isCode ? "a code segment" : "a read-only data segment")
        }
        if let failed {
            let isByte = instruction.hasMemoryOperand && segment(instruction.segment)?.limit == 0xF_FFFF
            let note = isByte ? "; a descriptor with G (bit 55) clear counts bytes" : ""
            let kept =
                instruction.hasMemoryOperand ? segment(instruction.segment).flatMap { ofRealMode(instruction.segment, $0) } : nil
            return "\(at(rip))\(text(rip)): \(failed.words)\(note)\(kept ?? "")"
        }
        if instruction.hasMemoryOperand, let segment = segment(instruction.segment), segment.limit != .max {
            return
                "\(at(rip))\(text(rip)) reached beyond \("\(instruction.segment)".uppercased())'s limit \(h(UInt64(segment.limit)))"
        }
        if [.jmp, .jcc, .call, .ret, .jmpIndirect, .callIndirect].contains(instruction.operation), looksCloser, isAtFault,
            let check = Explainer(view.pc).explain().fault?.check
        {
            let note = view.state.cs.limit <= 0xF_FFFF ? "; a descriptor with G (bit 55) clear counts bytes" : ""
            return "\(at(rip))\(text(rip)): \(check)\(note)"
        }
        if instruction.operation == .movToControl {
            return
                "MOV to a control register at \(at(rip))\(text(rip)): a bit is set that this processor does not have, or PG without PE"
        }
        return "\(fault.name) at \(at(rip))\(text(rip))"
    }

    /// The access that the instruction at the fault cannot make, and which check fails.
    private var failedAccess: (access: MemoryAccess, words: String)? {
        guard looksCloser, isAtFault else { return nil }
        let explanation = Explainer(view.pc).explain()
        guard let access = explanation.transcript?.accesses.last, access.value == nil, let fault = explanation.fault else {
            return nil
        }
        return (access, fault.check)
    }

    private func segment(_ name: SegmentRegisterName) -> SegmentRegister? {
        let s = view.state
        let segments = [s.es, s.cs, s.ss, s.ds, s.fs, s.gs]
        return segments.indices.contains(Int(name.rawValue)) ? segments[Int(name.rawValue)] : nil
    }

    // MARK: #TS

    /// An interrupt or INT n that changes to ring 0 and finds no stack there.
    func ringChange(_ rip: UInt64, _ line: Disassembly.Line?) -> String? {
        guard cpl > 0, isAtFault else { return nil }
        let what = "\(at(rip))\(text(rip))"
        if view.state.tr.selector & 0xFFFC == 0 {
            return
                "\(what) goes from ring \(cpl) to ring 0, and there is no TSS that says where ring 0's stack is (TR is 0): set \(view.state.operatingMode.isIA32e ? "RSP0" : "SS0 and ESP0") in one, and load it with LTR"
        }
        guard let instruction = line?.instruction, instruction.operation == .int,
            let obstacle = DeliveryObstacle(
                view, vector: UInt8(truncatingIfNeeded: instruction.immediate), hasErrorCode: false, isSoftware: true)
        else { return nil }
        return "\(what) failed because \(obstacle.words(vector: UInt8(truncatingIfNeeded: instruction.immediate)))"
    }

    /// A way to another ring or stack that finds no TSS where the task register says that it is.
    func lostTSS(_ fault: Fault, _ cr2: UInt64, _ rip: UInt64) -> String? {
        let tr = view.state.tr
        guard isAtFault, fault.errorCode & 5 == 0, tr.selector & 0xFFFC != 0, cr2 >= tr.base, cr2 - tr.base <= UInt64(tr.limit)
        else {
            return nil
        }
        let base = view.state.operatingMode.isIA32e ? ", whose bits 63 to 32 are in its second 8 bytes" : ""
        return
            "\(at(rip))\(text(rip)) needs a stack from the TSS at \(h(tr.base)) (TR is \(h(tr.selector))), and that is not mapped: map it, or mend the base in its descriptor\(base)"
    }

    /// INT n whose gate names a stack of the TSS that takes no frame.
    func namedStack(_ rip: UInt64, _ line: Disassembly.Line) -> String? {
        guard isAtFault, let i = line.instruction, i.operation == .int, case let vector = UInt8(truncatingIfNeeded: i.immediate),
            let obstacle = DeliveryObstacle(view, vector: vector, hasErrorCode: false, isSoftware: true),
            case .namedStack = obstacle
        else { return nil }
        return "\(at(rip))\(text(rip)) failed because \(obstacle.words(vector: vector))"
    }

    // MARK: IRET with a wrong stack

    /// IRET that found something else than the frame of the exception whose handler it ends.
    func returnFrame(_ rip: UInt64, _ instruction: Instruction) -> String? {
        guard instruction.operation == .iret, cpl == 0, let record = previous, record.isProtected,
            case .stack(let frame, let size) = record.frame, record.handlerCPL == 0
        else { return nil }
        if size == 4, instruction.operandSize == .word, view.codeSize == .bits32, top == frame {
            return
                "IRET at \(at(rip)) is the 16-bit form, which takes words of 2 bytes, and the frame has words of 4: write IRETD (CFh without 66h)"
        }
        let hasCode = record.delivery.fault.hasErrorCode && record.delivery.source == .exception
        let pointer = top
        let name =
            record.delivery.source == .external
            ? "interrupt \(record.delivery.fault.vector)" : Fault.name(record.delivery.fault.vector)
        if hasCode, pointer == (frame &- size) & view.linearMask {
            return
                "IRET at \(at(rip)) took \(name)'s error code for \(view.nameOfIP): its handler has to remove the code first (add \(view.nameOfSP.lowercased()), \(size))"
        }
        guard pointer != frame else { return nil }
        guard pointer < frame ? frame &- pointer <= 256 : pointer &- frame <= 256 else {
            guard let load = moments?.stackLoad, load.operation == .pop, isAtFault, frame &- load.old <= 4096 else { return nil }
            return
                "IRET at \(at(rip)) takes its frame from \(h(pointer)), and that of \(name) lies at \(h(frame)): \(load.text) at \(self.name(load.place.rip, load.base)) has moved the stack (POPA leaves ESP alone)"
        }
        if record.delivery.source == .external, record.delivery.fault.vector < 32 {
            let line = interrupt(record.delivery.fault.vector)
            return
                "\(unmappedController(line, record.delivery.fault.vector)). Its handler is that exception's, and took what an interrupt does not push"
        }
        let bytes = pointer < frame ? frame &- pointer : pointer &- frame
        return pointer < frame
            ? "IRET at \(at(rip)) found \(bytes) bytes above the frame of \(name): the handler pushed more than it popped"
            : "IRET at \(at(rip)) found its frame of \(name) \(bytes) bytes short: the handler popped more than it pushed"
    }
}
