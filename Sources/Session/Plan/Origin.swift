import Disks
import Executables

/// The images and the kernel of a machine as words: the options that name them, and no others. Snapshots and recordings keep them.
extension SessionPlan {
    /// The options that name what is booted.
    package var origin: [String] {
        var words: [String] = []
        for (name, path) in zip(Self.driveOptions, images) {
            if let path { words += name == "--hda" ? [path] : [name, path] }
        }
        if !words.isEmpty, let format { words += ["--format", format.rawValue] }
        words += floppies.words
        if !words.isEmpty {
            if snapshot { words.append("--snapshot") }
            if readOnly { words.append("--read-only") }
        }
        for disc in cdrom.given { words += ["--cdrom", disc] }
        if let bootOrder { words += ["--boot", bootOrder.text] }
        if let bootOrderOnce { words += ["--boot-once", bootOrderOnce.text] }
        if let efi = firmware.efi { words += ["--efi", efi] }
        return words + (network?.words ?? []) + boot.words
    }

    private static let driveOptions = ["--hda", "--hdb", "--hdc", "--hdd"]

    /// A word of an origin that says nothing of images or kernels, or lacks its value.
    struct Misfit: Error {
        /// In quotation marks, and not too long.
        let word: String

        init(_ word: String) { self.word = word.prefix(40).debugDescription }
    }

    /// Boots what the words of an origin name. They may come from anybody: every other option is refused.
    mutating func boots(_ origin: [String]) throws(Misfit) {
        var words = origin[...]
        while let word = words.popFirst() {
            func value() throws(Misfit) -> String {
                guard let value = words.popFirst() else { throw Misfit(word) }
                return value
            }
            func value<T>(_ parse: (String) -> T?) throws(Misfit) -> T {
                let text = try value()
                guard let value = parse(text) else { throw Misfit("\(word) \(text)") }
                return value
            }
            switch word {
            case "--hda", "--hdb", "--hdc", "--hdd": drives[Self.driveOptions.firstIndex(of: word)!] = try value()
            case "--format": format = try value(DiskImage.Format.init(rawValue:))
            case "--fda": floppies.given[0].append(try value())
            case "--fdb": floppies.given[1].append(try value())
            case "--write-protect-diskettes": floppies.isWriteProtected = true
            case "--snapshot": snapshot = true
            case "--read-only": readOnly = true
            case "--cdrom": cdrom.given.append(try value())
            case "--boot": bootOrder = try value(BootOrder.init(argument:))
            case "--boot-once": bootOrderOnce = try value(BootOrder.init(argument:))
            case "--efi": firmware.efi = try value()
            case "--kernel": boot.kernel = try value()
            case "--append": boot.append = try value()
            case "--initrd": boot.initrd.append(try value())
            case "--kernel-format": boot.format = try value(KernelRequest.Format.init(rawValue:))
            case "--load-address": boot.loadAddress = try value { Number(argument: $0)?.value }
            case "--entry": boot.entry = try value { Number(argument: $0)?.value }
            case "--bits": boot.bits = try value { $0 == "16" ? 16 : $0 == "32" ? 32 : nil }
            default:
                guard !word.hasPrefix("-"), image == nil else { throw Misfit(word) }
                image = word
            }
        }
    }
}
