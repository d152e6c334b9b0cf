/// The subject of an expression of DWARF: a frame's registers, memory, and the frame's own place.
public protocol FrameContext {
    /// A register by DWARF's number; nil where its value is lost.
    func register(_ number: UInt64) -> UInt64?
    /// 1 to 8 bytes at a linear address; nil where no page is.
    func memory(_ address: UInt64, _ size: Int) -> UInt64?
    /// Its canonical frame address.
    var frameAddress: UInt64? { get }
    /// The place that the function says its variables are relative to.
    var frameBase: UInt64? { get }
}

/// The place where the value of a variable is.
public enum ValueLocation: Equatable, Sendable {
    case memory(UInt64)
    /// In a register, by DWARF's number.
    case register(UInt64)
    /// Nowhere, but known: a number, or bytes.
    case value(UInt64)
    case bytes([UInt8])
    /// In parts, with the bytes of each; nil for a part that is lost.
    case pieces([Piece])
    /// Nowhere: the compiler has optimised it away here.
    case lost

    /// A part of a value that lies in several places.
    public struct Piece: Equatable, Sendable {
        /// The place of the part.
        public let location: ValueLocation
        /// Length of the part in bytes.
        public let size: UInt64
    }
}

/// A DWARF expression. DWARF 5, sections 2.5, 2.6 and 7.7.
struct LocationExpression {
    private let section: Bytes
    private let range: Range<UInt64>
    private let addressSize: UInt64
    /// Answers the indices of DW_OP_addrx.
    private let addressAt: (UInt64) -> UInt64?
    private static let mostSteps = 10_000
    private static let deepest = 256

    init(_ section: Bytes, _ range: Range<UInt64>, addressSize: UInt64, addressAt: @escaping (UInt64) -> UInt64? = { _ in nil }) {
        self.section = section
        self.range = range
        self.addressSize = addressSize
        self.addressAt = addressAt
    }

    private var mask: UInt64 { addressSize == 8 ? .max : 0xFFFF_FFFF }

    /// The number that is left on the stack; `initial` lies on it at the beginning.
    func number(in context: some FrameContext, initial: UInt64?) -> UInt64? {
        switch location(in: context, initial: initial) {
        case .memory(let number), .value(let number): number
        case .register(let number): context.register(number)
        default: nil
        }
    }

    /// Tells where the value is. An expression that is damaged, or needs what is lost, says that the value is.
    func location(in context: some FrameContext, initial: UInt64? = nil) -> ValueLocation {
        var run = Run(stack: initial.map { [$0] } ?? [])
        var cursor = DWARFCursor(section, from: range.lowerBound, to: range.upperBound)
        guard !range.isEmpty else { return .lost }
        var pieces: [ValueLocation.Piece] = []
        for _ in 0..<Self.mostSteps {
            guard !cursor.isAtEnd else {
                if cursor.isBroken || run.isBroken { return .lost }
                return pieces.isEmpty ? run.location(mask) : .pieces(pieces)
            }
            let opcode = cursor.u8()
            if opcode == 0x93 {  // DW_OP_piece
                guard pieces.count < Self.deepest else { return .lost }
                pieces.append(.init(location: run.isBroken ? .lost : run.location(mask), size: cursor.uleb()))
                run = Run(stack: [])
                continue
            }
            if !step(opcode, &cursor, &run, context) { return .lost }
            if run.stack.count > Self.deepest { return .lost }
        }
        return .lost
    }

    /// The stack, and a result that is no number on it.
    private struct Run {
        var stack: [UInt64]
        var result: ValueLocation?
        var isBroken = false

        func location(_ mask: UInt64) -> ValueLocation { result ?? stack.last.map { .memory($0 & mask) } ?? .lost }

        mutating func pop() -> UInt64 {
            guard let value = stack.popLast() else {
                isBroken = true
                return 0
            }
            return value
        }

        /// A number, or the end of all hope where there is none.
        mutating func push(_ value: UInt64?) {
            if value == nil { isBroken = true }
            stack.append(value ?? 0)
        }
    }

    /// Executes one operation; false for one that is not known.
    private func step(_ opcode: UInt8, _ cursor: inout DWARFCursor, _ run: inout Run, _ context: some FrameContext) -> Bool {
        func signed(_ bits: Int64) -> UInt64 { UInt64(bitPattern: bits) }
        switch opcode {
        case 0x03: run.push(cursor.unsigned(addressSize))
        case 0x06: run.push(context.memory(run.pop() & mask, Int(addressSize)))
        case 0x08: run.push(UInt64(cursor.u8()))
        case 0x09: run.push(signed(Int64(Int8(bitPattern: cursor.u8()))))
        case 0x0A: run.push(UInt64(cursor.u16()))
        case 0x0B: run.push(signed(Int64(Int16(bitPattern: cursor.u16()))))
        case 0x0C: run.push(UInt64(cursor.u32()))
        case 0x0D: run.push(signed(Int64(Int32(bitPattern: cursor.u32()))))
        case 0x0E, 0x0F: run.push(cursor.u64())
        case 0x10: run.push(cursor.uleb())
        case 0x11: run.push(signed(cursor.sleb()))
        case 0x12...0x17: arrange(opcode, &cursor, &run)
        case 0x19...0x2E: compute(opcode, &cursor, &run)
        case 0x2F: jump(&cursor)
        case 0x30...0x4F: run.push(UInt64(opcode - 0x30))
        case 0x50...0x6F: run.result = .register(UInt64(opcode - 0x50))
        case 0x70...0x8F: run.push(context.register(UInt64(opcode - 0x70)).map { $0 &+ signed(cursor.sleb()) })
        case 0x90: run.result = .register(cursor.uleb())
        case 0x91:
            let offset = signed(cursor.sleb())
            run.push(context.frameBase.map { $0 &+ offset })
        case 0x92:
            let (register, offset) = (cursor.uleb(), signed(cursor.sleb()))
            run.push(context.register(register).map { $0 &+ offset })
        case 0x94:
            let size = Int(cursor.u8())
            guard (1...8).contains(size) else { return false }
            run.push(context.memory(run.pop() & mask, size))
        case 0x96: break
        case 0x9C: run.push(context.frameAddress)
        case 0x9E:
            let count = cursor.uleb()
            guard let bytes = section.slice(cursor.position, min(count, 1 << 16)) else { return false }
            cursor.skip(count)
            run.result = .bytes(bytes)
        case 0x9F: run.result = .value(run.pop())
        case 0xA1, 0xA2: run.push(addressAt(cursor.uleb()))
        // DW_OP_convert and DW_OP_reinterpret: values keep their 64 bits here.
        case 0xA8, 0xA9, 0xF7, 0xF9: _ = cursor.uleb()
        case 0xA5, 0xF5:  // DW_OP_regval_type
            run.push(context.register(cursor.uleb()))
            _ = cursor.uleb()
        default: return false
        }
        return true
    }

    private func jump(_ cursor: inout DWARFCursor) {
        let distance = Int64(Int16(bitPattern: cursor.u16()))
        let target = cursor.position &+ UInt64(bitPattern: distance)
        guard range.contains(target) || target == range.upperBound else { return cursor.skip(.max) }
        cursor.position = target
    }

    /// Moves numbers on the stack.
    private func arrange(_ opcode: UInt8, _ cursor: inout DWARFCursor, _ run: inout Run) {
        let pick = opcode == 0x15 ? Int(cursor.u8()) : opcode == 0x14 ? 1 : 0
        let count = run.stack.count
        switch opcode {
        case 0x13: _ = run.pop()
        case 0x16:
            guard count >= 2 else { return run.push(nil) }
            run.stack.swapAt(count - 1, count - 2)
        case 0x17:
            guard count >= 3 else { return run.push(nil) }
            run.stack.insert(run.stack.removeLast(), at: count - 3)
        default: run.push(pick < count ? run.stack[count - 1 - pick] : nil)
        }
    }

    private func compute(_ opcode: UInt8, _ cursor: inout DWARFCursor, _ run: inout Run) {
        /// A number as its sign says, in the width of addresses.
        func signed(_ value: UInt64) -> Int64 {
            addressSize == 8 ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
        }
        switch opcode {
        case 0x19: return run.push(signed(run.pop()).magnitude)
        case 0x1F: return run.push(0 &- run.pop())
        case 0x20: return run.push(~run.pop())
        case 0x23: return run.push(run.pop() &+ cursor.uleb())
        case 0x28:
            let distance = Int64(Int16(bitPattern: cursor.u16()))
            guard run.pop() & mask != 0 else { return }
            let target = cursor.position &+ UInt64(bitPattern: distance)
            guard range.contains(target) || target == range.upperBound else { return cursor.skip(.max) }
            return cursor.position = target
        default: break
        }
        let (b, a) = (run.pop() & mask, run.pop() & mask)
        let (x, y) = (signed(a), signed(b))
        defer { if let last = run.stack.popLast() { run.stack.append(last & mask) } }
        switch opcode {
        case 0x1A: run.push(a & b)
        case 0x1B: run.push(y == 0 ? nil : UInt64(bitPattern: x.dividedReportingOverflow(by: y).partialValue))
        case 0x1C: run.push(a &- b)
        case 0x1D: run.push(b == 0 ? nil : a % b)
        case 0x1E: run.push(a &* b)
        case 0x21: run.push(a | b)
        case 0x22: run.push(a &+ b)
        case 0x24: run.push(b < 64 ? a << b : 0)
        case 0x25: run.push(b < 64 ? a >> b : 0)
        case 0x26: run.push(UInt64(bitPattern: x >> Int64(min(b, 63))))
        case 0x27: run.push(a ^ b)
        case 0x29: run.push(x == y ? 1 : 0)
        case 0x2A: run.push(x >= y ? 1 : 0)
        case 0x2B: run.push(x > y ? 1 : 0)
        case 0x2C: run.push(x <= y ? 1 : 0)
        case 0x2D: run.push(x < y ? 1 : 0)
        default: run.push(x != y ? 1 : 0)
        }
    }
}
