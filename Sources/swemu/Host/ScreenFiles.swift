import Chips
import Screen

/// `--screen-text` and `--screen-ppm`: files kept current for those who look from outside.
struct ScreenFiles {
    private var text: OutputFile?
    private var picture: OutputFile?

    init(text: String?, picture: String?) throws {
        self.text = try text.map { try OutputFile($0) }
        self.picture = try picture.map { try OutputFile($0) }
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
        if picture != nil { picture?.renew(vga.pixelFrame().PPM) }
    }
}
