import Board
import Wiring

/// Machines that run a few bytes in 32-bit protected mode at 1 MB.
enum Guests {
    static func machine(_ code: [UInt8], model: String = "p6") throws -> PC {
        var configuration = PC.Configuration()
        configuration.memoryBytes = 4 << 20
        configuration.directBoot = DirectBoot(
            pieces: [.init(address: 0x10_0000, bytes: code)], entry: .protected(eip: 0x10_0000, eax: 0, ebx: 0))
        return try PC(configuration)
    }

    /// A machine that stands at the first byte of `code`.
    static func entered(_ code: [UInt8]) throws -> PC {
        let pc = try machine(code)
        while pc.cpu.state.rip != 0x10_0000, case .limit = pc.run(until: pc.clock.now + 1) {}
        return pc
    }
}
