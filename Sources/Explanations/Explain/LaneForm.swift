import Inspection
import X86

/// A reading of the lanes of an MMX or SSE operation: the numbers that its operands and its result are made of, and what is done to each of them. By the
/// operation's name, which says it: SDM Vol. 1, sections 9.4, 10.4 and 11.4.
struct LaneForm {
    /// A number in a lane.
    enum Element {
        case unsigned(Int)
        case signed(Int)
        case float(Int)
        /// Bits that are no number.
        case pattern(Int)

        var bits: Int {
            switch self {
            case .unsigned(let bits), .signed(let bits), .float(let bits), .pattern(let bits): bits
            }
        }

        func bits(_ words: [UInt64], _ lane: Int) -> UInt64 {
            let bit = lane * bits
            guard bit / 64 < words.count else { return 0 }
            return words[bit / 64] >> UInt64(bit % 64) & (bits == 64 ? .max : 1 << UInt64(bits) - 1)
        }

        /// The number of a lane, the lowest of which is 0.
        func text(_ words: [UInt64], _ lane: Int) -> String {
            let number = bits(words, lane)
            switch self {
            case .unsigned: return String(number)
            case .signed(let bits): return String(Int64(bitPattern: number << UInt64(64 - bits)) >> Int64(64 - bits))
            case .pattern(let bits): return h(number, bits / 4)
            case .float(32):
                let single = Float(bitPattern: UInt32(number))
                return single.isFinite ? "\(single)" : single.isNaN ? "NaN" : single < 0 ? "-infinity" : "infinity"
            case .float:
                let double = Double(bitPattern: number)
                return double.isFinite ? "\(double)" : double.isNaN ? "NaN" : double < 0 ? "-infinity" : "infinity"
            }
        }
    }

    let source: Element
    let result: Element
    let isScalar: Bool
    /// The operation on a lane of the destination and one of the source; nil where lanes are moved, or made of several others.
    let text: ((String, String) -> String)?
    /// Sums or differences of whole numbers that keep only a lane's bits; `isSum` says which.
    private let wrapping: (isSum: Bool, bits: Int)?

    /// ", modulo 2^32; signed, -1 + 1 = 0" where a lane's result has lost its carry or borrow; nothing where it is what it should be.
    func wrapWords(_ old: [UInt64], _ words: [UInt64], _ lane: Int) -> String {
        guard let (isSum, bits) = wrapping else { return "" }
        let element = Element.unsigned(bits)
        let (a, b) = (element.bits(old, lane), element.bits(words, lane))
        let mask: UInt64 = bits == 64 ? .max : 1 << UInt64(bits) - 1
        let (result, isOver) = isSum ? a.addingReportingOverflow(b) : a.subtractingReportingOverflow(b)
        guard isOver || result > mask else { return "" }
        let signed = { (number: UInt64) in Int64(bitPattern: number << UInt64(64 - bits)) >> Int64(64 - bits) }
        let (x, y) = (signed(a), signed(b))
        let (exact, isOverToo) = isSum ? x.addingReportingOverflow(y) : x.subtractingReportingOverflow(y)
        let fits = !isOverToo && exact == signed(result & mask)
        return
            ", modulo 2^\(bits); signed, \(x) \(isSum ? "+" : "-") \(y) = \(signed(result & mask))\(fits ? "" : ", which wraps, too")"
    }

    /// Nil for an operation without lanes.
    init?(_ operation: X86.Operation) {
        let name = "\(operation)"
        if let conversion = Self.conversion(name) {
            (source, result, isScalar, text) = conversion
            wrapping = nil
            return
        }
        if let element = Self.floating(name) {
            (source, result) = (element.element, element.element)
            isScalar = element.isScalar
            text = Self.floatingText(name)
            wrapping = nil
            return
        }
        guard let (element, width) = Self.integer(name) else { return nil }
        (source, result, isScalar) = (element, width, false)
        text = Self.integerText(name)
        let isSum = name.hasPrefix("padd")
        let wraps = (isSum || name.hasPrefix("psub")) && !["padds", "paddus", "psubs", "psubus"].contains(String(name.dropLast()))
        wrapping = wraps ? (isSum, element.bits) : nil
    }

    // MARK: Numbers with a point

    private static func floating(_ name: String) -> (element: Element, isScalar: Bool)? {
        let isNumber = floatingNames.contains { name.hasPrefix($0) }
        guard isNumber else { return nil }
        switch name.suffix(2) {
        case "ps": return (.float(32), false)
        case "pd": return (.float(64), false)
        case "ss": return (.float(32), true)
        case "sd": return (.float(64), true)
        default: return name == "movddup" ? (.float(64), false) : name.hasPrefix("mov") ? (.float(32), false) : nil
        }
    }

    private static let floatingNames = [
        "add", "sub", "mul", "div", "min", "max", "sqrt", "rsqrt", "rcp", "cmp", "shuf", "unpck", "blend", "round", "hadd", "hsub",
        "dpp",
        "insertps", "movsldup", "movshdup", "movddup", "movhlps", "movlhps", "and", "or", "xor", "vpermil", "vperm",
    ]

    private static func floatingText(_ name: String) -> ((String, String) -> String)? {
        let stem = String(name.dropLast(2))
        switch stem {
        case "add": return { "\($0) + \($1)" }
        case "sub": return { "\($0) - \($1)" }
        case "mul": return { "\($0) * \($1)" }
        case "div": return { "\($0) / \($1)" }
        case "min", "max": return { "\(stem)(\($0), \($1))" }
        case "sqrt": return { "sqrt(\($1))" }
        case "rcp": return { "1 / \($1), nearly," }
        case "rsqrt": return { "1 / sqrt(\($1)), nearly," }
        case "round": return { "\($1) rounded" }
        case "cmp": return { "\($0), \($1)" }
        case "and", "or", "xor": return { "\($0) \(stem.uppercased()) \($1), bit by bit," }
        case "andn": return { "NOT \($0) AND \($1), bit by bit," }
        default: return nil
        }
    }

    // MARK: Conversions

    private static func conversion(_ name: String) -> (Element, Element, Bool, ((String, String) -> String)?)? {
        guard name.hasPrefix("cvt") || name.hasPrefix("vcvt") else { return nil }
        let elements: [String: Element] = [
            "ps": .float(32), "pd": .float(64), "ss": .float(32), "sd": .float(64), "dq": .signed(32), "pi": .signed(32),
            "si": .signed(32),
        ]
        let stem = name.drop { $0 == "v" }.dropFirst(name.contains("cvtt") ? 4 : 3)
        guard let from = elements[String(stem.prefix(2))], let to = elements[String(stem.suffix(2))] else { return nil }
        return (from, to, stem.hasPrefix("s") || stem.hasSuffix("ss") || stem.hasSuffix("sd"), nil)
    }

    // MARK: Integers

    /// Elements of the source and the result.
    private static func integer(_ name: String) -> (Element, Element)? {
        switch name {
        case "movd", "movq", "movdqa", "movdqu", "movq2dq", "movdq2q", "lddqu", "movntdqa": return nil
        case "pmuludq": return (.unsigned(64), .unsigned(64))
        case "pmuldq": return (.signed(64), .signed(64))
        case "pmaddwd": return (.signed(16), .signed(32))
        case "pmaddubsw": return (.unsigned(8), .signed(16))
        case "psadbw": return (.unsigned(8), .unsigned(64))
        case "packsswb": return (.signed(16), .signed(8))
        case "packssdw": return (.signed(32), .signed(16))
        case "packuswb": return (.signed(16), .unsigned(8))
        case "packusdw": return (.signed(32), .unsigned(16))
        case "pand", "pandn", "por", "pxor": return (.pattern(64), .pattern(64))
        case "psrldq", "pslldq", "palignr", "pshufb", "pblendvb", "mpsadbw": return (.unsigned(8), .unsigned(8))
        case "pshufw", "pshufhw", "pshuflw", "pinsrw", "pblendw", "phminposuw": return (.unsigned(16), .unsigned(16))
        case "pshufd", "pinsrd", "vpblendd": return (.unsigned(32), .unsigned(32))
        default: break
        }
        guard name.hasPrefix("p"), let bits = ["b": 8, "w": 16, "d": 32, "q": 64][name.suffix(1)] else { return nil }
        if name.hasPrefix("punpck") {
            guard let lower = ["bw": 8, "wd": 16, "dq": 32][name.suffix(2)] else { return (.unsigned(64), .unsigned(64)) }
            return (.unsigned(lower), .unsigned(lower))
        }
        if name.hasPrefix("pmovsx") || name.hasPrefix("pmovzx") {
            guard let from = ["b": 8, "w": 16, "d": 32][name.dropLast().suffix(1)] else { return nil }
            return name.hasPrefix("pmovsx") ? (.signed(from), .signed(bits)) : (.unsigned(from), .unsigned(bits))
        }
        let isSigned = [
            "padds", "psubs", "pmins", "pmaxs", "pcmpgt", "psra", "pmulhw", "pmulhrsw", "psign", "pabs", "phadd", "phsub",
        ]
        .contains { name.hasPrefix($0) }
        return isSigned ? (.signed(bits), .signed(bits)) : (.unsigned(bits), .unsigned(bits))
    }

    private static func integerText(_ name: String) -> ((String, String) -> String)? {
        func begins(_ words: String...) -> Bool { words.contains { name.hasPrefix($0) } }
        if begins("paddus", "padds") { return { "\($0) + \($1), saturated," } }
        if begins("psubus", "psubs") { return { "\($0) - \($1), saturated," } }
        if begins("padd") { return { "\($0) + \($1)" } }
        if begins("psub") { return { "\($0) - \($1)" } }
        if begins("pmull") { return { "the low half of \($0) * \($1)" } }
        if begins("pmulhrsw") { return { "\($0) * \($1), scaled and rounded," } }
        if begins("pmulh") { return { "the high half of \($0) * \($1)" } }
        if begins("pmins", "pminu") { return { "min(\($0), \($1))" } }
        if begins("pmaxs", "pmaxu") { return { "max(\($0), \($1))" } }
        if begins("pavg") { return { "the average of \($0) and \($1)" } }
        if begins("pcmpeq") { return { "\($0) == \($1)" } }
        if begins("pcmpgt") { return { "\($0) > \($1)" } }
        if begins("pabs") { return { "the size of \($1)" } }
        if begins("pandn") { return { "NOT \($0) AND \($1)" } }
        if begins("pand") { return { "\($0) AND \($1)" } }
        if begins("por") { return { "\($0) OR \($1)" } }
        if begins("pxor") { return { "\($0) XOR \($1)" } }
        return nil
    }
}
