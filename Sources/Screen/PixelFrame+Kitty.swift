import Formats
import Wiring

extension PixelFrame {
    /// The picture for terminals that know kitty's graphics protocol ("The terminal graphics protocol"): a PNG in base 64, in pieces, shown at the cursor over
    /// `columns` × `rows` cells in place of the one before.
    func kitty(columns: Int, rows: Int) -> [UInt8] {
        let data = Base64.characters(PNG)
        var output: [UInt8] = []
        var position = 0
        while position < data.count {
            let end = min(position + 4096, data.count)
            let more = end < data.count ? 1 : 0
            let control = position == 0 ? "a=T,f=100,i=1,p=1,q=2,C=1,c=\(columns),r=\(rows),m=\(more)" : "m=\(more)"
            output += Array("\u{1B}_G\(control);".utf8) + data[position..<end] + Array("\u{1B}\\".utf8)
            position = end
        }
        return output
    }
}
