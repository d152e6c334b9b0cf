import Inspection
import Processor

/// The last INT 13h of real mode that read sectors: what it was asked for, and where they went.
struct DiskCall: Sendable {
    let function: UInt8
    let drive: UInt8
    let sectors: UInt64
    /// The first sector by cylinder, head and number, or from 0 on: the boot sector.
    let readsBootSector: Bool
    /// Physical addresses; nil of a packet that is none.
    let buffer: Range<UInt64>?
    /// Place of the INT, and the physical address behind it.
    let selector: UInt16
    let rip: UInt64
    let back: UInt64
    /// Physical addresses of the frame that INT pushed.
    let frame: Range<UInt64>

    /// `view` is the machine behind the delivery that `record` is of. Phoenix, "Enhanced Disk Drive Specification", 3.0, for AH = 42h.
    init?(_ record: DeliveryHistory.Record, _ view: MachineView) {
        guard case .stack(let linear, _) = record.frame else { return nil }
        let state = view.state
        function = UInt8(truncatingIfNeeded: state.rax >> 8)
        drive = UInt8(truncatingIfNeeded: state.rdx)
        (selector, rip) = (record.delivery.cs, (record.delivery.rip &- 2) & 0xFFFF)
        back = record.delivery.csBase &+ record.delivery.rip
        frame = linear..<linear &+ 6
        switch function {
        case 2:
            sectors = state.rax & 0xFF
            let start = state.es.base &+ (state.rbx & 0xFFFF)
            buffer = start..<start &+ sectors &* 512
            readsBootSector = state.rcx & 0xFFFF == 1 && state.rdx >> 8 & 0xFF == 0
        case 0x42:
            let packet = state.ds.base &+ (state.rsi & 0xFFFF)
            sectors = view.physical(packet &+ 2, 1)
            let start = view.physical(packet &+ 6, 2) << 4 &+ view.physical(packet &+ 4, 2)
            buffer = view.physical(packet, 1) < 16 ? nil : start..<start &+ sectors &* 512
            readsBootSector = view.physical(packet &+ 8, 8) == 0
        default: return nil
        }
    }
}

extension Advisor {
    /// A sentence on what the last disk call has spoiled, or why it failed; nil where it has done what is usual.
    var diskCall: String? {
        guard !view.isProtected, let call = recollection?.diskCall else { return nil }
        let status = UInt8(truncatingIfNeeded: view.physical(call.drive < 0x80 ? 0x441 : 0x474, 1))
        let place =
            "INT 13h at \(hexDigits(UInt64(call.selector), 4)):\(hexDigits(call.rip, 4)) (AH = \(hexDigits(UInt64(call.function), 2))h, DL = \(hexDigits(UInt64(call.drive), 2))h)"
        if status != 0 {
            guard cause != .tripleFault, Self.isAfterwards(call, view) else { return nil }
            let why = Self.status(status, call)
            return
                "\(place) has failed with status \(hexDigits(UInt64(status), 2))h (in AH, and carry set)\(why.map { ": \($0)" } ?? "")"
        }
        guard let buffer = call.buffer else { return nil }
        let what =
            "\(place) read \(call.sectors) sector\(call.sectors == 1 ? "" : "s") to \(h(buffer.lowerBound))-\(h(max(buffer.upperBound, 1) - 1))"
        if buffer.overlaps(call.frame), view.physical(call.frame.lowerBound, 2) != call.back & 0xFFFF {
            return
                "\(what), over the stack at \(h(call.frame.lowerBound)), where the way back from INT 13h lay: read less, or put the stack or the buffer elsewhere"
        }
        if call.readsBootSector, buffer.contains(view.linearIP) || buffer.contains(call.back) {
            return
                "\(what), and it is the boot sector itself that was read, and runs again: sectors of a track count from 1 (CL) and blocks from 0, so what follows the boot sector is sector 2, or block 1"
        }
        return nil
    }

    /// Tells whether the program that called still runs, so that its call may be why it has stopped.
    private static func isAfterwards(_ call: DiskCall, _ view: MachineView) -> Bool {
        let distance = Int64(bitPattern: view.linearIP &- call.back)
        return abs(distance) < 0x200
    }

    /// Phoenix, "System BIOS for IBM PCs, Compatibles, and EISA Computers", 2nd edition: INT 13h, status.
    private static func status(_ status: UInt8, _ call: DiskCall) -> String? {
        switch status {
        case 1 where call.function == 0x42 && call.buffer == nil:
            "the packet at DS:SI is none: its first byte has to be 10h, its size"
        case 1:
            "no such drive, function or number of sectors. The BIOS gives the boot drive in DL (80h, or 00h for a floppy disk): keep it"
        case 4, 0xC: "there is no such sector: cylinder, head or sector (CX, DH) or block are beyond the medium's"
        case 9: "a diskette's buffer may not cross a boundary of 64 KB"
        case 6: "the diskette was changed: try again"
        case 0x20, 0x80, 0xAA: "the drive does not answer, or no medium is in it"
        default: nil
        }
    }
}
