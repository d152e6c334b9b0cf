import Testing
import Wiring

@Suite struct KeyTests {
    @Test func namesAreQEMUsAndSomeOthers() {
        for key in Key.allCases { #expect(Key(name: key.rawValue) == key) }
        #expect(Key(name: "ret") == .enter && Key(name: "enter") == .enter && Key(name: "kp_add") == .keypadAdd)
        #expect(Key(name: "sysrq") == .print && Key(name: "pgdn") == .pageDown)
        #expect(Key(name: "") == nil && Key(name: "Ret") == nil)
    }
}
