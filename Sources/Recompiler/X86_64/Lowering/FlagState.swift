import X86

/// The place where the guest's status flags are at a point of translated code, and how to get at them.
///
/// They are computed as late as possible: while the flags of the host still hold them, from there; else from operands that are still
/// around, by doing the operation again; and when neither would last, they are put into `NativeState.flags`, the image.
struct FlagState {
    enum Origin {
        /// In the image.
        case image
        /// By an operation on `first` and `second`; for `compare` and `test` `first` is the left operand, otherwise the result. CF of
        /// `increment` and `decrement` is in the image.
        case add, subtract, compare, test, logic, increment, decrement, negate
        /// By the host's flags alone.
        case host
        /// By the host's CF and OF, and the rest from the result in `first`.
        case multiply
    }

    /// An operand that can be had again.
    enum Operand: Equatable {
        case none
        case register(HostRegister)
        /// R8…R15.
        case extended(UInt8)
        case immediate(UInt64)
        /// `NativeState.operand0` or `operand1`.
        case saved(Int)
    }

    var origin = Origin.image
    /// The node that has set them; none at the beginning of a block.
    var setter: Int?
    var width = Width.doubleword
    var first = Operand.none
    var second = Operand.none
    /// The host's flags that hold the guest's, as long as nothing has changed them: see `Lowering.hostHasFlags`.
    var holder: HostFlags?
    /// All but CF, which is in the image.
    var lacksCarry = false
    /// AF is to be cleared when the host's flags are put into the image.
    var clearsAF = false

    /// The operation can be done again.
    var hasRecipe: Bool {
        switch origin {
        case .image, .host, .multiply: false
        case .add, .subtract, .compare, .test: first != .none && second != .none
        case .logic, .increment, .decrement, .negate: first != .none
        }
    }

    /// Lost when the host's flags are.
    var isFragile: Bool { origin != .image && !hasRecipe }

    /// Tells whether the flags are the same, to be had in the same way, apart from what the host's flags hold. Another instruction's that are made of the same
    /// operands are others: what it has saved is in the same place.
    func isSame(as other: FlagState) -> Bool {
        origin == other.origin && setter == other.setter && width == other.width && first == other.first && second == other.second
            && clearsAF == other.clearsAF
    }

    /// An operand is where only this way through the code has put it.
    var isSaved: Bool { [first, second].contains { if case .saved = $0 { true } else { false } } }

    func mentions(_ operand: Operand) -> Bool { first == operand || second == operand }
}
