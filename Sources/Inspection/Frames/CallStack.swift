import Executables
import Processor

/// The frames of a stopped machine, innermost first: by call frame information where the file has it, by what the instructions of a function have done to the
/// stack where it has a symbol, by frame pointers; through the frames of interrupts, also where these changed the ring and the stack.
package struct CallStack {
    package let frames: [CallFrame]

    /// At most `deepest` frames. None in code of 16 bits.
    package init(_ view: MachineView, sources: SourceMap?, deepest: Int = 64) {
        guard view.isProtected, !view.isVirtual8086, view.is64Bit || view.state.cs.isBig && view.state.ss.isBig else {
            frames = []
            return
        }
        var frames = [CallFrame(view, sources: sources)]
        while frames.count < deepest, let last = frames.last, let next = Self.caller(of: last) {
            // A stack grows down: callers' frames lie above, but for those on another stack.
            guard next.isInterrupted || next.stackPointer ?? 0 > last.stackPointer ?? .max else { break }
            frames.append(next)
        }
        self.frames = frames
    }

    private static func caller(of frame: CallFrame) -> CallFrame? {
        if let rules = frame.rules { return caller(of: frame, by: rules) }
        let analysis = !frame.isExact && hasFramePointer(frame) ? nil : StackAnalysis(frame)
        if let analysis, let entry = analysis.entry {
            var registers = frame.registers
            for (number, place) in analysis.saved { registers[number] = frame.stackWord(place) }
            // Behind a call that goes elsewhere nothing is certain, but that is how calls by pointers look.
            if !analysis.endsInIRET, let address = frame.stackWord(entry), Self.isReturnAddress(address, frame) {
                return called(frame, address, registers, stackPointer: entry &+ frame.word)
            }
            if let interrupt = InterruptFrame(near: entry, frame) { return interrupt.interrupted(by: frame, registers: registers) }
            if let address = frame.stackWord(entry), Self.isReturnAddress(address, frame) {
                return called(frame, address, registers, stackPointer: entry &+ frame.word)
            }
        }
        return callerByFramePointer(frame) ?? callerOfFrameless(frame)
    }

    // MARK: By call frame information

    private static func caller(of frame: CallFrame, by rules: CallFrameRules) -> CallFrame? {
        guard let caller = rules.caller(in: frame, registerCount: frame.registers.count) else { return nil }
        let place = caller.frameAddress &- frame.word
        // A function for interrupts is described as if it were called: what would be its return address is the interrupted one's, behind an error code or not.
        if !Self.isReturnAddress(caller.returnAddress, frame) || StackAnalysis(frame)?.endsInIRET == true,
            let interrupt = InterruptFrame(at: place, frame) ?? InterruptFrame(at: place &+ frame.word, frame)
        {
            return interrupt.interrupted(by: frame, registers: caller.registers)
        }
        guard caller.returnAddress != 0,
            rules.isSignal || frame.sources?.isCode(caller.returnAddress) == true || isReturnAddress(caller.returnAddress, frame)
        else { return nil }
        return CallFrame(
            frame.view, frame.sources, address: caller.returnAddress, isExact: rules.isSignal, isInterrupted: rules.isSignal,
            registers: caller.registers, is64Bit: frame.is64Bit, ring: frame.ring)
    }

    private static func isReturnAddress(_ address: UInt64, _ frame: CallFrame) -> Bool {
        Backtrace.isBehindCall(frame.view, address)
    }

    private static func called(_ frame: CallFrame, _ address: UInt64, _ registers: [UInt64?], stackPointer: UInt64) -> CallFrame {
        var registers = registers
        registers[frame.stackPointerNumber] = stackPointer
        return CallFrame(
            frame.view, frame.sources, address: address, isExact: false, isInterrupted: false, registers: registers,
            is64Bit: frame.is64Bit,
            ring: frame.ring)
    }

    // MARK: By the frame pointer

    /// Tells whether the function keeps a frame pointer while it calls others.
    private static func hasFramePointer(_ frame: CallFrame) -> Bool {
        StackAnalysis.start(frame).map { StackAnalysis.isStandard(at: $0, frame) } ?? true
    }

    private static func callerByFramePointer(_ frame: CallFrame) -> CallFrame? {
        let word = frame.word
        guard let pointer = frame.framePointer, pointer != 0, pointer & (word &- 1) == 0, let outer = frame.stackWord(pointer),
            let address = frame.stackWord(pointer &+ word), address != 0
        else { return nil }
        var registers = frame.registers
        registers[frame.framePointerNumber] = outer
        if let interrupt = Self.isReturnAddress(address, frame) ? nil : InterruptFrame(near: pointer &+ word, frame) {
            return interrupt.interrupted(by: frame, registers: registers)
        }
        guard frame.sources.map({ $0.isCode(address) }) ?? false || isReturnAddress(address, frame) else { return nil }
        return called(frame, address, registers, stackPointer: pointer &+ 2 &* word)
    }

    /// The return address of a function that does not begin by making a frame: the nearest value on the stack that is behind a CALL of that function.
    private static func callerOfFrameless(_ frame: CallFrame) -> CallFrame? {
        guard let start = frame.sources?.symbols.symbol(at: frame.place)?.symbol.address, let top = frame.stackPointer else {
            return nil
        }
        let mask = (frame.is64Bit ? AddressSpace.canonical48 : .bits32).mask
        for slot in 0..<64 as Range<UInt64> {
            let place = (top &+ frame.word &* slot) & mask
            guard let address = frame.stackWord(place) else { return nil }
            // E8 rel32
            if address >= 5, frame.view.linear(address &- 5, 1) == 0xE8, let distance = frame.view.linear(address &- 4, 4),
                (address &+ UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: distance)))) & mask == start
            {
                return called(frame, address, frame.registers, stackPointer: place &+ frame.word)
            }
        }
        return nil
    }
}
