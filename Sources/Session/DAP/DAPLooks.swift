import Debugging
import Formats
import Inspection
import X86

/// A client's view of a stopped machine: frames, registers, memory, code.
struct DAPLooks {
    private let session: DebugSession
    private let view: MachineView

    init(_ session: DebugSession) {
        self.session = session
        view = session.debugger.view
    }

    /// The answer to a request that only looks, or sets a value; nil for other requests.
    func answer(_ request: DAPRequest, _ values: inout DAPValues) throws -> [(String, JSON)]? {
        switch request.command {
        case "stackTrace": frames(request)
        case "scopes":
            [
                (
                    "scopes",
                    .list(
                        (values.scope(Self.frame(request), session.debugger).map { [$0] } ?? [])
                            + Scope.allCases.map { $0.description(view.cpu.number) }
                    )
                )
            ]
        case "variables": [("variables", .list(variables(request["variablesReference"]?.integer ?? 0, &values)))]
        case "setVariable", "setExpression": try set(request, &values)
        case "readMemory": try readMemory(request)
        case "writeMemory": try writeMemory(request)
        case "disassemble": try disassemble(request)
        case "exceptionInfo": exceptionInfo
        case "loadedSources": [("sources", .list(loadedSources))]
        default: nil
        }
    }

    // MARK: Frames

    private func frames(_ request: DAPRequest) -> [(String, JSON)] {
        let addresses = session.debugger.sourceFrames
        let first = min(max(0, request["startFrame"]?.integer ?? 0), addresses.count)
        let levels = max(0, request["levels"]?.integer ?? 0)
        let shown = addresses.enumerated().dropFirst(first).prefix(levels == 0 ? addresses.count : levels)
        let list = shown.map { depth, frame in self.frame(depth, frame) }
        return [("stackFrames", .list(list)), ("totalFrames", .number(UInt64(addresses.count)))]
    }

    private func frame(_ depth: Int, _ frame: SourceFrame) -> JSON {
        let address = hexadecimal(frame.frame.address)
        let name =
            (frame.name ?? address) + (frame.function?.isInlined == true ? " (inlined)" : "")
            + (frame.frame.isInterrupted ? " (interrupted)" : "")
        var members: [(String, JSON)] = [
            ("id", .number(UInt64(view.cpu.number * Self.frames + depth + 1))), ("name", .text(name)),
            ("instructionPointerReference", .text(address)),
        ]
        if let (file, line) = frame.line {
            members += [("source", Self.source(file)), ("line", .number(UInt64(line))), ("column", .number(1))]
        } else {
            members += [("line", .number(0)), ("column", .number(0)), ("presentationHint", .text("subtle"))]
        }
        return .object(members)
    }

    /// Numbers that a processor's frames have at most: each has its own.
    private static let frames = 10_000

    /// The number of the frame that a request is about: the innermost where it names none.
    static func frame(_ request: DAPRequest) -> Int { max(0, (request["frameId"]?.integer ?? 1) - 1) % frames }

    /// The number of the processor that a request is about, by its thread or its frame; nil where it names none.
    static func processor(_ request: DAPRequest) -> Int? {
        request["threadId"]?.integer.map { $0 - 1 } ?? request["frameId"]?.integer.map { max(0, $0 - 1) / frames }
    }

    /// The processor whose registers a reference stands for; nil for other references.
    static func processor(ofReference reference: Int) -> Int? {
        Scope(reference: reference) == nil ? nil : Scope.processor(of: reference)
    }

    private func variables(_ reference: Int, _ values: inout DAPValues) -> [JSON] {
        values.variables(reference, session.debugger) ?? Scope(reference: reference)?.variables(view) ?? []
    }

    /// Each file once: the units of the program list those that they include each for themselves, and version 5 lists the first one twice.
    private var loadedSources: [JSON] {
        var known: Set<String> = []
        return (session.debugger.sources?.lines.files ?? []).filter { known.insert($0).inserted }.map { Self.source($0) }
    }

    private static func source(_ path: String) -> JSON {
        .object([("name", .text(path.split(separator: "/").last.map(String.init) ?? path)), ("path", .text(path))])
    }

    // MARK: Registers

    /// Groups of registers.
    private enum Scope: UInt64, CaseIterable {
        case general = 1, flags, segments, system

        /// Each processor has its own references, below those of values.
        init?(reference: Int) {
            guard reference > 0, reference < DAPValues.first else { return nil }
            self.init(rawValue: UInt64((reference - 1) % Self.allCases.count + 1))
        }

        static func processor(of reference: Int) -> Int { (reference - 1) / allCases.count }

        private var name: String {
            switch self {
            case .general: "Registers"
            case .flags: "Flags"
            case .segments: "Segments"
            case .system: "System registers"
            }
        }

        func description(_ processor: Int) -> JSON {
            .object([
                ("name", .text(name)), ("presentationHint", .text("registers")),
                ("variablesReference", .number(UInt64(processor * Self.allCases.count) + rawValue)), ("expensive", .boolean(false)),
            ])
        }

        private func names(_ view: MachineView) -> [String] {
            switch self {
            case .general where view.is64Bit:
                ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"] + (8...15).map { "r\($0)" } + ["rip", "rflags"]
            case .general: ["eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip", "eflags"]
            case .flags: ["cf", "pf", "af", "zf", "sf", "tf", "if", "df", "of", "nt", "vm", "ac"]
            case .segments: ["cs", "ss", "ds", "es", "fs", "gs"]
            case .system: ["cr0", "cr2", "cr3", "cr4", "gdtr", "idtr", "ldtr", "tr", "cpl", "dr6", "dr7"]
            }
        }

        func variables(_ view: MachineView) -> [JSON] {
            names(view).compactMap { name in
                guard let value = RegisterAccess.value(name, in: view.state) else { return nil }
                let isAddress = self == .general && name != "eflags" && name != "rflags"
                return .object(
                    [
                        ("name", .text(name)), ("value", .text(self == .flags ? String(value) : DAPLooks.words(value))),
                        ("evaluateName", .text(name)), ("variablesReference", .number(0)),
                    ] + (isAddress ? [("memoryReference", .text(hexadecimal(value)))] : []))
            }
        }
    }

    /// "0xfffffff0 (4294967280, -16)".
    static func words(_ value: UInt64) -> String {
        let signed = value > UInt64(UInt32.max) ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
        return "\(hexadecimal(value)) (\(value)\(signed < 0 ? ", \(signed)" : ""))"
    }

    /// The value of an expression, as `evaluate` answers it.
    func value(of text: String, _ frame: Int, _ values: inout DAPValues) throws(DebuggerError) -> [(String, JSON)] {
        switch try session.debugger.quantity(text) {
        case .typed(let value): return values.members(of: value, text, frame, as: "result")
        case .real(let value): return [("result", .text("\(value)")), ("variablesReference", .number(0))]
        case .number(let value, _):
            return [
                ("result", .text(Self.words(value))), ("variablesReference", .number(0)),
                ("memoryReference", .text(hexadecimal(value))),
            ]
        }
    }

    /// A register, a variable, or a part of one gets a value.
    private func set(_ request: DAPRequest, _ values: inout DAPValues) throws(DebuggerError) -> [(String, JSON)] {
        let named = request["name"]?.text ?? request["expression"]?.text ?? ""
        let part = values.expression(named, under: request["variablesReference"]?.integer ?? 0)
        let (name, frame) = part ?? (named, Self.frame(request))
        try session.debugger.select(frame: frame)
        try session.commands.assign(name, request["value"]?.text ?? "")
        var answer = try value(of: name, frame, &values)
        if request.command == "setVariable" || answer.first?.0 == "result" { answer[0] = ("value", answer[0].1) }
        return answer.filter { $0.0 != "memoryReference" }
    }

    /// The reason why the machine stopped, of one that died or met an exception.
    private var exceptionInfo: [(String, JSON)] {
        let cpu = session.host.pc.observed
        // Of a triple fault the exception that began it: what could not be delivered is in no history, interrupts are, and are none.
        let last = cpu.history.recent.last { $0.delivery.source == .exception }?.delivery.fault
        let fault = session.host.pc.ending == nil ? last : cpu.failedDeliveries.first?.delivering ?? last
        return [
            ("exceptionId", .text(fault?.name ?? "none")), ("breakMode", .text("always")),
            ("description", .text(session.commands.postMortem.summary.joined(separator: "\n"))),
        ]
    }

    // MARK: Memory

    /// Bytes that one request reads at most.
    private static let most = 1 << 16

    private func address(_ request: DAPRequest) throws(DebuggerError) -> UInt64 {
        let base = try Expression(request["memoryReference"]?.text ?? "").place(in: session.debugger.context)
        return base &+ UInt64(bitPattern: Int64(request["offset"]?.integer ?? 0))
    }

    private func readMemory(_ request: DAPRequest) throws -> [(String, JSON)] {
        let address = try address(request)
        let count = min(max(0, request["count"]?.integer ?? 0), Self.most)
        let bytes = view.bytes(at: address, count: count)
        return [
            ("address", .text(hexadecimal(address))), ("data", .text(Base64.text(bytes))),
            ("unreadableBytes", .number(UInt64(count - bytes.count))),
        ]
    }

    private func writeMemory(_ request: DAPRequest) throws -> [(String, JSON)] {
        guard let bytes = Base64.bytes(request["data"]?.text ?? ""), bytes.count <= Self.most else {
            throw DebuggerError("data: at most \(Self.most) bytes in Base64, please")
        }
        try session.debugger.write(bytes, toLinear: address(request))
        return [("bytesWritten", .number(UInt64(bytes.count)))]
    }

    // MARK: Code

    private func disassemble(_ request: DAPRequest) throws -> [(String, JSON)] {
        let count = min(max(0, request["instructionCount"]?.integer ?? 0), 4096)
        let offset = min(max(-4096, request["instructionOffset"]?.integer ?? 0), 4096)
        let address = try address(request)
        let earlier = max(0, -offset)
        var lines = before(address, earlier) + code(from: address, count: max(0, offset) + count)
        lines = Array(lines.dropFirst(max(0, offset)).prefix(count))
        return [("instructions", .list(lines.map(row)))]
    }

    /// An instruction at its linear address.
    private struct Line {
        let address: UInt64
        let line: Disassembly.Line?
    }

    private func code(from address: UInt64, count: Int) -> [Line] {
        var lines: [Line] = []
        var address = address
        while lines.count < count {
            let line = view.disassembly(at: address, byteCount: 15).first { _ in true }
            lines.append(Line(address: address, line: line))
            address &+= UInt64(max(1, line?.bytes.count ?? 1))
        }
        return lines
    }

    /// The `count` instructions before an address: those of the longest run of code that leads to it. Where there is none, lines without code.
    private func before(_ address: UInt64, _ count: Int) -> [Line] {
        guard count > 0 else { return [] }
        var best: [Line] = []
        for distance in stride(from: min(UInt64(count) * 15, 1024, address), to: 0, by: -1) {
            let start = address - distance
            var at = start
            let lines = view.disassembly(at: start, byteCount: Int(distance)).map { line in
                defer { at &+= UInt64(line.bytes.count) }
                return Line(address: at, line: line)
            }
            guard at == address, lines.allSatisfy({ $0.line?.instruction != nil }) else { continue }
            best = lines.suffix(count)
            if best.count == count { break }
        }
        let missing = count - best.count
        let first = best.first?.address ?? address
        return (0..<missing).map { Line(address: first &- UInt64(missing - $0), line: nil) } + best
    }

    private func row(_ line: Line) -> JSON {
        var members: [(String, JSON)] = [
            ("address", .text(hexadecimal(line.address))), ("instruction", .text(line.line?.text ?? "(no code is here)")),
        ]
        if let bytes = line.line?.bytes {
            let text = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            members.append(("instructionBytes", .text(text.joined(separator: " "))))
        }
        let sources = session.debugger.sources
        if let (symbol, offset) = sources?.symbols.symbol(at: line.address), offset == 0 {
            members.append(("symbol", .text(symbol.name)))
        }
        if let (file, number) = sources?.lines.location(of: line.address) {
            members += [("location", Self.source(file)), ("line", .number(UInt64(number)))]
        }
        return .object(members)
    }
}
