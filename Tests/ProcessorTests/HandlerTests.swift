import Testing
import X86

@testable import Processor

@Suite struct HandlerTests {
    private static let ofOneInstruction = Handler.allCases.filter { $0.specialisation != nil }

    /// A handler that `select` cannot find would never run.
    @Test func everyHandlerOfOneInstructionHasItsPlace() {
        let found = Handler.specials.compactMap { $0 }
        #expect(found.count == Self.ofOneInstruction.count)
        #expect(Set(found) == Set(Self.ofOneInstruction))
        #expect(Self.ofOneInstruction.count > 150)
    }

    /// The dispatch loop goes by the name, `select` by the specialisation.
    @Test func namesSayWhatIsSpecialised() throws {
        for handler in Self.ofOneInstruction {
            let place = try #require(handler.specialisation)
            #expect("\(handler)" == "\(place.operation)\(place.width.bytes * 8)\(place.form)")
        }
    }
}
