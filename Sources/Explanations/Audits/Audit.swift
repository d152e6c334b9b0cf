import Board
import Inspection
import Processor

/// A look through one of the tables that a kernel sets up, for what will go wrong sooner or later. Changes nothing.
public struct Audit {
    /// A table that can be looked through; `pic` stands for the interrupt controllers.
    public enum Table: String, CaseIterable, Sendable {
        case gdt, idt, tss, paging, pic
    }

    /// Something to say about a table.
    public struct Finding: Equatable, Sendable {
        /// The severity of a finding.
        public enum Weight: String, Sendable {
            /// This will fault, or has.
            case wrong
            /// Most likely not meant so.
            case doubtful
            /// Good to know.
            case note
        }
        /// Its severity.
        public let weight: Weight
        /// The kind of finding, equal whatever its numbers and the language.
        public let key: String
        /// The finding in one line.
        public let text: String
    }

    /// The table that was looked through.
    public let table: Table
    /// The table in words, one line an entry or a run of entries.
    public let listing: [String]
    /// The findings, in the order of the table's entries.
    public let findings: [Finding]

    /// `names` are those of code, for handlers.
    public init(_ table: Table, of pc: PC, names: @escaping (UInt64) -> String? = { _ in nil }) {
        self.init(table, MachineView(pc), pc, names: names)
    }

    init(_ table: Table, _ view: MachineView, _ pc: PC?, names: @escaping (UInt64) -> String? = { _ in nil }) {
        self.table = table
        var writer = AuditWriter()
        switch table {
        case .gdt: GDTAudit(view: view).write(to: &writer)
        case .idt: IDTAudit(view: view, pc: pc, names: names).write(to: &writer)
        case .tss: TSSAudit(view: view).write(to: &writer)
        case .paging: PagingAudit(view: view).write(to: &writer)
        case .pic: if let pc { PICAudit(view: view, pc: pc).write(to: &writer) }
        }
        listing = writer.listing
        findings =
            writer.findings.isEmpty
            ? [Finding(weight: .note, key: AuditPhrase.nothingFound.rawValue, text: AuditPhrase.nothingFound.english)]
            : writer.findings
    }

    /// The listing, and behind it the findings, a line each.
    public var lines: [String] { listing + ["findings:"] + findings.map { "  \($0.weight.rawValue): \($0.text)" } }
    /// All lines as one text.
    public var text: String { lines.joined(separator: "\n") }
}

/// Collects an audit.
struct AuditWriter {
    private(set) var listing: [String] = []
    private(set) var findings: [Audit.Finding] = []
    /// Findings of one kind that are told in full.
    private static let mostOfAKind = 8

    mutating func list(_ line: String) { listing.append(line) }

    mutating func find(_ weight: Audit.Finding.Weight, _ phrase: AuditPhrase, _ arguments: String...) {
        var text = phrase.english
        for (index, argument) in arguments.enumerated() { text = text.replacing("{\(index)}", with: argument) }
        let finding = Audit.Finding(weight: weight, key: phrase.rawValue, text: text)
        guard !findings.contains(finding), findings.filter({ $0.key == phrase.rawValue }).count < Self.mostOfAKind else { return }
        findings.append(finding)
    }
}
