import Processor

extension CPUModel {
    /// The processor that has the instructions of a group of vectors.
    public static func forVectors(of group: String) -> CPUModel {
        ["bits-ext", "mmx", "sse"].contains { group.contains($0) } ? .max : .p6
    }
}
