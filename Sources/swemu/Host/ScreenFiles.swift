import Chips
import Screen

/// `--screen-text`, `--screen-png` and `--screen-ppm`: files kept current for those who look from outside.
struct ScreenFiles {
    private var text: OutputFile?
    private var png: OutputFile?
    private var ppm: OutputFile?

    init(_ options: ScreenOptions) throws {
        text = try options.screenText.map { try OutputFile($0) }
        png = try options.screenPNG.map { try OutputFile($0) }
        ppm = try options.screenPPM.map { try OutputFile($0) }
    }

    /// The screen as a file, by its name's ending: .png, .ppm, or text. Answers why not, if it cannot be written.
    static func write(_ vga: VGA, to path: String) -> String? {
        let bytes =
            path.hasSuffix(".png")
            ? vga.pixelFrame().PNG : path.hasSuffix(".ppm") ? vga.pixelFrame().PPM : Array(vga.textFrame().text.utf8)
        guard var file = try? OutputFile(path) else {
            return "cannot write \(path) (\(hostReason())); name a file in a folder you may write to"
        }
        file.renew(bytes)
        return nil
    }

    mutating func renew(from vga: VGA) {
        if text != nil { text?.renew(Array(vga.textFrame().text.utf8)) }
        guard png != nil || ppm != nil else { return }
        let frame = vga.pixelFrame()
        if png != nil { png?.renew(frame.PNG) }
        if ppm != nil { ppm?.renew(frame.PPM) }
    }

    /// Writes a picture to the first of swemu-1.png, swemu-2.png … that does not exist. The name, or `nil` when the host refuses.
    static func screenshot(of vga: VGA) -> String? {
        for number in 1...9999 {
            let path = "swemu-\(number).png"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if descriptor < 0, errno == EEXIST { continue }
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            return writeAll(descriptor, vga.pixelFrame().PNG) ? path : nil
        }
        return nil
    }
}
