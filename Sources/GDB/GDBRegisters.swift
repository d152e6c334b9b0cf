import Inspection
import Processor
import SoftFloat
import X86

/// The registers of a processor as gdb is told of them, in the order of packets.
///
/// Those of gdb's own descriptions come first, in QEMU's order: eax to mxcsr for `i386`; for `i386:x86-64` rax to gs, the bases and control
/// registers, st0 to mxcsr. Then the system's, ours; then the upper halves of YMM registers, which gdb puts together with the XMM registers.
struct GDBRegisters: Sendable {
    /// gdb's features `org.gnu.gdb.i386.core`, `.segments` and `.sse`; the rest is `swemu.system`.
    let core: [GDBRegister]
    let bases: [GDBRegister]
    let sse: [GDBRegister]
    let system: [GDBRegister]
    let avx: [GDBRegister]
    let all: [GDBRegister]
    /// Numbers in packets.
    let programCounter: Int
    let stackPointer: Int
    let framePointer: Int

    static let i386 = GDBRegisters(is64Bit: false)
    static let x86_64 = GDBRegisters(is64Bit: true)

    private init(is64Bit: Bool) {
        let width = is64Bit ? 64 : 32
        let general = Self.general(is64Bit)
        let sse = Self.vectors(is64Bit ? 16 : 8) + [Self.mxcsr]
        avx = Self.upperHalves(is64Bit ? 16 : 8)
        let control = Self.control(width), own = Self.debug(width) + Self.own(width) + Self.tables(width) + Self.hidden(width)
        if is64Bit {
            let bases = ["fs_base": \CPUState.fs.base, "gs_base": \CPUState.gs.base].sorted { $0.key < $1.key }.map {
                GDBRegister.plain($0.key, $0.value, bits: 64, type: "int64")
            }
            self.bases = bases
            let first = [GDBRegister.plain("k_gs_base", \.msr.kernelGSBase, bits: 64, group: "system")] + control
            let rest = own.filter { !["fs_base", "gs_base"].contains($0.name) }
            core = general + Self.stack + Self.floatingPoint
            system = first + rest
            all = general + bases + first + Self.stack + Self.floatingPoint + sse + rest + avx
        } else {
            bases = []
            core = general + Self.stack + Self.floatingPoint
            system = control + own
            all = core + sse + system + avx
        }
        self.sse = sse
        (programCounter, stackPointer, framePointer) = is64Bit ? (16, 7, 6) : (8, 4, 5)
    }

    /// Number of the registers that gdb has without a description, after `set architecture i8086`: eax to mxcsr.
    static let i386Own = i386.core.count + i386.sse.count

    // MARK: org.gnu.gdb.i386.core

    private static func general(_ is64Bit: Bool) -> [GDBRegister] {
        let width = is64Bit ? 64 : 32
        func plain(_ name: String, _ path: any WritableKeyPath<CPUState, UInt64> & Sendable) -> GDBRegister {
            let isPointer = name == "sp" || name == "bp"
            return .plain((is64Bit ? "r" : "e") + name, path, bits: width, type: isPointer ? "data_ptr" : nil)
        }
        let a = plain("ax", \.rax), b = plain("bx", \.rbx), c = plain("cx", \.rcx), d = plain("dx", \.rdx)
        let sp = plain("sp", \.rsp), bp = plain("bp", \.rbp), si = plain("si", \.rsi), di = plain("di", \.rdi)
        let numbered: [GDBRegister] = [
            .plain("r8", \.r8, bits: 64), .plain("r9", \.r9, bits: 64), .plain("r10", \.r10, bits: 64),
            .plain("r11", \.r11, bits: 64),
            .plain("r12", \.r12, bits: 64), .plain("r13", \.r13, bits: 64), .plain("r14", \.r14, bits: 64),
            .plain("r15", \.r15, bits: 64),
        ]
        let first = is64Bit ? [a, b, c, d, si, di, bp, sp] + numbered : [a, c, d, b, sp, bp, si, di]
        return first + [
            // gdb knows no segments: its program counter is the linear address, as breakpoints and symbols are.
            .number(is64Bit ? "rip" : "eip", bits: width, type: "code_ptr", group: "general", { $0.linearIP }) { state, value in
                state.setLinearIP(value)
            },
            .number("eflags", type: "i386_eflags", group: "general", { UInt64($0.state.eflags.rawValue) }) {
                $0.eflags = EFLAGS(rawValue: UInt32(truncatingIfNeeded: $1)).union(.alwaysOne)
            },
            .selector("cs", \.cs), .selector("ss", \.ss), .selector("ds", \.ds), .selector("es", \.es), .selector("fs", \.fs),
            .selector("gs", \.gs),
        ]
    }

    /// ST(0) is the top of the stack.
    private static let stack: [GDBRegister] = (0..<8).map { index in
        GDBRegister(
            name: "st\(index)", bits: 80, type: "i387_ext", group: "float",
            read: { view in
                var x87 = view.state.x87
                let value = x87[physical(index, x87)]
                return GDBRegister.bytes(value.significand, 8) + GDBRegister.bytes(UInt64(value.signExponent), 2)
            },
            write: { state, bytes in
                state.x87[physical(index, state.x87)] = Extended(
                    significand: GDBRegister.value(bytes[..<8]),
                    signExponent: UInt16(truncatingIfNeeded: GDBRegister.value(bytes[8...])))
            })
    }

    private static func physical(_ index: Int, _ x87: X87State) -> UInt8 {
        UInt8(truncatingIfNeeded: UInt16(index) &+ x87.status.rawValue >> 11) & 7
    }

    private static let floatingPoint: [GDBRegister] = [
        .float("fctrl", { UInt64($0.control) }) { $0.control = UInt16(truncatingIfNeeded: $1) },
        .float("fstat", { UInt64($0.status.rawValue) }) { $0.status = X87Status(rawValue: UInt16(truncatingIfNeeded: $1)) },
        .float(
            "ftag",
            { x87 in
                var x87 = x87
                return UInt64(x87.tagWord())
            }
        ) { $0.setTagWord(UInt16(truncatingIfNeeded: $1)) },
        .float("fiseg", { UInt64($0.FCS) }) { $0.FCS = UInt16(truncatingIfNeeded: $1) },
        .float("fioff", { $0.FIP & 0xFFFF_FFFF }) { $0.FIP = $1 },
        .float("foseg", { UInt64($0.FDS) }) { $0.FDS = UInt16(truncatingIfNeeded: $1) },
        .float("fooff", { $0.FDP & 0xFFFF_FFFF }) { $0.FDP = $1 },
        .float("fop", { UInt64($0.FOP) }) { $0.FOP = UInt16(truncatingIfNeeded: $1) & 0x7FF },
    ]

    // MARK: org.gnu.gdb.i386.sse

    private static let xmm: [any WritableKeyPath<SSEState, XMM> & Sendable] = [
        \.xmm0, \.xmm1, \.xmm2, \.xmm3, \.xmm4, \.xmm5, \.xmm6, \.xmm7, \.xmm8, \.xmm9, \.xmm10, \.xmm11, \.xmm12, \.xmm13, \.xmm14,
        \.xmm15,
    ]

    private static func vectors(_ count: Int) -> [GDBRegister] {
        (0..<count).map { index in
            GDBRegister(
                name: "xmm\(index)", bits: 128, type: "vec128", group: nil,
                read: { view in
                    let value = view.state.sse[keyPath: xmm[index]]
                    return GDBRegister.bytes(value.low, 8) + GDBRegister.bytes(value.high, 8)
                },
                write: { state, bytes in
                    state.sse[keyPath: xmm[index]] = XMM(
                        low: GDBRegister.value(bytes[..<8]), high: GDBRegister.value(bytes[8...]))
                })
        }
    }

    // MARK: org.gnu.gdb.i386.avx

    private static func upperHalves(_ count: UInt8) -> [GDBRegister] {
        (0..<count).map { index in
            GDBRegister(
                name: "ymm\(index)h", bits: 128, type: "uint128", group: nil,
                read: { view in
                    var state = view.state.avx
                    return GDBRegister.bytes(state[index].low, 8) + GDBRegister.bytes(state[index].high, 8)
                },
                write: { state, bytes in
                    state.avx[index] = XMM(low: GDBRegister.value(bytes[..<8]), high: GDBRegister.value(bytes[8...]))
                })
        }
    }

    private static let mxcsr = GDBRegister.number(
        "mxcsr", type: "i386_mxcsr", group: "vector", { UInt64($0.state.sse.mxcsr.rawValue) }
    ) {
        $0.sse.mxcsr = MXCSR(rawValue: UInt32(truncatingIfNeeded: $1))
    }

    // MARK: The system's

    /// CR8 is there with 64 bits alone.
    private static func control(_ width: Int) -> [GDBRegister] {
        let cr8 = GDBRegister.number("cr8", bits: width, type: "uint\(width)", group: "system", { $0.state.cr8 }) {
            $0.cr8 = $1 & 15
        }
        return [
            .number("cr0", bits: width, type: "x86_cr0", group: "system", { UInt64($0.state.cr0.rawValue) }) {
                $0.cr0 = CR0(rawValue: UInt32(truncatingIfNeeded: $1))
            },
            .plain("cr2", \.cr2, bits: width, group: "system"), .plain("cr3", \.cr3, bits: width, group: "system"),
            .number("cr4", bits: width, type: "x86_cr4", group: "system", { UInt64($0.state.cr4.rawValue) }) {
                $0.cr4 = CR4(rawValue: UInt32(truncatingIfNeeded: $1))
            },
        ] + (width == 64 ? [cr8] : []) + [
            .number("efer", bits: width, type: "uint\(width)", group: "system", { UInt64($0.state.efer.rawValue) }, nil)
        ]
    }

    private static func debug(_ width: Int) -> [GDBRegister] {
        [
            .number("cpl", type: "uint32", group: "system", { UInt64($0.state.cpl) }, nil),
            .plain("dr0", \.dr0, bits: width, group: "system"), .plain("dr1", \.dr1, bits: width, group: "system"),
            .plain("dr2", \.dr2, bits: width, group: "system"), .plain("dr3", \.dr3, bits: width, group: "system"),
            .number("dr6", type: "uint32", group: "system", { UInt64($0.state.dr6.rawValue) }) {
                $0.dr6 = DR6(rawValue: UInt32(truncatingIfNeeded: $1))
            },
            .number("dr7", type: "uint32", group: "system", { UInt64($0.state.dr7.rawValue) }) {
                $0.dr7 = DR7(rawValue: UInt32(truncatingIfNeeded: $1))
            },
        ]
    }

    private static func own(_ width: Int) -> [GDBRegister] {
        [
            .plain("ip", \.rip, bits: width, group: "system"),
            .number("sp_linear", bits: width, type: "data_ptr", group: "system", { $0.linearSP }, nil),
        ]
    }

    private static func tables(_ width: Int) -> [GDBRegister] {
        let mask = width == 64 ? UInt64.max : 0xFFFF_FFFF
        func base(_ name: String, _ path: any WritableKeyPath<CPUState, DescriptorTableRegister> & Sendable) -> GDBRegister {
            .number("\(name)_base", bits: width, type: "data_ptr", group: "system", { $0.state[keyPath: path].base & mask }) {
                $0[keyPath: path].base = $1
            }
        }
        func limit(_ name: String, _ path: any WritableKeyPath<CPUState, DescriptorTableRegister> & Sendable) -> GDBRegister {
            .number("\(name)_limit", type: "uint32", group: "system", { UInt64($0.state[keyPath: path].limit) }) {
                $0[keyPath: path].limit = UInt16(truncatingIfNeeded: $1)
            }
        }
        return [base("gdtr", \.gdtr), base("idtr", \.idtr), limit("gdtr", \.gdtr), limit("idtr", \.idtr)]
    }

    /// LDTR and TR, and what the processor keeps of each segment's descriptor. Only an instruction of the guest can load those.
    private static func hidden(_ width: Int) -> [GDBRegister] {
        let mask = width == 64 ? UInt64.max : 0xFFFF_FFFF
        var registers: [GDBRegister] = []
        let all: [(String, any WritableKeyPath<CPUState, SegmentRegister> & Sendable)] = [
            ("ldtr", \.ldtr), ("tr", \.tr), ("cs", \.cs), ("ss", \.ss), ("ds", \.ds), ("es", \.es), ("fs", \.fs), ("gs", \.gs),
        ]
        for (name, path) in all {
            if name.count != 2 || name == "tr" {
                registers.append(.number(name, type: "uint32", group: "system", { UInt64($0.state[keyPath: path].selector) }, nil))
            }
            registers.append(
                .number(
                    "\(name)_base", bits: width, type: "data_ptr", group: "system", { $0.state[keyPath: path].base & mask }, nil))
            registers.append(
                .number("\(name)_limit", type: "uint32", group: "system", { UInt64($0.state[keyPath: path].limit) }, nil))
            registers.append(
                .number("\(name)_attributes", type: "uint32", group: "system", { UInt64($0.state[keyPath: path].attributes) }, nil))
        }
        return registers
    }
}

extension CPUState {
    /// Makes the instruction at a linear address the next one. 64-bit code has no base.
    mutating func setLinearIP(_ address: UInt64) {
        rip = operatingMode == .bits64 ? address : (address &- cs.base) & 0xFFFF_FFFF
    }
}
