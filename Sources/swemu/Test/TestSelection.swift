import Session

/// A choice of the tests that were found, and the order in which they start.
struct TestSelection {
    /// Regular expressions; a test is taken when its name has one of them in it. None: all are taken.
    var filters: [Pattern] = []
    var shard: Shard?
    /// The seed of a random order; nil: by name.
    var seed: UInt64?

    /// A test is in the same part whatever the order is.
    func apply(to tests: [TestCase]) -> [TestCase] {
        let wanted = tests.filter { test in filters.isEmpty || filters.contains { $0.end(in: Array(test.name.utf8)) != nil } }
        var part = wanted.enumerated().filter { shard?.takes($0.offset) ?? true }.map(\.element)
        if let seed {
            var generator = SplitMix64(state: seed)
            part.shuffle(using: &generator)
        }
        return part
    }
}

/// Steele, Lea and Flood's generator of random numbers (OOPSLA 2014): the same numbers for a seed everywhere.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
