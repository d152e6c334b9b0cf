import Testing

@testable import X86

@Suite struct ReferenceCardTests {
    @Test func everyRowHasAnOperation() {
        for row in Table.rows { #expect(!OperationFacts.of(row.operation).operation.isEmpty, "\(row.mnemonic)") }
        for operation in Operation.allCases { #expect(!OperationFacts.of(operation).operation.isEmpty, "\(operation)") }
    }

    /// The operation of an instruction mentions what its row says it does.
    @Test func operationsMentionTheirFlags() {
        for (operation, flag) in [
            (X86.Operation.cmc, "CF"), (.std, "DF"), (.bt, "CF"), (.ptest, "ZF"), (.comisd, "invalid"), (.arpl, "ZF"),
        ] {
            #expect(OperationFacts.of(operation).operation.joined().contains(flag), "\(operation)")
        }
    }

    @Test func cardsAreComplete() {
        for row in Table.rows {
            let text = ReferenceCard(row).text
            for title in ["encoding", "since", "flags", "privilege", "operation", "faults"] {
                #expect(text.contains("\n  \(title)"), "\(row.mnemonic): \(title)")
            }
        }
    }

    @Test func faultsFollowFromTheRow() throws {
        func faults(_ name: String, _ index: Int = 0) throws -> String {
            try #require(ReferenceCard.cards(mnemonic: name).dropFirst(index).first).row.faults.joined(separator: "\n")
        }
        #expect(try faults("div").contains("#DE"))
        #expect(try faults("add").contains("LOCK, unless"))
        #expect(try faults("lgdt").contains("CPL is not 0"))
        #expect(try !faults("cpuid").contains("#PF"))
        #expect(try faults("movs").contains("#PF"))
        #expect(try faults("movaps").contains("not aligned"))
        #expect(try !faults("movups").contains("16-byte"))
        #expect(try faults("addps").contains("#XM"))
        #expect(try !faults("andps").contains("#AC"))
        #expect(try faults("jmp").contains("limit of CS"))
    }

    @Test func privilegeIsNamed() throws {
        #expect(try #require(ReferenceCard.cards(mnemonic: "hlt").first).row.privilege == "ring 0")
        #expect(try #require(ReferenceCard.cards(mnemonic: "out").first).row.privilege.contains("IOPL"))
        #expect(try #require(ReferenceCard.cards(mnemonic: "add").first).row.privilege == "any ring")
    }
}
