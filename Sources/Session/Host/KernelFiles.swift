import Board
import Executables
import Formats

/// The files of a kernel that is started directly, read and planned.
struct KernelFiles {
    /// A file with what a report says about it.
    struct File {
        let path: String
        let bytes: [UInt8]
    }

    let kernel: File
    let modules: [File]
    let plan: KernelPlan

    /// nil when no kernel was given.
    init?(_ given: KernelFilesPlan, machine: PC.Configuration) throws {
        guard let path = given.kernel else { return nil }
        kernel = File(path: path, bytes: try Self.read(path))
        var request = KernelRequest(bytes: kernel.bytes, memory: machine.memoryMap)
        request.frameBuffer = machine.frameBuffer
        // Without the folder: the guest sees the name, and the same kernel is the same machine wherever it lies.
        request.name = Self.fileName(path)
        request.commandLine = given.append ?? ""
        request.format = given.format
        request.loadAddress = given.loadAddress
        request.entry = given.entry
        request.startsInRealMode = given.bits == 16
        // "FILE ARGUMENTS": the name ends at the first space.
        modules = try given.initrd.map { text in
            let name = text.split(separator: " ", maxSplits: 1).first.map(String.init) ?? text
            return File(path: name, bytes: try Self.read(name))
        }
        request.modules = zip(modules, given.initrd).map {
            KernelRequest.Module(bytes: $0.bytes, text: Self.string(ofModule: $1))
        }
        do {
            plan = try request.plan()
        } catch {
            if given.format == nil, let words = FileContents.remedy(forKernel: kernel.bytes) {
                throw UserError(.kernelFormat, "cannot start, it is no kernel", path, remedy: words)
            }
            throw UserError(.kernelFormat, line: "cannot start \(path): \(error)")
        }
    }

    /// "mod.bin arguments" of "folder/mod.bin arguments".
    static func string(ofModule text: String) -> String {
        let words = text.split(separator: " ", maxSplits: 1)
        return ([fileName(words.first.map(String.init) ?? text)] + words.dropFirst().map(String.init)).joined(separator: " ")
    }

    private static func fileName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    private static func read(_ path: String) throws -> [UInt8] {
        switch readFile(path, limit: 1 << 30) {
        case .success(let bytes): return bytes
        case .failure(let reason):
            throw UserError(.kernelFile, "cannot read the kernel or module (\(reason.text))", path, remedy: "check the name")
        }
    }
}
