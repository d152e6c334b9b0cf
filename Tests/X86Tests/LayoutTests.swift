import Testing
import X86

@Suite("Layout") struct LayoutTests {
    @Test("An instruction is 32 bytes") func instructionSize() {
        #expect(MemoryLayout<Instruction>.size <= 32)
        #expect(MemoryLayout<Instruction>.stride == 32)
    }
}
