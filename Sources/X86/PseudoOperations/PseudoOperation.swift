/// What an operation does, in the notation of the manual's "Operation" sections: `<-` assigns, DEST and SRC are the operands in their
/// order, (E)SP and the like stand for the register of the size in force.
public enum PseudoOperation {
    /// One or several lines. Empty only for what is no instruction.
    public static func lines(of operation: Operation) -> [String] {
        text[operation]?.split(separator: "\n").map(String.init) ?? []
    }

    private static let text: [Operation: String] = {
        var text = general
        for table in [control, system, floatingPoint, integerVectors, floatVectors, vectorMoves, advancedVectors, extendedState] {
            text.merge(table) { first, _ in first }
        }
        return text
    }()
}
