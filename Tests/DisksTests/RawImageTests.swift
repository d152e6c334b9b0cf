import Foundation
import Testing
import Wiring

@testable import Disks

@Suite("RawImage: files as disks") struct RawImageTests {
    /// A directory of its own for each test, removed at the end.
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("swemu-\(UUID().uuidString)").path
        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func file(_ name: String, _ size: Int) -> String {
            let file = path + "/" + name
            _ = FileManager.default.createFile(atPath: file, contents: Data((0..<size).map { UInt8(truncatingIfNeeded: $0 / 512) }))
            return file
        }
    }

    /// The error of opening `path`, or `nil` when it opens.
    private func errorOpening(_ path: String, _ access: ImageError.Access = .readWrite) -> ImageError? {
        do throws(ImageError) {
            _ = try RawImage(path: path, access: access)
            return nil
        } catch {
            return error
        }
    }

    @Test("byte n of the file is byte n of the disk") func readsAndWrites() throws {
        let folder = try Folder()
        let path = folder.file("disk.img", 512 * 10)
        let image = try RawImage(path: path)
        #expect(image.sectorCount == 10 && !image.isReadOnly)
        #expect(try readSectors(image, 3, 2) == [3, 4].flatMap { [UInt8](repeating: $0, count: 512) })
        try write([UInt8](repeating: 0xAB, count: 1024), to: image, 8)
        try image.flush()
        let contents = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(contents.count == 5120 && contents[4095] == 7 && contents[4096...].allSatisfy { $0 == 0xAB })
    }

    @Test("a range past the end is refused") func outOfRange() throws {
        let folder = try Folder()
        let image = try RawImage(path: folder.file("disk.img", 512 * 10))
        #expect(throws: BlockStoreError.outOfRange(sector: 9, count: 2)) { try readSectors(image, 9, 2) }
        #expect(throws: BlockStoreError.outOfRange(sector: .max, count: 1)) {
            try write([UInt8](repeating: 0, count: 512), to: image, .max)
        }
        #expect(throws: BlockStoreError.outOfRange(sector: 0, count: 11)) { try readSectors(image, 0, 11) }
    }

    @Test("a last sector that is cut off reads on with zeros, and is not written") func lastSectorCutOff() throws {
        let folder = try Folder()
        let path = folder.file("disk.img", 512 * 3 + 100)
        let image = try RawImage(path: path, extent: .completed)
        #expect(image.sectorCount == 4 && image.missingBytes == 412)
        let last = [UInt8](repeating: 3, count: 100) + [UInt8](repeating: 0, count: 412)
        #expect(try readSectors(image, 3, 1) == last)
        #expect(try readSectors(image, 2, 2) == [UInt8](repeating: 2, count: 512) + last)
        #expect(throws: BlockStoreError.self) { try write([UInt8](repeating: 9, count: 512), to: image, 3) }
        #expect(throws: BlockStoreError.self) { try write([UInt8](repeating: 9, count: 1024), to: image, 2) }
        try write([UInt8](repeating: 9, count: 512), to: image, 2)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 512 * 3 + 100)
        let overlay = Overlay(over: image)
        try write([UInt8](repeating: 9, count: 512), to: overlay, 3)
        #expect(try readSectors(overlay, 3, 1) == [UInt8](repeating: 9, count: 512))
    }

    @Test("a read-only image refuses writes and succeeds in flushing") func readOnly() throws {
        let folder = try Folder()
        let image = try RawImage(path: folder.file("disk.img", 512), access: .readOnly)
        #expect(image.isReadOnly)
        #expect(throws: BlockStoreError.readOnly) { try write([UInt8](repeating: 0, count: 512), to: image, 0) }
        try image.flush()
    }

    @Test("each failure has its own error, described in one line with a remedy") func errors() throws {
        let folder = try Folder()
        let missing = folder.path + "/none.img", odd = folder.file("odd.img", 1000), empty = folder.file("it's empty.img", 0)
        #expect(errorOpening(missing) == .missing(path: missing))
        #expect(errorOpening(odd + "/below") == .missing(path: odd + "/below"))
        #expect(errorOpening(folder.path) == .isDirectory(path: folder.path))
        #expect(errorOpening("/dev/null") == .notAFile(path: "/dev/null"))
        #expect(errorOpening(empty) == .empty(path: empty))
        #expect(errorOpening(odd) == .oddSize(path: odd, size: 1000))
        #expect(
            ImageError.oddSize(path: "disk.img", size: 1000).description
                == "disk.img: size 1000 bytes is not a multiple of 512; pad it with: truncate -s 1024 disk.img")
        #expect(ImageError.empty(path: "it's.img").description.hasSuffix("truncate -s 64M 'it'\\''s.img'"))
        let all: [ImageError] = [
            .missing(path: "p"), .missingDiskette(path: "p"), .isDirectory(path: "p"), .notAFile(path: "p"),
            .notReadable(path: "p"), .notWritable(path: "p"),
            .empty(path: "p"), .oddSize(path: "p", size: 1), .inUse(path: "p", wanted: .readWrite),
            .inUse(path: "p", wanted: .readOnly),
            .host(path: "p", operation: "opening", reason: "Too many open files"),
        ]
        for error in all {
            #expect(error.description.hasPrefix("p: ") && error.description.contains("; ") && !error.description.contains("\n"))
        }
    }

    @Test("permissions: unreadable, and readable but not writable", .disabled(if: getuid() == 0, "root may do everything"))
    func permissions() throws {
        let folder = try Folder()
        let path = folder.file("disk.img", 512)
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
        #expect(errorOpening(path) == .notWritable(path: path))
        #expect(errorOpening(path, .readOnly) == nil)
        try FileManager.default.setAttributes([.posixPermissions: 0o000], ofItemAtPath: path)
        #expect(errorOpening(path) == .notReadable(path: path))
        #expect(errorOpening(path, .readOnly) == .notReadable(path: path))
    }

    #if os(Linux)
        @Test("a file that is being executed is readable and not writable") func runningProgram() {
            #expect(errorOpening("/proc/self/exe") == .notWritable(path: "/proc/self/exe"))
        }
    #endif

    @Test("a writer holds the image alone, readers share it, and the lock ends with the store") func locking() throws {
        let folder = try Folder()
        let path = folder.file("disk.img", 512)
        do {
            let writer = try RawImage(path: path)
            #expect(errorOpening(path) == .inUse(path: path, wanted: .readWrite))
            #expect(errorOpening(path, .readOnly) == .inUse(path: path, wanted: .readOnly))
            _ = try readSectors(writer, 0, 1)
        }
        let reader = try RawImage(path: path, access: .readOnly)
        #expect(errorOpening(path, .readOnly) == nil)
        #expect(errorOpening(path) == .inUse(path: path, wanted: .readWrite))
        _ = try readSectors(reader, 0, 1)
    }

    @Test("a file that shrinks while it is open is an error of the host, not a trap") func shrunkFile() throws {
        let folder = try Folder()
        let path = folder.file("disk.img", 1024)
        let image = try RawImage(path: path)
        truncate(path, 512)
        #expect(throws: BlockStoreError.host(errno: EIO, operation: "reading \(path)")) { try readSectors(image, 0, 2) }
    }
}
