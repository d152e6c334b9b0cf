/// The sentences of audits, by key; the other half of `Phrase`. `{0}`, `{1}`… are filled in.
enum AuditPhrase: String, CaseIterable {
    case nothingFound
    // Any table
    case tableUnmapped, limitOdd, userMayWrite, tablesOverlap
    // GDT
    case noGDT, noDescriptor, hiddenDiffers, reservedType, notPresent, wraps, granularityClear, smallTSS, shortSystem, TSSUnmapped,
        nullNotEmpty
    case noUserStack
    // IDT
    case noIDT, shortIDT, gateFails, exceptionEmpty, gateOpen, systemCall, gate16, trapForInterrupt, handlerUnmapped
    case realVectorEmpty, doubleFaultWithoutTask, doubleFaultWithoutIST
    // TSS
    case noTSS, notATSS, TSSShort, stackSelectorBad, stackPointerZero, stackUnmapped, stackNotCanonical, mapInside, mapEnd, noMap,
        noDoubleFaultGate
    // Paging
    case noPaging, directoryNotRAM, tableNotRAM, reservedBit, bigWithoutPSE, userOverKernel, userWritesKernel, nullPage,
        codeUnmapped
    case stackUnmappedNow, noWriteProtect, noMemoryBehind, tableMappedForUser, writableAndExecutable
    // 8259A
    case initializing, vectorsOfExceptions, sameVectors, cascadeMasked, cascadeWrong, inService, heldBack, allMasked, interruptsOff
    case maskedRequest, openWithoutGate, automaticEOI, rotated, mode8080

    var english: String { Self.tables[self] ?? Self.paging[self] ?? Self.controllers[self] ?? rawValue }

    private static let tables: [AuditPhrase: String] = [
        .nothingFound: "nothing wrong was found",
        .tableUnmapped: "the {0} at {1} is not mapped: {2}",
        .limitOdd: "the {0}'s limit {1} is not a multiple of 8, minus 1: entry {2} is cut off, and the limit should be {3}",
        .userMayWrite: "ring 3 may write the {0}: its page at {1} is for user and writable",
        .tablesOverlap: "the {0} ({1} to {2}) and the {3} ({4} to {5}) overlap",
        .noGDT: "no GDT is loaded: any load of a segment register in protected mode faults",
        .noDescriptor: "{0} holds {1}, and the table has no such descriptor: the next load of it faults",
        .hiddenDiffers:
            "{0} holds {1}, and the descriptor there is another one now: what counts is what was loaded, until the next load",
        .reservedType: "entry {0} has the reserved system type {1}",
        .notPresent: "entry {0} is {1} with P clear: loading it is #NP",
        .wraps: "entry {0}: base {1} plus limit {2} goes beyond 4 GBytes",
        .granularityClear: "entry {0} has limit FFFFFh with G clear: 1 MByte; with G (bit 55) it would be 4 GBytes",
        .smallTSS: "entry {0} is a TSS with limit {1}; it needs {2} at least",
        .shortSystem:
            "entry {0} is {1}, which has 16 bytes in IA-32e mode, and its upper half is no such: another entry follows too soon",
        .TSSUnmapped: "entry {0} is a TSS at {1}, and no page is there: {2}",
        .nullNotEmpty: "entry 0 is not empty; it is never used, selectors 0 to 3 are null",
        .noUserStack: "entry {0} is code of ring 3, and there is no writable data segment of ring 3 for its stack",
        .noIDT: "no IDT is loaded: the first exception or interrupt ends in a triple fault",
        .shortIDT: "the IDT has {0} entries; the {1} from there on ends in #GP and a double fault",
        .gateFails: "vector {0} would not be delivered: {1}",
        .exceptionEmpty: "vector {0} ({1}) has no gate: the exception becomes #GP or a double fault",
        .gateOpen: "vector {0} ({1}) has DPL 3: ring 3 can fake it with INT {0}",
        .systemCall: "vector {0} has DPL 3: the system call, or one",
        .gate16: "vector {0} is {1}: it saves 16-bit registers, though the code is 32-bit",
        .trapForInterrupt: "vector {0} (IRQ {1}) is a trap gate: IF stays set in the handler, so it can be interrupted by itself",
        .handlerUnmapped: "vector {0} leads to {1}, which is not mapped for fetching: {2}",
        .realVectorEmpty: "vector {0} is 0000:0000",
        .doubleFaultWithoutTask: "vector 8 (#DF) is no task gate: when the stack is what is broken, its handler cannot run",
        .doubleFaultWithoutIST:
            "vector 8 (#DF) has IST 0: when the stack is what is broken, its handler cannot run and the processor shuts down",
        .noTSS: "TR is null: an interrupt in ring 3 finds no stack for ring 0 and becomes #TS, then a triple fault",
        .notATSS: "TR holds {0}, which is {1} in the GDT now, not a busy TSS",
        .TSSShort: "the TSS has limit {0}; {1} is the least",
        .stackSelectorBad: "SS0 is {0}: {1}; it has to be writable data of ring 0",
        .stackPointerZero: "{0} is 0: the first push goes below the first address",
        .stackNotCanonical: "{0} is {1}, which is not canonical",
        .stackUnmapped: "the stack below {0} cannot be written: {1}",
        .mapInside: "the I/O map begins at {0}, within the TSS: ring 3 may use the ports whose bits are clear",
        .mapEnd: "the I/O map must end with a byte of ones within the limit; the last byte is {0}",
        .noMap: "the I/O map begins at {0}, beyond the limit {1}: ring 3 has no ports below IOPL",
        .noDoubleFaultGate: "vector 8 (#DF) has no gate that works: {0}",
    ]

    private static let paging: [AuditPhrase: String] = [
        .noPaging: "paging is off: linear addresses are physical ones",
        .directoryNotRAM: "CR3 leads to {0}, where no RAM is",
        .tableNotRAM: "entry {0} of the directory leads to a table at {1}, where no RAM is",
        .reservedBit: "{0} {1} at {2} is {3}: a reserved bit is set, any access is #PF",
        .bigWithoutPSE: "entry {0} of the directory has PS (bit 7), and CR4.PSE is clear: it is taken for a table at {1}",
        .userOverKernel: "ring 3 may read {0} at {1}: its page is for user",
        .userWritesKernel: "ring 3 may write {0} at {1}: its page is for user and writable",
        .nullPage: "page 0 is mapped{0}: null pointers do not fault",
        .codeUnmapped: "the next instruction at {0} is not mapped: {1}",
        .stackUnmappedNow: "the next push to {0} faults: {1}",
        .noWriteProtect: "CR0.WP is clear: ring 0 writes read-only pages, too, so copy-on-write does not see its writes",
        .noMemoryBehind: "{0} leads to {1}, where nothing is",
        .tableMappedForUser: "ring 3 may write the page at {0}, in which {1} lies",
        .writableAndExecutable: "{0} pages are writable and executable, though execute-disable is on; the first at {1}",
    ]

    private static let controllers: [AuditPhrase: String] = [
        .initializing: "the {0} 8259A is in the middle of its initialisation: {1} is to be written next",
        .vectorsOfExceptions:
            "the {0} 8259A has vectors {1} to {2}, which are exceptions in protected mode: remap it with ICW2 (20h, 28h)",
        .sameVectors: "both 8259As have the same vectors, from {0} on: nobody can tell IRQ 0 from IRQ 8",
        .cascadeMasked: "the master masks line 2, to which the slave is connected: IRQ {0} are open at the slave and never come",
        .cascadeWrong: "ICW3 of the {0} is {1}; on a PC it is {2}",
        .inService: "IRQ {0} is in service: until an EOI (20h to port {1}) it and all lines of lower priority are held back",
        .heldBack: "IRQ {0} is requested and held back by IRQ {1}, which is in service",
        .allMasked: "all lines are masked",
        .interruptsOff: "IF is 0: IRQ {0} is requested and waits for STI",
        .maskedRequest: "IRQ {0} is requested and masked",
        .openWithoutGate: "IRQ {0} is open, and its vector {1} would not be delivered: {2}",
        .automaticEOI: "the {0} 8259A ends interrupts by itself (AEOI): handlers can be interrupted by the same line",
        .rotated: "the {0} 8259A has been rotated: line {1} has the lowest priority",
        .mode8080: "the {0} 8259A is in 8080 mode: ICW4 bit 0 is clear",
    ]
}
