import CSandbox
import Testing
import TestKit

@testable import Session
@testable import swemu

/// Files and messages that nobody should believe. The corpora in testroms/fuzz have a few good ones for each target, and each that was taken wrong once.
@Suite struct FileFuzzTests {
    private static let folder = ArrowsTests.root + "/testroms/fuzz"

    private static func corpus(_ target: FileFuzzTarget) -> [[UInt8]] {
        let place = "\(folder)/\(target.name)"
        return (names(inFolder: place) ?? []).compactMap { try? readFile("\(place)/\($0)", limit: 1 << 20).get() }
    }

    /// The corpus, and from it always the same few hundred changed ones.
    @Test(arguments: FileFuzzTarget.all) func changedInputsAreHarmless(_ target: FileFuzzTarget) {
        let corpus = Self.corpus(target)
        #expect(!corpus.isEmpty, "\(target.name) has no corpus")
        corpus.forEach(target.take)
        var mutation = Mutation(corpus, seed: 3)
        for _ in 0..<300 { target.take(mutation.next()) }
    }

    /// `make fuzz-files`: FUZZ_TARGET for FUZZ_SECONDS by libFuzzer, which looks at what the code does with its inputs. The build for it brings the library.
    @Test func guided() throws {
        guard let name = getenv("FUZZ_TARGET").map({ String(cString: $0) }) else { return }
        let target = try #require(FileFuzzTarget.all.first { $0.name == name }, "no target \(name)")
        let seconds = getenv("FUZZ_SECONDS").map { String(cString: $0) } ?? "600"
        typealias Input = @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
        typealias Driver =
            @convention(c) (
                UnsafeMutablePointer<Int32>, UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>, Input
            ) -> Int32
        let symbol = try #require(dlsym(nil, "LLVMFuzzerRunDriver"), "this is no build for it; make fuzz-files makes one")
        Self.guidedTarget = target
        Self.keepFilesOutside()
        let words = [
            "fuzz", "-max_total_time=\(seconds)", "-timeout=20", "-rss_limit_mb=2048", "-max_len=131072", "-print_final_stats=1",
            "-artifact_prefix=\(Self.work)/\(name)-", "\(Self.work)/\(name)", "\(Self.folder)/\(name)",
        ]
        var (count, arguments) = (Int32(words.count), words.map { strdup($0) } + [nil])
        arguments.withUnsafeMutableBufferPointer { buffer in
            guard var start = buffer.baseAddress else { return }
            // SAFETY: the function's type by its header, FuzzerInterface of LLVM. It ends the process.
            _ = unsafeBitCast(symbol, to: Driver.self)(&count, &start) { bytes, length in
                FileFuzzTests.guidedTarget?.take(Array(UnsafeBufferPointer(start: bytes, count: length)))
                return 0
            }
        }
    }

    /// Lets this process write below `build` and in /dev/shm alone: a debugger's client names files, and inputs grow names by themselves. landlock(7).
    private static func keepFilesOutside() {
        #if os(Linux)
            let version = sandbox_landlock_version()
            // All rights to make, to change and to remove; LANDLOCK_ACCESS_FS_TRUNCATE came with version 3.
            let rights: UInt64 = 0x1FF2 | (version >= 3 ? 1 << 14 : 0)
            guard version > 0, case let rules = sandbox_landlock_rules(rights), rules >= 0 else { return }
            for folder in [ArrowsTests.root + "/build", "/dev/shm", "/dev/null"] {
                let descriptor = open(folder, O_RDONLY)
                let isFile = folder == "/dev/null"
                _ = sandbox_landlock_allow(rules, descriptor, isFile ? 2 : rights)
                close(descriptor)
            }
            _ = (sandbox_renounce_privileges(), sandbox_landlock_restrict(rules))
            close(rules)
        #endif
    }

    /// Inputs that it finds on its way; what ends the process lies beside their folder.
    private static let work = ArrowsTests.root + "/build/fuzz"
    /// SAFETY: set once, before the only thread that reads it does.
    nonisolated(unsafe) private static var guidedTarget: FileFuzzTarget?
}

/// Changed inputs: bytes, bits, numbers at the edges, pieces left out, repeated, or from another input.
struct Mutation {
    private let corpus: [[UInt8]]
    private var numbers: RandomNumbers

    init(_ corpus: [[UInt8]], seed: UInt64) {
        self.corpus = corpus.filter { !$0.isEmpty }
        numbers = RandomNumbers(seed: seed)
    }

    mutating func next() -> [UInt8] {
        guard !corpus.isEmpty else { return [] }
        var bytes = corpus[numbers.below(corpus.count)]
        for _ in 0...numbers.below(4) where !bytes.isEmpty { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = numbers.below(bytes.count)
        let rest = bytes.count - place
        switch numbers.below(7) {
        case 0: bytes[place] = numbers.byte()
        case 1: bytes[place] ^= 1 << UInt8(numbers.below(8))
        case 2:
            let edge: [UInt8] = [
                [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0x80], [1, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0x7F],
            ][numbers.below(5)]
            for index in 0..<min(4, rest) { bytes[place + index] = edge[index] }
        case 3: bytes.removeSubrange(place..<place + 1 + numbers.below(min(rest, 64)))
        case 4:
            let piece = Array(bytes[place..<place + 1 + numbers.below(min(rest, 64))])
            for _ in 0...numbers.below(8) { bytes.insert(contentsOf: piece, at: place) }
        case 5: bytes.removeLast(rest)
        default:
            let other = corpus[numbers.below(corpus.count)]
            let start = numbers.below(other.count)
            bytes.insert(contentsOf: other[start..<min(other.count, start + 1 + numbers.below(64))], at: place)
        }
    }
}
