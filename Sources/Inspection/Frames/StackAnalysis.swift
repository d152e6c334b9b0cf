import Executables
import Processor
import X86

/// The distance of the stack pointer below its value at a function's entry, read from the function's instructions up to where control is: for code that no
/// debug information describes.
struct StackAnalysis {
    /// Knowledge before an instruction. Distances are in bytes below the stack pointer of the function's entry, where the return address lies.
    private struct State {
        var depth: UInt64? = 0
        /// The frame pointer's distance, if it is one.
        var frame: UInt64?
        /// The place where registers were saved, by the processor's numbers.
        var saved: [Int: UInt64] = [:]
    }

    /// Linear address of the word that lay on top of the stack at the function's entry; nil where it cannot be told.
    let entry: UInt64?
    /// The caller's registers that the function has saved, by DWARF's numbers, with the addresses of the words.
    let saved: [Int: UInt64]
    /// The function has an IRET: it was not called, or not only.
    let endsInIRET: Bool

    /// Longer functions are left to their frame pointers.
    private static let longest: UInt64 = 16384

    /// Nil where no symbol says where the function begins.
    init?(_ frame: CallFrame) {
        guard let start = Self.start(frame), frame.place &- start <= Self.longest else { return nil }
        let end = Self.end(of: start, frame)
        let code = frame.view.disassembly(at: start, byteCount: Int(min(end &- start, Self.longest)))
        var state = State()
        /// The state before the instructions that take the frame down, while they come one after the other.
        var standing: State?
        var address = start
        var endsInIRET = false
        var here: State?
        for line in code {
            if here == nil, address >= frame.address { here = state }
            guard let instruction = line.instruction else { break }
            if instruction.operation == .iret { endsInIRET = true }
            if here == nil {
                let before = state
                Self.apply(instruction, frame.word, &state)
                let isShrinking = (state.depth ?? 0) < (before.depth ?? 0) || instruction.operation == .leave
                standing = isShrinking ? standing ?? before : standing
                if [.ret, .iret, .jmp, .jmpIndirect, .retFar].contains(instruction.operation), let kept = standing { state = kept }
                if !isShrinking { standing = nil }
            } else if endsInIRET {
                break
            }
            address &+= UInt64(max(1, line.bytes.count))
        }
        let found = here ?? state
        self.endsInIRET = endsInIRET
        if let distance = found.frame, let pointer = frame.framePointer {
            entry = pointer &+ distance
        } else {
            entry = found.depth.flatMap { depth in frame.stackPointer.map { $0 &+ depth } }
        }
        guard let entry else {
            saved = [:]
            return
        }
        var places: [Int: UInt64] = [:]
        for (number, distance) in found.saved {
            places[frame.is64Bit ? CallFrame.numbers64[number & 15] : number & 7] = entry &- distance
        }
        saved = places
    }

    // MARK: The function

    /// Tells where the function begins that control is in.
    static func start(_ frame: CallFrame) -> UInt64? {
        guard let symbols = frame.sources?.symbols else { return standardPrologue(frame) }
        guard let symbol = symbols.symbol(at: frame.place)?.symbol else { return standardPrologue(frame) }
        // An assembler's label inside of a function is called `function.label`.
        if !symbol.isFunction, let dot = symbol.name.dropFirst().firstIndex(of: "."),
            let outer = symbols.address(of: String(symbol.name[..<dot])),
            outer < symbol.address
        {
            return outer
        }
        return symbol.address
    }

    /// Control is at PUSH rBP before MOV rBP, rSP, or between them: then the function begins here, whatever it is called.
    private static func standardPrologue(_ frame: CallFrame) -> UInt64? {
        guard frame.isExact else { return nil }
        for start in [frame.address, frame.address &- 1] where isStandard(at: start, frame) { return start }
        return nil
    }

    /// PUSH rBP; MOV rBP, rSP. ENDBR may stand before them.
    static func isStandard(at start: UInt64, _ frame: CallFrame) -> Bool {
        var bytes = frame.view.bytes(at: start, count: 8)
        if bytes.starts(with: [0xF3, 0x0F, 0x1E]) { bytes.removeFirst(4) }
        guard bytes.first == 0x55 else { return false }
        let move = frame.is64Bit ? bytes.dropFirst(2).prefix(2) : bytes.dropFirst().prefix(2)
        return (Array(move) == [0x89, 0xE5] || Array(move) == [0x8B, 0xEC]) && (!frame.is64Bit || bytes[1] == 0x48)
    }

    private static func end(of start: UInt64, _ frame: CallFrame) -> UInt64 {
        let symbol = frame.sources?.symbols.symbol(at: start)?.symbol
        guard let symbol, symbol.size > 0 else { return max(frame.address, start) &+ 256 }
        return max(start &+ symbol.size, frame.address)
    }

    // MARK: Instructions

    private static let stack: UInt8 = 4
    private static let base: UInt8 = 5

    private static func apply(_ i: Instruction, _ word: UInt64, _ state: inout State) {
        func push(_ bytes: UInt64 = word) { state.depth = state.depth.map { $0 &+ bytes } }
        func pop(_ bytes: UInt64) { state.depth = state.depth.flatMap { $0 >= bytes ? $0 - bytes : nil } }
        let size = i.operandSize == .word ? 2 : word
        let number: UInt64 = UInt64(bitPattern: Int64(bitPattern: i.immediate))
        switch i.operation {
        case .push where i.kind0 == .register && size == word:
            push()
            save(Int(i.register0), &state)
        case .push: push(size)
        case .pushSegment, .pushf: push(size)
        case .pusha:
            for register in 0..<8 {
                push(size)
                if register != 4 { save(register, &state) }
            }
        case .pop:
            if i.kind0 == .register, i.register0 == base { state.frame = nil }
            if i.kind0 == .register { state.saved[Int(i.register0)] = nil }
            pop(size)
        case .popSegment, .popf: pop(size)
        case .popa:
            pop(8 * size)
            state.frame = nil
            state.saved = [:]
        case .call where number == 0: push()
        case .enter:
            push()
            save(Int(base), &state)
            state.frame = state.depth
            push(number & 0xFFFF)
        case .leave:
            state.depth = state.frame.flatMap { $0 >= word ? $0 - word : nil }
            state.frame = nil
            state.saved[Int(base)] = nil
        case .sub where writesStackPointer(i): if i.kind1 == .immediate { push(number) } else { state.depth = nil }
        case .add where writesStackPointer(i): if i.kind1 == .immediate { pop(number) } else { state.depth = nil }
        case .mov where writesStackPointer(i): state.depth = i.kind1 == .register && i.register1 == base ? state.frame : nil
        case .mov where i.kind0 == .register && i.register0 == base && i.operandSize != .byte:
            state.frame = i.kind1 == .register && i.register1 == stack ? state.depth : nil
        case .lea where writesStackPointer(i):
            let distance = UInt64(bitPattern: Int64(i.displacement))
            let from = i.index != Instruction.noRegister ? nil : i.base == stack ? state.depth : i.base == base ? state.frame : nil
            state.depth = from.map { $0 &- distance }
        case .and where writesStackPointer(i): state.depth = nil
        default: break
        }
    }

    private static func writesStackPointer(_ i: Instruction) -> Bool {
        i.kind0 == .register && i.register0 == stack && i.operandSize != .byte
    }

    /// The first save of a register is the caller's value.
    private static func save(_ register: Int, _ state: inout State) {
        if let depth = state.depth, state.saved[register] == nil { state.saved[register] = depth }
    }
}
