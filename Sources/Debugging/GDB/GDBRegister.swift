import Processor
import X86

/// A register as gdb sees it: its place in the `g` packet, its description, and how it is read and written.
struct GDBRegister: Sendable {
    let name: String
    /// A multiple of 8.
    let bits: Int
    /// A type of gdb's, or one that `TargetDescription` defines.
    let type: String
    let group: String?
    /// Little-endian, `bits` / 8 bytes.
    let read: @Sendable (MachineView) -> [UInt8]
    /// nil where it cannot be set.
    let write: (@Sendable (inout CPUState, [UInt8]) -> Void)?

    var byteCount: Int { bits / 8 }
    var isSelector: Bool { bits == 32 && name.count == 2 && name.hasSuffix("s") }
}

/// Registers 0 to 15, st0 to mxcsr in the order of gdb's i386 descriptions, which QEMU's stub has, too; then the system's, ours; then the upper
/// halves of YMM registers, which gdb puts together with the XMM registers.
enum GDBRegisters {
    static let core: [GDBRegister] = general + segments + stack + floatingPoint
    static let sse: [GDBRegister] =
        vectors + [
            number("mxcsr", type: "i386_mxcsr", group: "vector", { UInt64($0.state.sse.mxcsr.rawValue) }) {
                $0.sse.mxcsr = MXCSR(rawValue: UInt32(truncatingIfNeeded: $1))
            }
        ]
    static let all: [GDBRegister] = core + sse + system + avx

    /// Numbers in packets.
    static let esp = 4, ebp = 5, eip = 8

    // MARK: org.gnu.gdb.i386.core

    private static let general: [GDBRegister] = [
        plain("eax", \.rax), plain("ecx", \.rcx), plain("edx", \.rdx), plain("ebx", \.rbx),
        plain("esp", \.rsp, type: "data_ptr"), plain("ebp", \.rbp, type: "data_ptr"), plain("esi", \.rsi), plain("edi", \.rdi),
        // gdb knows no segments: its program counter is the linear address, as breakpoints and symbols are.
        number("eip", type: "code_ptr", group: "general", { $0.linearIP }) { state, value in
            state.rip = (value &- state.cs.base) & 0xFFFF_FFFF
        },
        number("eflags", type: "i386_eflags", group: "general", { UInt64($0.state.eflags.rawValue) }) {
            $0.eflags = EFLAGS(rawValue: UInt32(truncatingIfNeeded: $1)).union(.alwaysOne)
        },
    ]

    private static let segments: [GDBRegister] = [
        selector("cs", \.cs), selector("ss", \.ss), selector("ds", \.ds), selector("es", \.es), selector("fs", \.fs),
        selector("gs", \.gs),
    ]

    /// ST(0) is the top of the stack.
    private static let stack: [GDBRegister] = (0..<8).map { index in
        GDBRegister(
            name: "st\(index)", bits: 80, type: "i387_ext", group: "float",
            read: { view in
                var x87 = view.state.x87
                let value = x87[physical(index, x87)]
                return bytes(value.significand, 8) + bytes(UInt64(value.signExponent), 2)
            },
            write: { state, bytes in
                state.x87[physical(index, state.x87)] = Extended(
                    significand: value(bytes[..<8]), signExponent: UInt16(truncatingIfNeeded: value(bytes[8...])))
            })
    }

    private static func physical(_ index: Int, _ x87: X87State) -> UInt8 {
        UInt8(truncatingIfNeeded: UInt16(index) &+ x87.status.rawValue >> 11) & 7
    }

    private static let floatingPoint: [GDBRegister] = [
        float("fctrl", { UInt64($0.control) }) { $0.control = UInt16(truncatingIfNeeded: $1) },
        float("fstat", { UInt64($0.status.rawValue) }) { $0.status = X87Status(rawValue: UInt16(truncatingIfNeeded: $1)) },
        float(
            "ftag",
            { x87 in
                var x87 = x87
                return UInt64(x87.tagWord())
            }
        ) { $0.setTagWord(UInt16(truncatingIfNeeded: $1)) },
        float("fiseg", { UInt64($0.FCS) }) { $0.FCS = UInt16(truncatingIfNeeded: $1) },
        float("fioff", { $0.FIP & 0xFFFF_FFFF }) { $0.FIP = $1 },
        float("foseg", { UInt64($0.FDS) }) { $0.FDS = UInt16(truncatingIfNeeded: $1) },
        float("fooff", { $0.FDP & 0xFFFF_FFFF }) { $0.FDP = $1 },
        float("fop", { UInt64($0.FOP) }) { $0.FOP = UInt16(truncatingIfNeeded: $1) & 0x7FF },
    ]

    // MARK: org.gnu.gdb.i386.sse

    private static let xmm: [any WritableKeyPath<SSEState, XMM> & Sendable] = [
        \.xmm0, \.xmm1, \.xmm2, \.xmm3, \.xmm4, \.xmm5, \.xmm6, \.xmm7,
    ]

    private static let vectors: [GDBRegister] = (0..<8).map { index in
        GDBRegister(
            name: "xmm\(index)", bits: 128, type: "vec128", group: nil,
            read: { view in
                let value = view.state.sse[keyPath: xmm[index]]
                return bytes(value.low, 8) + bytes(value.high, 8)
            },
            write: { state, bytes in
                state.sse[keyPath: xmm[index]] = XMM(low: value(bytes[..<8]), high: value(bytes[8...]))
            })
    }

    // MARK: org.gnu.gdb.i386.avx

    static let avx: [GDBRegister] = (0..<8 as Range<UInt8>).map { index in
        GDBRegister(
            name: "ymm\(index)h", bits: 128, type: "uint128", group: nil,
            read: { view in
                var state = view.state.avx
                return bytes(state[index].low, 8) + bytes(state[index].high, 8)
            },
            write: { state, bytes in state.avx[index] = XMM(low: value(bytes[..<8]), high: value(bytes[8...])) })
    }

    // MARK: The system's

    static let system: [GDBRegister] = control + tables + hidden + own

    private static let control: [GDBRegister] = [
        number("cr0", type: "x86_cr0", group: "system", { UInt64($0.state.cr0.rawValue) }) {
            $0.cr0 = CR0(rawValue: UInt32(truncatingIfNeeded: $1))
        },
        plain("cr2", \.cr2, group: "system"), plain("cr3", \.cr3, group: "system"),
        number("cr4", type: "x86_cr4", group: "system", { UInt64($0.state.cr4.rawValue) }) {
            $0.cr4 = CR4(rawValue: UInt32(truncatingIfNeeded: $1))
        },
        number("efer", type: "uint32", group: "system", { UInt64($0.state.efer.rawValue) }, nil),
        number("cpl", type: "uint32", group: "system", { UInt64($0.state.cpl) }, nil),
        plain("dr0", \.dr0, group: "system"), plain("dr1", \.dr1, group: "system"), plain("dr2", \.dr2, group: "system"),
        plain("dr3", \.dr3, group: "system"),
        number("dr6", type: "uint32", group: "system", { UInt64($0.state.dr6.rawValue) }) {
            $0.dr6 = DR6(rawValue: UInt32(truncatingIfNeeded: $1))
        },
        number("dr7", type: "uint32", group: "system", { UInt64($0.state.dr7.rawValue) }) {
            $0.dr7 = DR7(rawValue: UInt32(truncatingIfNeeded: $1))
        },
    ]

    private static let own: [GDBRegister] = [
        number("ip", type: "uint32", group: "system", { $0.state.rip & 0xFFFF_FFFF }) { $0.rip = $1 },
        number("sp_linear", type: "data_ptr", group: "system", { $0.linearSP }, nil),
    ]

    private static func table(
        _ name: String, _ path: any WritableKeyPath<CPUState, DescriptorTableRegister> & Sendable
    ) -> GDBRegister {
        number("\(name)_base", type: "data_ptr", group: "system", { $0.state[keyPath: path].base & 0xFFFF_FFFF }) { state, value in
            state[keyPath: path].base = value
        }
    }

    private static let tables: [GDBRegister] = [
        table("gdtr", \.gdtr), table("idtr", \.idtr),
        number("gdtr_limit", type: "uint32", group: "system", { UInt64($0.state.gdtr.limit) }) {
            $0.gdtr.limit = UInt16(truncatingIfNeeded: $1)
        },
        number("idtr_limit", type: "uint32", group: "system", { UInt64($0.state.idtr.limit) }) {
            $0.idtr.limit = UInt16(truncatingIfNeeded: $1)
        },
    ]

    /// LDTR and TR, and what the processor keeps of each segment's descriptor. Only an instruction of the guest can load those.
    private static let hidden: [GDBRegister] = {
        var registers: [GDBRegister] = []
        let all: [(String, any WritableKeyPath<CPUState, SegmentRegister> & Sendable)] = [
            ("ldtr", \.ldtr), ("tr", \.tr), ("cs", \.cs), ("ss", \.ss), ("ds", \.ds), ("es", \.es), ("fs", \.fs), ("gs", \.gs),
        ]
        for (name, path) in all {
            if name.count != 2 || name == "tr" {
                registers.append(number(name, type: "uint32", group: "system", { UInt64($0.state[keyPath: path].selector) }, nil))
            }
            registers.append(
                number("\(name)_base", type: "data_ptr", group: "system", { $0.state[keyPath: path].base & 0xFFFF_FFFF }, nil))
            registers.append(
                number("\(name)_limit", type: "uint32", group: "system", { UInt64($0.state[keyPath: path].limit) }, nil))
            registers.append(
                number("\(name)_attributes", type: "uint32", group: "system", { UInt64($0.state[keyPath: path].attributes) }, nil))
        }
        return registers
    }()

    // MARK: Makers

    private static func number(
        _ name: String, type: String, group: String?, _ read: @escaping @Sendable (MachineView) -> UInt64,
        _ write: (@Sendable (inout CPUState, UInt64) -> Void)?
    ) -> GDBRegister {
        var setter: (@Sendable (inout CPUState, [UInt8]) -> Void)?
        if let write {
            setter = { (state: inout CPUState, bytes: [UInt8]) in write(&state, value(bytes[...])) }
        }
        return GDBRegister(
            name: name, bits: 32, type: type, group: group, read: { (view: MachineView) in bytes(read(view), 4) }, write: setter)
    }

    private static func plain(
        _ name: String, _ path: any WritableKeyPath<CPUState, UInt64> & Sendable, type: String = "uint32", group: String = "general"
    ) -> GDBRegister {
        number(name, type: type, group: group, { $0.state[keyPath: path] & 0xFFFF_FFFF }) { state, value in
            state[keyPath: path] = value
        }
    }

    private static func float(
        _ name: String, _ read: @escaping @Sendable (X87State) -> UInt64,
        _ write: @escaping @Sendable (inout X87State, UInt64) -> Void
    ) -> GDBRegister {
        number(name, type: "int", group: "float", { read($0.state.x87) }) { write(&$0.x87, $1) }
    }

    /// In real and virtual-8086 mode a selector brings its base along; elsewhere `GDBStub` looks into the descriptor table.
    private static func selector(
        _ name: String, _ path: any WritableKeyPath<CPUState, SegmentRegister> & Sendable
    ) -> GDBRegister {
        number(name, type: "uint32", group: "general", { UInt64($0.state[keyPath: path].selector) }) { state, value in
            state[keyPath: path] = .realMode(UInt16(truncatingIfNeeded: value))
        }
    }

    static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    static func value(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
