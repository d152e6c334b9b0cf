import Debugging
import Formats
import Session
import X86

/// The place where a page looks: memory, the address and the interrupt whose ways it shows. Expressions, for they are looked at anew after each step.
struct WebLook {
    var memory = ""
    var address = "cs:eip"
    var interrupt = "irq0"
    /// The page shows the map of the address space and the descriptor tables, which take longer than the rest.
    var showsMap = false
    /// The place where the code that is shown begins.
    var top: UInt64 = 0
    private static let longest = 200

    mutating func take(_ look: JSON) {
        func text(_ name: String) -> String? { look[name]?.text.map { String($0.prefix(Self.longest)) } }
        if let text = text("memory") { memory = text }
        if let text = text("address") { address = text }
        if let text = text("interrupt") { interrupt = text }
        if let flag = look["map"]?.flag { showsMap = flag }
        if let text = text("code"), let start = UInt64(text.dropFirst(2), radix: 16) { top = start }
    }
}

/// The pictures and the memory that a page looks at, from the machine as it stands.
struct WebLooks {
    let session: DebugSession
    private static let memoryRows = 16

    private func value(_ text: String) throws(DebuggerError) -> UInt64 {
        try Expression(text).value(in: session.debugger.context)
    }

    /// "text" is what is wrong, where something is.
    func memory(_ look: WebLook) -> JSON {
        let view = session.debugger.view
        var start = Panes(session.commands).memoryAddress
        var mistake = JSON.null
        if !look.memory.isEmpty {
            do throws(DebuggerError) { start = try value(look.memory) } catch { mistake = .text(error.description) }
        }
        let rows = (0..<UInt64(Self.memoryRows)).map { row in
            JSON.object([
                ("address", .text(hexadecimal(view.wrapped(start &+ 16 * row)))),
                (
                    "bytes",
                    .list(
                        (0..<16).map { column in
                            view.linear(view.wrapped(start &+ 16 * row &+ column), 1).map { .number($0) } ?? .null
                        })
                ),
            ])
        }
        return .object([("expression", .text(look.memory)), ("mistake", mistake), ("rows", .list(rows))])
    }

    func address(_ look: WebLook) -> JSON {
        do throws(DebuggerError) {
            let picture = try AddressPath.picture(look.address, in: session.debugger.context)
            return Self.picture(picture, look.address)
        } catch {
            return .object([("expression", .text(look.address)), ("mistake", .text(error.description)), ("boxes", .list([]))])
        }
    }

    /// "irq1" is a request line, everything else the value of a vector.
    func interrupt(_ look: WebLook) -> JSON {
        let text = look.interrupt.lowercased()
        if let line = Self.line(text) {
            return Self.picture(InterruptPath.picture(line: line, session.commands), look.interrupt)
        }
        do throws(DebuggerError) {
            let vector = try value(text)
            guard vector < 256 else { throw DebuggerError("vectors go from 0 to 255; lines are written irq0 to irq15") }
            return Self.picture(InterruptPath.picture(vector: UInt8(vector), session.commands), look.interrupt)
        } catch {
            return .object([("expression", .text(look.interrupt)), ("mistake", .text(error.description)), ("boxes", .list([]))])
        }
    }

    /// The stack that the interrupt would leave.
    func stack(_ look: WebLook) -> JSON {
        let text = look.interrupt.lowercased()
        let vector =
            Self.line(text).map { InterruptPath.vector(ofLine: $0, session.commands) }
            ?? (try? value(text)).flatMap { UInt8(exactly: $0) }
        guard let vector else { return .null }
        return Self.memory(InterruptStack.picture(vector: vector, session.debugger.view))
    }

    /// The map of the address space.
    func map(_ look: WebLook) -> JSON {
        guard look.showsMap else { return .null }
        let selected = look.address.hasPrefix("0x") ? try? value(look.address) : nil
        return Self.memory(AddressSpaceMap.picture(session.debugger.view, selected: selected))
    }

    /// The descriptor tables.
    func tables(_ look: WebLook) -> JSON {
        look.showsMap ? Self.memory(DescriptorTables.picture(session.debugger.view)) : .null
    }

    /// "irq1" is line 1.
    private static func line(_ text: String) -> Int? {
        guard text.hasPrefix("irq"), let line = Int(text.dropFirst(3).drop { $0 == " " }), (0...15).contains(line) else {
            return nil
        }
        return line
    }

    private static func memory(_ picture: MemoryPicture) -> JSON {
        let columns = picture.columns.map { column in
            JSON.object([
                ("title", .text(column.title)), ("lines", .list(column.lines.map { .text($0) })), ("now", .boolean(column.isNow)),
                ("obstacle", column.obstacle.map { .text($0) } ?? .null),
                (
                    "cells",
                    .list(
                        column.cells.map { cell in
                            .object([
                                ("place", .text(cell.place)), ("text", .text(cell.text)), ("kind", .text(cell.kind.rawValue)),
                                ("marks", .list(cell.marks.map { .text($0) })),
                                ("address", cell.address.map { .text(hexadecimal($0)) } ?? .null),
                            ])
                        })
                ),
            ])
        }
        let arrows = picture.arrows.map { JSON.list([.number(UInt64($0.from)), .number(UInt64($0.to))]) }
        return .object([("title", .text(picture.title)), ("columns", .list(columns)), ("arrows", .list(arrows))])
    }

    private static func picture(_ picture: Picture, _ expression: String) -> JSON {
        let boxes = picture.boxes.map { box in
            JSON.object([
                ("title", .text(box.title)), ("lines", .list(box.lines.map { .text($0) })),
                ("verdict", .text(box.verdict.rawValue)),
                ("address", box.address.map { .text(hexadecimal($0)) } ?? .null),
            ])
        }
        return .object([
            ("expression", .text(expression)), ("mistake", .null), ("title", .text(picture.title)), ("boxes", .list(boxes)),
            ("end", picture.obstacle.map { .text("ends at \($0.title): \($0.lines.last ?? "")") } ?? .text("the way is open")),
        ])
    }
}
