/// Arithmetic of ticks that stays at the greatest one, which never comes.
extension UInt64 {
    package func addingSaturating(_ other: UInt64) -> UInt64 {
        let sum = addingReportingOverflow(other)
        return sum.overflow ? .max : sum.partialValue
    }

    package func multipliedSaturating(by other: UInt64) -> UInt64 {
        let product = multipliedReportingOverflow(by: other)
        return product.overflow ? .max : product.partialValue
    }
}
