import Wiring
import X86

/// All that the run loop touches, in one piece of memory: the architectural state and the caches that hang on it.
///
/// `state` comes first, so a general register is at offset number × 8 of this struct. While instructions run, the status flags live
/// in `lazy` (`state.eflags` keeps the other flags) and time in `ticks`; `CPU.state` and the bus see them put together.
package struct Core {
    package var state = CPUState()
    package var lazy = LazyFlags(.alwaysOne)

    /// Ticks of the clock at the start of the running block; exact at block boundaries.
    package var ticks: UInt64 = 0
    /// No block may begin that would end after this tick. 0 forces the loop out at the next boundary.
    var limit: UInt64 = 0
    /// The tables of the current privilege level.
    package var tlb: TLBEntryHandle
    /// Assumptions for blocks that are decoded now.
    package var mode: Mode = []
    /// Blocks entered so often are the translation engine's.
    var threshold: Int32 = .max
    /// Set by `CPU.requestAttention()`: something has to be looked at before the next instruction.
    var attention = false
    /// The block that runs, and the RIP it was entered at.
    var entryRIP: UInt64 = 0
    /// `RememberedPlaces.generation`, where the dispatch loop can see it.
    package var generation: UInt64 = 1
    var block: BlockHandle?
    /// The instruction whose slow path is being taken; nil when none is.
    var current: OpHandle?
    /// An instruction that was replaced by `.leave` for this run of its block, and what it was.
    var patched: OpHandle?
    var patchedHandler: Handler = .leave

    /// Level of the INTR pin.
    package var intr = false
    /// Level of the FERR# pin.
    var ferr = false

    /// 16-, 32- or 64-bit stack pointer, as a mask.
    package var stackMask: UInt64 = 0xFFFF
    /// Bits of a linear address that the running code has: `AddressSpace.mask`.
    var linearMask = AddressSpace.bits32.mask
    /// The linear addresses of the running code.
    var space: AddressSpace { mode.contains(.code64) ? .canonical48 : .bits32 }
    /// The places in linear space where each segment may be read and written without further checks.
    package var windows = Windows()
    /// Two-page or device target of a read-modify-write between its read and its write.
    var split = SplitAccess()

    /// The part that recompiled code keeps here.
    package var native = NativeState()

    /// `OpenCalls.calls`, while somebody wants to know the calls that are open, and the place of the last one.
    package var openCalls: UnsafeMutableRawPointer?
    package var lastCall: UInt64 = 0
    /// `OpenCalls.space` of CR3.
    package var callSpace: UInt64 = 0

    /// SAFETY: the processor owns this memory and lives as long.
    fileprivate let owner: Unmanaged<CPU>
    var cpu: CPU { owner._withUnsafeGuaranteedRef { $0 } }
    /// A slow path, without the counting of references that `cpu` may cost.
    @inline(__always)
    func slowly<T>(_ body: (CPU) throws(Fault) -> T) throws(Fault) -> T {
        let result: Result<T, Fault> = owner._withUnsafeGuaranteedRef { cpu in
            do throws(Fault) { return .success(try body(cpu)) } catch { return .failure(error) }
        }
        return try result.get()
    }
    /// `CPU.link`, in the same way.
    @inline(__always)
    func link(_ block: BlockHandle) -> BlockHandle? { owner._withUnsafeGuaranteedRef { $0.link(block) } }
    /// Runs a definition that is a method of the processor, without the counting of references that `cpu` may cost.
    @inline(__always)
    func callOut(_ r: Execute<AnyForm>, _ definition: (CPU, Execute<AnyForm>) throws(Fault) -> Void) -> Fault? {
        owner._withUnsafeGuaranteedRef { cpu in
            do throws(Fault) {
                try definition(cpu, r)
                // ENTER, PUSHA and the accessed bit of a descriptor write without saying for which instruction.
                if let block, block.pointee.rip == Block.invalidRIP { r.core.leaveAfter(r.op) }
                return nil
            } catch {
                return error
            }
        }
    }

    init(cpu: CPU, tlb: TLBEntryHandle) {
        owner = Unmanaged.passUnretained(cpu)
        self.tlb = tlb
    }
}

/// The plain part of a segment: accesses with offset + size ≤ top need no other check. Derived from the segment register.
package struct Window {
    package var base: UInt64 = 0
    package var readTop: UInt64 = 0
    package var writeTop: UInt64 = 0
}

package struct Windows {
    package init() {}

    package var es = Window()
    package var cs = Window()
    package var ss = Window()
    package var ds = Window()
    package var fs = Window()
    package var gs = Window()
}

/// A location that one host pointer cannot stand for. SDM Vol. 3A, section 8.1.1: such accesses are not atomic.
struct SplitAccess {
    var linear: UInt64 = 0
    /// Physical address of the first byte and, when the access crosses a page, of the first byte on the second page.
    var first: UInt64 = 0
    var second: UInt64 = 0
    /// Bytes on the first page.
    var firstCount: UInt64 = 0
}

extension Handle where Pointee == Core {
    /// Runs `body` with the processor, without the counting of references that `cpu` may cost.
    @inline(__always)
    func withCPU(_ body: (CPU) -> Void) { pointee.owner._withUnsafeGuaranteedRef { body($0) } }

    /// RIP of the byte behind `op`.
    @inline(__always)
    func afterRIP(_ block: BlockHandle, _ op: OpHandle) -> UInt64 {
        truncatedRIP(pointee.entryRIP &+ op.pointee.end)
    }

    /// EIP has 32 bits outside 64-bit mode.
    @inline(__always) func truncatedRIP(_ rip: UInt64) -> UInt64 {
        pointee.mode.contains(.code64) ? rip : rip & 0xFFFF_FFFF
    }

    @inline(__always) package var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(pointer) }

    /// SAFETY: `state` is the first field.
    @inline(__always) var state: UnsafeMutablePointer<CPUState> { raw.assumingMemoryBound(to: CPUState.self) }

    /// SAFETY: `number` is 0…16, within the register file at the start of `CPUState`; the decoder makes no others.
    @inline(__always) func register(_ number: UInt8) -> UInt64 {
        raw.load(fromByteOffset: Int(truncatingIfNeeded: number) &<< 3, as: UInt64.self)
    }

    @inline(__always) func setRegister(_ number: UInt8, _ value: UInt64) {
        raw.storeBytes(of: value, toByteOffset: Int(truncatingIfNeeded: number) &<< 3, as: UInt64.self)
    }

    /// The register in `W`: for bytes 0…15 are the low ones and 16…19 AH…BH.
    @inline(__always) func register<W: OperandWidth>(_ number: UInt8, _ w: W.Type) -> UInt64 {
        UInt64(truncatingIfNeeded: raw.load(fromByteOffset: registerOffset(number, w), as: W.Bits.self))
    }

    /// 32-bit writes clear the upper half, 16- and 8-bit writes leave the rest. SDM Vol. 1, section 3.4.1.1.
    @inline(__always) func setRegister<W: OperandWidth>(_ number: UInt8, _ value: UInt64, _ w: W.Type) {
        if W.bits == 32 {
            setRegister(number, value & 0xFFFF_FFFF)
        } else {
            raw.storeBytes(of: W.Bits(truncatingIfNeeded: value), toByteOffset: registerOffset(number, w), as: W.Bits.self)
        }
    }

    @inline(__always) func registerOffset<W: OperandWidth>(_ number: UInt8, _ w: W.Type) -> Int {
        W.bits == 8
            ? (Int(truncatingIfNeeded: number & 15) &<< 3) &+ Int(truncatingIfNeeded: number &>> 4)
            : Int(truncatingIfNeeded: number) &<< 3
    }

    /// SAFETY: `segment` is es…gs: memory operands have no others.
    @inline(__always) func window(_ segment: SegmentRegisterName) -> UnsafeMutablePointer<Window> {
        let first = raw + MemoryLayout<Core>.offset(of: \Core.windows).unsafelyUnwrapped
        return first.assumingMemoryBound(to: Window.self) + segment.number
    }

    /// SAFETY: the eight segment registers follow each other in `CPUState` in encoding order.
    @inline(__always) func segment(_ name: SegmentRegisterName) -> UnsafeMutablePointer<SegmentRegister> {
        let first = raw + MemoryLayout<CPUState>.offset(of: \CPUState.es).unsafelyUnwrapped
        return first.assumingMemoryBound(to: SegmentRegister.self) + name.number
    }
}
