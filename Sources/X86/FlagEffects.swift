/// An instruction's effects on EFLAGS: SDM Vol. 1, appendix A.
public struct FlagEffects: Equatable, Sendable, BitwiseCopyable {
    /// Flags that the result depends on.
    public var read: EFLAGS
    /// Set, cleared or written by the result. With `Traits.mayKeepFlags` only under a condition.
    public var written: EFLAGS
    /// Left undefined by the manual.
    public var undefined: EFLAGS

    /// Effects on these flags.
    public init(read: EFLAGS = [], written: EFLAGS = [], undefined: EFLAGS = []) {
        self.read = read
        self.written = written
        self.undefined = undefined
    }

    /// No effect.
    public static let none = FlagEffects()
}
