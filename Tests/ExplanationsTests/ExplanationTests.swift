import Foundation
import MachineKit
import Processor
import Testing
import TestKit
import X86

@testable import Explanations
@testable import Inspection

/// What an explanation claims is what the interpreter then does: over random programs and over instructions captured from silicon.
@Suite struct ExplanationTests {
    /// Random programs in every place, one instruction after the other, on a machine of their own.
    @Test(arguments: RandomProgram.Place.allCases) func claimsHoldInRandomPrograms(place: RandomProgram.Place) {
        let machine = FlatMachine(model: .max, megabytes: 1)
        machine.hasConsole = false
        let explainer = Explainer(machine.cpu) { machine.peek($0) }
        let shadow = UnsafeMutableRawPointer.allocate(byteCount: machine.size, alignment: 16)
        defer { shadow.deallocate() }
        var (checked, taken, faults, flags) = (0, 0, 0, 0)
        for seed in 0..<24 as Range<UInt64> {
            machine.load(RandomProgram(seed: 9000 + seed, place: place, isNoise: seed % 8 == 7))
            shadow.copyMemory(from: machine.memory, byteCount: machine.size)
            for step in 0..<1500 {
                machine.wake()
                let before = machine.cpu.state
                let explanation = explainer.explain()
                #expect(machine.cpu.state == before, "explaining changed the machine")
                machine.cpu.stepOne()
                let after = machine.cpu.state
                let problems = explanation.problems(after, machine)
                for (address, byte) in explanation.outcome.writes where address < machine.size {
                    shadow.storeBytes(of: byte, toByteOffset: Int(address), as: UInt8.self)
                }
                let isMemoryRight = step % 50 != 0 || memcmp(shadow, machine.memory, machine.size) == 0
                guard problems.isEmpty, isMemoryRight else {
                    Issue.record(
                        "program \(9000 + seed), step \(step): \(problems), memory \(isMemoryRight)\n\(explanation.text)")
                    return
                }
                checked += 1
                if explanation.fault != nil { faults += 1 }
                if explanation.transcript?.isCalledOut == false { taken += 1 }
                flags += explanation.flags.filter { $0.implied != nil }.count
                if after.activity == .shutdown { break }
            }
        }
        #expect(
            checked > 5000 && taken > checked / 4 && faults > 10 && flags > checked / 2, "\(checked) \(taken) \(faults) \(flags)")
    }

    /// Instructions whose results a real processor gave.
    @Test func claimsHoldForSilicon() throws {
        var (checked, flags, problems) = (0, 0, [String]())
        for path in try SampleVectors.files() {
            let file = try VectorFile(contentsOf: path)
            let runner = VectorRunner(file, model: CPUModel.forVectors(of: file.group))
            var explainer: Explainer?
            runner.watch = { machine in
                let explainer = explainer ?? Explainer(machine.cpu) { machine.peek($0) }
                let explanation = explainer.explain()
                return { fault in
                    let isRepeated = explanation.transcript?.instruction.prefixes.isDisjoint(with: [.rep, .repne]) == false
                    guard !isRepeated else { return }
                    checked += 1
                    flags += explanation.flags.filter { $0.implied != nil }.count
                    let isIntercepted = file.mode != .real16
                    #expect(explanation.fault?.fault.vector == fault?.vector || !isIntercepted || fault == .DB || explanation.traps)
                    guard fault == nil || !isIntercepted else { return }
                    let found = explanation.problems(machine.cpu.state, machine)
                    if !found.isEmpty, problems.count < 10 { problems.append("\(path): \(found)\n\(explanation.text)") }
                }
            }
            explainer = nil
            // A third of them takes a few seconds.
            try file.forEach { index, vector in if index % 3 == 0 { _ = runner.run(vector) } }
        }
        #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
        #expect(checked > 10_000 && flags > 10_000, "\(checked) \(flags)")
    }
}

/// What explanations say, word for word.
@Suite struct ExplanationTextTests {
    /// The explanation of one instruction at 1 MB in flat 32-bit code.
    private func explain(_ code: [UInt8], _ prepare: (inout CPUState) -> Void = { _ in }) throws -> Explanation {
        let pc = try Guests.entered(code + [0xEB, 0xFE])
        var state = pc.cpu.state
        state.rsp = 0x20_0000
        prepare(&state)
        pc.cpu.state = state
        let before = pc.stateHash()
        let explanation = Explainer(pc).explain()
        #expect(pc.stateHash() == before)
        return explanation
    }

    @Test func sumsHaveNumbersAndReasons() throws {
        // add eax,ebx
        let sum = try explain([0x01, 0xD8]) { ($0.rax, $0.rbx) = (5, 7) }
        #expect(sum.actions == ["EAX <- EAX + EBX = 5 + 7 = 12"])
        #expect(sum.flags.first { $0.name == "CF" }?.reason == "no carry out of bit 31")
        let overflow = try explain([0x01, 0xD8]) { ($0.rax, $0.rbx) = (0x7FFF_FFFF, 1) }
        #expect(overflow.actions == ["EAX <- EAX + EBX = 7FFFFFFFh + 1 = 80000000h"])
        let flag = try #require(overflow.flags.first { $0.name == "OF" })
        #expect(flag.after && flag.reason == "two positives made a negative")
        // adc al,bl
        let carry = try explain([0x10, 0xD8]) {
            ($0.rax, $0.rbx) = (2, 3)
            $0.eflags.insert(.CF)
        }
        #expect(carry.actions == ["AL <- AL + BL + CF = 2 + 3 + 1 = 6"])
    }

    @Test func codeOf64BitsHasItsOwnRules() throws {
        func explain(_ code: [UInt8], _ prepare: (inout CPUState) -> Void = { _ in }) throws -> Explanation {
            let pc = try Guests.entered64(code + [0xEB, 0xFE])
            var state = pc.cpu.state
            prepare(&state)
            pc.cpu.state = state
            #expect(MachineView(pc).is64Bit)
            return Explainer(pc).explain()
        }
        // add rax,rbx; add eax,ebx; mov r9b,5; mov rax,[rip+10h]
        let sum = try explain([0x48, 0x01, 0xD8]) { ($0.rax, $0.rbx) = (0xFFFF_FFFF, 1) }
        #expect(sum.actions == ["RAX <- RAX + RBX = 00000000FFFFFFFFh + 1 = 0000000100000000h"])
        let short = try explain([0x01, 0xD8]) { ($0.rax, $0.rbx) = (0xFF_0000_0005, 7) }
        #expect(
            short.actions == [
                "EAX <- EAX + EBX = 5 + 7 = 12 (bits 63 to 32 of RAX become 0, as with every result of 32 bits)"
            ])
        let byte = try explain([0x41, 0xB1, 5])
        #expect(byte.actions == ["R9B <- 5 (the other bits of R9 stay)"])
        let relative = try explain([0x48, 0x8B, 0x05, 0x10, 0, 0, 0])
        #expect(relative.addresses.first?.linear == 0x10_0017)
        #expect(relative.text.contains("[RIP+10h]") && relative.text.contains("DS has no base and no limit in 64-bit code"))
        // mov rax,[rbx] with an address that is not canonical; push rax
        let bad = try explain([0x48, 0x8B, 0x03]) { $0.rbx = 0x8000_0000_0000 }
        #expect(bad.fault?.name == "#GP(0)" && bad.text.contains("is not canonical: bits 63 to 47 have to be equal"))
        let push = try explain([0x50]) { $0.rax = 3 }
        #expect(push.text.contains("RSP") && !push.text.contains("ESP "))
    }

    @Test func otherOperationsToo() throws {
        // cmp eax,ebx; xor eax,eax; shl eax,4; lea eax,[ebx+ecx*4+10h]; neg eax
        #expect(
            try explain([0x39, 0xD8]) { ($0.rax, $0.rbx) = (5, 7) }.actions == [
                "EAX - EBX = 5 - 7 = FFFFFFFEh (-2 as a signed number) (only the flags are kept)"
            ])
        #expect(try explain([0x31, 0xC0]) { $0.rax = 0x1234 }.actions == ["EAX <- EAX XOR EAX = 00001234h XOR 00001234h = 0"])
        #expect(try explain([0xC1, 0xE0, 4]) { $0.rax = 0x12 }.actions == ["EAX <- EAX SHL 4 = 00000012h SHL 4 = 00000120h"])
        #expect(
            try explain([0x8D, 0x44, 0x8B, 0x10]) { ($0.rbx, $0.rcx) = (0x1000, 2) }.actions == [
                "EAX <- EBX + ECX*4 + 10h = 00001018h"
            ])
        // push eax; je +0; div ebx
        #expect(try explain([0x50]) { $0.rax = 3 }.actions.contains("SS:[001FFFFCh] <- EAX = 3"))
        #expect(
            try explain([0x74, 0x00]) { $0.eflags.insert(.ZF) }.actions == ["jumps to 00100002h: E (\"equal\") holds (ZF = 1)"])
        #expect(
            try explain([0xF7, 0xF3]) { ($0.rax, $0.rdx, $0.rbx) = (17, 0, 5) }.actions == [
                "EAX <- EDX:EAX / EBX = 17 / 5 = 3", "EDX <- EDX:EAX MOD EBX = 17 MOD 5 = 2",
            ])
    }

    @Test func addressesShowTheWholeWay() throws {
        // mov eax,[ebx+4]
        let load = try explain([0x8B, 0x43, 0x04]) { $0.rbx = 0x10_0000 }
        let address = try #require(load.addresses.first)
        #expect(address.physical == 0x10_0004 && address.linear == 0x10_0004)
        #expect(address.lines[0] == "address of [EBX+4]: 00100000h + 4 = 00100004h")
        #expect(
            address.lines.contains {
                $0.hasPrefix("DS is 0018h: a data segment of ring 0, base 00000000h") || $0.hasPrefix("DS is ")
            })
        #expect(address.lines.last == "physical address: 00100004h, for there is no paging")
    }

    @Test func faultsNameTheCheck() throws {
        // div ebx by zero; mov [gs:0],eax with a null selector; jmp beyond the limit
        #expect(try explain([0xF7, 0xF3]) { $0.rbx = 0 }.fault?.check == "the divisor is 0")
        let null = try explain([0x65, 0xA3, 0, 0, 0, 0]) { $0.gs = SegmentRegister(selector: 0, base: 0, limit: 0, attributes: 0) }
        #expect(null.fault?.name == "#GP(0)" && null.fault?.check == "GS holds a null selector (0000h)")
        let limited = try explain([0xA1, 0, 0, 0x20, 0]) { $0.ds.limit = 0xFFFF }
        #expect(limited.fault?.check == "the last byte at offset 00200003h is beyond DS's limit 0000FFFFh")
        #expect(limited.fault?.delivery.isEmpty == false)
        #expect(limited.actions.isEmpty && limited.flags.isEmpty)
    }

    @Test func methodsOfTheProcessorAreComparedBeforeAndAfter() throws {
        // cpuid; in al,64h; out 80h,al; hlt
        #expect(try explain([0x0F, 0xA2]) { $0.rax = 0 }.actions.contains { $0.hasPrefix("EBX: ") })
        #expect(try explain([0xE4, 0x64]).actions.contains { $0.hasPrefix("port 0064h answers") })
        #expect(try explain([0xE6, 0x80]) { $0.rax = 0x41 }.actions.contains("port 0080h <- 41h"))
        #expect(try explain([0xF4]).actions.contains("the processor halts until an interrupt comes"))
        #expect(try explain([0xF3, 0xA4]) { $0.rcx = 3 }.actions[0] == "this is one iteration; 3 are left, this one included")
    }

    @Test func signedProductsAndQuotientsHaveSigns() throws {
        // imul eax,ecx,-10; idiv ecx; imul eax,ecx,1000 that does not fit
        let product = try explain([0x6B, 0xC1, 0xF6]) { $0.rcx = 5 }
        #expect(product.actions == ["EAX <- ECX * -10 = 5 * -10 = -50 (FFFFFFCEh)"])
        #expect(product.flags.first { $0.name == "CF" }?.reason == "the product fits into 32 bits as a signed number")
        let quotient = try explain([0xF7, 0xF9]) { ($0.rax, $0.rdx, $0.rcx) = (0xFFFF_FFF9, 0xFFFF_FFFF, 2) }
        #expect(
            quotient.actions == [
                "EAX <- EDX:EAX / ECX = -7 / 2 = -3 (FFFFFFFDh)", "EDX <- EDX:EAX MOD ECX = -7 MOD 2 = -1 (FFFFFFFFh)",
            ])
        let large = try explain([0x69, 0xC1, 0xE8, 3, 0, 0]) { $0.rcx = 4_000_000 }
        #expect(
            large.actions == ["EAX <- ECX * 1000 = 4000000 * 1000 = 4000000000, of which the low 32 bits are EE6B2800h"])
    }

    @Test func shiftsShowTheCountThatIsUsed() throws {
        // sar eax,33; rcl al,10
        #expect(
            try explain([0xC1, 0xF8, 33]) { $0.rax = 0x820 }.actions == [
                "EAX <- EAX SAR 33 = 00000820h SAR 1 = 00000410h; the count is 33 AND 31 = 1"
            ])
        #expect(
            try explain([0xC0, 0xD0, 10]) { $0.rax = 0x20 }.actions == [
                "AL <- AL RCL 10 = 20h RCL 1 = 40h; the count is 10 AND 31 MOD 9 = 1"
            ])
    }

    @Test func countersGoDownByOne() throws {
        // loop +0; rep movsd with nothing to move
        #expect(try explain([0xE2, 0]) { $0.rcx = 5 }.actions.first == "ECX <- ECX - 1 = 5 - 1 = 4")
        #expect(try explain([0xF3, 0xA5]) { $0.rcx = 0 }.actions == ["ECX is 0: nothing is copied"])
    }

    @Test func flagsAndControlBitsAreNamed() throws {
        // cld; stc; mov cr0,eax
        let cld = try explain([0xFC]) { $0.eflags.insert(.DF) }
        #expect(cld.actions == ["DF <- 0"] && cld.flags.first?.reason == "string instructions go up")
        #expect(try explain([0xF9]).actions == ["CF <- 1"])
        let control = try explain([0x0F, 0x22, 0xC0]) { $0.rax = UInt64($0.cr0.rawValue | CR0.WP.rawValue) }
        #expect(control.actions.contains { $0.hasPrefix("CR0: ") && $0.hasSuffix(": WP 0 -> 1, the others as they were") })
    }

    /// What a sentence about a condition says is what EFLAGS say, by the manual's definition of the condition (SDM Vol. 1, appendix B).
    @Test func conditionsAreAsTheFlagsSay() throws {
        var random = RandomNumbers(seed: 16)
        for _ in 0..<400 {
            let bits = random.next()
            let code = UInt8(bits >> 32 & 15)
            let flags = EFLAGS(rawValue: UInt32(truncatingIfNeeded: bits)).intersection(.status)
            let (CF, ZF, SF) = (flags.contains(.CF), flags.contains(.ZF), flags.contains(.SF))
            let (OF, PF) = (flags.contains(.OF), flags.contains(.PF))
            let positive = [OF, CF, ZF, CF || ZF, SF, PF, SF != OF, ZF || SF != OF][Int(code >> 1)]
            let holds = positive != (code & 1 != 0)
            func prepare(_ state: inout CPUState) {
                state.eflags = state.eflags.subtracting(.status).union(flags)
                (state.rax, state.rbx) = (0x1111, 0x2222)
            }
            let name = Condition.names[Int(code)].uppercased()
            let word = "\(name) (\"\(Phrase.conditions[Int(code)].english)\") "
            let sentence = word + (holds ? "holds (" : "does not hold (")
            let jump = try explain([0x70 + code, 0], prepare).actions
            #expect(jump.count == 1 && jump[0].hasPrefix(holds ? "jumps to" : "does not jump") && jump[0].contains(sentence))
            let set = try explain([0x0F, 0x90 + code, 0xC0], prepare).actions
            #expect(set.count == 1 && set[0].hasPrefix("AL <- \(holds ? 1 : 0) because ") && set[0].contains(sentence), "\(set)")
            let move = try explain([0x0F, 0x40 + code, 0xC3], prepare).actions
            let moved = holds ? ["8738", "00002222h"] : ["4369", "00001111h"]
            #expect(move.count == 1 && move[0].contains(sentence) && moved.contains { move[0].contains($0) }, "\(move)")
        }
    }

    @Test func theOperationStandsBesideIt() throws {
        let text = try explain([0x01, 0xD8]).text
        #expect(text.contains("operation: DEST <- DEST + SRC"))
        #expect(text.contains("next: "))
    }
}

extension Explanation {
    /// INT n and its like: the vectors' machine names them as exceptions.
    fileprivate var traps: Bool { outcome.deliveries.contains { $0.source != .exception } }

    /// Claims that are not so after the instruction has been executed.
    fileprivate func problems(_ after: CPUState, _ machine: FlatMachine) -> [String] {
        var problems: [String] = []
        func check(_ what: @autoclosure () -> String, _ holds: Bool) { if !holds { problems.append(what()) } }
        check("state: \(difference(outcome.after, after))", outcome.after == after)
        for (address, byte) in outcome.writes where address < machine.size {
            check("byte \(h(address))", machine.read(Int(address)) == byte)
        }
        guard let transcript, !transcript.isCalledOut else { return problems }
        let fault = outcome.fault
        check(
            "fault \(String(describing: transcript.fault)), not \(String(describing: fault))",
            transcript.fault == fault || fault == .DB)
        guard fault == nil else { return problems }
        check("definition: \(difference(transcript.after, after))", transcript.after.isSame(as: after))
        problems += claimProblems(transcript, after, machine)
        return problems
    }

    /// The single claims: registers, memory, flags and their reasons, addresses.
    private func claimProblems(_ transcript: Transcript, _ after: CPUState, _ machine: FlatMachine) -> [String] {
        var problems: [String] = []
        var registers: [String: UInt64] = [:]
        for effect in transcript.effects {
            if case .register(let number, let width, let term) = effect { registers["\(number) \(width.rawValue)"] = term.number }
        }
        for (key, value) in registers {
            let parts = key.split(separator: " ").compactMap { UInt8($0) }
            guard let width = Width(rawValue: parts[1]), after.general(parts[0], width) != value else { continue }
            // A later write to an overlapping register of another width counts, as with XCHG AL, AH.
            if registers.count == 1 { problems.append("register \(key) is \(h(after.general(parts[0], width))), not \(h(value))") }
        }
        var flags: EFLAGS = []
        for flag in self.flags {
            flags.insert(flag.flag)
            if after.eflags.contains(flag.flag) != flag.after { problems.append("\(flag.name) is not \(flag.after)") }
            if let implied = flag.implied, implied != flag.after { problems.append("\(flag.name): \(flag.reason)") }
            if flag.before != outcome.before.eflags.contains(flag.flag) { problems.append("\(flag.name) was not \(flag.before)") }
        }
        let others = EFLAGS.status.union(.DF).subtracting(flags)
        if outcome.before.eflags.intersection(others) != after.eflags.intersection(others) {
            problems.append("a flag not named changed")
        }
        for address in addresses where machine.cpu.physicalAddress(ofLinear: address.linear) != address.physical {
            problems.append("address \(address)")
        }
        return problems
    }

    private func difference(_ a: CPUState, _ b: CPUState) -> String {
        zip(Mirror(reflecting: a).children, Mirror(reflecting: b).children).compactMap { first, second in
            "\(first.value)" == "\(second.value)" ? nil : "\(first.label ?? "") is \(second.value), not \(first.value)"
        }.joined(separator: "; ")
    }
}

extension CPUState {
    fileprivate func general(_ number: UInt8, _ width: Width) -> UInt64 {
        let registers = [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15]
        let value = registers[Int(number & 15)]
        switch width {
        case .byte: return value >> (number >= 16 ? 8 : 0) & 0xFF
        case .word: return value & 0xFFFF
        case .doubleword: return value & 0xFFFF_FFFF
        case .quadword: return value
        }
    }

    /// What a definition can change: general registers, EIP, status flags and DF.
    fileprivate func isSame(as other: CPUState) -> Bool {
        let flags = EFLAGS.status.union(.DF)
        return (0..<16).allSatisfy { general($0, .quadword) == other.general($0, .quadword) } && rip == other.rip
            && eflags.intersection(flags) == other.eflags.intersection(flags)
    }
}

extension FlatMachine {
    fileprivate func peek(_ physical: UInt64) -> UInt8 { physical < size ? read(Int(physical)) : 0xFF }

    fileprivate func load(_ program: RandomProgram) {
        cpu.reset()
        program.image.withUnsafeBytes { bytes in
            guard let image = bytes.baseAddress else { return }
            memory.copyMemory(from: image, byteCount: min(bytes.count, size))
        }
        cpu.memoryWritten(physical: 0, count: size)
        cpu.state = program.state
    }

    /// Ends HLT, as an interrupt would.
    fileprivate func wake() {
        guard cpu.state.activity == .halted else { return }
        var state = cpu.state
        state.activity = .active
        cpu.state = state
    }
}
