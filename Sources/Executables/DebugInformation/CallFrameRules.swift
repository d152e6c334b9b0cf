/// The places of a caller's registers when control is at one address of a function. DWARF 5, section 6.4.1.
public struct CallFrameRules: Sendable {
    /// The place of one register of the caller.
    enum Rule: Sendable {
        case undefined, same
        /// In memory, or the value itself, so far from the canonical frame address.
        case offset(Int64), valueOffset(Int64)
        case register(UInt64)
        /// An expression for the place, or for the value.
        case expression(Range<UInt64>), valueExpression(Range<UInt64>)
    }

    /// The canonical frame address: the stack pointer before the call's return address was pushed.
    enum FrameAddress: Sendable {
        case register(UInt64, Int64)
        case expression(Range<UInt64>)
    }

    private(set) var frameAddress: FrameAddress?
    private(set) var registers: [UInt64: Rule] = [:]
    let returnColumn: UInt64
    let section: Bytes
    /// The frame is an interrupt's: the return address is that of the next instruction, and not behind a call.
    public let isSignal: Bool
    let addressSize: UInt64

    private static let deepest = 64

    init(_ description: CallFrameTable.Description, at address: UInt64, is64Bit: Bool) {
        section = description.section
        returnColumn = description.common.returnColumn
        isSignal = description.common.isSignal
        addressSize = is64Bit ? 8 : 4
        run(description.common.instructions, description, until: .max, initial: [:])
        let initial = registers
        run(description.instructions, description, until: address, initial: initial)
    }

    /// Executes instructions up to the row of `address`.
    private mutating func run(
        _ instructions: Range<UInt64>, _ description: CallFrameTable.Description, until address: UInt64, initial: [UInt64: Rule]
    ) {
        let common = description.common
        var cursor = DWARFCursor(section, from: instructions.lowerBound, to: instructions.upperBound)
        var location = description.range.lowerBound
        var kept: [(FrameAddress?, [UInt64: Rule])] = []
        func factored(_ value: UInt64) -> Int64 { Int64(bitPattern: value) &* common.dataAlignment }
        while !cursor.isAtEnd {
            let opcode = cursor.u8()
            let low = UInt64(opcode & 0x3F)
            switch opcode {
            case 0x40...0x7F: location &+= low &* common.codeAlignment
            case 0x80...0xBF: registers[low] = .offset(factored(cursor.uleb()))
            case 0xC0...0xFF: registers[low] = initial[low]
            case 0x00: break
            case 0x01: location = cursor.unsigned(common.addressSize)
            case 0x02: location &+= UInt64(cursor.u8()) &* common.codeAlignment
            case 0x03: location &+= UInt64(cursor.u16()) &* common.codeAlignment
            case 0x04: location &+= UInt64(cursor.u32()) &* common.codeAlignment
            case 0x05: registers[cursor.uleb()] = .offset(factored(cursor.uleb()))
            case 0x06:
                let register = cursor.uleb()
                registers[register] = initial[register]
            case 0x07: registers[cursor.uleb()] = .undefined
            case 0x08: registers[cursor.uleb()] = .same
            case 0x09: registers[cursor.uleb()] = .register(cursor.uleb())
            case 0x0A: if kept.count < Self.deepest { kept.append((frameAddress, registers)) }
            case 0x0B: if let last = kept.popLast() { (frameAddress, registers) = last }
            case 0x0C: frameAddress = .register(cursor.uleb(), Int64(bitPattern: cursor.uleb()))
            case 0x0D: setFrameAddress(register: cursor.uleb())
            case 0x0E: setFrameAddress(offset: Int64(bitPattern: cursor.uleb()))
            case 0x0F: frameAddress = .expression(Self.block(&cursor))
            case 0x10: registers[cursor.uleb()] = .expression(Self.block(&cursor))
            case 0x11: registers[cursor.uleb()] = .offset(cursor.sleb() &* common.dataAlignment)
            case 0x12: frameAddress = .register(cursor.uleb(), cursor.sleb() &* common.dataAlignment)
            case 0x13: setFrameAddress(offset: cursor.sleb() &* common.dataAlignment)
            case 0x14: registers[cursor.uleb()] = .valueOffset(factored(cursor.uleb()))
            case 0x15: registers[cursor.uleb()] = .valueOffset(cursor.sleb() &* common.dataAlignment)
            case 0x16: registers[cursor.uleb()] = .valueExpression(Self.block(&cursor))
            // DW_CFA_GNU_args_size says nothing about registers.
            case 0x2E: _ = cursor.uleb()
            case 0x2F: registers[cursor.uleb()] = .offset(0 &- factored(cursor.uleb()))
            default: return
            }
            if location > address { return }
        }
    }

    private mutating func setFrameAddress(register: UInt64) {
        if case .register(_, let offset)? = frameAddress { frameAddress = .register(register, offset) }
    }

    private mutating func setFrameAddress(offset: Int64) {
        if case .register(let register, _)? = frameAddress { frameAddress = .register(register, offset) }
    }

    private static func block(_ cursor: inout DWARFCursor) -> Range<UInt64> {
        let count = cursor.uleb()
        let start = cursor.position
        cursor.skip(count)
        return cursor.isBroken ? 0..<0 : start..<start &+ count
    }

    // MARK: The caller

    /// The canonical frame address, the caller's registers by DWARF's numbers (nil where they are lost), and the return address.
    public struct Caller: Sendable {
        /// The canonical frame address: as a rule, the caller's stack pointer behind the call.
        public let frameAddress: UInt64
        /// The caller's registers by DWARF's numbers; nil where one is lost.
        public let registers: [UInt64?]
        /// The address that the call returns to.
        public let returnAddress: UInt64
    }

    /// The frame's canonical frame address.
    public func frameAddress(in context: some FrameContext) -> UInt64? {
        switch frameAddress {
        case .register(let number, let offset)?:
            return context.register(number).map { ($0 &+ UInt64(bitPattern: offset)) & mask }
        case .expression(let range)?:
            return LocationExpression(section, range, addressSize: addressSize).number(in: context, initial: nil)
        case nil: return nil
        }
    }

    /// The frame that called this one; nil at the outermost, and where memory is missing.
    public func caller(in context: some FrameContext, registerCount: Int) -> Caller? {
        guard let frame = frameAddress(in: context) else { return nil }
        let stackPointer = addressSize == 8 ? 7 : 4
        func value(_ number: UInt64) -> UInt64? {
            switch registers[number] {
            case nil: number == UInt64(stackPointer) ? frame : context.register(number)
            case .same?: context.register(number)
            case .undefined?: nil
            case .offset(let offset)?: context.memory((frame &+ UInt64(bitPattern: offset)) & mask, Int(addressSize))
            case .valueOffset(let offset)?: (frame &+ UInt64(bitPattern: offset)) & mask
            case .register(let other)?: context.register(other)
            case .expression(let range)?:
                LocationExpression(section, range, addressSize: addressSize).number(in: context, initial: frame)
                    .flatMap { context.memory($0, Int(addressSize)) }
            case .valueExpression(let range)?:
                LocationExpression(section, range, addressSize: addressSize).number(in: context, initial: frame)
            }
        }
        guard registers[returnColumn] != nil, let address = value(returnColumn) else { return nil }
        return Caller(frameAddress: frame, registers: (0..<UInt64(registerCount)).map(value), returnAddress: address)
    }

    private var mask: UInt64 { addressSize == 8 ? .max : 0xFFFF_FFFF }
}
