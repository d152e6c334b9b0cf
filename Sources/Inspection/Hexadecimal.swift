/// Returns eight hexadecimal digits, or as many as `digits`, with an "h" behind them, as manuals write numbers.
package func h(_ value: UInt64, _ digits: Int = 8) -> String { hexDigits(value, digits) + "h" }

/// Returns hexadecimal digits with leading zeros.
package func hexDigits(_ value: UInt64, _ digits: Int, uppercase: Bool = true) -> String {
    let text = String(value, radix: 16, uppercase: uppercase)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}

/// Returns a selector as "0010h".
package func h(_ selector: UInt16) -> String { h(UInt64(selector), 4) }

/// Returns a far pointer as "0008:0010beef": four, eight or sixteen digits of offset, as many as it takes.
package func farPointer(_ selector: UInt16, _ offset: UInt64) -> String {
    let digits = offset > 0xFFFF_FFFF ? 16 : offset > 0xFFFF ? 8 : 4
    return "\(hexDigits(UInt64(selector), 4, uppercase: false)):\(hexDigits(offset, digits, uppercase: false))"
}
