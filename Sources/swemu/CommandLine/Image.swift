import ArgumentParser
import Checks
import Disks
import Formats
import Session

/// `swemu image`: disk images without a machine.
struct Image: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, describe, convert and check disk images.",
        discussion: """
            Formats are raw and qcow2. A name that ends in .qcow2 is qcow2, any other raw, unless --format says otherwise; contents are \
            never guessed at.

            Examples:
              swemu image create disk.qcow2 2G
              swemu image create try.qcow2 --backing disk.img
              swemu image info disk.qcow2
              swemu image convert disk.img disk.qcow2
              swemu image check disk.qcow2
            """,
        subcommands: [Create.self, Info.self, Convert.self, Check.self])

    static func format(_ given: DiskImage.Format?, _ path: String) throws -> DiskImage.Format {
        try given ?? Images.format(ofName: path)
    }

    /// Errors of the room of images become those of the program.
    static func translating<T>(_ body: () throws(ImageError) -> T) throws -> T {
        do throws(ImageError) {
            return try body()
        } catch {
            throw UserError(error)
        }
    }
}

/// The progress of a long work, on a terminal.
struct ProgressLine {
    private let isTerminal = isatty(2) == 1
    private var last = hostNanoseconds()
    private var isShown = false

    /// `part` is from 0 to 1.
    mutating func show(_ part: Double) {
        guard isTerminal, case let now = hostNanoseconds(), now - last > 200_000_000 else { return }
        (last, isShown) = (now, true)
        _ = OutputDescriptor(2).writeAll("\r\u{1B}[K\(Int(100 * part)) %".utf8)
    }

    mutating func clear() {
        guard isShown else { return }
        isShown = false
        _ = OutputDescriptor(2).writeAll("\r\u{1B}[K".utf8)
    }
}

extension Image {
    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make an empty image, or one over a backing file.")

        @Argument(help: "The new image.", completion: .file())
        var image: String
        @Argument(help: "Size of the disk, as in 64M or 10G; with --backing its size if left out.")
        var size: String?
        @Option(help: "raw or qcow2.")
        var format: DiskImage.Format?
        @Option(help: ArgumentHelp("What reads where nothing was written, as seen from the new image.", valueName: "image"))
        var backing: String?
        @Option(help: "raw or qcow2.")
        var backingFormat: DiskImage.Format?

        func run() throws {
            let format = try Image.format(format, image)
            var below: (path: String, format: DiskImage.Format)?
            if let backing {
                guard format == .qcow2 else {
                    throw UserError(.usage, "a raw image has no backing file", image, remedy: "name it .qcow2")
                }
                below = (backing, try Image.format(backingFormat, backing))
            }
            let bytes = try bytes(below)
            try Image.translating { () throws(ImageError) in
                try DiskImage.create(path: image, format: format, size: bytes, backing: below)
            }
        }

        private func bytes(_ below: (path: String, format: DiskImage.Format)?) throws -> UInt64 {
            if let size {
                guard let bytes = MemorySize.parse(size, bare: 1) else {
                    throw UserError(.usage, "not a size", size, remedy: "write bytes or a unit, as in 64M or 10G")
                }
                return (min(bytes, 1 << 60) + 511) / 512 * 512
            }
            guard let below else { throw UserError(.usage, "no size", image, remedy: "say one, as in 64M, or give --backing") }
            // Relative to the new image, as it will be read.
            let folder = image.lastIndex(of: "/").map { String(image[...$0]) } ?? ""
            let path = below.path.hasPrefix("/") ? below.path : folder + below.path
            return try Image.translating { () throws(ImageError) in try DiskImage.describe(path: path, format: below.format).size }
        }
    }

    struct Info: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say what an image is.")

        @Argument(help: "The image.", completion: .file())
        var image: String
        @Option(help: "raw or qcow2.")
        var format: DiskImage.Format?

        func run() throws {
            let format = try Image.format(format, image)
            let description = try Image.translating { () throws(ImageError) in
                try DiskImage.describe(path: image, format: format)
            }
            try StandardOutput.write(line: "image:    \(image)")
            try StandardOutput.write(
                line: "format:   \(description.format.rawValue)" + (description.version.map { ", version \($0)" } ?? ""))
            try StandardOutput.write(line: "disk:     \(description.size) bytes, \(description.size / 512) sectors")
            try StandardOutput.write(line: "file:     \(description.fileSize) bytes")
            if let size = description.clusterSize { try StandardOutput.write(line: "clusters: \(size) bytes") }
            if let backing = description.backing {
                try StandardOutput.write(
                    line: "backing:  \(backing.path) (\(backing.format ?? "of a format the image does not say"))")
            }
            if let count = description.snapshots, count > 0 {
                try StandardOutput.write(line: "QEMU's snapshots: \(count), kept and not used")
            }
            if description.isDirty {
                try StandardOutput.write(line: "not closed properly; repair it with: swemu image check --repair \(image)")
            }
        }
    }

    struct Convert: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy a disk into a new image, its backing files included.")

        @Argument(help: "The image to read.", completion: .file())
        var source: String
        @Argument(help: "The new image.", completion: .file())
        var target: String
        @Option(help: "Format of the image to read: raw or qcow2.")
        var format: DiskImage.Format?
        @Option(help: "Format of the new image: raw or qcow2.")
        var targetFormat: DiskImage.Format?

        func run() throws {
            let (from, to) = (try Image.format(format, source), try Image.format(targetFormat, target))
            let input = try Image.translating { () throws(ImageError) in
                try DiskImage.open(path: source, format: from, access: .readOnly)
            }
            let output = try Image.translating { () throws(ImageError) in
                try DiskImage.create(path: target, format: to, size: input.sectorCount * 512)
                return try DiskImage.open(path: target, format: to)
            }
            var progress = ProgressLine()
            do {
                try DiskImage.copy(input, to: output) { progress.show(Double($0) / Double(input.sectorCount)) }
                progress.clear()
            } catch {
                progress.clear()
                unlink(target)
                throw UserError(
                    .hostFailure, "copying failed (\(error))", target, remedy: "check the free space, and the image read")
            }
        }
    }

    struct Check: ParsableCommand, StatusCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look for contradictions in a qcow2 image.",
            discussion: "Exit status: 0 when there are none, lost space or not; 28 otherwise.")

        @Argument(help: "The image.", completion: .file())
        var image: String
        @Flag(help: "Put the reference counts right, which gives lost space back.")
        var repair = false

        func run() throws -> Int32 {
            var progress = ProgressLine()
            defer { progress.clear() }
            let report = try Image.translating { () throws(ImageError) in
                try DiskImage.check(path: image, repairs: repair) { progress.show($0) }
            }
            progress.clear()
            for error in report.errors { try StandardOutput.write(line: "error: \(error)") }
            if report.errorCount > report.errors.count {
                try StandardOutput.write(line: "and \(report.errorCount - report.errors.count) more errors")
            }
            if report.leaks > 0 {
                try StandardOutput.write(line: "\(report.leaks) clusters are lost space\(repair ? "; given back" : "")")
            }
            try StandardOutput.write(
                line: "\(report.errorCount) errors; \(report.allocated) of \(report.total) clusters in use, "
                    + "\(report.compressed) of them compressed")
            let remaining = report.errorCount - (repair ? report.miscounts : 0)
            return remaining == 0 ? 0 : ExitStatus.imageDamaged.rawValue
        }

        func run() throws { _ = try run() as Int32 }
    }
}
