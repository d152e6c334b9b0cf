import Foundation
import Processor
import SoftFloat
import X86

/// Flag programs on the host's processor and on the interpreter.
public final class NativeMatrix {
    private typealias Layout = FlagProgram.Layout
    private let law = FlatMachine(model: .max, megabytes: 1)
    private let native: NativeProcess
    public private(set) var cases = 0

    private enum Segments {
        static let window: UInt16 = 0x07
        static let code16: UInt16 = 0x0F
        static let stack16: UInt16 = 0x17
        static var all: [NativeProcess.Segment] {
            let window = NativeProcess.Segment(base: UInt32(Layout.data), limit: 0x1_0FFF)
            var code = NativeProcess.Segment(base: UInt32(Layout.start), limit: 0xFFFF)
            (code.isCode, code.is32) = (true, false)
            var stack = NativeProcess.Segment(base: UInt32(Layout.start), limit: 0xFFFF)
            stack.is32 = false
            return [window, code, stack]
        }
    }

    public init() throws { native = try NativeProcess(segments: Segments.all) }

    /// The difference, in words; nil when there is none.
    public func difference(_ program: FlagProgram) -> String? {
        cases += program.cases.count
        guard var found = compare(program) else { return nil }
        var shortest = program
        for number in program.cases.indices.reversed() {
            let part = program.keeping(number..<number + 1)
            guard let other = compare(part) else { continue }
            (shortest, found) = (part, other)
        }
        return "seed \(program.seed), \(program.setting): \(found)\n\(shortest.listing)"
    }

    private func compare(_ program: FlagProgram) -> String? {
        load(program)
        let setting = program.setting
        var start = program.state
        start.eflags.formUnion(.alwaysOne)
        guard
            let outcome = native.run(
                start, cs: setting.is16 ? Segments.code16 : NativeProcess.code32,
                ds: setting.isWindowed ? Segments.window : NativeProcess.data32,
                ss: setting.is16 ? Segments.stack16 : NativeProcess.data32, eip: UInt32(program.state.rip))
        else { return "the process has ended" }
        if let exception = outcome.exception { return "exception \(exception) on the host, at \(String(outcome.eip, radix: 16))" }
        let end = law.clock.now + 1000
        while law.clock.now < end, law.cpu.run(until: end) == .deadline {}
        law.clock.skip(to: end)
        let state = law.cpu.state
        var words: [String] = []
        let registers = [state.rax, state.rcx, state.rdx, state.rbx, state.rsp, state.rbp, state.rsi, state.rdi]
        for (number, value) in registers.enumerated() where value != UInt64(outcome.registers[number]) {
            words.append(
                "\(["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"][number]) is \(hex(value)), not \(hex(outcome.registers[number]))"
            )
        }
        let mask = EFLAGS([.CF, .PF, .AF, .ZF, .SF, .OF, .DF]).subtracting(program.undefinedFlags).rawValue
        if (state.eflags.rawValue ^ outcome.flags) & mask != 0 {
            words.append("flags are \(hex(state.eflags.rawValue & mask)), not \(hex(outcome.flags & mask))")
        }
        compareFPU(state, &words)
        for range in [Layout.directory..<Layout.end]
        where memcmp(law.memory + range.lowerBound, native.bytes(at: range.lowerBound), range.count) != 0 {
            let address = range.first { law.read($0) != native.bytes(at: $0).load(as: UInt8.self) } ?? 0
            words.append(
                "[\(hex(address))] is \(hex(law.read(address))), not \(hex(native.bytes(at: address).load(as: UInt8.self)))")
        }
        return words.isEmpty ? nil : words.joined(separator: "; ")
    }

    private func compareFPU(_ state: CPUState, _ words: inout [String]) {
        var (x87, sse) = (state.x87, state.sse)
        let image = native.fxImage
        let status = image.load(fromByteOffset: 2, as: UInt16.self)
        if status != x87.status.rawValue { words.append("FSW is \(hex(x87.status.rawValue)), not \(hex(status))") }
        let top = UInt8(truncatingIfNeeded: x87.status.rawValue >> 11) & 7
        for number in UInt8(0)..<8 {
            let xmm = XMM(
                low: image.load(fromByteOffset: 160 + 16 * Int(number), as: UInt64.self),
                high: image.load(fromByteOffset: 168 + 16 * Int(number), as: UInt64.self))
            if sse[number] != xmm { words.append("xmm\(number) is \(sse[number]), not \(xmm)") }
            guard x87.occupied >> (top &+ number & 7) & 1 != 0 else { continue }
            let register = Extended(
                significand: image.load(fromByteOffset: 32 + 16 * Int(number), as: UInt64.self),
                signExponent: image.load(fromByteOffset: 40 + 16 * Int(number), as: UInt16.self))
            if x87[top &+ number & 7] != register { words.append("st\(number) is \(x87[top &+ number & 7]), not \(register)") }
        }
    }

    private func hex(_ value: some BinaryInteger) -> String { String(value, radix: 16) }

    private func load(_ program: FlagProgram) {
        let range = Layout.start..<Layout.end
        native.clear()
        memset(law.memory + range.lowerBound, 0, range.count)
        program.forEachNumber {
            native.store($0, $1)
            law.memory.storeBytes(of: $1, toByteOffset: $0, as: UInt64.self)
        }
        native.store(Layout.code, program.code.dropLast() + NativeProcess.jumpToDone(is16: program.setting.is16))
        law.cpu.reset()
        law.cpu.memoryWritten(physical: 0, count: law.size)
        law.write(Layout.code, program.code)
        law.cpu.state = program.state
    }
}
