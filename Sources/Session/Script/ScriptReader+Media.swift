/// The discs and diskettes that a script can put in.
package struct ScriptMedia {
    let discs: CDROMPlan
    let floppies: FloppyPlan
}

/// Steps that change what is in a drive.
extension ScriptReader {
    /// `insert: 2` and `insert: { cdrom: disk2.iso }` for a disc, `insert: { fda: disk2.img }` for a diskette; by number or name.
    func insertion(_ argument: YAML) throws -> Script.Action {
        let pair = argument.mapping.flatMap { $0.count == 1 ? $0[0] : nil }
        if let pair, let drive = FloppyPlan.drives.firstIndex(of: pair.key) {
            guard let name = pair.value.text else {
                throw mistake("insert is no diskette", argument, "write insert: { fda: 2 }, or insert: { fda: disk2.img }")
            }
            guard let media else { return .diskette(drive: drive, 0) }
            guard let number = media.floppies.number(of: name, drive) else {
                throw mistake("no diskette \(name)", pair.value, media.floppies.known(drive))
            }
            return .diskette(drive: drive, number)
        }
        let value = pair?.key == "cdrom" ? pair?.value ?? argument : argument
        guard let name = value.text else {
            throw mistake(
                "insert is no disc", argument, "write insert: 2, insert: { cdrom: disk2.iso }, or insert: { fda: disk2.img }")
        }
        guard let discs = media?.discs else { return .medium(0) }
        guard let number = discs.number(of: name) else { throw mistake("no disc \(name)", value, discs.known) }
        return .medium(number)
    }

    /// `eject: cdrom`, `eject: fda`.
    func removal(_ argument: YAML) throws -> Script.Action {
        if let drive = argument.text.flatMap({ FloppyPlan.drives.firstIndex(of: $0) }) {
            if let media, !media.floppies.isPresent(drive) {
                throw mistake("nothing to take a diskette out of", argument, media.floppies.known(drive))
            }
            return .diskette(drive: drive, nil)
        }
        guard argument.text == "cdrom" else {
            throw mistake("eject is no drive", argument, "write eject: cdrom, eject: fda or eject: fdb")
        }
        if let discs = media?.discs, !discs.isPresent {
            throw mistake("nothing to take a disc out of", argument, discs.known)
        }
        return .medium(nil)
    }
}
