import Testing

@testable import Wiring

@Suite("DiskGeometry: cylinder, head, sector") struct DiskGeometryTests {
    @Test("default translation: 16 heads, 63 sectors, whole cylinders, 1 to 16383 of them") func defaults() {
        for (sectors, cylinders) in [(1, 1), (1007, 1), (1008, 1), (2015, 1), (2016, 2), (20_480, 20), (1 << 40, 16383)]
            as [(UInt64, UInt64)]
        {
            let geometry = DiskGeometry(sectorCount: sectors)
            #expect(geometry == DiskGeometry(cylinders: cylinders, heads: 16, sectorsPerTrack: 63))
        }
    }

    @Test("names and blocks are each other's inverse") func roundTrip() {
        for geometry in [DiskGeometry(sectorCount: 5000), DiskGeometry(cylinders: 7, heads: 3, sectorsPerTrack: 5)] {
            for block in 0..<geometry.capacity {
                let name = geometry.name(ofBlock: block)
                #expect(geometry.block(cylinder: name.cylinder, head: name.head, sector: name.sector) == block)
            }
        }
    }

    @Test("what the geometry does not have has no block") func limits() {
        let geometry = DiskGeometry(cylinders: 7, heads: 3, sectorsPerTrack: 5)
        for (cylinder, head, sector) in [(7, 0, 1), (0, 3, 1), (0, 0, 0), (0, 0, 6)] as [(UInt64, UInt64, UInt64)] {
            #expect(geometry.block(cylinder: cylinder, head: head, sector: sector) == nil)
        }
        let none = DiskGeometry(cylinders: 0, heads: 0, sectorsPerTrack: 0)
        #expect(none.capacity == 0 && none.block(cylinder: 0, head: 0, sector: 1) == nil)
        #expect(none.name(ofBlock: 9).sector == 1)
    }
}
