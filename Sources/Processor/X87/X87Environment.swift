import X86

/// The x87 unit's view of the processor around it.
///
/// Accesses go to the memory operand of the current instruction. A part of it begins `offset` bytes behind the effective address, at an
/// address that wraps at the instruction's address size; the bytes of one part follow each other beyond that. So did the processor on
/// which it was tried, an AMD Zen: FNSAVE and FSTP m80 have parts of 8 and 2 bytes for a register, and 2 or 4 for a word of the environment.
protocol X87Environment {
    func load16(_ offset: UInt64) throws(Fault) -> UInt16
    func load32(_ offset: UInt64) throws(Fault) -> UInt32
    func load64(_ offset: UInt64) throws(Fault) -> UInt64
    func store16(_ value: UInt16, _ offset: UInt64) throws(Fault)
    func store32(_ value: UInt32, _ offset: UInt64) throws(Fault)
    func store64(_ value: UInt64, _ offset: UInt64) throws(Fault)
    /// Eight bytes that need no alignment beyond a word's. SDM Vol. 3A, table 6-7.
    func storeSignificand(_ value: UInt64, _ offset: UInt64) throws(Fault)
    /// Tells whether no part of an operand of `count` bytes wraps, so that all its bytes follow each other.
    func isContiguous(_ count: UInt64) -> Bool
    /// Throws what a write of a part of `count` bytes would throw; after that its stores succeed.
    func checkStore(_ offset: UInt64, _ count: UInt64) throws(Fault)

    /// An exception that is not masked waits to be reported: throws #MF when CR0.NE is set, otherwise
    /// `Fault.awaitsInterrupt` unless IGNNE# is active, as SDM Vol. 1, section 8.7.2 and appendix D say. Returns when the instruction may go on.
    func reportNumericError() throws(Fault)

    func setAX(_ value: UInt16)
    /// CF, ZF and PF are what FCMOVcc asks for.
    var flags: EFLAGS { get }
    /// Replaces OF SF ZF AF PF CF.
    func setStatusFlags(_ flags: EFLAGS)

    /// CS and EIP of the current instruction, its prefixes included.
    var instructionPointer: (selector: UInt16, offset: UInt64) { get }
    /// Segment and effective address of the memory operand.
    var dataPointer: (selector: UInt16, offset: UInt64) { get }
    /// Protected mode without VM: the environment is stored with selectors.
    var storesSelectors: Bool { get }
}

extension X87Environment {
    /// `checkStore` for the two parts of a register's ten bytes.
    func checkRegisterStore(_ offset: UInt64) throws(Fault) {
        if isContiguous(offset &+ 10) { return try checkStore(offset, 10) }
        try checkStore(offset, 8)
        try checkStore(offset &+ 8, 2)
    }
}
