import Testing

@testable import Processor

@Suite struct HandlerTests {
    /// A handler that `select` cannot find would never run.
    @Test func everyHandlerOfOneInstructionHasItsPlace() {
        let special = Handler.allCases.filter { $0.rawValue > Handler.x87.rawValue }
        let found = Handler.specials.compactMap { $0 }
        #expect(found.count == special.count)
        #expect(Set(found) == Set(special))
        #expect(special.count > 150)
    }
}
