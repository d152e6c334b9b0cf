import Board

/// Writes the diagnostics of the chosen categories, and says at the end what was not chosen.
final class LogWriter {
    private let categories: Set<DiagnosticLog.Category>
    let file: ByteStream?
    /// Lines that wait for the end because the terminal is drawn on; nil when they go out at once.
    private var held: [String]?
    private var hidden: [DiagnosticLog.Category: Int] = [:]
    private static let heldLimit = 200

    /// Without `--log` the user hears of chips alone: guests look for hardware at many places where nothing is.
    init(_ options: Run, holdsBack: Bool) throws {
        categories = try options.logCategories() ?? (options.logFile == nil ? [.chips] : DiagnosticLog.Category.quiet)
        file = try options.logFile.map { try ByteStream(writingTo: $0) }
        held = holdsBack ? [] : nil
    }

    var wantsInterrupts: Bool { categories.contains(.interrupts) }

    func take(_ entry: DiagnosticLog.Entry) {
        guard categories.contains(entry.category) else {
            hidden[entry.category, default: 0] += 1
            return
        }
        if let file {
            file.put(line: "\(entry)")
        } else if let count = held?.count {
            if count < Self.heldLimit { held?.append("swemu: \(entry)") }
        } else {
            complain("swemu: \(entry)")
        }
    }

    func finish() {
        for line in held ?? [] { complain(line) }
        file?.finish()
        if let count = hidden[.unmapped], held == nil || file == nil {
            complain("swemu: \(count) accesses to ports or addresses where nothing is connected; --log unmapped lists them")
        }
    }
}
