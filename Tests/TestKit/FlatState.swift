import Processor

extension CPUState {
    /// Flat 32-bit code of ring 0 at 1000h, with a stack below 8000h.
    public static var flat: CPUState {
        var state = CPUState()
        state.cr0 = [.PE, .ET, .NE]
        let data = SegmentRegister(selector: 0x10, base: 0, limit: .max, attributes: 0xC093)
        (state.ds, state.es, state.ss) = (data, data, data)
        state.cs = SegmentRegister(selector: 8, base: 0, limit: .max, attributes: 0xC09B)
        state.rip = 0x1000
        state.rsp = 0x8000
        return state
    }
}
