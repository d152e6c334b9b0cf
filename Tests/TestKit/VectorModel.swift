import Processor

extension CPUModel {
    /// The processor that has the instructions of a group of vectors: those of protected mode come from one that has all of ours.
    public static func forVectors(of group: String) -> CPUModel {
        group.hasPrefix("r16") ? .p6 : .max
    }
}
