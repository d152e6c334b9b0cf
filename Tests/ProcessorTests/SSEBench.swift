import TestKit
import X86

@testable import Processor

/// A processor in flat 32-bit protected mode, CPL 0, with paging on: 16 MB mapped 1:1 except the page at 30000h.
/// Code is at 10000h, EBX points to data at 20000h.
final class SSEBench {
    let machine: FlatMachine
    var state: CPUState
    static let code: UInt64 = 0x1_0000
    static let data = 0x2_0000
    /// A page that is not present.
    static let hole: UInt64 = 0x3_0000

    init(_ model: CPUModel = .max) {
        machine = FlatMachine(model: model)
        machine.write32(0x1000, 0x2000 | 7)
        for page in 0..<1024 where UInt64(page) != SSEBench.hole >> 12 {
            machine.write32(0x2000 + page * 4, UInt32(page) << 12 | 7)
        }
        state = machine.cpu.state
        state.cr0 = [.PE, .PG, .NE, .ET]
        state.cr3 = 0x1000
        state.cr4 = [.OSFXSR, .OSXMMEXCPT]
        state.cs = SegmentRegister(selector: 8, base: 0, limit: .max, attributes: 0xC09B)
        let flat = SegmentRegister(selector: 16, base: 0, limit: .max, attributes: 0xC093)
        (state.ds, state.es, state.ss, state.fs, state.gs) = (flat, flat, flat, flat, flat)
        state.rbx = UInt64(SSEBench.data)
        state.x87.initialize()
    }

    /// Executes one instruction and returns what it raised; `state` is the state after it.
    @discardableResult
    func run(_ bytes: [UInt8]) -> Fault? {
        state.rip = SSEBench.code
        machine.write(Int(SSEBench.code), bytes + [0xF4])
        machine.cpu.state = state
        let fault = machine.cpu.executeInstruction()
        state = machine.cpu.state
        return fault
    }

    func peek(_ address: Int) -> UInt64 { machine.memory.loadUnaligned(fromByteOffset: address, as: UInt64.self) }
}
