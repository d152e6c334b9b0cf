import Inspection
import Processor

/// `find START LENGTH "TEXT"|BYTES`.
enum Search {
    private static let mostFound = 64

    static func run(_ session: CommandSession, _ text: String) throws(DebuggerError) {
        var rest = text
        let isPhysical = text.firstWord.word == "physical"
        if isPhysical { rest = text.firstWord.rest }
        let (start, afterStart) = rest.firstWord
        let (length, what) = afterStart.firstWord
        guard !what.isEmpty else { throw DebuggerError("write: find START LENGTH \"TEXT\", or bytes as in find 0x7c00 512 55 aa") }
        let bytes = try pattern(what)
        let first = try isPhysical ? session.physicalAddress(start) : session.address(start)
        let count = try session.length(length, from: first, most: 1 << 32)
        var found = 0
        scan(session, first, count, bytes, isPhysical) { address in
            found += 1
            let name = isPhysical ? nil : session.debugger.sources?.describe(address)
            session.put(h(address) + (name.map { "  \($0)" } ?? ""))
            return found < mostFound
        }
        if found == 0 { session.put("not found in \(count) bytes from \(h(first)) on") }
        if found == mostFound { session.put("… only the first \(mostFound)") }
    }

    static func pattern(_ text: String) throws(DebuggerError) -> [UInt8] {
        if text.hasPrefix("\"") {
            guard text.count >= 3, text.hasSuffix("\"") else {
                throw DebuggerError("the text has to end with a quotation mark: \"text\"")
            }
            return Array(text.dropFirst().dropLast().utf8)
        }
        var bytes: [UInt8] = []
        for word in text.words {
            guard word.count <= 2, let byte = UInt8(word, radix: 16) else {
                throw DebuggerError("\(word) is no byte of two hexadecimal digits; texts stand in quotation marks")
            }
            bytes.append(byte)
        }
        return bytes
    }

    /// Page by page, because the pages of a linear range lie anywhere; a match may reach into the next page.
    private static func scan(
        _ session: CommandSession, _ start: UInt64, _ count: UInt64, _ wanted: [UInt8], _ isPhysical: Bool,
        _ found: (UInt64) -> Bool
    ) {
        let view = session.view
        var address = start
        let end = start &+ count
        // The last bytes, and where they began.
        var window: [UInt8] = []
        var windowStart = start
        var pages = 0
        while address < end {
            pages += 1
            // A range of gigabytes takes a while, and the host may want an end.
            if pages & 0x3FF == 0, session.debugger.betweenSlices(session.debugger) {
                return session.put("stopped at \(h(address)) because you asked")
            }
            let next = min(end, (address & ~0xFFF) &+ 0x1000)
            let physical = isPhysical ? address : PageWalk(view, linear: address & view.linearMask).physical
            guard let physical else {
                (window, windowStart, address) = ([], next, next)
                continue
            }
            window += (0..<next - address).map { session.pc.peek(physical: physical &+ $0) }
            if window.count >= wanted.count {
                for index in 0...(window.count - wanted.count) where window[index] == wanted[0] {
                    guard window[index..<index + wanted.count].elementsEqual(wanted) else { continue }
                    if !found(windowStart &+ UInt64(index)) { return }
                }
                let kept = wanted.count - 1
                windowStart = windowStart &+ UInt64(window.count - kept)
                window = Array(window.suffix(kept))
            }
            address = next
        }
    }
}
