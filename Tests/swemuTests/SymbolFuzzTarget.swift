import Executables

extension FileFuzzTarget {
    /// An ELF file: names and lines of addresses, and what a debugger asks of its functions, variables, types and frames.
    static let symbols = FileFuzzTarget(name: "symbols") { bytes in
        guard let map = try? SourceMap(bytes: bytes) else { return }
        let named = map.symbols.symbols.prefix(6).flatMap { [$0.address, $0.address &+ 0x10] }
        let addresses: [UInt64] = [0, 0x10_0000, 0x10_0010, .max] + named
        for address in addresses {
            _ = (map.describe(address), map.isCode(address), map.placeOfBreakpoint(onFunctionAt: address))
            _ = map.callFrames?.rules(at: address)?.caller(in: MadeUpFrame(), registerCount: 17)
            guard let debug = map.debug else { continue }
            let frame = MadeUpFrame(frameBase: debug.frameBase(at: address, in: MadeUpFrame()))
            for function in debug.functions(at: address) {
                _ = (function.name, function.start, function.call)
                look(at: function.resultType)
                for variable in (function.parameters + function.locals).prefix(16) {
                    _ = (debug.location(of: variable, at: address, in: frame), variable.type.declaration(of: variable.name))
                    look(at: variable.type)
                }
            }
        }
        guard let debug = map.debug else { return }
        for name in ["kmain", "inner", "tasks", "current", "struct task", "enum state", "u32", "RUNNING", "main"] {
            _ = (debug.address(ofFunction: name), debug.addresses(ofInlined: name), debug.enumerator(named: name))
            for type in [debug.type(named: name), debug.type(ofFunction: name)] { type.map { look(at: $0) } }
            guard let variable = debug.variable(named: name, near: 0x10_0000) else { continue }
            _ = debug.location(of: variable, at: 0x10_0000, in: MadeUpFrame())
            look(at: variable.type)
        }
    }

    private static func look(at type: SourceType, depth: Int = 0) {
        _ = (type.name, type.size, type.shape, type.referenced, type.enumerators, type.isUnnamed, type.target)
        guard depth < 3 else { return }
        let variants = type.variants.map { [$0.discriminant] + $0.cases.map(\.member) } ?? []
        for member in (type.members + variants).prefix(12) { look(at: member.type, depth: depth + 1) }
    }
}

/// A frame whose registers and memory have numbers that are found nowhere else, and of which one in four is lost.
private struct MadeUpFrame: FrameContext {
    var frameBase: UInt64?

    var frameAddress: UInt64? { 0x20_0000 }
    func register(_ number: UInt64) -> UInt64? { number & 3 == 3 ? nil : 0x1F_F000 &+ 8 &* number }
    func memory(_ address: UInt64, _ size: Int) -> UInt64? { address & 12 == 12 ? nil : address &* 3 }
}
