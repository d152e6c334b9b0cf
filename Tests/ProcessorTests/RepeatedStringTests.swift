import Processor
import TestKit
import Testing

/// Repeated string instructions that go by page: in the upper half of 64-bit addresses, downward, between pages that take each other's place in the
/// TLB, and with a page missing in the middle. SDM Vol. 1, section 7.3.9.
@Suite struct RepeatedStringTests {
    private static let high = LongModeBench.Place.high
    private static let source = 0x12_0000
    private static let destination = 0x14_0000

    private func bench(_ count: UInt64, _ source: UInt64, _ destination: UInt64) -> LongModeBench {
        let bench = LongModeBench()
        for offset in 0..<0x3000 {
            bench.machine.write(Self.source + offset, [UInt8(truncatingIfNeeded: offset &* 7 &+ offset >> 8)])
        }
        (bench.state.rcx, bench.state.rsi, bench.state.rdi) = (count, source, destination)
        return bench
    }

    private func bytes(_ bench: LongModeBench, _ address: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { bench.machine.read(address + $0) }
    }

    @Test func upperHalf() {
        let bench = bench(1000, Self.high + UInt64(Self.source) + 3, Self.high + UInt64(Self.destination) + 5)
        #expect(bench.run([0xF3, 0x48, 0xA5]) == nil, "rep movsq")
        #expect(bytes(bench, Self.destination + 5, 8000) == bytes(bench, Self.source + 3, 8000))
        #expect(bench.machine.read(Self.destination + 8005) == 0 && bench.machine.read(Self.destination + 4) == 0)
        #expect(bench.state.rsi == Self.high + UInt64(Self.source) + 8003 && bench.state.rcx == 0)
        (bench.state.rcx, bench.state.rdi, bench.state.rax) = (500, Self.high + UInt64(Self.destination), 0x0102_0304_0506_0708)
        #expect(bench.run([0xF3, 0x48, 0xAB]) == nil, "rep stosq")
        #expect(bytes(bench, Self.destination, 4000) == (0..<4000).map { UInt8(8 - $0 % 8) })
    }

    @Test(arguments: [1, 2, 4, 8] as [UInt64]) func downward(size: UInt64) {
        let code: [UInt8] =
            size == 1 ? [0xF3, 0xA4] : size == 2 ? [0x66, 0xF3, 0xA5] : size == 4 ? [0xF3, 0xA5] : [0xF3, 0x48, 0xA5]
        let count = 0x2000 / size
        let last = UInt64(0x2000) - size
        let bench = bench(count, UInt64(Self.source) + last, UInt64(Self.destination) + 0x10 + last)
        bench.state.eflags.insert(.DF)
        #expect(bench.run(code) == nil)
        #expect(bytes(bench, Self.destination + 0x10, 0x2000) == bytes(bench, Self.source, 0x2000))
        #expect(bench.machine.read(Self.destination + 0xF) == 0 && bench.machine.read(Self.destination + 0x2010) == 0)
        #expect(bench.state.rsi == UInt64(Self.source) &- size && bench.state.rdi == UInt64(Self.destination) + 0x10 - size)
        // Where the areas overlap the other way each element feeds a later one.
        let overlapping = self.bench(count, UInt64(Self.source) + last, UInt64(Self.source) + last - size)
        overlapping.state.eflags.insert(.DF)
        let top = bytes(overlapping, Self.source + Int(last), Int(size))
        #expect(overlapping.run(code) == nil)
        let repeated = (0..<Int(0x2000)).map { top[$0 % Int(size)] }
        #expect(bytes(overlapping, Self.source - Int(size), 0x2000) == repeated)
        (bench.state.rcx, bench.state.rdi, bench.state.rax) = (count, UInt64(Self.destination) + 0x10 + last, 0x5A5A_5A5A_5A5A_5A5A)
        #expect(bench.run(code.map { $0 == 0xA4 ? 0xAA : $0 == 0xA5 ? 0xAB : $0 }) == nil, "stos")
        #expect(bytes(bench, Self.destination + 0x10, 0x2000).allSatisfy { $0 == 0x5A })
        #expect(bench.machine.read(Self.destination + 0xF) == 0 && bench.machine.read(Self.destination + 0x2010) == 0)
    }

    /// A page that is not there: all before it is done, the fault names its address, and going on finishes it.
    @Test(arguments: [false, true]) func aMissingPage(isDown: Bool) {
        let bench = bench(0x400, 0, 0)
        // The window from 40000000h on: pages of 4 KBytes, the second one missing.
        bench.machine.write32(LongModeBench.Place.pointers + 8, 0x8003)
        bench.machine.write32(0x8000, 0x9003)
        for page in 0..<3 where page != 1 { bench.machine.write32(0x9000 + 8 * page, UInt32(Self.destination + 0x1000 * page) | 3) }
        let window: UInt64 = 0x4000_0000
        (bench.state.rsi, bench.state.rdi) = (UInt64(Self.source), window)
        if isDown {
            bench.state.eflags.insert(.DF)
            (bench.state.rsi, bench.state.rdi) = (UInt64(Self.source) + 0x2FF8, window + 0x2FF8)
        }
        bench.state.rcx = 0x600
        let fault = bench.run([0xF3, 0x48, 0xA5])
        #expect(fault?.vector == 14)
        #expect(bench.state.rcx == 0x400)
        #expect(bench.state.cr2 == window + (isDown ? 0x1FF8 : 0x1000))
        // The source of the element was not read where it faulted, and nothing was written to the page in the middle.
        #expect(bytes(bench, Self.destination + 0x1000, 0x1000).allSatisfy { $0 == 0 })
        bench.machine.write32(0x9008, UInt32(Self.destination + 0x1000) | 3)
        #expect(bench.run([0xF3, 0x48, 0xA5]) == nil)
        #expect(bytes(bench, Self.destination, 0x3000) == bytes(bench, Self.source, 0x3000))
    }

    /// The source's page is missing: the destination's accessed and dirty flags stay clear.
    @Test func aMissingSource() {
        let bench = bench(0x400, 0x4000_0000, 0x4000_1000)
        bench.machine.write32(LongModeBench.Place.pointers + 8, 0x8003)
        bench.machine.write32(0x8000, 0x9003)
        bench.machine.write32(0x9008, UInt32(Self.destination) | 3)
        #expect(bench.run([0xF3, 0x48, 0xA5])?.vector == 14)
        #expect(bench.state.cr2 == 0x4000_0000)
        #expect(bench.machine.read(0x9008) == 3)
    }

    /// Pages whose entries of the TLB are the same: 4 MBytes apart.
    @Test func oneEntryForBoth() {
        let bench = bench(0x400, 0x4000_0000, 0x4040_0000)
        bench.machine.write32(LongModeBench.Place.pointers + 8, 0x8003)
        bench.machine.write32(0x8000, 0x9003)
        bench.machine.write32(0x8010, 0xA003)
        for page in 0..<3 {
            bench.machine.write32(0x9000 + 8 * page, UInt32(Self.source + 0x1000 * page) | 3)
            bench.machine.write32(0xA000 + 8 * page, UInt32(Self.destination + 0x1000 * page) | 3)
        }
        #expect(bench.run([0xF3, 0x48, 0xA5]) == nil)
        #expect(bytes(bench, Self.destination, 0x2000) == bytes(bench, Self.source, 0x2000))
    }
}
