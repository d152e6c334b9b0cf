import Foundation
import Testing

import TestKit

@Suite("Reading vector files") struct X87VectorFileTests {
    /// A stream with one form and one vector, written by hand from the format's description.
    static func synthetic() -> [UInt8] {
        var s: [UInt8] = Array("XVEC".utf8)
        func le<T: FixedWidthInteger>(_ v: T) { withUnsafeBytes(of: v.littleEndian) { s += Array($0) } }
        le(UInt16(1)); s += [2, 1]; le(UInt32(1)); le(UInt16(1)); s += [1, 1]
        s += [3] + Array("alu".utf8)
        for r in 0..<16 { le(UInt64(r) * 0x1111) }
        le(UInt64(0x400000)); le(UInt32(0x202))
        for r in 0..<6 { le(UInt16(r)) }
        le(UInt16(0x37F)); le(UInt16(0)); le(UInt16(0xFF)); le(UInt32(0x1F80))
        s += [UInt8](repeating: 7, count: 80) + [UInt8](repeating: 9, count: 256)
        le(UInt64(0x300000)); le(UInt64(0x1000)); s += [3, 0]
        le(UInt16(0x23)); le(UInt64(0x00CF_FA00_0000_FFFF))
        s += [3] + Array("add".utf8); le(UInt32(0x8D5)); le(UInt16(0)); s += [0, 0]
        le(UInt16(0)); s += [2, 0x01, 0x18, 1 | 2 | 4 | 8 | 16]
        s += [2, 0]; le(UInt32(5)); s += [33]; le(UInt64(1) << 63); le(UInt16(0x3FFF))
        s += [1]; le(UInt32(0x300010)); le(UInt16(2)); s += [0xAA, 0xBB]
        s += [1, 17]; le(UInt32(0x246))
        s += [0]
        s += [14]; le(UInt32(7)); le(UInt64(0x300010)); le(UInt32(0x8C5))
        s += [1]; le(UInt32(0x300010)); le(UInt16(1)); s += [0xF0]
        return s
    }

    @Test func readsTheSyntheticFile() throws {
        let file = try VectorFile(stream: Self.synthetic())
        #expect(file.mode == .protected32 && file.group == "alu" && file.count == 1 && file.hasFloatingPointState)
        #expect(file.base.general[3] == 0x3333 && file.base.fcw == 0x37F && file.base.mxcsr == 0x1F80)
        #expect(file.regions[0].fillByte(at: 1) == 0x9E && file.descriptors[0].selector == 0x23)
        #expect(file.forms[0].name == "add")
        let vector = try #require(try file.vectors().first)
        #expect(vector.instruction == [0x01, 0x18])
        var state = file.base
        state.apply(vector.initial)
        #expect(state.general[0] == 5)
        #expect(state.x87[1] == VectorX87Register(significand: 1 << 63, signExponent: 0x3FFF))
        #expect(vector.initialMemory == [VectorChunk(address: 0x300010, bytes: [0xAA, 0xBB])])
        #expect(vector.final == [VectorItem(id: VectorItem.eflags, low: 0x246)])
        #expect(vector.exception == VectorException(vector: 14, errorCode: 7, cr2: 0x300010))
        #expect(vector.flagsMask == 0x8C5 && vector.memoryMasks[0].bytes == [0xF0])
        #expect(vector.finalRIP(start: 0x400000) == 0x400000)
    }

    @Test func everyTruncationIsAnError() {
        let whole = Self.synthetic()
        for count in 0..<whole.count {
            #expect(throws: VectorFileError.self) { _ = try VectorFile(stream: Array(whole[..<count])).vectors() }
        }
        #expect(throws: VectorFileError.trailingBytes(1)) { _ = try VectorFile(stream: whole + [0]).vectors() }
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["VECTORS"] != nil)) func readsEveryFileOfTheDirectory() throws {
        let directory = try #require(ProcessInfo.processInfo.environment["VECTORS"])
        var vectors = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: directory).sorted() where name.hasSuffix(".xv.gz") {
            let file = try VectorFile(contentsOf: directory + "/" + name)
            try file.forEach { _, vector in
                vectors += 1
                if !(1...18).contains(vector.instruction.count) { Issue.record("\(name): \(vector.instruction)") }
            }
        }
        #expect(vectors > 100_000)
        print("\(vectors) vectors")
    }
}
