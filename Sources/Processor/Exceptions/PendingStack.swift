import X86

/// A stack that is being switched to: pushes go there before SS and rSP are committed. SDM Vol. 3A, section 5.8.5.
struct PendingStack {
    unowned(unsafe) let cpu: CPU
    let ss: SegmentRegister
    /// The value for rSP. Bits that the stack size does not cover stay as they were.
    private(set) var pointer: UInt64
    /// Pushes are made with the rights of this level.
    let level: UInt8
    /// Error code of the #SS that a push beyond the limit raises.
    let errorCode: UInt16
    /// Bits of rSP that count.
    private let mask: UInt64
    /// Linear address of offset 0: in 64-bit mode SS has no base.
    private let base: UInt64
    /// The linear addresses that the stack can have.
    private let space: AddressSpace
    /// Offset + size may be as large as this without a further check.
    private let top: UInt64
    private let tlb: TLBEntryHandle

    /// `is64Bit`: the stack of 64-bit code, with 64 bits of rSP and no segment.
    /// Inline, or what has just been written in words is copied in pairs of them, for which a host's processor waits: a tenth of an INT and IRET.
    @inline(__always)
    init(cpu: CPU, ss: SegmentRegister, pointer: UInt64, level: UInt8, errorCode: UInt16, is64Bit: Bool) {
        self.cpu = cpu
        self.ss = ss
        self.pointer = pointer
        self.level = level
        self.errorCode = errorCode
        space = is64Bit ? .canonical48 : .bits32
        mask = is64Bit ? .max : ss.isBig ? 0xFFFF_FFFF : 0xFFFF
        base = is64Bit ? 0 : ss.base
        // Where linear addresses wrap, or are not canonical, the TLB has none, and the slow way finds out.
        top = is64Bit ? .max : Window(ss, anyType: true).readTop
        tlb = level == 3 ? cpu.userTLB.data : cpu.supervisorTLB.data
    }

    @inline(__always)
    mutating func push(_ value: UInt64, _ size: UInt64) throws(Fault) {
        let offset = (pointer &- size) & mask
        if let host = host(offset, size, forWrite: true) {
            host.storeBytes(value, size)
        } else {
            try pushSlowly(offset, value, size)
        }
        pointer = (pointer & ~mask) | offset
    }

    @inline(never)
    private func pushSlowly(_ offset: UInt64, _ value: UInt64, _ size: UInt64) throws(Fault) {
        try check(offset, size)
        try cpu.write((base &+ offset) & space.mask, value, size, level: level)
    }

    /// Tells where the operand is, if neither the segment nor the TLB has anything against it. Half of the time of a system call went into
    /// asking one after the other.
    @inline(__always)
    private func host(_ offset: UInt64, _ size: UInt64, forWrite: Bool) -> UnsafeMutableRawPointer? {
        guard offset &+ size <= top else { return nil }
        return tlb.host(base &+ offset, size, forWrite: forWrite)
    }

    @inline(__always)
    mutating func push(_ value: UInt16, _ size: UInt64) throws(Fault) { try push(UInt64(value), size) }

    @inline(__always)
    mutating func pop(_ size: UInt64) throws(Fault) -> UInt64 {
        let value = try peek(0, size)
        release(size)
        return value
    }

    /// Reads without moving the pointer: `depth` bytes above it.
    @inline(__always)
    func peek(_ depth: UInt64, _ size: UInt64) throws(Fault) -> UInt64 {
        let offset = (pointer &+ depth) & mask
        if let host = host(offset, size, forWrite: false) { return host.loadBytes(size) }
        return try peekSlowly(offset, size)
    }

    @inline(never)
    private func peekSlowly(_ offset: UInt64, _ size: UInt64) throws(Fault) -> UInt64 {
        try check(offset, size)
        return try cpu.read((base &+ offset) & space.mask, size, level: level)
    }

    /// IA-32e mode's interrupts begin at a multiple of 16.
    mutating func align() { pointer &= ~15 }

    mutating func release(_ bytes: UInt64) { pointer = (pointer & ~mask) | ((pointer &+ bytes) & mask) }

    /// A probe of one byte where the pointer is, for writing.
    func checkWritable() throws(Fault) {
        let offset = pointer & mask
        try check(offset, 1)
        let linear = (base &+ offset) & space.mask
        _ = level == 3 ? try cpu.resolve(linear, 1, .write) : try cpu.resolveSystem(linear, 1, .write)
    }

    private func check(_ offset: UInt64, _ size: UInt64) throws(Fault) {
        if space == .canonical48 {
            guard space.contains(offset, size) else { throw Fault.SS(errorCode) }
            return
        }
        let last = offset &+ (size &- 1)
        let isInside =
            ss.isExpandDown
            ? offset > UInt64(ss.limit) && last <= (ss.isBig ? 0xFFFF_FFFF : 0xFFFF)
            : last <= UInt64(ss.limit)
        guard isInside, ss.isUsable else { throw Fault.SS(errorCode) }
    }
}

extension CPU {
    /// The current stack, for instructions that push or pop several things and commit at the end.
    @inline(__always)
    func currentStack(errorCode: UInt16 = 0) -> PendingStack {
        PendingStack(
            cpu: self, ss: core.pointee.state.ss, pointer: core.pointee.state.rsp, level: core.pointee.state.cpl,
            errorCode: errorCode, is64Bit: core.pointee.mode.contains(.code64))
    }

    /// The current stack as if rSP were `pointer`.
    func currentStack(at pointer: UInt64) -> PendingStack {
        PendingStack(
            cpu: self, ss: core.pointee.state.ss, pointer: pointer, level: core.pointee.state.cpl, errorCode: 0,
            is64Bit: core.pointee.mode.contains(.code64))
    }

    func commit(_ stack: PendingStack) { core.pointee.state.rsp = stack.pointer }

    /// Linear accesses with the rights of a privilege level other than the current one.
    func read(_ linear: UInt64, _ size: UInt64, level: UInt8) throws(Fault) -> UInt64 {
        let host = level == 3 ? userTLB.host(linear, size, forWrite: false) : supervisorTLB.host(linear, size, forWrite: false)
        if let host { return host.loadBytes(size) }
        let target = level == 3 ? try resolve(linear, size, .read) : try resolveSystem(linear, size, .read)
        noteDataAccess(linear, size, isWrite: false, nil)
        let value = readSplit(target, size, nil)
        if stopsAtData { noteData(target, size, isWrite: false, value, nil) }
        return value
    }

    func write(_ linear: UInt64, _ value: UInt64, _ size: UInt64, level: UInt8) throws(Fault) {
        if level == 3, let host = userTLB.host(linear, size, forWrite: true) { return host.storeBytes(value, size) }
        if level == 3 {
            if storeBesideCode(linear, value, size, userTLB.data, nil) { return }
            writeSplit(try resolve(linear, size, .write), value, size, nil)
        } else {
            try writeSystem(linear, value, size)
        }
    }
}
