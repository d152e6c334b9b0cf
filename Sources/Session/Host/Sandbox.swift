import CSandbox

/// Closes this process in: from then on it opens files only where it has said so, connects to nothing, and starts no program. What a guest could make of
/// a mistake of ours stays inside. seccomp(2) and landlock(7); docs/security.md says what is left.
package enum Sandbox {
    /// Files that are opened later.
    enum Files {
        /// None: a file that is not open yet stays closed.
        case none
        /// Those that are open now and these, to be read; new files in folders, and files in place of old ones.
        case named(reading: [String], folders: [String], outputs: [String])
        /// All: what will be opened is not known.
        case any
    }

    package static var isBuiltIn: Bool {
        #if os(Linux) && (arch(x86_64) || arch(arm64))
            true
        #else
            false
        #endif
    }

    /// Tells why it could not, in the host's words; nil when the door is shut, or when this is a host that has none.
    /// `listens`: sockets that wait for clients may still be opened.
    static func close(_ files: Files, listens: Bool) -> String? {
        #if os(Linux) && (arch(x86_64) || arch(arm64))
            guard sandbox_renounce_privileges() == 0 else { return hostReason() }
            if case .named(let reading, let folders, let outputs) = files {
                restrictFiles(reading: reading, folders: folders, outputs: outputs)
            }
            var opensFiles = true
            if case .none = files { opensFiles = false }
            var program = SystemCallFilter.program(opensFiles: opensFiles, listens: listens)
            return sandbox_install_filter(&program, UInt16(program.count)) == 0 ? nil : hostReason()
        #else
            return nil
        #endif
    }

    #if os(Linux)
        /// Rights of landlock(7).
        private enum Rights {
            static let writeFile: UInt64 = 1 << 1
            static let readFile: UInt64 = 1 << 2
            static let removeFile: UInt64 = 1 << 5
            static let makeFolder: UInt64 = 1 << 7
            static let makeFile: UInt64 = 1 << 8
            static let truncate: UInt64 = 1 << 14
            /// All that a version of the interface knows of files.
            static func all(version: Int32) -> UInt64 {
                switch version {
                case 1: (1 << 13) - 1
                case 2: (1 << 14) - 1
                default: (1 << 15) - 1
                }
            }
        }

        /// Hosts without Landlock (before Linux 5.13) leave files to the filter, which then lets all be opened.
        private static func restrictFiles(reading: [String], folders: [String], outputs: [String]) {
            let version = sandbox_landlock_version()
            guard version > 0, case let all = Rights.all(version: version), case let rules = sandbox_landlock_rules(all), rules >= 0
            else { return }
            defer { Glibc.close(rules) }
            func allow(_ path: String, _ rights: UInt64) {
                // O_PATH, which the C library's module does not offer to Swift.
                let descriptor = open(path, 0o10000000 | O_CLOEXEC)
                guard descriptor >= 0 else { return }
                _ = sandbox_landlock_allow(rules, descriptor, rights & all)
                Glibc.close(descriptor)
            }
            // Images with what lies behind them are open now, and read once more for a post-mortem or a report.
            var (descriptor, closed) = (Int32(0), 0)
            while closed < 64 {
                var information = stat()
                closed = fstat(descriptor, &information) == 0 ? 0 : closed + 1
                if closed == 0, information.st_mode & S_IFMT == S_IFREG {
                    _ = sandbox_landlock_allow(rules, descriptor, Rights.readFile)
                }
                descriptor += 1
            }
            for path in reading { allow(path, Rights.readFile) }
            for path in folders {
                allow(path, Rights.writeFile | Rights.removeFile | Rights.makeFile | Rights.makeFolder | Rights.truncate)
            }
            for path in outputs { allow(path, Rights.writeFile | Rights.truncate) }
            _ = sandbox_landlock_restrict(rules)
        }
    #endif
}

extension HostSession {
    /// Shuts the door behind a run that nobody looks at: all that it needs is open.
    func shutDoor() {
        guard !plan.noSandbox, !frontEnd.isThere else { return }
        if let reason = Sandbox.close(filesToCome, listens: plan.monitors.isPresent) {
            complain(
                "swemu: no sandbox (\(reason)): the machine's process can open what its user can; --no-sandbox says so without this line"
            )
        }
    }

    private var filesToCome: Sandbox.Files {
        // A client may ask for any file by its name.
        if plan.monitors.isPresent || plan.awaitsDebugger { return .any }
        var outputs = [
            plan.report, plan.screen.text, plan.screen.png, plan.screen.ppm, plan.state.save,
            plan.measuring.coverage, plan.measuring.profile, plan.ceilings.evidence,
        ].compactMap { $0 }.filter { $0 != "-" }
        for step in script?.script.steps ?? [] {
            switch step.action {
            case .screenshot(let path), .snapshot(let path): outputs.append(path)
            default: break
            }
        }
        // A socket of ours goes with us.
        let sockets = plan.destinations.compactMap { if case .listen(let path) = $0 { path } else { nil } }
        let images = plan.images.compactMap { $0 } + plan.floppies.diskettes(0) + plan.floppies.diskettes(1)
        let reading = images + plan.cdrom.discs + [plan.bios].compactMap { $0 }
        guard !(outputs + sockets + reading).isEmpty else { return .none }
        let folders = (outputs + sockets).map { path in
            let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            return folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
        }
        let evidence = [plan.ceilings.evidence].compactMap { $0 }
        return .named(reading: reading, folders: folders + evidence, outputs: outputs + self.outputs.compactMap(\.terminal))
    }
}
