import Executables
import Processor

/// Who called: return addresses by the chain of saved EBPs, as compilers make it with -fno-omit-frame-pointer. Without one, what looks
/// like a return address on the stack, if symbols are known.
struct Backtrace {
    /// Linear addresses behind the calls, innermost first.
    let frames: [UInt64]

    /// `deepest` is the number of frames after which the chain is not followed any more.
    init(_ view: MachineView, sources: SourceMap?, deepest: Int = 24) {
        guard view.isProtected, !view.isVirtual8086, view.state.ss.isBig else {
            frames = []
            return
        }
        let caller = Self.callerWithoutFrame(view, sources)
        let chain = (caller.map { [$0] } ?? []) + Self.framePointers(view, sources, deepest)
        frames = chain.isEmpty && sources != nil ? Self.scan(view, sources) : chain
    }

    /// The return address that no frame holds yet: at a function's first instruction, or behind its PUSH EBP.
    private static func callerWithoutFrame(_ view: MachineView, _ sources: SourceMap?) -> UInt64? {
        let ip = view.linearIP
        let pushesFrame: (UInt64) -> Bool = { view.bytes(at: $0, count: 1) == [0x55] }
        let setsFrame: (UInt64) -> Bool = { address in
            let bytes = view.bytes(at: address, count: 2)
            return bytes == [0x89, 0xE5] || bytes == [0x8B, 0xEC]
        }
        let skipped: UInt64
        if pushesFrame(ip) && setsFrame(ip &+ 1) || sources?.symbols.symbol(at: ip)?.offset == 0 {
            skipped = 0
        } else if pushesFrame(ip &- 1) && setsFrame(ip) {
            skipped = 4
        } else {
            return callerOfFrameless(view, sources)
        }
        guard let address = view.linear((view.linearSP &+ skipped) & 0xFFFF_FFFF, 4), isBehindCall(view, address) else {
            return nil
        }
        return address
    }

    /// The return address of a function that does not begin by making a frame: the nearest value on the stack that is behind a CALL of that function.
    private static func callerOfFrameless(_ view: MachineView, _ sources: SourceMap?) -> UInt64? {
        guard let start = sources?.symbols.symbol(at: view.linearIP)?.symbol.address, view.bytes(at: start, count: 1) != [0x55]
        else { return nil }
        for slot in 0..<64 as Range<UInt64> {
            guard let address = view.linear((view.linearSP &+ 4 &* slot) & 0xFFFF_FFFF, 4) else { return nil }
            // E8 rel32
            if view.linear(address &- 5, 1) == 0xE8, let distance = view.linear(address &- 4, 4),
                (address &+ distance) & 0xFFFF_FFFF == start
            {
                return address
            }
        }
        return nil
    }

    private static func framePointers(_ view: MachineView, _ sources: SourceMap?, _ deepest: Int) -> [UInt64] {
        var frames: [UInt64] = []
        var frame = view.state.rbp & 0xFFFF_FFFF
        while frames.count < deepest, frame & 3 == 0, frame != 0 {
            let linear = (view.state.ss.base &+ frame) & 0xFFFF_FFFF
            guard view.isRAM(linear: linear), let next = view.linear(linear, 4), let address = view.linear(linear &+ 4, 4),
                address != 0,
                sources?.isCode(address) ?? isBehindCall(view, address)
            else { break }
            frames.append(address)
            // A stack grows down: callers' frames lie above.
            guard next > frame else { break }
            frame = next
        }
        return frames
    }

    private static func scan(_ view: MachineView, _ sources: SourceMap?) -> [UInt64] {
        (0..<256 as Range<UInt64>).compactMap { index -> UInt64? in
            guard let value = view.linear((view.linearSP &+ 4 &* index) & 0xFFFF_FFFF, 4), sources?.isCode(value) ?? false,
                isBehindCall(view, value)
            else { return nil }
            return value
        }.prefix(8).map { $0 }
    }

    /// Whether a CALL ends right before `address`: E8 rel32, or FF /2 of two to seven bytes.
    static func isBehindCall(_ view: MachineView, _ address: UInt64) -> Bool {
        guard address >= 7, case let bytes = view.bytes(at: address &- 7, count: 7), bytes.count == 7 else { return false }
        if bytes[2] == 0xE8 { return true }
        return [0, 1, 3, 4, 5].contains { bytes[$0] == 0xFF && bytes[$0 + 1] >> 3 & 7 == 2 }
    }
}
