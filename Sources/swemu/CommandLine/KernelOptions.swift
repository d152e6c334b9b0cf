import ArgumentParser
import Executables
import Session

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
    @Option(help: "Format of the kernel, where the file is not to be asked: multiboot, multiboot2, pvh, elf, linux or flat.")
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

    var plan: KernelFilesPlan {
        var plan = KernelFilesPlan()
        (plan.kernel, plan.initrd, plan.append, plan.format, plan.bits) = (kernel, initrd, append, kernelFormat, bits)
        (plan.loadAddress, plan.entry) = (loadAddress?.value, entry?.value)
        return plan
    }
}
