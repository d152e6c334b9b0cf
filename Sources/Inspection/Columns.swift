/// Text in columns.
package enum Columns {
    /// Fills up with blanks; what is wider stays as it is.
    package static func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
