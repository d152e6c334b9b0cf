import Debugging
import Formats
import Processor
import X86

/// Breakpoints of a client: each request replaces those of its kind.
struct DAPPoints {
    /// The client's names of the kinds, as a stop's reason.
    private enum Kind: String {
        case source = "breakpoint"
        case function = "function breakpoint"
        case instruction = "instruction breakpoint"
        case data = "data breakpoint"
        case exception
    }

    /// A breakpoint, and the file it stands in where that is its kind.
    private struct Known {
        let kind: Kind
        let file: String
        let number: Int
        /// Condition, hits and message as the client wrote them: a breakpoint that it sets again as it was stays, with its hits.
        let circumstances: [String]
        /// Written to the console instead of a stop; expressions in braces become values.
        var message: String? { circumstances[2].isEmpty ? nil : circumstances[2] }
    }

    private var known: [Known] = []
    /// The place where the debugger stopped last, for who moved it.
    var report: StopReport?

    /// The answer to a request about breakpoints; nil for other requests.
    mutating func answer(_ request: DAPRequest, _ session: DebugSession, _ values: DAPValues) throws -> [(String, JSON)]? {
        let wishes = request["breakpoints"]?.items ?? []
        switch request.command {
        case "setBreakpoints":
            let file = request["source"]?["path"]?.text ?? request["source"]?["name"]?.text ?? ""
            return set(.source, file, wishes, session) { wish throws(DebuggerError) in try Self.place(file, wish, session) }
        case "setFunctionBreakpoints":
            return set(.function, "", wishes, session) { wish throws(DebuggerError) in
                let name = wish["name"]?.text ?? ""
                let places = try session.debugger.places(ofBreakpoint: name) { () throws(DebuggerError) in
                    try Expression(name).value(in: session.debugger.context)
                }
                return .init(trigger: .linear(places.first), others: places.others)
            }
        case "setInstructionBreakpoints":
            return set(.instruction, "", wishes, session) { wish throws(DebuggerError) in
                let base = try Expression(wish["instructionReference"]?.text ?? "").value(in: session.debugger.context)
                return .init(trigger: .linear(base &+ UInt64(bitPattern: Int64(wish["offset"]?.integer ?? 0))))
            }
        case "setDataBreakpoints":
            return set(.data, "", wishes, session) { wish throws(DebuggerError) in
                .init(trigger: .data(try Self.watch(wish)))
            }
        case "setExceptionBreakpoints":
            let filters = request["filters"]?.items ?? []
            let options = request["filterOptions"]?.items ?? []
            let wishes = filters.map { JSON.object([("filterId", $0)]) } + options
            return set(.exception, "", wishes, session) { wish throws(DebuggerError) in
                .init(trigger: .exception(try Self.vectors(wish["filterId"]?.text ?? "")))
            }
        case "dataBreakpointInfo": return try Self.dataInfo(request, session, values)
        default: return nil
        }
    }

    // MARK: Setting

    private struct Place {
        let trigger: StopPoint.Trigger
        /// The line that has the code, if it is another one than was asked for.
        var line: UInt32?
        /// Addresses at which the function is inlined.
        var others: [UInt64] = []

        /// Tells whether a breakpoint of the debugger's stands there.
        func isThat(of number: Int, _ session: DebugSession) -> Bool {
            session.debugger.points.contains { $0.number == number && $0.trigger == trigger && $0.furtherPlaces == Set(others) }
        }
    }

    private mutating func set(
        _ kind: Kind, _ file: String, _ wishes: [JSON], _ session: DebugSession, _ place: (JSON) throws(DebuggerError) -> Place
    ) -> [(String, JSON)] {
        var old = known.filter { $0.kind == kind && $0.file == file }
        known.removeAll { $0.kind == kind && $0.file == file }
        defer { for left in old { session.debugger.remove(left.number) } }
        let answers = wishes.map { wish -> JSON in
            do throws(DebuggerError) {
                let place = try place(wish)
                let circumstances = ["condition", "hitCondition", "logMessage"].map { (wish[$0]?.text ?? "").trimmed }
                let number: Int
                if let index = old.firstIndex(where: { $0.circumstances == circumstances && place.isThat(of: $0.number, session) })
                {
                    number = old.remove(at: index).number
                } else {
                    number = try Self.add(place, wish["name"]?.text ?? "", circumstances, session)
                }
                known.append(Known(kind: kind, file: file, number: number, circumstances: circumstances))
                let line = place.line.map { [("line", JSON.number(UInt64($0)))] } ?? []
                return .object([("id", .number(UInt64(number))), ("verified", .boolean(true))] + line)
            } catch {
                return .object([("verified", .boolean(false)), ("message", .text(error.description))])
            }
        }
        return [("breakpoints", .list(answers))]
    }

    /// Sets a breakpoint, and returns its number. Throws where its condition could never be told, or its hits or its message are no such.
    private static func add(
        _ place: Place, _ name: String, _ circumstances: [String], _ session: DebugSession
    ) throws(DebuggerError) -> Int {
        let (condition, hits) = (circumstances[0], circumstances[1])
        let parsed = try condition.isEmpty ? nil : Expression(condition)
        if let parsed { try session.debugger.requireMeaning(of: parsed, for: place.trigger) }
        let rule = try hits.isEmpty ? nil : HitRule(hits)
        let number = session.debugger.add(place.trigger, source: name, condition: parsed).number
        session.debugger.change(number) {
            ($0.conditionSource, $0.rule, $0.onlyTells) = (condition, rule, !circumstances[2].isEmpty)
            $0.furtherPlaces = Set(place.others)
        }
        return number
    }

    private static func place(_ file: String, _ wish: JSON, _ session: DebugSession) throws(DebuggerError) -> Place {
        guard let lines = session.debugger.sources?.lines, !lines.rows.isEmpty else {
            throw DebuggerError("no source lines are known; compile with -g, and give the ELF file as kernel or symbols")
        }
        let line = UInt32(clamping: wish["line"]?.integer ?? 0)
        // The compiler may have been called in another folder than the editor knows.
        let name = file.split(separator: "/").last.map(String.init) ?? file
        guard let address = lines.address(ofFile: file, line: line) ?? lines.address(ofFile: name, line: line) else {
            throw DebuggerError("\(name):\(line): no code comes from there")
        }
        return Place(trigger: .linear(address), line: lines.location(of: address)?.line)
    }

    /// Data ids are ours: "ADDRESS LENGTH".
    private static func watch(_ wish: JSON) throws(DebuggerError) -> StopConditions.DataWatch {
        let words = (wish["dataId"]?.text ?? "").split(separator: " ").compactMap { UInt64($0) }
        guard words.count == 2, (1...1 << 20).contains(words[1]), words[0] <= .max - words[1] else {
            throw DebuggerError("no data has this id; dataBreakpointInfo gives one")
        }
        let access = wish["accessType"]?.text ?? "write"
        return .init(.linear, words[0]..<words[0] + words[1], reads: access != "write", writes: access != "read")
    }

    private static func dataInfo(_ request: DAPRequest, _ session: DebugSession, _ values: DAPValues) throws -> [(String, JSON)] {
        let named = request["name"]?.text ?? ""
        let part = values.expression(named, under: request["variablesReference"]?.integer ?? 0)
        let name = part?.text ?? named
        try? session.debugger.select(frame: part?.frame ?? DAPLooks.frame(request))
        guard let (address, known) = try? session.debugger.watched(name),
            RegisterAccess.value(name.lowercased(), in: session.debugger.view.state) == nil
        else {
            return [
                ("dataId", .null), ("description", .text("\(name): an address, a symbol or a variable in memory can be watched")),
            ]
        }
        let size = min(max(1, request["bytes"]?.integer.map { UInt64(clamping: $0) } ?? known), 1 << 20)
        return [
            ("dataId", .text("\(address) \(size)")), ("description", .text("\(size) bytes at \(hexadecimal(address)), \(name)")),
            ("accessTypes", .list(["read", "write", "readWrite"].map { .text($0) })), ("canPersist", .boolean(false)),
        ]
    }

    /// Filters: all exceptions, or one by its mnemonic without the "#", in lower case.
    static let exceptionFilters: [JSON] =
        [.object([("filter", .text("all")), ("label", .text("Every exception")), ("supportsCondition", .boolean(true))])]
        + ExceptionFacts.all.map {
            .object([
                ("filter", .text(filter($0))), ("label", .text("\($0.mnemonic) \($0.name)")), ("supportsCondition", .boolean(true)),
                ("default", .boolean($0.vector == 8)),
            ])
        }

    private static func filter(_ exception: ExceptionFacts) -> String { exception.mnemonic.dropFirst().lowercased() }

    private static func vectors(_ name: String) throws(DebuggerError) -> ClosedRange<UInt8> {
        if name == "all" { return 0...31 }
        guard let vector = ExceptionFacts.all.first(where: { filter($0) == name })?.vector else {
            throw DebuggerError("no exception filter is called \(name)")
        }
        return vector...vector
    }

    // MARK: Stops

    /// The reason of a stop at these points.
    func reason(of numbers: [Int]) -> String {
        numbers.lazy.compactMap { number in known.first { $0.number == number } }.first?.kind.rawValue ?? Kind.source.rawValue
    }

    /// Writes the message of a log point that was reached.
    func tell(_ number: Int, _ session: DebugSession, _ link: DAPLink) {
        guard let message = known.first(where: { $0.number == number })?.message else { return }
        link.output(Self.filled(message, session) + "\n")
    }

    /// The reason why a condition could not be told, of these points that stopped for that.
    func failure(of numbers: [Int], _ session: DebugSession) -> String? {
        session.debugger.points.lazy.filter { numbers.contains($0.number) }.compactMap { point in
            point.failure.map { "the condition \(point.conditionSource) cannot be told here: \($0)" }
        }.first
    }

    /// The message with its expressions in braces replaced by their values.
    private static func filled(_ message: String, _ session: DebugSession) -> String {
        var text = ""
        var rest = message[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let source = String(rest[rest.index(after: open)..<close])
            text += rest[..<open]
            do throws(DebuggerError) {
                switch try session.debugger.quantity(source) {
                case .typed(let value): text += value.words
                case .number(let value, _): text += hexadecimal(value)
                case .real(let value): text += "\(value)"
                }
            } catch {
                text += "{\(source): \(error)}"
            }
            rest = rest[rest.index(after: close)...]
        }
        return text + rest
    }
}

/// "0x7c00": how addresses and values go to a client, and come back.
package func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
