import Processor
import X86

/// Truth values, and what is done if they hold. A truth value is in the host's flags between the test and the one instruction that looks at
/// them, and no longer: who wants that instruction says so, and nothing can come between.
extension Lowering {
    private enum Consequence {
        case jump(Assembler.Label)
        case set(HostRegister)
        case move(HostRegister, Place, Width)
    }

    mutating func jump(if truth: IRValue, _ label: Assembler.Label, at index: Int) {
        emit(.jump(label), ifNot: false, truth, at: index)
    }

    mutating func jump(unless truth: IRValue, _ label: Assembler.Label, at index: Int) {
        emit(.jump(label), ifNot: true, truth, at: index)
    }

    private mutating func emit(_ consequence: Consequence, ifNot: Bool, _ truth: IRValue, at index: Int) {
        let condition = test(truth, at: index) ^ (ifNot ? 1 : 0)
        switch consequence {
        case .jump(let label): asm.jump(if: condition, label)
        case .set(let register): asm.set(condition, register)
        case .move(let register, .register(let source, _), let w): asm.cmov(condition, register, source, w)
        case .move(let register, .extended(let number), let w): asm.cmov(condition, register, extended(number), w)
        case .move: break
        }
    }

    /// Emits into a register that node `fused` sets. Flags that are made of it are saved before the test, which they would spoil.
    private mutating func emit(
        _ consequence: Consequence, into register: HostRegister, _ fused: Int, if truth: IRValue, at index: Int
    ) {
        protect(register, at: fused)
        emit(consequence, ifNot: false, truth, at: index)
        places[index] = .register(register, isGuest: true)
        isDone[fused] = true
    }

    /// A condition of the host that holds when the truth value does.
    private mutating func test(_ truth: IRValue, at index: Int) -> UInt8 {
        switch places[Int(truth)] {
        case .condition(let code):
            getIntoHost(for: code)
            return code
        case .zero(let value, let isZero):
            loseHostFlags(at: index)
            let w = nodes[Int(value)].width
            let register = encodable(Int(value), w, scratch: HostMap.scratch)
            asm.test(register, register, w)
            return isZero ? HostCondition.equal : HostCondition.notEqual
        default: return HostCondition.equal
        }
    }

    /// SETcc and CMOVcc.
    mutating func lowerSelect(_ index: Int) {
        let node = nodes[index]
        if case .constant(1) = places[Int(node.b)], case .constant(0) = places[Int(node.c)] { return lowerSet(index) }
        let set = index + 1
        let w = nodes[set].width
        if case .extended(let number) = places[Int(node.c)] { return lowerSelect(index, extended: number, w) }
        guard let fused = fusedRegister(index) else { return }
        let register = hostRegister(nodes[fused].number, w)
        // A 32-bit destination is zero-extended in either case.
        emit(.move(register, places[Int(node.b)], w), into: register, fused, if: node.a, at: index)
    }

    /// CMOVcc to one of R8 to R15; `value` may hold the source.
    private mutating func lowerSelect(_ index: Int, extended number: UInt8, _ w: Width) {
        let result = HostMap.addend
        protect(extended: number, at: index + 1)
        let condition = test(nodes[index].a, at: index)
        asm.load(result, extended(number), .quadword)
        switch places[Int(nodes[index].b)] {
        case .register(let source, _): asm.cmov(condition, result, source, w)
        case .extended(let source): asm.cmov(condition, result, extended(source), w)
        default: break
        }
        asm.store(extended(number), result, .quadword)
        isDone[index + 1] = true
    }

    private mutating func lowerSet(_ index: Int) {
        let truth = nodes[index].a
        guard let fused = fusedRegister(index), nodes[fused].width == .byte else {
            emit(.set(HostMap.value), ifNot: false, truth, at: index)
            asm.zeroExtend(HostMap.value, HostMap.value, from: .byte)
            places[index] = .register(HostMap.value, isGuest: false)
            return
        }
        let register = hostRegister(nodes[fused].number, .byte)
        emit(.set(register), into: register, fused, if: truth, at: index)
    }
}
