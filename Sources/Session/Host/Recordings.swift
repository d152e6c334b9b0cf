import Board

/// Recordings that name what they are of.
extension SessionPlan {
    /// This plan with the images and the kernel that the recording to replay names, unless some are given. Nothing is written to them. Throws what is
    /// wrong with the recording.
    func withRecordedImages() throws -> SessionPlan {
        let isGiven =
            images.contains { $0 != nil } || boot.kernel != nil || firmware.efi != nil || cdrom.isPresent || floppies.isPresent
        guard let path = state.replay, !isGiven else { return self }
        let origin = try StateKeeper.recording(path).origin
        guard !origin.isEmpty else { return self }
        var plan = self
        do {
            try plan.boots(origin)
        } catch {
            throw UserError(
                .stateFile, line: "\(path): a recording names images and kernels, not \(error.word); give the images yourself")
        }
        if !readOnly { plan.snapshot = true }
        return plan
    }

    /// This plan with an image that is a recording as the one to replay.
    package var withRecordingApart: SessionPlan {
        guard let path = image, state.replay == nil, Self.isRecording(path) else { return self }
        var plan = self
        plan.image = nil
        plan.state.replay = path
        return plan
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
