import Board

/// Writes the diagnostics of the chosen categories, and says at the end what was not chosen.
final class LogWriter {
    private let categories: Set<DiagnosticLog.Category>
    let file: ByteStream?
    /// Lines that wait for the end because the terminal is drawn on; nil when they go out at once.
    private var held: [String]?
    private var hidden: [DiagnosticLog.Category: Int] = [:]
    private static let heldLimit = 200
    /// `--log none`: nothing of the guest's dealings with the hardware is said, at the end neither.
    let isSilenced: Bool

    /// Without `--log` the user hears of chips alone: guests look for hardware at many places where nothing is.
    init(_ plan: SessionPlan, holdsBack: Bool) throws {
        let chosen = plan.logCategories
        isSilenced = chosen?.isEmpty ?? false
        categories = chosen ?? (plan.logFile == nil ? [.chips] : DiagnosticLog.Category.quiet)
        file = try plan.logFile.map { try ByteStream(writingTo: $0) }
        held = holdsBack ? [] : nil
    }

    var wantsInterrupts: Bool { categories.contains(.interrupts) }

    func take(_ entry: DiagnosticLog.Entry) {
        guard categories.contains(entry.category) else {
            if !entry.isProbe { hidden[entry.category, default: 0] += 1 }
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
        guard !isSilenced, let count = hidden[.unmapped], held == nil || file == nil else { return }
        let what = count == 1 ? "1 access to a port or address" : "\(count) accesses to ports or addresses"
        complain("swemu: \(what) where nothing is connected; --log unmapped lists \(count == 1 ? "it" : "them")")
    }
}
