import Inspection
import Processor
import X86

/// Sentences for what only IA-32e mode has: sub-modes by CS.L, canonical addresses, IRETQ's frame, SYSCALL and SYSRET, SWAPGS, no-execute.
/// SDM Vol. 3A, sections 3.3.7.1, 4.6, 5.8.7, 5.8.8 and 6.14.
extension Advisor {
    /// nil where the fault is none of these.
    func longMode(_ fault: Fault, cr2: UInt64, rip: UInt64, _ line: Disassembly.Line?) -> String? {
        guard view.isProtected else { return nil }
        let i = line?.instruction
        if cpl == 0, let words = wrongCodeSize(fault, cr2, rip, i) { return words }
        if cpl == 0, let i, let words = tooEarly(rip, i) { return words }
        guard view.state.operatingMode.isIA32e else { return nil }
        if let words = spoiledRedZone ?? compatibleReturn { return words }
        guard let i else { return nil }
        if i.operation == .iret, let words = frameOfIRETQ(fault, rip, i) { return words }
        if i.operation == .retFar, let words = shortFarReturn(rip, i) { return words }
        if fault.vector == 6, let words = noSystemCall(rip, i) { return words }
        // TR is as RESET left it, with a TSS at 0 of which the interrupt takes a pointer to a stack.
        if cpl > 0, i.operation == .int, view.state.tr.selector & 0xFFFC == 0 { return ringChange(rip, line) }
        if [12, 13].contains(fault.vector), fault.errorCode == 0, let words = notCanonical(rip, i) { return words }
        if [13, 14].contains(fault.vector), cpl == 0, let words = noSWAPGS(rip, i) { return words }
        return nil
    }

    // MARK: CS.L

    /// Kernel code of 64 bits that runs as code of another size.
    private func wrongCodeSize(_ fault: Fault, _ cr2: UInt64, _ rip: UInt64, _ i: Instruction?) -> String? {
        let cs = view.state.cs
        guard !view.is64Bit, !view.isVirtual8086, isAtFault else { return nil }
        let where64 = "\(at(rip)) runs in CS \(h(cs.selector))"
        if view.state.operatingMode.isIA32e {
            let isFar =
                i.map { [.jmpFar, .jmpFarIndirect, .retFar, .callFar, .callFarIndirect, .iret].contains($0.operation) } ?? false
            // Between the switch and the far jump 32-bit code is right, and fails for other reasons.
            guard !isFar, let transfer = moments?.branches.last(where: { Self.loadsCS($0) }), transfer.to.cs == cs.selector,
                cs.selector & 0xFFFC != 0, [6, 12, 13, 14].contains(fault.vector),
                isCodeOf64Bits(from: transfer.target, at: (codeBase &+ rip) & view.linearMask)
            else { return nil }
            return
                "\(where64), whose descriptor has L (bit 53) clear: in IA-32e mode that is compatibility mode, and 64-bit code is taken for \(cs.isBig ? 32 : 16)-bit code. "
                + "The far jump at \(name(transfer.from.rip, transfer.base)) needs a code segment with L = 1 and D = 0"
        }
        guard cs.attributes & 0x2000 != 0 else { return nil }
        return
            "\(where64), a 64-bit code segment (L = 1), and IA-32e mode is not active (EFER.LMA = 0): \(missing). Its code is taken for \(cs.isBig ? 32 : 16)-bit code"
    }

    /// Tells whether code was meant for 64-bit mode, by what begins at an address or by the instruction at another one: REX.W is DEC of a register in code
    /// of 32 bits, and a program seldom has that.
    private func isCodeOf64Bits(from start: UInt64, at linear: UInt64) -> Bool {
        let first = Disassembly(view.bytes(at: start, count: 96), at: start, codeSize: .bits64).prefix(12)
        return first.contains { $0.instruction?.prefixes.contains(.rexW) == true }
            || view.bytes(at: linear &- 1, count: 1).first.map { $0 & 0xF8 == 0x48 } ?? false
    }

    /// A kernel of 64-bit code that went on in the mode in which it was started.
    var notSwitched: String? {
        guard sources?.is64Bit == true, view.isProtected, !view.isVirtual8086, view.codeSize == .bits32,
            !view.state.efer.contains(.LME), !view.isPaged,
            case .protected(let entry, _, _)? = view.pc.configuration.directBoot?.entry
        else { return nil }
        let running = sources?.symbols.symbol(at: (codeBase &+ rip) & view.linearMask)?.symbol
        let starts = [UInt64(entry)] + (running.map { $0.isFunction ? [$0.address] : [] } ?? [])
        guard let start = starts.first(where: isKernelOf64Bits) else { return nil }
        return
            "\(at(start &- codeBase)) is 64-bit code, and the processor is in 32-bit protected mode, in which a kernel is started: begin with 32-bit code (bits 32, .code32) that makes page "
            + "tables, sets CR4.PAE, EFER.LME and CR0.PG, and jumps far to a 64-bit code segment"
    }

    /// Tells whether a function is 64-bit code: REX.W stands before one of its first instructions, and as 32-bit code it does nothing that leads to
    /// another mode.
    private func isKernelOf64Bits(_ start: UInt64) -> Bool {
        let bytes = (0..<128 as Range<UInt64>).map { UInt8(truncatingIfNeeded: view.physical(start &+ $0, 1)) }
        func lines(_ size: CodeSize) -> some Sequence<Instruction> {
            Disassembly(bytes, at: start, codeSize: size).prefix(24).lazy.compactMap(\.instruction)
        }
        return lines(.bits64).contains { $0.prefixes.contains(.rexW) }
            && !lines(.bits32).contains { [.movToControl, .wrmsr, .lgdt, .jmpFar].contains($0.operation) }
    }

    /// A far jump to 64-bit code before IA-32e mode is on.
    private func tooEarly(_ rip: UInt64, _ i: Instruction) -> String? {
        guard !view.state.operatingMode.isIA32e, [.jmpFar, .callFar].contains(i.operation), isAtFault,
            let code = DescriptorLookup(view, selector: i.immediate2).descriptor, code.isLong
        else { return nil }
        return
            "\(at(rip))\(text(rip)) goes to CS \(h(i.immediate2)), a 64-bit code segment (L = 1), and IA-32e mode is not active (EFER.LMA = 0): \(missing)"
    }

    /// The part of IA-32e mode that is missing.
    private var missing: String {
        view.state.efer.contains(.LME) ? "CR0.PG is clear" : "EFER.LME (bit 8) was not set before paging came on"
    }

    private static func loadsCS(_ branch: Branch) -> Bool {
        switch branch.operation {
        case .jmpFar, .jmpFarIndirect, .retFar, .callFar, .callFarIndirect, .iret: true
        default: false
        }
    }

    // MARK: Canonical addresses

    /// "FFFF000000000000h, which is not canonical", of an address that the instruction would use or go to.
    private func notCanonical(_ rip: UInt64, _ i: Instruction) -> String? {
        let rule = "which is not canonical (bits 63 to 47 have to be equal)"
        let place = "\(at(rip))\(text(rip))"
        let pointer = isAtFault ? view.stackPointer : pointer
        func isBad(_ address: UInt64?) -> UInt64? { address.flatMap { AddressSpace.isCanonical($0) ? nil : $0 } }
        if i.hasMemoryOperand, let address = isBad(view.address(of: i, at: rip)) {
            return "\(place) used address \(h(address)), \(rule): the pointer is garbage"
        }
        switch i.operation {
        case .ret, .retFar:
            if let target = isBad(view.linear(pointer, 8)) {
                return
                    "\(place) would go to \(h(target)), \(rule): what lies on the stack at \(h(pointer)) is no return address\(overwritten(pointer))"
            }
        case .jmpIndirect, .callIndirect:
            let value =
                i.kind0 == .register ? view.general(i.register0) : view.address(of: i, at: rip).flatMap { view.linear($0, 8) }
            if let target = isBad(value) {
                return "\(place) would go to \(h(target)), \(rule): the pointer to a function is garbage"
            }
        case .lgdt, .lidt:
            guard let operand = view.address(of: i, at: rip), let base = isBad(view.linear(operand &+ 2, 8)) else { break }
            return
                "\(place) would load the base \(h(base)), \(rule): 64-bit code loads 10 bytes, the limit and a base of 8 bytes, and they are at \(h(operand))"
        case .sysret:
            if let target = isBad(view.state.rcx) {
                return "\(place) would go to RCX = \(h(target)), \(rule): SYSRET takes RIP from RCX, which the kernel has to keep"
            }
        default: break
        }
        guard [.push, .pop, .call, .callIndirect, .ret, .iret, .enter, .leave, .pushf, .popf].contains(i.operation),
            let bad = isBad(pointer) ?? isBad(pointer &- 8)
        else { return nil }
        return "The stack pointer RSP is \(h(bad)), \(rule)\(moments?.stackLoad.map(origin) ?? "")"
    }

    // MARK: IRETQ

    /// An IRET of 64-bit code whose frame is another one than five words of eight bytes.
    private func frameOfIRETQ(_ fault: Fault, _ rip: UInt64, _ i: Instruction) -> String? {
        guard view.is64Bit, isAtFault else { return nil }
        let place = "\(at(rip))\(text(rip))"
        guard i.operandSize == .quadword else {
            return
                "\(place) takes words of \(i.operandSize.bytes) bytes, and the frame of 64-bit mode has five of 8: write IRETQ (48h before CFh)"
        }
        let top = view.state.rsp
        func word(_ index: UInt64, _ size: UInt64) -> UInt64? { view.linear(top &+ index &* size, Int(size)) }
        func isFrame(_ size: UInt64) -> Bool {
            guard let cs = word(1, size), cs <= 0xFFFF, let flags = word(2, size), flags & 0xFFFF_FFFF_FFC0_802A == 2 else {
                return false
            }
            return DescriptorLookup(view, selector: UInt16(truncatingIfNeeded: cs)).descriptor?.isCode ?? false
        }
        if !isFrame(8), isFrame(4) {
            return "\(place) found a frame of 4-byte words at \(h(top)): IRETQ takes RIP, CS, RFLAGS, RSP and SS of 8 bytes each"
        }
        if isFrame(8), let target = word(0, 8), !AddressSpace.isCanonical(target) {
            return "\(place) would go to \(h(target)), which is not canonical: the frame at \(h(top)) holds no RIP"
        }
        guard isFrame(8), let ss = word(4, 8), let cs = word(1, 8), fault.errorCode & 0xFFFC == ss & 0xFFFC || fault.errorCode == 0
        else {
            return nil
        }
        let stack = DescriptorLookup(view, selector: UInt16(truncatingIfNeeded: ss)).descriptor
        guard ss > 0xFFFF || stack.map({ !$0.isWritableData || UInt64($0.DPL) != cs & 3 }) ?? (ss & 0xFFFC != 0 || cs & 3 == 3)
        else {
            return nil
        }
        return
            "\(place) found SS = \(h(ss, 4)) at \(h(top &+ 32)), which is no stack of ring \(cs & 3): IRETQ always takes RSP and SS, too, five words in all"
            + starNote(UInt16(truncatingIfNeeded: ss))
    }

    /// A far return whose REX.W is missing, over words that 64-bit code has pushed.
    private func shortFarReturn(_ rip: UInt64, _ i: Instruction) -> String? {
        guard view.is64Bit, isAtFault, i.operandSize != .quadword, let target = view.linear(view.state.rsp, 8),
            AddressSpace.isCanonical(target), let cs = view.linear(view.state.rsp &+ 8, 8), cs <= 0xFFFF,
            DescriptorLookup(view, selector: UInt16(truncatingIfNeeded: cs)).descriptor?.isCode == true
        else { return nil }
        return
            "\(at(rip))\(text(rip)) takes words of \(i.operandSize.bytes) bytes, and RIP and CS lie at \(h(view.state.rsp)) in words of 8: write o64 RETF, or LRETQ (48h before CBh)"
    }

    // MARK: SYSCALL and SYSRET

    /// SYSCALL left the stack pointer as ring 3 had it.
    var stackOfSYSCALL: String? {
        guard view.is64Bit, cpl == 0, let load = moments?.stackLoad, load.place.cs & 3 == 3,
            moments?.branches.last(where: { $0.from.cs & 3 != $0.to.cs & 3 })?.operation == .syscall
        else { return nil }
        return
            "The stack pointer RSP is \(h(pointer)), as ring 3 has set it at \(name(load.place.rip, load.base)) (\(load.text)), and no page is mapped below it: SYSCALL does not switch the stack. "
            + "Its entry has to load the kernel's, from memory that GS finds after SWAPGS, before it pushes"
    }

    private func noSystemCall(_ rip: UInt64, _ i: Instruction) -> String? {
        guard [.syscall, .sysret].contains(i.operation), !view.state.efer.contains(.SCE) else { return nil }
        return
            "\(i.operation == .syscall ? "SYSCALL" : "SYSRET") at \(at(rip)) while EFER.SCE (bit 0) is clear: set it, and IA32_STAR, IA32_LSTAR and IA32_FMASK"
    }

    /// Ring 3 was entered by SYSRET without REX.W, which leads to 32-bit code.
    private var compatibleReturn: String? {
        guard cpl == 3, view.state.efer.contains(.SCE), let last = moments?.branches.last(where: { $0.operation == .sysret }),
            last.to.cs == selector, selector & 0xFFFC == UInt16(truncatingIfNeeded: view.state.msr.star >> 48) & 0xFFFC
        else { return nil }
        return
            "SYSRET at \(name(last.from.rip, last.base)) has no REX.W, so that ring 3 goes on in compatibility mode, and 64-bit code is taken for 32-bit code: write SYSRETQ (48h 0Fh 07h)"
    }

    /// Tells where a selector came from that nobody loaded: SYSCALL and SYSRET make theirs of IA32_STAR without a look at the tables.
    func starNote(_ selector: UInt16) -> String {
        guard view.state.efer.contains(.SCE) else { return "" }
        let star = view.state.msr.star
        let (entry, exit) = (UInt16(truncatingIfNeeded: star >> 32) & 0xFFFC, UInt16(truncatingIfNeeded: star >> 48) & 0xFFFC)
        let plain = selector & 0xFFFC
        if plain == exit &+ 16 || plain == exit &+ 8 {
            return ". SYSRET made it of IA32_STAR, whose bits 63 to 48 are \(h(exit)): 64-bit code has that plus 16, SS that plus 8"
        }
        if plain == entry || plain == entry &+ 8 {
            return ". SYSCALL made it of IA32_STAR, whose bits 47 to 32 are \(h(entry)): CS has that, SS that plus 8"
        }
        return ""
    }

    // MARK: Bases of FS and GS

    /// Why FS leads to the first page.
    func lostBaseOfFS(_ rip: UInt64) -> String {
        guard view.is64Bit, isAtFault, let i = line(at: rip)?.instruction, i.hasMemoryOperand, i.segment == .fs,
            view.state.fs.base == 0
        else {
            return ""
        }
        return
            ". The base of FS is 0: MOV and POP to FS take the descriptor's, so write IA32_FS_BASE (C0000100h, by WRMSR) behind them, and again after each switch of tasks"
    }

    /// An access by GS that would have reached memory with the other base.
    private func noSWAPGS(_ rip: UInt64, _ i: Instruction) -> String? {
        guard i.hasMemoryOperand, i.segment == .gs, view.is64Bit, let address = view.address(of: i, at: rip) else { return nil }
        let (base, other) = (view.state.gs.base, view.state.msr.kernelGSBase)
        let bad = !AddressSpace.isCanonical(address) || PageWalk(view, linear: address).physical == nil
        guard bad else { return nil }
        let place = "\(at(rip))\(text(rip)) used GS with base \(h(base))"
        let swapped = address &- base &+ other
        if base != other, AddressSpace.isCanonical(swapped), PageWalk(view, linear: swapped).physical != nil {
            return
                "\(place), and the kernel's base \(h(other)) is in IA32_KERNEL_GS_BASE: SWAPGS is missing on the way in, or was executed twice"
        }
        guard base == 0, other == 0 else { return nil }
        return
            "\(place), and IA32_KERNEL_GS_BASE is 0, too: write the address of the processor's own data to one of them (WRMSR, WRGSBASE)"
    }

    /// ". It got that value at …": where the stack pointer was loaded, and with which base of GS.
    func origin(_ load: LastMoments.StackLoad) -> String {
        guard !load.isDelivery else { return "" }
        let words = ". It got that value at \(name(load.place.rip, load.base)) (\(load.text))"
        let (base, other) = (view.state.gs.base, view.state.msr.kernelGSBase)
        guard load.text.contains("gs:"), view.is64Bit, base != other, other != 0 else { return words }
        return
            "\(words), with GS base \(h(base)), while the kernel's base \(h(other)) is in IA32_KERNEL_GS_BASE: SWAPGS is missing on the way in, or was executed twice"
    }

    // MARK: The red zone

    /// A function kept something below RSP, and an interrupt's frame went over it.
    var spoiledRedZone: String? {
        guard let spoiled = moments?.spoiledRedZone else { return nil }
        let vector = spoiled.vector
        let what = vector < 32 ? Fault.name(vector) : "interrupt \(vector)"
        return
            "\(name(spoiled.writer.rip, 0)) (\(spoiled.text)) kept a value below RSP at \(h(spoiled.address)), in the red zone; \(what) came at \(name(spoiled.at, 0)), and its frame overwrote it: compile kernels with -mno-red-zone"
    }
}
