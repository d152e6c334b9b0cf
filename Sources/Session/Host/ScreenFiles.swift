import Chips
import Screen

/// `--screen-text`, `--screen-png` and `--screen-ppm`: files kept current for those who look from outside.
struct ScreenFiles {
    private var text: OutputFile?
    private var png: OutputFile?
    private var ppm: OutputFile?

    init(_ plan: ScreenPlan) throws {
        text = try plan.text.map { try OutputFile($0) }
        png = try plan.png.map { try OutputFile($0) }
        ppm = try plan.ppm.map { try OutputFile($0) }
    }

    /// Endings of names of pictures of other kinds, in which nobody wants a text.
    static let foreignEndings = [".bmp", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".tif", ".tiff", ".pdf"]

    /// The screen as a file, by its name's ending: .png, .ppm, or text. Answers why not, if it cannot be written.
    static func write(_ vga: VGA, to path: String) -> String? {
        let name = path.lowercased()
        let bytes =
            name.hasSuffix(".png")
            ? vga.pixelFrame().PNG : name.hasSuffix(".ppm") ? vga.pixelFrame().PPM : Array(vga.textFrame().text.utf8)
        do {
            try OutputFile.write(bytes, to: path)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Writes what waited for the end.
    mutating func finish() {
        text?.finish()
        png?.finish()
        ppm?.finish()
    }

    /// Files that are not whole, in words.
    var losses: [String] { [text, png, ppm].compactMap { $0?.loss } }

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
            let reason = OutputDescriptor(descriptor).writeAll(vga.pixelFrame().PNG)
            let isClosed = close(descriptor) == 0
            if let reason { errno = reason }
            return reason == nil && isClosed ? path : nil
        }
        return nil
    }
}
