/// Producers, what stands between, consumers, and what follows.
extension FlagCaseWriter {
    mutating func writeCase() {
        if !random.oneIn(4) { setStackPointer() }
        let register = anyRegister()
        if register != 4, random.oneIn(2) { move(register, FlagProgram.number(&random)) }
        produce()
        if random.oneIn(2) { passTime() }
        consume()
        followUp()
    }

    // MARK: Producers

    private mutating func produce() {
        switch random.below(24) {
        case 0...1: multiply()
        case 2: compareFloats()
        case 3: divide()
        case 4: popFlags()
        case 5: emit(0x9E)
        case 6: shiftByCount()
        case 7: shiftDouble()
        case 8: compareAndExchange()
        case 9: scanBits()
        case 10: testBit()
        case 11: chain()
        case 12:
            let size = wordOrDoubleword()
            random.oneIn(2) ? emit(size, 0x40 | UInt8(random.below(16))) : emit(size, [0xFF], UInt8(random.below(2)))
        default: row()
        }
    }

    /// MUL and IMUL.
    private mutating func multiply() {
        let digit = 4 | UInt8(random.below(2))
        switch random.below(4) {
        case 0: emit(wordOrDoubleword(), [0x0F, 0xAF], anyRegister())
        case 1: emit(.byte, [0xF6], digit)
        case 2: emit(.doubleword, [0x6B], anyRegister(), immediate: [random.byte()])
        default: emit(wordOrDoubleword(), [0xF7], digit)
        }
    }

    /// FCOMI and its like, FCOM and FNSTSW with SAHF, COMISS and its like.
    private mutating func compareFloats() {
        let index = anyRegister()
        switch random.below(5) {
        case 0: emit(oneOf([0xDB, 0xDF]), oneOf([0xE8, 0xF0]) | index)
        case 1: emit([0xD8, oneOf([0xD0, 0xD8]) | index, 0xDF, 0xE0, 0x9E])
        case 2: emit([0xD9, oneOf([0xE4, 0xE5]), 0xDF, 0xE0, 0x9E])
        case 3: emit(.byte, [0x0F, oneOf([0x2E, 0x2F])], index, isAligned: true)
        default: emit(.byte, prefix: 0x66, [0x0F, oneOf([0x2E, 0x2F])], index, isAligned: true)
        }
    }

    /// Quotients that fit; where the program may leave, any.
    private mutating func divide() {
        let digit = 6 | UInt8(random.below(2))
        if mayLeave { return emit(.doubleword, [oneOf([0xF6, 0xF7])], digit) }
        let divisor = UInt32(random.next() & 0x7F | 1)
        switch random.below(3) {
        case 0:
            // AH below the divisor's half, so that IDIV fits, too.
            move(0, UInt32(random.below(0x40)))
            move(1, divisor)
            emit(0xF6, 0xC1 | digit << 3)
        case 1:
            move(2, 0)
            move(1, divisor | UInt32(random.below(0x7F)) << 8 | 0x100)
            emit(.word, 0x25, 0xFF, 0x7F)
            emit(.word, 0xF7, 0xC1 | digit << 3)
        default:
            move(2, 0)
            move(1, FlagProgram.number(&random) & 0x7FFF_FFFF | 1)
            emit(.doubleword, 0xD1, 0xE8)
            emit(.doubleword, 0xF7, 0xC1 | digit << 3)
        }
    }

    /// Any status flags, now and then DF and IF, which a process cannot clear.
    private mutating func popFlags() {
        setStackPointer()
        var system: UInt16 = random.oneIn(4) ? 0x400 : random.oneIn(4) ? 0x200 : 0
        if setting.isForHost { system |= 0x200 }
        let flags = UInt16(random.byte()) & 0xD5 | 2 | (random.oneIn(2) ? 0x800 : 0) | system
        let bytes = [UInt8(truncatingIfNeeded: flags), UInt8(flags >> 8)]
        let size = wordOrDoubleword()
        emit(size, 0x68)
        emit(size == .word ? bytes : bytes + [0, 0])
        emit(size, 0x9D)
        // The string instructions go up.
        if system & 0x400 != 0 && random.oneIn(2) { emit(0xFC) }
    }

    private mutating func setCount() {
        emit(0xB1, oneOf([0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 0xFF]))
    }

    /// Shifts and rotations by CL, and by numbers that are multiples of something.
    private mutating func shiftByCount() {
        let digit = anyRegister()
        switch random.below(3) {
        case 0:
            setCount()
            random.oneIn(3) ? emit(.byte, [0xD2], digit) : emit(wordOrDoubleword(), [0xD3], digit)
        case 1:
            let count: UInt8 = oneOf([0, 1, 8, 9, 16, 17, 31, 32, 33])
            random.oneIn(3)
                ? emit(.byte, [0xC0], digit, immediate: [count]) : emit(wordOrDoubleword(), [0xC1], digit, immediate: [count])
        default: random.oneIn(3) ? emit(.byte, [0xD0], digit) : emit(wordOrDoubleword(), [0xD1], digit)
        }
    }

    private mutating func shiftDouble() {
        if random.oneIn(2) {
            setCount()
            emit(setting.isForHost ? .doubleword : wordOrDoubleword(), [0x0F, oneOf([0xA5, 0xAD])], anyRegister())
        } else {
            let count: UInt8 = oneOf([0, 1, 15, 16, 31, 32, 33])
            emit(
                setting.isForHost ? .doubleword : wordOrDoubleword(), [0x0F, oneOf([0xA4, 0xAC])], anyRegister(), immediate: [count]
            )
        }
    }

    /// CMPXCHG, CMPXCHG8B and XADD, equal now and then, and locked.
    private mutating func compareAndExchange() {
        let register = anyRegister()
        switch random.below(4) {
        case 0:
            // The accumulator is what is there.
            let address = self.address()
            setting.is16 ? emit([0x67]) : ()
            emit(.doubleword, 0xA1)
            emit(Self.bytes(address))
            setting.is16 ? emit([0x67]) : ()
            emit(.doubleword, 0x0F, 0xB1, register << 3 | 5)
            emit(Self.bytes(address))
        case 1: emit(wordOrDoubleword(), [0x0F, 0xB1], register)
        case 2:
            if random.oneIn(2) { emit(.doubleword, 0x31, 0xC0, 0x99) }
            emit(.byte, prefix: 0xF0, [0x0F, 0xC7], 1, memory: true)
        default:
            if random.oneIn(2) { emit(wordOrDoubleword(), [0x0F, 0xC1], register) } else { emit(.byte, [0x0F, 0xC0], register) }
        }
    }

    /// BSF and BSR, LZCNT, TZCNT and POPCNT, of zero now and then.
    private mutating func scanBits() {
        let (destination, source) = (anyRegister(), anyRegister())
        if source != 4, random.oneIn(2) { move(source, oneOf([0, 0, 1, 0x8000_0000, 0xFFFF_0000])) }
        let size = wordOrDoubleword()
        if random.oneIn(3) {
            emit(size, [0x0F, oneOf([0xBC, 0xBD])], destination, memory: true)
        } else {
            emit(size, 0x0F, oneOf([0xBC, 0xBD]), 0xC0 | destination << 3 | source)
        }
    }

    private mutating func testBit() {
        let digit = 4 | UInt8(random.below(4))
        if random.oneIn(2) {
            emit(wordOrDoubleword(), [0x0F, 0xBA], digit, immediate: [random.byte()])
        } else {
            emit(wordOrDoubleword(), [0x0F, 0x83 | digit << 3], anyRegister(), memory: false)
        }
    }

    /// ADD or SUB, and ADC or SBB of what is above, as compilers write sums of 64 bits; NEG with SBB.
    private mutating func chain() {
        let size = wordOrDoubleword()
        let isSum = random.oneIn(2)
        emit(size, [isSum ? 0x03 : 0x2B], anyRegister())
        if random.oneIn(3) { emit(size, [0x8B], anyRegister()) }
        for _ in 0...random.below(3) {
            switch random.below(4) {
            case 0: emit(size, [isSum ? 0x11 : 0x19], anyRegister())
            case 1: emit(size, [0x83], isSum ? 2 : 3, immediate: [random.byte()])
            case 2: emit(.byte, [isSum ? 0x12 : 0x1A], anyRegister())
            default: emit(size, [isSum ? 0x13 : 0x1B], anyRegister())
            }
            if random.oneIn(4) { emit(size, 0x40 | UInt8(random.below(16))) }
        }
    }

    // MARK: Between

    private mutating func passTime() {
        let register = anyRegister()
        if mayLeave, random.oneIn(3) { return leave() }
        switch random.below(23) {
        case 0: emit(wordOrDoubleword(), [0x8B], register, memory: true)
        case 1: emit(wordOrDoubleword(), [0x89], register, memory: true)
        case 2: emit(.byte, [0x88], register, memory: true)
        // The end of a block.
        case 3: emit(0xEB, 0)
        case 4: emit(0x70 | UInt8(random.below(16)), 0)
        case 5: emit(.byte, [0x0F, 0x95], 0)
        // LEA, MOV, NOT, BSWAP, PUSH and POP keep the flags.
        case 6: emit(.doubleword, 0x8D, 0x40 | register << 3 | 5, random.byte())
        case 7: emit(0xB0 | register, random.byte())
        case 8: random.oneIn(2) ? emit(.byte, [0xF6], 2) : emit(wordOrDoubleword(), [0xF7], 2)
        case 9: emit(.doubleword, 0x0F, 0xC8 | register)
        case 10: repeatString()
        case 11: emit(.byte, [0x0F, oneOf([0x6F, 0x7F, 0x6E, 0x7E])], register, isAligned: true)
        case 12: emit(.byte, prefix: oneOf([0xF3, 0x66]), [0x0F, oneOf([0x10, 0x11, 0x6F, 0x7F])], register, isAligned: true)
        case 13: emit(0xD9, oneOf([0xE8, 0xEE, 0xC8, 0xC9, 0xE0, 0xE1]))
        case 14: emit(.byte, [oneOf([0xD9, 0xDD])], oneOf([0, 2, 3]), memory: true)
        case 15: emit(0x99)
        case 16:
            // LOOP and JECXZ to the next instruction.
            move(1, UInt32(1 + random.below(3)))
            emit(oneOf([0xE2, 0xE3]), 0)
        case 17 where !setting.isForHost: system(register)
        case 18:
            setStackPointer()
            emit(.doubleword, 0x60)
            emit(.doubleword, 0x61)
        case 19:
            // CALL to the next instruction, and its address off the stack.
            setStackPointer()
            emit(.doubleword, 0xE8, 0, 0, 0, 0)
            emit(.doubleword, 0x58 | (register == 4 ? 0 : register))
        case 20: emit(random.oneIn(2) ? 0xFC : 0x9B)
        default:
            setStackPointer()
            emit(.doubleword, 0x50 | register)
            emit(.doubleword, 0x58 | anyRegister())
        }
    }

    /// String instructions, repeated or not, with few elements.
    private mutating func repeatString() {
        move(6, UInt32(address()))
        move(7, UInt32(address()))
        move(1, UInt32(random.below(3)))
        if random.oneIn(2) { emit(oneOf([0xF2, 0xF3])) }
        emit(oneOf([0xA4, 0xA5, 0xA6, 0xA7, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF]))
    }

    /// SGDT and SMSW, which are called out for, segment loads, ports, CLI and STI, the time.
    private mutating func system(_ register: UInt8) {
        switch random.below(7) {
        case 0: emit(.byte, [0x0F, 0x01], 0, memory: true)
        case 1: emit(.doubleword, [0x0F, 0x01], 4)
        case 2:
            setStackPointer()
            emit(.doubleword, 0x06)
            emit(.doubleword, 0x07)
        case 3:
            move(2, UInt32(FlagProgram.Selector.flat))
            emit(0x8E, oneOf([0xE2, 0xEA]))
        case 4: emit(oneOf([0xE4, 0xE6]), oneOf([0x80, 0xE9]))
        case 5: emit(0xFA)
        // CPUID, RDTSC and the shadow of STI leave the region.
        default: mayLeave ? emit(oneOf([[0x0F, 0x31], [0x0F, 0xA2], [0xFB]])) : emit(0xFA)
        }
    }

    /// Out of the region: into its own code, to a computed target, a TLB without entries.
    private mutating func leave() {
        let register = UInt8(random.below(4))
        switch random.below(6) {
        case 0...1:
            // MOV byte [the immediate below], now and then with its own value; by FS, which is flat.
            let (old, new) = (random.byte(), random.byte())
            let between: [UInt8] = random.oneIn(2) ? [0xEB, 0] : []
            let length = setting.is16 ? 9 : 8
            let target = linear + length + between.count + 1
            emit(0x64)
            if setting.is16 { emit(0x67) }
            emit(0xC6, 0x05)
            emit(Self.bytes(target) + [random.oneIn(4) ? old : new] + between + [0xB0 | register, old])
        case 2:
            // JMP register.
            move(register, UInt32(here + (setting.is16 ? 6 : 5) + (setting.is16 ? 3 : 2)))
            emit(.doubleword, 0xFF, 0xE0 | register)
        case 3:
            // PUSH and RET.
            setStackPointer()
            let length = setting.is16 ? 8 : 6
            emit(.doubleword, 0x68)
            emit(Self.bytes(here - (setting.is16 ? 2 : 1) + length))
            emit(.doubleword, 0xC3)
        case 4: emit(.byte, [0x0F, 0x01], 7, memory: true)
        default: emit([0x0F, 0x20, 0xD8 | register, 0x0F, 0x22, 0xD8 | register])
        }
    }

    // MARK: Consumers

    private mutating func consume() {
        let (register, condition) = (anyRegister(), UInt8(random.below(16)))
        switch random.below(22) {
        case 0...2: emit(.byte, [0x0F, 0x90 | condition], 0, memory: random.oneIn(4))
        case 3...5: emit(wordOrDoubleword(), [0x0F, 0x40 | condition], register, memory: random.oneIn(4))
        case 6:
            // Jcc over INC.
            let length: UInt8 = setting.is16 ? 2 : 1
            emit(0x70 | condition, length)
            emit(.doubleword, 0x40 | register)
        case 7: emit(wordOrDoubleword(), [oneOf([0x11, 0x13, 0x19, 0x1B])], register)
        case 8: emit(.byte, [oneOf([0x10, 0x12, 0x18, 0x1A])], register)
        case 9: emit(wordOrDoubleword(), [0xD1], 2 | UInt8(random.below(2)))
        case 10: emit(.byte, [0xC0], UInt8(random.below(4)), immediate: [random.byte()])
        case 11: emit(wordOrDoubleword(), [0xC1], 2 | UInt8(random.below(2)), immediate: [random.byte()])
        case 12:
            setCount()
            random.oneIn(2) ? emit(.byte, [0xD2], UInt8(random.below(8))) : emit(wordOrDoubleword(), [0xD3], UInt8(random.below(8)))
        case 13:
            setStackPointer()
            emit(.doubleword, 0x9C)
            emit(.doubleword, 0x58 | register)
        case 14: emit(oneOf([0x9F, 0xF5, 0xF8, 0xF9, 0xD6, 0x27, 0x2F, 0x37, 0x3F]))
        case 15: emit(wordOrDoubleword(), 0x40 | UInt8(random.below(16)))
        case 16: emit(oneOf([0xDA, 0xDB]), 0xC0 | UInt8(random.below(32)))
        case 17:
            // LOOPE and LOOPNE over INC.
            let length: UInt8 = setting.is16 ? 2 : 1
            move(1, UInt32(1 + random.below(2)))
            emit(oneOf([0xE0, 0xE1]), length)
            emit(.doubleword, 0x40 | register)
        case 18: repeatString()
        default: row()
        }
    }

    // MARK: Behind

    /// What is live behind the consumer: all flags, CF, all but CF, none; registers in parts and as a whole.
    private mutating func followUp() {
        let register = anyRegister()
        switch random.below(8) {
        case 0: emit(.doubleword, 0x85, 0xC0 | register << 3 | register)
        case 1: emit(.doubleword, 0x40 | register)
        case 2: emit(0xF9)
        case 3:
            setStackPointer()
            emit(.doubleword, 0x9C)
            emit(.doubleword, [0x8F], 0, memory: true)
        case 4: emit(.byte, [0x88], register, memory: true)
        case 5: emit(.doubleword, [0x89], register, memory: true)
        case 6: emit(0x70 | UInt8(random.below(16)), 0)
        default: break
        }
    }
}
