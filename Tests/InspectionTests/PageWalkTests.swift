import MachineKit
import Processor
import Testing
import TestKit

@testable import Board
@testable import Inspection

/// The explaining walk finds what the processor finds.
@Suite struct PageWalkTests {
    @Test func itAgreesWithTheProcessorOnRandomTables() throws {
        var random = RandomNumbers(seed: 7)
        let pc = try Guests.entered([0x90, 0xEB, 0xFD])
        for usesPAE in [false, true] {
            // A directory at 200000h whose entries lead to tables at 201000h–207000h, with random flags.
            for _ in 0..<200 {
                var state = pc.cpu.state
                state.cr0.insert(.PG)
                state.cr3 = 0x20_0000
                state.cr4 = usesPAE ? .PAE : .PSE
                for page in 0..<8 as Range<UInt64> {
                    for entry in 0..<1024 as Range<UInt64> where entry < 8 || random.next() % 16 == 0 {
                        let flags = random.next() & (random.next() % 8 == 0 ? 0xFFF : 0x7F)
                        let target = 0x20_1000 + (random.next() % 7) << 12
                        pc.poke(physical: 0x20_0000 + page << 12 + 4 * entry, UInt32(truncatingIfNeeded: target | flags))
                    }
                }
                (state.pdpte0, state.pdpte1, state.pdpte2, state.pdpte3) = (0x20_1001, 0x20_2001, 0, 0x20_3001)
                pc.cpu.state = state
                let view = MachineView(pc)
                for _ in 0..<50 {
                    let linear = random.next() & (random.next() & 1 == 0 ? 0x7FFF : 0xFFFF_FFFF)
                    let walk = PageWalk(view, linear: linear)
                    #expect(walk.physical == pc.cpu.physicalAddress(ofLinear: linear), "\(linear) \(walk)")
                    #expect((walk.physical == nil) == (walk.words != nil))
                }
            }
        }
    }
}
