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

    mutating func renew(from vga: VGA) {
        if text != nil { text?.renew(Array(vga.textFrame().text.utf8)) }
        if picture != nil { picture?.renew(vga.pixelFrame().PPM) }
    }
}
