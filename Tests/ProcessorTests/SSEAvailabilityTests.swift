import TestKit
import Testing
import X86

@testable import Processor

/// Who may execute MMX and SSE: SDM Vol. 3A, sections 2.5, 12.1 and 13.1.
@Suite("MMX and SSE: availability") struct SSEAvailabilityTests {
    private enum Kind: CaseIterable {
        case sse, mmx, mixed, save, free

        var instructions: [[UInt8]] {
            switch self {
            // addps; movaps; paddb xmm; stmxcsr; comiss; cvttss2si; pcmpistri
            case .sse:
                [
                    [0x0F, 0x58, 0xC1], [0x0F, 0x28, 0x03], [0x66, 0x0F, 0xFC, 0xC1], [0x0F, 0xAE, 0x1B], [0x0F, 0x2F, 0xC1],
                    [0xF3, 0x0F, 0x2C, 0xC1], [0x66, 0x0F, 0x3A, 0x63, 0xC1, 0x00],
                ]
            // paddb mm; emms; movd; pshufw; psllw mm,1; maskmovq; pmovmskb; palignr mm
            case .mmx:
                [
                    [0x0F, 0xFC, 0xC1], [0x0F, 0x77], [0x0F, 0x6E, 0xC1], [0x0F, 0x70, 0xC1, 0x1B], [0x0F, 0x71, 0xF0, 0x01],
                    [0x0F, 0xF7, 0xC1], [0x0F, 0xD7, 0xC1], [0x0F, 0x3A, 0x0F, 0xC1, 0x02],
                ]
            // cvtpi2ps; cvtps2pi; movq2dq; movdq2q
            case .mixed: [[0x0F, 0x2A, 0xC1], [0x0F, 0x2D, 0xC1], [0xF3, 0x0F, 0xD6, 0xC1], [0xF2, 0x0F, 0xD6, 0xC1]]
            // fxsave; fxrstor
            case .save: [[0x0F, 0xAE, 0x03], [0x0F, 0xAE, 0x0B]]
            // movnti; lfence; mfence; sfence; clflush; prefetchnta; popcnt; crc32
            case .free:
                [
                    [0x0F, 0xC3, 0x0B], [0x0F, 0xAE, 0xE8], [0x0F, 0xAE, 0xF0], [0x0F, 0xAE, 0xF8], [0x0F, 0xAE, 0x3B],
                    [0x0F, 0x18, 0x03],
                    [0xF3, 0x0F, 0xB8, 0xC1], [0xF2, 0x0F, 0x38, 0xF1, 0xC1],
                ]
            }
        }

        func fault(EM: Bool, TS: Bool, OSFXSR: Bool, pending: Bool) -> Fault? {
            switch self {
            case .sse: EM || !OSFXSR ? .UD : TS ? .NM : nil
            case .mmx: EM ? .UD : TS ? .NM : pending ? .MF : nil
            case .mixed: EM || !OSFXSR ? .UD : TS ? .NM : pending ? .MF : nil
            case .save: EM || TS ? .NM : nil
            case .free: nil
            }
        }
    }

    @Test func theTableOfControlBits() {
        for kind in Kind.allCases {
            for bytes in kind.instructions {
                for bits in 0..<16 {
                    let bench = SSEBench()
                    let (EM, TS, OSFXSR, pending) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0, bits & 8 != 0)
                    if EM { bench.state.cr0.insert(.EM) }
                    if TS { bench.state.cr0.insert(.TS) }
                    if !OSFXSR { bench.state.cr4.remove(.OSFXSR) }
                    if pending {
                        bench.state.x87.control = 0x37E
                        bench.state.x87.status = [.IE, .ES, .B]
                    }
                    let before = bench.state
                    let fault = bench.run(bytes)
                    #expect(fault == kind.fault(EM: EM, TS: TS, OSFXSR: OSFXSR, pending: pending), "\(bytes) \(bits)")
                    if fault != nil {
                        #expect(bench.state.x87 == before.x87 && bench.state.sse == before.sse, "\(bytes) \(bits)")
                    }
                }
            }
        }
    }

    @Test func instructionsExistOnTheModelsThatReportThem() {
        // Feature, CPUID leaf 1 bit (ECX from 32 on), an instruction of it.
        let table: [(Feature, UInt32, [UInt8])] = [
            (.MMX, 23, [0x0F, 0xFC, 0xC1]), (.FXSR, 24, [0x0F, 0xAE, 0x03]), (.SSE, 25, [0x0F, 0x58, 0xC1]),
            (.SSE2, 26, [0x66, 0x0F, 0x58, 0xC1]), (.CLFSH, 19, [0x0F, 0xAE, 0x3B]), (.SSE3, 32, [0x66, 0x0F, 0xD0, 0xC1]),
            (.SSSE3, 41, [0x66, 0x0F, 0x38, 0x00, 0xC1]), (.SSE41, 51, [0x66, 0x0F, 0x38, 0x17, 0xC1]),
            (.SSE42, 52, [0xF2, 0x0F, 0x38, 0xF1, 0xC1]), (.MOVBE, 54, [0x0F, 0x38, 0xF0, 0x03]),
            (.POPCNT, 55, [0xF3, 0x0F, 0xB8, 0xC1]),
        ]
        for model in CPUModel.allCases {
            let leaf = model.cpuid(leaf: 1)
            let bits = UInt64(leaf.edx) | UInt64(leaf.ecx) << 32
            for (feature, bit, bytes) in table {
                let isThere = model.features.instructions.contains(feature)
                #expect((bits >> UInt64(bit) & 1 != 0) == isThere, "\(model) \(feature)")
                #expect((SSEBench(model).run(bytes) == nil) == isThere, "\(model) \(feature)")
            }
            // Nothing of what the tables lack: MONITOR, MTRR, HTT; and OSXSAVE is not the model's.
            #expect(leaf.ecx & (1 << 3 | 1 << 27) == 0 && leaf.edx & (1 << 12 | 1 << 28) == 0)
        }
    }

    /// Intel 64, and what the leaves say of it.
    @Test func leavesOfIntel64AreThereWithIt() {
        for model in CPUModel.allCases {
            let isLong = [.x86_64, .x86_64v2, .x86_64v3, .core2, .nehalem, .max].contains(model)
            let features = model.cpuid(leaf: 0x8000_0001)
            #expect((features.edx & (1 << 29 | 1 << 11) == 1 << 29 | 1 << 11) == isLong && (features.edx & 1 << 29 != 0) == isLong)
            #expect((model.cpuid(leaf: 0x8000_0000).eax == 0x8000_0008) == isLong)
            if isLong { #expect(model.cpuid(leaf: 0x8000_0008).eax == UInt32(model.physicalAddressBits) | 48 << 8) }
            #expect((model.cpuid(leaf: 1).ecx & 1 << 13 != 0) == isLong, "CMPXCHG16B")
            // A leaf beyond the last is as the last basic one.
            let last = model.cpuid(leaf: 0).eax
            #expect(
                model.cpuid(leaf: 0x7000) == model.cpuid(leaf: last) && model.cpuid(leaf: 0x9000_0000) == model.cpuid(leaf: last))
            #expect((last == 0xD) == (model == .x86_64v3 || model == .max))
        }
        // Firmware that builds its tables of 2-MByte pages all the same believes pages of 1 GByte and more than 40 bits together.
        for model in CPUModel.allCases where model.features.instructions.contains(.GBPages) {
            #expect(model.physicalAddressBits <= 40, "\(model)")
        }
        let max = CPUModel.max.cpuid(leaf: 7)
        let bits: [UInt32] = [0, 3, 5, 7, 8, 10, 19, 20]
        #expect(max.ebx == bits.reduce(0) { $0 | 1 << $1 } && max.ecx == 1 << 2 | 1 << 22)
        #expect(CPUModel.max.cpuid(leaf: 7, subleaf: 1) == (0, 0, 0, 0))
        #expect(Set(CPUIDBit.all.map { "\($0.leaf) \($0.register) \($0.bit)" }).count == CPUIDBit.all.count)
    }

    @Test func everyFeatureHasABitAndAModel() {
        let generations: Set<Feature> = [.i8086, .i80186, .i80286, .i80386, .i486, .pentium, .p6]
        // `P6FPU` is FPU and CMOV together, leaf Dh has the bits of the forms of XSAVE, and MONITOR is for the disassembler alone.
        let elsewhere: Set<Feature> = [.P6FPU, .XSAVEOPT, .XSAVEC, .MONITOR]
        for feature in Feature.allCases where !generations.contains(feature) && !elsewhere.contains(feature) {
            #expect(CPUIDBit.all.contains { $0.feature == feature }, "\(feature) has no bit of CPUID")
            #expect(CPUModel.allCases.contains { $0.features.instructions.contains(feature) }, "no model has \(feature)")
        }
    }

    @Test func control4BitsAreReservedWithoutTheFeature() {
        for model in CPUModel.allCases where model != .i486 {
            for (bit, feature) in [(CR4.OSFXSR, Feature.FXSR), (.OSXMMEXCPT, .SSE)] {
                let bench = SSEBench(model)
                bench.state.cr4 = []
                bench.state.rax = UInt64(bit.rawValue)
                let fault = bench.run([0x0F, 0x22, 0xE0])  // mov cr4, eax
                #expect(fault == (model.features.instructions.contains(feature) ? nil : .GP(0)), "\(model) \(bit)")
            }
        }
    }

    /// Without LZCNT and BMI1 the encodings are BSR and BSF.
    @Test func zeroCountsOfOlderModels() {
        for (model, leading, trailing) in [(CPUModel.nehalem, UInt64(8), UInt64(4)), (.max, 23, 4)] {
            let bench = SSEBench(model)
            bench.state.rcx = 0x110
            bench.run([0xF3, 0x0F, 0xBD, 0xC1])
            #expect(bench.state.rax == leading)
            bench.run([0xF3, 0x0F, 0xBC, 0xC1])
            #expect(bench.state.rax == trailing)
        }
        let bench = SSEBench(.max)
        bench.state.rcx = 0
        bench.run([0xF3, 0x0F, 0xBC, 0xC1])
        #expect(bench.state.rax == 32 && bench.state.eflags.contains(.CF) && !bench.state.eflags.contains(.ZF))
    }

    /// Linux reads it on every Intel processor from the Pentium 4 on, before it can take a fault.
    @Test func IA32_MISC_ENABLEIsThereFromThePentium4On() {
        for (model, isThere) in [(CPUModel.p6, false), (.pentium3, false), (.pentium4, true), (.core2, true), (.max, true)] {
            let bench = SSEBench(model)
            bench.state.rcx = 0x1A0
            #expect(bench.run([0x0F, 0x32]) == (isThere ? nil : .GP(0)), "\(model)")
            if isThere { #expect(bench.state.rax == 0x1801 && bench.state.rdx == 0) }
            bench.state.rdx = 4
            #expect(bench.run([0x0F, 0x30]) == .GP(0), "\(model)")
        }
    }
}
