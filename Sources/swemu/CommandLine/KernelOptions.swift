import ArgumentParser
import Board
import Executables

/// The options of a machine that starts a kernel file instead of what a disk boots.
struct KernelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Start this kernel: Multiboot 1 or 2, ELF, Linux bzImage, or flat.", valueName: "file"),
        completion: .file())
    var kernel: String?
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Linux's initrd, or a Multiboot module with its arguments; may be repeated.", valueName: "file args"))
    var initrd: [String] = []
    @Option(help: ArgumentHelp("The kernel's command line.", valueName: "text"))
    var append: String?
    @Option(help: "Format of the kernel, where the file is not to be asked: multiboot, multiboot2, elf, linux or flat.")
    var kernelFormat: KernelRequest.Format?
    @Option(help: ArgumentHelp("Where a flat binary goes, as in 0x100000.", valueName: "address"))
    var loadAddress: Number?
    @Option(help: ArgumentHelp("Where a flat binary is entered; default its first byte.", valueName: "address"))
    var entry: Number?
    @Option(help: ArgumentHelp("How a flat binary is entered: 16 (real mode) or 32 (protected mode).", valueName: "16|32"))
    var bits = 32

    func validate() throws {
        guard bits == 16 || bits == 32 else { throw ValidationError("--bits \(bits) is impossible here; give 16 or 32") }
        guard kernel == nil else { return }
        for (given, name) in [
            (!initrd.isEmpty, "--initrd"), (append != nil, "--append"), (kernelFormat != nil, "--kernel-format"),
            (loadAddress != nil, "--load-address"), (entry != nil, "--entry"),
        ] where given {
            throw ValidationError("\(name) without --kernel; give the kernel, too")
        }
    }
}

extension KernelRequest.Format: ExpressibleByArgument {}

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
    init?(_ options: KernelOptions, machine: PC.Configuration) throws {
        guard let path = options.kernel else { return nil }
        kernel = File(path: path, bytes: try Self.read(path))
        var request = KernelRequest(bytes: kernel.bytes, memory: machine.memoryMap)
        request.frameBuffer = machine.frameBuffer
        // Without the folder: the guest sees the name, and the same kernel is the same machine wherever it lies.
        request.name = Self.fileName(path)
        request.commandLine = options.append ?? ""
        request.format = options.kernelFormat
        request.loadAddress = options.loadAddress?.value
        request.entry = options.entry?.value
        request.startsInRealMode = options.bits == 16
        // "FILE ARGUMENTS": the name ends at the first space.
        modules = try options.initrd.map { text in
            let name = text.split(separator: " ", maxSplits: 1).first.map(String.init) ?? text
            return File(path: name, bytes: try Self.read(name))
        }
        request.modules = zip(modules, options.initrd).map {
            KernelRequest.Module(bytes: $0.bytes, text: Self.string(ofModule: $1))
        }
        do {
            plan = try request.plan()
        } catch {
            if options.kernelFormat == nil, let words = FileContents.remedy(forKernel: kernel.bytes) {
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
