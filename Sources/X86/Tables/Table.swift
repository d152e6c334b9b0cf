/// The instruction set as data: every row of every family.
public enum Table {
    /// All rows. The index of a row here is `Instruction.row`. Where several rows fit an encoding the earlier one counts.
    public static let rows: [Row] =
        arithmetic + logic + shiftRotate + multiplyDivide + decimal + dataTransfer + stack + controlTransfer + string
        + flagControl + portIO + segment + system + bitByte + x87 + mmx + sse + sse3 + extendedState + aes + bmi + avx + avxInteger
        + avx2 + gather + fma

    /// The row an instruction was decoded from; nil for the encodings that are no instruction.
    public static func row(of instruction: Instruction) -> Row? {
        instruction.operation.isInstruction ? rows[Int(instruction.row)] : nil
    }

    /// Traits of the row, with `.endsBlock` added for a repeated string instruction. What is no instruction ends a block.
    public static func traits(of instruction: Instruction) -> Traits {
        guard instruction.operation.isInstruction else { return .endsBlock }
        var traits = traitsByRow[Int(truncatingIfNeeded: instruction.row)]
        if traits.contains(.repeatable) && !instruction.prefixes.isDisjoint(with: [.rep, .repne]) { traits.insert(.endsBlock) }
        return traits
    }

    /// Effects on EFLAGS of the row; none for what is no instruction.
    public static func flags(of instruction: Instruction) -> FlagEffects {
        instruction.operation.isInstruction ? flagsByRow[Int(truncatingIfNeeded: instruction.row)] : .none
    }

    // SAFETY: written once before the first read, as long as `rows`, never freed.
    private nonisolated(unsafe) static let traitsByRow: UnsafePointer<Traits> = permanent(rows.map(\.traits))
    private nonisolated(unsafe) static let flagsByRow: UnsafePointer<FlagEffects> = permanent(rows.map(\.flags))

    /// A copy of trivial values that lives as long as the process.
    static func permanent<T: BitwiseCopyable>(_ values: [T]) -> UnsafePointer<T> {
        let memory = UnsafeMutablePointer<T>.allocate(capacity: max(values.count, 1))
        memory.initialize(from: values, count: values.count)
        return UnsafePointer(memory)
    }
}

extension Operation {
    /// This is an instruction and not one of the three ways to fail to be one.
    @inlinable public var isInstruction: Bool { rawValue > Operation.truncated.rawValue }
}
