import Board
import Processor
import Wiring

/// Machines that run a few bytes in 32-bit protected mode at 1 MB.
package enum Guests {
    package static func machine(_ code: [UInt8], model: CPUModel = .pentium4, board: PC.Machine = .isa) throws -> PC {
        var configuration = PC.Configuration()
        configuration.machine = board
        configuration.model = model
        configuration.memoryBytes = 4 << 20
        configuration.directBoot = DirectBoot(
            pieces: [.init(address: 0x10_0000, bytes: code)], entry: .protected(eip: 0x10_0000, eax: 0, ebx: 0))
        return try PC(configuration)
    }

    /// A machine that stands at the first byte of `code`.
    package static func entered(_ code: [UInt8], model: CPUModel = .pentium4, board: PC.Machine = .isa) throws -> PC {
        let pc = try machine(code, model: model, board: board)
        while pc.cpu.state.rip != 0x10_0000, case .limit = pc.run(until: pc.clock.now + 1) {}
        return pc
    }

    /// Where the upper half of 64-bit addresses begins.
    package static let upperHalf: UInt64 = 0xFFFF_8000_0000_0000

    /// The same in 64-bit code: the first 4 MB are mapped one to one with two pages, by tables at 2000h. `inUpperHalf`: also from there on, and the machine
    /// stands there.
    package static func entered64(_ code: [UInt8], board: PC.Machine = .isa, inUpperHalf: Bool = false) throws -> PC {
        let pc = try entered(code, model: .max, board: board)
        let entries: [(UInt64, UInt64)] = [
            (0x2000, 0x3007), (0x2800, inUpperHalf ? 0x3007 : 0), (0x3000, 0x4007), (0x4000, 0x87), (0x4008, 0x20_0087),
        ]
        for (address, value) in entries {
            pc.poke(physical: address, UInt32(truncatingIfNeeded: value))
            pc.poke(physical: address + 4, UInt32(truncatingIfNeeded: value >> 32))
        }
        var state = pc.cpu.state
        state.cr0.insert([.PE, .PG])
        state.cr4.insert(.PAE)
        state.efer.insert([.LME, .LMA, .NXE])
        state.cr3 = 0x2000
        state.cs = SegmentRegister(selector: 0x08, base: 0, limit: .max, attributes: 0xA09B)
        state.rsp = 0x20_0000
        if inUpperHalf { state.rip += upperHalf }
        pc.cpu.state = state
        return pc
    }
}

extension PC {
    /// Changes four bytes of memory, as a debugger does.
    package func poke(physical: UInt64, _ value: UInt32) {
        for byte in 0..<4 as Range<UInt64> {
            poke(physical: physical + byte, value: UInt8(truncatingIfNeeded: value >> (8 * byte)))
        }
    }
}
