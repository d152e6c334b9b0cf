/// Code page 437, the character set of the PC's own fonts, with the pictures that the fonts show for the control codes.
enum CodePage437 {
    /// The character that code `code` looks like. 00h and FFh look like a space.
    static func character(_ code: UInt8) -> Unicode.Scalar { table[Int(code)] }

    private static let table: [Unicode.Scalar] = {
        let ascii = String(decoding: UInt8(0x20)..<0x7F, as: UTF8.self)
        let table = Array((controlPictures + ascii + "⌂" + upperHalf).unicodeScalars)
        precondition(table.count == 256, "a code page has 256 characters")
        return table
    }()

    /// 00h to 1Fh.
    private static let controlPictures =
        " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼"
        + "►◄↕‼¶§▬↨↑↓→←∟↔▲▼"

    /// 80h to FFh.
    private static let upperHalf =
        "ÇüéâäàåçêëèïîìÄÅ"
        + "ÉæÆôöòûùÿÖÜ¢£¥₧ƒ"
        + "áíóúñÑªº¿⌐¬½¼¡«»"
        + "░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
        + "└┴┬├─┼╞╟╚╔╩╦╠═╬╧"
        + "╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
        + "αßΓπΣσµτΦΘΩδ∞φε∩"
        + "≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ "
}
