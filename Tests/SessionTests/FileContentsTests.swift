import Testing

@testable import Session

/// Files that are no disk images are told from each other, in the words of an error.
@Suite struct FileContentsTests {
    @Test func remediesNameTheOption() {
        var disc = [UInt8](repeating: 0, count: 0x9000)
        disc.replaceSubrange(0x8001...0x8005, with: Array("CD001".utf8))
        #expect(FileContents.remedy(for: [0x7F] + Array("ELF".utf8))?.contains("--kernel") == true)
        #expect(FileContents.remedy(for: disc)?.contains("--cdrom") == true)
        #expect(FileContents.remedy(for: [0x1F, 0x8B, 8])?.contains("gunzip") == true)
        #expect(FileContents.remedy(for: Array("megs: 32\nata0-master: type=disk\n".utf8))?.contains("Bochs") == true)
        #expect(FileContents.remedy(forKernel: [])?.contains("empty") == true)
        #expect(FileContents.remedy(for: Array("hello\n".utf8))?.contains("text file") == true)
        #expect(FileContents.remedy(for: [0xFA, 0x00, 0x01]) == nil)
    }
}
