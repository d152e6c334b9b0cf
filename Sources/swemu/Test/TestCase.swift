import Executables
import Formats
import Session

/// One machine of `swemu test`: what to boot, how, and what it is called.
struct TestCase {
    /// The path it was found at, or its name by its file, as a line that can be shown anywhere.
    let name: String
    /// Options of `swemu run` that make the machine.
    let options: [String]
    /// The file with the script, if there is one.
    var script: String?
    var readsTAP: Bool?
    var skip: String?
    var maxInstructions: UInt64?
    var maxTicks: UInt64?
    /// Nanoseconds of the host for the machine.
    var timeout: UInt64?
    /// Number of times that it is run again when it fails.
    var retries: Int?
    /// The reason why the file cannot be understood; then there is nothing to run.
    var mistake: String?

    /// Endings of the files that describe tests.
    static let endings = [".test.yaml", ".test.yml"]

    /// The tests at `paths`: description files, kernels, disk images, and folders that are searched for description files, or where there are none
    /// for kernels. By name.
    static func find(_ paths: [String]) throws -> [TestCase] {
        var cases: [TestCase] = []
        for path in paths {
            var information = stat()
            guard stat(path, &information) == 0 else {
                throw UserError(
                    .scriptFile, "there is no such test", path, remedy: "name a folder, a .test.yaml file, a kernel or a disk image"
                )
            }
            if information.st_mode & S_IFMT == S_IFDIR {
                cases += try found(in: path)
            } else if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
                cases.append(try described(by: path))
            } else {
                cases.append(TestCase(name: path, options: try options(forImage: path)))
            }
        }
        return cases.sorted { $0.name < $1.name }
    }

    private init(name: String, options: [String]) {
        self.name = Tail.shown(name)
        self.options = options
    }

    /// The test of a description file. A file with a mistake is a test that fails, so that the others run.
    private static func described(by path: String) throws -> TestCase {
        do {
            return try TestCase(describedBy: path)
        } catch let error as UserError {
            var test = TestCase(name: path, options: [])
            test.mistake = error.description
            return test
        }
    }

    /// A description file; files it names are beside it.
    private init(describedBy path: String) throws {
        let file = try TestFile(reading: path)
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        func beside(_ name: String) -> String { name.hasPrefix("/") || folder.isEmpty ? name : "\(folder)/\(name)" }
        var options: [String] = []
        if let kernel = file.kernel { options += ["--kernel", beside(kernel)] }
        for module in file.initrd { options += ["--initrd", beside(module)] }
        if let append = file.append { options += ["--append", append] }
        if let disk = file.disk { options += ["--hda", beside(disk), "--snapshot"] }
        for (name, diskettes) in [("--fda", file.fda), ("--fdb", file.fdb)] {
            for diskette in diskettes { options += [name, diskette == emptyDrive ? diskette : beside(diskette)] }
        }
        if !(file.fda + file.fdb).isEmpty, file.disk == nil { options.append("--snapshot") }
        for disc in file.cdrom { options += ["--cdrom", disc == emptyDrive ? disc : beside(disc)] }
        name = Tail.shown(file.name ?? path)
        if !file.checks.isEmpty { options += ["--check", file.checks.joined(separator: ",")] }
        if file.expectsReset { options.append("--no-reboot") }
        self.options = options + Self.options(file.options, beside: beside)
        script = file.script.isEmpty ? nil : path
        readsTAP = file.readsTAP
        skip = file.skip
        maxInstructions = file.maxInstructions
        maxTicks = file.maxTicks
        timeout = file.timeout?.nanoseconds
        retries = file.retries
    }

    /// A kernel by its header, a disc; anything else is a disk image, whose changes are forgotten.
    private static func options(forImage path: String) throws -> [String] {
        if Diskettes.isDiskette(path) { return ["--fda", path, "--snapshot"] }
        if Discs.isOnlyDisc(path) { return ["--cdrom", path] }
        guard case .success(let bytes) = readFile(path, limit: 1 << 30) else { return ["--hda", path, "--snapshot"] }
        return KernelRequest.isKernel(bytes) ? ["--kernel", path] : ["--hda", path, "--snapshot"]
    }

    /// The tests of a folder. Kernels beside description files are what these start.
    private static func found(in folder: String) throws -> [TestCase] {
        let files = search(folder, depth: 0)
        let descriptions = files.filter { name in endings.contains { name.hasSuffix($0) } }
        if !descriptions.isEmpty { return try descriptions.map { try described(by: $0) } }
        let kernels = files.filter { KernelRequest.isStartable(beginning(of: $0)) }
        if kernels.isEmpty {
            complain("swemu: \(folder): \(files.count) files, none ends in .test.yaml, and none is a kernel by its header")
        } else {
            complain("swemu: \(folder): no file ends in .test.yaml; \(kernels.count) of \(files.count) are kernels, each is a test")
        }
        return kernels.map { TestCase(name: $0, options: ["--kernel", $0]) }
    }

    /// As much of a file as tells a kernel; nothing of one that cannot be read.
    private static func beginning(of path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: KernelRequest.headSize)
        return Array(bytes[..<max(0, read(descriptor, &bytes, bytes.count))])
    }

    /// All files below a folder, those that begin with a dot left out.
    private static func search(_ folder: String, depth: Int) -> [String] {
        guard depth < 32, let names = names(inFolder: folder) else { return [] }
        return names.flatMap { name -> [String] in
            let path = folder == "." ? name : "\(folder.hasSuffix("/") ? String(folder.dropLast()) : folder)/\(name)"
            var information = stat()
            guard stat(path, &information) == 0 else { return [] }
            if information.st_mode & S_IFMT == S_IFREG { return [path] }
            // Links to folders are not followed: they may lead in circles.
            guard lstat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else { return [] }
            return search(path, depth: depth + 1)
        }
    }
}
