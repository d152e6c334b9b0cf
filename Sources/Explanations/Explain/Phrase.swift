/// Everything the explanations say, by key. `{0}`, `{1}`… are filled in. Another language is another table like `english`; names that manuals
/// print (registers, flags, exceptions) are the same in all.
enum Phrase: String, CaseIterable {
    // Flags
    case carryOut, noCarryOut, borrow, noBorrow, borrowWithCarry, noBorrowWithCarry, carryKept
    case positivesMadeNegative, negativesMadePositive, differentSignsFit, sumSignRight
    case positiveLessNegative, negativeLessPositive, sameSignsFit, differenceSignRight
    case halfCarry, noHalfCarry, halfBorrow, noHalfBorrow
    case zero, notZero, negative, notNegative, parityEven, parityOdd
    case logicClears, lastBitOut, topBitChanged, topBitKept, topBitWas, sarKeepsSign, rotatedOut, topBitsDiffer, topBitsSame
    case topAndCarryDiffer, topAndCarrySame, fitsSigned, exceedsSigned, fitsUnsigned, exceedsUnsigned, bitIs, instructionSets,
        instructionClears
    case stringsGoUp, stringsGoDown
    case imageBit, undefinedFlag, countZero, foundByRunning, foundByComparing, alwaysCleared, bothEqual, bothDiffer
    case digitWasAdjusted, digitWasKept, highWasAdjusted, carryWasAdjusted, highWasKept, digitBorrows
    case maskHasOne, maskHasNone, endsInside, fillsAll, maskBit

    // Expressions
    case upperHalf, lowerHalf, maskedCount, flagSet, lowBits, signExtended, signOf, swapped, bitSet, bitReset, bitComplemented,
        chosen, stays, signedNumber, onlyFlags, shiftedTooFar, stackMoves,
        flagsLoaded, bitOf
    case overflow, noOverflow, below, aboveOrEqual, equal, notEqual, belowOrEqual, above
    case sign, noSign, parity, noParity, less, greaterOrEqual, lessOrEqual, greater
    case needsBothZero, needsOneSet, needsDifference, needsSameness, needsZeroOrDifference, needsNeither
    case conditionHolds, conditionFails, isZeroTest, isNotZeroTest, bothTest, jumps, jumpsNot, jumpsIf

    // Addresses
    case addressOf, flatSegment, baseSegment, clearsUpper, keepsRest, notCanonical, segmentIs, segmentReal, nullSegment, linearIs,
        walkStep, physicalIs, unpaged, descriptorChanged

    // Faults
    case raises, check, segmentNull, segmentReadOnly, segmentNotReadable, beyondLimit, belowLimit, misaligned, refused, targetBeyond
    case divisorZero, quotientTooLarge, fetchFailed, deliveredTo, deliveryFails, shutsDown, interrupts, wouldBeServed

    // Call-outs and the rest
    case transfersFar, bitsChange
    case framePopped, framePushed, slotIgnored, thenReleased, poppedBit, thenPopped, unordered, areEqual, compares, lane,
        comparedFlag, clearedFlag, lanesChange, allOnes, allZeros
    case remainder, digitAbove9, above99, flagIs, digitKept, digitAdjusted, reasoned, decimalAlready, orderSo, nobody, lowestOne,
        onesIn,
        zerosAbove, zerosBelow, checksum, fieldOf, lowPart, withoutLowest, onlyLowest, upToLowest, deposited, extracted, keepsSign
    case bitsTested, stringsCompared, placeFound, placeNotFound, maskMade
    case bitString, rightsFound, limitFound, selectorSeen, selectorNotSeen, taskReturn, taskFlag, rounded, stackUnderflow,
        stackOverflow, examined, conditionMoved, conditionStays, forgetsPage, forgetsPages, noCaches, ordersAccesses, hintToWait,
        watchesAddress, registersEmpty, registersFull
    case bitFound, sourceZero, sourceNotZero, resultUndefined, copies, stores, loads, goesUp, goesDown, goesOn, endsHere,
        countOfAddressSize, errorCode, errorAndAddress
    case changes, written, portRead, portUnknown, portWritten, oneIteration, lastIteration, noIteration, noChange, next, operation,
        halted, frozen

    /// The words of English.
    var english: String {
        Self.flags[self] ?? Self.terms[self] ?? Self.tests[self] ?? Self.places[self] ?? Self.outcomes[self] ?? Self.numbers[self]
            ?? rawValue
    }

    private static let flags: [Phrase: String] = [
        .carryOut: "carry out of bit {0}",
        .noCarryOut: "no carry out of bit {0}",
        .borrow: "a borrow: {0} is below {1} as unsigned numbers",
        .noBorrow: "no borrow: {0} is not below {1} as unsigned numbers",
        .borrowWithCarry: "a borrow: {0} is below {1} + CF as unsigned numbers",
        .noBorrowWithCarry: "no borrow: {0} is not below {1} + CF as unsigned numbers",
        .carryKept: "this instruction leaves CF alone",
        .positivesMadeNegative: "two positives made a negative",
        .negativesMadePositive: "two negatives made a positive",
        .differentSignsFit: "numbers of different signs cannot overflow when added",
        .sumSignRight: "the sum has the sign of both numbers",
        .positiveLessNegative: "a positive minus a negative made a negative",
        .negativeLessPositive: "a negative minus a positive made a positive",
        .sameSignsFit: "numbers of the same sign cannot overflow when subtracted",
        .differenceSignRight: "the difference has the sign of the first number",
        .halfCarry: "carry out of bit 3",
        .noHalfCarry: "no carry out of bit 3",
        .halfBorrow: "borrow into bit 3",
        .noHalfBorrow: "no borrow into bit 3",
        .zero: "the result is 0",
        .notZero: "the result is not 0",
        .negative: "bit {0} of the result is 1: negative as a signed number",
        .notNegative: "bit {0} of the result is 0: not negative as a signed number",
        .parityEven: "the low byte {0} has {1} ones, an even number",
        .parityOdd: "the low byte {0} has {1} ones, an odd number",
        .logicClears: "AND, OR, XOR and TEST clear it",
        .lastBitOut: "the last bit shifted out was {0}",
        .topBitChanged: "the top bit changed",
        .topBitKept: "the top bit stayed as it was",
        .topBitWas: "the top bit of the operand was {0}",
        .sarKeepsSign: "SAR keeps the sign",
        .rotatedOut: "the last bit rotated out of bit {0} was {1}",
        .topBitsDiffer: "the two top bits of the result differ",
        .topBitsSame: "the two top bits of the result are the same",
        .topAndCarryDiffer: "the top bit of the result and CF differ",
        .topAndCarrySame: "the top bit of the result and CF are the same",
        .fitsSigned: "the product fits into {0} bits as a signed number",
        .exceedsSigned: "the product does not fit into {0} bits as a signed number",
        .fitsUnsigned: "the product fits into {0} bits",
        .exceedsUnsigned: "the product does not fit into {0} bits",
        .bitIs: "bit {0} of {1} is {2}",
        .instructionSets: "that is what the instruction is for",
        .instructionClears: "that is what the instruction is for",
        .stringsGoUp: "string instructions go up",
        .stringsGoDown: "string instructions go down",
        .imageBit: "bit {0} of AH",
        .undefinedFlag: "undefined by the manual; this is what the processor makes of it",
        .countZero: "the count is 0: no flag changes",
        .foundByRunning: "set by the operation above",
        .foundByComparing: "set by the comparison above, as by CMP",
        .alwaysCleared: "the instruction clears it always",
        .bothEqual: "the two are equal",
        .bothDiffer: "the two differ",
        .digitWasAdjusted: "the low digit was adjusted",
        .digitWasKept: "the low digit was right",
        .highWasAdjusted: "the high digit was adjusted, as its value has more than two digits",
        .carryWasAdjusted: "the high digit was adjusted, as CF was 1",
        .highWasKept: "the high digit was right",
        .digitBorrows: "taking 6 from {0} borrows",
        .maskHasOne: "it holds at one place at least",
        .maskHasNone: "it holds nowhere",
        .endsInside: "{0} ends before its last element",
        .fillsAll: "{0} has all its elements",
        .maskBit: "bit 0 of what was found",
    ]

    private static let terms: [Phrase: String] = [
        .upperHalf: "upper half of {0}",
        .lowerHalf: "{0}, of which the low {1} bits are {2}",
        .maskedCount: "the count is {0} = {1}",
        .flagSet: "{0} <- {1}",
        .signExtended: "{0} sign-extended",
        .signOf: "the sign of {0} in every bit",
        .lowBits: "low {1} bits of {0}",
        .swapped: "{0} with its bytes in reverse",
        .bitSet: "{0} with bit {1} set",
        .bitReset: "{0} with bit {1} cleared",
        .bitComplemented: "{0} with bit {1} complemented",
        .chosen: "{0} <- {1} because {2}",
        .stays: "{0} stays {1} because {2}",
        .shiftedTooFar: "undefined by the manual, for the count {0} is more than {1} bits (this is what the processor makes of it)",
        .signedNumber: "{0} as a signed number",
        .onlyFlags: "only the flags are kept",
        .stackMoves: "{0} <- {1} (it was {2})",
        .flagsLoaded: "SF:ZF:0:AF:0:PF:1:CF <- AH = {0}",
        .bitOf: "bit {1} of {0}",
        .conditionHolds: "{0} holds ({1})",
        .conditionFails: "{0} does not hold ({1})",
        .isZeroTest: "{0} is 0",
        .isNotZeroTest: "{0} is {1}, not 0",
        .bothTest: "{0}, and {1}",
        .jumps: "jumps to {0}",
        .jumpsNot: "does not jump: {0}",
        .jumpsIf: "jumps to {0}: {1}",
    ]

    /// The condition codes in words, in the order of their numbers. SDM Vol. 1, appendix B.
    static let conditions: [Phrase] = [
        .overflow, .noOverflow, .below, .aboveOrEqual, .equal, .notEqual, .belowOrEqual, .above,
        .sign, .noSign, .parity, .noParity, .less, .greaterOrEqual, .lessOrEqual, .greater,
    ]
    /// The flags that each of them asks for, where it asks for more than one.
    static let needs: [Phrase?] = [
        nil, nil, nil, nil, nil, nil, .needsOneSet, .needsBothZero,
        nil, nil, nil, nil, .needsDifference, .needsSameness, .needsZeroOrDifference, .needsNeither,
    ]

    private static let tests: [Phrase: String] = [
        .overflow: "overflow", .noOverflow: "no overflow", .below: "below", .aboveOrEqual: "above or equal",
        .equal: "equal", .notEqual: "not equal", .belowOrEqual: "below or equal", .above: "above",
        .sign: "negative", .noSign: "not negative", .parity: "parity even", .noParity: "parity odd",
        .less: "less", .greaterOrEqual: "greater or equal", .lessOrEqual: "less or equal", .greater: "greater",
        .needsBothZero: "it needs both to be 0", .needsOneSet: "it needs one of them to be 1",
        .needsDifference: "it needs them to differ", .needsSameness: "it needs them to be the same",
        .needsZeroOrDifference: "it needs ZF to be 1, or SF and OF to differ",
        .needsNeither: "it needs ZF to be 0, and SF and OF to be the same",
    ]

    private static let places: [Phrase: String] = [
        .addressOf: "address of {0}: {1}",
        .flatSegment: "{0} has no base and no limit in 64-bit code",
        .baseSegment: "of {0} 64-bit code has the base alone: {1}",
        .clearsUpper: "bits 63 to 32 of {0} become 0, as with every result of 32 bits",
        .keepsRest: "the other bits of {0} stay",
        .notCanonical: "address {0} is not canonical: bits 63 to 47 have to be equal",
        .segmentIs: "{0} is {1}: {2} of ring {3}, base {4}, limit {5}",
        .segmentReal: "{0} is {1}: base {1} * 16 = {2}, limit {3}",
        .nullSegment: "{0} is {1}: a null selector, of no use",
        .linearIs: "linear address: {0} + {1} = {2}",
        .walkStep: "{0} {1} at {2} is {3}",
        .physicalIs: "physical address: {0}",
        .unpaged: "physical address: {0}, for there is no paging",
        .descriptorChanged: "its descriptor in the table is another one now; what was loaded counts",
    ]

    private static let numbers: [Phrase: String] = [
        .framePopped: "takes from the stack, from SS:[{0}] up: {1}",
        .framePushed: "puts on the stack, from SS:[{0}] up: {1}",
        .slotIgnored: "{0} (ignored)",
        .thenReleased: "{0}; then {1} more bytes are released",
        .poppedBit: "bit {0} of the flags that were popped",
        .thenPopped: "then ST(0) is popped, and ST(1) becomes ST(0)",
        .unordered: "unordered: one of them is no number",
        .areEqual: "equal",
        .compares: "compares {0} with {1}: {2}",
        .lane: "lane {0}: {1}",
        .remainder: "the remainder",
        .digitAbove9: "its low digit {0} is above 9",
        .above99: "{0} is above 99h",
        .flagIs: "{0} was {1}",
        .digitKept: "{0} <- {1}, the low digit of {2}, which is decimal",
        .digitAdjusted: "AL <- the low digit of AL {0} 6 = {1}, for {2}",
        .reasoned: "for {0}",
        .decimalAlready: "AL stays {0}: both digits are decimal, and AF and CF were 0",
        .orderSo: "{0}, so {1}",
        .nobody: "{0}, which has no one",
        .lowestOne: "{0}, whose lowest one is bit {1}",
        .onesIn: "the ones in {0}",
        .zerosAbove: "the zeros above the highest one in {0}",
        .zerosBelow: "the zeros below the lowest one in {0}",
        .checksum: "CRC-32C of {0}, going on from {1}",
        .fieldOf: "of {0} the {1} bits from bit {2} on, by {3},",
        .lowPart: "of {0} the low {1} bits, by {2},",
        .withoutLowest: "all but the lowest one of {0},",
        .onlyLowest: "the lowest one alone of {0},",
        .upToLowest: "ones up to the lowest one of {0},",
        .deposited: "the low bits of {0}, put to the ones of the mask {1},",
        .extracted: "the bits of {0} at the ones of the mask {1}, pushed together,",
        .keepsSign: "the sign is kept",
        .bitsTested: "{0} & {1} is {2}, and ~{0} & {1} is {3}",
        .stringsCompared: "compares {0} of {1} ({2} of {3}) with {4} ({5} of {3}): {6}",
        .placeFound: "{0} <- {1}, the {2} place where that holds",
        .placeNotFound: "{0} <- {1}: that holds nowhere",
        .maskMade: "XMM0 has ones where that holds",
        .lanesChange: "{0} <- {1} (lane 0 first; it was {2})",
        .allOnes: "{0}: yes, so all bits are 1",
        .allZeros: "{0}: no, so all bits are 0",
        .bitString: "bit {0}, counted from bit 0 of {1}, is bit {2} of the byte at {3}: {4}",
        .rightsFound: "{0} <- {1}, the access rights of selector {2}: {3}",
        .limitFound: "{0} <- {1}, the limit of selector {2}: {3}",
        .selectorSeen: "selector {0} is {1} that this ring may look at",
        .selectorNotSeen: "selector {0}: {1}, so {2}",
        .taskReturn:
            "EFLAGS.NT is 1: returns to the task whose selector {0} is the back link of the current TSS; registers and flags come from there",
        .taskFlag: "from EFLAGS in the TSS of the task",
        .rounded: "{0} <- {1}, which is {2} rounded {3}",
        .stackUnderflow: "stack underflow: {0} is empty (IE and SF become 1, C1 0){1}",
        .stackOverflow: "stack overflow: the register that becomes ST(0) is not empty (IE, SF and C1 become 1){0}",
        .examined: "ST(0) is {0}: C3, C2, C0 = {1}; C1 = {2}, its sign",
        .conditionMoved: "ST(0) <- {0} = {1} because {2}",
        .conditionStays: "ST(0) stays {0} because {1}",
        .comparedFlag: "1 for {0}; here it is {1}",
        .clearedFlag: "comparisons of floating-point numbers clear it",
        .bitFound: "{0} <- {1}, the number of the {2} bit of {3} that is 1",
        .sourceZero: "the source is 0",
        .sourceNotZero: "the source is not 0",
        .resultUndefined: "{0} is undefined by the manual (here left alone): the source is 0",
        .copies: "copies {0} from {1} to {2}",
        .stores: "stores {0} to {1}",
        .loads: "{0} <- {1} from {2}",
        .goesUp: "{0} {2} up by {1} (DF = 0)",
        .goesDown: "{0} {2} down by {1} (DF = 1)",
        .goesOn: "and on it goes (ZF = {0})",
        .endsHere: "and it ends here (ZF = {0})",
        .countOfAddressSize: " (addresses have 16 bits, and so has the count; ECX is {0})",
        .errorCode: "error code {0}",
        .errorAndAddress: "error code {0}: {1}; CR2 = {2}",
    ]

    private static let outcomes: [Phrase: String] = [
        .raises: "raises {0}: {1}",
        .check: "the check that fails: {0}",
        .segmentNull: "{0} holds a null selector ({1})",
        .segmentReadOnly: "{0} ({1}) is {2}, which may not be written",
        .segmentNotReadable: "{0} ({1}) is {2}, which may not be read as data",
        .beyondLimit: "the last byte at offset {0} is beyond {1}'s limit {2}",
        .belowLimit: "{0} grows down: offsets up to its limit {1} are outside, and {2} is one",
        .misaligned: "{0} is no multiple of {1}, and CR0.AM and EFLAGS.AC ask for that in ring 3",
        .refused: "{0}",
        .targetBeyond: "the target {0} is beyond the limit {1} of CS",
        .divisorZero: "the divisor is 0",
        .quotientTooLarge: "the quotient does not fit into {0} bits",
        .fetchFailed: "the instruction cannot be fetched from {0}",
        .deliveredTo: "{0} goes through entry {1} of the {2} to {3}",
        .deliveryFails: "delivering {0} fails with {1}: {2}",
        .shutsDown: "the processor shuts down: a triple fault; a PC then resets it",
        .interrupts: "INT {0}: entry {1} of the {2} leads to {3}",
        .wouldBeServed: "an interrupt is pending and comes first",
        .transfersFar: "goes to {0}; CS is loaded with {1} (base {2})",
        .bitsChange: "{0}: {1}, the others as they were",
        .changes: "{0}: {1} -> {2}",
        .written: "[{0}] <- {1} (physical)",
        .portRead: "port {0} answers {1}",
        .portUnknown: "port {0} is read; only reading it tells what it answers",
        .portWritten: "port {0} <- {1}",
        .oneIteration: "this is one iteration; {0} are left, this one included",
        .lastIteration: "this is the last iteration",
        .noIteration: "{0} is 0: nothing is {1}",
        .noChange: "nothing but EIP changes",
        .registersEmpty: "all x87 registers count as empty",
        .registersFull: "all x87 registers count as full",
        .forgetsPage: "the TLB forgets the translation of the page of {0}; no register changes",
        .forgetsPages: "the TLB forgets translations; no register changes",
        .noCaches: "caches are written back or emptied; there are none here, and no register changes",
        .ordersAccesses: "accesses to memory before it are finished before those behind it; no register changes",
        .hintToWait: "a hint that a loop waits; no register changes",
        .watchesAddress: "writes near {0} (EAX) are watched for MWAIT; no register changes",
        .next: "next: {0}",
        .operation: "operation: {0}",
        .frozen: "an x87 error is pending with CR0.NE = 0: the instruction waits until an interrupt comes",
        .halted: "the processor halts until an interrupt comes",
    ]

    /// The phrase with its places filled.
    func with(_ arguments: String...) -> String {
        var text = Language.current.text(self)
        for (index, argument) in arguments.enumerated() { text = text.replacing("{\(index)}", with: argument) }
        return text
    }
}

/// A language of the explanations.
package struct Language: Sendable {
    let text: @Sendable (Phrase) -> String

    static let english = Language { $0.english }
    /// The only one so far.
    static let current = english
}
