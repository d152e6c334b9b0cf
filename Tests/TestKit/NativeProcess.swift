import Foundation
import Processor

/// The host's processor, executing 32-bit and 16-bit code in a process of its own: testroms/native/native.asm.
///
/// On hosts that are x86-64 Linux, where nasm is installed and the kernel runs 32-bit programs.
public final class NativeProcess {
    /// The reason why there is none, in words.
    public struct Unavailable: Error, CustomStringConvertible {
        public let description: String
    }

    /// The same addresses as in native.asm.
    private enum Job {
        static let memory = 0x1_0000
        static let size = 0x2_1000
        static let page = 0x3_0000
        static let registers = page
        static let flags = page + 32
        static let selectors = page + 36
        static let eip = page + 44
        static let status = page + 48
        static let error = page + 52
        static let address = page + 56
        static let fx = page + 64
        static let segmentCount = page + 1020
        static let segments = page + 1024
    }

    /// The place where a far jump to selector 23h ends a job.
    public static let done: UInt32 = 0x0804_8080
    public static let code32: UInt16 = 0x23
    public static let data32: UInt16 = 0x2B

    /// An entry of the LDT.
    public struct Segment: Sendable {
        var base: UInt32
        var limit: UInt32
        var isCode = false
        var is32 = true
        var isReadOnly = false
        var isExpandDown = false
        var isInPages = false

        public init(base: UInt32, limit: UInt32) {
            self.base = base
            self.limit = limit
        }

        /// As modify_ldt(2) wants it.
        func words(_ number: Int) -> [UInt32] {
            let contents: UInt32 = isCode ? 2 : isExpandDown ? 1 : 0
            let flags = (is32 ? 1 : 0) | contents << 1 | (isReadOnly ? 8 : 0) | (isInPages ? 16 : 0) | 64
            return [UInt32(number), base, limit, flags]
        }
    }

    /// How a job ended.
    public struct Outcome: Equatable {
        /// In encoding order.
        public var registers: [UInt32]
        public var flags: UInt32
        /// Vector and error code of an exception, and for #PF the address; EIP is where it was then.
        public var exception: (vector: UInt8, error: UInt32, address: UInt32)?
        public var eip: UInt32

        public static func == (a: Outcome, b: Outcome) -> Bool {
            a.registers == b.registers && a.flags == b.flags && a.eip == b.eip && a.exception?.vector == b.exception?.vector
        }
    }

    private let process = Process()
    private let commands = Pipe()
    private let replies = Pipe()
    /// SAFETY: `Job.size` bytes of the file, mapped until `deinit`; indexed by linear addresses less `Job.memory`.
    private let shared: UnsafeMutableRawPointer

    public init(segments: [Segment] = []) throws {
        #if os(Linux) && arch(x86_64)
            let folder = FileManager.default.temporaryDirectory.appending(path: "native-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let program = folder.appending(path: "native")
            let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
                .appending(path: "testroms/native/native.asm")
            try Self.assemble(source, to: program)
            let file = folder.appending(path: "memory")
            let descriptor = open(file.path, O_RDWR | O_CREAT | O_EXCL, 0o600)
            guard descriptor >= 0, ftruncate(descriptor, off_t(Job.size)) == 0 else {
                throw Unavailable(description: "no file for the memory of a native process")
            }
            defer { close(descriptor) }
            guard let memory = mmap(nil, Job.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED else {
                throw Unavailable(description: "no memory for a native process")
            }
            shared = memory
            memory.storeBytes(of: UInt32(segments.count), toByteOffset: Job.segmentCount - Job.memory, as: UInt32.self)
            for (index, word) in segments.enumerated().flatMap({ $1.words($0) }).enumerated() {
                memory.storeBytes(of: word, toByteOffset: Job.segments - Job.memory + 4 * index, as: UInt32.self)
            }
            signal(SIGPIPE, SIG_IGN)
            process.executableURL = program
            process.arguments = [file.path]
            process.standardInput = commands
            process.standardOutput = replies
            do { try process.run() } catch { throw Unavailable(description: "the kernel does not run 32-bit programs") }
            // The first job: one that does nothing.
            var state = CPUState()
            state.eflags = .alwaysOne
            store(Job.memory + 0x1000, Self.jumpToDone(is16: false))
            guard run(state, cs: Self.code32, ds: Self.data32, ss: Self.data32, eip: UInt32(Job.memory + 0x1000)) != nil else {
                throw Unavailable(description: "a native process has ended: the kernel has no 32-bit programs, or no such segments")
            }
        #else
            throw Unavailable(description: "the host is not x86-64 Linux")
        #endif
    }

    deinit {
        try? commands.fileHandleForWriting.close()
        munmap(shared, Job.size)
    }

    private static func assemble(_ source: URL, to program: URL) throws {
        let nasm = Process()
        nasm.executableURL = URL(filePath: "/usr/bin/env")
        nasm.arguments = ["nasm", "-f", "bin", "-o", program.path, source.path]
        nasm.standardError = FileHandle.nullDevice
        try nasm.run()
        nasm.waitUntilExit()
        guard nasm.terminationStatus == 0 else { throw Unavailable(description: "nasm is not installed") }
        chmod(program.path, 0o700)
    }

    /// JMP 23h:done, as the end of a job's code.
    public static func jumpToDone(is16: Bool) -> [UInt8] {
        let target = (0..<4).map { UInt8(truncatingIfNeeded: done >> UInt32(8 * $0)) }
        return (is16 ? [0x66] : []) + [0xEA] + target + [UInt8(code32), 0]
    }

    // MARK: Memory, from 10000h to 2FFFFh

    public func clear() { clear(Job.memory..<Job.page) }
    public func clear(_ range: Range<Int>) { memset(shared + range.lowerBound - Job.memory, 0, range.count) }
    public func store(_ address: Int, _ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            (shared + address - Job.memory).copyMemory(from: start, byteCount: bytes.count)
        }
    }
    public func store(_ address: Int, _ number: UInt64) {
        shared.storeBytes(of: number, toByteOffset: address - Job.memory, as: UInt64.self)
    }
    /// The memory from `address` on, as long as the process is kept.
    public func bytes(at address: Int) -> UnsafeRawPointer { UnsafeRawPointer(shared + address - Job.memory) }

    // MARK: Jobs

    /// Runs from `eip` on with the general registers, the flags, the FPU and SSE of `state`. Nil when the process has ended.
    public func run(_ state: CPUState, cs: UInt16, ds: UInt16, ss: UInt16, eip: UInt32) -> Outcome? {
        let page = shared - Job.memory
        let registers = [state.rax, state.rcx, state.rdx, state.rbx, state.rsp, state.rbp, state.rsi, state.rdi]
        for (index, value) in registers.enumerated() {
            page.storeBytes(of: UInt32(truncatingIfNeeded: value), toByteOffset: Job.registers + 4 * index, as: UInt32.self)
        }
        page.storeBytes(of: state.eflags.rawValue, toByteOffset: Job.flags, as: UInt32.self)
        for (index, selector) in [ds, ds, ss, cs].enumerated() {
            page.storeBytes(of: selector, toByteOffset: Job.selectors + 2 * index, as: UInt16.self)
        }
        page.storeBytes(of: eip, toByteOffset: Job.eip, as: UInt32.self)
        page.storeBytes(of: 0xFFFF, toByteOffset: Job.status, as: UInt32.self)
        storeFPU(state)
        var byte: UInt8 = 1
        guard write(commands.fileHandleForWriting.fileDescriptor, &byte, 1) == 1,
            read(replies.fileHandleForReading.fileDescriptor, &byte, 1) == 1
        else { return nil }
        func word(_ offset: Int) -> UInt32 { page.load(fromByteOffset: offset, as: UInt32.self) }
        let status = word(Job.status)
        return Outcome(
            registers: (0..<8).map { word(Job.registers + 4 * $0) }, flags: word(Job.flags),
            exception: status == 0 ? nil : (UInt8(truncatingIfNeeded: status), word(Job.error), word(Job.address)),
            eip: word(Job.eip))
    }

    /// The image of FXRSTOR: SDM Vol. 2A, table 3-43.
    private func storeFPU(_ state: CPUState) {
        let image = shared + Job.fx - Job.memory
        var (x87, sse) = (state.x87, state.sse)
        memset(image, 0, 512)
        image.storeBytes(of: x87.control, as: UInt16.self)
        image.storeBytes(of: x87.status.rawValue, toByteOffset: 2, as: UInt16.self)
        image.storeBytes(of: x87.occupied, toByteOffset: 4, as: UInt8.self)
        image.storeBytes(of: sse.mxcsr.rawValue, toByteOffset: 24, as: UInt32.self)
        let top = UInt8(truncatingIfNeeded: x87.status.rawValue >> 11) & 7
        for number in UInt8(0)..<8 {
            let register = x87[top &+ number]
            image.storeBytes(of: register.significand, toByteOffset: 32 + 16 * Int(number), as: UInt64.self)
            image.storeBytes(of: register.signExponent, toByteOffset: 40 + 16 * Int(number), as: UInt16.self)
            image.storeBytes(of: sse[number].quads.x, toByteOffset: 160 + 16 * Int(number), as: UInt64.self)
            image.storeBytes(of: sse[number].quads.y, toByteOffset: 168 + 16 * Int(number), as: UInt64.self)
        }
    }

    /// The FPU and SSE after the last job that came back: FXSAVE's image from the control word on.
    public var fxImage: UnsafeRawPointer { UnsafeRawPointer(shared + Job.fx - Job.memory) }
}
