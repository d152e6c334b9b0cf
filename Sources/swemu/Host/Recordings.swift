import ArgumentParser
import Board

extension Run {
    /// These options with the images and the kernel that the recording to replay names, unless some are given. Nothing is written to them. Throws
    /// what is wrong with the recording.
    func withRecordedImages() throws -> Run {
        let isGiven = images.contains { $0 != nil } || boot.kernel != nil || cdrom.isPresent || floppies.isPresent
        guard let path = state.replay, !isGiven else { return self }
        let origin = try StateKeeper.recording(path).origin
        guard !origin.isEmpty else { return self }
        let booted = try Self.booted(origin, path)
        var options = self
        (options.image, options.hda, options.hdb) = (booted.image, booted.hda, booted.hdb)
        (options.hdc, options.hdd, options.format) = (booted.hdc, booted.hdd, booted.format)
        (options.floppies, options.cdrom, options.boot) = (booted.floppies, booted.cdrom, booted.boot)
        if !readOnly { options.snapshot = true }
        return options
    }

    /// The options that only name images and kernels: a recording may come from anybody, and says nothing else.
    private static let harmless: Set<String> = [
        "--hda", "--hdb", "--hdc", "--hdd", "--format", "--fda", "--fdb", "--write-protect-diskettes", "--snapshot", "--read-only",
        "--cdrom", "--boot", "--boot-once", "--kernel", "--append", "--initrd", "--kernel-format", "--load-address", "--entry",
        "--bits",
    ]

    private static func booted(_ words: [String], _ path: String) throws -> Run {
        if let word = words.first(where: { $0.hasPrefix("-") && !harmless.contains($0) }) {
            throw UserError(
                .stateFile,
                line:
                    "\(path): a recording names images and kernels, not \(word.prefix(40).debugDescription); give the images yourself"
            )
        }
        do {
            return try Run.parse(words)
        } catch {
            throw UserError(.stateFile, line: "\(path): its line \"booted\" is not understood; give the images yourself")
        }
    }

    /// These options with an image that is a recording as the one to replay.
    var withRecordingApart: Run {
        guard let path = image, state.replay == nil, Self.isRecording(path) else { return self }
        var options = self
        options.image = nil
        options.state.replay = path
        return options
    }

    private static func isRecording(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let mark = Array("swemu-recording ".utf8)
        var bytes = [UInt8](repeating: 0, count: mark.count)
        return read(descriptor, &bytes, bytes.count) == mark.count && bytes == mark
    }
}
